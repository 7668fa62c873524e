use crate::rules::{Scope, rules};
use crate::{Facts, ImageVersion, Number, Policy, Purpose, Tag, branch_tag};
use std::collections::{BTreeMap, BTreeSet};

/// Which of a repository's tags have to be read before [`decide`](crate::decide), out of all that it lists.
///
/// These are the tags that may move, every number of the image's own version, and of each later version the highest number: a
/// repository of many releases is not read as a whole. What is listed and no tag is passed over.
pub fn needed<'a>(listed: impl IntoIterator<Item = &'a str>, image: &Facts, policy: &Policy) -> BTreeSet<Tag> {
    let listed: BTreeSet<Tag> = listed.into_iter().filter_map(|text| Tag::parse(text).ok()).collect();
    let rules = match (&image.own, rules(image, policy), &policy.purpose) {
        (None, Some(rules), _) => rules,
        (Some(own), ..) => return listed.get(own).cloned().into_iter().collect(),
        (None, None, Purpose::Branch(name)) => {
            return listed.get(&branch_tag(name, &policy.all_reserved())).cloned().into_iter().collect();
        }
        (None, None, _) => return BTreeSet::new(),
    };
    let mut needed: BTreeSet<Tag> = rules.forward.iter().map(|(tag, _)| tag.clone()).collect();
    needed.extend(rules.refused.iter().map(|(tag, _)| tag.clone()));
    if rules.forward.iter().any(|(_, scope)| *scope != Scope::Own) {
        let mut highest: BTreeMap<ImageVersion, u32> = BTreeMap::new();
        for (tag, number) in listed.iter().filter_map(|tag| Some((tag, Number::read(tag)?))) {
            if number.version == image.version {
                needed.insert(tag.clone());
            } else if let (true, Some(count)) = (number.canonical && number.version > image.version, number.number) {
                let highest = highest.entry(number.version).or_default();
                *highest = count.max(*highest);
            }
        }
        needed.extend(highest.into_iter().map(|(version, number)| Number::tag(&version, number)));
    }
    needed.intersection(&listed).cloned().collect()
}
