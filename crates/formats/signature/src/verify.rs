use crate::framework::take_apart;
use crate::key::{Key, Public, is_strong_digest};
use crate::{Keyring, SignatureError};
use data_encoding::HEXUPPER;
use pgp::armor::Dearmor;
use pgp::crypto::public_key::PublicKeyAlgorithm;
use pgp::packet::{Packet, PacketParser, Signature, SignatureType};
use std::io::BufReader;

/// The most signatures a file may have; Debian's have two or three, and each one costs a pass over the text.
const SIGNATURES: usize = 32;

/// Text that a key of the keyring has signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The text, every line ending in a newline, without blanks at line ends (no clear signature covers those).
    pub text: String,
    /// Who signed: at least one, in the file's order.
    pub signers: Vec<Signer>,
}

/// A key of the keyring that made a good signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// The fingerprint of the key or subkey that signed, in upper-case hexadecimal digits.
    pub fingerprint: String,
    /// The fingerprint of its primary key.
    pub primary: String,
    /// The primary key's user id, for people.
    pub user: String,
    /// When it was signed, in seconds since 1970.
    pub signed: i64,
}

/// Verifies a clear-signed file, such as `InRelease`, against a keyring.
///
/// At least one signature must be by a key of the keyring. Signatures by other keys are passed over; one that names a
/// key of the keyring and is not good (changed text, weak digest, a key that had expired, was revoked or does not sign)
/// is an error, however many good ones stand beside it.
pub fn verify(inrelease: &[u8], keyring: &Keyring) -> Result<Verified, SignatureError> {
    let framed = take_apart(inrelease)?;
    let signed = framed.signed_bytes();
    let mut signers = Vec::new();
    let mut strangers = Vec::new();
    for signature in signatures(framed.armor)? {
        let issuers = issuers(&signature);
        match issuers.iter().find_map(|issuer| keyring.find(issuer)) {
            Some(key) => signers.push(check(&signature, key, &signed)?),
            None => strangers.extend(issuers.into_iter().next()),
        }
    }
    if signers.is_empty() {
        return Err(SignatureError::NoKnownSigner { issuers: strangers });
    }
    Ok(Verified { text: framed.text(), signers })
}

fn signatures(armor: &str) -> Result<Vec<Signature>, SignatureError> {
    let fail = |why: String| SignatureError::Packets { why };
    let mut found = Vec::new();
    for packet in PacketParser::new(BufReader::new(Dearmor::new(armor.as_bytes()))) {
        match packet.map_err(|error| fail(error.to_string()))? {
            Packet::Signature(signature) if found.len() < SIGNATURES => found.push(signature),
            Packet::Signature(_) => return Err(fail(format!("it has more than {SIGNATURES} signatures"))),
            _ => return Err(fail("it has something else than signatures".to_owned())),
        }
    }
    Ok(found)
}

/// Who a signature says it is by: fingerprints, or key ids where there is no fingerprint.
fn issuers(signature: &Signature) -> Vec<String> {
    let fingerprints = signature.issuer_fingerprint();
    if fingerprints.is_empty() {
        signature.issuer_key_id().into_iter().map(|id| HEXUPPER.encode(id.as_ref())).collect()
    } else {
        fingerprints.into_iter().map(|fingerprint| HEXUPPER.encode(fingerprint.as_bytes())).collect()
    }
}

fn check(signature: &Signature, key: &Key, signed: &[u8]) -> Result<Signer, SignatureError> {
    let (signer, user) = (key.fingerprint.clone(), key.user.clone());
    let unfit = |why| SignatureError::Unfit { signer: signer.clone(), user: user.clone(), why };
    let config = signature.config().ok_or_else(|| unfit("its version is not known"))?;
    if !matches!(config.typ(), SignatureType::Text | SignatureType::Binary) {
        return Err(unfit("it is not a signature over a text"));
    }
    if !matches!(
        config.pub_alg,
        PublicKeyAlgorithm::RSA | PublicKeyAlgorithm::EdDSALegacy | PublicKeyAlgorithm::Ed25519
    ) {
        return Err(unfit("its algorithm is neither RSA nor Ed25519"));
    }
    if !is_strong_digest(config.hash_alg) {
        return Err(SignatureError::WeakDigest { signer, user, digest: config.hash_alg.to_string() });
    }
    if let Some(why) = key.unfit {
        return Err(unfit(why));
    }
    let good = match &key.public {
        Public::Primary(public) => signature.verify(&**public, signed),
        Public::Subkey(public) => signature.verify(&**public, signed),
    };
    if good.is_err() {
        return Err(SignatureError::Bad { signer, user });
    }
    let moment = signature.created().ok_or_else(|| unfit("it does not say when it was made"))?.as_secs();
    if moment < key.begins || key.expires.is_some_and(|end| moment >= end) {
        return Err(SignatureError::OutsideLife {
            signer,
            user,
            signed: moment,
            begins: key.begins,
            expires: key.expires,
        });
    }
    Ok(Signer { fingerprint: signer, primary: key.primary.clone(), user, signed: i64::from(moment) })
}
