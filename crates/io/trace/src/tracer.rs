use crate::calls::{Calls, Pending};
use crate::stack::{IGNORE, facts};
use crate::told::Seeded;
use crate::{TraceError, memory, registers::Registers};
use nix::errno::Errno;
use nix::libc;
use nix::sys::ptrace::{self, Event, Options};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustix::process::{WaitOptions, WaitStatus};
use std::collections::BTreeMap;
use std::io;

/// What is set in the signal of a stop at a call, to tell it from a real trap.
const AT_CALL: i32 = 0x80;
/// The first part of a stack that is read, and the most: arguments' and variables' addresses.
const STACK: std::ops::RangeInclusive<usize> = 1 << 14..=1 << 22;

/// Follows a program and all that it starts.
pub(crate) struct Tracer {
    main: Pid,
    /// The launcher has become the program; before that nothing counts.
    pub(crate) begun: bool,
    processes: BTreeMap<Pid, Process>,
    pub(crate) calls: Calls,
}

/// A process or a thread of one.
#[derive(Default)]
struct Process {
    /// The stop with which each begins has been.
    begun: bool,
    pending: Option<Pending>,
}

impl Tracer {
    /// Takes hold of a launcher that has stopped itself; it runs on.
    pub(crate) fn hold(main: Pid, calls: Calls) -> nix::Result<Self> {
        let options = Options::PTRACE_O_EXITKILL
            | Options::PTRACE_O_TRACESYSGOOD
            | Options::PTRACE_O_TRACESECCOMP
            | Options::PTRACE_O_TRACEEXEC
            | Options::PTRACE_O_TRACEFORK
            | Options::PTRACE_O_TRACEVFORK
            | Options::PTRACE_O_TRACECLONE;
        ptrace::setoptions(main, options)?;
        ptrace::cont(main, None)?;
        let processes = BTreeMap::from([(main, Process { begun: true, pending: None })]);
        Ok(Self { main, begun: false, processes, calls })
    }

    /// Until the program has ended; what it started may go on.
    pub(crate) fn follow(&mut self) -> Result<WaitStatus, TraceError> {
        loop {
            let (process, status) = wait()?;
            let Some(signal) = status.stopping_signal() else {
                self.processes.remove(&process);
                if process == self.main {
                    return Ok(status);
                }
                continue;
            };
            match self.stopped(process, signal, status.as_raw() >> 16)? {
                // It was killed meanwhile, and the next word is of its end.
                Err(Errno::ESRCH) | Ok(()) => {}
                Err(errno) => return Err(TraceError::Lost { what: "follow it", why: errno.into() }),
            }
        }
    }

    /// Deals with a stop and lets the process go on.
    fn stopped(&mut self, process: Pid, signal: i32, event: i32) -> Result<nix::Result<()>, TraceError> {
        Ok(match event {
            0 => return self.signalled(process, signal),
            event if event == Event::PTRACE_EVENT_SECCOMP as i32 => self.call(process),
            event if event == Event::PTRACE_EVENT_EXEC as i32 => return self.new_program(process),
            // It has started another, whose own first stop will tell.
            _ => ptrace::cont(process, None),
        })
    }

    fn call(&mut self, process: Pid) -> nix::Result<()> {
        if !self.begun {
            return ptrace::cont(process, None);
        }
        let state = self.processes.entry(process).or_default();
        match self.calls.before(process) {
            Ok(Some(pending)) => {
                state.pending = Some(pending);
                ptrace::syscall(process, None)
            }
            Ok(None) => ptrace::cont(process, None),
            Err(Errno::ESRCH) => Err(Errno::ESRCH),
            // What it points at is not there; the kernel will tell it so.
            Err(_) => ptrace::cont(process, None),
        }
    }

