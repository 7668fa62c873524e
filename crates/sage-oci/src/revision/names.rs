//! What an image of a revision is called.

use crate::Failure;
use sage_oci_definition::Resolved;
use sage_oci_lock::Lock;
use sage_oci_pipeline::Called;
use sage_oci_project::Project;
use sage_oci_tags::{ImageVersion, Tag};
use sage_oci_wanted::Identity;
use std::collections::BTreeSet;

/// Lets a commit without a branch be called as the CI service calls it: the service has checked out that very commit.
pub fn call(identity: &mut Identity, called: Option<&Called>) {
    if let Some(called) = called
        && identity.branch.is_none()
        && identity.commit.as_ref() == Some(&called.commit)
    {
        identity.branch = Some(called.name.clone());
    }
}

/// The one name of an image of a revision: of its branch or what describes it. A version that is not the packaged one is its own.
pub fn tag(project: &Project, identity: &Identity, image: &Resolved, lock: &Lock) -> Result<Tag, Failure> {
    let packaged = lock.images.get(&image.layers_of).map(|plan| plan.version.as_str());
    let is_other =
        packaged.is_none_or(|packaged| ImageVersion::parse(packaged) != ImageVersion::parse(&identity.version));
    let plain = identity.branch.is_none() && identity.describe.is_none() && is_other;
    let own = plain.then(|| Tag::parse(&identity.version).ok()).flatten();
    match own {
        Some(own) => Ok(own),
        None => Ok(sage_oci_wanted::tag(identity, &reserved(project, image)?)),
    }
}

/// The names of all channels, and the tags that the image has in each.
fn reserved(project: &Project, image: &Resolved) -> Result<BTreeSet<Tag>, Failure> {
    let mut reserved: BTreeSet<Tag> = BTreeSet::new();
    for channel in project.channels()? {
        reserved.extend(Tag::parse(channel.name.as_str()));
    }
    for definition in project.images()?.iter().filter(|one| one.names().contains(&image.name)) {
        for channel in definition.channels() {
            let resolved = definition.resolve(&image.name, &channel)?;
            reserved.extend(resolved.tags.iter().filter_map(|tag| Tag::parse(tag).ok()));
        }
    }
    Ok(reserved)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    fn called(branch: Option<&str>, commit: Option<&str>) -> Option<String> {
        let (branch, commit) = (branch.map(str::to_owned), commit.map(str::to_owned));
        let mut identity = Identity { branch, commit, ..Identity::default() };
        call(&mut identity, Some(&Called { commit: COMMIT.to_owned(), name: "pull-8".to_owned() }));
        identity.branch
    }

    #[test]
    fn a_service_names_the_commit_that_it_has_checked_out_and_no_other() {
        assert_eq!(called(None, Some(COMMIT)).as_deref(), Some("pull-8"));
        assert_eq!(called(Some("mine"), Some(COMMIT)).as_deref(), Some("mine"));
        assert_eq!(called(None, Some(&COMMIT.replace('0', "f"))), None);
        assert_eq!(called(None, None), None);
    }
}
