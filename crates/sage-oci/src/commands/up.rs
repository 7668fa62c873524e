use super::{build, doctor, emulation, load, local_names, smoke};
use crate::context::Context;
use crate::runtime::runtime;
use crate::{Failure, cli};
use sage_oci_definition::Resolved;
use sage_oci_engine::Engine;
use sage_oci_layout::LayoutDir;
use sage_oci_names::{EngineImage, Reference};
use std::sync::Arc;

/// `up`: everything from nothing. The image's names move only after every check is green, and forward only.
pub fn run(context: &Context, options: &cli::Up) -> Result<(), Failure> {
    let printer = context.printer;
    let locked = context.locked(&options.target)?;
    let wanted = smoke::Wanted { quick: options.quick, ..smoke::Wanted::default() };
    let mut selection = smoke::selection(context, &locked, wanted)?;
    doctor::prepare(printer, options.yes)?;

    let built = build::realise(context, &locked, &options.building, None)?;
    let image = build::open(&built, &locked)?;
    let names = locked.tags()?;
    let source = Arc::new(LayoutDir::open(&built.folder)?);

    let (kind, names, id) = runtime()?.block_on(async {
        let engine = Engine::connect().await?;
        let architecture = locked.lock.architecture;
        // It has no name until it is tested, so there is none to take off on any way out.
        let loaded = load::import(printer, &engine, source, architecture, &names).await?;
        let nameless = EngineImage::from(loaded.id);
        emulation::allow_for(printer, &engine, &nameless, architecture, &mut selection).await?;
        let name = names.first().map_or_else(|| nameless.to_string(), ToString::to_string);
        let subject = smoke::Tested { name: &name, image: &nameless };
        let report = smoke::test(printer, &engine, subject, &selection, &options.running).await?;
        smoke::conclude(printer, std::slice::from_ref(&report));
        // Before the names: whoever reads them moved finds the report that says why.
        smoke::write_reports(std::slice::from_ref(&report), &options.running)?;
        if !report.is_good() {
            let (client, id) = (engine.kind().client(), loaded.id);
            printer.note(format_args!(
                "hint: no name was moved; the image is kept without one: `{client} run --rm -it {id}` starts it, \
                 `{client} rmi {id}` removes it"
            ));
            return Err(Failure::NotFine);
        }
        let names = local_names::decide_in(&engine, &locked, &image, loaded.id).await?;
        names.stays.iter().for_each(|line| printer.note(line));
        load::name(printer, &engine, loaded.id, &names.given).await?;
        Ok::<_, Failure>((engine.kind(), names.given, loaded.id))
    })?;

    // `latest` is what the engine takes where no tag is said.
    let latest = names.iter().find(|name| name.tag() == Some("latest")).map(Reference::name);
    let texts: Vec<String> = names.iter().map(ToString::to_string).collect();
    let short = latest.or(texts.first().cloned()).unwrap_or_else(|| id.to_string());
    printer.step("Ready", format_args!("{}  {}", texts.join("  "), image.descriptor.digest));
    printer.note("start it:");
    printer.result(format_args!("{} run --rm -it {}{short}", kind.client(), published(&locked.image)));
    Ok(())
}

/// Options that publish the ports of an image whose own command serves them: of a variant, whose layers' image has another.
fn published(image: &Resolved) -> String {
    let ports = image.config.ports.iter().flatten().filter(|_| image.name != image.layers_of);
    ports.map(|port| port.split('/').next().unwrap_or(port)).map(|port| format!("-p {port}:{port} ")).collect()
}
