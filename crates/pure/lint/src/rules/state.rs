//! What running systems leave in their files.

use super::Found;
use crate::Subject;

/// Files that belong to one machine.
const IDENTITY: [&str; 6] = [
    "etc/machine-id",
    "var/lib/dbus/machine-id",
    "var/lib/systemd/random-seed",
    "var/lib/systemd/credential.secret",
    "etc/hostname",
    "etc/adjtime",
];
/// Where the host keys of ssh lie.
const HOST_KEYS: &str = "etc/ssh/ssh_host_";
/// Folders whose files programs make while they run.
const LEFTOVERS: [&str; 7] =
    ["tmp/", "var/tmp/", "run/", "var/cache/", "var/lib/apt/lists/", "root/.cache/", "var/lib/systemd/catalog/"];
/// What programs leave in homes.
const IN_HOMES: [&str; 5] = [".bash_history", ".python_history", ".lesshst", ".wget-hsts", ".cache"];
/// Seconds in a day.
const DAY: i64 = 86_400;

pub(crate) fn identity(subject: &Subject<'_>) -> Found {
    let known = |path: &str| IDENTITY.contains(&path) || path.starts_with(HOST_KEYS);
    let files = subject.files().filter(|(path, facts)| known(path.as_str()) && facts.size() != Some(0));
    // systemd's word for a machine that has not started yet.
    let unset = |path: &str| subject.text(path).is_some_and(|text| text.trim() == "uninitialized");
    let files = files.filter(|(path, _)| !unset(path.as_str()));
    Ok(files.map(|(path, _)| (path.clone(), "every container would have the same".to_owned())).collect())
}

pub(crate) fn log(subject: &Subject<'_>) -> Found {
    let files = subject.files().filter(|(path, _)| path.as_str().starts_with("var/log/"));
    Ok(files
        .filter_map(|(path, facts)| facts.size().filter(|size| *size > 0).map(|size| (path.clone(), bytes(size))))
        .collect())
}

pub(crate) fn leftover(subject: &Subject<'_>) -> Found {
    let left = |path: &str| {
        let in_home = || {
            let below = path
                .strip_prefix("root/")
                .or_else(|| path.strip_prefix("home/")?.split_once('/').map(|(_, rest)| rest));
            let first = below.and_then(|below| below.split('/').next());
            first.is_some_and(|first| IN_HOMES.contains(&first))
        };
        LEFTOVERS.iter().any(|folder| path.starts_with(folder)) || in_home()
    };
    let files = subject.files().filter(|(path, _)| left(path.as_str()));
    Ok(files.map(|(path, facts)| (path.clone(), bytes(facts.size().unwrap_or_default()))).collect())
}

fn bytes(size: u64) -> String {
    format!("{size} bytes")
}

/// Days are those of the image's own time, or all one earlier day.
pub(crate) fn shadow_day(subject: &Subject<'_>) -> Found {
    let latest = subject.created.map(|created| created.div_euclid(DAY));
    let mut found = Vec::new();
    for path in ["etc/shadow", "etc/shadow-"] {
        let Some(text) = subject.text(path) else { continue };
        let days = text.lines().filter_map(|line| {
            let mut fields = line.split(':');
            Some((fields.next()?.to_owned(), fields.nth(1).filter(|day| !day.is_empty())?.to_owned()))
        });
        let days: Vec<(String, String)> = days.collect();
        let what = days.iter().find_map(|(user, day)| match (day.parse::<i64>(), latest) {
            (Err(_), _) => Some(format!("the day of {user} is `{day}`")),
            (Ok(day), Some(latest)) if day > latest => {
                Some(format!("the day of {user}, {day}, is after the image's, {latest}"))
            }
            _ if *day != days[0].1 => {
                Some(format!("the day of {user}, {day}, is not that of {}, {}", days[0].0, days[0].1))
            }
            _ => None,
        });
        found.extend(what.map(|what| (sage_oci_tree::ImagePath::parse(path).unwrap_or_default(), what)));
    }
    Ok(found)
}

pub(crate) fn time(subject: &Subject<'_>) -> Found {
    let Some(created) = subject.created else {
        return Err("the image does not say when it was made".to_owned());
    };
    let nodes = subject.tree.nodes.iter().filter(|(_, node)| node.facts.mtime > created);
    Ok(nodes.map(|(path, node)| (path.clone(), format!("{} s after it", node.facts.mtime - created))).collect())
}
