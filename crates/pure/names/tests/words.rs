//! What each kind of name takes and refuses, with the words that a person reads.

use sage_oci_names::{
    Architecture, BlobDigest, ChannelName, DiffId, ImageName, LayerName, NameError, PackageName, Sha256, SourceName,
    StorePath,
};
use std::str::FromStr;

/// What is said about a text that is no such name.
fn refused<T: FromStr<Err = NameError>>(text: &str) -> String {
    match T::from_str(text) {
        Ok(_) => panic!("`{text}` is taken"),
        Err(error) => error.to_string(),
    }
}

/// A text that is taken comes out as it went in: by itself, by `String`, and through JSON.
fn taken<T>(text: &str)
where
    T: FromStr<Err = NameError> + TryFrom<String, Error = NameError> + ToString + PartialEq + std::fmt::Debug,
    T: serde::Serialize + serde::de::DeserializeOwned,
    String: From<T>,
{
    let name = T::from_str(text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(name.to_string(), text);
    assert_eq!(T::try_from(text.to_owned()).unwrap(), name);
    let json = serde_json::to_string(&name).unwrap();
    assert_eq!(json, format!("\"{text}\""));
    assert_eq!(serde_json::from_str::<T>(&json).unwrap(), name);
    assert_eq!(String::from(name), text);
}

#[test]
fn package_names_follow_policy() {
    for text in ["g++", "0ad", "libc6", "a.", "x+", "python3.14-minimal", "00", "libstdc++-14-dev"] {
        taken::<PackageName>(text);
        taken::<SourceName>(text);
    }
    let long = "it needs at least two characters";
    let begins = "it must begin with a lower-case letter or a digit";
    let letters = "only lower-case letters, digits, `+`, `-` and `.` are allowed";
    for (text, why) in [
        ("", long),
        ("a", long),
        ("+a", begins),
        (".a", begins),
        ("-a", begins),
        ("Ab", begins),
        ("éa", begins),
        (" ab", begins),
        ("aB", letters),
        ("a_b", letters),
        ("a b", letters),
        ("a\nb", letters),
        ("ab:any", letters),
        ("ab/../c", letters),
        ("ab\0", letters),
        ("aé", letters),
    ] {
        assert_eq!(refused::<PackageName>(text), format!("`{text}` is not a valid package name: {why}"));
        assert_eq!(refused::<SourceName>(text), format!("`{text}` is not a valid source package name: {why}"));
    }
}

#[test]
fn images_channels_and_layers_are_words() {
    for text in ["a", "0", "sagemath-dev", "a--b", "a-", &"x".repeat(100)] {
        taken::<ImageName>(text);
        taken::<ChannelName>(text);
        taken::<LayerName>(text);
    }
    let begins = "it must begin with a lower-case letter or a digit";
    let letters = "only lower-case letters, digits and `-` are allowed";
    let long = "x".repeat(101);
    for (text, why) in [
        ("", begins),
        ("-a", begins),
        ("A", begins),
        ("_", begins),
        (&long, "it must be at most 100 characters long"),
        ("aB", letters),
        ("a_b", letters),
        ("a/b", letters),
        ("a:b", letters),
        ("a@b", letters),
        ("a b", letters),
    ] {
        assert_eq!(refused::<ImageName>(text), format!("`{text}` is not a valid image name: {why}"));
        assert_eq!(refused::<ChannelName>(text), format!("`{text}` is not a valid channel name: {why}"));
        assert_eq!(refused::<LayerName>(text), format!("`{text}` is not a valid layer name: {why}"));
    }
}

#[test]
fn only_layers_may_be_called_like_every_source() {
    for text in ["gtk+3.0", "c++", "a.b"] {
        taken::<LayerName>(text);
        taken::<SourceName>(text);
        refused::<ImageName>(text);
        refused::<ChannelName>(text);
    }
}

#[test]
fn an_image_is_called_by_what_lies_above_its_base() {
    let above = |image: &str, base: &str| {
        let parse = |text| ImageName::parse(text).unwrap();
        parse(image).above(&parse(base)).to_owned()
    };
    for (image, base, short) in [
        ("sagemath-dev", "sagemath", "dev"),
        ("sagemath-dev-full", "sagemath", "dev-full"),
        ("sagemath-dev-full", "sagemath-dev", "full"),
        // A dash with nothing behind it would be an empty word.
        ("sagemath-", "sagemath", "sagemath-"),
        ("sage", "sagemath", "sage"),
        ("dev-sagemath", "sagemath", "dev-sagemath"),
    ] {
        assert_eq!(above(image, base), short, "{image} above {base}");
    }
}

#[test]
fn an_architecture_has_a_name_everywhere() {
    for (architecture, debian, triplet, nix) in [
        (Architecture::Amd64, "amd64", "x86_64-linux-gnu", "x86_64-linux"),
        (Architecture::Arm64, "arm64", "aarch64-linux-gnu", "aarch64-linux"),
    ] {
        taken::<Architecture>(debian);
        assert_eq!(architecture.to_string(), debian);
        assert_eq!((architecture.triplet(), architecture.nix_system()), (triplet, nix));
    }
    for text in ["", "AMD64", "x86_64", "aarch64", "riscv64", "all", "any", "amd64 "] {
        assert_eq!(
            refused::<Architecture>(text),
            format!("`{text}` is not a valid supported architecture: only amd64 and arm64 are supported")
        );
    }
    // Maps by architecture are written in this order.
    assert!(Architecture::Amd64 < Architecture::Arm64);
}

#[test]
fn digests_have_one_text() {
    let hex = "0123456789abcdef".repeat(4);
    taken::<Sha256>(&hex);
    let oci = format!("sha256:{hex}");
    taken::<BlobDigest>(&oci);
    taken::<DiffId>(&oci);
    let digest = Sha256::parse(&hex).unwrap();
    assert_eq!((digest.as_bytes()[0], digest.as_bytes()[31]), (0x01, 0xef));
    assert_eq!(Sha256::new(*digest.as_bytes()), digest);
    assert_eq!((BlobDigest::new(digest).sha256(), DiffId::new(digest).sha256()), (digest, digest));
    // What a log shows of one can be looked for in a lock.
    assert_eq!(format!("{digest:?} {:?}", BlobDigest::new(digest)), format!("{hex} {oci}"));
}

#[test]
fn a_digest_that_is_none_is_refused() {
    let hex = "0123456789abcdef".repeat(4);
    let plain = [
        "",
        "0",
        &hex[1..],
        &hex[2..],
        &format!("{hex}0"),
        &format!("{hex}00"),
        &hex.to_uppercase(),
        &hex.replace('0', "g"),
        &format!(" {}", &hex[1..]),
        &format!("sha256:{hex}"),
    ];
    for text in plain {
        let why = "it must be 64 lower-case hexadecimal digits";
        assert_eq!(refused::<Sha256>(text), format!("`{text}` is not a valid SHA-256 digest: {why}"));
    }
    let with_algorithm = [
        hex.clone(),
        format!("sha512:{hex}"),
        format!("SHA256:{hex}"),
        format!("sha256-{hex}"),
        format!("sha256:sha256:{hex}"),
        format!("sha256:{}", &hex[1..]),
        format!("sha256:{}", hex.to_uppercase()),
    ];
    for text in &with_algorithm {
        let why = "it must be `sha256:` and 64 lower-case hexadecimal digits";
        assert_eq!(refused::<BlobDigest>(text), format!("`{text}` is not a valid blob digest: {why}"));
        assert_eq!(refused::<DiffId>(text), format!("`{text}` is not a valid layer diff id: {why}"));
    }
}

#[test]
fn store_paths_have_parts() {
    let hash = "0123456789abcdfghijklmnpqrsvwxyz";
    for (dir, name, derivation) in [
        ("/nix/store", "a", false),
        ("/nix/store", "hello-2.12.drv", true),
        ("/home/me/store", "A+b-c._d?e=f", false),
        ("/nix/store", &"x".repeat(211), false),
        ("/nix/store", "drv", false),
    ] {
        let text = format!("{dir}/{hash}-{name}");
        taken::<StorePath>(&text);
        let path = StorePath::parse(&text).unwrap();
        assert_eq!((path.store_dir(), path.name(), path.is_derivation()), (dir, name, derivation));
        assert_eq!(path.base(), format!("{hash}-{name}"));
        let as_path: &std::path::Path = path.as_ref();
        assert_eq!(as_path, std::path::Path::new(&text));
    }
}

#[test]
fn what_is_no_store_path_is_told_why() {
    let hash = "0".repeat(32);
    let name = "its name must have 1 to 211 characters";
    let alphabet = "its hash has characters outside Nix's base-32 alphabet";
    let short = "its last component is too short for a hash";
    for (text, why) in [
        (String::new(), "it must be absolute"),
        (format!("nix/store/{hash}-a"), "it must be absolute"),
        (format!("{hash}-a"), "it must be absolute"),
        ("/".to_owned(), short),
        ("/nix/store".to_owned(), short),
        (format!("/nix/store/{}-a", &hash[3..]), short),
        (format!("/nix/store/{hash}-a/bin"), short),
        (format!("/nix/store/{hash}-a/"), short),
        (format!("/nix/store/{}-ab", &hash[1..]), alphabet),
        (format!("/nix/store/{hash}"), "a `-` must follow its hash"),
        (format!("/nix/store/{hash}a"), "a `-` must follow its hash"),
        (format!("/nix/store/{hash}-"), name),
        (format!("/nix/store/{hash}-{}", "x".repeat(212)), name),
        (format!("/nix/store/{hash}-a b"), "its name has characters that Nix does not allow"),
        (format!("/nix/store/{hash}-a\"b"), "its name has characters that Nix does not allow"),
        (format!("/nix/store/{hash}-é"), "its name has characters that Nix does not allow"),
    ] {
        assert_eq!(refused::<StorePath>(&text), format!("`{text}` is not a valid store path: {why}"));
    }
    // Nix leaves four letters out of its alphabet, and writes no capitals.
    for letter in ["e", "o", "t", "u", "E", "-", "_"] {
        let text = format!("/nix/store/{letter}{}-a", &hash[1..]);
        assert_eq!(refused::<StorePath>(&text), format!("`{text}` is not a valid store path: {alphabet}"));
    }
}

#[test]
fn names_fill_columns() {
    // `f.pad`: a table of packages stands in columns.
    let package = PackageName::parse("dash").unwrap();
    assert_eq!(format!("[{package:<6}] [{package:>6}] [{:<6}]", Architecture::Amd64), "[dash  ] [  dash] [amd64 ]");
}

#[test]
fn json_that_holds_no_name_says_why() {
    let error = serde_json::from_str::<PackageName>("\"Libc6\"").unwrap_err().to_string();
    assert_eq!(error, "`Libc6` is not a valid package name: it must begin with a lower-case letter or a digit");
    let error = serde_json::from_str::<LayerName>("7").unwrap_err().to_string();
    assert!(error.starts_with("invalid type: integer `7`, expected a string"), "{error}");
}