    fn signalled(&mut self, process: Pid, signal: i32) -> Result<nix::Result<()>, TraceError> {
        let state = self.processes.entry(process).or_default();
        if signal == libc::SIGTRAP | AT_CALL {
            let answered = match state.pending.take() {
                Some(pending) => self.calls.after(process, pending),
                None => Ok(()),
            };
            // As above: memory that the kernel wrote to a moment ago can only have been taken away by another thread.
            let gone = answered == Err(Errno::ESRCH);
            return Ok(if gone { Err(Errno::ESRCH) } else { ptrace::cont(process, None) });
        }
        if signal == libc::SIGSTOP && !state.begun {
            state.begun = true;
            return Ok(ptrace::cont(process, None));
        }
        let known = Signal::try_from(signal).map_err(|_| TraceError::Signal { signal })?;
        let stops = [Signal::SIGSTOP, Signal::SIGTSTP, Signal::SIGTTIN, Signal::SIGTTOU].contains(&known);
        // Of a stop that has taken effect there is nothing to be told; nobody would wake it, so it goes on.
        let effective = stops && ptrace::getsiginfo(process) == Err(Errno::EINVAL);
        Ok(ptrace::cont(process, if effective { None } else { Some(known) }))
    }

    /// A process has become another program. It gets no library of the kernel, so that it must make calls to learn the time.
    fn new_program(&mut self, process: Pid) -> Result<nix::Result<()>, TraceError> {
        // A thread that does this takes the number of its process, and all other threads are gone.
        if let Ok(former) = ptrace::getevent(process)
            && let Ok(former) = i32::try_from(former)
        {
            self.processes.remove(&Pid::from_raw(former));
        }
        self.processes.insert(process, Process { begun: true, pending: None });
        let first = !std::mem::replace(&mut self.begun, true);
        self.calls.recorder.started();
        match change_facts(process, self.calls.seeded.as_mut()) {
            Err(Errno::ESRCH) => return Ok(Err(Errno::ESRCH)),
            Err(errno @ (Errno::EPERM | Errno::EACCES | Errno::ENOSYS)) if first => {
                let what = "read a traced program's memory".to_owned();
                return Err(TraceError::NotAllowed { what, why: errno.into() });
            }
            // A program of another architecture, which runs as it is.
            Ok(()) | Err(_) => {}
        }
        Ok(ptrace::cont(process, None))
    }

    /// Ends all that is left and waits for it: no process stays behind.
    pub(crate) fn end_all(&mut self) {
        for process in self.processes.keys() {
            let _ = kill(*process, Signal::SIGKILL);
        }
        end_children();
    }
}

/// Ends whatever this thread still waits for.
pub(crate) fn end_children() {
    while let Ok((process, status)) = wait() {
        if status.stopped() {
            let _ = kill(process, Signal::SIGKILL);
            let _ = ptrace::cont(process, None);
        }
    }
}

/// Waits for the next word of a process that this thread started or traces; those of other threads are theirs.
pub(crate) fn wait() -> Result<(Pid, WaitStatus), TraceError> {
    let options = WaitOptions::from_bits_retain((libc::__WALL | libc::__WNOTHREAD).cast_unsigned());
    loop {
        match rustix::process::wait(options) {
            Ok(Some((process, status))) => return Ok((Pid::from_raw(process.as_raw_nonzero().get()), status)),
            Ok(None) | Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(TraceError::Lost { what: "wait for it", why: io::Error::from(errno) }),
        }
    }
}

/// Takes the kernel's library out of what a new program is told, and puts bytes of the seed in the place of random ones.
fn change_facts(process: Pid, seeded: Option<&mut Seeded>) -> nix::Result<()> {
    let stack = Registers::of(process)?.stack();
    let mut size = *STACK.start();
    let facts = loop {
        let mut bytes = vec![0; size];
        let length = memory::read_some(process, stack, &mut bytes)?;
        let (words, _) = bytes[..length].as_chunks::<8>();
        let words: Vec<u64> = words.iter().map(|word| u64::from_ne_bytes(*word)).collect();
        match facts(&words) {
            Some(facts) => break facts,
            None if length < size || size >= *STACK.end() => return Ok(()),
            None => size *= 4,
        }
    };
    if let Some(word) = facts.library {
        memory::write(process, stack + 8 * word as u64, &IGNORE.to_ne_bytes())?;
    }
    if let (Some(at), Some(seeded)) = (facts.random, seeded) {
        let mut bytes = [0; 16];
        seeded.fill(&mut bytes);
        memory::write(process, at, &bytes)?;
    }
    Ok(())
}
