use super::{build, load};
use crate::cli;
use crate::runtime::runtime;
use crate::{Failure, Printer, builder};
use crate::{context, machine};
use sage_oci_engine::Engine;
use sage_oci_image::Image;
use sage_oci_layout::LayoutDir;
use sage_oci_names::StorePath;
use sage_oci_produce::ClosurePlan;
use sage_oci_recipe::ClosureImage;
use sage_oci_store::Nix;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// `closure`: an image of store paths and everything they need. Prints the layout's store path, the manifest digest, or
/// the names that the image has in the engine.
pub fn run(options: &cli::Closure, asked: Option<&StorePath>, printer: Printer) -> Result<(), Failure> {
    let begun = Instant::now();
    let nix = context::nix(&options.building)?;
    let image = image(options, &nix)?;
    let contents = contents(options, &nix)?;
    let builder = builder::in_store(&nix, asked)?;
    let plan = ClosurePlan::make(&nix, &image, &contents, machine::machine()?, builder)?;
    let done = build::watched(printer, &nix, options.building.timings, |observer| plan.realise(&nix, observer))?;
    let own = format!("closures/{}-{}", image.name, image.architecture);
    build::keep(&nix, plan.image(), &own, options.out_link.as_deref(), done)?;
    if done {
        printer.step("Built", format_args!("{} in {:.1} s", plan.image(), begun.elapsed().as_secs_f64()));
    }
    let folder = nix.real_path(plan.image());
    if options.load {
        let usual = || vec![format!("{}:latest", image.name)];
        let names = load::references(&if options.tag.is_empty() { usual() } else { options.tag.clone() })?;
        runtime()?.block_on(async {
            let engine = Engine::connect().await?;
            load::import_and_name(printer, &engine, Arc::new(LayoutDir::open(&folder)?), image.architecture, &names)
                .await
        })?;
        names.iter().for_each(|name| printer.result(name));
    } else if options.digest {
        printer.result(Image::open(&LayoutDir::open(&folder)?, image.architecture)?.descriptor.digest);
    } else {
        printer.result(plan.image());
    }
    Ok(())
}

/// What is asked for: the file's options, and those of the command line over them.
fn image(options: &cli::Closure, nix: &Nix) -> Result<ClosureImage, Failure> {
    let architecture = machine::architecture(options.arch)?;
    let mut image = match &options.config {
        Some(file) => from_file(file, options, architecture)?,
        None => ClosureImage::new(options.name.clone(), architecture),
    };
    let paths =
        |list: &[std::path::PathBuf]| list.iter().map(|path| store_path(nix, path)).collect::<Result<Vec<_>, _>>();
    image.copy_to_root.extend(paths(&options.copy_to_root)?);
    if let Some(base) = &options.from_image {
        image.from_image = Some(store_path(nix, base)?);
    }
    for (given, own) in [(&options.cmd, &mut image.config.cmd), (&options.entrypoint, &mut image.config.entrypoint)] {
        if !given.is_empty() {
            own.clone_from(given);
        }
    }
    image.config.env.extend(options.env.iter().cloned());
    image.max_layers = options.max_layers.unwrap_or(image.max_layers);
    Ok(image)
}

fn from_file(
    file: &Path,
    options: &cli::Closure,
    architecture: sage_oci_names::Architecture,
) -> Result<ClosureImage, Failure> {
    let fail = |error: serde_json::Error| {
        let hint = "the keys are those of `lib.closureImage`; nix/README.md lists them".to_owned();
        Failure::new(format_args!("cannot read the options in `{}`: {error}", file.display()), Some(hint))
    };
    let mut given: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&sage_oci_files::read(file)?).map_err(fail)?;
    given.insert("name".to_owned(), options.name.to_string().into());
    if options.arch.is_some() || !given.contains_key("architecture") {
        given.insert("architecture".to_owned(), architecture.to_string().into());
    }
    serde_json::from_value(given.into()).map_err(fail)
}

/// The paths of the command line and of the list.
fn contents(options: &cli::Closure, nix: &Nix) -> Result<Vec<StorePath>, Failure> {
    let mut all = options.paths.iter().map(|path| store_path(nix, path)).collect::<Result<Vec<_>, _>>()?;
    if let Some(list) = &options.paths_from {
        let text = if list == Path::new("-") {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .map_err(|error| Failure::new(format_args!("cannot read standard input: {error}"), None))?;
            text
        } else {
            sage_oci_files::read_to_string(list)?
        };
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            all.push(store_path(nix, Path::new(line))?);
        }
    }
    if all.is_empty() && options.copy_to_root.is_empty() && options.config.is_none() {
        let hint = "name store paths, or give a list with `--paths-from`".to_owned();
        return Err(Failure::new("there is nothing to make an image of", Some(hint)));
    }
    Ok(all)
}

/// The store path that a path is, lies in, or leads to, as `./result` does.
fn store_path(nix: &Nix, path: &Path) -> Result<StorePath, Failure> {
    let store = Path::new(nix.store_dir().as_str());
    let inside = if path.starts_with(store) { path.to_owned() } else { sage_oci_files::real_path(path)? };
    let top = inside.strip_prefix(store).ok().and_then(|rest| rest.components().next());
    let parsed = top.and_then(|top| StorePath::parse(&store.join(top).to_string_lossy()).ok());
    parsed.ok_or_else(|| {
        Failure::new(
            format_args!("`{}` is no store path and does not lead to one", path.display()),
            Some(format!("add it first: `nix-store --add {}`", path.display())),
        )
    })
}
