//! The program, as shell tests use it.

mod client;

use client::{ask, request};
use sage_oci_fake_registry::digest;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts it; gives it and its host.
fn start(arguments: &[&str]) -> (Program, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sage-oci-fake-registry"));
    let mut child = command.args(arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (Program(child), line.trim().to_owned())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn it_prints_its_host_writes_a_log_and_finds_its_data_again() {
    let folder = tempfile::tempdir().unwrap();
    let (data, log, password) = (folder.path().join("data"), folder.path().join("log"), folder.path().join("password"));
    sage_oci_files::write_atomic(&password, b"secret-word\n").unwrap();
    let arguments = [
        "--profile",
        "docker-hub",
        "--user",
        "me",
        "--password-file",
        text(&password),
        "--immutable",
        "1.*",
        "--data",
        text(&data),
        "--log",
        text(&log),
    ];
    let (program, host) = start(&arguments);
    // me:secret-word
    let basic = [("Authorization", "Basic bWU6c2VjcmV0LXdvcmQ=")];
    let token = ask(&host, "GET", "/token?service=s&scope=repository:a:pull,push", &basic, b"");
    let bearer = format!("Bearer {}", token.json()["token"].as_str().unwrap());
    let put = |reference: &str, body: &[u8], media_type: &str| {
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", media_type)];
        ask(&host, "PUT", &format!("/v2/a/manifests/{reference}"), &headers, body).status
    };
    let index = client::index(&[]);
    assert_eq!([1, 2].map(|_| put("1.0", &index, client::INDEX)), [201, 403]);
    drop(program);
    let lines = sage_oci_files::read_to_string(&log).unwrap();
    let length = index.len();
    assert_eq!(
        lines,
        format!("GET /token 200 0\nPUT /v2/a/manifests/1.0 201 {length}\nPUT /v2/a/manifests/1.0 403 {length}\n")
    );
    let (_program, host) = start(&["--data", text(&data)]);
    let got = ask(&host, "GET", "/v2/a/manifests/1.0", &[], b"");
    assert_eq!((got.status, got.get("Docker-Content-Digest")), (200, digest(&index).as_str()));
}

#[test]
fn a_large_blob_is_not_held_in_memory() {
    const SIZE: usize = 64 << 20;
    for arguments in [&[][..], &["--discard-over", "1000"]] {
        let (program, host) = start(arguments);
        let begun = ask(&host, "POST", "/v2/a/blobs/uploads/", &[], b"").location();
        let mut stream = TcpStream::connect(&host).unwrap();
        stream.write_all(&request(&host, "PATCH", &begun, &[], SIZE)).unwrap();
        let piece = vec![7; 1 << 20];
        for _ in 0..SIZE / piece.len() {
            stream.write_all(&piece).unwrap();
        }
        let answer = client::read_answer(&mut stream, false);
        assert_eq!((answer.status, answer.get("Range")), (202, format!("0-{}", SIZE - 1).as_str()));
        let status = sage_oci_files::read_to_string(format!("/proc/{}/status", program.0.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        let peak: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        assert!(peak < 24 << 10, "{line}");
    }
}

#[test]
fn misuse_is_said() {
    for arguments in
        [&["--profile", "nobody"][..], &["--user", "me"], &["--user", "me", "--password-file", "/nonexistent"]]
    {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sage-oci-fake-registry"));
        let output = command.args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty() && output.stdout.is_empty());
    }
}
