use serde::{Serialize, Serializer};
use std::collections::BTreeSet;
use std::fmt::{self, Display};
use std::str::FromStr;

/// Something in which the second build differs from the first, by the names that reprotest uses (its manual, "VARIATIONS");
/// `cpu_kind`, `memory`, `random` and `tmp` are our own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Variation {
    /// Addresses of memory: chosen at random in one build, the same each time in the other.
    Aslr,
    /// The folder of inputs, outputs and the step itself.
    BuildPath,
    /// The kind of processor: one without any instruction beyond SSE3, by an emulator, for chosen layers ([`Emulate`](crate::Emulate)).
    /// Programs that a builder starts run on the machine's own.
    CpuKind,
    /// The host's and the domain's name.
    DomainHost,
    /// Variables that mean nothing, and those that programs look at.
    Environment,
    /// Where the builder's program lies, and `PATH`.
    ExecPath,
    /// The order in which directories are read.
    FileOrdering,
    /// `HOME`.
    Home,
    /// What `uname` says of the kernel.
    Kernel,
    /// `LANG` and its kin.
    Locales,
    /// What is in memory that a program has not set: one byte over and over, where C's library hands it out.
    Memory,
    /// How many processors there are, and how many threads may work.
    NumCpus,
    /// What the kernel gives for random numbers, always the same.
    Random,
    /// The time of day, somewhere in 2042, and that of files that are made meanwhile.
    Time,
    /// `TZ`.
    Timezone,
    /// The folder for temporary files, on another file system.
    Tmp,
    /// The permissions of new files.
    Umask,
    /// Who builds.
    UserGroup,
}

impl Variation {
    /// All of them, by name.
    pub const ALL: [Self; 18] = [
        Self::Aslr,
        Self::BuildPath,
        Self::CpuKind,
        Self::DomainHost,
        Self::Environment,
        Self::ExecPath,
        Self::FileOrdering,
        Self::Home,
        Self::Kernel,
        Self::Locales,
        Self::Memory,
        Self::NumCpus,
        Self::Random,
        Self::Time,
        Self::Timezone,
        Self::Tmp,
        Self::Umask,
        Self::UserGroup,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aslr => "aslr",
            Self::BuildPath => "build_path",
            Self::CpuKind => "cpu_kind",
            Self::DomainHost => "domain_host",
            Self::Environment => "environment",
            Self::ExecPath => "exec_path",
            Self::FileOrdering => "fileordering",
            Self::Home => "home",
            Self::Kernel => "kernel",
            Self::Locales => "locales",
            Self::Memory => "memory",
            Self::NumCpus => "num_cpus",
            Self::Random => "random",
            Self::Time => "time",
            Self::Timezone => "timezone",
            Self::Tmp => "tmp",
            Self::Umask => "umask",
            Self::UserGroup => "user_group",
        }
    }
}

impl Serialize for Variation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Display for Variation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Which variations are wanted: `all`, `none`, or names with commas between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vary(pub BTreeSet<Variation>);

/// A name that is none of a variation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, sage_oci_hint::Hint)]
#[error("`{name}` is no variation: there are all, none, {}", Variation::ALL.map(Variation::name).join(", "))]
pub struct VaryError {
    /// The name.
    pub name: String,
}

impl FromStr for Vary {
    type Err = VaryError;
    fn from_str(text: &str) -> Result<Self, VaryError> {
        match text {
            "all" => return Ok(Self(Variation::ALL.into())),
            "none" => return Ok(Self(BTreeSet::new())),
            _ => {}
        }
        let one = |name: &str| {
            let known = Variation::ALL.into_iter().find(|variation| variation.name() == name);
            known.ok_or_else(|| VaryError { name: name.to_owned() })
        };
        text.split(',').map(|name| one(name.trim())).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_none_or_some_by_name() {
        let of = |text: &str| text.parse::<Vary>().unwrap().0;
        assert_eq!(of("all").len(), Variation::ALL.len());
        assert!(of("none").is_empty());
        assert_eq!(of("time, umask"), [Variation::Time, Variation::Umask].into());
        for variation in Variation::ALL {
            assert_eq!(of(variation.name()), [variation].into());
            assert_eq!(serde_json::to_value(variation).unwrap(), variation.name());
        }
        for wrong in ["", "time,", "Time", "all,time"] {
            assert!(wrong.parse::<Vary>().is_err(), "{wrong}");
        }
        assert!(
            "clock"
                .parse::<Vary>()
                .unwrap_err()
                .to_string()
                .starts_with("`clock` is no variation: there are all, none, aslr, ")
        );
    }
}
