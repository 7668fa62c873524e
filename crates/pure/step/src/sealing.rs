use sage_oci_names::{Algorithm, Compression, NameError};
use serde::{Deserialize, Serialize};

/// How a layer's stream is sealed: its timestamp and compression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Sealing {
    /// Modification time of every entry, in seconds.
    pub epoch: u64,
    /// How the blob is stored.
    pub compression: Compression,
}

/// As a step's text has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    epoch: u64,
    compression: Algorithm,
    /// 0 for `none`.
    level: u32,
}

impl TryFrom<Written> for Sealing {
    type Error = NameError;
    fn try_from(written: Written) -> Result<Self, NameError> {
        let Written { epoch, compression, level } = written;
        Ok(Self { epoch, compression: Compression::new(compression, level)? })
    }
}

impl From<Sealing> for Written {
    fn from(sealing: Sealing) -> Self {
        let Sealing { epoch, compression } = sealing;
        Self { epoch, compression: compression.algorithm(), level: compression.level().into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_has_algorithm_and_level_beside_each_other() {
        for (algorithm, level) in [(Algorithm::None, 0), (Algorithm::Gzip, 6), (Algorithm::Zstd, 19)] {
            let text = format!(r#"{{"epoch":5,"compression":"{algorithm}","level":{level}}}"#);
            let sealing: Sealing = serde_json::from_str(&text).unwrap();
            assert_eq!(sealing, Sealing { epoch: 5, compression: Compression::new(algorithm, level).unwrap() });
            assert_eq!(serde_json::to_string(&sealing).unwrap(), text);
        }
    }

    #[test]
    fn what_no_compressor_has_is_refused() {
        for (text, why) in [
            (r#"{"epoch":1,"compression":"lz4","level":1}"#, "`lz4` is not a valid compression"),
            (r#"{"epoch":1,"compression":"zstd","level":23}"#, "`23` is not a valid level of zstd"),
            (r#"{"epoch":1,"compression":"gzip","level":0}"#, "`0` is not a valid level of gzip"),
            (r#"{"epoch":1,"compression":"zstd"}"#, "missing field `level`"),
            (r#"{"epoch":1,"compression":"zstd","level":3,"x":1}"#, "unknown field `x`"),
        ] {
            let error = serde_json::from_str::<Sealing>(text).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
