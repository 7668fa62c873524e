//! Layers of files that no package ships: what maintainer scripts would have made.
//!
//! Each kind is a pure function of what is installed and what the effects say, in a file of its own; here they are given
//! their inputs, and what they make becomes a layer.

mod above;
mod alternatives;
mod certificates;
mod configuration;
mod dpkg;
mod files;
mod inputs;
mod ldcache;
mod merge;
mod pam;
mod subject_hash;
mod users;
mod xml;

use crate::filter::Filter;
use crate::log::megabytes;
use crate::output::LayerOutput;
use crate::owners::Owners;
use crate::packaged::Packaged;
use crate::{Item, Outputs, StepError};
use above::Difference;
pub(crate) use inputs::Below;
use sage_oci_step::{GenerateKind, GenerateStep};
use std::collections::BTreeMap;

/// Builds the layer of a [`GenerateStep`].
pub(crate) fn run(step: &GenerateStep, outputs: &Outputs, threads: usize) -> Result<(), StepError> {
    let below = Below::read(&step.contents)?;
    let items = merge::merge(generate(step, &below)?, &below.installed)?;
    let Difference { items, removed } = match &step.above {
        Some(above) => above::difference(items, above, &step.contents)?,
        None => Difference { items, removed: Vec::new() },
    };
    let mut output = LayerOutput::create(&step.name, &step.sealing, outputs, threads, Some(&below.installed))?;
    for item in &items {
        output.add_item(item, None)?;
    }
    for path in removed {
        output.remove(path)?;
    }
    let info = output.finish()?;
    eprintln!("layer {}: {} files, {}", step.name, items.len(), megabytes(info.size));
    Ok(())
}

fn generate(step: &GenerateStep, below: &Below) -> Result<Vec<Item>, StepError> {
    let installed = &below.installed;
    let owners = Owners::new(&step.users, &step.groups);
    let mut packaged = Packaged::new(&step.archives);
    match &step.generate {
        GenerateKind::Users { user, sudo } => {
            let skeleton = users::skeleton(installed);
            packaged.load(installed, &skeleton)?;
            let read = |path: &str| packaged.get(path).map(<[u8]>::to_vec);
            users::users(user, *sudo, step.sealing.epoch, &step.effects, installed, read)
        }
        GenerateKind::Alternatives => {
            let filter = Filter::new(&step.exclude, &step.include)?;
            alternatives::alternatives(&step.effects, installed, &filter)
        }
        GenerateKind::LdCache => ldcache::ld_cache(step.architecture, below, &mut packaged),
        GenerateKind::Certificates => {
            let paths = certificates::shipped(installed);
            packaged.load(installed, &paths)?;
            let mut texts = BTreeMap::new();
            for path in paths {
                let text = packaged.text(&path)?.to_owned();
                texts.insert(path, text);
            }
            certificates::certificates(&texts)
        }
        GenerateKind::Configuration => {
            let mut items = configuration::configuration(&step.effects, installed, owners, &mut packaged)?;
            for (path, node) in &below.disputed {
                items.push(Item::directory(path, node.mode)?.owned(node.uid, node.gid));
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
            dpkg::dpkg(&input)
        }
        GenerateKind::Files { files } => files::files(files, owners, installed, &mut packaged),
    }
}
