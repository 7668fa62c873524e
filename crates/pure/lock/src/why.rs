use crate::{Lock, Omitted, Reason};
use sage_oci_names::{LayerName, PackageName};
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};

/// Why a package is in the lock, or why it is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Why {
    /// The package.
    pub package: PackageName,
    /// Its version.
    pub version: String,
    /// Its layer; `None` for a package that is left out.
    pub layer: Option<LayerName>,
    /// The definition's reason, for a package that is left out.
    pub left_out: Option<String>,
    /// Packages that depend on it directly, sorted.
    pub needed_by: Vec<PackageName>,
    /// The shortest chain from each wanted package that needs it, and from each Essential one where no wanted one does.
    /// A chain begins with that package and ends with this one.
    pub chains: Vec<Vec<PackageName>>,
}

impl Lock {
    /// Explains a package; `None` if the lock does not have it, nor leaves it out.
    pub fn why(&self, name: &PackageName) -> Option<Why> {
        if let Some(omitted) = self.omitted.iter().find(|omitted| omitted.name == *name) {
            return Some(self.why_omitted(omitted));
        }
        let package = self.packages.iter().find(|package| package.name == *name)?;
        let needed_by =
            self.packages.iter().filter(|other| other.depends.contains(name)).map(|other| other.name.clone()).collect();
        Some(Why {
            package: name.clone(),
            version: package.version.to_string(),
            layer: Some(package.layer.clone()),
            left_out: None,
            needed_by,
            chains: self.chains(name),
        })
    }

    fn why_omitted(&self, omitted: &Omitted) -> Why {
        let mut chains = Vec::new();
        for by in &omitted.wanted_by {
            chains.extend(self.chains(by).into_iter().map(|mut chain| {
                chain.push(omitted.name.clone());
                chain
            }));
        }
        Why {
            package: omitted.name.clone(),
            version: omitted.version.to_string(),
            layer: None,
            left_out: Some(omitted.reason.clone()),
            needed_by: omitted.wanted_by.clone(),
            chains,
        }
    }

    fn chains(&self, name: &PackageName) -> Vec<Vec<PackageName>> {
        let next = self.towards(name);
        let from = |reason: &Reason| -> Vec<Vec<PackageName>> {
            let roots = self.packages.iter().filter(|package| package.reason == *reason);
            roots.filter_map(|root| follow(&next, &root.name)).collect()
        };
        let chains = from(&Reason::Wanted);
        if chains.is_empty() { from(&Reason::Essential) } else { chains }
    }

    /// For each package that needs `target`: the next one on its shortest way there, the first by name among equals.
    fn towards<'a>(&'a self, target: &'a PackageName) -> BTreeMap<&'a PackageName, Option<&'a PackageName>> {
        let mut users: BTreeMap<&PackageName, Vec<&PackageName>> = BTreeMap::new();
        for package in &self.packages {
            for depend in &package.depends {
                users.entry(depend).or_default().push(&package.name);
            }
        }
        let mut next = BTreeMap::from([(target, None)]);
        let mut open = VecDeque::from([target]);
        while let Some(at) = open.pop_front() {
            for user in users.get(at).into_iter().flatten() {
                if !next.contains_key(user) {
                    next.insert(user, Some(at));
                    open.push_back(user);
                }
            }
        }
        next
    }
}

fn follow(next: &BTreeMap<&PackageName, Option<&PackageName>>, root: &PackageName) -> Option<Vec<PackageName>> {
    let mut chain = vec![root.clone()];
    let mut at = next.get(root)?;
    while let Some(name) = at {
        chain.push((*name).clone());
        at = next.get(name)?;
    }
    Some(chain)
}

impl Why {
    /// Lines for people.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        match (&self.layer, &self.left_out) {
            (Some(layer), _) => lines.push(format!("{} {} in layer {layer}", self.package, self.version)),
            (None, reason) => {
                let reason = reason.as_deref().unwrap_or_default();
                lines.push(format!("{} {} is left out: {reason}", self.package, self.version));
            }
        }
        for chain in &self.chains {
            let names: Vec<&str> = chain.iter().map(PackageName::as_str).collect();
            lines.push(match names.len() {
                1 => "  asked for".to_owned(),
                _ => format!("  {}", names.join(" -> ")),
            });
        }
        if !self.needed_by.is_empty() {
            let names: Vec<&str> = self.needed_by.iter().map(PackageName::as_str).collect();
            lines.push(format!("  needed by {}", names.join(", ")));
        }
        lines
    }
}
