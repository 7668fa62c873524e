use crate::content::Content;
use crate::exchange::said_of;
use crate::session::{Session, Step};
use crate::uploads::Uploads;
use crate::verdict::{Form, Verdict, decide};
use crate::{RegistryError, pause};
use sage_oci_image::Descriptor;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How a blob has come up.
pub(crate) struct Carried {
    /// How much of it an earlier push had sent, in bytes.
    pub(crate) saved: u64,
    /// Whether it was put together of pieces.
    pub(crate) in_pieces: bool,
}

/// One blob's way up, by whatever form the registry takes.
pub(crate) struct Carry<'a> {
    uploads: &'a Uploads<'a>,
    blob: &'a Descriptor,
    what: &'a str,
    content: Content<'a>,
    form: Form,
    session: Session,
    /// How much of it came from an earlier push and still counts, in bytes.
    saved: u64,
}

impl<'a> Carry<'a> {
    /// Begins where an upload is: at its start with the whole of the blob, in the middle with what is left of it.
    pub(crate) fn new(uploads: &'a Uploads<'a>, blob: &'a Descriptor, what: &'a str, session: Session) -> Self {
        let form = if session.offset == 0 { Form::Whole } else { Form::Pieces };
        let content = Content::new(uploads, blob);
        content.settle(session.offset);
        let saved = session.offset;
        Self { uploads, blob, what, content, form, session, saved }
    }

    /// Sends until it is through; patience is new after each step forward.
    pub(crate) fn through(mut self) -> Result<Carried, RegistryError> {
        let (mut attempt, mut furthest) = (1, self.session.offset);
        self.keep()?;
        loop {
            let (wait, verdict) = match self.step()? {
                Step::Done(None) => break,
                Step::Done(Some(session)) if session.offset > self.session.offset => {
                    self.session = session;
                    self.content.settle(self.session.offset);
                    self.keep()?;
                    if self.session.offset > furthest {
                        (furthest, attempt) = (self.session.offset, 1);
                    }
                    continue;
                }
                // It takes pieces, and has no more than before: this would go on for ever.
                Step::Done(Some(_)) => (Duration::ZERO, Verdict::OnlyWhole),
                failed => self.judge(failed, attempt)?,
            };
            if !pause::wait(wait, &self.uploads.registry.options) {
                return Err(RegistryError::Stopped);
            }
            if self.turn(verdict)? {
                break;
            }
            attempt += 1;
            if self.session.offset > furthest {
                (furthest, attempt) = (self.session.offset, 1);
            }
        }
        self.content.settle(self.blob.size);
        Ok(Carried { saved: self.saved, in_pieces: self.form == Form::Pieces })
    }

    fn keep(&self) -> Result<(), RegistryError> {
        self.uploads.journal().put(self.blob.digest, &self.session)
    }

    /// One request: the whole, a piece, or the end.
    fn step(&self) -> Result<Step, RegistryError> {
        let (registry, session, blob) = (self.uploads.registry, &self.session, self.blob);
        if registry.options.stopped() || self.uploads.over.load(Ordering::Relaxed) {
            return Err(RegistryError::Stopped);
        }
        let asked = match self.form {
            Form::Whole => {
                let open = || self.content.piece(0, blob.size, true);
                registry.put(self.what, session, &blob.digest, blob.size, &open)
            }
            Form::Pieces if session.offset < blob.size => {
                let length = registry.options.chunk.max(1).min(blob.size - session.offset);
                let open = || self.content.piece(session.offset, length, false);
                registry.patch(self.what, session, length, &open)
            }
            Form::Pieces => registry.finish(self.what, session, &blob.digest),
        };
        if let Some(error) = self.content.failure() {
            return Err(error.into());
        }
        // It may have come to its end, and only the answer was lost.
        Ok(match asked? {
            Step::Unknown(_) if self.uploads.is_there(blob)? => Step::Done(None),
            step => step,
        })
    }

    /// How long to wait after a failure, and what to do then.
    fn judge(&self, failed: Step, attempt: u32) -> Result<(Duration, Verdict), RegistryError> {
        let registry = self.uploads.registry;
        let last = attempt >= registry.options.attempts;
        let own = pause::own(&registry.options, attempt);
        let tell = |why: &str| self.uploads.progress.again(self.what, why);
        match failed {
            Step::Unknown(broken) if last || !broken.should_retry() => Err(registry.broken(self.what, broken, attempt)),
            Step::Unknown(broken) => {
                tell(&broken.to_string());
                Ok((own, Verdict::Ask))
            }
            Step::No(answer) => {
                let asked = registry.wish(self.what, &answer)?;
                let error = registry.refusal(self.what, *answer);
                let (status, said) = said_of(&error);
                let verdict = decide(self.form, status, said);
                if last || verdict == Verdict::Fail {
                    return Err(error);
                }
                if said.contains("DIGEST_INVALID") {
                    self.content.check()?;
                }
                tell(&error.to_string());
                Ok((asked.unwrap_or_default().max(own), verdict))
            }
            Step::Done(_) => Ok((Duration::ZERO, Verdict::Ask)),
        }
    }

    /// Goes on in the way that was decided; true where there is nothing left to do.
    fn turn(&mut self, verdict: Verdict) -> Result<bool, RegistryError> {
        let registry = self.uploads.registry;
        let known = match verdict {
            Verdict::Ask | Verdict::InStep => registry.status(self.what, &self.session)?,
            Verdict::Anew | Verdict::OnlyWhole | Verdict::Fail => None,
        };
        // A piece was refused that stood where it should, or that nobody knows of: pieces are not taken.
        let in_step = known.as_ref().is_some_and(|known| known.offset != self.session.offset);
        if verdict == Verdict::OnlyWhole || verdict == Verdict::InStep && !in_step {
            self.uploads.whole_only.store(true, Ordering::Relaxed);
        }
        match known {
            Some(known) if self.uploads.takes_pieces() && known.offset <= self.blob.size => {
                self.saved = self.saved.min(known.offset);
                (self.form, self.session) = (Form::Pieces, known);
            }
            // It may have come to its end behind an answer that says something else, as a proxy's that did not wait.
            _ if self.uploads.is_there(self.blob)? => return Ok(true),
            _ => {
                registry.give_up(&self.session);
                (self.session, self.saved) = (registry.begin(self.what)?, 0);
                // What was cut once may be cut again: a piece loses less.
                self.form = match self.uploads.takes_pieces() {
                    true if self.form == Form::Whole && verdict == Verdict::Anew => Form::Whole,
                    true => Form::Pieces,
                    false => Form::Whole,
                };
            }
        }
        self.content.settle(self.session.offset);
        self.keep()?;
        Ok(false)
    }
}
