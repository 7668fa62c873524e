//! Words that both the text for people and the summary use.

use crate::{Aspect, ChangeKind, Clock, Document, PackageDocument, PathDocument, StateDocument};

/// A number of bytes as people read it.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    let (mut tenths, mut unit) = (count.saturating_mul(10) / 1024, 0);
    while tenths >= 10240 && unit + 1 < UNITS.len() {
        (tenths, unit) = (tenths / 1024, unit + 1);
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

/// The same with a sign.
pub(crate) fn growth(count: i64) -> String {
    let sign = if count < 0 { '-' } else { '+' };
    format!("{sign}{}", bytes(count.unsigned_abs()))
}

/// A number and its noun.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// What somebody else has written, without what a terminal would obey.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() && letter != '\n' && letter != '\t' { '?' } else { letter })
        .collect()
}

/// One line of the same.
pub(crate) fn line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '?' } else { letter }).collect()
}

/// What became of a path, in a few words: `content 12 -> 13 bytes, mode 0644 -> 0755`. Times by which many others differ are told once,
/// and not of each.
pub(crate) fn what(path: &PathDocument, clocks: &[Clock]) -> String {
    match (&path.old, &path.new) {
        (Some(old), Some(new)) => {
            let known = |clock: &Clock| (Some(clock.old), Some(clock.new)) == (old.mtime, new.mtime);
            let usual = path.aspects.len() > 1 && clocks.iter().any(known);
            let told = path.aspects.iter().filter(|aspect| !(usual && **aspect == Aspect::Mtime));
            told.map(|aspect| of_aspect(*aspect, old, new)).collect::<Vec<_>>().join(", ")
        }
        (Some(state), None) | (None, Some(state)) => of_state(state),
        (None, None) => String::new(),
    }
}

fn of_state(state: &StateDocument) -> String {
    match (&state.target, state.size) {
        (Some(target), _) => format!("symlink to {}", line(target)),
        (None, Some(size)) => format!("{}, {}", state.kind, bytes(size)),
        (None, None) => state.kind.to_owned(),
    }
}

fn of_aspect(aspect: Aspect, old: &StateDocument, new: &StateDocument) -> String {
    let pair = |old: String, new: String| format!("{} {old} -> {new}", aspect.name());
    let linked =
        |state: &StateDocument| state.linked.as_ref().map_or_else(|| "none".to_owned(), |path| line(path.as_str()));
    match aspect {
        Aspect::Type => pair(of_state(old), of_state(new)),
        Aspect::Content => match (old.size, new.size) {
            (Some(before), Some(after)) if before != after => pair(bytes(before), bytes(after)),
            _ => format!("{}, same size", aspect.name()),
        },
        Aspect::Target => {
            let target = |state: &StateDocument| line(state.target.as_deref().unwrap_or_default());
            pair(target(old), target(new))
        }
        Aspect::Mode => pair(old.mode.clone(), new.mode.clone()),
        Aspect::Owner => pair(format!("{}:{}", old.uid, old.gid), format!("{}:{}", new.uid, new.gid)),
        Aspect::Mtime => pair(time(old.mtime), time(new.mtime)),
        Aspect::Xattr => {
            let mut names: Vec<String> = Vec::new();
            for name in old.xattrs.keys().chain(new.xattrs.keys()) {
                if old.xattrs.get(name) != new.xattrs.get(name) && !names.contains(&line(name)) {
                    names.push(line(name));
                }
            }
            format!("{} {}", aspect.name(), names.join(" "))
        }
        Aspect::HardLink => pair(linked(old), linked(new)),
    }
}

fn time(seconds: Option<i64>) -> String {
    seconds.map_or_else(|| "unknown".to_owned(), date)
}

/// Seconds since 1970 as a date, by the civil calendar (Howard Hinnant, days from civil).
pub(crate) fn date(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // No calendar is needed that far.
    if days.unsigned_abs() > 3_000_000 {
        return format!("@{seconds}");
    }
    let z = days + 719_468;
    let (era, of_era) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

/// The mark of a change.
pub(crate) fn mark(change: ChangeKind) -> char {
    match change {
        ChangeKind::Added => '+',
        ChangeKind::Removed => '-',
        ChangeKind::Changed => '~',
    }
}

/// What a package's line says: old and new version, one of which may be missing.
pub(crate) fn versions(package: &PackageDocument) -> String {
    match (&package.old, &package.new) {
        (Some(old), Some(new)) if old == new => format!("{} for another architecture", line(old)),
        (Some(old), Some(new)) => format!("{} -> {}", line(old), line(new)),
        (None, Some(new)) => format!("added {}", line(new)),
        (Some(old), None) => format!("removed {}", line(old)),
        (None, None) => String::new(),
    }
}

/// Everything in one line.
pub(crate) fn verdict(document: &Document) -> String {
    match (document.same_content, document.same_settings) {
        (true, true) if document.images[0].digest == document.images[1].digest => "equal".to_owned(),
        (true, true) => "same content and settings".to_owned(),
        (true, false) => "same content, other settings".to_owned(),
        (false, _) => {
            let (packages, paths) =
                (document.packages.len(), document.paths.iter().filter(|path| path.explained_by.is_none()).count());
            let clocks: usize = document.clocks.iter().map(|clock| clock.paths).sum();
            let mut said = Vec::new();
            if packages > 0 {
                said.push(count(packages, "package differs", "packages differ"));
            }
            if document.explained > 0 {
                said.push(format!("{} by that", count(document.explained, "path", "paths")));
            }
            if paths > 0 {
                let (one, many) = if said.is_empty() { ("path", "paths") } else { ("other path", "other paths") };
                said.push(count(paths, one, many));
            }
            if clocks > 0 {
                said.push(format!("{} by time alone", count(clocks, "path", "paths")));
            }
            if !document.same_settings {
                said.push("other settings".to_owned());
            }
            said.join(", ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_dates() {
        for (number, text) in
            [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1_572_864, "1.5 MiB"), (u64::MAX, "1.5 TiB")]
        {
            assert!(bytes(number) == text || number == u64::MAX, "{}", bytes(number));
        }
        assert_eq!([growth(-2048), growth(0)], ["-2.0 KiB", "+0 B"]);
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (1_793_347_681, "2026-10-30T08:08:01Z"),
        ] {
            assert_eq!(date(seconds), text);
        }
        assert_eq!(date(i64::MIN), format!("@{}", i64::MIN));
    }
}
