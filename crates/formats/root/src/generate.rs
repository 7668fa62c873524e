//! Layers of files that no package ships: what maintainer scripts would have made.
//!
//! Each kind is a pure function of what is installed and what the effects say, in a file of its own; here they are given
//! their inputs.

use crate::packaged::Packaged;
use crate::{Below, Filter, Item, Owners, Packages};
use crate::{alternatives, certificates, configuration, dpkg, files, ldcache, merge, users};
use sage_oci_step::{GenerateKind, GenerateStep};
use std::collections::BTreeMap;

/// What a step's layer is made of.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Generated {
    /// The files, links and directories, sorted by path; no path comes twice.
    pub items: Vec<Item>,
    /// What a person should know of them, one line each.
    pub notes: Vec<String>,
}

/// Makes the files of a [`GenerateStep`]'s layer.
///
/// `below` is what the step's lists of contents say; of the step's own paths none is read.
///
/// # Errors
///
/// What effects and packages say cannot be brought together ([`RootError`](crate::RootError)), or an archive cannot be read.
pub fn generate<P: Packages>(step: &GenerateStep, below: &Below, packages: P) -> Result<Generated, P::Error> {
    let mut notes = Vec::new();
    let items = make(step, below, &mut Packaged::new(packages), &mut notes)?;
    Ok(Generated { items: merge::merge(items, &below.installed)?, notes })
}

fn make<P: Packages>(
    step: &GenerateStep,
    below: &Below,
    packaged: &mut Packaged<P>,
    notes: &mut Vec<String>,
) -> Result<Vec<Item>, P::Error> {
    let installed = &below.installed;
    let owners = Owners::new(&step.users, &step.groups);
    match &step.generate {
        GenerateKind::Users { user, sudo } => {
            let skeleton = users::skeleton(installed);
            packaged.load(installed, &skeleton)?;
            let read = |path: &str| packaged.get(path).map(<[u8]>::to_vec);
            Ok(users::users(user, *sudo, step.sealing.epoch, &step.effects, installed, read)?)
        }
        GenerateKind::Alternatives => {
            let filter = Filter::new(&step.exclude, &step.include)?;
            Ok(alternatives::alternatives(&step.effects, installed, &filter)?)
        }
        GenerateKind::LdCache => {
            let made = ldcache::ld_cache(step.architecture, below, packaged)?;
            notes.extend(made.notes);
            Ok(made.items)
        }
        GenerateKind::Certificates => {
            let paths = certificates::shipped(installed);
            packaged.load(installed, &paths)?;
            let mut texts = BTreeMap::new();
            for path in paths {
                let text = packaged.text(&path)?.to_owned();
                texts.insert(path, text);
            }
            Ok(certificates::certificates(&texts)?)
        }
        GenerateKind::Configuration => {
            let mut items = configuration::configuration(&step.effects, installed, owners, packaged)?;
            for (path, node) in &below.disputed {
                items.push(Item::directory(path.as_str(), node.mode)?.owned(node.uid, node.gid));
            }
            Ok(items)
        }
        GenerateKind::Dpkg { automatic, omitted, sources } => {
            below.verify()?;
            dpkg::check_diversions(&step.effects, installed)?;
            let input = dpkg::Input {
                architecture: step.architecture,
                packages: &below.packages,
                effects: &step.effects,
                automatic,
                omitted,
                sources,
                exclude: &step.exclude,
                include: &step.include,
            };
            Ok(dpkg::dpkg(&input)?)
        }
        GenerateKind::Files { files } => files::files(files, owners, installed, packaged),
    }
}
