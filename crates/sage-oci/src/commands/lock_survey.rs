//! What making a lock and comparing one begin with.

use crate::context::Context;
use crate::downloads;
use crate::progress::{Meter, Unit};
use crate::{Failure, cli};
use sage_oci_archive::{
    ArchiveError, ImageRequest, LeftOut, LockRequest, Progress, SourceRequest, Step, SuiteRequest, Survey,
};
use sage_oci_census::Census;
use sage_oci_definition::{Archive, Channel, Image, Resolved, Source, Wheel};
use sage_oci_lock::Lock;
use sage_oci_names::{Architecture, PackageName};
use sage_oci_signature::Keyring;
use std::collections::BTreeSet;
use std::sync::Mutex;

/// Why what was begun with a survey has no end.
pub enum Trouble {
    Archive(ArchiveError),
    Other(Failure),
}

impl From<ArchiveError> for Trouble {
    fn from(error: ArchiveError) -> Self {
        Self::Archive(error)
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Other(failure)
    }
}

/// Reads the channel's signed indexes and goes on from there.
pub fn with_survey<T>(
    context: &Context,
    channel: &Channel,
    options: &cli::Lock,
    previous: Option<&Lock>,
    and_then: impl FnOnce(Survey, &LockRequest<'_>, &Display<'_>) -> Result<T, Trouble>,
) -> Result<T, Failure> {
    let project = &context.project;
    context.printer.step("Locking", format_args!("{} for {}: {}", channel.name, options.arch, channel.description));
    let texts = project.census()?;
    let census = Census::parse(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())))?;
    let images = images(context, channel)?;
    let request = LockRequest {
        channel: channel.name.clone(),
        suites: channel.suites.iter().map(|suite| suite_request(context, suite)).collect::<Result<_, _>>()?,
        architecture: options.arch,
        machines: match (options.build_on.is_empty(), previous) {
            (false, _) => options.build_on.clone(),
            (true, Some(previous)) => previous.interpreters.keys().chain(previous.compilers.keys()).copied().collect(),
            (true, None) => vec![Architecture::Amd64],
        },
        compilers: compilers(&images, options.arch),
        images: images.iter().map(image_request).collect(),
        census: &census,
        previous,
        accept_expired: options.accept_expired,
        allow_older: options.allow_older,
        now: now(),
        cache: sage_oci_files::cache_dir(),
        fetch: downloads::options(6),
    };
    let display = Display::new(context);
    let result =
        Survey::read(&request, &display).map_err(Trouble::from).and_then(|survey| and_then(survey, &request, &display));
    display.finish();
    result.map_err(|trouble| match trouble {
        Trouble::Archive(error) => locate(error, &images),
        Trouble::Other(failure) => failure,
    })
}

/// The images that the channel serves; variants have the same layers.
fn images(context: &Context, channel: &Channel) -> Result<Vec<Resolved>, Failure> {
    let mut all = Vec::new();
    for image in context.project.images()? {
        if Image::channels(&image).contains(&channel.name) {
            all.push(context.project.image(&image.name, Some(&channel.name))?);
        }
    }
    Ok(all)
}

/// Packages that compile commits of the images' projects for an architecture, on machines of other ones.
fn compilers(images: &[Resolved], target: Architecture) -> Vec<PackageName> {
    let named = images.iter().filter_map(|image| image.upstream.as_ref()?.root.cross.get(&target));
    named.flatten().cloned().collect::<BTreeSet<_>>().into_iter().collect()
}

/// Puts the place in the definition before an error about a package that somebody wrote there.
fn locate(error: ArchiveError, images: &[Resolved]) -> Failure {
    let of_package = matches!(error, ArchiveError::Resolve { .. });
    let failure = Failure::from(error);
    let Failure::Error { message, .. } = &failure else { return failure };
    let mut wanted = images.iter().flat_map(|image| &image.wanted);
    match wanted.find(|wanted| of_package && message.contains(&format!("`{}`", wanted.value))) {
        Some(wanted) => failure.at(format_args!("{}:{}", wanted.file, wanted.line)),
        None => failure,
    }
}

fn suite_request(context: &Context, suite: &sage_oci_definition::Suite) -> Result<SuiteRequest, Failure> {
    Ok(SuiteRequest {
        suite: suite.suite.clone(),
        components: suite.components.clone(),
        mirrors: suite.mirrors.clone(),
        snapshot: suite.snapshot.clone(),
        keyring: Keyring::from_armored(&context.project.keys(suite)?)?,
        security: suite.security,
    })
}

fn image_request(image: &Resolved) -> ImageRequest {
    ImageRequest {
        name: image.name.clone(),
        extends: image.extends.as_ref().map(|base| base.name.clone()),
        version_of: image.version_of.clone(),
        wanted: image.wanted.iter().map(|wanted| wanted.value.clone()).collect(),
        left_out: image
            .left_out
            .iter()
            .map(|out| LeftOut { names: out.names.clone(), except: out.except.clone(), reason: out.reason.clone() })
            .collect(),
        brought_back: image.brought_back.clone(),
        payload: image.payload.clone(),
        sources: archives(image).map(source_request).collect(),
    }
}

/// The archives beside the packages.
fn archives(image: &Resolved) -> impl Iterator<Item = Archive<'_>> {
    image.sources.iter().map(Source::archive).chain(image.wheels.iter().map(Wheel::archive))
}

fn source_request(archive: Archive<'_>) -> SourceRequest {
    SourceRequest {
        name: archive.name.to_owned(),
        roots: archive.roots(),
        file_name: archive.file_name().to_owned(),
        sha256: archive.sha256,
        size: archive.size,
    }
}

/// The time, to judge `Valid-Until` by; it does not reach the lock.
#[expect(clippy::disallowed_methods, reason = "whether an index is too old is a question to the clock")]
fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// Shows the steps of making a lock.
pub struct Display<'a> {
    context: &'a Context,
    fetch: Meter,
    step: Mutex<Option<Meter>>,
}

impl<'a> Display<'a> {
    fn new(context: &'a Context) -> Self {
        Self { context, fetch: Meter::new(context.printer, "Fetching", Unit::Bytes), step: Mutex::new(None) }
    }

    pub(super) fn finish(&self) {
        self.fetch.finish();
        if let Ok(mut step) = self.step.lock()
            && let Some(meter) = step.take()
        {
            meter.finish();
        }
    }
}

impl Progress for Display<'_> {
    fn step(&self, step: Step, count: usize) {
        self.finish();
        let (verb, unit) = match step {
            Step::Index => ("Reading", "indexes"),
            Step::Resolve => ("Resolving", "packages"),
            Step::Fetch => return,
            Step::Scan => ("Scanning", "archives"),
            Step::Hash => ("Hashing", "layers"),
        };
        let count_text = if count == 0 { String::new() } else { format!("{count} ") };
        self.context.printer.step(verb, format_args!("{count_text}{unit}"));
        let meter = Meter::new(self.context.printer, verb, Unit::Things(unit));
        if count > 0 {
            meter.start(count as u64);
        }
        if let Ok(mut current) = self.step.lock() {
            *current = Some(meter);
        }
    }

    fn advanced(&self) {
        if let Ok(step) = self.step.lock()
            && let Some(meter) = step.as_ref()
        {
            meter.advance(1);
        }
    }

    fn fetch(&self) -> &dyn sage_oci_fetch::Progress {
        &self.fetch
    }
}
