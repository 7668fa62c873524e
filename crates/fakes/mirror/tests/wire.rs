//! What goes over the wire, seen with a bare socket: the server must be wrong in exactly the way that was asked for.

use sage_oci_fake_mirror::{Fault, Mirror, When};
use std::io::{Read, Write};
use std::net::TcpStream;

/// Sends requests on one connection and returns all that comes until its end, and whether it ended by a reset.
fn talk(mirror: &Mirror, requests: &str) -> (String, bool) {
    let mut stream = TcpStream::connect(mirror.url().trim_start_matches("http://")).unwrap();
    stream.write_all(requests.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return (String::from_utf8(answer).unwrap(), false),
            Ok(count) => answer.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {
                return (String::from_utf8(answer).unwrap(), true);
            }
            Err(error) => panic!("{error}"),
        }
        // A kept connection would wait for more: end it from this side once the client's part is said.
        let _ = stream.shutdown(std::net::Shutdown::Write);
    }
}

fn mirror() -> (tempfile::TempDir, Mirror) {
    let folder = tempfile::tempdir().unwrap();
    sage_oci_files::write_atomic(folder.path().join("a"), b"0123456789").unwrap();
    let mirror = Mirror::serve(folder.path()).unwrap();
    (folder, mirror)
}

const GET: &str = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

#[test]
fn files_ranges_and_heads_are_served_on_one_connection() {
    let (_folder, mirror) = mirror();
    let (answer, reset) =
        talk(&mirror, &format!("{GET}GET /a HTTP/1.1\r\nRange: bytes=7-\r\n\r\nHEAD /a HTTP/1.1\r\n\r\n"));
    assert!(!reset);
    assert!(
        answer.contains("200 OK\r\nAccept-Ranges: bytes\r\nContent-Length: 10\r\n\r\n0123456789HTTP/1.1 206"),
        "{answer}"
    );
    assert!(answer.contains("Content-Range: bytes 7-9/10\r\nContent-Length: 3\r\n\r\n789HTTP/1.1 200"), "{answer}");
    assert!(answer.ends_with("Content-Length: 10\r\n\r\n"), "{answer}");
    let connections: Vec<_> = mirror.requests().iter().map(|request| request.connection).collect();
    assert_eq!(connections, [1, 1, 1]);
}

#[test]
fn nothing_outside_the_folder_is_served() {
    let (_folder, mirror) = mirror();
    for path in ["/../a", "/%2e%2e/etc/passwd", "//etc/passwd/", "/none", "/"] {
        let (answer, _) = talk(&mirror, &format!("GET {path} HTTP/1.1\r\n\r\n"));
        assert!(answer.starts_with("HTTP/1.1 404 Not Found\r\n"), "{path}: {answer}");
    }
}

#[test]
fn faults_are_on_the_wire_and_only_when_they_are_due() {
    let cases = [
        (Fault::Half, "Content-Length: 10\r\n\r\n01234", false),
        (Fault::Reset(3), "Content-Length: 10\r\n\r\n012", true),
        (Fault::Longer(2), "Content-Length: 12\r\n\r\n0123456789++", false),
        (Fault::Shorter(2), "Content-Length: 8\r\n\r\n01234567", false),
        (Fault::Garbage, "Content-Length: 10\r\n\r\nedgfa`cbml", false),
        (Fault::Endless(1), "Accept-Ranges: bytes\r\n\r\n0123456789+", false),
    ];
    for (fault, end, reset) in cases {
        let (_folder, mirror) = mirror();
        mirror.on("/a", When::Nth(2), fault.clone());
        assert!(talk(&mirror, GET).0.ends_with("\r\n\r\n0123456789"));
        let (answer, was_reset) = talk(&mirror, GET);
        assert!(answer.ends_with(end) && was_reset == reset, "{fault:?}: {answer} {was_reset}");
        assert!(talk(&mirror, GET).0.ends_with("\r\n\r\n0123456789"));
    }
}

#[test]
fn redirects_and_busy_answers_carry_their_headers() {
    let (_folder, mirror) = mirror();
    mirror.on("*", When::First(1), Fault::Redirect("http://elsewhere/".to_owned()));
    mirror.on("*", When::Always, Fault::Busy(503, 7));
    assert!(talk(&mirror, GET).0.starts_with("HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\n"));
    assert!(talk(&mirror, GET).0.contains("503 As Asked\r\nRetry-After: 7\r\n"));
    mirror.behave();
    assert!(talk(&mirror, GET).0.starts_with("HTTP/1.1 200"));
}
