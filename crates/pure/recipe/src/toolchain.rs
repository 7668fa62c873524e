//! The folder of packages that a commit's modules are compiled in.

use crate::packages::Packages;
use crate::tools::compilers;
use crate::view::view;
use crate::{Fetch, Graph, Job, LayerPackage, Node, RecipeError, RootStep, Step};
use sage_oci_definition::{Resolved, Upstream};
use sage_oci_effects::{Effect, OwnedEffect};
use sage_oci_lock::{Lock, LockedPackage, Reason};
use sage_oci_meson::Cross;
use sage_oci_names::{Architecture, PackageName};
use std::collections::{BTreeMap, BTreeSet};

/// Programs, libraries and headers to compile with.
#[derive(Debug, Clone)]
pub struct Toolchain {
    /// The fetches of its packages.
    pub fetches: Vec<Fetch>,
    /// The step that unpacks them.
    pub root: Node,
    /// Where they compile for another machine: the step that unpacks the target's libraries and headers, of which nothing runs.
    pub sysroot: Option<Node>,
}

/// Where the target's root is beside the one of the compilers.
pub const SYSROOT: &str = "/sysroot";

/// Whose packages compile.
#[derive(Debug, Clone, Copy)]
pub struct Tools<'a> {
    /// The lock of the machine that compiles.
    pub machine: &'a Lock,
    /// The image that has the compilers.
    pub image: &'a Resolved,
}

impl Tools<'_> {
    /// The compilers, where they are for another machine than the one that compiles.
    pub fn cross(&self, target: Architecture) -> Option<Cross> {
        (self.machine.architecture != target).then(|| Cross {
            machine: self.machine.architecture.triplet().to_owned(),
            target: target.triplet().to_owned(),
            sysroot: SYSROOT.to_owned(),
        })
    }
}

/// Adds the root that compiles what `upstream` describes for the lock's architecture.
///
/// It has what the image asks for by name, with everything that these packages depend on, and Debian's essential ones. The package
/// whose files a commit's take the place of is not among them, nor what depends on it: a compiler that found its files would take
/// them for the commit's. On a machine of another architecture it is that one's root, with the compilers that the lock pins for
/// there; the target's own lies beside it, for its libraries and headers.
///
/// # Errors
/// The lock and the definition do not fit together.
pub fn toolchain(
    graph: &mut Graph,
    lock: &Lock,
    tools: Tools<'_>,
    upstream: &Upstream,
) -> Result<Toolchain, RecipeError> {
    let Tools { machine, image } = tools;
    let name = |what: &str, lock: &Lock| format!("{what}-{}-{}", image.name, lock.architecture);
    let (mut fetches, mut step) = root(graph, machine, image, upstream)?;
    step.prepare = upstream.root.prepare.clone();
    let mut sysroot = None;
    if let Some((fetch, compilers)) = compilers(graph, lock, machine.architecture)? {
        let has = |package: &LayerPackage| step.packages.iter().any(|known| known.name == package.name);
        let missing: Vec<LayerPackage> = compilers.into_iter().filter(|package| !has(package)).collect();
        step.packages.extend(missing);
        step.packages.sort_by(|a, b| a.name.cmp(&b.name));
        fetches.push(fetch);
        let (of_target, target) = root(graph, lock, image, upstream)?;
        fetches.extend(of_target);
        sysroot = Some(graph.add(Job::new(name("sysroot", lock), Step::Root(target))));
    }
    let root = graph.add(Job::new(name("root", machine), Step::Root(step)));
    Ok(Toolchain { fetches, root, sysroot })
}

/// What unpacks the packages of one lock, and their fetches.
fn root(
    graph: &mut Graph,
    lock: &Lock,
    image: &Resolved,
    upstream: &Upstream,
) -> Result<(Vec<Fetch>, RootStep), RecipeError> {
    let view = view(lock, image)?;
    let names = chosen(&view, image, upstream);
    if let Some(package) = upstream.root.packages.iter().find(|name| !names.contains(*name)) {
        let why = "the root that compiles commits".to_owned();
        return Err(RecipeError::NoPackage { image: image.name.clone(), package: package.clone(), why });
    }
    let mut packages = Packages::new(&view, &image.name, BTreeMap::new());
    let layers: BTreeSet<_> =
        view.packages.iter().filter(|package| names.contains(&package.name)).map(|package| &package.layer).collect();
    let mut fetches = Vec::new();
    for layer in view.layers.iter().filter(|layer| layers.contains(&layer.name)) {
        let step = packages.fetch_step(&layer.name);
        let fetch = Fetch::add(graph, format!("debs-{}", layer.name), step, layer.fetch.nar_sha256);
        packages.fetches.insert(layer.name.clone(), fetch.node.clone());
        fetches.push(fetch);
    }
    let package = |package: &LockedPackage| {
        Ok(LayerPackage {
            name: package.name.clone(),
            archive: packages.archive(&package.name, "what compiles a commit")?,
            scripts: BTreeMap::new(),
            replaced: package.replaced.clone(),
        })
    };
    let chosen = view.packages.iter().filter(|package| names.contains(&package.name));
    let is_link =
        |owned: &&OwnedEffect| matches!(owned.effect, Effect::Alternative { .. }) && names.contains(&owned.package);
    let step = RootStep {
        packages: chosen.map(package).collect::<Result<_, RecipeError>>()?,
        effects: view.effects.iter().filter(is_link).cloned().collect(),
        exclude: upstream.root.exclude.clone(),
        include: upstream.root.include.clone(),
        links: upstream.root.links.clone(),
        prepare: Vec::new(),
    };
    Ok((fetches, step))
}

/// The names of the packages.
fn chosen(lock: &Lock, image: &Resolved, upstream: &Upstream) -> BTreeSet<PackageName> {
    let by_name: BTreeMap<&PackageName, &LockedPackage> =
        lock.packages.iter().map(|package| (&package.name, package)).collect();
    // The package and everything that leads to it.
    let mut kept_out = BTreeSet::from([&upstream.package]);
    loop {
        let leads = |package: &&LockedPackage| package.depends.iter().any(|name| kept_out.contains(name));
        let more: Vec<&PackageName> = lock
            .packages
            .iter()
            .filter(leads)
            .map(|package| &package.name)
            .filter(|name| !kept_out.contains(name))
            .collect();
        if more.is_empty() {
            break;
        }
        kept_out.extend(more);
    }
    let wanted = image.wanted.iter().map(|wanted| &wanted.value).chain(&upstream.root.packages);
    let essential =
        lock.packages.iter().filter(|package| package.reason == Reason::Essential).map(|package| &package.name);
    let mut open: Vec<&PackageName> = wanted.chain(essential).collect();
    let mut names = BTreeSet::new();
    while let Some(name) = open.pop() {
        let Some(package) = by_name.get(name).filter(|_| !kept_out.contains(name)) else { continue };
        if names.insert(name.clone()) {
            open.extend(&package.depends);
        }
    }
    names
}
