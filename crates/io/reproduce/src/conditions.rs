use crate::emulator::{no_emulator, words};
use sage_oci_trace::{Answers, Launch};
use sage_oci_verify::{NotVaried, Variation};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Where the second build's temporary files go if they are to be on another file system; Linux has it in memory.
const OTHER_FILE_SYSTEM: &str = "/dev/shm";
/// What temporary files of the largest step take, in bytes, with room to spare.
const ROOM: u64 = 3 << 30;
/// Runs a program as somebody else.
const SETPRIV: &str = "/usr/bin/setpriv";
/// A day of February 2042, in seconds since 1970: another year, month, day and length of the number.
const FAR: i64 = 2_275_000_000;
/// A user that is nobody's.
const NOBODY: u32 = 65534;

/// What this machine allows.
#[derive(Debug, Clone)]
pub struct Here {
    /// How many processors there are.
    pub processors: usize,
    /// Why programs cannot be run as somebody else, if they cannot.
    pub no_other_user: Option<String>,
    /// Why programs cannot be traced, if they cannot.
    pub no_tracing: Option<String>,
    /// Why no older processor can be emulated, if it cannot.
    pub no_emulator: Option<String>,
    /// Bytes that are free on another file system for temporary files; none where there is no other one.
    pub other_file_system: Option<u64>,
}

impl Here {
    /// Looks at this machine. `launcher` is what starts programs that are traced.
    pub fn look(launcher: &Path) -> Self {
        Self {
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            no_other_user: match rustix::process::geteuid().is_root() {
                false => Some("only root runs programs as somebody else".to_owned()),
                true if !sage_oci_files::exists(SETPRIV).unwrap_or_default() => Some(format!("there is no {SETPRIV}")),
                true => None,
            },
            no_tracing: no_tracing(launcher),
            no_emulator: no_emulator(),
            other_file_system: sage_oci_files::free_space(OTHER_FILE_SYSTEM).ok(),
        }
    }
}

/// Why programs cannot be traced here: one is.
fn no_tracing(launcher: &Path) -> Option<String> {
    let launch =
        Launch { answers: Answers { time: Some(0), ..Answers::default() }, ..Launch::new(launcher, "/bin/true") };
    sage_oci_trace::run(&launch).err().map(|error| error.to_string())
}

/// Under what the builders of a second build run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conditions {
    varied: BTreeSet<Variation>,
    processors: usize,
    traces: bool,
}

impl Conditions {
    /// The conditions in which as much is varied as is wanted and as this machine allows, and what it does not.
    pub fn of(wanted: &BTreeSet<Variation>, here: &Here) -> (Self, Vec<NotVaried>) {
        let (mut varied, mut not_varied) = (BTreeSet::new(), Vec::new());
        for variation in wanted {
            match impossible(*variation, here) {
                None => drop(varied.insert(*variation)),
                Some(why) => not_varied.push(NotVaried { variation: *variation, why }),
            }
        }
        (Self { varied, ..Self::usual(here) }, not_varied)
    }

    /// As Nix has it in its sandbox, as far as that reaches.
    pub fn usual(here: &Here) -> Self {
        Self { varied: BTreeSet::new(), processors: here.processors, traces: here.no_tracing.is_none() }
    }

    /// What is varied.
    pub fn varied(&self) -> &BTreeSet<Variation> {
        &self.varied
    }

    pub(crate) fn varies(&self, variation: Variation) -> bool {
        self.varied.contains(&variation)
    }

    /// The folder of a second build below `root`.
    pub(crate) fn folder(&self, root: &Path) -> PathBuf {
        root.join(if self.varies(Variation::BuildPath) { "elsewhere, and längeres" } else { "build" })
    }

