use crate::kind::judge;
use crate::{Config, Kind, PipelineError, Service, Surroundings, destination};
use sage_oci_names::{Architecture, ChannelName, ImageName};
use sage_oci_tags::{Purpose, branch_tag};
use serde::Serialize;
use std::collections::BTreeSet;

/// The format of a plan as JSON.
pub const FORMAT: u64 = 1;

/// What a job has beside its surroundings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Has {
    /// There are credentials for the place that images go to.
    pub credentials: bool,
    /// The place that was asked for, as `ghcr.io/someone`, before that of the file.
    pub repository: Option<String>,
    /// The images of the project.
    pub images: Vec<ImageName>,
    /// The channels.
    pub channels: Vec<ChannelName>,
    /// The machine architectures.
    pub architectures: Vec<Architecture>,
    /// The revision of the source that the images are made of, as a person asks for it, without a password; none for the packaged
    /// release.
    pub revision: Option<String>,
}

/// What a job does. Serialises to JSON of [`FORMAT`]; keys are only added within one format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// [`FORMAT`].
    pub format: u64,
    /// Where the job runs.
    pub service: Service,
    /// What the ref is to the project.
    pub kind: Kind,
    /// The repository.
    pub repository: Option<String>,
    /// The ref, for people: `tag 10.10`.
    pub reference: String,
    /// The commit: jobs of one commit build the same bytes.
    pub commit: Option<String>,
    /// The images that are built and tested, all of them for each channel and architecture.
    pub images: Vec<ImageName>,
    /// The channels.
    pub channels: Vec<ChannelName>,
    /// The machine architectures.
    pub architectures: Vec<Architecture>,
    /// The revision of the source that the images are made of, as it was asked for; none for the packaged release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Where each image is pushed to; empty where nothing is.
    pub push: Vec<Destination>,
    /// What the pushed images are tagged for; none where no tag moves.
    pub tags: Option<Purpose>,
    /// What jobs that must not move tags at the same time have in common: GitHub's `concurrency` group (with `queue: max`, so
    /// that no waiting job is dropped), GitLab's `resource_group`, CircleCI's `serial-group`. None where nothing is pushed.
    pub lock: Option<String>,
    /// The file to which the summary is appended.
    pub summary: Option<String>,
    /// The job's address.
    pub job: Option<String>,
    /// Why something is not done, each a sentence without a full stop.
    pub why: Vec<String>,
}

/// Where an image goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Destination {
    /// The image.
    pub image: ImageName,
    /// The repository, without tag: `ghcr.io/sagemath/sagemath`.
    pub repository: String,
}

/// Decides what a job does.
///
/// # Errors
/// [`PipelineError::BadPrefix`] where images would go to a place that no registry takes.
pub fn plan(surroundings: &Surroundings, config: &Config, has: &Has) -> Result<Plan, PipelineError> {
    let judged = judge(surroundings, config);
    let mut why: Vec<String> = judged.why.into_iter().collect();
    let published = match judged.publish {
        Err(_) if judged.kind == Kind::PullRequestFromFork => Err(from_fork(has.credentials).to_owned()),
        Err(reason) => Err(reason),
        Ok(_) if judged.kind == Kind::Home && has.repository.is_none() => {
            Err("at home nothing is pushed unless a place is asked for".to_owned())
        }
        Ok(_) if !has.credentials => Err(without_credentials(judged.kind).to_owned()),
        Ok(purpose) => {
            let purpose = match has.revision {
                Some(_) => purpose.map(|purpose| of_revision(judged.kind, purpose)),
                None => purpose,
            };
            destination::prefix(surroundings, config, has.repository.as_deref())?.map(|at| (at, purpose))
        }
    };
    let (place, tags) = match published {
        Ok((place, purpose)) => (Some(place), purpose),
        Err(reason) => {
            why.push(reason);
            (None, None)
        }
    };
    if place.is_some() && tags.is_none() {
        why.push("at home no tag is moved: `sage-oci tags` does that for a digest".to_owned());
    }
    let images = place.iter().flat_map(|place| has.images.iter().map(move |image| (place, image)));
    Ok(Plan {
        format: FORMAT,
        service: surroundings.service,
        kind: judged.kind,
        repository: surroundings.repository.clone(),
        reference: surroundings.reference.to_string(),
        commit: surroundings.commit.clone(),
        images: has.images.clone(),
        channels: has.channels.clone(),
        architectures: has.architectures.clone(),
        revision: has.revision.clone(),
        push: images
            .map(|(place, image)| Destination { image: image.clone(), repository: format!("{place}/{image}") })
            .collect(),
        lock: place.as_deref().map(|place| lock(place, tags.as_ref())),
        tags,
        summary: surroundings.summary.clone(),
        job: surroundings.job.clone(),
        why,
    })
}

/// What an image of a revision of the source is tagged for, where another one would be tagged for something. What moves the project's
/// tags may give it whatever tag it says; in a fork's own place nobody else has any.
fn of_revision(kind: Kind, purpose: Purpose) -> Purpose {
    let branch = match purpose {
        Purpose::Branch(name) if kind == Kind::Branch => Some(name),
        _ => None,
    };
    Purpose::Revision { branch }
}

fn from_fork(credentials: bool) -> &'static str {
    if credentials {
        "a pull request from a fork is built and tested, and not pushed, although this job has credentials: keep them from it"
    } else {
        "a pull request from a fork has no credentials: it is built and tested, and not pushed"
    }
}

fn without_credentials(kind: Kind) -> &'static str {
    match kind {
        Kind::Fork => "a fork without credentials of its own is built and tested, and not pushed",
        _ => "there are no credentials: the images are built and tested, and not pushed",
    }
}

/// The project's tags of one place have one lock, a branch has its own. GitLab takes letters, digits and these marks only.
fn lock(place: &str, purpose: Option<&Purpose>) -> String {
    let place: String = place
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '-' | '_') { c } else { '-' })
        .collect();
    match purpose {
        Some(Purpose::Branch(name) | Purpose::Revision { branch: Some(name) }) => {
            format!("sage-oci/{place}/branch/{}", branch_tag(name, &BTreeSet::new()))
        }
        _ => format!("sage-oci/{place}"),
    }
}
