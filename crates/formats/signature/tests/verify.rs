//! Files signed by GnuPG with keys made for these tests; see `data/README.md` for how they were made.

use proptest::prelude::*;
use sage_oci_hint::Hint as _;
use sage_oci_signature::{Keyring, SignatureError, verify};

macro_rules! data {
    ($name:literal) => {
        include_bytes!(concat!("data/", $name)) as &[u8]
    };
}

const TEXT: &str = "Origin: Test\nSuite: tiny\nDate: Wed, 01 Jan 2020 12:00:00 UTC\nTrailing: blanks\n- dashed\n-----looks like a mark\nSHA256:\n 00 1 x\n";
const SIGNED: i64 = 1_609_502_400;
const SUITE_SUBKEY: &str = "F5B367ACE7188D9D08F556BC4B570A3E531770AD";
const SUITE_PRIMARY: &str = "0E771E57AD778420FCACECB2705D8DF2DF7A0DBF";
const RSA_SUBKEY: &str = "A8BF17A9814D246780FFCAA85ED80C02BA7D0737";

fn keyring(files: &[&[u8]]) -> Keyring {
    let named: Vec<_> = files.iter().map(|bytes| ("test.asc", bytes)).collect();
    Keyring::from_armored(&named).unwrap()
}

fn suite() -> Keyring {
    keyring(&[data!("suite.asc")])
}

fn fingerprints(file: &[u8], keyring: &Keyring) -> Vec<String> {
    verify(file, keyring).unwrap().signers.into_iter().map(|signer| signer.fingerprint).collect()
}

#[test]
fn a_good_file_gives_exactly_what_was_signed() {
    let verified = verify(data!("suite.InRelease"), &suite()).unwrap();
    assert_eq!(verified.text, TEXT);
    let [signer] = &verified.signers[..] else { panic!("{:?}", verified.signers) };
    assert_eq!((signer.fingerprint.as_str(), signer.primary.as_str()), (SUITE_SUBKEY, SUITE_PRIMARY));
    assert_eq!(
        (signer.user.as_str(), signer.signed),
        ("Worthless Test Key (anyone has it) <nobody@example.org>", SIGNED)
    );
}

#[test]
fn rsa_several_signatures_and_strangers() {
    let both = keyring(&[data!("suite.asc"), data!("rsa.asc")]);
    assert_eq!(fingerprints(data!("rsa.InRelease"), &both), [RSA_SUBKEY]);
    assert_eq!(fingerprints(data!("two.InRelease"), &both), [RSA_SUBKEY, SUITE_SUBKEY]);
    assert_eq!(fingerprints(data!("two.InRelease"), &suite()), [SUITE_SUBKEY]);
    assert_eq!(fingerprints(data!("with-stranger.InRelease"), &suite()), [SUITE_SUBKEY]);
    assert_eq!(both.primaries().map(|(fingerprint, _)| fingerprint).next(), Some(SUITE_PRIMARY));
}

#[test]
fn unknown_keys_are_not_enough() {
    for keyring in [suite(), Keyring::default()] {
        let error = verify(data!("stranger.InRelease"), &keyring).unwrap_err();
        assert!(matches!(&error, SignatureError::NoKnownSigner { issuers } if issuers.len() == 1), "{error}");
        assert!(error.to_string().contains("8E87B61B7CECD029A5AFF84261784170812FC9AC") && error.hint().is_some());
    }
}

#[test]
fn changed_texts_are_bad() {
    let good = std::str::from_utf8(data!("suite.InRelease")).unwrap();
    for (from, to) in [
        ("tiny", "evil"),
        ("- - dashed", "- dashed"),
        ("SHA256:\n", "SHA256:\n\n"),
        (" 00 1 x", " 00 1 x\n 00 1 y"),
        (" 00 1 x\n", ""),
        ("Trailing: ", "Trailing:  "),
    ] {
        let changed = good.replace(from, to);
        assert_ne!(changed, good);
        let error = verify(changed.as_bytes(), &suite()).unwrap_err();
        assert!(matches!(&error, SignatureError::Bad { signer, .. } if signer == SUITE_SUBKEY), "{to:?}: {error}");
    }
    let blanks = good.replace("blanks  ", "blanks\t");
    assert_eq!(verify(blanks.as_bytes(), &suite()).unwrap().text, TEXT, "no signature covers blanks at line ends");
}

