use crate::context::Context;
use crate::{Failure, cli};
use sage_oci_names::{Architecture, ChannelName};
use sage_oci_project::{Document, ProjectError};

/// `recipe`: writes what the flake reads, or says what of it is out of date.
pub fn run(context: &Context, options: &cli::Recipe) -> Result<(), Failure> {
    let project = &context.project;
    let mut documents = vec![project.list_of_images()?];
    for channel in project.channels()? {
        match project.locked_architectures(&channel.name) {
            Ok(architectures) => {
                for architecture in architectures {
                    documents.push(project.recipe(&channel.name, architecture)?);
                }
            }
            // A channel may be there before its first lock.
            Err(ProjectError::NoLock { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let mut stale = Vec::new();
    for document in documents {
        if project.written(&document)?.as_ref() != Some(&document.text) {
            stale.push(document);
        }
    }
    if options.check {
        for document in &stale {
            context.printer.result(format_args!("{} is out of date", document.name));
        }
        if stale.is_empty() {
            return Ok(());
        }
        context.printer.note("hint: write them again with `sage-oci recipe`, and commit them");
        return Err(Failure::NotFine);
    }
    for document in &stale {
        write(context, document)?;
        context.printer.result(context.project.document_path(document).display());
    }
    Ok(())
}

/// Writes the recipe of one lock, and the list of images; `lock` has its own result.
pub fn of_lock(context: &Context, channel: &ChannelName, architecture: Architecture) -> Result<(), Failure> {
    write(context, &context.project.list_of_images()?)?;
    write(context, &context.project.recipe(channel, architecture)?)
}

fn write(context: &Context, document: &Document) -> Result<(), Failure> {
    let path = context.project.document_path(document);
    if let Some(folder) = path.parent() {
        sage_oci_files::create_dir_all(folder)?;
    }
    Ok(sage_oci_files::write_atomic(&path, document.text.as_bytes())?)
}
