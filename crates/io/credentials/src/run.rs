//! A program with a time limit, whose output is kept from everybody else.

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// The longest answer that is read, in bytes; tokens have a few thousand.
const LIMIT: u64 = 1 << 20;

/// How a program ended, and what it printed.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) output: Vec<u8>,
}

pub(crate) enum Trouble {
    /// It cannot be started.
    Start(io::Error),
    /// It did not end in time. It was killed, with all that it had started in its process group.
    TimedOut,
}

enum Event {
    Output(Vec<u8>),
    End,
}

/// Runs a program that gets `input`, which must be short, on its standard input.
pub(crate) fn run(mut command: Command, input: &[u8], limit: Duration) -> Result<Ended, Trouble> {
    // What it says on standard error goes nowhere: a helper may say a secret there.
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
    let end = Instant::now() + limit;
    let mut child = command.spawn().map_err(Trouble::Start)?;
    let id = Pid::from_child(&child);
    let (sender, events) = mpsc::channel();
    // Neither thread is waited for: a process that left the group may keep the pipe open for ever.
    if let Some(output) = child.stdout.take() {
        let sender = sender.clone();
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            // What could not be read is missing from the answer, which is no answer then.
            let _ = output.take(LIMIT).read_to_end(&mut bytes);
            let _ = sender.send(Event::Output(bytes));
        });
    }
    // The end is seen and not taken, so that the process's number stays its own until it is waited for below.
    std::thread::spawn(move || {
        while let Err(rustix::io::Errno::INTR) = waitid(WaitId::Pid(id), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)
        {
        }
        let _ = sender.send(Event::End);
    });
    if let Some(mut pipe) = child.stdin.take() {
        // It fits the pipe's buffer, so this does not wait; a program that reads nothing breaks it, and may do so.
        let _ = pipe.write_all(input);
    }
    let (mut output, mut ended) = (None, false);
    while output.is_none() || !ended {
        match events.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(Event::Output(bytes)) => output = Some(bytes),
            Ok(Event::End) => ended = true,
            Err(_) => {
                let _ = kill_process_group(id, Signal::KILL);
                let _ = child.wait();
                return Err(Trouble::TimedOut);
            }
        }
    }
    let status = child.wait().map_err(Trouble::Start)?;
    Ok(Ended { status, output: output.unwrap_or_default() })
}
