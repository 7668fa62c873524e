/// What can be done about bytes that somebody changed.
const CHANGED: &str =
    "the mirror or something on the way changed the file: try another mirror, and do not use what this one sent";

/// Why a clear-signed file is not to be believed, or a keyring cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, sage_oci_hint::Hint)]
pub enum SignatureError {
    /// The file is not exactly one clear-signed block.
    #[error("line {line}: the file is not one clear-signed block: {why}")]
    #[hint("{CHANGED}")]
    Framework {
        /// The line, counted from one.
        line: usize,
        /// The rule it breaks.
        why: &'static str,
    },
    /// The armoured signature block cannot be decoded.
    #[error("the signature block cannot be read: {why}")]
    #[hint("{CHANGED}")]
    Packets {
        /// What the decoder says.
        why: String,
    },
    /// A key of the keyring is named as the signer, and its signature does not fit the text.
    #[error("BAD signature by {user} ({signer}): the text or the signature was changed")]
    #[hint("{CHANGED}")]
    Bad {
        /// The fingerprint of the signing key or subkey.
        signer: String,
        /// The primary key's user id.
        user: String,
    },
    /// A key of the keyring signed with a digest that no longer protects.
    #[error("the signature by {user} ({signer}) uses the weak digest {digest}")]
    #[hint("ask the suite's owner to sign with SHA-256 or better")]
    WeakDigest {
        /// The fingerprint of the signing key or subkey.
        signer: String,
        /// The primary key's user id.
        user: String,
        /// The digest's name.
        digest: String,
    },
    /// The signature was made before its key began or after it expired.
    #[error("the signature by {user} ({signer}) was made at {signed}, outside the life of its key ({begins} to {}; seconds since 1970)",
            .expires.map_or_else(|| "no end".to_owned(), |end| end.to_string()))]
    #[hint("the key may have been prolonged: update its file from debian-archive-keyring")]
    OutsideLife {
        /// The fingerprint of the signing key or subkey.
        signer: String,
        /// The primary key's user id.
        user: String,
        /// The signature's time.
        signed: u32,
        /// The key's creation.
        begins: u32,
        /// The key's expiry, if it has one.
        expires: Option<u32>,
    },
    /// A key of the keyring made a signature that cannot be taken, such as one by a revoked key.
    #[error("the signature by {user} ({signer}) cannot be taken: {why}")]
    #[hint("update the key's file, and read why its owner withdrew it")]
    Unfit {
        /// The fingerprint of the signing key or subkey.
        signer: String,
        /// The primary key's user id.
        user: String,
        /// The rule it breaks.
        why: &'static str,
    },
    /// No key of the keyring has signed.
    #[error("no key of the keyring has signed this; the signatures are by {}", if .issuers.is_empty() { "nobody".to_owned() } else { .issuers.join(", ") })]
    #[hint(
        "if Debian has a new key, compare its fingerprint with https://ftp-master.debian.org/keys.html and add its file to the keyring"
    )]
    NoKnownSigner {
        /// Fingerprints or key ids as the signatures name them.
        issuers: Vec<String>,
    },
    /// A file of the keyring is not an armoured public key, or not a whole one.
    #[error("key file `{file}`: {why}")]
    #[hint("export the key with `gpg --armor --export`")]
    Key {
        /// The name that the caller gave.
        file: String,
        /// What is wrong.
        why: String,
    },
}
