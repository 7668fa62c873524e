use std::path::PathBuf;
use std::sync::Arc;
use ureq::tls::{PemItem, RootCerts, parse_pem};

/// Where distributions keep their bundle: Debian and its kin, Fedora and its kin.
const SYSTEM: [&str; 2] = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];

/// The certificates to trust for https: the first bundle that can be read and holds any, of `SSL_CERT_FILE`,
/// `NIX_SSL_CERT_FILE` and the system's places; else Mozilla's, as built in.
///
/// A variable that names no usable file is passed over: Nix sets `/no-cert-file.crt` in its sandbox on purpose.
pub(crate) fn roots(env: impl Fn(&str) -> Option<String>) -> RootCerts {
    ["SSL_CERT_FILE", "NIX_SSL_CERT_FILE"]
        .into_iter()
        .filter_map(env)
        .chain(SYSTEM.map(str::to_owned))
        .find_map(|path| read(PathBuf::from(path)))
        .unwrap_or(RootCerts::WebPki)
}

fn read(path: PathBuf) -> Option<RootCerts> {
    let pem = sage_oci_files::read(path).ok()?;
    // One odd entry in a bundle of many is passed over, as OpenSSL does.
    let certificates: Vec<_> = parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    (!certificates.is_empty()).then(|| RootCerts::Specific(Arc::new(certificates)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_is_read_and_rubbish_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let (good, bad) = (dir.path().join("good"), dir.path().join("bad"));
        let pem = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
        sage_oci_files::write_atomic(&good, pem.repeat(2).as_bytes()).unwrap();
        sage_oci_files::write_atomic(&bad, b"nothing here").unwrap();
        let from = |ssl: &str, nix: &str| {
            roots(|name| {
                Some(if name == "SSL_CERT_FILE" { ssl } else { nix }.to_owned()).filter(|path| !path.is_empty())
            })
        };
        let count = |roots: RootCerts| match roots {
            RootCerts::Specific(certificates) => certificates.len(),
            _ => 0,
        };
        assert_eq!(count(from(bad.to_str().unwrap(), good.to_str().unwrap())), 2);
        assert_eq!(count(from("/no-cert-file.crt", good.to_str().unwrap())), 2);
    }
}
