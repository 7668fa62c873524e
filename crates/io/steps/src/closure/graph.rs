use super::ClosureBuildError;
use data_encoding::BASE64;
use sage_oci_derivation::nix32;
use sage_oci_names::{Sha256, StorePath};
use sage_oci_step::ClosureMember;
use serde::Deserialize;

/// A path as `exportReferencesGraph` describes it with structured attributes (Nix manual, "Advanced attributes"). Newer
/// versions of Nix add fields; these are all that matter.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PathInfo {
    path: String,
    nar_hash: String,
    nar_size: u64,
    references: Vec<String>,
}

impl PathInfo {
    /// The same in our own terms, references sorted.
    pub(crate) fn member(&self) -> Result<ClosureMember, ClosureBuildError> {
        let fail = |why: String| ClosureBuildError::PathInfo { path: self.path.clone(), why };
        let parse = |text: &str| StorePath::parse(text).map_err(|error| fail(error.to_string()));
        let nar_sha256 = digest(&self.nar_hash).ok_or_else(|| fail(format!("its hash is `{}`", self.nar_hash)))?;
        let mut references = self.references.iter().map(|text| parse(text)).collect::<Result<Vec<_>, _>>()?;
        references.sort();
        references.dedup();
        Ok(ClosureMember { path: parse(&self.path)?, nar_sha256, nar_size: self.nar_size, references })
    }
}

/// A SHA-256 in any of Nix's spellings: `sha256:` and base-32 or hexadecimal digits, or `sha256-` and base-64.
fn digest(text: &str) -> Option<Sha256> {
    if let Some(base64) = text.strip_prefix("sha256-") {
        return BASE64.decode(base64.as_bytes()).ok()?.try_into().ok().map(Sha256::new);
    }
    let digits = text.strip_prefix("sha256:")?;
    if let Ok(hex) = Sha256::parse(digits) {
        return Some(hex);
    }
    nix32::decode(digits, 32).ok()?.try_into().ok().map(Sha256::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Nix 2.8.0 wrote for a path without references, and the spelling of its other commands.
    #[test]
    fn every_spelling_is_the_same_digest() {
        let hex = "332130291edfacb9095f20930189a100201e9adda1e04b33028d3896d12eefca";
        for text in [
            "sha256:1jpg5v8rcf4d08rlpq51vnd1w800l64h34r0bw4vkb6z3qlk089k".to_owned(),
            format!("sha256:{hex}"),
            format!("sha256-{}", BASE64.encode(Sha256::parse(hex).unwrap().as_bytes())),
        ] {
            assert_eq!(digest(&text).unwrap().hex(), hex, "{text}");
        }
        for bad in ["", hex, "sha1:x", "sha256:x", "sha256-AAAA"] {
            assert_eq!(digest(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_description_of_nix_2_8_and_2_34() {
        let text = r#"{"ca":"fixed:r:sha256:1jpg5v8rcf4d08rlpq51vnd1w800l64h34r0bw4vkb6z3qlk089k","closureSize":288,"narHash":"sha256:1jpg5v8rcf4d08rlpq51vnd1w800l64h34r0bw4vkb6z3qlk089k","narSize":288,"path":"/nix/store/rqmx9n6wm9w3hk9dhdjv8ibc752ndss5-c","references":[],"valid":true}"#;
        let member = serde_json::from_str::<PathInfo>(text).unwrap().member().unwrap();
        assert_eq!((member.path.name(), member.nar_size), ("c", 288));
        let bad = text.replace("/nix/store/r", "/nix/store/e");
        assert!(serde_json::from_str::<PathInfo>(&bad).unwrap().member().is_err());
    }
}
