//! HTTP/1.1 as clients use it: kept connections, chunked bodies, `Expect`; and what is recorded.

mod client;

use client::{Client, ask, read_answer, request};
use sage_oci_fake_registry::{FakeRegistry, Fault, Gate, Place, Profile, When, digest};
use std::io::{Read, Write};
use std::net::TcpStream;

fn plain() -> FakeRegistry {
    FakeRegistry::start(Profile::plain())
}

#[test]
fn a_connection_is_kept_also_when_a_body_was_not_wanted() {
    let registry = plain();
    registry.inject(Fault::Status(503), When::on("PUT", "*"));
    let mut stream = TcpStream::connect(registry.host()).unwrap();
    let body = vec![1; 300_000];
    for (method, path, body, status) in [
        ("GET", "/v2/", &body[..0], 200),
        ("PUT", "/v2/a/manifests/x", &body, 503),
        ("HEAD", "/v2/x/manifests/y", b"", 404),
    ] {
        stream.write_all(&request(&registry.host(), method, path, &[], body.len())).unwrap();
        stream.write_all(body).unwrap();
        assert_eq!(read_answer(&mut stream, method == "HEAD").status, status);
    }
    let seen = registry.requests();
    assert_eq!(seen.iter().map(|seen| seen.connection).collect::<Vec<_>>(), [1, 1, 1]);
    assert_eq!(
        (seen[1].content_length, seen[1].received, registry.received_bytes()),
        (Some(300_000), 300_000, 300_000)
    );
    // One that says that it is done is let go.
    stream.write_all(&request(&registry.host(), "GET", "/v2/", &[("Connection", "close")], 0)).unwrap();
    assert_eq!(read_answer(&mut stream, false).status, 200);
    assert_eq!(stream.read(&mut [0; 1]).unwrap(), 0);
    registry.forget();
    assert_eq!((registry.requests().len(), registry.received_bytes(), registry.most_at_once()), (0, 0, 0));
}

#[test]
fn bodies_come_in_chunks_too() {
    let registry = plain();
    let begun = Client(&registry).begin("a").location();
    let mut stream = TcpStream::connect(registry.host()).unwrap();
    let path = format!("{begun}?digest={}", digest(b"01234"));
    write!(
        stream,
        "PUT {path} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n01\r\n3\r\n234\r\n0\r\n\r\n"
    )
    .unwrap();
    assert_eq!(read_answer(&mut stream, false).status, 201);
    assert_eq!((registry.requests()[1].content_length, registry.requests()[1].received), (None, 5));
}

#[test]
fn one_who_waits_is_told_to_go_on_or_refused() {
    let registry = plain();
    registry.inject(Fault::Status(503), When::on("PUT", "*").nth(2));
    let mut answers = [1, 2].map(|_| {
        let begun = Client(&registry).begin("a").location();
        let path = format!("{begun}?digest={}", digest(b"01234"));
        let mut stream = TcpStream::connect(registry.host()).unwrap();
        stream.write_all(&request(&registry.host(), "PUT", &path, &[("Expect", "100-continue")], 5)).unwrap();
        let first = read_answer(&mut stream, true).status;
        (first, stream)
    });
    assert_eq!((answers[0].0, answers[1].0), (100, 503));
    answers[0].1.write_all(b"01234").unwrap();
    assert_eq!(read_answer(&mut answers[0].1, false).status, 201);
    // What was not sent is not waited for.
    assert_eq!(answers[1].1.read_to_end(&mut Vec::new()).map(|_| ()).ok(), Some(()));
}

#[test]
fn what_is_no_http_is_refused() {
    let registry = plain();
    let mut stream = TcpStream::connect(registry.host()).unwrap();
    stream.write_all(b"hello\r\n\r\n").unwrap();
    assert_eq!(read_answer(&mut stream, false).status, 400);
    let bad = ask(&registry.host(), "GET", "/v2/%zz/tags/list", &[], b"");
    assert_eq!(bad.status, 400);
}

#[test]
fn the_most_at_once_counts_requests_and_not_connections() {
    let registry = plain();
    let client = Client(&registry);
    for _ in 0..5 {
        client.get("/v2/");
    }
    let idle: Vec<_> = (0..3).map(|_| TcpStream::connect(registry.host()).unwrap()).collect();
    client.get("/v2/");
    assert_eq!(registry.most_at_once(), 1);
    drop(idle);
    let gate = Gate::new();
    registry.inject(Fault::HoldBefore(gate.clone()), When::on("GET", "*"));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| client.get("/v2/"));
        }
        gate.wait(3);
        gate.open();
    });
    assert_eq!(registry.most_at_once(), 3);
}

#[test]
fn large_blobs_can_be_counted_and_not_kept() {
    let place = Place { discard_over: Some(1000), ..Place::default() };
    let registry = FakeRegistry::start_at(Profile::plain(), &place).unwrap();
    let client = Client(&registry);
    let (large, small) = (vec![7; 1001], vec![7; 1000]);
    let (large, small) = (client.push("a", &large), client.push("a", &small));
    let head = client.ask("HEAD", &format!("/v2/a/blobs/{large}"), &[], b"");
    assert_eq!((head.status, head.get("Content-Length")), (200, "1001"));
    assert_eq!(client.get(&format!("/v2/a/blobs/{large}")).status, 404);
    assert_eq!((registry.blob("a", &large), registry.blob("a", &small).map(|bytes| bytes.len())), (None, Some(1000)));
    assert!(registry.has_blob("a", &large));
}

#[test]
fn data_outlasts_a_registry() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place { data: Some(folder.path().to_owned()), ..Place::default() };
    let (blob, image) = {
        let registry = FakeRegistry::start_at(Profile::plain(), &place).unwrap();
        let client = Client(&registry);
        client.push("a", b"{}");
        let put = client.put("a", "latest", client::IMAGE, &client::manifest(&[], ""));
        assert_eq!(put.status, 201);
        (client.push("a/b", b"blob"), put.get("Docker-Content-Digest").to_owned())
    };
    let registry = FakeRegistry::start_at(Profile::plain(), &place).unwrap();
    assert_eq!(registry.blob("a/b", &blob).unwrap(), b"blob");
    assert_eq!((registry.tags("a")["latest"].as_str(), registry.manifests("a")), (image.as_str(), vec![image.clone()]));
    assert_eq!(registry.manifest("a", "latest").unwrap().0, client::IMAGE);
}
