use super::job::Job;
use crate::Failure;
use crate::commands::doctor;
use sage_oci_machine::{Missing, Needs, describe, missing};

/// Below this an image's checks are killed by the kernel, in bytes.
const MEMORY: u64 = 1800 * 1024 * 1024;

/// Describes the machine, installs what is missing, and refuses at once where the job could not end well.
pub fn prepare(job: &mut Job<'_>) -> Result<(), Failure> {
    let printer = job.context.printer;
    if let Some(address) = &job.plan.job {
        printer.note(format_args!("{:>16}  {address}", "job"));
    }
    if let Some(runner) = runner() {
        printer.note(format_args!("{:>16}  {runner}", "runner"));
    }
    doctor::prepare(printer, job.options.yes)?;
    let machine = describe();
    job.machine = machine.lines().into_iter().map(|(what, text)| format!("{what}: {text}")).collect();
    if machine.memory_total < MEMORY {
        let has = machine.memory_total / (1024 * 1024);
        let hint = "take a larger runner: 2 GB are the least, 4 GB are enough".to_owned();
        return Err(Failure::new(format_args!("this machine has {has} MB of memory"), Some(hint)));
    }
    let lacks = missing(&machine, Needs::ALL);
    let needed: Vec<&Missing> = lacks.iter().filter(|one| !one.optional).collect();
    match needed.as_slice() {
        [] => Ok(()),
        all => {
            let texts: Vec<String> = all.iter().map(|one| format!("{}: {}", one.what, one.why)).collect();
            let hint = "`sage-oci doctor` says what to do; nothing was begun".to_owned();
            Err(Failure::new(format_args!("this machine cannot do the job: {}", texts.join("; ")), Some(hint)))
        }
    }
}

/// What the service calls the machine.
fn runner() -> Option<String> {
    ["RUNNER_NAME", "CI_RUNNER_DESCRIPTION", "CIRCLE_NODE_INDEX"].into_iter().find_map(|name| std::env::var(name).ok())
}
