use diffy::{ConflictStyle, IncompleteHunkStyle, MergeOptions};
use serde::Serialize;

/// A place where two changes of a text contradict each other, as text for people: what is not UTF-8 is replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hunk {
    /// What stood there before both changes.
    pub base: String,
    /// What ours makes of it.
    pub ours: String,
    /// What theirs makes of it.
    pub theirs: String,
}

/// Both changes of a text in one, or each place where that cannot be. Lines are what is compared, whatever their bytes.
pub(crate) fn merge_text(base: &[u8], ours: &[u8], theirs: &[u8]) -> Result<Vec<u8>, Vec<Hunk>> {
    let markers = Markers::for_texts([base, ours, theirs]);
    let mut options = MergeOptions::new();
    options
        .set_conflict_marker_length(markers.length)
        .set_conflict_style(ConflictStyle::Diff3)
        .set_incomplete_hunk_style(IncompleteHunkStyle::Git);
    options.merge_bytes(base, ours, theirs).map_err(|marked| markers.hunks(&marked))
}

/// The lines that the library sets around a conflict.
struct Markers {
    /// How often a marker's character is repeated: more often than any line of the texts begins with it.
    length: usize,
}

impl Markers {
    fn for_texts(texts: [&[u8]; 3]) -> Self {
        let longest = texts.iter().flat_map(|text| text.split(|byte| *byte == b'\n')).map(run).max();
        Self { length: longest.unwrap_or(0).max(6) + 1 }
    }

    /// Takes a text with marked conflicts apart.
    fn hunks(&self, marked: &[u8]) -> Vec<Hunk> {
        let mut hunks = Vec::new();
        let mut sides: [Vec<u8>; 3] = Default::default();
        // Which side's lines follow; none outside of a conflict.
        let mut side = None;
        for line in marked.split_inclusive(|byte| *byte == b'\n') {
            match line.first().filter(|_| run(line) == self.length) {
                Some(b'<') => side = Some(0),
                Some(b'|') => side = Some(1),
                Some(b'=') => side = Some(2),
                Some(_) => {
                    let [ours, base, theirs] = std::mem::take(&mut sides).map(|bytes| text(&bytes));
                    hunks.push(Hunk { base, ours, theirs });
                    side = None;
                }
                None => {
                    if let Some(side) = side {
                        sides[side].extend_from_slice(line);
                    }
                }
            }
        }
        hunks
    }
}

/// How often a line begins with the character of a marker.
fn run(line: &[u8]) -> usize {
    match line.first() {
        Some(first) if b"<|=>".contains(first) => line.iter().take_while(|byte| *byte == first).count(),
        _ => 0,
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_apart_from_each_other_go_together() {
        let merged = merge_text(b"a\nb\xff\nc\nd\n", b"A\nb\xff\nc\nd\n", b"a\nb\xff\nc\nD");
        assert_eq!(merged, Ok(b"A\nb\xff\nc\nD".to_vec()));
    }

    #[test]
    fn a_change_that_both_made_is_made_once() {
        assert_eq!(merge_text(b"a\nb\nc\nd\n", b"A\nb\nc\n", b"A\nb\nc\nd\ne\n").map_err(|hunks| hunks.len()), Err(1));
        assert_eq!(merge_text(b"a\nb\nc\nd\n", b"A\nb\nc\nd\n", b"A\nb\nc\nD\n"), Ok(b"A\nb\nc\nD\n".to_vec()));
    }

    #[test]
    fn a_conflict_is_told_by_both_sides() {
        let hunks = merge_text(b"a\nb\nc\nd\ne", b"a\nB\nc\nd\nE", b"a\n2\nc\nd\n5").unwrap_err();
        let hunk =
            |base: &str, ours: &str, theirs: &str| Hunk { base: base.into(), ours: ours.into(), theirs: theirs.into() };
        assert_eq!(hunks, [hunk("b\n", "B\n", "2\n"), hunk("e\n", "E\n", "5\n")]);
    }

    #[test]
    fn lines_that_look_like_markers_are_text() {
        let ours = b"a\n<<<<<<< ours\n||||||||| x\nc\n";
        let hunks = merge_text(b"a\nb\nc\n", ours, b"a\n=======\n>>>>>>> theirs\nc\n").unwrap_err();
        assert_eq!(hunks.len(), 1);
        assert_eq!(hunks[0].ours, "<<<<<<< ours\n||||||||| x\n");
        assert_eq!(hunks[0].theirs, "=======\n>>>>>>> theirs\n");
    }
}
