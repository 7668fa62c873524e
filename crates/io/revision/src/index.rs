use crate::{IndexError, Pin};
use sage_oci_fetch::{FetchError, Options, get};
use sage_oci_names::Sha256;
use sage_oci_tags::ImageVersion;
use sage_oci_wanted::without_password;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The public index of Python's packages.
pub const PUBLIC_INDEX: &str = "https://pypi.org/simple";
/// Where the files of the public index are.
const FILES: &str = "https://files.pythonhosted.org";
/// The simple API in JSON (PEP 691).
const MEDIA_TYPE: &str = "application/vnd.pypi.simple.v1+json";
/// More than the page of any project has; this only guards the machine.
const LIMIT: u64 = 64 << 20;
/// How many versions an error names.
const SHOWN: usize = 5;

/// A version that an index has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The version.
    pub version: ImageVersion,
    /// Its source archive, if there is one whose size and digest are stated. The address is the public one.
    pub archive: Option<Pin>,
    /// Why its makers have taken it back, if they have.
    pub yanked: Option<String>,
}

#[derive(Deserialize)]
struct Page {
    files: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    filename: String,
    url: String,
    #[serde(default)]
    hashes: BTreeMap<String, String>,
    size: Option<u64>,
    #[serde(default)]
    yanked: Yanked,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Yanked {
    Is(bool),
    Why(String),
}

impl Default for Yanked {
    fn default() -> Self {
        Self::Is(false)
    }
}

/// Asks an index, as `https://pypi.org/simple`, which versions of a project there are: oldest first. Versions that no image can have
/// (`.post1`, `.dev1`) are left out.
///
/// # Errors
/// [`IndexError`]: no answer, no such project, or an answer in another form.
pub fn published(index: &str, project: &str, options: &Options) -> Result<Vec<Published>, IndexError> {
    let options = Options { accept: Some(MEDIA_TYPE.to_owned()), ..options.clone() };
    let index = index.trim_end_matches('/');
    let bytes = get(&format!("{index}/{project}/"), LIMIT, &options).map_err(|error| match error {
        FetchError::Cancelled => IndexError::Stopped,
        error if error.is_not_found() => {
            IndexError::NoProject { index: without_password(index), project: project.to_owned() }
        }
        error => IndexError::Fetch(error),
    })?;
    let page: Page = serde_json::from_slice(&bytes)
        .map_err(|source| IndexError::NotAnIndex { index: without_password(index), source })?;
    Ok(versions(page, project))
}

fn versions(page: Page, project: &str) -> Vec<Published> {
    let mut all = BTreeMap::new();
    for file in page.files {
        let Some(rest) = file.filename.strip_prefix(&format!("{project}-")) else { continue };
        let source = rest.strip_suffix(".tar.gz");
        let text = source.unwrap_or_else(|| rest.split('-').next().unwrap_or_default());
        let Ok(version) = ImageVersion::from_python(text) else { continue };
        let one = all.entry(version.clone()).or_insert(Published { version, archive: None, yanked: None });
        if source.is_some() {
            one.archive = pin(&file, project);
            one.yanked = match file.yanked {
                Yanked::Is(false) => None,
                Yanked::Is(true) => Some("no reason is given".to_owned()),
                Yanked::Why(why) => Some(why),
            };
        }
    }
    all.into_values().collect()
}

fn pin(file: &File, project: &str) -> Option<Pin> {
    let sha256: Sha256 = file.hashes.get("sha256")?.parse().ok()?;
    Some(Pin { urls: vec![public(&file.url, &file.filename, project)], size: file.size?, sha256 })
}

/// The public address of a file. A mirror has the public one's path below an address of its own; where it has not, the public index
/// also knows each source archive by its name.
fn public(url: &str, name: &str, project: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let of_digest = path.rsplit_once("/packages/").map(|(_, tail)| tail).filter(|tail| is_of_digest(tail, name));
    match of_digest {
        Some(tail) => format!("{FILES}/packages/{tail}"),
        None => format!("{FILES}/packages/source/{}/{project}/{name}", &project[..1]),
    }
}

/// Whether a path is a digest in three parts, of 2, 2 and 60 digits, and the name.
fn is_of_digest(tail: &str, name: &str) -> bool {
    let parts: Vec<&str> = tail.split('/').collect();
    let is_hex = |part: &str, digits: usize| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    matches!(parts[..], [a, b, c, last] if is_hex(a, 2) && is_hex(b, 2) && is_hex(c, 60) && last == name)
}

/// Versions that can be pinned, and are newer than one.
pub fn newer<'a>(all: &'a [Published], than: Option<&ImageVersion>) -> Vec<&'a Published> {
    let is_newer = |one: &&Published| than.is_none_or(|than| one.version > *than);
    all.iter().filter(|one| one.archive.is_some() && one.yanked.is_none()).filter(is_newer).collect()
}

/// The archive of one version, or of the newest.
///
/// # Errors
/// [`IndexError`]: no such version, one that was taken back, or one without a source archive.
pub fn find(
    all: &[Published],
    project: &str,
    version: Option<&ImageVersion>,
) -> Result<(ImageVersion, Pin), IndexError> {
    let project = project.to_owned();
    let usable = newer(all, None);
    let Some(version) = version else {
        let newest = usable.last().and_then(|one| Some((one.version.clone(), one.archive.clone()?)));
        return newest.ok_or(IndexError::Nothing { project });
    };
    let Some(one) = all.iter().find(|one| one.version == *version) else {
        let newest: Vec<String> = usable.iter().rev().take(SHOWN).map(|one| one.version.to_string()).collect();
        return Err(match newest.is_empty() {
            true => IndexError::Nothing { project },
            false => IndexError::NoVersion { project, version: version.clone(), newest: newest.join(", ") },
        });
    };
    match (&one.yanked, &one.archive) {
        (Some(reason), _) => Err(IndexError::Yanked { project, version: version.clone(), reason: reason.clone() }),
        (None, None) => Err(IndexError::NoArchive { project, version: version.clone() }),
        (None, Some(archive)) => Ok((version.clone(), archive.clone())),
    }
}
