use std::collections::BTreeSet;

/// A process, as `/proc/PID/stat` tells it (proc(5)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) id: u32,
    parent: u32,
    name: String,
    state: char,
    /// Processor time of it and of its children that have ended, in the kernel's ticks (a hundredth of a second).
    pub(crate) ticks: u64,
}

/// Every process that a Nix command started by process `root`, or a Nix daemon on this machine, has below it.
///
/// A process that ends meanwhile is left out; so are all where `/proc` cannot be read.
pub(crate) fn below(root: u32) -> Vec<Process> {
    let all = all();
    let mut known: BTreeSet<u32> = all
        .iter()
        .filter(|process| process.id == root || process.name == "nix-daemon")
        .map(|process| process.id)
        .collect();
    // A parent may have a higher number than its child once numbers have wrapped around.
    loop {
        let born: Vec<u32> =
            all.iter().filter(|p| known.contains(&p.parent) && !known.contains(&p.id)).map(|p| p.id).collect();
        if born.is_empty() {
            break;
        }
        known.extend(born);
    }
    all.into_iter().filter(|process| known.contains(&process.id)).collect()
}

fn all() -> Vec<Process> {
    let entries = sage_oci_files::list("/proc").unwrap_or_default();
    let numbered =
        entries.iter().filter(|path| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok()).is_some());
    numbered.filter_map(|path| parse(&sage_oci_files::read_to_string(path.join("stat")).ok()?)).collect()
}

/// The name is in parentheses and may hold anything, parentheses too; the last one ends it.
fn parse(stat: &str) -> Option<Process> {
    let (id, rest) = stat.split_once(" (")?;
    let (name, rest) = rest.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Process {
        id: id.parse().ok()?,
        parent: u32::try_from(number(1)?).ok()?,
        name: name.to_owned(),
        state: fields.first()?.chars().next()?,
        ticks: (11..=14).map(number).sum::<Option<u64>>()?,
    })
}

impl Process {
    /// What it does, for a person: `sage-oci (417) sleeps in poll_schedule_timeout`.
    pub(crate) fn describe(&self) -> String {
        let place = sage_oci_files::read_to_string(format!("/proc/{}/wchan", self.id)).unwrap_or_default();
        let state = match self.state {
            'R' => "runs",
            'S' | 'I' => "sleeps",
            'D' => "waits for a device",
            'T' | 't' => "is stopped",
            'Z' => "has ended and is not waited for",
            _ => "is there",
        };
        let place = match place.trim() {
            "" | "0" => String::new(),
            place => format!(" in {place}"),
        };
        format!("{} ({}) {state}{place}", self.name, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_anything() {
        let stat = "42 (a) (b c) S 7 42 42 0 -1 4194304 1 2 3 4 5 6 70 8 20 0 1 0 99 1 1";
        let expected = Process { id: 42, parent: 7, name: "a) (b c".into(), state: 'S', ticks: 5 + 6 + 70 + 8 };
        assert_eq!(parse(stat), Some(expected));
        assert_eq!(parse("42 (a"), None);
        assert_eq!(parse("42 (a) S 7"), None);
    }

    #[test]
    fn a_child_is_below_its_parent() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let found = below(std::process::id());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(found.iter().any(|process| process.id == child.id()), "{found:?}");
        assert!(found.iter().any(|process| process.id == std::process::id()));
    }
}
