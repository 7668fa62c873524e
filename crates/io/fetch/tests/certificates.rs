//! A server whose certificate nobody has signed.

use sage_oci_fetch::{FetchError, Options, Trouble, get};
use sage_oci_hint::Hint as _;
use sage_oci_http::Broken;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// OpenSSL's test server.
struct Server(Child, u16);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl Server {
    fn start(folder: &std::path::Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
            .args([
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=DNS:localhost",
                "-keyout",
                "key",
                "-out",
                "cert",
            ])
            .current_dir(folder)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let child = Command::new("openssl")
            .args([
                "s_server",
                "-accept",
                &format!("127.0.0.1:{port}"),
                "-key",
                "key",
                "-cert",
                "cert",
                "-www",
                "-quiet",
            ])
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20), "the server does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self(child, port)
    }
}

#[test]
fn a_certificate_that_nobody_trusts_is_named_once_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let error = get(&format!("https://localhost:{}/x", server.1), 1000, &Options::default()).unwrap_err();
    assert!(!error.should_retry());
    let hint = error.hint().unwrap();
    assert!(hint.contains("SSL_CERT_FILE") && hint.contains("sandbox-paths"), "{hint}");
    let FetchError::Failed { failures, .. } = error else { panic!("{error}") };
    let answer = &failures[0].answers[0];
    assert!(matches!(answer.trouble, Trouble::Broken(Broken::Untrusted { .. })), "{answer:?}");
    assert_eq!(answer.attempts, 1);
}
