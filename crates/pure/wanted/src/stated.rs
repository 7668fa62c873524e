/// The version that a file of a source tree states: the file's one word, or the text that its line `version = '…'` gives.
///
/// None where it states none; a version has at most 64 letters, digits, and `.`, `+`, `-`, `_`, `~`.
pub fn stated_version(text: &str) -> Option<&str> {
    let assigned = text.lines().find_map(|line| {
        let value = line.strip_prefix("version")?.trim_start().strip_prefix('=')?.trim();
        let quote = value.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        Some(value.strip_prefix(quote)?.split(quote).next().unwrap_or_default())
    });
    let version = assigned.unwrap_or_else(|| text.trim());
    let plain = |c: char| c.is_ascii_alphanumeric() || "._+-~".contains(c);
    let is_version = version.starts_with(|c: char| c.is_ascii_digit()) && version.len() <= 64;
    (is_version && version.chars().all(plain)).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_in_their_files() {
        assert_eq!(stated_version("10.10\n"), Some("10.10"));
        let python = "# generated\nversion = '11.0.beta4'\ndate = '2026-11-01'\nbanner = 'x version 1'\n";
        assert_eq!(stated_version(python), Some("11.0.beta4"));
        assert_eq!(stated_version("version=\"9.5\" # why"), Some("9.5"));
        for none in ["", "two words", "version = 9", "x\ny", "version = ''", "v1", &"1".repeat(65), "1;rm"] {
            assert_eq!(stated_version(none), None, "{none}");
        }
    }
}