    /// The name of the builder's program.
    pub(crate) fn program(&self) -> &'static str {
        if self.varies(Variation::ExecPath) { "another name/a" } else { "bin/sage-oci-builder" }
    }

    /// Where temporary files go, if not beside the outputs.
    pub(crate) fn temporary(&self) -> Option<&'static Path> {
        self.varies(Variation::Tmp).then(|| Path::new(OTHER_FILE_SYSTEM))
    }

    /// Who builds, if not the user of this process.
    pub(crate) fn user(&self) -> Option<u32> {
        self.varies(Variation::UserGroup).then_some(NOBODY)
    }

    /// The program that is started, with its arguments, to run the builder.
    pub(crate) fn words(&self, builder: &Path) -> (PathBuf, Vec<OsString>) {
        match self.user() {
            None if self.varies(Variation::CpuKind) => {
                let [emulator, arguments @ ..] = words();
                (emulator.into(), arguments.map(OsString::from).into_iter().chain([builder.into()]).collect())
            }
            None => (builder.to_owned(), Vec::new()),
            Some(user) => {
                let options = [format!("--reuid={user}"), format!("--regid={user}"), "--clear-groups".to_owned()];
                (SETPRIV.into(), options.into_iter().map(OsString::from).chain([builder.into()]).collect())
            }
        }
    }

    /// Whether builders are traced: where anything is varied, for what they ask is worth knowing then. What an emulator asks is not.
    pub(crate) fn is_traced(&self) -> bool {
        self.traces && !self.varied.is_empty() && !self.varies(Variation::CpuKind)
    }

    /// What builders are told otherwise, and since when files are their own or each other's.
    pub(crate) fn answers(&self, since: SystemTime) -> Answers {
        let varies = |variation| self.varies(variation);
        Answers {
            time: varies(Variation::Time).then_some(FAR),
            files_since: Some(since),
            node_name: varies(Variation::DomainHost).then(|| "i-capture-the-hostname".to_owned()),
            domain: varies(Variation::DomainHost).then(|| "i-capture-the-domainname".to_owned()),
            release: varies(Variation::Kernel).then(|| "2.6.69-verify".to_owned()),
            processors: varies(Variation::NumCpus).then(|| self.threads()),
            random: varies(Variation::Random).then_some(4711),
            reverse_directories: varies(Variation::FileOrdering),
            files: match varies(Variation::NumCpus) {
                true => BTreeMap::from([(PathBuf::from("/proc/cpuinfo"), self.cpuinfo().into_bytes())]),
                false => BTreeMap::new(),
            },
        }
    }

    /// Processors of another kind.
    fn cpuinfo(&self) -> String {
        let one = |number: usize| format!("processor\t: {number}\nmodel name\t: another kind\nflags\t\t: fpu\n\n");
        (0..self.threads()).map(one).collect()
    }

    /// How many threads may work.
    pub(crate) fn threads(&self) -> usize {
        match (self.varies(Variation::NumCpus), self.processors) {
            (false, all) => all,
            (true, 1) => 3,
            (true, _) => 1,
        }
    }

    /// Whether the second of two independent steps is built first.
    pub(crate) fn turned_round(&self) -> bool {
        !self.varied.is_empty()
    }

    /// The variables of a builder, apart from those that say what to do.
    pub(crate) fn environment(&self, folder: &Path) -> BTreeMap<OsString, OsString> {
        let mut all: BTreeMap<OsString, OsString> = BTreeMap::new();
        let mut set = |name: &str, value: OsString| drop(all.insert(name.into(), value));
        let choose =
            |variation, varied: &str, usual: &str| OsString::from(if self.varies(variation) { varied } else { usual });
        set("PATH", choose(Variation::ExecPath, "/usr/local/games:/usr/bin:/bin", "/path-not-set"));
        set(
            "HOME",
            if self.varies(Variation::Home) { folder.join("nobody's").into() } else { "/homeless-shelter".into() },
        );
        set("NIX_BUILD_CORES", self.threads().to_string().into());
        if self.varies(Variation::Memory) {
            // mallopt(3), M_PERTURB. Fresh memory of the kernel is full of zeros, which hides that nobody has set it.
            set("MALLOC_PERTURB_", "165".into());
        }
        if self.varies(Variation::Timezone) {
            set("TZ", "Asia/Kathmandu".into());
        }
        if self.varies(Variation::Locales) {
            // Its capital i has a dot, and its order of letters is another one.
            set("LANG", "tr_TR.UTF-8".into());
            set("LC_ALL", "tr_TR.UTF-8".into());
            set("LANGUAGE", "tr:et".into());
        }
        if self.varies(Variation::Environment) {
            set("CAPTURE_ENVIRONMENT", "i_capture_the_environment".into());
            set("SOURCE_DATE_EPOCH", "4711".into());
            set("PYTHONHASHSEED", "4711".into());
            set("PYTHONDONTWRITEBYTECODE", "1".into());
            set("USER", "somebody".into());
            set("ZSTD_CLEVEL", "1".into());
            set("RUST_BACKTRACE", "1".into());
        }
        all
    }
}

