//! The revision of the project's source that an image is made of, where it is not the packaged release.

mod names;
mod opened;

use crate::cli::Source;
use crate::progress::Building;
use crate::{Failure, Printer, downloads, interrupt};
use sage_oci_commit::{Made, Report, Request, Workshop};
use sage_oci_definition::{Resolved, Upstream};
use sage_oci_fetch::NoProgress;
use sage_oci_lock::{Lock, PinnedArchive};
use sage_oci_names::{Architecture, StorePath};
use sage_oci_produce::Downloads;
use sage_oci_project::Project as Checkout;
use sage_oci_recipe::Tools;
use sage_oci_revision::{Needed, Opening, Pin, Project, Revision};
use sage_oci_source::{Hunk, Outcome};
use sage_oci_store::Nix;
use sage_oci_tags::{ImageVersion, Tag, UPSTREAM, VERSION};
use sage_oci_wanted::Identity;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

pub use opened::Opened;

/// The project that images are defined in, and where output goes.
#[derive(Clone, Copy)]
pub struct Here<'a> {
    /// The project.
    pub project: &'a Checkout,
    /// Where output goes.
    pub printer: Printer,
}

/// How many names a line shows.
const SHOWN: usize = 6;

/// A revision that was opened.
#[derive(Debug)]
pub struct Chosen {
    revision: Arc<Mutex<Revision>>,
    /// What is known of it.
    pub identity: Identity,
    /// The tag of an image of it.
    pub tag: Tag,
    everything: bool,
    replace: bool,
    project: Project,
    /// What it changes, as far as that was told, by the image's name and architecture.
    made: Mutex<BTreeMap<(String, Architecture), Arc<OfImage>>>,
}

/// What a revision changes in one image.
#[derive(Debug)]
pub struct OfImage {
    /// For the recipe.
    pub commit: sage_oci_recipe::Commit,
    /// For people.
    pub report: Report,
    /// The file with both sides of what was merged, if anything was.
    pub merge: Option<PathBuf>,
    compilers: Resolved,
    machine: Lock,
}

impl OfImage {
    /// What compiles it.
    pub fn tools(&self) -> Tools<'_> {
        Tools { machine: &self.machine, image: &self.compilers }
    }
}

/// Opens the revision that the command line names, if it names one, unless it was opened before.
pub fn open(
    here: Here<'_>,
    opened: &Opened,
    source: &Source,
    image: &Resolved,
    lock: &Lock,
) -> Result<Option<Arc<Chosen>>, Failure> {
    let Some(text) = &source.sage else { return Ok(None) };
    let upstream = image.upstream.as_ref().ok_or_else(|| no_upstream(here, image))?;
    let project = project(upstream);
    let (revision, is_new) =
        opened.get(text, source.dirty, upstream, || read(here, text, source, upstream, &project))?;
    let mut identity = revision.lock().unwrap_or_else(PoisonError::into_inner).identity.clone();
    names::call(&mut identity, source.called.as_ref());
    let tag = names::tag(here.project, &identity, image, lock)?;
    if is_new {
        tell_identity(here, &identity, &tag);
    }
    let (everything, replace, made) = (source.everything, source.replace, Mutex::default());
    Ok(Some(Arc::new(Chosen { revision, identity, tag, everything, replace, project, made })))
}

fn read(
    here: Here<'_>,
    text: &str,
    source: &Source,
    upstream: &Upstream,
    project: &Project,
) -> Result<Revision, Failure> {
    let wanted = sage_oci_revision::parse(text)?;
    let pin = |(version, pin): (String, PinnedArchive)| {
        let PinnedArchive { urls, size, sha256 } = pin;
        Some((ImageVersion::parse(&version).ok()?, Pin { urls, size, sha256 }))
    };
    let versions = here.project.versions(&upstream.top)?.versions;
    let pins: BTreeMap<ImageVersion, Pin> = versions.into_iter().filter_map(pin).collect();
    let stop = interrupt::flag();
    let opening = Opening { dirty: source.dirty, ..opening(project, &pins, &stop) };
    Ok(sage_oci_revision::open(&wanted, &opening)?)
}

fn opening<'a>(project: &'a Project, pins: &'a BTreeMap<ImageVersion, Pin>, stop: &'a AtomicBool) -> Opening<'a> {
    Opening { fetch: downloads::options(6), ..Opening::new(project, pins, &NoProgress, stop) }
}

fn no_upstream(here: Here<'_>, image: &Resolved) -> Failure {
    let all = here.project.images().unwrap_or_default();
    let takes = |channel: &sage_oci_names::ChannelName| {
        let resolved = all.iter().filter_map(|image| image.resolve(&image.name, channel).ok());
        resolved.into_iter().any(|image| image.upstream.is_some())
    };
    let channels: BTreeSet<_> = all.iter().flat_map(sage_oci_definition::Image::channels).filter(takes).collect();
    let channels: Vec<String> = channels.iter().map(ToString::to_string).collect();
    let hint = match channels.is_empty() {
        true => "no channel's definition says `upstream`".to_owned(),
        false => format!("commits are built in the channel {}: leave `--channel` out, or name it", channels.join(", ")),
    };
    let error = format!("image `{}` of channel `{}` cannot be made of a commit", image.name, image.channel);
    Failure::new(error, Some(hint))
}

fn project(upstream: &Upstream) -> Project {
    let needed = |path: &String| Needed { path: path.clone(), hint: upstream.mark_hint.clone() };
    Project {
        name: upstream.name.clone(),
        source: format!("{}/{}", upstream.folder, upstream.top),
        needed: upstream.marks.iter().map(needed).collect(),
        versions: upstream.versions.clone(),
        pin: "sage-oci lock --sage".to_owned(),
    }
}

