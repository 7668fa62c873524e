use crate::Failure;
use sage_oci_definition::Upstream;
use sage_oci_revision::Revision;
use std::sync::{Arc, Mutex, PoisonError};

/// Revisions that were opened: all images of one command are of one commit, although a branch elsewhere may move meanwhile, and what is
/// read is read once.
#[derive(Debug, Default)]
pub struct Opened(Mutex<Vec<One>>);

#[derive(Debug)]
struct One {
    text: String,
    dirty: bool,
    upstream: Upstream,
    revision: Arc<Mutex<Revision>>,
}

impl Opened {
    /// The revision of a project that a person calls so, and whether it was opened by this call.
    ///
    /// # Errors
    /// Those of `open`.
    pub fn get(
        &self,
        text: &str,
        dirty: bool,
        upstream: &Upstream,
        open: impl FnOnce() -> Result<Revision, Failure>,
    ) -> Result<(Arc<Mutex<Revision>>, bool), Failure> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |one: &&One| (one.text.as_str(), one.dirty, &one.upstream) == (text, dirty, upstream);
        if let Some(one) = all.iter().find(is_it) {
            return Ok((Arc::clone(&one.revision), false));
        }
        let revision = Arc::new(Mutex::new(open()?));
        let (text, upstream, kept) = (text.to_owned(), upstream.clone(), Arc::clone(&revision));
        all.push(One { text, dirty, upstream, revision: kept });
        Ok((revision, true))
    }
}
