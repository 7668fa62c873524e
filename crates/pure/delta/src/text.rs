use crate::shown::{bytes, count, date, growth, line, mark, plain, verdict, versions, what};
use crate::{Document, Inside, PathDocument};
use std::fmt::Write;

/// What a person reads: both images, packages, paths that no package explains, and what differs inside.
pub fn text(document: &Document) -> String {
    let mut out = String::new();
    for (sign, image) in ["---", "+++"].into_iter().zip(&document.images) {
        let size = image.compressed.map(|size| format!(", {} compressed", bytes(size))).unwrap_or_default();
        let layers = count(image.layers, "layer", "layers");
        _ = writeln!(out, "{sign} {}  {}  {}, {layers}{size}", line(&image.name), image.digest, line(&image.platform));
    }
    _ = writeln!(out, "{}", verdict(document));
    packages(document, &mut out);
    settings(document, &mut out);
    paths(document, &mut out);
    moved(document, &mut out);
    out.trim_end().to_owned()
}

fn packages(document: &Document, out: &mut String) {
    if document.packages.is_empty() {
        return;
    }
    _ = writeln!(out, "\npackages");
    let rows: Vec<[String; 4]> = document
        .packages
        .iter()
        .map(|package| {
            let paths = count(package.paths, "path", "paths");
            [line(&package.name), versions(package), growth(package.growth), paths]
        })
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default().min(60);
    let (name, version, size) = (width(0), width(1), width(2));
    for row in &rows {
        let text = format!("  {:name$}  {:version$}  {:>size$}  {}", row[0], row[1], row[2], row[3]);
        _ = writeln!(out, "{}", text.trim_end());
    }
    let sum: i64 = document.packages.iter().map(|package| package.growth).fold(0, i64::saturating_add);
    _ = writeln!(out, "  {} in all", growth(sum));
}

fn settings(document: &Document, out: &mut String) {
    if document.settings.is_empty() {
        return;
    }
    _ = writeln!(out, "\nsettings");
    for setting in &document.settings {
        pair(out, "  ", &setting.key, setting.old.as_deref(), setting.new.as_deref());
    }
}

fn pair(out: &mut String, indent: &str, name: &str, old: Option<&str>, new: Option<&str>) {
    let name = line(name);
    let text = match (old.map(line), new.map(line)) {
        (Some(old), Some(new)) if old.chars().count() + new.chars().count() < 80 => format!("~ {name}: {old} -> {new}"),
        (Some(old), Some(new)) => format!("~ {name}:\n{indent}  - {old}\n{indent}  + {new}"),
        (None, Some(new)) => format!("+ {name}: {new}"),
        (Some(old), None) => format!("- {name}: {old}"),
        (None, None) => return,
    };
    _ = writeln!(out, "{indent}{text}");
}

fn paths(document: &Document, out: &mut String) {
    if document.paths.is_empty() && document.clocks.is_empty() {
        return;
    }
    let all = document.paths.iter().any(|path| path.explained_by.is_some());
    _ = writeln!(out, "\n{}", if all { "paths" } else { "paths that no package explains" });
    for path in &document.paths {
        let owner = owner(path);
        _ = writeln!(
            out,
            "  {} /{}  {}{owner}",
            mark(path.change),
            line(path.path.as_str()),
            what(path, &document.clocks)
        );
        if let Some(inside) = &path.inside {
            within(inside, out);
        }
    }
    if document.unopened > 0 {
        let files = count(document.unopened, "file was", "files were");
        _ = writeln!(out, "  {files} not looked into; `--all` looks into all that are not too large");
    }
    for clock in &document.clocks {
        let paths = count(clock.paths, "path", "paths");
        _ = writeln!(out, "  ~ {paths} by time alone: mtime {} -> {}", date(clock.old), date(clock.new));
    }
}

fn owner(path: &PathDocument) -> String {
    match (&path.explained_by, &path.package) {
        (Some(package), _) => format!("  (by {})", line(package)),
        (None, Some(package)) => format!("  (of {})", line(package)),
        (None, None) => String::new(),
    }
}

fn within(inside: &Inside, out: &mut String) {
    for field in &inside.fields {
        pair(out, "      ", &field.name, field.old.as_deref(), field.new.as_deref());
    }
    for text in inside.diff.iter().flat_map(|diff| diff.lines()) {
        _ = writeln!(out, "      {}", plain(text));
    }
    if inside.left_out > 0 {
        _ = writeln!(out, "      {} more", inside.left_out);
    }
    if let Some(note) = &inside.note {
        _ = writeln!(out, "      {}: {}", inside.format, line(note));
    }
}

fn moved(document: &Document, out: &mut String) {
    if document.moved.is_empty() {
        return;
    }
    _ = writeln!(out, "\nthe same from another layer");
    for moved in &document.moved {
        let paths = count(moved.count, "path", "paths");
        _ = writeln!(out, "  {} -> {}: {paths}", line(&moved.from), line(&moved.to));
        for path in &moved.paths {
            _ = writeln!(out, "    /{}", line(path.as_str()));
        }
    }
}
