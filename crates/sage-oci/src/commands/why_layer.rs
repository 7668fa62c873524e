use super::build;
use crate::context::{self, Context, Locked};
use crate::{Failure, cli};
use sage_oci_layer::ContentEntry;
use sage_oci_lock::Lock;
use sage_oci_names::{LayerName, PackageName, StorePath};
use sage_oci_produce::Plan;
use sage_oci_store::Nix;
use sage_oci_tree::ImagePath;
use serde::Serialize;

/// What `why-layer --json` prints.
#[derive(Serialize)]
struct Report {
    format: u64,
    layer: LayerName,
    /// From 1, the lowest.
    position: usize,
    layers: usize,
    derivation: StorePath,
    output: StorePath,
    #[serde(skip_serializing_if = "Option::is_none")]
    package: Option<Package>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<ContentEntry>,
}

#[derive(Serialize)]
struct Package {
    name: PackageName,
    version: String,
    source: String,
    /// The commit that brought this version into this layer; none where git does not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
}

/// `why-layer`: the layer of a package or of a path, the derivation that makes it, and since when.
pub fn run(context: &Context, options: &cli::WhyLayer) -> Result<(), Failure> {
    let locked = context.locked(&options.target)?;
    let nix = context::nix(&cli::Building::default())?;
    let plan = context.plan(&nix, &locked)?;
    let report = match options.subject.strip_prefix('/') {
        Some(_) => of_path(context, &locked, &nix, &plan, &options.subject)?,
        None => of_package(context, &locked, &plan, &options.subject)?,
    };
    if options.json {
        return context.printer.json(&report);
    }
    let printer = context.printer;
    printer
        .result(format_args!("layer       {}, {} of {} from the bottom", report.layer, report.position, report.layers));
    if let Some(package) = &report.package {
        printer
            .result(format_args!("package     {} {}, from source {}", package.name, package.version, package.source));
        printer.result(format_args!(
            "since       {}",
            package.since.as_deref().unwrap_or("not committed, or not a git checkout")
        ));
    } else {
        printer.result("package     none: the path is generated");
    }
    printer.result(format_args!("derivation  {}", report.derivation));
    printer.result(format_args!("output      {}", report.output));
    Ok(())
}

fn of_package(context: &Context, locked: &Locked, plan: &Plan, subject: &str) -> Result<Report, Failure> {
    let name: PackageName = subject.parse().map_err(|error| {
        Failure::new(
            format_args!("`{subject}` is neither a path nor a package: {error}"),
            Some("a path begins with `/`".to_owned()),
        )
    })?;
    let Some(package) = locked.lock.packages.iter().find(|package| package.name == name) else {
        let hint = format!("`sage-oci why {name}` says whether it was left out");
        return Err(Failure::new(
            format_args!("channel `{}` has no package `{name}`", locked.lock.channel),
            Some(hint),
        ));
    };
    report(context, locked, plan, &package.layer, Some(&name), None)
}

fn of_path(context: &Context, locked: &Locked, nix: &Nix, plan: &Plan, path: &str) -> Result<Report, Failure> {
    build::realise_contents(context, nix, plan)?;
    let mut path = ImagePath::anchored(path)
        .map_err(|error| Failure::new(format_args!("`{path}` cannot be a path in an image: {error}"), None))?;
    // A merged-/usr image has links at the root: `/bin/sh` lies in `usr/bin`.
    let top = path.components().next().unwrap_or_default();
    if path.depth() > 1 && ["bin", "lib", "lib64", "sbin"].contains(&top) {
        path = ImagePath::parse("usr").unwrap_or_default().join(&path);
    }
    // The topmost layer that has it is the one whose bytes are seen.
    for layer in plan.layers().into_iter().rev() {
        let Some(contents) = &layer.handle.contents else { continue };
        let contents = context::contents(nix, contents)?;
        if let Some(entry) = contents.entries.into_iter().find(|entry| entry.path == path) {
            let package = entry.package.clone();
            return report(context, locked, plan, layer.name, package.as_ref(), Some(entry));
        }
    }
    let hint =
        "generated at run time, in an excluded folder, or misspelt; `docker run --rm IMAGE ls` shows what is there"
            .to_owned();
    Err(Failure::new(format_args!("no layer of `{}` holds /{path}", locked.image.name), Some(hint)))
}

fn report(
    context: &Context,
    locked: &Locked,
    plan: &Plan,
    name: &LayerName,
    package: Option<&PackageName>,
    entry: Option<ContentEntry>,
) -> Result<Report, Failure> {
    let layers = plan.layers();
    let Some(position) = layers.iter().position(|layer| layer.name == name) else {
        let hint = format!("image `{}` has no such layer; another image of this lock has", locked.image.name);
        return Err(Failure::new(format_args!("it lies in layer `{name}`"), Some(hint)));
    };
    let package = package.and_then(|name| locked.lock.packages.iter().find(|package| package.name == *name));
    let package = package.map(|package| {
        let path = context.project.lock_path(&locked.lock.channel, locked.lock.architecture);
        let same = |text: &str| {
            Lock::parse(text).is_ok_and(|old| {
                old.packages.iter().any(|old| {
                    (&old.name, &old.version, &old.layer) == (&package.name, &package.version, &package.layer)
                })
            })
        };
        let since = context.project.since(&path, same);
        Package {
            name: package.name.clone(),
            version: package.version.to_string(),
            source: package.source.to_string(),
            since: since.map(|since| format!("{} (commit {})", since.date, since.commit)),
        }
    });
    let handle = layers[position].handle;
    Ok(Report {
        format: 1,
        layer: name.clone(),
        position: position + 1,
        layers: layers.len(),
        derivation: handle.derivation.clone(),
        output: handle.out.clone(),
        package,
        entry,
    })
}
