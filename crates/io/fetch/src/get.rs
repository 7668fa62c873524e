use crate::client::Client;
use crate::error::{Answer, Failure, Trouble};
use crate::mirror::Mirror;
use crate::pace::Pace;
use crate::retry::persist;
use crate::{FetchError, Options};
use sage_oci_http::{Broken, watched};
use std::io::{ErrorKind, Read};
use std::time::Instant;

/// Fetches one URL into memory: an index whose digest is not known here. At most `max_size` bytes are taken.
///
/// The same retries and time-outs as in [`crate::fetch_all`]; a cut transfer starts again, since nothing tells whether
/// the file is still the same.
///
/// # Errors
/// [`FetchError::Failed`] with one failure of one answer; [`FetchError::is_not_found`] tells an absent file from the rest.
pub fn get(url: &str, max_size: u64, options: &Options) -> Result<Vec<u8>, FetchError> {
    let source = Mirror::parse(url)?;
    let client = Client::new(options)?;
    let outcome = watched(
        || options.stopped(),
        || client.end(),
        || persist(options, || Ok(attempt(&client, &source, max_size, options)), |_| ()),
    )?;
    outcome.map_err(|(trouble, attempts)| {
        let answer = Answer { mirror: source.name().to_owned(), trouble, attempts };
        let path = source.url().rsplit('/').next().unwrap_or_default().to_owned();
        FetchError::Failed { failures: vec![Failure { path, answers: vec![answer] }], not_tried: 0 }
    })
}

fn attempt(client: &Client, source: &Mirror, max_size: u64, options: &Options) -> Result<Vec<u8>, Trouble> {
    let mut response = client.ask(source, source.url(), 0)?;
    let length = response.body().content_length();
    if length.is_some_and(|length| length > max_size) {
        return Err(Trouble::TooLong { limit: max_size });
    }
    let mut pace = Pace::new(options.slowest, options.slow_for, Instant::now());
    let mut reader = response.body_mut().as_reader();
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            // With a known length, the check below says it better; without one, this is the only sign of a cut.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof && length.is_some() => break,
            Err(error) => return Err(Broken::of_reading(&error).into()),
        };
        bytes.extend_from_slice(&buffer[..count]);
        if bytes.len() as u64 > max_size {
            return Err(Trouble::TooLong { limit: max_size });
        }
        if !pace.keeps_up(count, Instant::now()) {
            return Err(Trouble::TooSlow { slowest: options.slowest, time: options.slow_for });
        }
    }
    match length {
        Some(expected) if bytes.len() as u64 != expected => Err(Trouble::Cut { got: bytes.len() as u64, expected }),
        _ => Ok(bytes),
    }
}
