/// What Nix is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Its version.
    Version,
    /// Which paths are not valid.
    Validity,
    /// To take derivations as they are.
    Import,
    /// To take derivations from its language.
    Instantiate,
    /// What would be built.
    Missing,
    /// To build.
    Build,
    /// To add files under a promised path.
    Add,
    /// To bring a path from a cache.
    Substitute,
    /// To keep a path.
    Root,
    /// What a path needs.
    Requisites,
    /// What its database says.
    Dump,
}

impl Verb {
    const ALL: [Self; 11] = [
        Self::Version,
        Self::Validity,
        Self::Import,
        Self::Instantiate,
        Self::Missing,
        Self::Build,
        Self::Add,
        Self::Substitute,
        Self::Root,
        Self::Requisites,
        Self::Dump,
    ];

    /// Its name in the scripts.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Validity => "validity",
            Self::Import => "import",
            Self::Instantiate => "instantiate",
            Self::Missing => "missing",
            Self::Build => "build",
            Self::Add => "add",
            Self::Substitute => "substitute",
            Self::Root => "root",
            Self::Requisites => "requisites",
            Self::Dump => "dump",
        }
    }
}

/// One call of one of Nix's programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// What it was asked.
    pub verb: Verb,
    /// The paths that it was asked of.
    pub paths: Vec<String>,
    /// All of its arguments.
    pub arguments: Vec<String>,
}

impl Call {
    /// Reads a line that the scripts have written: the verb, the paths and the arguments, each list ended by `;`.
    pub(crate) fn parse(line: &str) -> Self {
        let mut words = line.split('\t');
        let name = words.next().expect("a line has a word");
        let verb = Verb::ALL.into_iter().find(|verb| verb.name() == name);
        let verb = verb.unwrap_or_else(|| panic!("Nix was asked in a way that the fake does not know: {line}"));
        let mut list = || words.by_ref().take_while(|word| *word != ";").map(str::to_owned).collect();
        Self { verb, paths: list(), arguments: list() }
    }
}
