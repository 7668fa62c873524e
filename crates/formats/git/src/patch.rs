use crate::PatchError;
use std::collections::BTreeMap;

/// What a patch does to one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePatch {
    /// The file, without the `a/` or `b/` before it.
    pub path: String,
    /// The file must not be there before.
    pub creates: bool,
    /// The file is not there afterwards.
    pub deletes: bool,
    hunks: Vec<Hunk>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Hunk {
    /// Where it begins in the old file, from 1; 0 for an empty one.
    start: usize,
    lines: Vec<(Mark, Vec<u8>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Same,
    Less,
    More,
}

/// Reads a unified diff, as `git diff` and `diff -u` write it; text before the first file is its header.
///
/// # Errors
/// [`PatchError::Syntax`]: no file in it, a hunk that is not what its numbers say, renames or binary parts.
pub fn parse_patch(text: &str) -> Result<Vec<FilePatch>, PatchError> {
    let mut lines = text.split_inclusive('\n').enumerate().peekable();
    let mut files: Vec<FilePatch> = Vec::new();
    while let Some((at, line)) = lines.next() {
        let fail = |why: &str| PatchError::Syntax { line: at + 1, why: why.to_owned() };
        if line.starts_with("GIT binary patch") || line.starts_with("rename ") || line.starts_with("copy ") {
            return Err(fail("binary parts, renames and copies are not supported"));
        }
        if changes_mode(line) {
            return Err(fail("changes of a file's mode are not supported"));
        }
        if let Some(old) = line.strip_prefix("--- ") {
            let Some((_, new)) = lines.next_if(|(_, line)| line.starts_with("+++ ")) else { continue };
            let (old, new) = (name(old), name(new.strip_prefix("+++ ").unwrap_or(new)));
            let (creates, deletes) = (old == "/dev/null", new == "/dev/null");
            let path =
                strip(if deletes { old } else { new }).ok_or_else(|| fail("a path must begin with `a/` or `b/`"))?;
            if !creates && strip(old) != Some(path) {
                return Err(fail("its two paths differ, and renames are not supported"));
            }
            files.push(FilePatch { path: path.to_owned(), creates, deletes, hunks: Vec::new() });
        } else if let Some(ranges) = line.strip_prefix("@@ -") {
            let file = files.last_mut().ok_or_else(|| fail("a hunk without a file"))?;
            let (start, old, new) = numbers(ranges).ok_or_else(|| fail("its numbers cannot be read"))?;
            let mut hunk = Hunk { start, lines: Vec::new() };
            let (mut less, mut more) = (0, 0);
            while less < old || more < new {
                let (at, line) = lines.next().ok_or_else(|| fail("the hunk ends early"))?;
                let (mark, rest) = match line.split_at_checked(1) {
                    Some((" ", rest)) => (Mark::Same, rest),
                    Some(("-", rest)) => (Mark::Less, rest),
                    Some(("+", rest)) => (Mark::More, rest),
                    // Editors take the blank from an empty line.
                    Some(("\n", _)) => (Mark::Same, line),
                    _ => return Err(PatchError::Syntax { line: at + 1, why: "a hunk's line has no mark".to_owned() }),
                };
                less += usize::from(mark != Mark::More);
                more += usize::from(mark != Mark::Less);
                let mut content = rest.as_bytes().to_vec();
                if lines.next_if(|(_, line)| line.starts_with("\\ No newline")).is_some() {
                    content.pop();
                }
                hunk.lines.push((mark, content));
            }
            if let Some((at, _)) = lines.next_if(|(_, line)| is_more_of_it(line)) {
                let why = "the hunk is longer than its numbers say".to_owned();
                return Err(PatchError::Syntax { line: at + 1, why });
            }
            file.hunks.push(hunk);
        }
    }
    match files.iter().find(|file| file.hunks.is_empty()) {
        None if files.is_empty() => Err(PatchError::Syntax { line: 1, why: "there is no file in it".to_owned() }),
        Some(file) => Err(PatchError::Syntax { line: 1, why: format!("nothing happens to `{}`", file.path) }),
        None => Ok(files),
    }
}

/// Applies a patch to the files that it names: content before by path, content afterwards by path, `None` for no file.
///
/// # Errors
/// [`PatchError`]: it does not fit exactly.
pub fn apply(
    patch: &str,
    mut before: impl FnMut(&str) -> Option<Vec<u8>>,
) -> Result<BTreeMap<String, Option<Vec<u8>>>, PatchError> {
    let mut after = BTreeMap::new();
    for file in parse_patch(patch)? {
        let old = match after.remove(&file.path) {
            Some(changed) => changed,
            None => before(&file.path),
        };
        if old.is_some() == file.creates {
            return Err(PatchError::Presence { path: file.path, present: !file.creates });
        }
        let new = file.apply(&old.unwrap_or_default())?;
        if file.deletes && !new.is_empty() {
            return Err(file.mismatch(0, b"nothing", &new));
        }
        after.insert(file.path, (!file.deletes).then_some(new));
    }
    Ok(after)
}

impl FilePatch {
    fn apply(&self, old: &[u8]) -> Result<Vec<u8>, PatchError> {
        let lines: Vec<&[u8]> = old.split_inclusive(|byte| *byte == b'\n').collect();
        let (mut new, mut at): (Vec<&[u8]>, usize) = (Vec::with_capacity(lines.len()), 0);
        for hunk in &self.hunks {
            // Without old lines the number is that of the line before.
            let none = hunk.lines.iter().all(|(mark, _)| *mark == Mark::More);
            let start = if none { hunk.start } else { hunk.start.saturating_sub(1) };
            if start < at {
                let why = format!("the hunks of `{}` are out of order", self.path);
                return Err(PatchError::Syntax { line: 1, why });
            }
            if start > lines.len() {
                return Err(self.mismatch(start - 1, b"a line", b""));
            }
            lines.iter().take(start).skip(at).for_each(|line| new.push(*line));
            at = start;
            for (mark, content) in &hunk.lines {
                if *mark == Mark::More {
                    new.push(content);
                    continue;
                }
                let found = lines.get(at).copied().unwrap_or_default();
                if found != content.as_slice() {
                    return Err(self.mismatch(at, content, found));
                }
                if *mark == Mark::Same {
                    new.push(content);
                }
                at += 1;
            }
        }
        lines.iter().skip(at).for_each(|line| new.push(*line));
        // Behind a line without its end another one would become a part of it.
        let cut = |line: &&[u8]| !line.ends_with(b"\n");
        match new.iter().rev().skip(1).rev().position(cut) {
            Some(place) => Err(self.mismatch(place, b"the last line", new[place])),
            None => Ok(new.concat()),
        }
    }

    fn mismatch(&self, at: usize, expected: &[u8], found: &[u8]) -> PatchError {
        let text = |bytes| String::from_utf8_lossy(bytes).trim_end().to_owned();
        PatchError::Mismatch { path: self.path.clone(), line: at + 1, expected: text(expected), found: text(found) }
    }
}

/// Whether a line behind a whole hunk looks like one of it. The next file begins with `---`, a mail's signature with `--`.
fn is_more_of_it(line: &str) -> bool {
    line.starts_with(['+', ' ', '\\']) || (line.starts_with('-') && !line.starts_with("--"))
}

/// Whether a line of git's says that a file is another than a plain one, or becomes one.
fn changes_mode(line: &str) -> bool {
    let mode = ["old mode ", "new mode ", "new file mode ", "deleted file mode "];
    let found = mode.iter().find_map(|start| line.strip_prefix(start)).map(str::trim_end);
    found.is_some_and(|mode| {
        mode.len() == 6 && mode.bytes().all(|byte| byte.is_ascii_digit()) && mode != "100644"
            || line.starts_with("new mode 100644")
    })
}

/// The name of a `---` or `+++` line, without the date that diff puts behind it.
fn name(line: &str) -> &str {
    line.split('\t').next().unwrap_or(line).trim_end()
}

fn strip(path: &str) -> Option<&str> {
    path.strip_prefix("a/").or_else(|| path.strip_prefix("b/"))
}

/// The numbers of `3,7 +3,8 @@`: start, old and new count.
fn numbers(text: &str) -> Option<(usize, usize, usize)> {
    let (old, rest) = text.split_once(" +")?;
    let (new, _) = rest.split_once(" @@")?;
    let count = |range: &str| range.split_once(',').map_or(Some(1), |(_, count)| count.parse().ok());
    let start = old.split(',').next()?.parse().ok()?;
    Some((start, count(old)?, count(new)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATCH: &str = "Why: because.\n\n--- a/x\n+++ b/x\n@@ -1,3 +1,4 @@ head\n one\n-two\n+2\n+2.5\n three\n";

    fn run(patch: &str, old: &str) -> Result<String, PatchError> {
        let after = apply(patch, |path| (path == "x").then(|| old.as_bytes().to_vec()))?;
        Ok(String::from_utf8(after["x"].clone().unwrap()).unwrap())
    }

    #[test]
    fn lines_change_where_the_patch_says_and_nowhere_else() {
        assert_eq!(run(PATCH, "one\ntwo\nthree\nfour\n").unwrap(), "one\n2\n2.5\nthree\nfour\n");
        let error = run(PATCH, "zero\none\ntwo\nthree\n").unwrap_err();
        assert_eq!(error.to_string(), "`x`, line 1: the patch expects `one`, the file has `zero`");
        assert!(run(PATCH, "one\ntwo\n").is_err());
    }

    #[test]
    fn files_come_and_go_and_may_lack_their_last_newline() {
        let new = "--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\n\\ No newline at end of file\n";
        assert_eq!(apply(new, |_| None).unwrap()["n"].as_deref(), Some(&b"x"[..]));
        assert!(matches!(apply(new, |_| Some(Vec::new())), Err(PatchError::Presence { present: false, .. })));
        let gone = "--- a/n\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n\\ No newline at end of file\n";
        assert_eq!(apply(gone, |_| Some(b"x".to_vec())).unwrap()["n"], None);
    }

    #[test]
    fn what_is_no_patch_names_its_line() {
        for (text, line) in
            [("", 1), ("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n", 3), ("rename from a\n", 1), ("@@ -1 +1 @@\n", 1)]
        {
            let error = parse_patch(text).unwrap_err();
            assert!(matches!(error, PatchError::Syntax { line: found, .. } if found == line), "{text}: {error}");
        }
    }
}
