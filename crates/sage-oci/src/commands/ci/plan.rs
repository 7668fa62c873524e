use super::job::Job;
use crate::architectures::Architectures;
use crate::context::Context;
use crate::machine::machine;
use crate::{Failure, cli, registries};
use sage_oci_credentials::Purpose;
use sage_oci_names::{Architecture, ChannelName, ImageName, Reference};
use sage_oci_pipeline::{Called, Config, Has, Plan, Service, Surroundings, plan};
use sage_oci_registry::Repository;
use std::collections::{BTreeMap, BTreeSet};

/// Where GitHub puts what has happened, as JSON.
const EVENT: &str = "GITHUB_EVENT_PATH";
/// The project's file.
const CONFIG: &str = "nix/ci.toml";
/// What a project without one gets.
const NOBODYS: &str = "format = 1\nproject = []\n[refs]\n";

/// What this job does, by its surroundings, the project's file and what is asked for; and what the service calls the commit.
pub fn make(context: &Context, options: &cli::Ci) -> Result<(Plan, Option<Called>), Failure> {
    // As a person would see it: an address may have a password.
    let revision = options.source.sage.as_deref().map(sage_oci_revision::parse).transpose()?;
    let environment: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let mut surroundings = Surroundings::of(&environment)?;
    if let Some(path) = environment.get(EVENT).filter(|path| !path.is_empty()) {
        surroundings = surroundings.with_event(&sage_oci_files::read_to_string(path)?)?;
    }
    let config = config(context)?;
    let channels = channels(context, options)?;
    let mut has = Has {
        credentials: true,
        repository: options.repository.clone().filter(|prefix| !prefix.is_empty()),
        images: images(context, options)?,
        channels,
        architectures: architectures(context, options)?,
        revision: revision.map(|wanted| wanted.to_string()),
    };
    // Where they would go with credentials, and whether there are any for that place.
    let wished = plan(&surroundings, &config, &has)?;
    has.credentials = match wished.push.first() {
        Some(destination) => {
            let reference = Reference::parse(&destination.repository)?;
            let place = Repository::of(&reference, options.registry.plain_http);
            // At home, a registry on this machine may want none; where it does, it says so.
            surroundings.service == Service::Home && place.is_local()
                || registries::credential(&place, Purpose::Target)?.is_some()
        }
        None => true,
    };
    Ok((plan(&surroundings, &config, &has)?, surroundings.called()))
}

/// The project's file; a project without one is nobody's: its refs have at most a tag of their own.
fn config(context: &Context) -> Result<Config, Failure> {
    let path = context.project.root().join(CONFIG);
    match sage_oci_files::read_to_string(&path) {
        Ok(text) => Ok(Config::parse(CONFIG, &text)?),
        Err(error) if error.is_not_found() => Ok(Config::parse(CONFIG, NOBODYS)?),
        Err(error) => Err(error.into()),
    }
}

fn images(context: &Context, options: &cli::Ci) -> Result<Vec<ImageName>, Failure> {
    let all: Vec<ImageName> = context.project.images()?.into_iter().flat_map(|image| image.names()).collect();
    if options.images.is_empty() {
        return Ok(all);
    }
    if let Some(unknown) = options.images.iter().find(|name| !all.contains(name)) {
        let names = all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        return Err(Failure::new(
            format_args!("there is no image `{unknown}`"),
            Some(format!("the images are {names}")),
        ));
    }
    Ok(options.images.clone())
}

fn channels(context: &Context, options: &cli::Ci) -> Result<Vec<ChannelName>, Failure> {
    if let Some(channel) = &options.channel {
        return Ok(vec![context.project.channel(channel)?.name]);
    }
    let mut locked = Vec::new();
    for channel in context.project.channels()? {
        if !context.project.locked_architectures(&channel.name)?.is_empty() {
            locked.push(channel.name);
        }
    }
    Ok(locked)
}

fn architectures(context: &Context, options: &cli::Ci) -> Result<Vec<Architecture>, Failure> {
    match &options.arch {
        None => Ok(vec![machine()?]),
        Some(Architectures::These(these)) => Ok(these.clone()),
        Some(Architectures::All) => {
            let mut all = BTreeSet::new();
            for channel in channels(context, options)? {
                all.extend(context.project.locked_architectures(&channel)?);
            }
            Ok(all.into_iter().collect())
        }
    }
}

/// What is built: each image in each of its channels that has a lock, for each architecture. Of a revision of the source there are images
/// in some channels only: the others are left out, unless one was named.
pub fn targets(job: &Job<'_>) -> Result<Vec<cli::Target>, Failure> {
    let Job { context, options, plan, called, .. } = job;
    let source = cli::Source { called: called.clone(), ..options.source.clone() };
    let (mut all, mut left_out) = (Vec::new(), Vec::new());
    for definition in context.project.images()? {
        for name in definition.names().into_iter().filter(|name| plan.images.contains(name)) {
            for channel in definition.channels().into_iter().filter(|channel| plan.channels.contains(channel)) {
                let locked = context.project.locked_architectures(&channel)?;
                let takes = source.sage.is_none() || definition.resolve(&name, &channel)?.upstream.is_some();
                for architecture in plan.architectures.iter().filter(|one| locked.contains(one)) {
                    let (channel, arch) = (Some(channel.clone()), Some(Architectures::These(vec![*architecture])));
                    let choice = cli::Choice { channel, arch, source: source.clone(), ..cli::Choice::default() };
                    if takes { &mut all } else { &mut left_out }.push(choice.of(name.clone()));
                }
            }
        }
    }
    if all.is_empty() || options.channel.is_some() {
        // To be told why not.
        all.append(&mut left_out);
    }
    match all.is_empty() {
        true => Err(Failure::new("there is nothing to build: no image has a lock for what is asked", None)),
        false => Ok(all),
    }
}
