//! Each fault is on the wire in exactly the way that was asked for, and only when it is due.

mod client;

use client::{Client, IMAGE, ask, manifest, read_answer, request};
use sage_oci_fake_registry::{FakeRegistry, Fault, Gate, Profile, Retry, Sessions, When, digest};
use std::io::{Read, Write};
use std::net::TcpStream;

fn plain() -> FakeRegistry {
    FakeRegistry::start(Profile::plain())
}

#[test]
fn statuses_come_the_first_times_the_nth_time_or_from_then_on() {
    let registry = plain();
    let client = Client(&registry);
    let statuses = |path: &str| [1, 2, 3, 4].map(|_| client.get(path).status);
    registry.inject(Fault::Status(500), When::on("GET", "/v2/a/*").first(2));
    registry.inject(Fault::Status(502), When::on("GET", "/v2/b/*").nth(3));
    registry.inject(Fault::Status(503), When::on("*", "/v2/?/tags/list").query("n=").from(2));
    assert_eq!(statuses("/v2/a/tags/list"), [500, 500, 404, 404]);
    assert_eq!(statuses("/v2/b/tags/list"), [404, 404, 502, 404]);
    assert_eq!(statuses("/v2/c/tags/list?n=1"), [404, 503, 503, 503]);
    assert_eq!(statuses("/v2/c/tags/list"), [404, 404, 404, 404]);
    registry.behave();
    assert_eq!(statuses("/v2/c/tags/list?n=1"), [404, 404, 404, 404]);
    assert_eq!(registry.requests()[0].line(), "GET /v2/a/tags/list 500");
}

#[test]
fn refusals_have_codes_or_a_page() {
    let registry = plain();
    let client = Client(&registry);
    for (fault, status, code) in [
        (Fault::full(), 507, "DENIED"),
        (Fault::read_only(), 405, "UNSUPPORTED"),
        (Fault::bad_name(), 400, "NAME_INVALID"),
        (Fault::Status(401), 401, "UNAUTHORIZED"),
    ] {
        registry.inject(fault, When::on("POST", "*"));
        let answer = client.begin("a");
        assert_eq!((answer.status, answer.code().as_str()), (status, code));
        registry.behave();
    }
    registry.inject(Fault::Html(502), When::on("POST", "*"));
    let answer = client.begin("a");
    assert_eq!((answer.status, answer.get("Content-Type")), (502, "text/html"));
    assert!(answer.body.starts_with(b"<html>"));
}

#[test]
fn a_time_to_try_again_at_is_written_in_three_ways() {
    let registry = plain();
    let client = Client(&registry);
    let now = || jiff::Timestamp::now().as_second();
    let busy = |retry| {
        registry.behave();
        registry.inject(Fault::Busy(429, retry), When::on("*", "*"));
        client.get("/v2/")
    };
    let seconds = busy(Retry::Seconds(7));
    assert_eq!((seconds.status, seconds.get("Retry-After"), seconds.code().as_str()), (429, "7", "TOOMANYREQUESTS"));
    let before = now();
    let date = busy(Retry::Date(3600)).get("Retry-After").to_owned();
    // RFC 9110, 5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`
    assert!(date.len() == 29 && date.ends_with(" GMT"), "{date}");
    let moment = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(&date).unwrap().as_second();
    assert!((before + 3600..=now() + 3600).contains(&moment), "{date}");
    let before = now();
    let unix = busy(Retry::Unix(3600));
    let moment: i64 = unix.get("X-Retry-After").parse().unwrap();
    assert!((before + 3600..=now() + 3600).contains(&moment) && unix.get("Retry-After").is_empty());
    assert_eq!(busy(Retry::Unsaid).headers.iter().filter(|(name, _)| name.contains("Retry")).count(), 0);
}

