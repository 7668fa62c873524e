use nix::libc;
use std::mem::offset_of;

/// A call that stops, with what is needed of its arguments: addresses are those of the program that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "old calls exist on x86-64 only"))]
pub(crate) enum Call {
    /// `clock_gettime` and `gettimeofday`: seconds, and parts of one with so many nanoseconds each, are written to `at`.
    Clock { at: u64, part: i128 },
    /// `time`: seconds are returned, and written to `at` where that is not 0.
    Seconds { at: u64 },
    /// What is said of a file (`stat`, `statx`) is written to `at`, and its times lie there at these distances.
    File { at: u64, times: &'static [usize] },
    /// `uname`.
    Uname { at: u64 },
    /// `sched_getaffinity`.
    Processors { at: u64 },
    /// `sysinfo`.
    Memory,
    /// `getrandom`.
    Random { at: u64 },
    /// `getdents64`.
    Directory { at: u64 },
    /// `getdents`, which nobody uses any more: its answer is left alone.
    OldDirectory,
    /// A file is opened. `argument` is the number of the one that holds `path`.
    Open { folder: i32, argument: usize, path: u64, access: Access },
    /// A file gets a name: `rename` and `link`.
    Name { folder: i32, path: u64 },
    /// Something waits until a time of the clock, which argument number `argument` points at.
    Deadline { argument: usize, at: u64 },
}

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// With these flags.
    Flags(u64),
    /// With the flags that stand at this address.
    FlagsAt(u64),
}

impl Access {
    /// Whether a file opened with these flags is made or can be written.
    pub(crate) fn writes(flags: u64) -> bool {
        const WRITES: i32 = libc::O_WRONLY | libc::O_RDWR | libc::O_CREAT | libc::O_TRUNC;
        flags & u64::from(WRITES.unsigned_abs()) != 0
    }
}

/// Where `stat` has times: of the last change of content, of anything, and of the last reading.
const STAT: &[usize] =
    &[offset_of!(libc::stat, st_mtime), offset_of!(libc::stat, st_ctime), offset_of!(libc::stat, st_atime)];
/// The same of `statx`, and when a file was made.
const STATX: &[usize] = &[
    offset_of!(libc::statx, stx_mtime),
    offset_of!(libc::statx, stx_ctime),
    offset_of!(libc::statx, stx_atime),
    offset_of!(libc::statx, stx_btime),
];

/// The calls that stop, in the order in which the filter looks for them: the frequent ones first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    OpenAt,
    OpenAt2,
    ClockGettime,
    Futex,
    ClockNanosleep,
    GetTimeOfDay,
    StatX,
    FStat,
    FStatAt,
    Uname,
    Affinity,
    Sysinfo,
    Random,
    Directory,
    RenameAt,
    RenameAt2,
    LinkAt,
    #[cfg(target_arch = "x86_64")]
    Stat,
    #[cfg(target_arch = "x86_64")]
    LStat,
    #[cfg(target_arch = "x86_64")]
    Time,
    #[cfg(target_arch = "x86_64")]
    Open,
    #[cfg(target_arch = "x86_64")]
    Create,
    #[cfg(target_arch = "x86_64")]
    Rename,
    #[cfg(target_arch = "x86_64")]
    Link,
    #[cfg(target_arch = "x86_64")]
    OldDirectory,
}

impl Kind {
    /// Whether it tells what a file is.
    pub(crate) fn is_of_file(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        if matches!(self, Self::Stat | Self::LStat) {
            return true;
        }
        matches!(self, Self::StatX | Self::FStat | Self::FStatAt)
    }
}

/// Every kind with the kernel's number for it; old calls exist on x86-64 only.
pub(crate) const CALLS: &[(libc::c_long, Kind)] = &[
    (libc::SYS_openat, Kind::OpenAt),
    (libc::SYS_openat2, Kind::OpenAt2),
    (libc::SYS_clock_gettime, Kind::ClockGettime),
    (libc::SYS_futex, Kind::Futex),
    (libc::SYS_clock_nanosleep, Kind::ClockNanosleep),
    (libc::SYS_gettimeofday, Kind::GetTimeOfDay),
    (libc::SYS_statx, Kind::StatX),
    (libc::SYS_fstat, Kind::FStat),
    (libc::SYS_newfstatat, Kind::FStatAt),
    (libc::SYS_uname, Kind::Uname),
    (libc::SYS_sched_getaffinity, Kind::Affinity),
    (libc::SYS_sysinfo, Kind::Sysinfo),
    (libc::SYS_getrandom, Kind::Random),
    (libc::SYS_getdents64, Kind::Directory),
    (libc::SYS_renameat, Kind::RenameAt),
    (libc::SYS_renameat2, Kind::RenameAt2),
    (libc::SYS_linkat, Kind::LinkAt),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_stat, Kind::Stat),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_lstat, Kind::LStat),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_time, Kind::Time),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_open, Kind::Open),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_creat, Kind::Create),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_rename, Kind::Rename),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_link, Kind::Link),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_getdents, Kind::OldDirectory),
];

/// What is left of `futex`'s second argument without its flags.
const FUTEX_COMMAND: u64 = 0x7f;
const FUTEX_WAIT: u64 = 0;

