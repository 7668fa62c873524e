use super::job::Job;
use super::outputs::Ended;
use super::revision;
use crate::cli::{self, Target};
use crate::commands::{doctest, emulation, load, push, smoke};
use crate::context::Locked;
use crate::runtime::runtime;
use crate::{Failure, registries};
use sage_oci_checks::Selection;
use sage_oci_credentials::Purpose;
use sage_oci_engine::Engine;
use sage_oci_image::{Image, ImageSource, digest_of, whole};
use sage_oci_names::{BlobDigest, EngineId, EngineImage, Reference};
use sage_oci_pipeline::{Failing, OUTCOME_FORMAT, OfRevision, Outcome};
use sage_oci_publish::{Candidate, Commit, TestReport, tested};
use sage_oci_registry::{Access, Registry, Repository};
use sage_oci_smoke::{Report, Verdict, to_json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many checks that failed a result tells of; the report has all.
const FAILING: usize = 10;

/// An image on its way through a job.
struct Subject<'a> {
    job: &'a Job<'a>,
    locked: Locked,
    source: Arc<dyn ImageSource>,
    image: Image,
    /// Its checks.
    selection: Selection,
    /// What it is known by: with both compressions, the index over the two.
    digest: BlobDigest,
    /// The revision of the source that it is of, if it is of one, and what that changes.
    revision: Option<OfRevision>,
}

/// Builds an image, tests it, pushes it by digest and tests what was pushed, as far as the plan goes; what came of it. The reports
/// of its checks and its store paths are added to the job's.
pub fn one(job: &Job<'_>, target: &Target, ended: &mut Ended) -> Result<Outcome, Failure> {
    let (context, options) = (job.context, job.options);
    let locked = context.locked(target)?;
    job.step(format_args!("{} of {} for {}", locked.image.name, locked.image.channel, locked.lock.architecture));
    let (source, paths) =
        push::built(context, std::slice::from_ref(&locked), Some(options.compression), &job.building()?)?;
    ended.paths.extend(paths);
    let revision = revision::of(job, &locked)?;
    let image = Image::open(source.as_ref(), locked.lock.architecture)?;
    let digest = whole(source.as_ref())?.digest;
    let selection = smoke::selection(context, &locked, smoke::Wanted::default())?;
    let image = Subject { job, locked, source, image, selection, digest, revision };
    let Some(repository) = job.destination(&image.locked.image.name)? else {
        let (report, _) = image.test()?;
        let outcome = image.outcome(Some(&report), None);
        ended.reports.push(report);
        return Ok(outcome);
    };
    let siblings = push::siblings(context, &repository)?;
    let registry = Arc::new(registries::open(repository.clone(), Access::Push, &siblings, &options.registry)?);
    if image.is_there_and_green(&registry)? {
        job.step(format_args!("{repository}@{digest} is there, and its checks have passed before"));
        return Ok(image.outcome(None, Some(&repository)));
    }
    let (report, id) = image.test()?;
    if !report.is_good() {
        let outcome = image.outcome(Some(&report), None);
        ended.reports.push(report);
        return Ok(outcome);
    }
    push::push(context.printer, &registry, image.source.as_ref())?;
    let again = image.test_pushed(&repository, id)?;
    let mut outcome = image.outcome(Some(&report), Some(&repository));
    outcome.pushed_again = again.is_good();
    if again.is_good() {
        image.attach(&registry, &repository, &report)?;
    } else {
        outcome.failed += bad(&again);
        outcome.failing.extend(failing(&again));
    }
    ended.reports.extend([report, again]);
    Ok(outcome)
}

