use crate::filter::filter;
use crate::stage::Stage;
use nix::sys::personality::{self, Persona};
use nix::sys::signal::{Signal, raise};
use nix::sys::stat::{Mode, umask};
use nix::sys::{prctl, ptrace};
use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::ExitCode;

/// What a launcher exits with where it starts nothing; the reason is in a file.
const FAILED: u8 = 127;

/// What a [launcher](crate::Launch::launcher) does when it is started with [`ENTER`](crate::ENTER) and further arguments, which
/// are given here: it becomes the program that is to be traced. It returns where that fails; the one that started it is told why.
///
/// It needs a process without other threads, and nothing may be open that the program is not to have.
pub fn enter(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    if let Some((stage, command)) = Stage::parse(arguments) {
        let failure = become_program(&stage, command);
        // Where even that cannot be written, its absence says that nothing was started.
        let _ = sage_oci_files::write_new(&stage.failure, &failure.to_bytes());
    }
    ExitCode::from(FAILED)
}

/// Why a launcher started nothing.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The machine forbids what tracing needs.
    NotAllowed { what: String, why: io::Error },
    /// The program cannot be started.
    Start { why: io::Error },
}

impl Failure {
    fn of(what: &str, errno: nix::Error) -> Self {
        Self::NotAllowed { what: what.to_owned(), why: errno.into() }
    }

    fn to_bytes(&self) -> Vec<u8> {
        let (what, why) = match self {
            Self::NotAllowed { what, why } => (what.as_str(), why),
            Self::Start { why } => ("", why),
        };
        format!("{} {what}", why.raw_os_error().unwrap_or_default()).into_bytes()
    }

    /// The other direction of what [`enter`] writes.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (number, what) = text.split_once(' ')?;
        let why = io::Error::from_raw_os_error(number.parse().ok()?);
        Some(if what.is_empty() { Self::Start { why } } else { Self::NotAllowed { what: what.to_owned(), why } })
    }
}

fn become_program(stage: &Stage, (program, arguments): (OsString, Vec<OsString>)) -> Failure {
    match prepare(stage) {
        Ok(()) => Failure::Start { why: sage_oci_child::trusted_command(program).args(arguments).exec() },
        Err(failure) => failure,
    }
}

fn prepare(stage: &Stage) -> Result<(), Failure> {
    if let Some(mode) = stage.umask {
        umask(Mode::from_bits_truncate(mode));
    }
    let mut persona = Persona::empty();
    persona.set(Persona::ADDR_NO_RANDOMIZE, stage.fixed_addresses);
    persona.set(Persona::UNAME26, stage.kernel_26);
    if !persona.is_empty() {
        let set = personality::get().and_then(|before| personality::set(before | persona));
        set.map_err(|errno| Failure::of("change a program's personality", errno))?;
    }
    let filter = filter(stage.told_time).map_err(|error| Failure::NotAllowed {
        what: format!("trace on this architecture ({error})"),
        why: io::ErrorKind::Unsupported.into(),
    })?;
    prctl::set_no_new_privs().map_err(|errno| Failure::of("give up further rights", errno))?;
    ptrace::traceme().map_err(|errno| Failure::of("trace a program by `ptrace`", errno))?;
    // The tracer says now what it wants to see, and lets go.
    raise(Signal::SIGSTOP).map_err(|errno| Failure::of("stop a program", errno))?;
    seccompiler::apply_filter(&filter).map_err(|error| {
        let why = match error {
            seccompiler::Error::Prctl(why) | seccompiler::Error::Seccomp(why) => why,
            other => io::Error::other(other),
        };
        Failure::NotAllowed { what: "filter a program's calls by `seccomp`".to_owned(), why }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_survives_its_file() {
        let text = |failure: &Failure| String::from_utf8(failure.to_bytes()).unwrap();
        let forbidden = Failure::of("trace a program", nix::Error::EPERM);
        let read = Failure::parse(&text(&forbidden));
        assert!(matches!(read, Some(Failure::NotAllowed { what, why })
            if what == "trace a program" && why.kind() == io::ErrorKind::PermissionDenied));
        let absent = Failure::Start { why: nix::Error::ENOENT.into() };
        let read = Failure::parse(&text(&absent));
        assert!(matches!(read, Some(Failure::Start { why }) if why.kind() == io::ErrorKind::NotFound));
        assert!(Failure::parse("").is_none());
    }
}
