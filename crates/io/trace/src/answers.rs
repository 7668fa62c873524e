use crate::told::Seeded;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::SystemTime;

/// How many random bytes a device has: programs take a few for a seed.
const DEVICE: usize = 1 << 18;

/// What a traced program is told otherwise than the machine would; by default nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// The time at the start, in seconds since 1970; it runs on from there. Files that are made meanwhile are told to have been made in
    /// that time, though the machine keeps its own, and clocks that only measure how long something takes are left alone.
    pub time: Option<i64>,
    /// Files that were made since then but before the start, as inputs that another program has just written, are told to have been made
    /// at the start.
    pub files_since: Option<SystemTime>,
    /// The host's name; of a long one the first 64 bytes.
    pub node_name: Option<String>,
    /// The domain's name (of NIS; the one of DNS is part of a host's name, or comes from the network).
    pub domain: Option<String>,
    /// The kernel's release, as `5.4.0`.
    pub release: Option<String>,
    /// How many processors it may use, numbered from 0; not more than the kernel was made for count.
    pub processors: Option<usize>,
    /// Random bytes come from this seed: the same ones in every run whose calls have the same order. The devices for them become files
    /// with an end, and those that the processor makes stay random.
    pub random: Option<u64>,
    /// A folder's entries come in the reverse of the file system's order. Of a folder with more than a few hundred, each part
    /// that the kernel hands out at once is turned by itself.
    pub reverse_directories: bool,
    /// What is in a file, in place of what the machine has there, by the absolute path under which it is opened for reading.
    pub files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Answers {
    /// All files that are answered otherwise: besides those of [`Answers::files`] the ones in which the kernel tells the same as
    /// by a call.
    pub(crate) fn all_files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut put = |path: &str, text: String| files.insert(PathBuf::from(path), text.into_bytes());
        if let Some(name) = &self.node_name {
            put("/etc/hostname", format!("{name}\n"));
            put("/proc/sys/kernel/hostname", format!("{name}\n"));
        }
        if let Some(name) = &self.domain {
            put("/proc/sys/kernel/domainname", format!("{name}\n"));
        }
        if let Some(release) = &self.release {
            put("/proc/sys/kernel/osrelease", format!("{release}\n"));
        }
        if let Some(count) = self.processors {
            let numbers = if count > 1 { format!("0-{}\n", count - 1) } else { "0\n".to_owned() };
            for list in ["online", "possible", "present"] {
                put(&format!("/sys/devices/system/cpu/{list}"), numbers.clone());
            }
        }
        if let Some(seed) = self.random {
            let mut bytes = vec![0; DEVICE];
            Seeded(seed).fill(&mut bytes);
            files.extend(["/dev/urandom", "/dev/random"].map(|device| (PathBuf::from(device), bytes.clone())));
        }
        files.extend(self.files.clone());
        files
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_say_the_same_as_calls() {
        let answers = Answers { processors: Some(3), node_name: Some("far".to_owned()), ..Answers::default() };
        let files = answers.all_files();
        assert_eq!(files[&PathBuf::from("/sys/devices/system/cpu/online")], b"0-2\n");
        assert_eq!(files[&PathBuf::from("/etc/hostname")], b"far\n");
        assert_eq!(files.len(), 5);
        let own = BTreeMap::from([(PathBuf::from("/etc/hostname"), b"own\n".to_vec())]);
        assert_eq!(Answers { files: own.clone(), ..answers }.all_files()[&PathBuf::from("/etc/hostname")], b"own\n");
        assert_eq!(Answers { files: own.clone(), ..Answers::default() }.all_files(), own);
        assert!(Answers::default().all_files().is_empty());
    }
}