#[test]
fn one_bad_signature_spoils_a_good_one() {
    // The second signature is good for the suite's key; the first is of another text by a key that is known too.
    let both = keyring(&[data!("suite.asc"), data!("rsa-short.asc")]);
    assert!(matches!(verify(data!("two.InRelease"), &both), Err(SignatureError::OutsideLife { .. })));
}

#[test]
fn changed_signatures_are_refused() {
    let good = data!("suite.InRelease");
    let start = good.windows(27).position(|window| window == b"-----BEGIN PGP SIGNATURE---").unwrap() + 31;
    let mut refused = 0;
    for at in start..good.len() - 34 {
        let mut changed = good.to_vec();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        match verify(&changed, &suite()) {
            Err(_) => refused += 1,
            // The armour's check sum and the unhashed part, which only names the issuer once more, protect nothing.
            Ok(verified) => assert_eq!(verified.text, TEXT),
        }
    }
    assert!(refused > 150, "{refused}");
}

#[test]
fn weak_digests_expired_and_revoked_keys() {
    let error = verify(data!("sha1.InRelease"), &keyring(&[data!("rsa.asc")])).unwrap_err();
    assert!(matches!(&error, SignatureError::WeakDigest { digest, .. } if digest == "SHA1"), "{error}");
    let error = verify(data!("rsa.InRelease"), &keyring(&[data!("rsa-short.asc")])).unwrap_err();
    assert!(
        matches!(&error, SignatureError::OutsideLife { signed, expires: Some(end), .. } if signed > end),
        "{error}"
    );
    let error = verify(data!("revoked.InRelease"), &keyring(&[data!("revoked.asc")])).unwrap_err();
    assert!(matches!(&error, SignatureError::Unfit { why: "the key is revoked", .. }), "{error}");
}

#[test]
fn two_files_in_one_are_refused() {
    let twice = [data!("suite.InRelease"), data!("suite.InRelease")].concat();
    assert!(matches!(verify(&twice, &suite()), Err(SignatureError::Framework { .. })));
    let text = std::str::from_utf8(data!("suite.InRelease")).unwrap();
    let unsigned = format!(
        "{}-----BEGIN PGP SIGNATURE-----\n\n-----END PGP SIGNATURE-----\n",
        text.split_once("-----BEGIN PGP SIGNATURE").unwrap().0
    );
    assert!(verify(unsigned.as_bytes(), &suite()).is_err());
}

#[test]
fn key_files_that_are_none() {
    for bytes in [&b""[..], b"hello", data!("suite.InRelease")] {
        let error = Keyring::from_armored(&[("broken.asc", bytes)]).unwrap_err();
        assert!(error.to_string().contains("broken.asc"), "{error}");
    }
}

#[test]
fn debians_own_keys_are_read() {
    macro_rules! key {
        ($name:literal) => {
            ($name, include_bytes!(concat!("../../../../nix/keys/", $name)) as &[u8])
        };
    }
    let files = [
        key!("bookworm-automatic.asc"),
        key!("bookworm-security.asc"),
        key!("bookworm-stable.asc"),
        key!("trixie-automatic.asc"),
        key!("trixie-security.asc"),
        key!("trixie-stable.asc"),
    ];
    let keyring = Keyring::from_armored(&files).unwrap();
    let readme = include_str!("../../../../nix/keys/README.md").replace(' ', "");
    assert_eq!(keyring.primaries().count(), files.len());
    for (fingerprint, user) in keyring.primaries() {
        assert!(user.starts_with("Debian "), "{user}");
        assert!(readme.contains(fingerprint), "README.md does not have {fingerprint}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>, at in any::<prop::sample::Index>(), value: u8) {
        let keyring = suite();
        let _ = verify(&bytes, &keyring);
        let _ = Keyring::from_armored(&[("x", &bytes)]);
        let mut changed = data!("suite.InRelease").to_vec();
        let at = at.index(changed.len());
        changed[at] = value;
        if let Ok(verified) = verify(&changed, &keyring) {
            prop_assert_eq!(verified.text, TEXT);
        }
        let mut key = data!("rsa.asc").to_vec();
        let at = at % key.len();
        key[at] = value;
        let _ = Keyring::from_armored(&[("x", &key)]);
    }
}
