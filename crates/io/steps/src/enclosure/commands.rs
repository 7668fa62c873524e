use super::failure::{Failure, errno};
use super::plan::{Plan, Ran};
use super::{mounts, namespaces};
use nix::sys::stat::{Mode, umask};
use nix::unistd::sethostname;
use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::Instant;

/// The machine's name in every enclosure.
const HOST: &str = "localhost";

/// Enters the root and runs the commands one after the other, until one fails.
pub(super) fn inner(plan: &Plan) -> Result<Vec<Ran>, Failure> {
    namespaces::die_with_parent()?;
    let log = sage_oci_files::append(plan.log()).map_err(|error| Failure::file(&error))?;
    sethostname(HOST).map_err(|errno| Failure::new("name the enclosure", errno))?;
    mounts::enter(plan)?;
    umask(Mode::from_bits_truncate(0o022));
    let mut all = Vec::new();
    for command in &plan.commands {
        let ran = run(plan, command, &log)?;
        let failed = !ran.succeeded();
        all.push(ran);
        if failed {
            break;
        }
    }
    Ok(all)
}

fn run(plan: &Plan, words: &[String], log: &File) -> Result<Ran, Failure> {
    let (program, arguments) = words.split_first().ok_or_else(|| Failure::new("run nothing", nix::Error::EINVAL))?;
    let what = format!("run `{program}` in `{}` of the root", plan.directory);
    let log = || log.try_clone().map_err(|error| Failure::new(what.clone(), errno(&error)));
    let mut command = Command::new(program);
    command.args(arguments).current_dir(&plan.directory).env_clear().envs(&plan.env);
    command.stdin(Stdio::null()).stdout(log()?).stderr(log()?);
    let start = Instant::now();
    let status = command.status().map_err(Failure::io(what.clone()))?;
    let milliseconds = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(Ran { milliseconds, code: status.code(), signal: status.signal() })
}
