use sage_oci_names::PackageName;

/// Why files of an image's root cannot be made.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum RootError {
    /// A package comes from two layers.
    #[error("the build step is malformed: package {package} is in two layers")]
    #[hint("the builder and what wrote the step are of different versions: take away `--builder`, or name a newer one")]
    PackageTwice {
        /// The package.
        package: PackageName,
    },
    /// A package is installed, and the stand-in shall provide it as one that is left out.
    #[error("the build step is malformed: package {package} is installed and said to be left out")]
    #[hint("the builder and what wrote the step are of different versions: take away `--builder`, or name a newer one")]
    LeftOutInstalled {
        /// The package.
        package: PackageName,
    },
    /// A patch of a packaged file does not apply.
    #[error("the patch {patch} does not apply: {source}")]
    Patch {
        /// The patch.
        patch: String,
        /// Where and why not.
        source: sage_oci_git::PatchError,
    },
    /// Two packages, or a package and a generated file, bring one path differently.
    #[error("`/{path}` is brought twice: by {first} and by {second}")]
    #[hint("leave one of the packages out, or declare a diversion or replacement and lock again")]
    Conflict {
        /// The path.
        path: String,
        /// Who brings it first, and as what.
        first: String,
        /// Who brings it too.
        second: String,
    },
    /// The definition places a file where a package has one.
    #[error("the definition places `/{path}`, which the package {package} ships")]
    #[hint("say `divert = true` beside the file's `path`, and dpkg will know of it")]
    Shipped {
        /// The path.
        path: String,
        /// The package.
        package: PackageName,
    },
    /// A path lies below something that is no directory.
    #[error("`/{path}` lies below `/{ancestor}`, which is no directory in the image")]
    #[hint("two packages disagree on what the ancestor is; leave one of them out")]
    BelowLink {
        /// The path.
        path: String,
        /// Its ancestor.
        ancestor: String,
    },
    /// A packaged file that a generator reads is not in the form it must have.
    #[error("cannot make sense of `{what}`: {why}")]
    Malformed {
        /// The file.
        what: String,
        /// What is wrong.
        why: String,
    },
    /// A path of an effect leads outside the image, or nowhere.
    #[error("`{path}` cannot be a path in an image: {why}")]
    Path {
        /// The path.
        path: String,
        /// The rule it breaks.
        why: &'static str,
    },
    /// A glob of `exclude` or `include` is malformed.
    #[error("the pattern `{pattern}` is malformed: {why}")]
    #[hint("write it as dpkg's path-exclude, as `/usr/share/doc/*`")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong.
        why: String,
    },
    /// An owner is neither declared nor a number.
    #[error("the {kind} `{name}` of `{path}` does not exist in the image")]
    #[hint("declare the user or group among the effects")]
    UnknownOwner {
        /// `user` or `group`.
        kind: &'static str,
        /// The name.
        name: String,
        /// Whose owner it should be.
        path: String,
    },
    /// Two accounts share a name or number.
    #[error("the {kind} `{name}` ({number}) is declared twice, or shares its number")]
    AccountTwice {
        /// `user` or `group`.
        kind: &'static str,
        /// The name.
        name: String,
        /// The number.
        number: u32,
    },
    /// A text that would break the account files apart.
    #[error("`{field}` cannot stand in an account file: it has a colon or a newline")]
    AccountField {
        /// The text.
        field: String,
    },
    /// A path that must be installed is not.
    #[error("`{path}` is not in the image, but {wanted_by} needs it")]
    #[hint("correct the effect, or add the package that ships the path")]
    Absent {
        /// The path.
        path: String,
        /// Who needs it.
        wanted_by: String,
    },
    /// The library cache cannot be made.
    #[error("cannot make the library cache: {why}")]
    LibraryCache {
        /// Why.
        why: String,
    },
}
