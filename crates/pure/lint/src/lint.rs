use crate::rules::{access, code, content, libraries, owned, state};
use crate::{Finding, Rule, Subject};
use std::collections::BTreeMap;

/// What the rules say of an image.
#[derive(Debug, Clone, Default)]
pub struct Linted {
    /// What breaks a rule, by rule and path.
    pub findings: Vec<Finding>,
    /// Rules that could not be held against it, and why.
    pub unchecked: BTreeMap<Rule, String>,
}

/// Holds an image against every rule.
pub fn lint(subject: &Subject<'_>) -> Linted {
    let mut linted = Linted::default();
    for rule in Rule::ALL {
        match rule_of(rule)(subject) {
            Ok(found) => linted.findings.extend(found.into_iter().map(|(path, what)| Finding {
                rule,
                package: subject.owner(&path),
                path,
                what,
            })),
            Err(why) => _ = linted.unchecked.insert(rule, why),
        }
    }
    linted.findings.sort();
    linted
}

type Held = fn(&Subject<'_>) -> crate::rules::Found;

fn rule_of(rule: Rule) -> Held {
    match rule {
        Rule::Identity => state::identity,
        Rule::Log => state::log,
        Rule::Leftover => state::leftover,
        Rule::ShadowDay => state::shadow_day,
        Rule::Time => state::time,
        Rule::PrivateKey => content::private_key,
        Rule::StorePath => content::store_path,
        Rule::BuildPath => content::build_path,
        Rule::SetId => access::set_id,
        Rule::WorldWritable => access::world_writable,
        Rule::UnknownOwner => access::unknown_owner,
        Rule::DanglingLink => access::dangling_link,
        Rule::MissingLibrary => libraries::missing,
        Rule::NoByteCode => code::missing,
        Rule::StaleByteCode => code::stale,
        Rule::Altered => owned::altered,
        Rule::Unowned => owned::unowned,
    }
}
