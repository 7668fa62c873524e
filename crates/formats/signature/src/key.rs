use data_encoding::HEXUPPER;
use pgp::composed::{SignedPublicKey, SignedPublicSubKey};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{PublicKey, PublicSubkey, Signature, SignatureType};
use pgp::types::{KeyDetails, Tag};

/// The public half of a primary key or a subkey.
#[derive(Debug, Clone)]
pub(crate) enum Public {
    Primary(Box<PublicKey>),
    Subkey(Box<PublicSubkey>),
}

/// A key that may be named as a signer, with everything that decides whether its signatures count.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) public: Public,
    /// Upper-case hexadecimal digits.
    pub(crate) fingerprint: String,
    /// The lower eight bytes of a version 4 fingerprint, in the same digits.
    pub(crate) id: String,
    /// The fingerprint of the primary key; the key's own if it is the primary.
    pub(crate) primary: String,
    /// The user id that the primary key certifies.
    pub(crate) user: String,
    /// Seconds since 1970.
    pub(crate) begins: u32,
    /// Seconds since 1970; the earlier of its own expiry and the primary's.
    pub(crate) expires: Option<u32>,
    /// Why no signature of it counts, if that is so.
    pub(crate) unfit: Option<&'static str>,
}

/// The primary key and the subkeys of a certificate, each as its self-signatures have it.
pub(crate) fn keys_of(certificate: &SignedPublicKey) -> Result<Vec<Key>, &'static str> {
    let primary = &certificate.primary_key;
    let details = &certificate.details;
    let (user, own) = details
        .users
        .iter()
        .filter_map(|user| {
            let valid = |signature: &&Signature| signature.verify_certification(primary, Tag::UserId, &user.id).is_ok();
            let latest = latest(&user.signatures, valid)?;
            (latest.typ() != Some(SignatureType::CertRevocation)).then_some((user, latest))
        })
        .max_by_key(|(_, signature)| signature.created())
        .ok_or("it has no user id with a valid self-signature")?;
    let user = String::from_utf8_lossy(user.id.id()).into_owned();
    let revoked = details.revocation_signatures.iter().any(|revocation| revocation.verify_key(primary).is_ok());
    let expires = expiry(primary, own);
    let fingerprint = HEXUPPER.encode(primary.fingerprint().as_bytes());
    let key = Key {
        id: HEXUPPER.encode(primary.legacy_key_id().as_ref()),
        primary: fingerprint.clone(),
        user: user.clone(),
        begins: primary.created_at().as_secs(),
        expires,
        unfit: unfit(revoked, own),
        public: Public::Primary(Box::new(primary.clone())),
        fingerprint,
    };
    let subkeys = certificate.public_subkeys.iter().filter_map(|subkey| subkey_of(primary, subkey, &key, revoked));
    Ok(std::iter::once(key.clone()).chain(subkeys).collect())
}

/// A subkey, if the primary key has bound it; a signing subkey must have signed the bond too (RFC 9580, section 5.2.1.8).
fn subkey_of(primary: &PublicKey, subkey: &SignedPublicSubKey, of: &Key, primary_revoked: bool) -> Option<Key> {
    let valid = |signature: &&Signature| signature.verify_subkey_binding(primary, &subkey.key).is_ok();
    let bound = |signature: &&Signature| {
        let backed = || {
            let back = signature.embedded_signature();
            back.is_some_and(|back| is_strong(back) && back.verify_primary_key_binding(&subkey.key, primary).is_ok())
        };
        signature.typ() == Some(SignatureType::SubkeyBinding)
            && valid(signature)
            && (!signature.key_flags().sign() || backed())
    };
    let binding = latest(&subkey.signatures, bound)?;
    let revoked = subkey
        .signatures
        .iter()
        .any(|signature| signature.typ() == Some(SignatureType::SubkeyRevocation) && valid(&signature));
    let own = expiry(&subkey.key, binding);
    Some(Key {
        fingerprint: HEXUPPER.encode(subkey.key.fingerprint().as_bytes()),
        id: HEXUPPER.encode(subkey.key.legacy_key_id().as_ref()),
        primary: of.fingerprint.clone(),
        user: of.user.clone(),
        begins: subkey.key.created_at().as_secs(),
        expires: own.into_iter().chain(of.expires).min(),
        unfit: unfit(revoked || primary_revoked, binding),
        public: Public::Subkey(Box::new(subkey.key.clone())),
    })
}

/// The youngest signature with a strong digest that passes the test; a later one replaces what an earlier one said.
fn latest(signatures: &[Signature], valid: impl Fn(&&Signature) -> bool) -> Option<&Signature> {
    signatures
        .iter()
        .filter(|signature| is_strong(signature) && valid(signature))
        .max_by_key(|signature| signature.created())
}

/// Whether a signature's digest still protects: SHA-2 and SHA-3 of 256 bits or more.
fn is_strong(signature: &Signature) -> bool {
    signature.hash_alg().is_some_and(is_strong_digest)
}

pub(crate) fn is_strong_digest(digest: HashAlgorithm) -> bool {
    use HashAlgorithm::{Sha3_256, Sha3_512, Sha256, Sha384, Sha512};
    matches!(digest, Sha256 | Sha384 | Sha512 | Sha3_256 | Sha3_512)
}

fn expiry(key: &impl KeyDetails, signature: &Signature) -> Option<u32> {
    let life = signature.key_expiration_time().map(|life| std::time::Duration::from(life).as_secs())?;
    // Zero means no expiry (RFC 9580, section 5.2.3.13).
    let end = u64::from(key.created_at().as_secs()) + life;
    (life != 0).then(|| u32::try_from(end).unwrap_or(u32::MAX))
}

fn unfit(revoked: bool, signature: &Signature) -> Option<&'static str> {
    match (revoked, signature.key_flags().sign()) {
        (true, _) => Some("the key is revoked"),
        (false, false) => Some("the key is not meant for signing"),
        (false, true) => None,
    }
}
