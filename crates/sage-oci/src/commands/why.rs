use crate::Failure;
use crate::cli;
use crate::context::Context;

/// `why`: the chains that bring a package in.
pub fn run(context: &Context, options: &cli::Why) -> Result<(), Failure> {
    let channel = match &options.channel {
        Some(channel) => channel.clone(),
        None => context.project.default_channel()?,
    };
    let lock = context.project.lock(&channel, options.arch)?;
    let Some(why) = lock.why(&options.package) else {
        let message =
            format!("channel `{channel}` has no package `{}`, and leaves none of that name out", options.package);
        return Err(Failure::new(message, None));
    };
    if options.json {
        context.printer.json(&why)
    } else {
        why.lines().iter().for_each(|line| context.printer.result(line));
        Ok(())
    }
}
