use super::load::{import, name, references};
use super::{build, doctor, emulation, smoke};
use crate::context::Context;
use crate::runtime::runtime;
use crate::{Failure, cli};
use sage_oci_definition::Resolved;
use sage_oci_engine::Engine;

/// `up`: everything from nothing. The image's names move only after every check is green.
pub fn run(context: &Context, options: &cli::Up) -> Result<(), Failure> {
    let printer = context.printer;
    let locked = context.locked(&options.target)?;
    let mut selection = smoke::selection(context, &locked, None)?;
    doctor::prepare(printer, options.yes)?;

    let built = build::realise(context, &locked, &options.building, None)?;
    let image = build::open(&built, &locked)?;
    let tags = locked.tags();
    let names = references(&tags)?;

    let kind = runtime()?.block_on(async {
        let engine = Engine::connect().await?;
        let architecture = locked.lock.architecture;
        // It has no name until it is tested, so there is none to take off on any way out.
        let loaded = import(printer, &engine, &built.folder, architecture, &names).await?;
        emulation::allow_for(printer, &engine, &loaded.id, architecture, &mut selection).await?;
        let subject = smoke::Subject { name: tags.first().unwrap_or(&loaded.id), id: &loaded.id };
        let report = smoke::test(printer, &engine, subject, &selection, &options.running).await?;
        smoke::conclude(printer, std::slice::from_ref(&report));
        // Before the names: whoever reads them moved finds the report that says why.
        smoke::write_reports(std::slice::from_ref(&report), &options.running)?;
        if !report.is_good() {
            let (client, id) = (engine.kind().client(), &loaded.id);
            printer.note(format_args!(
                "hint: no name was moved; the image is kept without one: `{client} run --rm -it {id}` starts it, \
                 `{client} rmi {id}` removes it"
            ));
            return Err(Failure::NotFine);
        }
        name(printer, &engine, &loaded.id, &names).await?;
        Ok::<_, Failure>(engine.kind())
    })?;

    // `latest` is what the engine takes where no tag is said.
    let short = tags.iter().find_map(|tag| tag.strip_suffix(":latest"));
    let short = short.or(tags.first().map(String::as_str)).unwrap_or_default();
    printer.step("Ready", format_args!("{}  {}", tags.join("  "), image.descriptor.digest));
    printer.note("start it:");
    printer.result(format_args!("{} run --rm -it {}{short}", kind.client(), published(&locked.image)));
    Ok(())
}

/// Options that publish the ports of an image whose own command serves them: of a variant, whose layers' image has another.
fn published(image: &Resolved) -> String {
    let ports = image.config.ports.iter().flatten().filter(|_| image.name != image.layers_of);
    ports.map(|port| port.split('/').next().unwrap_or(port)).map(|port| format!("-p {port}:{port} ")).collect()
}
