use crate::Document;
use crate::shown::{bytes, count, date, growth, line, mark, verdict, what};
use std::fmt::Write;

/// The most packages and the most paths that a summary lists.
const MOST: usize = 40;

/// What goes into a pull request: a few lines of Markdown.
pub fn summary(document: &Document) -> String {
    let [old, new] = &document.images;
    let mut out = format!("**{}** → **{}**: {}.\n", cell(&old.name), cell(&new.name), verdict(document));
    if let (Some(before), Some(after)) = (old.compressed, new.compressed) {
        let difference =
            i64::try_from(after).unwrap_or(i64::MAX).saturating_sub(i64::try_from(before).unwrap_or(i64::MAX));
        _ = writeln!(out, "\nCompressed: {} → {} ({}).", bytes(before), bytes(after), growth(difference));
    }
    if !document.packages.is_empty() {
        _ = writeln!(out, "\n| package | old | new | unpacked | paths |\n| --- | --- | --- | ---: | ---: |");
        for package in document.packages.iter().take(MOST) {
            let version = |version: &Option<String>| version.as_deref().map(cell).unwrap_or_default();
            let (name, size) = (cell(&package.name), growth(package.growth));
            let (old, new) = (version(&package.old), version(&package.new));
            _ = writeln!(out, "| {name} | {old} | {new} | {size} | {} |", package.paths);
        }
        more(&mut out, document.packages.len(), "package", "packages");
    }
    let paths: Vec<_> = document.paths.iter().filter(|path| path.explained_by.is_none()).collect();
    if !paths.is_empty() {
        _ = writeln!(out, "\nPaths that no package explains:\n\n```diff");
        for path in paths.iter().take(MOST) {
            _ = writeln!(out, "{} /{}  {}", mark(path.change), line(path.path.as_str()), what(path, &document.clocks));
        }
        _ = writeln!(out, "```");
        more(&mut out, paths.len(), "path", "paths");
    }
    for clock in &document.clocks {
        let paths = count(clock.paths, "path differs", "paths differ");
        _ = writeln!(out, "\n{paths} by time alone: {} → {}.", date(clock.old), date(clock.new));
    }
    if !document.settings.is_empty() {
        let keys: Vec<String> = document.settings.iter().take(MOST).map(|setting| cell(&setting.key)).collect();
        _ = writeln!(out, "\nSettings that differ: {}.", keys.join(", "));
    }
    let moved: usize = document.moved.iter().map(|moved| moved.count).sum();
    if moved > 0 {
        _ = writeln!(out, "\n{} from another layer.", count(moved, "path comes unchanged", "paths come unchanged"));
    }
    out.trim_end().to_owned()
}

fn more(out: &mut String, all: usize, one: &str, many: &str) {
    if all > MOST {
        _ = writeln!(out, "\n… and {}.", count(all - MOST, &format!("more {one}"), &format!("more {many}")));
    }
}

/// A text that means nothing to Markdown.
fn cell(text: &str) -> String {
    let special = |letter: char| "\\`*_{}[]<>()#!|~@".contains(letter);
    line(text).chars().flat_map(|letter| special(letter).then_some('\\').into_iter().chain([letter])).collect()
}
