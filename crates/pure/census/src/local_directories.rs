use sage_oci_effects::{Effect, Mode};

const BEGIN: &str = "# Automatically added by dh_usrlocal";
const END: &str = "# End automatically added section";
/// The block's text around its list of directories, with what versions of debhelper wrote differently left out.
const HEAD: [&str; 25] = [
    "if [ \"$1\" = \"configure\" ] || [ \"$1\" = \"abort-upgrade\" ] || [ \"$1\" = \"abort-deconfigure\" ] || [ \"$1\" = \"abort-remove\" ]; then",
    "(",
    "default_mode=0755",
    "default_user=root",
    "default_group=root",
    "if [ -e /etc/staff-group-for-usr-local ]; then",
    "default_mode=02775",
    "default_group=staff",
    "fi",
    "while read line; do",
    "set -- $line",
    "dir=\"$1\"; mode=\"$2\"; user=\"$3\"; group=\"$4\"",
    "if [ \"$mode\" = \"default\" ]; then",
    "mode=\"$default_mode\"",
    "user=\"$default_user\"",
    "group=\"$default_group\"",
    "fi",
    "if [ ! -e \"$dir\" ]; then",
    "if mkdir \"$dir\" 2>/dev/null; then",
    "if chown \"$user\":\"$group\" \"$dir\" ; then",
    "chmod \"$mode\" \"$dir\" || true",
    "fi",
    "fi",
    "fi",
    "done",
];
const LIST: &str = ") << DATA";
const TAIL: [&str; 2] = ["DATA", "fi"];

/// Takes the blocks that `dh_usrlocal` makes out of a postinst: the text without them, and their directories.
///
/// Such a block reads a list in a loop, which [`crate::shell`] does not follow; its text is known word by word, and a
/// block that differs stays where it is, to be refused there.
pub(crate) fn take(text: &str) -> (String, Vec<Effect>) {
    let mut kept = String::new();
    let mut effects = Vec::new();
    let mut lines = text.split_inclusive('\n');
    while let Some(line) = lines.next() {
        if !line.starts_with(BEGIN) {
            kept.push_str(line);
            continue;
        }
        let block: Vec<&str> = lines.clone().take_while(|line| line.trim_end() != END).collect();
        match directories(&block) {
            Some(found) => {
                // Empty lines keep the numbers of the lines that follow.
                kept.extend(std::iter::repeat_n('\n', block.len() + 2));
                effects.extend(found);
                lines.by_ref().take(block.len() + 1).for_each(drop);
            }
            None => kept.push_str(line),
        }
    }
    (kept, effects)
}

fn directories(block: &[&str]) -> Option<Vec<Effect>> {
    let lines: Vec<&str> = block
        .iter()
        .map(|line| line.strip_suffix('\n').unwrap_or(line))
        // The shell's own blanks; the list ends with a line that has none.
        .map(|line| if line.trim() == TAIL[0] { line } else { line.trim_matches([' ', '\t']) })
        .filter(|line| *line != "# shellcheck disable=SC2086")
        .map(|line| if line == "while read -r line; do" { "while read line; do" } else { line })
        .collect();
    let data = lines.strip_prefix(HEAD.as_slice())?.strip_prefix([LIST].as_slice())?.strip_suffix(TAIL.as_slice())?;
    data.iter()
        .map(|line| match line.split([' ', '\t']).filter(|word| !word.is_empty()).collect::<Vec<_>>().as_slice() {
            [path, "default"] if is_plain(path) => Some(Effect::Directory {
                path: (*path).to_owned(),
                mode: Mode::new(0o755),
                owner: "root".to_owned(),
                group: "root".to_owned(),
            }),
            _ => None,
        })
        .collect()
}

/// Whether a word of the list stands for one directory below `/usr/local`: the shell expands the list and its words.
fn is_plain(path: &str) -> bool {
    path.starts_with("/usr/local/")
        && !path.contains(|c: char| "$`\\*?[".contains(c) || c.is_whitespace() || c.is_control())
        && !path.split('/').any(|part| part == "." || part == "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(extra: &str) -> String {
        format!(
            "#!/bin/sh\n{BEGIN}/14.5\n{}\n{extra}{LIST}\n/usr/local/share/fonts default\nDATA\nfi\n{END}\nexit 0\n",
            HEAD.join("\n\t")
        )
    }

    #[test]
    fn the_list_becomes_directories() {
        let (kept, effects) = take(&block(""));
        assert_eq!(kept.trim_end(), format!("#!/bin/sh{}exit 0", "\n".repeat(32)));
        let Effect::Directory { path, mode, .. } = &effects[0] else { panic!("{effects:?}") };
        assert_eq!((path.as_str(), mode.bits()), ("/usr/local/share/fonts", 0o755));
    }

    #[test]
    fn a_block_that_differs_stays() {
        for text in [
            block("rm -rf /\n"),
            block("").replace("share/fonts default", "../fonts 0700 x y"),
            block("").replace(END, ""),
        ] {
            assert_eq!(take(&text), (text.clone(), Vec::new()));
        }
    }
}
