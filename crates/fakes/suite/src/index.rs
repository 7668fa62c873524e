use crate::archive::control_text;
use crate::{Package, deb_bytes};
use data_encoding::HEXLOWER;
use sha2::Digest;
use std::collections::BTreeMap;

/// A package with its .deb file's bytes and place in the pool.
pub(crate) struct Built<'a> {
    pub(crate) package: &'a Package,
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
}

impl<'a> Built<'a> {
    pub(crate) fn new(package: &'a Package, seconds: i64) -> Self {
        Self { package, path: pool_path(package), bytes: deb_bytes(package, seconds) }
    }

    /// The package's stanza of a `Packages` file.
    pub(crate) fn stanza(&self) -> String {
        format!(
            "{}Filename: {}\nSize: {}\nMD5sum: {}\nSHA256: {}\n",
            control_text(self.package),
            self.path,
            self.bytes.len(),
            HEXLOWER.encode(&md5::Md5::digest(&self.bytes)),
            sha256(&self.bytes)
        )
    }
}

/// A SHA-256 digest in lower-case hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(&sha2::Sha256::digest(bytes))
}

/// Where Debian's archive keeps a package: by source, the first letter or `lib` and one more before it; no epoch.
fn pool_path(package: &Package) -> String {
    let source = package.fields.iter().find(|(name, _)| name == "Source").map_or(&*package.name, |(_, value)| value);
    let source = source.split(' ').next().unwrap_or(source);
    let letters = if source.starts_with("lib") { 4 } else { 1 };
    let prefix: String = source.chars().take(letters).collect();
    let version = package.version.split_once(':').map_or(&*package.version, |(_, version)| version);
    format!("pool/main/{prefix}/{source}/{}_{version}_{}.deb", package.name, package.architecture)
}

/// The Release file's `SHA256` table.
pub(crate) fn table(files: &BTreeMap<String, Vec<u8>>) -> String {
    files.iter().map(|(path, bytes)| format!(" {} {:>16} {path}\n", sha256(bytes), bytes.len())).collect()
}

/// A date as the Release file has it, in UTC.
pub(crate) fn date(seconds: i64) -> String {
    let stamp = jiff::Timestamp::from_second(seconds).expect("a suite's date is in years 1 to 9999");
    stamp.strftime("%a, %d %b %Y %H:%M:%S UTC").to_string()
}
