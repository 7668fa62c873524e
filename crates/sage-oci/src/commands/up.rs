use super::load::{import, references};
use super::{build, doctor, emulation, runtime, smoke};
use crate::context::Context;
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
    let digest = image.descriptor.digest.sha256().hex();
    let candidate = format!("{}:candidate-{}", locked.image.name, &digest[..12]);
    let candidates = references(std::slice::from_ref(&candidate))?;
    let tags = locked.tags();
    let names = references(&tags)?;

    let report = runtime()?.block_on(async {
        let engine = Engine::connect().await?;
        let loaded = import(printer, &engine, &built.folder, locked.lock.architecture, &candidates).await?;
        let architecture = locked.lock.architecture;
        emulation::allow_for(printer, &engine, &loaded.id, architecture, &mut selection).await?;
        let subject = smoke::Subject { name: &candidate, id: &loaded.id };
        let report = smoke::test(printer, &engine, subject, &selection, &options.running).await?;
        if report.is_good() {
            for name in &names {
                engine.tag(&loaded.id, name).await?;
            }
            for candidate in &candidates {
                engine.untag(candidate).await?;
            }
        }
        Ok::<_, Failure>(report)
    })?;
    smoke::conclude(printer, std::slice::from_ref(&report));
    smoke::write_reports(std::slice::from_ref(&report), &options.running)?;
    if !report.is_good() {
        printer.note(format_args!("hint: the image is kept as {candidate}; its other names were not moved"));
        return Err(Failure::NotFine);
    }

    // `latest` is what the engine takes where no tag is said.
    let short = tags.iter().find_map(|tag| tag.strip_suffix(":latest"));
    let name = short.or(tags.first().map(String::as_str)).unwrap_or_default();
    printer.step("Ready", format_args!("{}  {}", tags.join("  "), image.descriptor.digest));
    printer.note("start it:");
    printer.result(format_args!("docker run --rm -it {}{name}", published(&locked.image)));
    Ok(())
}

/// Options that publish the ports of an image whose own command serves them: of a variant, whose layers' image has another.
fn published(image: &Resolved) -> String {
    let ports = image.config.ports.iter().flatten().filter(|_| image.name != image.layers_of);
    ports.map(|port| port.split('/').next().unwrap_or(port)).map(|port| format!("-p {port}:{port} ")).collect()
}
