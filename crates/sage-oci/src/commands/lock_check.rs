//! `lock --check`: what has become newer in the archive, and whether a new lock would have other packages.

use crate::commands::lock_survey::{Display, Trouble};
use crate::context::Context;
use crate::{Failure, cli};
use sage_oci_archive::{LockRequest, Newer, Survey};
use sage_oci_definition::Channel;
use sage_oci_lock::{Lock, LockDiff};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::Path;

/// What `--check --json` prints for a channel.
#[derive(Serialize)]
struct Report<'a> {
    /// The format of this document, 1.
    format: u64,
    channel: &'a str,
    architecture: &'a str,
    /// The packages that a suite has in a newer version; null where there is no lock yet.
    newer: Option<&'a [Newer]>,
    /// How many of them come from a suite with security updates.
    security: usize,
    /// Whether a new lock would have the same packages and layers; null where none can be made.
    current: Option<bool>,
    /// What a new lock would change.
    diff: Option<&'a LockDiff>,
}

impl<'a> Report<'a> {
    fn new(channel: &'a str, options: &cli::Lock, newer: Option<&'a [Newer]>) -> Self {
        let security = newer.map_or(0, count_security);
        let architecture = options.arch.debian();
        Self { format: 1, channel, architecture, newer, security, current: None, diff: None }
    }
}

/// There is no lock to compare with.
pub(super) fn absent(context: &Context, channel: &Channel, options: &cli::Lock, path: &Path) -> Result<(), Failure> {
    if options.json {
        let report = Report { current: Some(false), ..Report::new(channel.name.as_str(), options, None) };
        return context.printer.json(&report);
    }
    context.printer.result(format_args!("{}: there is no lock yet", path.display()));
    Ok(())
}

/// Says what is newer, then what a new lock would change; whether the lock is current.
///
/// What is newer is said even where no new lock can be made, as when a new version has a script that nobody has judged.
pub(super) fn compare(
    context: &Context,
    options: &cli::Lock,
    path: &Path,
    previous: &Lock,
    survey: Survey,
    request: &LockRequest<'_>,
    display: &Display<'_>,
) -> Result<bool, Trouble> {
    let printer = context.printer;
    let newer = survey.newer(previous);
    display.finish();
    if !options.json {
        printer.result(format_args!("{}: {}", path.display(), count(&newer)));
        newer.iter().for_each(|one| printer.result(line(one)));
    }
    let made = survey.lock(request, display);
    display.finish();
    let mut report = Report::new(previous.channel.as_str(), options, Some(&newer));
    let lock = match made {
        Ok(lock) => lock,
        Err(error) => {
            if options.json {
                printer.json(&report)?;
            }
            return Err(error.into());
        }
    };
    let (diff, current) = (lock.diff(previous), lock.is_same_but_for_dates(previous));
    if options.json {
        (report.current, report.diff) = (Some(current), Some(&diff));
        printer.json(&report)?;
    } else if current {
        let dates = if lock == *previous { "" } else { "; only the indexes are newer" };
        printer.result(format_args!("{}: current{dates}", path.display()));
    } else {
        printer.result(format_args!("{}: a new lock would differ", path.display()));
        let taken = |one: &&Newer| diff.changed.iter().any(|change| change.name == one.name && change.to == one.to);
        let said: BTreeSet<_> = newer.iter().filter(taken).map(|one| &one.name).collect();
        diff.lines_beside(&said).iter().for_each(|line| printer.result(line));
    }
    Ok(current)
}

fn count_security(newer: &[Newer]) -> usize {
    newer.iter().filter(|one| one.security).count()
}

fn count(newer: &[Newer]) -> String {
    match newer.len() {
        0 => "no package has a newer version".to_owned(),
        1 => format!("1 package has a newer version, {} of security suites", count_security(newer)),
        many => format!("{many} packages have newer versions, {} of security suites", count_security(newer)),
    }
}

fn line(newer: &Newer) -> String {
    let mark = if newer.security { ", security" } else { "" };
    format!("^ {} {} -> {} ({}{mark})", newer.name, newer.from, newer.to, newer.suite)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        let one = |security| Newer {
            name: "openssl".parse().unwrap(),
            from: "1-1".to_owned(),
            to: "1-2".to_owned(),
            suite: "s".to_owned(),
            security,
        };
        assert_eq!(line(&one(true)), "^ openssl 1-1 -> 1-2 (s, security)");
        assert_eq!(line(&one(false)), "^ openssl 1-1 -> 1-2 (s)");
        assert_eq!(count(&[]), "no package has a newer version");
        assert_eq!(count(&[one(true)]), "1 package has a newer version, 1 of security suites");
        assert_eq!(count(&[one(true), one(false)]), "2 packages have newer versions, 1 of security suites");
    }
}
