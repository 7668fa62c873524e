use crate::{Member, Options};
use sage_oci_names::{ImageName, LayerName, NameError, SourceName};
use std::collections::{BTreeMap, BTreeSet};

/// The packages that exactly the same images hold.
///
/// A layer never mixes tiers, so that an image that holds another's packages begins with the other's layers.
pub(crate) struct Tier {
    /// The images.
    pub(crate) images: BTreeSet<ImageName>,
    /// What stands before its layers' names; empty for the tier that all images share, unless they extend another one.
    prefix: String,
    /// Its sources.
    pub(crate) sources: BTreeMap<SourceName, Weight>,
}

/// What a source package brings to a tier.
#[derive(Default)]
pub(crate) struct Weight {
    /// KiB.
    pub(crate) size: u64,
    pub(crate) base: bool,
}

impl Tier {
    /// The layer of this tier that is called `name` there.
    pub(crate) fn layer(&self, name: &str) -> Result<LayerName, NameError> {
        LayerName::parse(&format!("{}{name}", self.prefix))
    }
}

/// The tiers, the most widely shared first.
pub(crate) fn tiers(members: &[Member], options: &Options) -> Vec<Tier> {
    let mut tiers: BTreeMap<&BTreeSet<ImageName>, BTreeMap<SourceName, Weight>> = BTreeMap::new();
    let all: BTreeSet<&ImageName> = members.iter().flat_map(|member| &member.images).collect();
    for member in members {
        let weight = tiers.entry(&member.images).or_default().entry(member.source.clone()).or_default();
        weight.size += member.installed_size;
        weight.base |= member.base;
    }
    let mut tiers: Vec<Tier> = tiers
        .into_iter()
        .map(|(images, sources)| {
            let names: Vec<&str> = images.iter().map(ImageName::as_str).collect();
            let prefix = match options.prefix(images.iter()) {
                Some(prefix) => prefix,
                None if images.len() == all.len() => String::new(),
                None => format!("{}.", names.join("+")),
            };
            Tier { images: images.clone(), prefix, sources }
        })
        .collect();
    tiers.sort_by(|a, b| b.images.len().cmp(&a.images.len()).then_with(|| a.images.cmp(&b.images)));
    tiers
}