#[test]
fn a_chunk_is_cut_after_so_many_bytes() {
    let registry = plain();
    let client = Client(&registry);
    registry.inject(Fault::CutRequest(3), When::on("PATCH", "*").first(1));
    let begun = client.begin("a").location();
    let cut = client.patch(&begun, 0, b"01234");
    assert!(cut.status == 0 && cut.reset, "{cut:?}");
    assert_eq!((registry.requests()[1].received, registry.requests()[1].status), (3, 0));
    let status = client.get(&begun);
    assert_eq!(status.get("Range"), "0-2");
    assert_eq!(client.patch(&begun, 3, b"34").status, 202);
    assert_eq!(client.finish(&begun, &digest(b"01234"), b"").status, 201);
    assert_eq!(registry.received_bytes(), 5);
    // All of the body may have come, and the answer not.
    registry.inject(Fault::CutRequest(5), When::on("PATCH", "*"));
    let begun = client.begin("a").location();
    assert_eq!(client.patch(&begun, 0, b"01234").status, 0);
    assert_eq!(client.get(&begun).get("Range"), "0-4");
}

#[test]
fn a_connection_is_reset_or_an_answer_lost() {
    let registry = plain();
    let client = Client(&registry);
    registry.inject(Fault::Reset, When::on("GET", "*"));
    registry.inject(Fault::LostAnswer, When::on("POST", "*").first(1));
    let reset = client.get("/v2/");
    assert!(reset.status == 0 && reset.reset, "{reset:?}");
    let lost = client.begin("a");
    assert!(lost.status == 0 && lost.reset, "{lost:?}");
    assert_eq!(registry.open_uploads(), 1);
}

#[test]
fn a_hasty_refusal_does_not_read_the_body() {
    let registry = plain();
    registry.inject(Fault::Hasty(413), When::on("PUT", "*"));
    let mut stream = TcpStream::connect(registry.host()).unwrap();
    stream.write_all(&request(&registry.host(), "PUT", "/v2/a/manifests/x", &[], 1 << 20)).unwrap();
    let answer = read_answer(&mut stream, false);
    assert_eq!((answer.status, answer.get("Connection")), (413, "close"));
    assert_eq!(stream.read(&mut [0; 1]).unwrap(), 0);
    assert_eq!(registry.received_bytes(), 0);
}

#[test]
fn a_chunk_is_refused_with_the_offset() {
    let registry = plain();
    let client = Client(&registry);
    let one = client.patch(&client.begin("a").location(), 0, b"01234").location();
    registry.inject(Fault::RangeRefused, When::on("PATCH", "*"));
    let refused = client.patch(&one, 5, b"56789");
    assert_eq!((refused.status, refused.get("Range"), refused.location()), (416, "0-4", one));
}

#[test]
fn a_mount_is_answered_otherwise() {
    let registry = plain();
    let client = Client(&registry);
    let blob = registry.put_blob("a", b"blob");
    for status in [202, 400, 401, 403] {
        registry.behave();
        registry.inject(Fault::Mount(status), When::on("POST", "/v2/*/blobs/uploads/").query("mount="));
        let mount = client.ask("POST", &format!("/v2/b/blobs/uploads/?mount={blob}&from=a"), &[], b"");
        assert_eq!((mount.status, mount.location().contains("/uploads/")), (status, status == 202));
        assert_eq!(client.begin("b").status, 202);
    }
    assert!(!registry.has_blob("b", &blob));
}

#[test]
fn a_token_ends_inside_a_blob() {
    let registry = FakeRegistry::start(Profile::plain().with(|accounts| accounts.user("me", "secret")));
    let token = || {
        let path = "/token?service=s&scope=repository:a:pull,push";
        // me:secret
        let answer = ask(&registry.host(), "GET", path, &[("Authorization", "Basic bWU6c2VjcmV0")], b"");
        format!("Bearer {}", answer.json()["token"].as_str().unwrap())
    };
    let first = token();
    let client = Client(&registry);
    let begun = client.ask("POST", "/v2/a/blobs/uploads/", &[("Authorization", &first)], b"").location();
    registry.inject(Fault::TokenExpired, When::on("PATCH", "*").nth(2));
    let patch = |token: &str, range: &str, bytes: &[u8]| {
        client.ask("PATCH", &begun, &[("Authorization", token), ("Content-Range", range)], bytes)
    };
    assert_eq!(patch(&first, "0-2", b"012").status, 202);
    let refused = patch(&first, "3-4", b"34");
    assert_eq!((refused.status, refused.code().as_str()), (401, "UNAUTHORIZED"));
    assert!(refused.get("WWW-Authenticate").contains("scope=\"repository:a:pull,push\",error=\"invalid_token\""));
    assert_eq!(patch(&first, "3-4", b"34").status, 401);
    assert_eq!(patch(&token(), "3-4", b"34").status, 202);
}

