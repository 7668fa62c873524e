use sage_oci_files::FileError;
use sage_oci_names::Sha256;
use std::time::Duration;

/// Why a download did not happen.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum FetchError {
    /// Some files could be had from no mirror.
    #[error("{}", list(failures, *not_tried))]
    #[hint(with = Some(other_mirror(failures)))]
    Failed {
        /// Each file that failed, in the order of the request, with what every mirror said.
        failures: Vec<Failure>,
        /// How many further files were not tried any more.
        not_tried: usize,
    },
    /// There is no mirror to ask.
    #[error("no mirror is named to fetch from")]
    #[hint("name a mirror, such as http://deb.debian.org/debian")]
    NoMirror,
    /// A mirror or URL that cannot be used.
    #[error("`{url}` cannot be fetched from: {why}")]
    #[hint("it must begin with http:// or https:// and name a host")]
    BadUrl {
        /// The URL, without its password.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// A proxy variable that cannot be used.
    #[error(transparent)]
    Proxy(#[from] sage_oci_http::BadProxy),
    /// The file system refused.
    #[error(transparent)]
    File(#[from] FileError),
    /// [`crate::Options::stop`] was set.
    #[error("the download was stopped")]
    #[hint("what has come so far is kept, and a new run goes on from there")]
    Cancelled,
}

/// A file that no mirror gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The file's path below a mirror.
    pub path: String,
    /// What each mirror said last, in the order they were asked.
    pub answers: Vec<Answer>,
}

/// What one mirror said about one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The mirror, without its password.
    pub mirror: String,
    /// What went wrong there last.
    pub trouble: Trouble,
    /// How often it was tried.
    pub attempts: u32,
}

/// What can go wrong with one transfer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, sage_oci_hint::Hint)]
#[non_exhaustive]
pub enum Trouble {
    /// A status other than 200 or 206.
    #[error("status {code}{}", meaning(*code))]
    Status {
        /// The status.
        code: u16,
        /// How long the server asks to wait (`Retry-After` in seconds).
        wait: Option<Duration>,
    },
    /// The body ended early.
    #[error("the connection ended after {got} of {expected} bytes")]
    Cut {
        /// Bytes of the file so far, those of earlier attempts included.
        got: u64,
        /// Bytes of the whole file.
        expected: u64,
    },
    /// The mirror's file has another size.
    #[error("the file there is {got} bytes long and not {expected}")]
    OtherSize {
        /// The size the mirror states.
        got: u64,
        /// The size it should have.
        expected: u64,
    },
    /// More bytes came than the file has, or than [`crate::get`] may take.
    #[error("more than {limit} bytes came")]
    TooLong {
        /// The most that is taken.
        limit: u64,
    },
    /// All bytes came, and they are not the right ones.
    #[error("the digest is sha256:{actual} and not sha256:{expected}{}", if *resumed { " (of a resumed download)" } else { "" })]
    WrongDigest {
        /// The digest it should have.
        expected: Sha256,
        /// The digest of what came.
        actual: Sha256,
        /// Whether the first bytes are from an earlier transfer, which may be the one to blame.
        resumed: bool,
    },
    /// A 206 whose `Content-Range` is not what was asked for.
    #[error("asked for the bytes from {asked}, it sent `{got}`")]
    WrongRange {
        /// The first byte asked for.
        asked: u64,
        /// The header, or nothing.
        got: String,
    },
    /// It came too slowly for too long.
    #[error("slower than {slowest} bytes a second for {} s", time.as_secs_f32())]
    TooSlow {
        /// Bytes a second.
        slowest: u64,
        /// For how long.
        time: Duration,
    },
    /// The connection could not be made or broke, nothing came for the whole time-out, or what came was no HTTP.
    #[error(transparent)]
    Broken(#[from] sage_oci_http::Broken),
}

/// What a person can do when no mirror gave some files.
fn other_mirror(failures: &[Failure]) -> String {
    let digest = |answer: &Answer| matches!(answer.trouble, Trouble::WrongDigest { .. } | Trouble::OtherSize { .. });
    let text = if failures.iter().any(Failure::is_not_found) {
        "the mirrors no longer hold this version: use a mirror that keeps old ones (snapshot.debian.org), or make the lock anew"
    } else if failures.iter().any(|failure| failure.answers.iter().any(digest)) {
        "a mirror has other bytes than the lock: it may be in the middle of an update, or a proxy on the way may have put its \
         own page there; name another mirror"
    } else if let Some(hint) = failures.iter().flat_map(|failure| &failure.answers).find_map(Answer::untrusted) {
        return hint;
    } else {
        "look at the network and the mirrors; what has come so far is kept, and a new run goes on from there"
    };
    text.to_owned()
}

impl Answer {
    /// What to do about a certificate that nobody here trusts, where that is the trouble.
    fn untrusted(&self) -> Option<String> {
        use sage_oci_hint::Hint as _;
        match &self.trouble {
            Trouble::Broken(broken @ sage_oci_http::Broken::Untrusted { .. }) => broken.hint(),
            _ => None,
        }
    }
}

impl Failure {
    /// Whether every mirror says that the file is not there.
    fn is_not_found(&self) -> bool {
        self.answers.iter().all(|answer| matches!(answer.trouble, Trouble::Status { code: 404 | 410, .. }))
    }
}

impl FetchError {
    /// Whether the same call again, later, can go better.
    pub fn should_retry(&self) -> bool {
        match self {
            FetchError::Failed { failures, .. } => {
                failures.iter().all(|failure| failure.answers.iter().any(|answer| answer.trouble.should_retry()))
            }
            FetchError::File(error) => error.should_retry(),
            FetchError::Cancelled => true,
            FetchError::NoMirror | FetchError::BadUrl { .. } | FetchError::Proxy(_) => false,
        }
    }