impl Subject<'_> {
    fn running(&self) -> cli::Running {
        let smoke_jobs = self.job.options.smoke_jobs;
        cli::Running { junit: None, report: None, smoke_jobs, keep: false, port: None }
    }

    /// Sage's own tests, where they are asked for and the image has Sage's source.
    fn doctests(&self) -> Result<Option<doctest::Asked>, Failure> {
        let (context, options, image) = (self.job.context, self.job.options, &self.locked.image);
        let Some(what) = options.doctest.as_ref().filter(|_| !image.sources.is_empty()) else { return Ok(None) };
        let log = format!("logs/doctests-{}-{}-{}.log", image.name, image.channel, self.locked.lock.architecture);
        let how = cli::Doctests {
            doctest: None,
            doctest_timeout: cli::Doctests::MINUTES,
            doctest_file_timeout: cli::Doctests::FILE_SECONDS,
            doctest_log: Some(self.job.out(&log)),
        };
        let known = doctest::known(context, &self.locked)?;
        let changed = context.changed(&self.locked)?;
        doctest::Asked::new(what, changed.as_deref(), known, &how, &self.running()).map(Some)
    }

    /// Imports the image without a name and runs all of its checks.
    fn test(&self) -> Result<(Report, EngineId), Failure> {
        let (printer, architecture) = (self.job.context.printer, self.locked.lock.architecture);
        let mut selection = self.selection.clone();
        let name = format!("{}-{}-{architecture}@{}", self.locked.image.name, self.locked.image.channel, self.digest);
        let doctests = self.doctests()?;
        runtime()?.block_on(async {
            let engine = Engine::connect().await?;
            let names = self.locked.tags()?;
            let loaded = load::import(printer, &engine, Arc::clone(&self.source), architecture, &names).await?;
            let image = EngineImage::from(loaded.id);
            emulation::allow_for(printer, &engine, &image, architecture, &mut selection).await?;
            let subject = smoke::Tested { name: &name, image: &image };
            let mut report = smoke::test(printer, &engine, subject, &selection, &self.running()).await?;
            if let Some(asked) = &doctests {
                let subject = smoke::Tested { name: &name, image: &image };
                let more = doctest::test(printer, &engine, subject, asked).await?;
                doctest::conclude(printer, &more);
                report.absorb(more);
            }
            report.about = self.about();
            Ok((report, loaded.id))
        })
    }

    /// Lets the engine pull the digest, as users will, and tests what it has then. Where that is the very image that was tested, by the
    /// engine's own Id, one check shows that it starts; else all are run again.
    fn test_pushed(&self, repository: &Repository, known: EngineId) -> Result<Report, Failure> {
        let (printer, architecture) = (self.job.context.printer, self.locked.lock.architecture);
        let reference = Reference::parse(&format!("{repository}@{}", self.digest))?;
        let mut selection = self.selection.clone();
        let credential = registries::credential(repository, Purpose::Target)?;
        runtime()?.block_on(async {
            let engine = Engine::connect().await?;
            printer.step("Pulling", &reference);
            let id = engine.pull(&reference, credential.as_ref()).await?;
            let image = EngineImage::from(id);
            if id == known {
                selection.checks.truncate(1);
            }
            emulation::allow_for(printer, &engine, &image, architecture, &mut selection).await?;
            let name = reference.to_string();
            let subject = smoke::Tested { name: &name, image: &image };
            let mut report = smoke::test(printer, &engine, subject, &selection, &self.running()).await?;
            report.about = self.about();
            Ok(report)
        })
    }

    /// What reports say of it beside checks.
    fn about(&self) -> BTreeMap<String, String> {
        self.revision.iter().flat_map(OfRevision::properties).collect()
    }

    /// The commit that the image follows: the source's own, else the one that asks for it.
    fn commit(&self) -> Option<Commit> {
        match &self.locked.revision {
            Some(chosen) => revision::commit(chosen),
            None => self.job.commit.clone(),
        }
    }

    /// Whether an earlier job has pushed the very bytes, and has run these very checks on them.
    fn is_there_and_green(&self, registry: &Arc<Registry>) -> Result<bool, Failure> {
        if registry.document(&self.digest.to_string())?.is_none() {
            return Ok(false);
        }
        let candidate = Candidate::open(registry, &self.digest)?;
        let is_green = tested(registry, &candidate)?.is_green();
        Ok(is_green && TestReport::is_passed(registry, &self.image.descriptor.digest, &self.checks())?)
    }

    /// What tells these checks from others: a report about others says nothing of what these would find.
    fn checks(&self) -> BlobDigest {
        digest_of(format!("{:?}", self.selection.checks).as_bytes())
    }

    /// Puts the report and the list of packages beside the image.
    fn attach(&self, registry: &Registry, repository: &Repository, report: &Report) -> Result<(), Failure> {
        let mut report = report.clone();
        report.image = format!("{repository}@{}", self.digest);
        let json = to_json(std::slice::from_ref(&report)).into_bytes();
        let architecture = self.locked.lock.architecture;
        let descriptor = &self.image.descriptor;
        let report = TestReport::new(json, architecture, self.commit())?;
        TestReport { checks: Some(self.checks()), ..report }.attach(registry, descriptor)?;
        super::packages::attach(registry, descriptor, &packages(&self.locked))
    }

    fn outcome(&self, report: Option<&Report>, repository: Option<&Repository>) -> Outcome {
        let commit = self.commit();
        let mut revision = self.revision.clone();
        if let Some(revision) = &mut revision {
            revision.doctests = report.and_then(|report| report.doctests.as_ref()).map(revision::doctested);
        }
        let count = |verdict| report.map_or(0, |report| report.count(verdict) as u64);
        Outcome {
            format: OUTCOME_FORMAT,
            image: self.locked.image.name.clone(),
            channel: self.locked.image.channel.clone(),
            architecture: self.locked.lock.architecture,
            version: revision.as_ref().map(|of| of.tag.clone()).or(self.locked.version().map(str::to_owned)),
            title: self.locked.image.title.clone(),
            digest: self.digest,
            repository: repository.map(ToString::to_string),
            size: self.image.compressed_size(),
            layers: self.image.layers.len() as u64,
            passed: count(Verdict::Passed),
            failed: report.map_or(0, bad),
            skipped: count(Verdict::Skipped),
            seconds: report.map_or(0.0, |report| report.seconds),
            failing: report.map(failing).unwrap_or_default(),
            packages: packages(&self.locked),
            commit: commit.as_ref().map(|commit| commit.revision.clone()),
            revised: commit.as_ref().map(|commit| commit.revised),
            pushed_again: false,
            revision,
        }
    }
}

fn bad(report: &Report) -> u64 {
    report.checks.iter().filter(|check| check.is_bad()).count() as u64
}

fn failing(report: &Report) -> Vec<Failing> {
    let of = report.checks.iter().filter(|check| check.is_bad()).take(FAILING);
    of.map(|check| Failing {
        name: check.name.clone(),
        message: check.message.clone(),
        tail: check.output_tail.clone(),
    })
    .collect()
}

/// The packages of an image: those of its layers, and of the layers below them.
fn packages(locked: &Locked) -> BTreeMap<String, String> {
    let (lock, mut layers, mut image) = (&locked.lock, Vec::new(), Some(&locked.image.layers_of));
    while let Some(plan) = image.and_then(|name| lock.images.get(name)) {
        layers.extend(&plan.layers);
        image = plan.extends.as_ref();
    }
    let of = lock.packages.iter().filter(|package| layers.contains(&&package.layer));
    of.map(|package| (package.name.to_string(), package.version.to_string())).collect()
}

/// The image of the project that a target names, for people.
pub fn said(target: &Target) -> String {
    let channel = target.choice.channel.as_ref().map(|channel| format!(" of {channel}")).unwrap_or_default();
    format!("{}{channel}", target.image)
}