fn tell_identity(here: Here<'_>, identity: &Identity, tag: &Tag) {
    let commit = identity.commit.as_deref().map_or_else(String::new, |commit| format!(" commit {commit}"));
    here.printer.step("Revision", format_args!("{tag}: version {}{commit}", identity.version));
    if !identity.dirty.is_empty() {
        let what = if identity.takes_dirty { "taken as they are" } else { "not taken (`--dirty` takes them)" };
        here.printer.note(format_args!("changed in the work tree, {what}: {}", some(&identity.dirty)));
    }
}

/// The first of many names.
fn some(names: &[String]) -> String {
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN { format!("{shown} and {} more", names.len() - SHOWN) } else { shown }
}

impl Chosen {
    /// What it changes in an image; told once.
    pub fn of_image(
        &self,
        here: Here<'_>,
        nix: &Nix,
        image: &Resolved,
        lock: &Lock,
        machine: Architecture,
        builder: &StorePath,
    ) -> Result<Arc<OfImage>, Failure> {
        let key = (image.name.to_string(), lock.architecture);
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = made.get(&key) {
            return Ok(Arc::clone(known));
        }
        let upstream = image.upstream.as_ref().ok_or_else(|| no_upstream(here, image))?;
        let compilers = here.project.image(&upstream.release.image, Some(&image.channel))?;
        let files = here.project.placed_files()?;
        let machine = match machine == lock.architecture {
            true => lock.clone(),
            false => here.project.lock(&image.channel, machine)?.into_lock(),
        };
        let request = Request {
            lock,
            image,
            tools: Tools { machine: &machine, image: &compilers },
            files: &files,
            builder,
            everything: self.everything,
            replace: self.replace,
        };
        let downloads = Downloads::from(downloads::options(6));
        let (pins, stop) = (BTreeMap::new(), interrupt::flag());
        let opening = opening(&self.project, &pins, &stop);
        let mut observer = Building::new(here.printer, "a commit".to_owned());
        let mut workshop = Workshop { downloads: &downloads, observer: &mut observer, opening: &opening };
        let mut revision = self.revision.lock().unwrap_or_else(PoisonError::into_inner);
        let done = sage_oci_commit::make(nix, &request, &mut revision, &mut workshop);
        observer.finish();
        let Made { mut commit, report } = done?;
        commit.annotations = self.annotations();
        if !commit.replaced.is_empty() {
            commit.annotations.insert("org.sage-oci.upstream.replaced".to_owned(), commit.replaced.len().to_string());
        }
        let merge = self.tell(here, &report)?;
        let of_image = Arc::new(OfImage { commit, report, merge, compilers, machine });
        made.insert(key, Arc::clone(&of_image));
        Ok(of_image)
    }

    /// What labels say of it.
    fn annotations(&self) -> BTreeMap<String, String> {
        let mut all = BTreeMap::from([(VERSION.to_owned(), self.tag.to_string())]);
        all.insert(UPSTREAM.to_owned(), self.identity.version.clone());
        if let Some(commit) = &self.identity.commit {
            all.insert("org.opencontainers.image.revision".to_owned(), commit.clone());
        }
        if self.identity.takes_dirty && !self.identity.dirty.is_empty() {
            all.insert("org.sage-oci.upstream.dirty".to_owned(), self.identity.dirty.join(" "));
        }
        all
    }

    /// Says what it changes; where both sides of what was merged are written down.
    fn tell(&self, here: Here<'_>, report: &Report) -> Result<Option<PathBuf>, Failure> {
        let printer = here.printer;
        let compiled = match report.compiled.len() {
            0 => String::new(),
            _ => format!(": {}", some(&report.compiled)),
        };
        printer.step(
            "Compared",
            format_args!(
                "{} modules stay as packaged, {} to compile{compiled}; {} other files differ, {} are gone",
                report.kept,
                report.compiled.len(),
                report.files,
                report.removed
            ),
        );
        if !report.missing.is_empty() {
            printer.step("Missing", format_args!("{}; meson found it for the release", report.missing.join("; ")));
        }
        let conflicts = report.conflicts().count();
        let merged = report.merged().count();
        if merged + conflicts == 0 {
            return Ok(None);
        }
        let path = self.write_merge(report)?;
        printer.step(
            "Merged",
            format_args!(
                "{merged} files that the distribution had changed, too; of {conflicts} others the commit's text was taken: {}",
                path.display()
            ),
        );
        Ok(Some(path))
    }

    /// Writes what was merged into a file, with both sides of what did not fit.
    fn write_merge(&self, report: &Report) -> Result<PathBuf, Failure> {
        let mut text = format!("# {}: files that both the distribution and the commit had changed\n", self.tag);
        for note in report.merged() {
            _ = writeln!(text, "\nmerged: {}", note.path);
        }
        for note in report.conflicts() {
            let why = match &note.outcome {
                Outcome::Conflict { .. } => "the commit's text was taken",
                Outcome::Removed => "the commit has it no longer",
                _ => "no text: the commit's was taken",
            };
            _ = writeln!(text, "\nconflict: {} ({why})", note.path);
            if let Outcome::Conflict { hunks } = &note.outcome {
                for hunk in hunks {
                    let Hunk { base, ours, theirs } = hunk;
                    _ = write!(text, "--- the release\n{base}--- the distribution\n{ours}--- the commit\n{theirs}");
                }
            }
        }
        let folder = sage_oci_files::state_dir().join("logs");
        sage_oci_files::create_dir_all(&folder)?;
        let path = folder.join(format!("merge-{}.txt", self.tag));
        sage_oci_files::write_atomic(&path, text.as_bytes())?;
        Ok(path)
    }
}
