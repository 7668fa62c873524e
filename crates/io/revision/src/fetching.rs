use crate::git::{Git, last_word};
use crate::near::near;
use crate::runner::Ended;
use crate::{Limits, RevisionError};
use sage_oci_wanted::{Reference, without_password};
use std::process::Command;
use std::time::Duration;

/// Bytes a second below which a transfer over HTTP counts as silent: less than the signs of life of a server that computes.
const SLOWEST: &str = "10";
/// How long may be looked for names that are near.
const LOOK: Duration = Duration::from_secs(10);

/// Fetches one commit, with nothing behind it, to the reference `to`.
///
/// # Errors
/// The repository has no such reference, wants a password, cannot be reached, or falls silent.
pub(crate) fn fetch(
    git: &Git<'_>,
    url: &str,
    reference: &Reference,
    to: &str,
    limits: Limits,
) -> Result<(), RevisionError> {
    let options = ["fetch", "--depth=1", "--no-tags", "--no-auto-gc", "--no-write-fetch-head", "--progress", "--"];
    let mut command = git.command(options);
    command.arg(url).arg(format!("+{reference}:{to}"));
    match within(git, command, limits)? {
        Ended::Done(output) if output.status.success() => Ok(()),
        Ended::Done(output) => Err(failure(git, url, reference, &output.stderr, limits)),
        Ended::Silent { whole } => Err(silent(url, whole, limits)),
        Ended::Stopped => Err(RevisionError::Stopped),
    }
}

fn within(git: &Git<'_>, mut command: Command, limits: Limits) -> Result<Ended, RevisionError> {
    let seconds = limits.silence.as_secs().max(1).to_string();
    command.env("GIT_HTTP_LOW_SPEED_LIMIT", SLOWEST).env("GIT_HTTP_LOW_SPEED_TIME", seconds);
    git.run_within(command, Some(limits))
}

fn silent(url: &str, whole: bool, limits: Limits) -> RevisionError {
    let after = if whole { limits.whole } else { limits.silence };
    RevisionError::Silent { url: without_password(url), after, whole }
}

/// What git's words mean.
fn failure(git: &Git<'_>, url: &str, reference: &Reference, stderr: &str, limits: Limits) -> RevisionError {
    let says = |words: &[&str]| words.iter().any(|word| stderr.contains(word));
    // Whatever git repeats of the address, its password is none of it.
    let said = last_word(stderr).replace(url, &without_password(url));
    let (url, name) = (without_password(url), reference.to_string());
    if says(&["couldn't find remote ref", "not our ref", "unadvertised object", "no such remote ref"]) {
        let near = near_there(git, &url, reference, limits);
        return RevisionError::NoSuchReference { url, reference: name, near };
    }
    if says(&["Operation too slow", "curl 28", "Operation timed out after"]) {
        return silent(&url, false, limits);
    }
    let refused = [
        "Authentication failed",
        "could not read Username",
        "could not read Password",
        "Permission denied",
        "not found",
        "does not appear to be a git repository",
        "does not exist",
        "The requested URL returned error: 40",
    ];
    // A machine that is not found is the network's matter.
    if says(&refused) && !says(&["Could not resolve host", "Name or service not known"]) {
        return RevisionError::Refused { url, said };
    }
    RevisionError::Fetch { url, reference: name, said }
}

/// Branches that are called nearly so. Without the password, and soon or not at all: it only helps.
fn near_there(git: &Git<'_>, url: &str, reference: &Reference, limits: Limits) -> Vec<String> {
    let wanted = reference.as_str();
    if reference.is_hash() || (wanted.starts_with("refs/") && !wanted.starts_with("refs/heads/")) {
        return Vec::new();
    }
    let mut command = git.command(["ls-remote", "--heads", "--"]);
    command.arg(url);
    let limits = Limits { silence: limits.silence.min(LOOK), whole: LOOK };
    let Ok(Ended::Done(output)) = within(git, command, limits) else { return Vec::new() };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let names = text.lines().filter_map(|line| line.split_once("\trefs/heads/").map(|(_, name)| name));
    near(wanted.trim_start_matches("refs/heads/"), names)
}