/// Why something cannot be varied here.
fn impossible(variation: Variation, here: &Here) -> Option<String> {
    match variation {
        Variation::Aslr
        | Variation::DomainHost
        | Variation::FileOrdering
        | Variation::Kernel
        | Variation::Random
        | Variation::Time
        | Variation::Umask => here.no_tracing.clone(),
        Variation::CpuKind => here.no_emulator.clone(),
        Variation::UserGroup => here.no_other_user.clone(),
        Variation::Tmp => match here.other_file_system {
            None => Some(format!("there is no other file system at {OTHER_FILE_SYSTEM}")),
            Some(free) if free < ROOM => {
                Some(format!("{OTHER_FILE_SYSTEM} has {} MB free, and {} are needed", free >> 20, ROOM >> 20))
            }
            Some(_) => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> Here {
        Here { processors: 2, no_other_user: None, no_tracing: None, no_emulator: None, other_file_system: Some(ROOM) }
    }

    #[test]
    fn everything_that_is_wanted_is_varied_or_told_why_not() {
        let all: BTreeSet<Variation> = Variation::ALL.into();
        let (conditions, not_varied) = Conditions::of(&all, &here());
        assert_eq!((conditions.varied().len(), not_varied.len()), (all.len(), 0));
        let poor = Here {
            no_other_user: Some("root".into()),
            no_tracing: Some("forbidden".into()),
            no_emulator: Some("absent".into()),
            other_file_system: Some(1),
            ..here()
        };
        let (conditions, not_varied) = Conditions::of(&all, &poor);
        assert_eq!(conditions.varied().len() + not_varied.len(), all.len());
        let told: Vec<&str> = not_varied.iter().map(|one| one.variation.name()).collect();
        assert_eq!(
            told,
            [
                "aslr",
                "cpu_kind",
                "domain_host",
                "fileordering",
                "kernel",
                "random",
                "time",
                "tmp",
                "umask",
                "user_group"
            ]
        );
        assert!(not_varied.iter().all(|one| !one.why.is_empty()));
    }

    #[test]
    fn each_of_the_environments_variations_changes_something_and_nothing_else_does() {
        let usual = Conditions::usual(&here());
        let plain = usual.environment(Path::new("/work"));
        for variation in Variation::ALL {
            let (varied, _) = Conditions::of(&[variation].into(), &here());
            let changes = varied.environment(Path::new("/work")) != plain;
            let of_environment = matches!(
                variation,
                Variation::Environment
                    | Variation::ExecPath
                    | Variation::Home
                    | Variation::Locales
                    | Variation::Memory
                    | Variation::NumCpus
                    | Variation::Timezone
            );
            assert_eq!(changes, of_environment, "{variation}");
            let elsewhere = varied.folder(Path::new("/w")) != usual.folder(Path::new("/w"));
            assert_eq!(elsewhere, variation == Variation::BuildPath);
        }
        let single = Conditions::of(&[Variation::NumCpus].into(), &Here { processors: 1, ..here() }).0;
        assert_eq!(single.threads(), 3);
    }
}
