use super::outcomes::count;
use crate::outcome::readable;
use sage_oci_doctest::Comparison;
use std::time::Duration;

/// The last lines of a report on doctests: what the list has and is mended, then one line of numbers.
pub fn doctest_summary(image: &str, comparison: &Comparison, took: Duration) -> Vec<String> {
    let fixed = comparison.fixed.iter().map(|fixed| {
        let times = if fixed.count == 1 { String::new() } else { format!(", {} times", fixed.count) };
        readable(&format!("fixed: {}: {}{times} (listed as: {})", fixed.file, fixed.test, fixed.reason))
    });
    let mut lines: Vec<_> = fixed.collect();
    let mut parts = vec![match comparison.new_failures() {
        0 => "no new failure".to_owned(),
        new => count(new, "new failure"),
    }];
    parts.push(format!("{} known", comparison.known_failures()));
    if !comparison.fixed.is_empty() {
        parts.push(format!("{} fixed", comparison.fixed.len()));
    }
    if !comparison.trouble.is_empty() {
        parts.push("NOT COMPLETE".to_owned());
    }
    let files = count(comparison.files.len(), "file");
    let tests = comparison.tests;
    lines.push(format!("{image}: {tests} tests of {files} in {:.0} s: {}", took.as_secs_f64(), parts.join(", ")));
    lines
}
