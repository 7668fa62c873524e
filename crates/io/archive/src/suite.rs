use crate::{ArchiveError, LockRequest, SuiteRequest};
use sage_oci_deb::Release;
use sage_oci_fetch::FetchError;
use sage_oci_lock::SuitePin;
use sage_oci_names::Sha256;
use sage_oci_signature::SignatureError;
use sha2::{Digest, Sha256 as Hasher};
use std::collections::BTreeMap;

/// The most bytes that an `InRelease` file may have; sid's has 0.2 MB.
const INRELEASE_LIMIT: u64 = 16 << 20;

/// A suite whose release file is signed by a key that is believed.
pub(crate) struct SignedSuite {
    pub(crate) release: Release,
    /// The lock's record of it, still without indexes.
    pub(crate) pin: SuitePin,
}

/// Fetches and verifies a suite's `InRelease` from the first of its mirrors that has it.
pub(crate) fn signed_suite(request: &LockRequest<'_>, wanted: &SuiteRequest) -> Result<SignedSuite, ArchiveError> {
    let suite = &wanted.suite;
    let (url, bytes) = first_answer(request, wanted)?;
    let verified =
        sage_oci_signature::verify(&bytes, &wanted.keyring).map_err(|error| disbelieved(wanted, url.clone(), error))?;
    let release =
        Release::parse(&verified.text).map_err(|source| ArchiveError::Release { url: url.clone(), source })?;
    // A signature of another suite's file is just as good; a mirror must not choose the suite for us.
    if ![&release.suite, &release.codename].contains(&suite) {
        let found = if release.codename.is_empty() { &release.suite } else { &release.codename };
        return Err(ArchiveError::OtherSuite { url, found: found.clone(), wanted: suite.clone() });
    }
    let expired = release.valid_until.is_some_and(|until| until < request.now);
    let valid_until = release.valid_until.map(rfc3339);
    if let (true, false, Some(until)) = (expired, request.accept_expired, &valid_until) {
        return Err(ArchiveError::Expired { suite: suite.clone(), until: until.clone() });
    }
    let older_than = no_step_back(request, suite, release.date, &url)?;
    let pin = SuitePin {
        suite: suite.clone(),
        mirrors: wanted.mirrors.clone(),
        security: wanted.security,
        date: rfc3339(release.date),
        valid_until,
        expired,
        older_than,
        inrelease: Sha256::new(Hasher::digest(&bytes).into()),
        signers: verified.signers.into_iter().map(|signer| signer.primary).collect(),
        indexes: Vec::new(),
    };
    Ok(SignedSuite { release, pin })
}

fn disbelieved(wanted: &SuiteRequest, url: String, error: SignatureError) -> ArchiveError {
    let suite = wanted.suite.clone();
    match error {
        SignatureError::NoKnownSigner { issuers } if !issuers.is_empty() => {
            let believed = wanted.keyring.primaries().map(|(key, user)| format!("{key} ({user})")).collect();
            ArchiveError::OtherKey { suite, url, issuers, believed }
        }
        source => ArchiveError::Signature { url, source },
    }
}

/// A mirror can give out an old index again, signature and all: one that is older than what the previous lock was made from
/// is refused, or recorded with the date that was there before.
fn no_step_back(request: &LockRequest<'_>, suite: &str, date: i64, url: &str) -> Result<Option<String>, ArchiveError> {
    let previous = request.previous.into_iter().flat_map(|lock| &lock.suites).find(|pin| pin.suite == suite);
    let Some(previous) = previous else { return Ok(None) };
    let is_newer = |text: &String| text.parse::<jiff::Timestamp>().is_ok_and(|stamp| stamp.as_second() > date);
    if is_newer(&previous.date) && !request.allow_older {
        let (suite, found, locked) = (suite.to_owned(), rfc3339(date), previous.date.clone());
        return Err(ArchiveError::Older { suite, url: url.to_owned(), found, locked });
    }
    // What was once locked counts until an index is as new again.
    let newest =
        [Some(&previous.date), previous.older_than.as_ref()].into_iter().flatten().filter(|text| is_newer(text));
    Ok(newest.max().cloned())
}

fn first_answer(request: &LockRequest<'_>, wanted: &SuiteRequest) -> Result<(String, Vec<u8>), ArchiveError> {
    let suite = &wanted.suite;
    let unanswered = |source| ArchiveError::NoIndex { suite: suite.clone(), security: wanted.security, source };
    let mut failures = Vec::new();
    for mirror in &wanted.mirrors {
        let url = format!("{}/dists/{suite}/InRelease", mirror.trim_end_matches('/'));
        match sage_oci_fetch::get(&url, INRELEASE_LIMIT, &request.fetch) {
            Ok(bytes) => return Ok((url, bytes)),
            // The next mirror may do better; of all their answers one failure is made.
            Err(FetchError::Failed { failures: mut one, .. }) => failures.append(&mut one),
            Err(error) => return Err(error.into()),
        }
    }
    if failures.is_empty() {
        return Err(unanswered(FetchError::NoMirror));
    }
    let answers = failures.into_iter().flat_map(|failure| failure.answers).collect();
    let path = format!("dists/{suite}/InRelease");
    Err(unanswered(FetchError::Failed { failures: vec![sage_oci_fetch::Failure { path, answers }], not_tried: 0 }))
}

/// Puts the snapshot service's state of an archive behind its mirrors: that of its newest index, for suites that share the
/// mirrors are one archive.
pub(crate) fn add_snapshots(request: &LockRequest<'_>, signed: &mut [SignedSuite]) {
    let archive = |wanted: &SuiteRequest| (wanted.mirrors.clone(), wanted.snapshot.clone());
    let mut newest = BTreeMap::new();
    for (wanted, suite) in request.suites.iter().zip(&*signed) {
        let date = newest.entry(archive(wanted)).or_insert(suite.release.date);
        *date = suite.release.date.max(*date);
    }
    for (wanted, suite) in request.suites.iter().zip(signed) {
        if let (Some(root), Some(date)) = (&wanted.snapshot, newest.get(&archive(wanted))) {
            suite.pin.mirrors.push(format!("{}/{}", root.trim_end_matches('/'), snapshot_time(*date)));
        }
    }
}

/// `2026-10-30T08:21:14Z`.
fn rfc3339(seconds: i64) -> String {
    // Seconds that a date with a four-digit year gave are within jiff's range; anything else is shown as it is.
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |stamp| stamp.to_string())
}

/// `20261030T082114Z`, as the snapshot service writes times.
fn snapshot_time(seconds: i64) -> String {
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