/// Reads a stopped call off its number and arguments; `None` where there is nothing to do about it.
pub(crate) fn decode(number: u64, arguments: [u64; 6]) -> Option<Call> {
    let (_, kind) = CALLS.iter().find(|(known, _)| u64::try_from(*known) == Ok(number))?;
    let [first, second, third, fourth, fifth, _] = arguments;
    // A folder is a C `int`: the upper half of its register is nobody's.
    let folder = |register: u64| i32::from_ne_bytes((register as u32).to_ne_bytes());
    Some(match kind {
        Kind::OpenAt => Call::Open { folder: folder(first), argument: 1, path: second, access: Access::Flags(third) },
        Kind::OpenAt2 => {
            Call::Open { folder: folder(first), argument: 1, path: second, access: Access::FlagsAt(third) }
        }
        Kind::ClockGettime => Call::Clock { at: second, part: 1 },
        // A plain `FUTEX_WAIT` is the only one that waits for a while and not until a time.
        Kind::Futex if second & FUTEX_COMMAND == FUTEX_WAIT => return None,
        Kind::Futex => Call::Deadline { argument: 3, at: fourth },
        Kind::ClockNanosleep => Call::Deadline { argument: 2, at: third },
        Kind::GetTimeOfDay => Call::Clock { at: first, part: 1000 },
        Kind::StatX => Call::File { at: fifth, times: STATX },
        Kind::FStat => Call::File { at: second, times: STAT },
        Kind::FStatAt => Call::File { at: third, times: STAT },
        Kind::Uname => Call::Uname { at: first },
        Kind::Affinity => Call::Processors { at: third },
        Kind::Sysinfo => Call::Memory,
        Kind::Random => Call::Random { at: first },
        Kind::Directory => Call::Directory { at: second },
        Kind::RenameAt | Kind::RenameAt2 | Kind::LinkAt => Call::Name { folder: folder(third), path: fourth },
        #[cfg(target_arch = "x86_64")]
        Kind::Stat | Kind::LStat => Call::File { at: second, times: STAT },
        #[cfg(target_arch = "x86_64")]
        Kind::Time => Call::Seconds { at: first },
        #[cfg(target_arch = "x86_64")]
        Kind::Open => Call::Open { folder: libc::AT_FDCWD, argument: 0, path: first, access: Access::Flags(second) },
        #[cfg(target_arch = "x86_64")]
        Kind::Create => {
            let access = Access::Flags(u64::from((libc::O_CREAT | libc::O_WRONLY).unsigned_abs()));
            Call::Open { folder: libc::AT_FDCWD, argument: 0, path: first, access }
        }
        #[cfg(target_arch = "x86_64")]
        Kind::Rename | Kind::Link => Call::Name { folder: libc::AT_FDCWD, path: second },
        #[cfg(target_arch = "x86_64")]
        Kind::OldDirectory => Call::OldDirectory,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(call: libc::c_long) -> u64 {
        u64::try_from(call).unwrap()
    }

    #[test]
    fn arguments_are_where_the_kernel_has_them() {
        // The folder "here" is -100, of which a program may fill the lower half of the register only.
        let open = decode(number(libc::SYS_openat), [0xffff_ff9c, 0x1000, 0o101, 0o644, 0, 0]);
        let access = Access::Flags(0o101);
        assert_eq!(open, Some(Call::Open { folder: libc::AT_FDCWD, argument: 1, path: 0x1000, access }));
        let rename = decode(number(libc::SYS_renameat2), [3, 0x1000, 4, 0x2000, 0, 0]);
        assert_eq!(rename, Some(Call::Name { folder: 4, path: 0x2000 }));
        let processors = decode(number(libc::SYS_sched_getaffinity), [0, 128, 0x3000, 0, 0, 0]);
        assert_eq!(processors, Some(Call::Processors { at: 0x3000 }));
        assert_eq!(decode(number(libc::SYS_getpid), [0; 6]), None);
        assert_eq!(decode(u64::MAX, [0; 6]), None);
        let wait = |command: u64| decode(number(libc::SYS_futex), [0x1000, command | 256 | 128, 0, 0x2000, 0, 0]);
        assert_eq!(wait(9), Some(Call::Deadline { argument: 3, at: 0x2000 }));
        assert_eq!(wait(0), None);
    }

    #[test]
    fn every_number_is_decoded() {
        for (call, kind) in CALLS {
            assert!(decode(number(*call), [1; 6]).is_some(), "{kind:?}");
            assert_eq!(CALLS.iter().filter(|(other, _)| other == call).count(), 1, "{kind:?}");
        }
    }

    #[test]
    fn reading_is_no_writing() {
        assert!(!Access::writes(0));
        assert!(!Access::writes(u64::from((libc::O_CLOEXEC | libc::O_DIRECTORY).unsigned_abs())));
        for flags in [libc::O_WRONLY, libc::O_RDWR, libc::O_CREAT, libc::O_TMPFILE | libc::O_RDWR] {
            assert!(Access::writes(u64::from(flags.unsigned_abs())), "{flags:o}");
        }
    }
}
