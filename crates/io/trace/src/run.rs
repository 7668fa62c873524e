use crate::calls::Calls;
use crate::enter::Failure;
use crate::moved::Moved;
use crate::observed::Recorder;
use crate::place::Outputs;
use crate::stage::Stage;
use crate::substitutes::Substitutes;
use crate::told::Seeded;
use crate::tracer::{Tracer, end_children, wait};
use crate::{Ended, How, Launch, TraceError};
use nix::unistd::Pid;
use rustix::fd::OwnedFd;
use rustix::process::{PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// Runs a program to its end, with all that it starts; what it has left running then is ended.
///
/// The program can be run by an ordinary user, and so can a program that it starts as long as it wants no further rights: those
/// with a set-user bit get none. Where the tracer ends, however it does, all traced programs are killed.
///
/// # Errors
/// See [`TraceError`]; none of the traced programs runs on. How the program ended is no error.
pub fn run(launch: &Launch) -> Result<Ended, TraceError> {
    // The kernel knows a tracer as a thread: this one has no other children, so it can wait for whatever comes.
    let traced = std::thread::scope(|scope| scope.spawn(|| traced(launch)).join());
    traced.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn traced(launch: &Launch) -> Result<Ended, TraceError> {
    let substitutes = Substitutes::write(&launch.answers)?;
    let failure = substitutes.beside("failure");
    let main = start(launch, &failure)?;
    let (over, watch) = channel();
    let limit = launch.limit.map(|limit| Ok((limit, pidfd(main)?))).transpose();
    let limit = limit.inspect_err(|_: &TraceError| end(main))?;
    std::thread::scope(|scope| {
        let watchdog = limit.map(|(limit, process)| scope.spawn(move || end_after(limit, &process, &watch)));
        let result = follow(launch, main, substitutes, &failure);
        drop(over);
        let out_of_time = watchdog.is_some_and(|watchdog| watchdog.join().unwrap_or_default());
        let mut ended = result?;
        // It may have ended by itself at the last moment.
        if out_of_time && ended.how == How::Killed(Signal::KILL.as_raw()) {
            ended.how = How::OutOfTime;
        }
        Ok(ended)
    })
}

/// Ends a launcher that nobody will follow.
fn end(main: Pid) {
    let _ = nix::sys::signal::kill(main, nix::sys::signal::Signal::SIGKILL);
    end_children();
}

/// Starts the launcher as a process of this thread.
fn start(launch: &Launch, failure: &Path) -> Result<Pid, TraceError> {
    let stage = Stage {
        failure: failure.to_owned(),
        umask: launch.umask,
        fixed_addresses: launch.fixed_addresses,
        kernel_26: launch.kernel_26,
        told_time: launch.answers.time.is_some(),
    };
    let stdout = launch.stdout.as_ref().map(sage_oci_files::create).transpose()?;
    let stderr = match &launch.stderr {
        Some(path) if launch.stdout.as_ref() == Some(path) => {
            let stdout = stdout.as_ref().map(std::fs::File::try_clone).transpose();
            stdout.map_err(sage_oci_files::FileError::at("open", path))?
        }
        other => other.as_ref().map(sage_oci_files::create).transpose()?,
    };
    let mut command = sage_oci_child::command(&launch.launcher);
    command.args(stage.words()).arg(&launch.program).args(&launch.arguments);
    command.env_clear().envs(&launch.environment).current_dir(&launch.directory);
    command.stdin(Stdio::null()).stdout(stdout.map_or_else(Stdio::null, Stdio::from));
    command.stderr(stderr.map_or_else(Stdio::null, Stdio::from));
    let child = command.spawn().map_err(|why| TraceError::Start { program: launch.launcher.clone(), why })?;
    // It is waited for by its number, together with all others.
    Ok(Pid::from_raw(child.id().cast_signed()))
}

fn follow(launch: &Launch, main: Pid, substitutes: Substitutes, failure: &Path) -> Result<Ended, TraceError> {
    let (_, status) = wait()?;
    if !status.stopped() {
        return Err(not_begun(launch, failure));
    }
    let calls = Calls {
        answers: launch.answers.clone(),
        moved: launch.answers.time.map(|time| Moved::starting(time, launch.answers.files_since)),
        seeded: launch.answers.random.map(Seeded),
        outputs: Outputs::new(launch.outputs.iter().cloned()),
        substitutes,
        recorder: Recorder::default(),
    };
    let mut tracer = match Tracer::hold(main, calls) {
        Ok(tracer) => tracer,
        Err(errno) => {
            end(main);
            return Err(TraceError::NotAllowed { what: "trace a program by `ptrace`".to_owned(), why: errno.into() });
        }
    };
    let ended = tracer.follow();
    tracer.end_all();
    let status = ended?;
    if !tracer.begun {
        return Err(not_begun(launch, failure));
    }
    let how = match (status.exit_status(), status.terminating_signal()) {
        (Some(status), _) => How::Exited(status),
        (None, signal) => How::Killed(signal.unwrap_or_default()),
    };
    Ok(Ended { how, observed: tracer.calls.recorder.finish() })
}

/// Why a launcher ended without having become the program.
fn not_begun(launch: &Launch, failure: &Path) -> TraceError {
    let text = sage_oci_files::read_to_string(failure).unwrap_or_default();
    match Failure::parse(&text) {
        Some(Failure::NotAllowed { what, why }) => TraceError::NotAllowed { what, why },
        Some(Failure::Start { why }) => TraceError::Start { program: launch.program.clone(), why },
        None => TraceError::Launcher { launcher: launch.launcher.clone() },
    }
}

/// Holds on to a process, so that never another one with the same number is meant.
fn pidfd(process: Pid) -> Result<OwnedFd, TraceError> {
    let held = rustix::process::Pid::from_raw(process.as_raw())
        .map_or(Err(rustix::io::Errno::SRCH), |process| pidfd_open(process, PidfdFlags::empty()));
    held.map_err(|errno| TraceError::NotAllowed { what: "hold on to a process".to_owned(), why: errno.into() })
}

/// Ends a process after a while, unless the other end of the channel goes before. Says whether it did.
fn end_after(limit: Duration, process: &OwnedFd, over: &Receiver<()>) -> bool {
    over.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) && pidfd_send_signal(process, Signal::KILL).is_ok()
}
