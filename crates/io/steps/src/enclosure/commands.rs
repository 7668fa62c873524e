use super::failure::{Failure, errno};
use super::plan::{Plan, Ran, Task};
use super::schedule::{Begun, in_order};
use super::{mounts, namespaces};
use nix::sys::stat::{Mode, umask};
use nix::unistd::sethostname;
use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::Instant;

/// The machine's name in every enclosure.
const HOST: &str = "localhost";

/// Enters the root and runs the tasks, until one fails.
pub(super) fn inner(plan: &Plan) -> Result<Vec<Option<Ran>>, Failure> {
    namespaces::die_with_parent()?;
    let log = |task| sage_oci_files::append(plan.log(task)).map_err(|error| Failure::file(&error));
    let logs: Vec<File> = (0..plan.tasks.len()).map(log).collect::<Result<_, _>>()?;
    sethostname(HOST).map_err(|errno| Failure::new("name the enclosure", errno))?;
    mounts::enter(plan)?;
    umask(Mode::from_bits_truncate(0o022));
    let after: Vec<_> = plan.tasks.iter().map(|task| &task.after).collect();
    in_order(&after, plan.threads, |task| {
        let ran = run(plan, &plan.tasks[task], &logs[task])?;
        Ok(if ran.succeeded() { Begun::Done(ran) } else { Begun::Failed(ran) })
    })
}

fn run(plan: &Plan, task: &Task, log: &File) -> Result<Ran, Failure> {
    let (program, arguments) =
        task.words.split_first().ok_or_else(|| Failure::new("run nothing", nix::Error::EINVAL))?;
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
