use crate::commands::lock_survey::{Display, with_survey};
use crate::commands::{lock_check, lock_sage, recipe};
use crate::context::Context;
use crate::{Failure, cli};
use sage_oci_archive::{LockRequest, Survey};

/// `lock`: writes locks, or compares.
pub fn run(context: &Context, options: &cli::Lock) -> Result<(), Failure> {
    if let Some(version) = &options.sage {
        return lock_sage::run(context, version.as_deref(), options);
    }
    let channels = match &options.channel {
        Some(name) => vec![context.project.channel(name)?],
        None => context.project.channels()?,
    };
    let mut differs = false;
    for channel in &channels {
        let path = options.output.clone().unwrap_or_else(|| context.project.lock_path(&channel.name, options.arch));
        if let Some(old) = &options.diff {
            let (old, new) = (context.project.read_lock(old)?, context.project.read_lock(&path)?);
            let diff = new.diff(&old);
            match options.json {
                true => context.printer.json(&diff)?,
                false => diff.lines().iter().for_each(|line| context.printer.result(line)),
            }
            continue;
        }
        let previous = match sage_oci_files::exists(&path)? {
            true => Some(context.project.read_lock(&path)?.into_lock()),
            false => None,
        };
        match (options.check, &previous) {
            (true, None) => {
                differs = true;
                lock_check::absent(context, channel, options, &path)?;
            }
            (true, Some(previous)) => {
                let check = |survey: Survey, request: &LockRequest<'_>, display: &Display<'_>| {
                    lock_check::compare(context, options, &path, previous, survey, request, display)
                };
                differs |= !with_survey(context, channel, options, Some(previous), check)?;
            }
            (false, _) => {
                let make = |survey: Survey, request: &LockRequest<'_>, display: &Display<'_>| {
                    Ok(survey.lock(request, display)?)
                };
                let lock = with_survey(context, channel, options, previous.as_ref(), make)?;
                sage_oci_files::write_atomic(&path, lock.to_text().as_bytes())?;
                let packages = lock.packages.len();
                context.printer.step("Locked", format_args!("{packages} packages in {} layers", lock.layers.len()));
                context.printer.result(path.display());
                if options.output.is_none() {
                    recipe::of_lock(context, &channel.name, options.arch)?;
                }
            }
        }
    }
    if differs { Err(Failure::NotFine) } else { Ok(()) }
}
