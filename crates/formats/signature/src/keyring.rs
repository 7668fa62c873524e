use crate::SignatureError;
use crate::key::{Key, keys_of};
use pgp::composed::{Deserializable, SignedPublicKey};

/// The keys whose signatures are believed.
#[derive(Debug, Clone, Default)]
pub struct Keyring {
    keys: Vec<Key>,
}

impl Keyring {
    /// Reads armoured public keys, each with the name that errors should say, such as its file's.
    ///
    /// Every self-signature and every bond of a subkey is checked here; a subkey without a valid bond is left out, as if
    /// it were not in the file. A file without a usable key is an error.
    pub fn from_armored(files: &[(impl AsRef<str>, impl AsRef<[u8]>)]) -> Result<Self, SignatureError> {
        let mut keys = Vec::new();
        for (file, bytes) in files {
            let fail = |why: String| SignatureError::Key { file: file.as_ref().to_owned(), why };
            let (certificates, _) =
                SignedPublicKey::from_armor_many(bytes.as_ref()).map_err(|error| fail(error.to_string()))?;
            let before = keys.len();
            for certificate in certificates {
                let certificate = certificate.map_err(|error| fail(error.to_string()))?;
                keys.extend(keys_of(&certificate).map_err(|why| fail(why.to_owned()))?);
            }
            if keys.len() == before {
                return Err(fail("it holds no public key".to_owned()));
            }
        }
        Ok(Self { keys })
    }

    /// Fingerprints of the primary keys with their user ids, in the order of the files.
    pub fn primaries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.keys
            .iter()
            .filter(|key| key.fingerprint == key.primary)
            .map(|key| (key.fingerprint.as_str(), key.user.as_str()))
    }

    /// The key with this fingerprint or this key id, in upper-case hexadecimal digits.
    pub(crate) fn find(&self, issuer: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.fingerprint == issuer || key.id == issuer)
    }
}
