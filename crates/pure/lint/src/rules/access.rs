//! Who may do what, and where links lead.

use super::Found;
use crate::Subject;
use sage_oci_delta::What;
use std::collections::BTreeSet;

/// Set-user-id and set-group-id.
const SET_ID: u16 = 0o6000;
/// The sticky bit: in such a directory only owners remove.
const STICKY: u16 = 0o1000;
/// Where capabilities of a file stand.
const CAPABILITY: &str = "security.capability";
/// What engines and kernels put into a container when it starts.
const AT_START: [&str; 4] = ["proc", "sys", "dev", "run"];

pub(crate) fn set_id(subject: &Subject<'_>) -> Found {
    let what = |facts: &sage_oci_delta::Facts| {
        let capable = facts.xattrs.as_ref().is_some_and(|xattrs| xattrs.keys().any(|key| key.ends_with(CAPABILITY)));
        match facts.mode & SET_ID {
            0 => capable.then(|| "capabilities".to_owned()),
            _ => Some(format!("mode {:04o}, of {}:{}", facts.mode, facts.uid, facts.gid)),
        }
    };
    Ok(subject.files().filter_map(|(path, facts)| Some((path.clone(), what(facts)?))).collect())
}

pub(crate) fn world_writable(subject: &Subject<'_>) -> Found {
    let nodes = subject.tree.nodes.iter().filter(|(_, node)| {
        let (facts, open) = (&node.facts, node.facts.mode & 0o002 != 0);
        open && match facts.what {
            What::Symlink(_) => false,
            What::Directory | What::Implied => facts.mode & STICKY == 0,
            What::File { .. } => true,
        }
    });
    Ok(nodes.map(|(path, node)| (path.clone(), format!("mode {:04o}", node.facts.mode))).collect())
}

pub(crate) fn unknown_owner(subject: &Subject<'_>) -> Found {
    let ids = |path: &str| -> Option<BTreeSet<u32>> {
        let text = subject.text(path)?;
        Some(text.lines().filter_map(|line| line.split(':').nth(2)?.parse().ok()).collect())
    };
    let (Some(users), Some(groups)) = (ids("etc/passwd"), ids("etc/group")) else {
        return Err("the image has no /etc/passwd or no /etc/group".to_owned());
    };
    let what = |facts: &sage_oci_delta::Facts| {
        let user = (!users.contains(&facts.uid)).then(|| format!("no user is {}", facts.uid));
        user.or_else(|| (!groups.contains(&facts.gid)).then(|| format!("no group is {}", facts.gid)))
    };
    let nodes = subject.tree.nodes.iter();
    Ok(nodes.filter_map(|(path, node)| Some((path.clone(), what(&node.facts)?))).collect())
}

pub(crate) fn dangling_link(subject: &Subject<'_>) -> Found {
    let mut found = Vec::new();
    for (path, node) in &subject.tree.nodes {
        let What::Symlink(target) = &node.facts.what else { continue };
        let leads = path.target(target);
        let made_later = leads.as_ref().is_some_and(|to| {
            let first = to.components().next().unwrap_or_default();
            AT_START.contains(&first) || to.as_str().starts_with("var/run/")
        });
        if !made_later && subject.find(path.as_str()).is_none() {
            found.push((path.clone(), format!("leads to {target}")));
        }
    }
    Ok(found)
}
