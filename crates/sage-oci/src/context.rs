use crate::architectures::Architectures;
use crate::cli::{Building, Source, Target};
use crate::machine::{machine, parallel};
use crate::revision::{self, Chosen, Here, OfImage, Opened};
use crate::{Failure, Printer, builder, interrupt};
use sage_oci_definition::Resolved;
use sage_oci_layer::Contents;
use sage_oci_lock::LockFile;
use sage_oci_names::{Architecture, BlobDigest, Reference, ReferenceError, StorePath};
use sage_oci_produce::{OfCommit, Plan, Request};
use sage_oci_project::Project;
use sage_oci_store::{Nix, Settings};
use sage_oci_tags::ImageVersion;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What most commands begin with.
pub struct Context {
    /// The checkout.
    pub project: Project,
    /// The builder that is asked for.
    builder: Option<StorePath>,
    /// Where output goes.
    pub printer: Printer,
    /// The revisions that were opened.
    opened: Opened,
}

/// An image with its lock.
pub struct Locked {
    /// The definition, resolved.
    pub image: Resolved,
    /// The lock of its channel.
    pub lock: LockFile,
    /// The revision of its source, where it is not the packaged release.
    pub revision: Option<Arc<Chosen>>,
}

impl Locked {
    /// The version of the image, as tags carry it.
    pub fn version(&self) -> Option<&str> {
        self.lock.images.get(&self.image.layers_of).map(|plan| plan.version.as_str())
    }

    /// The engine's names of the image: its version first, then its channel's tags.
    ///
    /// An image for another architecture than this machine's has names of its own, as `sagemath:10.10-arm64`: it must not
    /// take those of the image that runs here.
    ///
    /// # Errors
    /// The version or a tag of the channel is one that no reference can have.
    pub fn tags(&self) -> Result<Vec<Reference>, ReferenceError> {
        let architecture = self.lock.architecture;
        let of_revision = self.revision.as_ref().map(|chosen| chosen.tag.to_string());
        let suffix =
            if Architecture::host() == Some(architecture) { String::new() } else { format!("-{architecture}") };
        // Debian's form of a pre-release, `10.10~beta4`, is no tag.
        let version =
            |text: &str| ImageVersion::parse(text).map_or_else(|_| text.to_owned(), |version| version.to_string());
        let tags: Vec<String> = match of_revision {
            Some(tag) => vec![tag],
            None => self.version().map(version).into_iter().chain(self.image.tags.iter().cloned()).collect(),
        };
        tags.into_iter().map(|tag| Reference::parse(&format!("{}:{tag}{suffix}", self.image.name))).collect()
    }
}

impl Context {
    /// Finds the project: the named one, or the one around the working directory, or the one that this program came with.
    pub fn new(project: Option<PathBuf>, builder: Option<StorePath>, printer: Printer) -> Result<Self, Failure> {
        let own = own_project()?;
        let found = match &project {
            Some(folder) => Project::discover(folder),
            None => {
                let here = std::env::current_dir()
                    .map_err(|error| Failure::new(format_args!("cannot tell the working directory: {error}"), None))?;
                Project::discover(&here)
            }
        };
        let project = match (found, own) {
            (Ok(found), Some(own)) => found.based_on(&own),
            (Err(_), Some(own)) if project.is_none() => own,
            (found, _) => found?,
        };
        Ok(Self { project, builder, printer, opened: Opened::default() })
    }

    /// An image's definition and lock, for one architecture.
    pub fn locked(&self, target: &Target) -> Result<Locked, Failure> {
        let mut all = self.locked_for_each(target)?;
        match (all.pop(), all.is_empty()) {
            (Some(locked), true) => Ok(locked),
            _ => Err(Failure::new(
                "this command works on one architecture at a time",
                Some("give one of them with `--arch`; `build` makes one index of several".to_owned()),
            )),
        }
    }

    /// An image's definition and its lock for each architecture that is asked for, sorted; this machine's where none is.
    pub fn locked_for_each(&self, target: &Target) -> Result<Vec<Locked>, Failure> {
        let image = self.project.image(&target.image, target.choice.channel.as_ref())?;
        let architectures = match &target.choice.arch {
            None => vec![machine()?],
            Some(Architectures::These(these)) => these.clone(),
            Some(Architectures::All) => self.project.locked_architectures(&image.channel)?,
        };
        let one = |lock| self.with_lock(image.clone(), lock, &target.choice.source);
        match &target.choice.lock {
            Some(path) if architectures.len() == 1 => Ok(vec![one(self.project.read_lock(path)?)?]),
            Some(_) => Err(Failure::new("`--lock` names the lock of one architecture, `--arch` several", None)),
            None => architectures
                .into_iter()
                .map(|architecture| {
                    let lock = self.project.lock(&image.channel, architecture)?;
                    self.project.check_recipe(&image.channel, architecture)?;
                    one(lock)
                })
                .collect(),
        }
    }

    /// An image of a lock that was found elsewhere.
    pub fn with_lock(&self, image: Resolved, lock: LockFile, source: &Source) -> Result<Locked, Failure> {
        let revision = revision::open(self.here(), &self.opened, source, &image, &lock)?;
        Ok(Locked { image, lock, revision })
    }

    /// What images of a definition say of it here; of a commit where that is asked for.
    pub fn definition(&self, image: &Resolved, is_of_commit: bool) -> Result<BlobDigest, Failure> {
        let sources = self.project.channel(&image.channel)?.apt_sources();
        let compilers = match image.upstream.as_ref().filter(|_| is_of_commit) {
            Some(upstream) => Some(self.project.image(&upstream.release.image, Some(&image.channel))?),
            None => None,
        };
        Ok(sage_oci_recipe::definition(image, &sources, &self.project.placed_files()?, compilers.as_ref()))
    }

