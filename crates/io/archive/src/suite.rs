use crate::{ArchiveError, LockRequest};
use sage_oci_deb::Release;
use sage_oci_fetch::FetchError;
use sage_oci_lock::SuitePin;
use sage_oci_names::Sha256;
use sha2::{Digest, Sha256 as Hasher};

/// The most bytes that an `InRelease` file may have; sid's has 0.2 MB.
const INRELEASE_LIMIT: u64 = 16 << 20;

/// A suite whose release file is signed by a key that is believed.
pub(crate) struct SignedSuite {
    pub(crate) release: Release,
    /// The lock's record of it, still without indexes.
    pub(crate) pin: SuitePin,
}

/// Fetches and verifies a suite's `InRelease` from the first mirror that has it.
pub(crate) fn signed_suite(request: &LockRequest<'_>, suite: &str) -> Result<SignedSuite, ArchiveError> {
    let (url, bytes) = first_answer(request, suite)?;
    let verified = sage_oci_signature::verify(&bytes, request.keyring)
        .map_err(|source| ArchiveError::Signature { url: url.clone(), source })?;
    let release =
        Release::parse(&verified.text).map_err(|source| ArchiveError::Release { url: url.clone(), source })?;
    // A signature of another suite's file is just as good; a mirror must not choose the suite for us.
    if ![&release.suite, &release.codename].contains(&&suite.to_owned()) {
        let found = if release.codename.is_empty() { &release.suite } else { &release.codename };
        return Err(ArchiveError::OtherSuite { url, found: found.clone(), wanted: suite.to_owned() });
    }
    let expired = release.valid_until.is_some_and(|until| until < request.now);
    let valid_until = release.valid_until.map(rfc3339);
    if let (true, false, Some(until)) = (expired, request.accept_expired, &valid_until) {
        return Err(ArchiveError::Expired { suite: suite.to_owned(), until: until.clone() });
    }
    let pin = SuitePin {
        suite: suite.to_owned(),
        date: rfc3339(release.date),
        valid_until,
        expired,
        inrelease: Sha256::new(Hasher::digest(&bytes).into()),
        signers: verified.signers.into_iter().map(|signer| signer.primary).collect(),
        indexes: Vec::new(),
    };
    Ok(SignedSuite { release, pin })
}

fn first_answer(request: &LockRequest<'_>, suite: &str) -> Result<(String, Vec<u8>), ArchiveError> {
    let mut failures = Vec::new();
    for mirror in &request.mirrors {
        let url = format!("{}/dists/{suite}/InRelease", mirror.trim_end_matches('/'));
        match sage_oci_fetch::get(&url, INRELEASE_LIMIT, &request.fetch) {
            Ok(bytes) => return Ok((url, bytes)),
            // The next mirror may do better; of all their answers one failure is made.
            Err(FetchError::Failed { failures: mut one, .. }) => failures.append(&mut one),
            Err(error) => return Err(error.into()),
        }
    }
    if failures.is_empty() {
        return Err(FetchError::NoMirror.into());
    }
    let answers = failures.into_iter().flat_map(|failure| failure.answers).collect();
    let path = format!("dists/{suite}/InRelease");
    Err(FetchError::Failed { failures: vec![sage_oci_fetch::Failure { path, answers }], not_tried: 0 }.into())
}

/// `2026-10-30T08:21:14Z`.
fn rfc3339(seconds: i64) -> String {
    // Seconds that a date with a four-digit year gave are within jiff's range; anything else is shown as it is.
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |stamp| stamp.to_string())
}

/// `20261030T082114Z`, as the snapshot service writes times.
pub(crate) fn snapshot_time(seconds: i64) -> String {
    rfc3339(seconds).replace(['-', ':'], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        assert_eq!(rfc3339(1_793_348_474), "2026-10-30T08:21:14Z");
        assert_eq!(snapshot_time(1_793_348_474), "20261030T082114Z");
    }
}