#[test]
fn an_answer_is_cut_garbled_or_misnamed() {
    let registry = plain();
    let client = Client(&registry);
    let blob = registry.put_blob("a", b"0123456789");
    let path = format!("/v2/a/blobs/{blob}");
    registry.inject(Fault::CutAnswer(4), When::on("GET", "*").nth(1));
    registry.inject(Fault::WrongBytes, When::on("GET", "*").nth(2));
    registry.inject(Fault::WrongDigest, When::on("GET", "*").nth(3));
    let cut = client.get(&path);
    assert_eq!((cut.get("Content-Length"), &cut.body[..], cut.reset), ("10", &b"0123"[..], false));
    let garbled = client.get(&path);
    assert_eq!((garbled.status, garbled.body.len()), (200, 10));
    assert_ne!(garbled.body, b"0123456789");
    let misnamed = client.get(&path);
    assert_eq!(
        (misnamed.get("Docker-Content-Digest"), &misnamed.body[..]),
        (&*digest(b"something else"), &b"0123456789"[..])
    );
    assert_eq!(client.get(&path).get("Docker-Content-Digest"), blob);
}

#[test]
fn silence_lasts_until_the_registry_stops_and_other_bytes_are_no_http() {
    let registry = plain();
    registry.inject(Fault::Silence, When::on("GET", "/v2/"));
    registry.inject(Fault::NotHttp, When::on("GET", "/v2/a/*"));
    let mut stream = TcpStream::connect(registry.host()).unwrap();
    stream.write_all(&request(&registry.host(), "GET", "/v2/", &[], 0)).unwrap();
    while registry.most_at_once() == 0 {
        std::thread::yield_now();
    }
    stream.set_nonblocking(true).unwrap();
    assert_eq!(stream.read(&mut [0; 1]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    stream.set_nonblocking(false).unwrap();
    let other = Client(&registry).get("/v2/a/tags/list");
    assert_eq!((other.status, other.body.starts_with(b"220 ")), (0, true));
    registry.stop();
    assert_eq!(stream.read(&mut [0; 1]).unwrap(), 0);
}

#[test]
fn a_commit_takes_as_long_as_the_test_wants() {
    let registry = plain();
    let client = Client(&registry);
    let (after, before) = (Gate::new(), Gate::new());
    registry.inject(Fault::Hold(after.clone()), When::on("PUT", "/v2/a/*"));
    registry.inject(Fault::HoldBefore(before.clone()), When::on("PUT", "/v2/b/*"));
    let (one, two) = (client.begin("a").location(), client.begin("b").location());
    let blob = digest(b"blob");
    std::thread::scope(|scope| {
        let held =
            [scope.spawn(|| client.finish(&one, &blob, b"blob")), scope.spawn(|| client.finish(&two, &blob, b"blob"))];
        after.wait(1);
        before.wait(1);
        assert!(registry.has_blob("a", &blob) && !registry.has_blob("b", &blob));
        assert_eq!(registry.requests().iter().filter(|seen| seen.status == 0).count(), 2);
        assert!(held.iter().all(|thread| !thread.is_finished()));
        after.open();
        before.open();
        for thread in held {
            assert_eq!(thread.join().unwrap().status, 201);
        }
    });
    assert!(registry.has_blob("b", &blob));
    assert_eq!(registry.most_at_once(), 2);
}

#[test]
fn a_held_request_ends_with_the_registry() {
    let registry = plain();
    let client = Client(&registry);
    let gate = Gate::new();
    registry.inject(Fault::Hold(gate.clone()), When::on("GET", "*"));
    std::thread::scope(|scope| {
        let held = scope.spawn(|| client.get("/v2/"));
        gate.wait(1);
        registry.stop();
        assert_eq!(held.join().unwrap().status, 0);
    });
}

#[test]
fn a_redirect_and_a_location_lead_to_another_host() {
    let (registry, other) = (plain(), plain());
    let client = Client(&registry);
    let blob = registry.put_blob("a", b"blob");
    let path = format!("/v2/a/blobs/{blob}");
    registry.inject(Fault::Redirect(other.url()), When::on("GET", "/v2/a/blobs/*"));
    registry.inject(Fault::LocationElsewhere(other.url()), When::on("POST", "*"));
    let redirect = client.get(&format!("{path}?x=1"));
    assert_eq!((redirect.status, redirect.get("Location")), (307, format!("{}{path}?x=1", other.url()).as_str()));
    let begun = client.begin("a");
    assert!(begun.status == 202 && begun.get("Location").starts_with(&format!("{}/v2/a/blobs/uploads/", other.url())));
    // The other one tells who came with credentials.
    Client(&other).ask("GET", &path, &[("Authorization", "Bearer secret-word")], b"");
    Client(&other).get(&path);
    let shown: Vec<_> = other.requests().into_iter().map(|seen| seen.authorization).collect();
    let first = shown[0].as_ref().unwrap();
    assert_eq!((first.scheme.as_str(), first.value.as_str(), &shown[1]), ("Bearer", "secret-word", &None));
    assert!(!format!("{:?}", other.requests()).contains("secret-word"));
}

#[test]
fn somebody_else_moves_a_tag_or_rewrites_a_fallback() {
    let registry = plain();
    let client = Client(&registry);
    registry.put_blob("a", b"{}");
    let (ours, theirs) = (manifest(&[], ""), manifest(&[], r#","annotations":{"whose":"theirs"}"#));
    let other = registry.put_manifest("a", &digest(&theirs), IMAGE, &theirs);
    let moved = Fault::MovesTag { repository: "a".to_owned(), tag: "latest".to_owned(), digest: other.clone() };
    registry.inject(moved, When::on("PUT", "/v2/a/manifests/latest").first(1));
    let put = client.put("a", "latest", IMAGE, &ours);
    assert_eq!((put.status, put.get("Docker-Content-Digest")), (201, digest(&ours).as_str()));
    assert_eq!(registry.tags("a")["latest"], other);
    assert_eq!(client.put("a", "latest", IMAGE, &ours).status, 201);
    assert_eq!(registry.tags("a")["latest"], digest(&ours));
    let tag = digest(&ours).replace(':', "-");
    let (repository, media_type) = ("a".to_owned(), IMAGE.to_owned());
    let rewrites = Fault::Rewrites { repository, tag: tag.clone(), media_type, bytes: theirs.clone() };
    registry.inject(rewrites, When::on("PUT", "/v2/a/manifests/sha256-*").first(1));
    assert_eq!(client.put("a", &tag, IMAGE, &ours).status, 201);
    assert_eq!(client.get(&format!("/v2/a/manifests/{tag}")).body, theirs);
}

#[test]
fn uploads_survive_a_restart_or_do_not() {
    let registry = plain();
    let client = Client(&registry);
    let host = registry.host();
    let one = client.patch(&client.begin("a").location(), 0, b"01234").location();
    registry.restart(Sessions::Kept);
    assert_eq!((registry.host(), client.get(&one).get("Range")), (host, "0-4"));
    registry.stop();
    assert!(TcpStream::connect(registry.host()).is_err());
    registry.restart(Sessions::Lost);
    assert_eq!(client.get(&one).code(), "BLOB_UPLOAD_UNKNOWN");
    assert_eq!(registry.open_uploads(), 0);
}
