use crate::StepError;
use sage_oci_deb::Control;
use sage_oci_names::{PackageName, Sha256};
use sha2::{Digest, Sha256 as Hasher};
use std::collections::BTreeMap;

/// The control files that act: the maintainer scripts and the triggers they declare.
const SCRIPTS: [&str; 6] = ["preinst", "postinst", "prerm", "postrm", "config", "triggers"];

/// Digest of bytes.
pub(crate) fn sha256(bytes: &[u8]) -> Sha256 {
    Sha256::new(Hasher::digest(bytes).into())
}

/// Holds an archive to the lock: its name, and exactly the scripts that the census has judged.
pub(crate) fn check(
    control: &Control,
    name: &PackageName,
    scripts: &BTreeMap<String, Sha256>,
) -> Result<(), StepError> {
    let stanza = control
        .stanza()
        .map_err(|source| StepError::Archive { archive: name.to_string(), source: Box::new(source) })?;
    let found = stanza.get("Package").unwrap_or_default();
    if found != name.as_str() {
        return Err(StepError::WrongPackage { expected: name.clone(), found: found.to_owned() });
    }
    let names = SCRIPTS.iter().copied().chain(scripts.keys().map(String::as_str));
    for script in names {
        let expected = scripts.get(script).copied();
        let found = control.get(script).map(sha256);
        if expected != found {
            return Err(StepError::Script { package: name.clone(), script: script.to_owned(), expected, found });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_deb::ControlFile;
    use sage_oci_hint::Hint as _;

    fn control(files: &[(&str, &str)]) -> Control {
        let file = |(name, text): &(&str, &str)| {
            ((*name).to_owned(), ControlFile { mode: 0o755, bytes: text.as_bytes().into() })
        };
        Control { files: files.iter().map(file).collect() }
    }

    #[test]
    fn scripts_must_be_exactly_the_judged_ones() {
        let name = PackageName::parse("hello").unwrap();
        let stanza = ("control", "Package: hello\n");
        let judged = BTreeMap::from([("postinst".to_owned(), sha256(b"x"))]);
        check(&control(&[stanza, ("postinst", "x"), ("md5sums", "")]), &name, &judged).unwrap();
        for bad in [
            vec![stanza],
            vec![stanza, ("postinst", "y")],
            vec![stanza, ("postinst", "x"), ("prerm", "x")],
            vec![stanza, ("postinst", "x"), ("triggers", "")],
        ] {
            let error = check(&control(&bad), &name, &judged).unwrap_err();
            assert!(matches!(error, StepError::Script { .. }), "{error}");
            assert!(error.hint().unwrap().contains("lock"));
        }
        let error = check(&control(&[("control", "Package: other\n"), ("postinst", "x")]), &name, &judged).unwrap_err();
        assert!(matches!(error, StepError::WrongPackage { .. }));
    }
}
