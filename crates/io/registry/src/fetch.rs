use crate::exchange::Ask;
use crate::registry::Registry;
use crate::{RegistryError, pause};
use sage_oci_http::Broken;
use sage_oci_image::MAX_DOCUMENT;
use std::io::Read;
use ureq::http::HeaderMap;

/// An answer that was read to its end.
pub(crate) struct Fetched {
    headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Fetched {
    /// A header's text, if it is there and is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl Registry {
    /// Reads an answer into memory; none where there is nothing. One that breaks off is asked for again.
    ///
    /// # Errors
    /// The registry refuses or cannot be reached, or the answer is larger than any document.
    pub(crate) fn fetch(&self, ask: &Ask<'_>) -> Result<Option<Fetched>, RegistryError> {
        let mut attempt = 1;
        loop {
            let mut answer = self.send(ask)?;
            match answer.status().as_u16() {
                200 => {}
                404 => return Ok(None),
                _ => return Err(self.refusal(ask.what, answer)),
            }
            let length = answer.body().content_length();
            let mut bytes = Vec::new();
            let read = answer.body_mut().as_reader().take(MAX_DOCUMENT + 1).read_to_end(&mut bytes);
            if bytes.len() as u64 > MAX_DOCUMENT {
                return Err(self.nonsense(ask.what, format!("it is larger than {MAX_DOCUMENT} bytes")));
            }
            let broken = match read {
                Err(error) => Broken::of_reading(&error),
                Ok(_) if length.is_some_and(|length| length != bytes.len() as u64) => {
                    Broken::Connection { why: "the registry closed the connection".to_owned(), retry: true }
                }
                Ok(_) => return Ok(Some(Fetched { headers: answer.headers().clone(), bytes })),
            };
            if attempt >= self.options.attempts || !broken.should_retry() {
                return Err(self.broken(ask.what, broken, attempt));
            }
            pause::rest(&self.options, attempt)?;
            attempt += 1;
        }
    }
}
