use sage_oci_names::PackageName;
use serde::{Deserialize, Serialize};

/// One thing that configuring a package does to the file tree.
///
/// Paths are absolute, as scripts and definitions write them. Owners are names; the layer's writer turns them
/// into numbers by the users and groups that other effects declare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Effect {
    /// `update-alternatives --install` in automatic mode; the highest priority wins, the first declared on a tie.
    Alternative {
        /// The generic name under `/etc/alternatives`.
        name: String,
        /// The generic path, as `/usr/bin/editor`.
        link: String,
        /// The path of this candidate.
        path: String,
        /// Its priority.
        priority: i32,
        /// Links that follow the choice.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        slaves: Vec<Slave>,
    },
    /// A group in `/etc/group` and `/etc/gshadow`.
    Group {
        /// Its name.
        name: String,
        /// Its number.
        gid: u32,
        /// Its further members.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        members: Vec<String>,
    },
    /// A user in `/etc/passwd` and `/etc/shadow`, without a password.
    User {
        /// Its name.
        name: String,
        /// Its number.
        uid: u32,
        /// Its primary group's number.
        gid: u32,
        /// The comment field.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        gecos: String,
        /// Its home, not created by this effect.
        home: String,
        /// Its login shell.
        shell: String,
    },
    /// A directory that a script makes.
    Directory {
        /// Where.
        path: String,
        /// The twelve permission bits, in octal text such as `0755`.
        mode: Mode,
        /// Its owner.
        #[serde(default = "root", skip_serializing_if = "is_root")]
        owner: String,
        /// Its group.
        #[serde(default = "root", skip_serializing_if = "is_root")]
        group: String,
    },
    /// A symbolic link that a script makes; it takes the place of an empty directory that a package ships there.
    Symlink {
        /// Where.
        path: String,
        /// What it points to, verbatim.
        target: String,
    },
    /// A file that a script makes, with content known beforehand.
    File {
        /// Where.
        path: String,
        /// The twelve permission bits, in octal text.
        mode: Mode,
        /// Its owner.
        #[serde(default = "root", skip_serializing_if = "is_root")]
        owner: String,
        /// Its group.
        #[serde(default = "root", skip_serializing_if = "is_root")]
        group: String,
        /// The whole content.
        content: String,
    },
    /// A file that a script copies from a packaged one (of the effect's own package).
    Copy {
        /// The packaged file.
        from: String,
        /// Where the copy goes.
        to: String,
        /// The twelve permission bits of the copy, in octal text.
        mode: Mode,
        /// Its owner.
        #[serde(default = "root", skip_serializing_if = "is_root")]
        owner: String,
        /// Its group.
        #[serde(default = "root", skip_serializing_if = "is_root")]
        group: String,
    },
    /// `chown`, `chmod` or `dpkg-statoverride` on a path that a package ships.
    Metadata {
        /// The packaged path.
        path: String,
        /// The twelve permission bits, in octal text.
        mode: Mode,
        /// Its owner.
        #[serde(default = "root", skip_serializing_if = "is_root")]
        owner: String,
        /// Its group.
        #[serde(default = "root", skip_serializing_if = "is_root")]
        group: String,
    },
    /// `dpkg-divert --rename`: files of other packages at `from` are unpacked at `to`.
    Diversion {
        /// The path that is diverted.
        from: String,
        /// Where others' files go.
        to: String,
        /// No package diverts it but whoever keeps the system (`--local`): files of all packages go there.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        local: bool,
    },
    /// `py3compile`: byte-code of a package's modules, made with the image's own Python.
    Bytecode {
        /// Directories below which the package's `.py` files are compiled. Empty: Debian's public ones
        /// (`/usr/lib/python3/dist-packages`, `/usr/lib/python3.*`).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        directories: Vec<String>,
    },
    /// `/etc/shells` gains a line (`add-shell`).
    Shell {
        /// The shell's path.
        path: String,
    },
    /// A document that a tool of the target would compute from what is installed; the builder computes it.
    Computed {
        /// Which one.
        document: Document,
    },
}

/// A file (or a family) that is computed from all that is installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Document {
    /// `/etc/ld.so.cache` and the SONAME links (`ldconfig`).
    LdCache,
    /// `/etc/ssl/certs` and `/etc/ca-certificates.conf` (`update-ca-certificates`).
    CaCertificates,
    /// `/etc/pam.d/common-*` (`pam-auth-update`).
    PamProfiles,
    /// `/etc/xml/catalog` and `/etc/sgml/catalog`.
    XmlCatalogs,
}

/// A link that follows an alternative's choice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slave {
    /// The generic name under `/etc/alternatives`.
    pub name: String,
    /// The generic path.
    pub link: String,
    /// This candidate's path.
    pub path: String,
}

/// An effect and the package whose files it concerns: as a rule the one whose script has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnedEffect {
    /// The package.
    pub package: PackageName,
    /// The effect.
    #[serde(flatten)]
    pub effect: Effect,
}

/// Twelve permission bits, written as octal text (`0755`) wherever people read them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Mode(u32);

impl Mode {
    /// Takes the low twelve bits.
    pub const fn new(bits: u32) -> Self {
        Self(bits & 0o7777)
    }

    /// The bits.
    pub const fn bits(self) -> u32 {
        self.0
    }
}

impl TryFrom<String> for Mode {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        // The number's parser would take a sign, too.
        let digits = text.bytes().all(|byte| (b'0'..=b'7').contains(&byte)) && (3..=5).contains(&text.len());
        match u32::from_str_radix(&text, 8) {
            Ok(bits) if bits <= 0o7777 && digits => Ok(Self(bits)),
            _ => Err(format!("`{text}` is not a mode: write permission bits in octal, as `0755`")),
        }
    }
}

impl From<Mode> for String {
    fn from(mode: Mode) -> String {
        format!("{:04o}", mode.0)
    }
}

fn root() -> String {
    "root".to_owned()
}

fn is_root(name: &str) -> bool {
    name == "root"
}
