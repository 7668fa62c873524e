//! The tests' program. Started as a launcher it becomes the program that is to be traced. Otherwise each argument is something to ask
//! or to do, in this order; answers go to standard output, one a line.

// It asks what it is told, and in the way in which a program that knows of no tracer would.
#![allow(clippy::disallowed_methods)]

use std::ffi::OsString;
use std::hash::{BuildHasher, RandomState};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let first = arguments.next().unwrap_or_default();
    if first == sage_oci_trace::ENTER {
        if let Ok(call) = std::env::var("PROBE_FORBIDS") {
            forbid(&call);
        }
        return sage_oci_trace::enter(arguments);
    }
    let mut words = [first].into_iter().chain(arguments).map(|word| word.into_string().unwrap());
    while let Some(word) = words.next() {
        let (act, object) = word.split_once('=').unwrap_or((&word, ""));
        match act {
            "clock" => println!("{}", clock()),
            "elapsed" => println!("{}", Instant::now().elapsed().as_secs()),
            "processors" => println!("{}", std::thread::available_parallelism().unwrap()),
            "random" => println!("{}", RandomState::new().hash_one(0)),
            "list" => {
                for entry in std::fs::read_dir(object).unwrap() {
                    println!("{}", entry.unwrap().file_name().display());
                }
            }
            "read" => print!("{}", std::fs::read_to_string(object).unwrap()),
            "write" => std::fs::write(object, b"x").unwrap(),
            "rename" => {
                let (from, to) = object.split_once(':').unwrap();
                std::fs::rename(from, to).unwrap();
            }
            "enter" => std::env::set_current_dir(object).unwrap(),
            "threads" => threads(object.parse().unwrap()),
            "sleep" => std::thread::sleep(Duration::from_millis(object.parse().unwrap())),
            "abort" => std::process::abort(),
            "exit" => return ExitCode::from(object.parse::<u8>().unwrap()),
            // The rest is another process's, which this one waits for.
            "child" => {
                let status = Command::new(std::env::current_exe().unwrap()).args(words).status().unwrap();
                return ExitCode::from(u8::try_from(status.code().unwrap_or(99)).unwrap());
            }
            "variables" => {
                let variables: std::collections::BTreeMap<OsString, OsString> = std::env::vars_os().collect();
                for (name, value) in variables {
                    println!("{}={}", name.display(), value.display());
                }
            }
            "forbid" => forbid(object),
            // Says how often that program asked for the time.
            "trace" => {
                let launch = sage_oci_trace::Launch::new(std::env::current_exe().unwrap(), object);
                match sage_oci_trace::run(&launch) {
                    Ok(ended) => println!("{}", ended.observed.count(&sage_oci_trace::Question::Clock)),
                    Err(error) => println!("{error}"),
                }
            }
            "address" => println!("{:p}", &raw const words),
            _ => return ExitCode::from(64),
        }
    }
    ExitCode::SUCCESS
}

fn clock() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// So many threads ask for the time, a hundred times each.
fn threads(count: usize) {
    let ask = || (0..100).map(|_| clock()).max();
    let threads: Vec<_> = (0..count).map(|_| std::thread::spawn(ask)).collect();
    let latest = threads.into_iter().filter_map(|thread| thread.join().unwrap()).max();
    println!("{}", latest.unwrap());
}

/// Makes a machine on which nobody may make this call.
fn forbid(call: &str) {
    use seccompiler::{SeccompAction, SeccompFilter, apply_filter};
    let number = match call {
        "ptrace" => nix::libc::SYS_ptrace,
        "seccomp" => nix::libc::SYS_seccomp,
        "personality" => nix::libc::SYS_personality,
        "process_vm_readv" => nix::libc::SYS_process_vm_readv,
        "process_vm_writev" => nix::libc::SYS_process_vm_writev,
        other => panic!("{other}"),
    };
    let refuse = SeccompAction::Errno(nix::libc::EPERM.cast_unsigned());
    let here = std::env::consts::ARCH.try_into().unwrap();
    let filter = SeccompFilter::new([(number, Vec::new())].into(), SeccompAction::Allow, refuse, here).unwrap();
    let program: seccompiler::BpfProgram = filter.try_into().unwrap();
    apply_filter(&program).unwrap();
}
