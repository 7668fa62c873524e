use crate::{Failure, FileName};

/// The line between two failures.
pub(crate) const STARS: &str = "**********************************************************************";
/// The line before and after the files that failed, at the end.
pub(crate) const DASHES: &str = "----------------------------------------------------------------------";
/// The second line of a failure.
pub(crate) const FAILED: &str = "Failed example:";
/// How deep the log indents what belongs to a test.
const INDENT: &str = "    ";

/// What stands between two lines of stars, where it is a failure: `File "…", line N, in NAME`, `Failed example:`, the example, and
/// what was expected.
pub(crate) fn failure(lines: &[&str]) -> Option<(FileName, Failure)> {
    let (head, rest) = lines.split_first()?;
    let (place, rest_of_head) = head.strip_prefix("File \"")?.rsplit_once("\", line ")?;
    let (line, function) = rest_of_head.split_once(", in ")?;
    let (title, rest) = rest.split_first()?;
    if *title != FAILED {
        return None;
    }
    let example = rest.iter().take_while(|line| line.starts_with(INDENT) || line.is_empty()).count();
    let (example, text) = rest.split_at(example);
    let failure = Failure {
        function: function.to_owned(),
        line: line.parse().ok()?,
        example: example.iter().map(|line| line.strip_prefix(INDENT).unwrap_or(line)).collect::<Vec<_>>().join("\n"),
        text: text.join("\n"),
    };
    Some((FileName::of_place(place), failure))
}
