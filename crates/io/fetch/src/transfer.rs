use crate::client::Client;
use crate::error::Trouble;
use crate::mirror::Mirror;
use crate::pace::Pace;
use crate::part::Part;
use crate::{Options, Progress, Wanted};
use sage_oci_files::FileError;
use sage_oci_http::{Broken, header};
use std::io::{ErrorKind, Read};
use std::time::Instant;

/// How one transfer can end early: through the other side, which another attempt may cure, or through our own disk.
#[derive(Debug)]
pub(crate) enum Stop {
    Trouble(Trouble),
    File(FileError),
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Self {
        Stop::Trouble(trouble)
    }
}

impl From<FileError> for Stop {
    fn from(error: FileError) -> Self {
        Stop::File(error)
    }
}

/// One attempt to complete a part from one mirror; `Ok` when it is whole and its digest is right.
///
/// What was received stays in the part, unless it is known to be wrong.
pub(crate) fn transfer(
    client: &Client,
    mirror: &Mirror,
    wanted: &Wanted,
    part: &mut Part,
    options: &Options,
    progress: &dyn Progress,
) -> Result<u64, Stop> {
    let mut received = 0;
    // A part may be whole already: a run that ended between the last byte and the renaming.
    if part.len() < wanted.size || wanted.size == 0 {
        part.keep();
        received = receive(client, mirror, wanted, part, options, progress)?;
    }
    let actual = part.digest();
    if actual != wanted.sha256 {
        let resumed = part.is_resumed();
        forget(part, progress)?;
        return Err(Trouble::WrongDigest { expected: wanted.sha256, actual, resumed }.into());
    }
    Ok(received)
}

fn receive(
    client: &Client,
    mirror: &Mirror,
    wanted: &Wanted,
    part: &mut Part,
    options: &Options,
    progress: &dyn Progress,
) -> Result<u64, Stop> {
    let start = part.len();
    let size = wanted.size;
    let mut response = match client.ask(mirror, &mirror.join(&wanted.path), start) {
        // The file there is shorter than what we hold: ours is of no use with this mirror.
        Err(trouble @ Trouble::Status { code: 416, .. }) => {
            forget(part, progress)?;
            return Err(trouble.into());
        }
        other => other?,
    };
    if response.status() == 206 {
        let range = header(&response, "content-range").unwrap_or_default();
        match parse_range(range) {
            Some((first, total)) if first == start && total.is_none_or(|total| total == size) => {}
            Some((first, Some(total))) if first == start => {
                return Err(Trouble::OtherSize { got: total, expected: size }.into());
            }
            _ => {
                let got = range.to_owned();
                // The next attempt asks for the whole file, which leaves nothing to misunderstand.
                forget(part, progress)?;
                return Err(Trouble::WrongRange { asked: start, got }.into());
            }
        }
    } else {
        // 200: the whole file, whether or not a part of it was asked for.
        forget(part, progress)?;
    }
    let left = size - part.len();
    if let Some(length) = response.body().content_length().filter(|length| *length != left) {
        return Err(Trouble::OtherSize { got: part.len() + length, expected: size }.into());
    }
    let mut pace = Pace::new(options.slowest, options.slow_for, Instant::now());
    let mut body = response.body_mut().as_reader();
    let mut buffer = vec![0; 64 * 1024];
    let mut received = 0;
    loop {
        let count = match body.read(&mut buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            // The end of the connection; how much is missing is told below.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(Trouble::from(Broken::of_reading(&error)).into()),
        };
        if count == 0 {
            break;
        }
        if part.len() + count as u64 > size {
            forget(part, progress)?;
            return Err(Trouble::TooLong { limit: size }.into());
        }
        part.append(&buffer[..count])?;
        progress.advanced(count as u64);
        received += count as u64;
        if !pace.keeps_up(count, Instant::now()) {
            return Err(Trouble::TooSlow { slowest: options.slowest, time: options.slow_for }.into());
        }
    }
    if part.len() < size {
        return Err(Trouble::Cut { got: part.len(), expected: size }.into());
    }
    Ok(received)
}

/// Empties the part and takes its bytes back from the progress.
fn forget(part: &mut Part, progress: &dyn Progress) -> Result<(), FileError> {
    if part.len() > 0 {
        progress.withdrawn(part.len());
        part.clear()?;
    }
    Ok(())
}

/// The first byte and the total of `bytes FIRST-LAST/TOTAL` (RFC 9110, 14.4); the total may be `*`.
fn parse_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, _last) = range.split_once('-')?;
    let total = if total == "*" { None } else { Some(total.parse().ok()?) };
    Some((first.parse().ok()?, total))
}

#[cfg(test)]
mod tests {
    use super::parse_range;

    #[test]
    fn content_ranges() {
        assert_eq!(parse_range("bytes 5-9/10"), Some((5, Some(10))));
        assert_eq!(parse_range("bytes 5-9/*"), Some((5, None)));
        for bad in ["", "bytes */10", "bytes 5-9", "items 5-9/10", "bytes x-9/10", "bytes 5-9/x"] {
            assert_eq!(parse_range(bad), None, "{bad}");
        }
    }
}
