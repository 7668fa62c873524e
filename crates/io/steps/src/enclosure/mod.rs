//! Programs that run in a folder as if it were `/`, cut off from the machine by namespaces of the kernel.
//!
//! It needs no right of an administrator and works inside the sandbox of Nix, too. As a process that has threads can make
//! no namespace of users, and as nothing but a new program can follow a fork without unsafe code, the builder starts itself
//! again, twice:
//!
//! 1. [`run`] lays the plan down and starts the builder as [`ENTER`] `outer`.
//! 2. That makes all namespaces, in which it is root and nobody else is there, and starts the builder as [`ENTER`] `inner`.
//! 3. That is process 1 of its namespace. It mounts the root and all else, makes it `/`, runs the commands, and reports.
//!
//! Each stage dies with the one that started it, and with process 1 die all that were ever started in the enclosure: when
//! [`run`] returns, or the builder is killed, none is left.

mod commands;
mod device;
mod mounts;
mod namespaces;
mod outside;
mod plan;

pub use outside::NotMade;
pub(crate) use outside::{Enclosed, run};
pub(crate) use plan::{Plan, Ran};

use plan::Report;
use std::path::Path;

/// The first argument of the builder where it starts itself to enter an enclosure; a stage and the plan's path follow.
pub const ENTER: &str = "enter-enclosure";
/// The stage that makes the namespaces.
const OUTER: &str = "outer";
/// The stage that is process 1 in them.
const INNER: &str = "inner";

/// What the builder does when it is started with [`ENTER`]: one stage of entering an enclosure.
///
/// It needs a process without other threads. The report goes to standard output, as JSON; nothing else matters to whoever started it.
pub fn enter(stage: &str, plan: &Path) {
    let report = match (stage, read(plan)) {
        (OUTER, Ok(read)) => namespaces::outer(&read, plan),
        (INNER, Ok(plan)) => commands::inner(&plan).map(Some),
        (_, Err(failure)) => Err(failure),
        _ => Ok(None),
    };
    let report = match report {
        Ok(None) => return,
        Ok(Some(ran)) => Report::Ran(ran),
        Err(Failure { what, errno, forbidden }) => Report::NotMade { what, errno: errno as i32, forbidden },
    };
    println!("{}", serde_json::to_string(&report).unwrap_or_default());
}

fn read(plan: &Path) -> Result<Plan, Failure> {
    let failed = || Failure::new(format!("read the plan {}", plan.display()), nix::Error::EINVAL);
    serde_json::from_slice(&sage_oci_files::read(plan).map_err(|_| failed())?).map_err(|_| failed())
}

/// Why an enclosure cannot be made.
struct Failure {
    what: String,
    errno: nix::Error,
    forbidden: bool,
}

impl Failure {
    fn new(what: impl Into<String>, errno: nix::Error) -> Self {
        Self { what: what.into(), errno, forbidden: false }
    }

    /// It concerns the namespaces themselves: these errors mean that they are forbidden.
    fn of_namespaces(what: impl Into<String>, errno: nix::Error) -> Self {
        use nix::errno::Errno::{EACCES, EINVAL, ENOSPC, ENOSYS, EPERM, EUSERS};
        let forbidden = [EACCES, EINVAL, ENOSPC, ENOSYS, EPERM, EUSERS].contains(&errno);
        Self { what: what.into(), errno, forbidden }
    }

    fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |error| Self::new(what, errno(&error))
    }

    fn file(error: &sage_oci_files::FileError) -> Self {
        Self::new(format!("{} `{}`", error.action, error.path.display()), errno(&error.source))
    }
}

fn errno(error: &std::io::Error) -> nix::Error {
    error.raw_os_error().map_or(nix::Error::UnknownErrno, nix::Error::from_raw)
}
