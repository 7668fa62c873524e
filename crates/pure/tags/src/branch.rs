use crate::tag::{LONGEST, is_of_tags};
use crate::{ImageVersion, Number, Tag};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// What stands before a branch whose name is that of something else.
const MARK: &str = "branch-";
/// A hyphen and eight hexadecimal digits.
const HASH: usize = 9;

/// The one tag of a branch: its own name where that is a tag, else what is left of it and eight digits of its SHA-256.
///
/// The tag is in the grammar and never `latest`, `develop`, a version, a version with a number, the name of a referrers' list or
/// one of `reserved`, whatever their case: such names get `branch-` before them, and so do those that begin with it. Two branches
/// have one tag only where the eight digits coincide.
pub fn branch_tag(name: &str, reserved: &BTreeSet<Tag>) -> Tag {
    let room = LONGEST - MARK.len();
    let mut text: String = name.chars().map(|c| if is_of_tags(c) { c } else { '-' }).collect();
    if text.starts_with(['.', '-']) || text.is_empty() {
        text.insert(0, '_');
    }
    // A name that ends like a shortened one might be another branch's.
    if text != name || text.len() > room || has_hash(&text) {
        text.truncate(room - HASH);
        text = format!("{text}-{}", &data_encoding::HEXLOWER.encode(&Sha256::digest(name))[..HASH - 1]);
    }
    Tag::made(if is_reserved(&text, reserved) { format!("{MARK}{text}") } else { text })
}

/// Whether an image of a revision may have this tag: what [`branch_tag`] may make, or the version of what it carries.
pub(crate) fn may_be_own(tag: &Tag, version: &ImageVersion, reserved: &BTreeSet<Tag>) -> bool {
    let text = tag.as_str();
    // No branch's tag is reserved but for the mark.
    let plain = text.strip_prefix(MARK).is_some_and(|rest| !rest.is_empty()) || !is_reserved(text, reserved);
    plain || text == version.to_string()
}

fn has_hash(text: &str) -> bool {
    let hexadecimal = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    text.rsplit_once('-').is_some_and(|(_, end)| end.len() == HASH - 1 && end.bytes().all(hexadecimal))
}

fn is_reserved(text: &str, reserved: &BTreeSet<Tag>) -> bool {
    let lower = text.to_ascii_lowercase();
    // Lists of referrers have such names on registries without the referrers API.
    ["latest", "develop"].contains(&lower.as_str())
        || [MARK, "sha256-"].iter().any(|start| lower.starts_with(start))
        || ImageVersion::parse(&lower).is_ok()
        || Number::read(&Tag::made(lower.clone())).is_some()
        || reserved.iter().any(|tag| tag.as_str().eq_ignore_ascii_case(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn suites() -> BTreeSet<Tag> {
        ["sid", "bookworm"].map(|tag| Tag::parse(tag).unwrap()).into()
    }

    fn tag(name: &str) -> String {
        branch_tag(name, &suites()).to_string()
    }

    #[test]
    fn names_of_branches() {
        for (name, wanted) in [
            ("fix-maxima", "fix-maxima"),
            ("Fix_2.x", "Fix_2.x"),
            ("latest", "branch-latest"),
            ("LATEST", "branch-LATEST"),
            ("develop", "branch-develop"),
            ("sid", "branch-sid"),
            ("10.10", "branch-10.10"),
            ("10.10.beta4", "branch-10.10.beta4"),
            ("10.10-3", "branch-10.10-3"),
            ("10.10-03", "branch-10.10-03"),
            ("36363", "branch-36363"),
            ("branch-latest", "branch-branch-latest"),
            ("u/me/36363", "u-me-36363-d1ba75ab"),
            ("-x", "_-x-a4209624"),
            ("x-0123abcd", "x-0123abcd-6324b7ee"),
        ] {
            assert_eq!(tag(name), wanted, "{name}");
        }
        assert_eq!(tag(&"a".repeat(200)).len(), 121);
        assert_ne!(tag(&"a".repeat(200)), tag(&"a".repeat(201)));
        assert_ne!(tag("a/b"), tag("a-b"));
        assert!(tag(&format!("sha256-{}", "ab".repeat(32))).starts_with("branch-sha256-"));
    }

    proptest! {
        #[test]
        fn every_name_has_a_tag_of_its_own(a in name(), b in name()) {
            let made = tag(&a);
            prop_assert!(Tag::parse(&made).is_ok(), "{}", made);
            prop_assert!(!is_reserved(&made, &suites()) || made.starts_with(MARK));
            prop_assert_eq!(a == b, made == tag(&b), "{} {}", a, b);
        }
    }

    fn name() -> impl Strategy<Value = String> {
        prop_oneof![
            ".{0,20}",
            "[a-c/.-]{0,4}",
            "(branch-){0,2}(latest|sid|develop|Sid)(-[0-9a-f]{8})?",
            "[0-9]{1,2}\\.[0-9](-[0-9]{1,8})?[!]?",
            "(x|é){100,140}",
        ]
    }
}