    /// All derivations of an image.
    pub fn plan(&self, nix: &Nix, locked: &Locked) -> Result<Plan, Failure> {
        self.plan_all(nix, locked, &[])
    }

    /// All derivations of what a command line names.
    pub fn plan_target(&self, nix: &Nix, target: &Target) -> Result<Plan, Failure> {
        let all = self.locked_for_each(target)?;
        match all.split_first() {
            Some((first, others)) => self.plan_all(nix, first, others),
            None => Ok(self.plan(nix, &self.locked(target)?)?),
        }
    }

    fn here(&self) -> Here<'_> {
        Here { project: &self.project, printer: self.printer }
    }

    /// The sources that the image's revision has otherwise than they were packaged, by their paths in the tree; none for the packaged
    /// release.
    pub fn changed(&self, locked: &Locked) -> Result<Option<Vec<String>>, Failure> {
        Ok(self.of_revision(locked)?.map(|of| of.report.changed.clone()))
    }

    /// What the image's revision changes in it; none for the packaged release.
    pub fn of_revision(&self, locked: &Locked) -> Result<Option<Arc<OfImage>>, Failure> {
        let Some(chosen) = &locked.revision else { return Ok(None) };
        let nix = nix(&Building::default())?;
        let builder = builder::in_store(&nix, self.builder.as_ref())?;
        chosen.of_image(self.here(), &nix, &locked.image, &locked.lock, machine()?, &builder).map(Some)
    }

    /// All derivations of an image, for whom they are not for Nix: the builder's place in the store, which is in their texts and not in
    /// what they make, is made up. Those of a revision are for Nix, since its sources are in the store.
    pub fn plan_without_store(&self, locked: &Locked) -> Result<Plan, Failure> {
        if locked.revision.is_some() {
            return self.plan(&nix(&Building::default())?, locked);
        }
        let nowhere = format!("/nix/store/{:0>32}-{}", "", sage_oci_emit::BUILDER);
        let builder = StorePath::parse(&nowhere)
            .map_err(|error| Failure::new(format_args!("the builder has no place: {error}"), None))?;
        self.plan_with(&builder, locked, &[], |_| Ok(None))
    }

    /// All derivations of an image, and of the index over it and the same image for other architectures, if there are any.
    pub fn plan_all(&self, nix: &Nix, first: &Locked, others: &[Locked]) -> Result<Plan, Failure> {
        let builder = builder::in_store(nix, self.builder.as_ref())?;
        let machine = machine()?;
        self.plan_with(&builder, first, others, |Locked { image, lock, revision }| {
            let of = |chosen: &Arc<Chosen>| chosen.of_image(self.here(), nix, image, lock, machine, &builder);
            revision.as_ref().map(of).transpose()
        })
    }

    fn plan_with(
        &self,
        builder: &StorePath,
        first: &Locked,
        others: &[Locked],
        of_commit: impl Fn(&Locked) -> Result<Option<Arc<OfImage>>, Failure>,
    ) -> Result<Plan, Failure> {
        let machine = machine()?;
        let sources = self.project.channel(&first.image.channel)?.apt_sources();
        let files = self.project.placed_files()?;
        let commits: Vec<_> = std::iter::once(first).chain(others).map(of_commit).collect::<Result<_, _>>()?;
        let mut requests: Vec<Request<'_>> = std::iter::once(first)
            .chain(others)
            .zip(&commits)
            .map(|(locked, of)| Request {
                lock: &locked.lock,
                image: &locked.image,
                sources: &sources,
                files: &files,
                machine,
                builder: builder.clone(),
                commit: of.as_ref().map(|of| OfCommit { commit: &of.commit, tools: of.tools() }),
            })
            .collect();
        let first = requests.remove(0);
        Ok(if requests.is_empty() { Plan::make(first)? } else { Plan::index(first, requests)? })
    }
}

/// The project beside the name by which this program was called: the flake's commands bring the one that they were made from.
/// It lies beside `bin/sage-oci` and `libexec/sage-oci/<verb>`.
fn own_project() -> Result<Option<Project>, Failure> {
    let name = PathBuf::from(std::env::args_os().next().unwrap_or_default());
    for folder in name.ancestors().skip(2).take(2).filter(|folder| folder.is_absolute()) {
        if let Some(project) = Project::at(folder)? {
            return Ok(Some(project));
        }
    }
    Ok(None)
}

/// What is in a layer: the second output of its derivation.
pub fn contents(nix: &Nix, path: &StorePath) -> Result<Contents, Failure> {
    let file = sage_oci_files::open(nix.real_path(path))?;
    Ok(Contents::read(file)?)
}

/// Nix with the settings of the command line.
pub fn nix(building: &Building) -> Result<Nix, Failure> {
    let number = |count: Option<usize>| count.map(|count| u32::try_from(count).unwrap_or(u32::MAX));
    let usual = parallel();
    let settings = Settings {
        jobs: number(building.jobs),
        cores: number(building.cores),
        usual_jobs: Some(usual.jobs),
        usual_cores: Some(usual.threads),
        patience: (building.stall_timeout > 0).then(|| Duration::from_secs(building.stall_timeout)),
        keep_going: building.keep_going,
        substituters: building.substituters.clone(),
        logs: building.logs.clone(),
        ..Settings::default()
    };
    // The first work of every verb that builds: signals are a flag from here on.
    interrupt::unless(|| Nix::discover(settings))
}
