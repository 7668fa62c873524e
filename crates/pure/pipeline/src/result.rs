use crate::{OfRevision, PipelineError};
use sage_oci_names::{Architecture, BlobDigest, ChannelName, ImageName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The newest format of an [`Outcome`].
pub const OUTCOME_FORMAT: u64 = 1;

/// What became of one image for one architecture: a job writes `results/<image>-<channel>-<architecture>.json`, and the job that
/// publishes reads all of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// [`OUTCOME_FORMAT`].
    pub format: u64,
    /// The image.
    pub image: ImageName,
    /// Its channel.
    pub channel: ChannelName,
    /// Its architecture.
    pub architecture: Architecture,
    /// Sage's version, by the image's annotation.
    pub version: Option<String>,
    /// The image's title, for people.
    pub title: String,
    /// The digest of the manifest.
    pub digest: BlobDigest,
    /// Where it was pushed by digest, without tag; none where it was not.
    pub repository: Option<String>,
    /// Compressed bytes of all layers.
    pub size: u64,
    /// How many layers it has.
    pub layers: u64,
    /// Checks that passed.
    pub passed: u64,
    /// Checks that failed.
    pub failed: u64,
    /// Checks that were not run.
    pub skipped: u64,
    /// Seconds that the checks took; finite, as JSON has no other number.
    pub seconds: f64,
    /// The checks that failed; maybe fewer than [`failed`](Self::failed).
    pub failing: Vec<Failing>,
    /// The packages in the image: name to version.
    pub packages: BTreeMap<String, String>,
    /// The commit that it was built from.
    pub commit: Option<String>,
    /// The commit's time, in seconds since 1970.
    pub revised: Option<i64>,
    /// Whether the pushed digest was pulled again and tested.
    pub pushed_again: bool,
    /// The revision of the source that it is made of, where it is not the packaged release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<OfRevision>,
}

/// A check that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failing {
    /// The check.
    pub name: String,
    /// What is wrong.
    pub message: String,
    /// The last lines of what it wrote.
    pub tail: String,
}

/// What was published of an image in a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// The image.
    pub image: ImageName,
    /// Its channel.
    pub channel: ChannelName,
    /// The repository, without tag.
    pub repository: String,
    /// The digest of what the tags point to: an index, or a manifest.
    pub digest: BlobDigest,
    /// The architectures that it has.
    pub architectures: Vec<Architecture>,
    /// The tags that moved.
    pub tags: Vec<TagLine>,
    /// The tags that did not move and why, each a sentence without a full stop.
    pub stays: Vec<String>,
    /// What was published before it; none where nothing was.
    pub previous: Option<Previous>,
    /// Compressed bytes of all layers of one architecture, the same one as in [`previous`](Self::previous).
    pub size: u64,
    /// The packages of that architecture: name to version.
    pub packages: BTreeMap<String, String>,
    /// A branch, tag or commit of the plan's GitHub repository whose `binder/Dockerfile` begins `FROM` this digest, so that
    /// a link can open it; none where there is no such ref.
    pub binder: Option<String>,
}

/// A tag that moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TagLine {
    /// The tag.
    pub tag: String,
    /// Where it was; none where it is new.
    pub from: Option<BlobDigest>,
    /// Where it is.
    pub to: BlobDigest,
    /// Why, a sentence without a full stop.
    pub why: String,
}

/// What was published last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Previous {
    /// Its digest.
    pub digest: BlobDigest,
    /// Compressed bytes of all its layers.
    pub size: Option<u64>,
    /// Its packages: name to version.
    pub packages: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Version {
    format: u64,
}

impl Outcome {
    /// The file's name in the folder of results. Names of images and channels have no slash.
    pub fn file_name(&self) -> String {
        format!("{}-{}-{}.json", self.image, self.channel, self.architecture)
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        let text = serde_json::to_string_pretty(self).expect("an outcome has string keys and nothing that JSON lacks");
        text + "\n"
    }

    /// Reads the file; `file` is its name in errors.
    ///
    /// # Errors
    /// [`PipelineError::Newer`] for a newer format, [`PipelineError::Outcome`] with the line for anything else.
    pub fn parse(file: &str, text: &str) -> Result<Self, PipelineError> {
        let bad = |error: serde_json::Error| PipelineError::Outcome {
            file: file.to_owned(),
            line: error.line(),
            message: without_place(&error),
        };
        // The format first: a newer one may have other keys.
        let Version { format } = serde_json::from_str(text).map_err(bad)?;
        if format > OUTCOME_FORMAT {
            return Err(PipelineError::Newer { file: file.to_owned(), found: format, known: OUTCOME_FORMAT });
        }
        serde_json::from_str(text).map_err(bad)
    }
}

/// What is wrong without the line and column that the library adds.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&place).unwrap_or(&text).to_owned()
}