    /// Whether every mirror says of some file that it is not there.
    pub fn is_not_found(&self) -> bool {
        match self {
            FetchError::Failed { failures, .. } => failures.iter().any(Failure::is_not_found),
            _ => false,
        }
    }
}

impl Trouble {
    /// Whether the same mirror may do better when it is asked again after a pause.
    pub fn should_retry(&self) -> bool {
        match self {
            Trouble::Status { code, .. } => matches!(code, 408 | 416 | 425 | 429 | 500..=599),
            // The kept part may be to blame: it is thrown away, and the next attempt starts from nothing.
            Trouble::WrongDigest { resumed, .. } => *resumed,
            Trouble::Cut { .. } | Trouble::WrongRange { .. } => true,
            Trouble::Broken(broken) => broken.should_retry(),
            Trouble::OtherSize { .. } | Trouble::TooLong { .. } | Trouble::TooSlow { .. } => false,
        }
    }

    /// Whether it speaks of the mirror and not of one file: such mirrors are asked last from then on.
    pub(crate) fn blames_mirror(&self) -> bool {
        !matches!(self, Trouble::Status { code: 404 | 410, .. })
    }
}

fn meaning(code: u16) -> &'static str {
    match code {
        301..=308 => " (a redirect that leads nowhere)",
        401 | 407 => " (it wants a password)",
        403 => " (forbidden)",
        404 => " (not found)",
        410 => " (gone)",
        429 => " (too many requests)",
        500..=599 => " (the server's fault)",
        _ => "",
    }
}

fn list(failures: &[Failure], not_tried: usize) -> String {
    let mut text = String::new();
    for failure in failures {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&format!("cannot fetch `{}`:", failure.path));
        for Answer { mirror, trouble, attempts } in &failure.answers {
            text.push_str(&format!("\n  {mirror}: {trouble}"));
            if *attempts > 1 {
                text.push_str(&format!(" ({attempts} attempts)"));
            }
        }
    }
    if not_tried > 0 {
        text.push_str(&format!("\nand {not_tried} more files were not tried"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(troubles: &[Trouble]) -> FetchError {
        let answer = |trouble: &Trouble| Answer { mirror: "http://m".into(), trouble: trouble.clone(), attempts: 2 };
        let failure = Failure { path: "pool/a.deb".into(), answers: troubles.iter().map(answer).collect() };
        FetchError::Failed { failures: vec![failure], not_tried: 3 }
    }

    #[test]
    fn the_text_lists_every_mirror() {
        let not_found = Trouble::Status { code: 404, wait: None };
        let cut = Trouble::Cut { got: 1, expected: 2 };
        assert_eq!(
            failed(&[not_found.clone(), cut.clone()]).to_string(),
            "cannot fetch `pool/a.deb`:\n  http://m: status 404 (not found) (2 attempts)\n  http://m: the connection \
             ended after 1 of 2 bytes (2 attempts)\nand 3 more files were not tried"
        );
        assert!(failed(std::slice::from_ref(&not_found)).is_not_found());
        assert!(!failed(&[not_found.clone(), cut.clone()]).is_not_found());
        assert!(failed(&[not_found.clone(), cut]).should_retry());
        assert!(!failed(&[not_found]).should_retry());
    }
}
