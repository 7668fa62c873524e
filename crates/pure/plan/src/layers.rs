use crate::rendezvous::bin;
use crate::tier::{Tier, tiers};
use crate::{Member, Options, PlanError};
use sage_oci_names::{ImageName, LayerName, SourceName};
use std::collections::{BTreeMap, BTreeSet};

/// The layers of an earlier plan and the sources that were assigned to each.
pub type Previous = BTreeMap<LayerName, BTreeSet<SourceName>>;

/// A layer of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Its name.
    pub name: LayerName,
    /// The source packages whose binary packages it holds.
    pub sources: BTreeSet<SourceName>,
    /// The images that have it.
    pub images: BTreeSet<ImageName>,
    /// Sum of the installed sizes, in KiB.
    pub size: u64,
}

/// The kinds of layers in the order in which they are stacked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Base,
    Bin(u16),
    Alone(SourceName),
    Newcomers,
    /// By its place in the definition.
    Payload(usize, SourceName),
}

impl Kind {
    fn name(&self) -> String {
        match self {
            Self::Base => "base".to_owned(),
            Self::Bin(number) => format!("tail-{number:02}"),
            Self::Newcomers => "newcomers".to_owned(),
            Self::Alone(source) | Self::Payload(_, source) => {
                let name = source.as_str();
                if is_taken(name) { format!("source-{name}") } else { name.to_owned() }
            }
        }
    }
}

/// Layers of an image that hold no packages: each has such a name, or one that begins so.
const GENERATED: [&str; 7] = ["users", "alternatives", "ld-cache", "certificates", "configuration", "files", "dpkg"];
const BESIDE: [&str; 3] = ["bytecode-", "wheel-", "source-"];

/// Whether another layer may have the name that a source package would give to its own.
fn is_taken(name: &str) -> bool {
    ["base", "newcomers"].contains(&name)
        || name.starts_with("tail-")
        || GENERATED.contains(&name)
        || BESIDE.iter().any(|prefix| name.starts_with(prefix))
}

/// Places every package: one layer for a source in each set of images that share it.
///
/// Layers come bottom first: `base`, the bins, sources that lie alone by name, newcomers, the payload in the given
/// order. With a previous plan every source stays where it was, and what is new goes to `newcomers`, payload
/// excepted. The answer does not depend on the order of `members`.
///
/// # Errors
/// A package without an image, a payload that nothing is built from.
pub fn plan(
    members: &[Member],
    payload: &[SourceName],
    previous: Option<&Previous>,
    options: &Options,
) -> Result<Vec<Planned>, PlanError> {
    if let Some(member) = members.iter().find(|member| member.images.is_empty()) {
        return Err(PlanError::Homeless { package: member.name.clone() });
    }
    if let Some(source) = payload.iter().find(|source| !members.iter().any(|member| member.source == **source)) {
        return Err(PlanError::NoSuchPayload { source_name: source.clone() });
    }
    let tiers = tiers(members, options);
    let mut alone_from = options.alone_from.max(1);
    loop {
        let mut layers = Vec::new();
        for tier in &tiers {
            layers.extend(place(tier, payload, previous, alone_from, options.bins)?);
        }
        // A plan that exists is not torn up because a package joined it.
        if previous.is_some() || fits(&layers, options.package_layers) || alone_from > u64::MAX / 2 {
            return Ok(layers);
        }
        alone_from *= 2;
    }
}

fn fits(layers: &[Planned], limit: usize) -> bool {
    let images: BTreeSet<&ImageName> = layers.iter().flat_map(|layer| &layer.images).collect();
    images.into_iter().all(|image| layers.iter().filter(|layer| layer.images.contains(image)).count() <= limit)
}

fn place(
    tier: &Tier,
    payload: &[SourceName],
    previous: Option<&Previous>,
    alone_from: u64,
    bins: u16,
) -> Result<Vec<Planned>, PlanError> {
    let mut kinds: BTreeMap<Kind, (BTreeSet<SourceName>, u64)> = BTreeMap::new();
    for (source, weight) in &tier.sources {
        let kind = match (payload.iter().position(|wanted| wanted == source), previous) {
            (Some(place), _) => Kind::Payload(place, source.clone()),
            (None, Some(previous)) => kept(tier, source, previous)?,
            (None, None) if weight.size >= alone_from => Kind::Alone(source.clone()),
            (None, None) if weight.base => Kind::Base,
            (None, None) => Kind::Bin(bin(source, bins)),
        };
        let (sources, size) = kinds.entry(kind).or_default();
        sources.insert(source.clone());
        *size += weight.size;
    }
    let mut layers = Vec::new();
    for (kind, (sources, size)) in kinds {
        layers.push(Planned { name: tier.layer(&kind.name())?, sources, images: tier.images.clone(), size });
    }
    Ok(layers)
}

/// Where a source was, as far as its layer's name still says so.
fn kept(tier: &Tier, source: &SourceName, previous: &Previous) -> Result<Kind, PlanError> {
    let was = |kind: &Kind| -> Result<bool, PlanError> {
        Ok(previous.get(&tier.layer(&kind.name())?).is_some_and(|sources| sources.contains(source)))
    };
    for kind in [Kind::Base, Kind::Alone(source.clone())] {
        if was(&kind)? {
            return Ok(kind);
        }
    }
    // The number of bins may have been another one; three digits are more than anyone will want.
    for number in 0..1000 {
        let kind = Kind::Bin(number);
        if was(&kind)? {
            return Ok(kind);
        }
    }
    Ok(Kind::Newcomers)
}
