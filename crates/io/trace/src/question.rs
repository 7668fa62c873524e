use std::fmt;
use std::path::{Path, PathBuf};

/// What a program asked of the machine: its answer may differ elsewhere, or tomorrow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// What time it is. Clocks that only measure how long something takes do not count.
    Clock,
    /// When a file was made that was made meanwhile. Seen only where the time is told otherwise.
    FileTime,
    /// `uname`: the names of host, domain and machine and the kernel's release, in one answer. Nobody sees which was wanted.
    Uname,
    /// The name or the number of this machine, in a file.
    HostName,
    /// How many processors it may use, or which ones there are.
    Processors,
    /// How much memory there is, and how long the machine has been up (`sysinfo`).
    Memory,
    /// Random bytes. Nearly every program asks once for its own protection: of C's library for its heap, of Rust's for its hash
    /// maps.
    Random,
    /// What is in a folder; the answer's order is the file system's.
    DirectoryOrder,
    /// The machine's time zone, or the rules of zones.
    TimeZone,
    /// A locale's files.
    Locale,
    /// The machine's list of users or groups.
    Accounts,
    /// Another file of the processes and the kernel. Numbers in its path are `N`: they are mostly those of processes.
    Proc(PathBuf),
    /// Another file of devices and the kernel.
    Sys(PathBuf),
}

/// Files that answer a question, by their path.
const FILES: [(&str, Question); 14] = [
    ("/etc/hostname", Question::HostName),
    ("/etc/machine-id", Question::HostName),
    ("/proc/sys/kernel/hostname", Question::HostName),
    ("/proc/sys/kernel/domainname", Question::HostName),
    ("/dev/random", Question::Random),
    ("/dev/urandom", Question::Random),
    ("/proc/sys/kernel/random/uuid", Question::Random),
    ("/proc/cpuinfo", Question::Processors),
    ("/proc/stat", Question::Processors),
    ("/proc/meminfo", Question::Memory),
    ("/proc/uptime", Question::Clock),
    ("/etc/localtime", Question::TimeZone),
    ("/etc/passwd", Question::Accounts),
    ("/etc/group", Question::Accounts),
];

/// Folders whose files all answer one question.
const FOLDERS: [(&str, Question); 4] = [
    ("/sys/devices/system/cpu", Question::Processors),
    ("/usr/share/zoneinfo", Question::TimeZone),
    ("/usr/lib/locale", Question::Locale),
    ("/usr/share/locale", Question::Locale),
];

impl Question {
    /// What is asked by opening a file, which an absolute path without `.` and `..` names; most files answer nothing about the
    /// machine.
    pub fn of_file(path: &Path) -> Option<Self> {
        if let Some((_, question)) = FILES.iter().find(|(file, _)| path == Path::new(file)) {
            return Some(question.clone());
        }
        if let Some((_, question)) = FOLDERS.iter().find(|(folder, _)| path.starts_with(folder)) {
            return Some(question.clone());
        }
        if path.starts_with("/sys") {
            return Some(Self::Sys(path.to_owned()));
        }
        path.starts_with("/proc").then(|| Self::Proc(without_numbers(path)))
    }
}

/// A path of which every part that is a number is `N`.
fn without_numbers(path: &Path) -> PathBuf {
    let number = |part: &std::ffi::OsStr| part.as_encoded_bytes().iter().all(u8::is_ascii_digit);
    path.iter().map(|part| if number(part) { "N".as_ref() } else { part }).collect()
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clock => "the time",
            Self::FileTime => "the time of a file just made",
            Self::Uname => "the names of the host and the kernel",
            Self::HostName => "the host's name",
            Self::Processors => "the processors",
            Self::Memory => "the memory",
            Self::Random => "random bytes",
            Self::DirectoryOrder => "a folder's entries",
            Self::TimeZone => "the time zone",
            Self::Locale => "a locale",
            Self::Accounts => "the users and groups",
            Self::Proc(path) | Self::Sys(path) => return write!(f, "`{}`", path.display()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_tells_the_question() {
        let of = |path: &str| Question::of_file(Path::new(path));
        assert_eq!(of("/etc/hostname"), Some(Question::HostName));
        assert_eq!(of("/dev/urandom"), Some(Question::Random));
        assert_eq!(of("/sys/devices/system/cpu/online"), Some(Question::Processors));
        assert_eq!(of("/usr/share/zoneinfo/Asia/Kathmandu"), Some(Question::TimeZone));
        assert_eq!(of("/sys/block/sda/size"), Some(Question::Sys("/sys/block/sda/size".into())));
        for path in ["/etc/hostname.old", "/etc", "/sysroot/x", "/process", "/home/proc/1", "/usr/lib/localed"] {
            assert_eq!(of(path), None, "{path}");
        }
    }

    #[test]
    fn numbers_of_processes_are_no_part_of_a_question() {
        let of = |path: &str| Question::of_file(Path::new(path));
        assert_eq!(of("/proc/4711/task/4712/maps"), of("/proc/1/task/2/maps"));
        assert_eq!(of("/proc/4711/maps"), Some(Question::Proc("/proc/N/maps".into())));
        assert_eq!(of("/proc/self/mountinfo"), Some(Question::Proc("/proc/self/mountinfo".into())));
        assert_eq!(of("/proc/self/mountinfo").unwrap().to_string(), "`/proc/self/mountinfo`");
    }
}
