use crate::Identity;
use sage_oci_tags::{Tag, branch_tag};
use std::collections::BTreeSet;

/// The tag of an image of a revision: of its branch, else of what `git describe` says, else of its version; with `-dirty` where
/// changed files are in it.
///
/// It is never `latest`, `develop`, a version or one of `reserved`: those get `branch-` before them ([`branch_tag`]).
pub fn tag(identity: &Identity, reserved: &BTreeSet<Tag>) -> Tag {
    let name = identity.branch.as_deref().or(identity.describe.as_deref()).unwrap_or(&identity.version);
    match identity.takes_dirty && !identity.dirty.is_empty() {
        true => branch_tag(&format!("{name}-dirty"), reserved),
        false => branch_tag(name, reserved),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_revisions() {
        let reserved = ["sid", "bookworm"].map(|tag| Tag::parse(tag).unwrap()).into();
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        for (branch, describe, takes_dirty, wanted) in [
            ("my-branch", "10.10-3-g0123456789", false, "my-branch"),
            ("my-branch", "", true, "my-branch-dirty"),
            ("", "10.10-3-g0123456789", false, "10.10-3-g0123456789"),
            ("", "10.10", false, "branch-10.10"),
            ("", "", false, "branch-11.0.beta4"),
            ("", "", true, "11.0.beta4-dirty"),
            ("develop", "", false, "branch-develop"),
            ("latest", "", false, "branch-latest"),
            ("sid", "", false, "branch-sid"),
            ("pull-42414", "", false, "pull-42414"),
        ] {
            let dirty = vec!["a".to_owned()];
            let (branch, describe) = (some(branch), some(describe));
            let version = "11.0.beta4".to_owned();
            let identity = Identity { branch, describe, version, dirty, takes_dirty, ..Identity::default() };
            assert_eq!(tag(&identity, &reserved).as_str(), wanted);
        }
    }
}
