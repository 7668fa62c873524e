use pgp::composed::{CleartextSignedMessage, Deserializable, SignedSecretKey};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{SignatureConfig, SignatureType, Subpacket, SubpacketData};
use pgp::types::{KeyDetails, Password, Timestamp};

/// A private key that is public: anyone can sign with it, so nothing but a test may believe it.
const PRIVATE: &str = include_str!("worthless-private-key.asc");
/// Its public half.
const PUBLIC: &str = include_str!("worthless-public-key.asc");

/// The fingerprint of the subkey that signs every suite; as in Debian, it is not the primary key.
pub const SIGNING_FINGERPRINT: &str = "F5B367ACE7188D9D08F556BC4B570A3E531770AD";

/// The armoured public key that suites are signed with: Ed25519, made at the start of 2020, without an end.
pub fn key_armored() -> &'static str {
    PUBLIC
}

/// Clear-signs a text with the worthless key, at `seconds` since 1970; the text comes out with one newline at its end.
///
/// The bytes depend on the two arguments alone: Ed25519 signatures need no random numbers.
pub fn clear_sign(text: &str, seconds: i64) -> String {
    const OURS: &str = "the key shipped with this crate signs";
    let (key, _) = SignedSecretKey::from_string(PRIVATE).expect(OURS);
    let subkey = &key.secret_subkeys.first().expect(OURS).key;
    let time = Timestamp::from_secs(u32::try_from(seconds).expect("a signature's time is between 1970 and 2106"));
    let mut config = SignatureConfig::v4(SignatureType::Text, subkey.algorithm(), HashAlgorithm::Sha512);
    config.hashed_subpackets = vec![
        Subpacket::regular(SubpacketData::SignatureCreationTime(time)).expect(OURS),
        Subpacket::regular(SubpacketData::IssuerFingerprint(subkey.fingerprint())).expect(OURS),
    ];
    config.unhashed_subpackets =
        vec![Subpacket::regular(SubpacketData::IssuerKeyId(subkey.legacy_key_id())).expect(OURS)];
    // The framework's own newline stands between the text and the signature.
    let text = text.strip_suffix('\n').unwrap_or(text);
    CleartextSignedMessage::new(text, config, subkey, &Password::empty())
        .and_then(|message| message.to_armored_string(Default::default()))
        .expect(OURS)
}
