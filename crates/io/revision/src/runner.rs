use crate::Limits;
use rustix::process::{Pid, Signal, kill_process_group};
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

/// How often the flag is looked at.
const PAUSE: Duration = Duration::from_millis(50);
/// How long a program has for its own end, before it is killed.
const MANNERS: Duration = Duration::from_secs(2);

/// How a program ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// By itself.
    Done(Output),
    /// By the flag.
    Stopped,
    /// By a limit: that of the whole run, or that of silence.
    Silent { whole: bool },
}

/// What a program said.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

/// What the readers of the two streams tell.
enum News {
    Sign,
    Stdout(Vec<u8>),
    Stderr(Vec<u8>),
}

/// Runs a program in a group of its own, so that its helpers end with it, until it is done, `stop` is true or a limit is reached.
///
/// First it is asked to end, so that it can remove its lock files. An error is that it could not be started, or not be read.
pub(crate) fn run(mut command: Command, stop: &AtomicBool, limits: Option<Limits>) -> io::Result<Ended> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut child = command.spawn()?;
    let (sender, news) = mpsc::channel();
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let errors = sender.clone();
    // Each ends with its stream, which the end of the group closes.
    std::thread::spawn(move || drain(out, &sender, News::Stdout));
    std::thread::spawn(move || drain(err, &errors, News::Stderr));
    let start = Instant::now();
    let mut sign = start;
    let (mut stdout, mut stderr) = (None, None);
    loop {
        match news.recv_timeout(PAUSE) {
            Ok(News::Sign) => sign = Instant::now(),
            Ok(News::Stdout(bytes)) => stdout = Some(bytes),
            Ok(News::Stderr(bytes)) => stderr = Some(bytes),
            Err(RecvTimeoutError::Timeout) => {}
            // Both readers have ended, and said all.
            Err(RecvTimeoutError::Disconnected) => break,
        }
        let silent = limits.and_then(|limits| match (start.elapsed(), sign.elapsed()) {
            (all, _) if all > limits.whole => Some(true),
            (_, last) if last > limits.silence => Some(false),
            _ => None,
        });
        let stopped = stop.load(Ordering::Relaxed);
        if stopped || silent.is_some() {
            end(&mut child, &news)?;
            return Ok(if stopped { Ended::Stopped } else { Ended::Silent { whole: silent == Some(true) } });
        }
    }
    let status = child.wait()?;
    let stderr = String::from_utf8_lossy(&stderr.unwrap_or_default()).into_owned();
    Ok(Ended::Done(Output { status, stdout: stdout.unwrap_or_default(), stderr }))
}

fn drain(stream: Option<impl Read>, sender: &mpsc::Sender<News>, whole: fn(Vec<u8>) -> News) {
    let Some(mut stream) = stream else { return };
    let (mut all, mut buffer) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                all.extend_from_slice(&buffer[..count]);
                // Nobody listens any more where the program is being ended.
                let _ = sender.send(News::Sign);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    let _ = sender.send(whole(all));
}

/// Ends the group.
fn end(child: &mut Child, news: &mpsc::Receiver<News>) -> io::Result<()> {
    let group = Pid::from_child(child);
    let asked = Instant::now();
    // One that is gone already is as good.
    let _ = kill_process_group(group, Signal::TERM);
    while asked.elapsed() < MANNERS {
        if matches!(news.recv_timeout(PAUSE), Err(RecvTimeoutError::Disconnected)) {
            break;
        }
    }
    let _ = kill_process_group(group, Signal::KILL);
    child.wait().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(text: &str) -> Command {
        let mut command = sage_oci_child::command("sh");
        command.args(["-c", text]);
        command
    }

    #[test]
    fn both_streams_are_read_to_their_ends() {
        let never = AtomicBool::new(false);
        let text = "head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2; exit 3";
        let Ended::Done(output) = run(shell(text), &never, None).unwrap() else { panic!() };
        assert_eq!((output.stdout.len(), output.stderr.len(), output.status.code()), (300_000, 300_000, Some(3)));
    }

    #[test]
    fn silence_and_length_have_limits() {
        let never = AtomicBool::new(false);
        let limits = Limits { silence: Duration::from_millis(300), whole: Duration::from_secs(60) };
        let start = Instant::now();
        // A helper in the background ends, too.
        let ended = run(shell("sleep 60 & sleep 60"), &never, Some(limits)).unwrap();
        assert!(matches!(ended, Ended::Silent { whole: false }) && start.elapsed() < Duration::from_secs(10));
        let limits = Limits { silence: Duration::from_secs(60), whole: Duration::from_millis(300) };
        let ended = run(shell("while :; do echo x; sleep 0.05; done"), &never, Some(limits)).unwrap();
        assert!(matches!(ended, Ended::Silent { whole: true }));
        let limits = Limits { silence: Duration::from_millis(400), whole: Duration::from_secs(60) };
        let talks = "for i in 1 2 3 4 5 6 7 8; do echo x >&2; sleep 0.1; done";
        assert!(matches!(run(shell(talks), &never, Some(limits)).unwrap(), Ended::Done(_)));
    }

    #[test]
    fn the_flag_ends_what_ignores_a_polite_word() {
        let stop = AtomicBool::new(true);
        let start = Instant::now();
        let ended = run(shell("trap '' TERM; sleep 60; sleep 60"), &stop, None).unwrap();
        assert!(matches!(ended, Ended::Stopped) && start.elapsed() < Duration::from_secs(10));
    }
}
