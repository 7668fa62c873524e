use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// A program that is run.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Task {
    /// Program and arguments.
    pub(crate) words: Vec<String>,
    /// The tasks, by their place in the list, that it is begun after; all stand before it.
    pub(crate) after: BTreeSet<usize>,
}

/// What is to be run in which enclosure; the builder writes it for itself, as it starts itself again.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// The folder that becomes `/`.
    pub(crate) root: PathBuf,
    /// Whether the root can be written.
    pub(crate) writable: bool,
    /// A folder for the skeleton of the new root and what it can write.
    pub(crate) place: PathBuf,
    /// The folder that can be written, absolute, if there is one; its content lies in [`Plan::laid_out`].
    pub(crate) folder: Option<String>,
    /// Environment, all of it.
    pub(crate) env: BTreeMap<String, String>,
    /// Where the commands are run, absolute.
    pub(crate) directory: String,
    /// Folders beside those of the root, by their places, absolute; they cannot be written.
    pub(crate) mounts: BTreeMap<String, PathBuf>,
    /// What is run.
    pub(crate) tasks: Vec<Task>,
    /// How many of them may run at once.
    pub(crate) threads: usize,
    /// The process that started all this.
    pub(crate) parent: u32,
}

impl Plan {
    /// The skeleton of the new root.
    pub(crate) fn skeleton(&self) -> PathBuf {
        self.place.join("root")
    }

    /// What is `/tmp`.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.place.join("tmp")
    }

    /// What is `/dev/shm`.
    pub(crate) fn shared_memory(&self) -> PathBuf {
        self.place.join("shm")
    }

    /// What is the folder that can be written.
    pub(crate) fn laid_out(&self) -> PathBuf {
        self.place.join("folder")
    }

    /// What a task prints.
    pub(crate) fn log(&self, task: usize) -> PathBuf {
        self.place.join(format!("log-{task}"))
    }

    /// The plan itself.
    pub(crate) fn file(&self) -> PathBuf {
        self.place.join("plan.json")
    }
}

/// What came of a plan.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Report {
    /// What came of each task; nothing of those that were not begun because another had failed.
    Ran(Vec<Option<Ran>>),
    /// The enclosure could not be made.
    NotMade {
        /// What was tried, as the end of a sentence that begins with `cannot`.
        what: String,
        /// What the system said, by its number.
        errno: i32,
        /// Whether it is the kernel or who keeps it that does not let users make namespaces.
        forbidden: bool,
    },
}

/// A task that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ran {
    /// Milliseconds by the clock.
    pub(crate) milliseconds: u64,
    /// Its exit status; none where a signal ended it.
    pub(crate) code: Option<i32>,
    /// The signal that ended it. A shell says it of its child as a status of 128 and more.
    pub(crate) signal: Option<i32>,
}

impl Ran {
    /// Whether it did what it should.
    pub(crate) fn succeeded(&self) -> bool {
        self.code == Some(0)
    }

    /// The signal that ended it, or the program that its shell waited for.
    pub(crate) fn killed_by(&self) -> Option<i32> {
        self.signal.or_else(|| self.code.filter(|code| (129..=159).contains(code)).map(|code| code - 128))
    }
}
