use super::super::sides::Opened;
use crate::Failure;
use crate::context::Context;
use sage_oci_image::{digest_of, read_blob};
use sage_oci_lock::LockFile;
use sage_oci_names::{Architecture, BlobDigest, ChannelName};
use sage_oci_verify::FoundLock;
use std::path::{Path, PathBuf};

/// What is known of the lock that an image was made of.
pub struct Wanted<'a> {
    /// The digest that the image says.
    pub digest: BlobDigest,
    /// The channel that it is for.
    pub channel: &'a ChannelName,
    /// The architecture that it is for.
    pub architecture: Architecture,
    /// The file that a person says it is.
    pub given: Option<&'a PathBuf>,
}

/// Finds the lock that an image says that it was made of: the one that is given, else the checkout's or one in its history, else the
/// one that lies beside the image, as a blob of its layout or of its repository. Each is held to the image's digest.
pub fn find(context: &Context, opened: &Opened, wanted: &Wanted<'_>) -> Result<(LockFile, FoundLock), Failure> {
    let digest = wanted.digest;
    let mut search = Search { digest, seen: Vec::new() };
    let found = |bytes: Vec<u8>, from: String, is_the_images_own: bool| {
        let lock = parse(bytes).map_err(|failure| failure.at(&from))?;
        check(&lock, wanted).map_err(|failure| failure.at(&from))?;
        Ok((lock, FoundLock { digest, from, is_the_images_own }))
    };
    if let Some(path) = wanted.given {
        // Whoever names a file wants no other one.
        return match search.file(path)? {
            Some(bytes) => found(bytes, path.display().to_string(), false),
            None => {
                let hint =
                    "leave `--lock` out: the lock is looked for in this checkout, its history, and beside the image";
                Err(Failure::new(format_args!("{}: {}", search.wanted(), search.seen()), Some(hint.to_owned())))
            }
        };
    }
    let path = context.project.lock_path(wanted.channel, wanted.architecture);
    let name = path.strip_prefix(context.project.root()).unwrap_or(&path).display().to_string();
    if let Some(bytes) = search.file(&path)? {
        return found(bytes, name, false);
    }
    if let Some((revision, bytes)) = context.project.committed(&path, |bytes| digest_of(bytes) == digest) {
        return found(bytes, format!("{name} of commit {} ({})", revision.commit, revision.date), false);
    }
    search.seen.push("no commit before it has that lock".to_owned());
    match read_blob(opened.source.as_ref(), "the lock", &digest) {
        Ok(Some(bytes)) => return found(bytes, "what lies beside the image".to_owned(), true),
        Ok(None) => search.seen.push("none lies beside the image".to_owned()),
        Err(error) => search.seen.push(format!("beside the image: {error}")),
    }
    let hint = format!(
        "give it with `--lock FILE`: it is a {name} whose `sha256sum` is that, in a revision of the repository that made the image"
    );
    Err(Failure::new(format_args!("{}: {}", search.wanted(), search.seen()), Some(hint)))
}

struct Search {
    digest: BlobDigest,
    /// Where it was looked for, and what is there.
    seen: Vec<String>,
}

impl Search {
    /// The bytes of a file that is the lock; what it is otherwise is noted.
    fn file(&mut self, path: &Path) -> Result<Option<Vec<u8>>, Failure> {
        if !sage_oci_files::exists(path)? {
            self.seen.push(format!("there is no {}", path.display()));
            return Ok(None);
        }
        let bytes = sage_oci_files::read(path)?;
        match digest_of(&bytes) {
            found if found == self.digest => Ok(Some(bytes)),
            found => {
                self.seen.push(format!("{} is {found}", path.display()));
                Ok(None)
            }
        }
    }

    fn wanted(&self) -> String {
        format!("the image was made of the lock {}, which is not here", self.digest)
    }

    fn seen(&self) -> String {
        self.seen.join("; ")
    }
}

fn parse(bytes: Vec<u8>) -> Result<LockFile, Failure> {
    let text = String::from_utf8(bytes).map_err(|_| Failure::new("the lock is no text", None))?;
    Ok(LockFile::parse(text)?)
}

/// A digest says which lock it is, and not that it is one for this image.
fn check(lock: &LockFile, wanted: &Wanted<'_>) -> Result<(), Failure> {
    if (&lock.channel, lock.architecture) == (wanted.channel, wanted.architecture) {
        return Ok(());
    }
    let of = format!("{} for {}", lock.channel, lock.architecture);
    let image = format!("{} for {}", wanted.channel, wanted.architecture);
    Err(Failure::new(format_args!("the lock is of channel {of}, and the image of {image}"), None))
}
