use crate::subject_hash::{parse, subject_hash};
use crate::{Installed, Item, RootError};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Where ca-certificates puts its certificates.
pub(crate) const SHIPPED: &str = "usr/share/ca-certificates";
/// Where programs look for them.
const TRUSTED: &str = "/etc/ssl/certs";
const CONFIGURATION_HEADER: &str = "# The certificates of /usr/share/ca-certificates that are trusted; a line with `!` in front is not.\n\
     # Run update-ca-certificates(8) after a change.\n";

/// The packaged certificates that are trusted: their paths in the image.
pub(crate) fn shipped(installed: &Installed) -> BTreeSet<String> {
    let is_certificate = |path: &&str| path.ends_with(".crt");
    installed.files_below(SHIPPED).map(|(path, _)| path.as_str()).filter(is_certificate).map(str::to_owned).collect()
}

/// `/etc/ca-certificates.conf`, the bundle, one link a certificate, and OpenSSL's hashed links.
///
/// What `update-ca-certificates` and its `openssl rehash` leave when every packaged certificate is trusted, as the package's
/// configuration has it by default. `certificates` maps paths in the image to PEM texts.
///
/// # Errors
///
/// There is no certificate, or one cannot be read.
pub(crate) fn certificates(certificates: &BTreeMap<String, String>) -> Result<Vec<Item>, RootError> {
    if certificates.is_empty() {
        let wanted_by = "the bundle of trusted certificates".to_owned();
        return Err(RootError::Absent { path: format!("/{SHIPPED}"), wanted_by });
    }
    let mut configuration = CONFIGURATION_HEADER.to_owned();
    let mut bundle = String::new();
    // By name of the link, as `openssl rehash` reads the folder sorted.
    let mut links = BTreeMap::new();
    for (path, text) in certificates {
        let name = path.strip_prefix(SHIPPED).unwrap_or(path).trim_start_matches('/');
        // Writing to a string cannot fail.
        let _ = writeln!(configuration, "{name}");
        bundle.push_str(text);
        if !text.ends_with('\n') {
            bundle.push('\n');
        }
        links.insert(link_name(name), (path, text));
    }
    let mut items = vec![
        Item::file("/etc/ca-certificates.conf", 0o644, configuration)?,
        Item::file(&format!("{TRUSTED}/ca-certificates.crt"), 0o644, bundle)?,
    ];
    items.extend(hashed(&links)?);
    for (link, (path, _)) in &links {
        items.push(Item::symlink(&format!("{TRUSTED}/{link}"), format!("/{path}"))?);
    }
    Ok(items)
}

/// `mozilla/A (B).crt` becomes `A_=B=.pem`.
fn link_name(name: &str) -> String {
    let stem = name.rsplit('/').next().unwrap_or(name);
    let stem = stem.strip_suffix(".crt").unwrap_or(stem);
    let replace = |c| match c {
        ' ' | ',' => '_',
        '(' | ')' => '=',
        other => other,
    };
    let stem: String = stem.chars().map(replace).collect();
    format!("{stem}.pem")
}

/// The links `XXXXXXXX.N`; a certificate that comes twice has one.
fn hashed(links: &BTreeMap<String, (&String, &String)>) -> Result<Vec<Item>, RootError> {
    let mut items = Vec::new();
    let mut seen: BTreeMap<u32, Vec<x509_cert::Certificate>> = BTreeMap::new();
    for (link, (path, text)) in links {
        let malformed = |why| RootError::Malformed { what: format!("/{path}"), why };
        let certificate = parse(text).map_err(malformed)?;
        let hash = subject_hash(&certificate).map_err(malformed)?;
        let same = seen.entry(hash).or_default();
        if same.contains(&certificate) {
            continue;
        }
        items.push(Item::symlink(&format!("{TRUSTED}/{hash:08x}.{}", same.len()), link.clone())?);
        same.push(certificate);
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Content;
    use std::path::Path;
    use std::process::Command;

    /// Every certificate of the machine's ca-certificates, as if packaged.
    fn machine() -> BTreeMap<String, String> {
        let mut all = BTreeMap::new();
        let folder = Path::new("/usr/share/ca-certificates/mozilla");
        let paths = sage_oci_files::list(folder).expect("the test needs the package ca-certificates");
        for path in paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "crt")) {
            let name = path.to_str().unwrap().trim_start_matches('/').to_owned();
            all.insert(name, sage_oci_files::read_to_string(path).unwrap());
        }
        assert!(all.len() > 50);
        all
    }

    #[test]
    fn openssl_computes_the_same_hashes() {
        for (path, text) in machine() {
            let output = Command::new("openssl")
                .args(["x509", "-noout", "-subject_hash", "-in"])
                .arg(format!("/{path}"))
                .output();
            let output = output.unwrap_or_else(|error| panic!("the test needs openssl: {error}"));
            let real = String::from_utf8(output.stdout).unwrap();
            let ours = subject_hash(&parse(&text).unwrap()).unwrap();
            assert_eq!(format!("{ours:08x}"), real.trim(), "{path}");
        }
    }

    #[test]
    fn update_ca_certificates_leaves_the_same_folder() {
        let dir = tempfile::tempdir().unwrap();
        let below = |name: &str| dir.path().join(name);
        for name in ["certs", "local", "hooks", "etc"] {
            sage_oci_files::create_dir_all(below(name)).unwrap();
        }
        let items = certificates(&machine()).unwrap();
        let text = |path: &str| match &items.iter().find(|item| item.path == path).unwrap().content {
            Content::File(bytes) => bytes.clone(),
            _ => panic!("{path} is no file"),
        };
        sage_oci_files::write_atomic(below("conf"), &text("etc/ca-certificates.conf")).unwrap();
        let output = Command::new("update-ca-certificates")
            .args([
                "--certsconf".as_ref(),
                below("conf").as_os_str(),
                "--localcertsdir".as_ref(),
                below("local").as_os_str(),
            ])
            .args([
                "--etccertsdir".as_ref(),
                below("certs").as_os_str(),
                "--hooksdir".as_ref(),
                below("hooks").as_os_str(),
            ])
            .env("TMPDIR", dir.path())
            .output()
            .unwrap_or_else(|error| panic!("the test needs update-ca-certificates: {error}"));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut real = BTreeMap::new();
        for path in sage_oci_files::list(below("certs")).unwrap() {
            let name = format!("etc/ssl/certs/{}", path.file_name().unwrap().to_str().unwrap());
            let content = match sage_oci_files::read_link(&path) {
                Ok(target) => Content::Symlink(target.to_str().unwrap().to_owned()),
                Err(_) => Content::File(sage_oci_files::read(&path).unwrap()),
            };
            real.insert(name, content);
        }
        let ours: BTreeMap<_, _> = items
            .into_iter()
            .filter(|item| item.path.as_str().starts_with("etc/ssl/"))
            .map(|item| (item.path.into(), item.content))
            .collect();
        assert_eq!(ours.keys().collect::<Vec<_>>(), real.keys().collect::<Vec<_>>());
        assert!(ours == real, "some content differs");
    }

    #[test]
    fn names_of_links_are_the_scripts() {
        assert_eq!(link_name("mozilla/A B (C),D.crt"), "A_B_=C=_D.pem");
        assert!(certificates(&BTreeMap::new()).is_err());
        let broken = BTreeMap::from([(format!("{SHIPPED}/x.crt"), "no certificate".to_owned())]);
        assert!(certificates(&broken).unwrap_err().to_string().contains("x.crt"));
    }
}
