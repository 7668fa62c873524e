use serde::{Deserialize, Serialize};

/// Something that an image must keep to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// What tells one machine from another: machine-id, host keys, random seeds, a host name.
    Identity,
    /// A log with something in it.
    Log,
    /// What programs leave behind: caches, temporary files, package lists, histories.
    Leftover,
    /// A private key.
    PrivateKey,
    /// A day in `/etc/shadow` that is after the image's own, or another than its neighbours'.
    ShadowDay,
    /// A file of another time than the image's own or an earlier one.
    Time,
    /// A program that gets another user's rights: set-user-id, set-group-id, capabilities.
    SetId,
    /// What everybody may write.
    WorldWritable,
    /// An owner or group that the image does not know.
    UnknownOwner,
    /// A symbolic link that leads nowhere.
    DanglingLink,
    /// An ELF file whose library is not there.
    MissingLibrary,
    /// A Python module without byte-code: it is compiled at each start by who may not write it.
    NoByteCode,
    /// Byte-code that is not its source's, or of none: what runs is not what is read.
    StaleByteCode,
    /// A path of Nix's store, which no container has.
    StorePath,
    /// A path of the machine that built the image.
    BuildPath,
    /// A file that is not as its package ships it.
    Altered,
    /// A file that no package has.
    Unowned,
}

impl Rule {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 17] = [
        Self::Identity,
        Self::Log,
        Self::Leftover,
        Self::PrivateKey,
        Self::ShadowDay,
        Self::Time,
        Self::SetId,
        Self::WorldWritable,
        Self::UnknownOwner,
        Self::DanglingLink,
        Self::MissingLibrary,
        Self::NoByteCode,
        Self::StaleByteCode,
        Self::StorePath,
        Self::BuildPath,
        Self::Altered,
        Self::Unowned,
    ];

    /// Its name, in reports and exceptions.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Log => "log",
            Self::Leftover => "leftover",
            Self::PrivateKey => "private-key",
            Self::ShadowDay => "shadow-day",
            Self::Time => "time",
            Self::SetId => "set-id",
            Self::WorldWritable => "world-writable",
            Self::UnknownOwner => "unknown-owner",
            Self::DanglingLink => "dangling-link",
            Self::MissingLibrary => "missing-library",
            Self::NoByteCode => "no-byte-code",
            Self::StaleByteCode => "stale-byte-code",
            Self::StorePath => "store-path",
            Self::BuildPath => "build-path",
            Self::Altered => "altered",
            Self::Unowned => "unowned",
        }
    }

    /// What it asks for, in one line.
    pub fn about(self) -> &'static str {
        match self {
            Self::Identity => "no machine-id, host key, random seed or host name: containers would share it",
            Self::Log => "logs are empty",
            Self::Leftover => "no caches, temporary files, package lists or histories",
            Self::PrivateKey => "no private key: everybody would have it",
            Self::ShadowDay => "passwords were set on one day, not after the image's",
            Self::Time => "no file is younger than the image",
            Self::SetId => "programs with another user's rights are listed",
            Self::WorldWritable => "what everybody may write is a directory with the sticky bit",
            Self::UnknownOwner => "owners and groups have a name",
            Self::DanglingLink => "links lead somewhere",
            Self::MissingLibrary => "libraries that programs need are there",
            Self::NoByteCode => "Python modules have byte-code",
            Self::StaleByteCode => "byte-code is that of the source beside it",
            Self::StorePath => "no path of Nix's store",
            Self::BuildPath => "no path of the machine that built it",
            Self::Altered => "files are as their package ships them",
            Self::Unowned => "every file has a package",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_documents() {
        for rule in Rule::ALL {
            assert_eq!(serde_json::to_value(rule).unwrap(), rule.name());
        }
    }
}
