use crate::engine::is_missing;
use crate::loaded::Progress;
use crate::{Engine, EngineError, LoadEvent};
use bollard::query_parameters::{RemoveImageOptionsBuilder, TagImageOptionsBuilder};
use sage_oci_names::{EngineId, Reference};
use std::time::{Duration, Instant};

/// How long an engine that went away in the middle may take to come back and get its names put back.
const RETURN: Duration = Duration::from_secs(30);
/// How long to wait before it is asked again.
const PAUSE: Duration = Duration::from_millis(250);

/// A name and the image that had it.
struct Former {
    name: Reference,
    id: Option<EngineId>,
}

impl Engine {
    /// Gives an image that the engine has all of these names, taking them from the images that had them; or none of them.
    ///
    /// A name without a tag gets `latest`. `stop` is asked before each name; where it says so, or a name cannot be given, those that were moved go back. An
    /// engine that went away is waited for, half a minute, to put them back. The future must not be dropped: it ends soon,
    /// and what it has begun it must carry through.
    ///
    /// # Errors
    ///
    /// [`EngineError::Pinned`]: a name has a digest. [`EngineError::NotNamed`]: all names are as they were before. [`EngineError::NamesSplit`]: they are not, and the hint
    /// says how to put them back by hand.
    pub async fn name(
        &self,
        id: EngineId,
        names: &[Reference],
        stop: &(dyn Fn() -> bool + Sync),
        progress: Progress<'_>,
    ) -> Result<(), EngineError> {
        // The first name's image is asked for before any is moved, and so are all others.
        let mut former = Vec::new();
        for name in names {
            if name.digest().is_some() {
                return Err(EngineError::Pinned { name: name.clone() });
            }
            let name = name.clone().or_latest();
            former.push(Former { id: self.id(&name).await?, name });
        }
        for (place, Former { name, .. }) in former.iter().enumerate() {
            let named = if stop() { Err(EngineError::Stopped) } else { self.tag(id, name).await };
            let Err(why) = named else { continue };
            // The name that failed, too: the engine may have given it and died before it could say so.
            let touched = if matches!(why, EngineError::Stopped) { place } else { place + 1 };
            return Err(self.put_back(id, &former[..touched], name, why, progress).await);
        }
        Ok(())
    }

    /// Puts names back, the last one first; gives the error that tells how that went.
    async fn put_back(
        &self,
        id: EngineId,
        former: &[Former],
        failed: &Reference,
        why: EngineError,
        progress: Progress<'_>,
    ) -> EngineError {
        let name = failed.clone();
        let (began, mut waits, mut left) = (Instant::now(), false, Vec::new());
        for one in former.iter().rev() {
            while let Err(error) = self.restore(id, one).await {
                // An engine that is being started again answers soon; one that refuses has said its word.
                if !error.should_retry() || began.elapsed() >= RETURN {
                    left.push(one);
                    break;
                }
                if !std::mem::replace(&mut waits, true) {
                    progress(LoadEvent::Waiting { seconds: RETURN.as_secs() });
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
        let source = Box::new(why);
        if left.is_empty() {
            return EngineError::NotNamed { name, source };
        }
        let client = self.kind.client();
        let command = |former: &&Former| match &former.id {
            Some(id) => format!("{client} tag {id} {}", former.name),
            None => format!("{client} rmi {}", former.name),
        };
        let names = left.iter().map(|former| former.name.to_string()).collect::<Vec<_>>().join(", ");
        EngineError::NamesSplit { name, names, commands: left.iter().map(command).collect(), source }
    }

    /// Gives a name back to the image that had it. A name that the new image does not have was never moved, or somebody
    /// else has moved it since; either way it is not ours to put back.
    async fn restore(&self, id: EngineId, former: &Former) -> Result<(), EngineError> {
        let now = self.id(&former.name).await?;
        match former.id {
            _ if now != Some(id) => Ok(()),
            Some(old) if old == id => Ok(()),
            Some(old) => self.tag(old, &former.name).await,
            None => self.untag(&former.name).await,
        }
    }

    /// Gives an image one name.
    async fn tag(&self, id: EngineId, reference: &Reference) -> Result<(), EngineError> {
        let tag = reference.tag().unwrap_or_default();
        let options = TagImageOptionsBuilder::default().repo(&reference.name()).tag(tag).build();
        let tagged = self.docker.tag_image(&id.to_string(), Some(options)).await;
        tagged.map_err(|error| self.error(format!("naming image {id} {reference}"), error))
    }

    /// Takes a name off its image. The image goes with its last name. A name that is gone already is fine.
    ///
    /// # Errors
    ///
    /// The engine refuses.
    pub(crate) async fn untag(&self, reference: &Reference) -> Result<(), EngineError> {
        let options = RemoveImageOptionsBuilder::default().build();
        let removed = self.docker.remove_image(&reference.to_string(), Some(options), None).await;
        match removed {
            Err(error) if !is_missing(&error) => Err(self.error(format!("taking the name {reference} off"), error)),
            _ => Ok(()),
        }
    }
}
