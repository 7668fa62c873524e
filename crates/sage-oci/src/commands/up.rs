use super::load::{import, references};
use super::{build, doctor, runtime, smoke};
use crate::context::Context;
use crate::{Failure, cli};
use sage_oci_engine::Engine;

/// `up`: everything from nothing. The image's names move only after every check is green.
pub fn run(context: &Context, options: &cli::Up) -> Result<(), Failure> {
    let printer = context.printer;
    let locked = context.locked(&options.target)?;
    let selection = smoke::selection(context, &locked, None)?;
    doctor::prepare(printer, options.yes)?;

    let built = build::realise(context, &locked, &options.building, None)?;
    let image = build::open(&built, &locked)?;
    let digest = image.descriptor.digest.sha256().hex();
    let candidate = format!("{}:candidate-{}", locked.image.name, &digest[..12]);
    let tags = locked.tags();

    let report = runtime()?.block_on(async {
        let engine = Engine::connect().await?;
        let work = async {
            for reference in references(std::slice::from_ref(&candidate))? {
                import(printer, &engine, &built.folder, locked.lock.architecture, &reference).await?;
            }
            Ok(())
        };
        super::load::unless_interrupted(work).await?;
        let report = smoke::test(printer, &engine, &candidate, &selection, options.reports.smoke_jobs).await?;
        if report.is_good() {
            for reference in references(&tags)? {
                import(printer, &engine, &built.folder, locked.lock.architecture, &reference).await?;
            }
            for reference in references(std::slice::from_ref(&candidate))? {
                engine.untag(&reference).await?;
            }
        }
        Ok::<_, Failure>(report)
    })?;
    smoke::write_reports(&report, &options.reports)?;
    if !report.is_good() {
        printer.note(format_args!("hint: the image is kept as {candidate}; its other names were not moved"));
        return Err(Failure::NotFine);
    }

    // `latest` is what the engine takes where no tag is said.
    let short = tags.iter().find_map(|tag| tag.strip_suffix(":latest"));
    let name = short.or(tags.first().map(String::as_str)).unwrap_or_default();
    printer.step("Ready", format_args!("{}  {}", tags.join("  "), image.descriptor.digest));
    printer.note("start it:");
    printer.result(format_args!("docker run --rm -it {name}"));
    Ok(())
}
