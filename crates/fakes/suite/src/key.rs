use pgp::composed::{CleartextSignedMessage, Deserializable, SignedSecretKey};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{SignatureConfig, SignatureType, Subpacket, SubpacketData};
use pgp::types::{KeyDetails, Password, Timestamp};

/// The fingerprint of the subkey with which [`Key::Usual`] signs; as in Debian, it is not the primary key.
pub const SIGNING_FINGERPRINT: &str = "F5B367ACE7188D9D08F556BC4B570A3E531770AD";

/// Keys whose private halves are public: anyone can sign with them, so nothing but a test may believe them.
///
/// Ed25519, made at the start of 2020, without an end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Key {
    /// The one that signs where nothing else is said.
    #[default]
    Usual,
    /// Another one, for what is signed by the wrong key.
    Other,
}

impl Key {
    /// The armoured public key.
    pub fn armored(self) -> &'static str {
        match self {
            Self::Usual => include_str!("worthless-public-key.asc"),
            Self::Other => include_str!("other-worthless-public-key.asc"),
        }
    }

    fn private(self) -> &'static str {
        match self {
            Self::Usual => include_str!("worthless-private-key.asc"),
            Self::Other => include_str!("other-worthless-private-key.asc"),
        }
    }

    /// Clear-signs a text at `seconds` since 1970; the text comes out with one newline at its end.
    ///
    /// The bytes depend on the key and the arguments alone: Ed25519 signatures need no random numbers.
    pub fn clear_sign(self, text: &str, seconds: i64) -> String {
        const OURS: &str = "the key shipped with this crate signs";
        let (key, _) = SignedSecretKey::from_string(self.private()).expect(OURS);
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
}

/// The armoured public key that suites are signed with where nothing else is said.
pub fn key_armored() -> &'static str {
    Key::Usual.armored()
}

/// Clear-signs a text with the usual key; see [`Key::clear_sign`].
pub fn clear_sign(text: &str, seconds: i64) -> String {
    Key::Usual.clear_sign(text, seconds)
}
