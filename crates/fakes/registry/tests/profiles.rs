//! Each profile is held to what its service answers. Behind each line stands where that is from: "tried" is an answer that the real
//! program gave to the same bytes; FACTS is the project's list of what was tried or read in the services' own threads.
//!
//! Once, by hand, some 120 requests went to Debian 12's docker-registry 2.8.2, to sid's `crane registry serve` 0.20.7 and to their profiles,
//! and status, code of the error, `Location`, `Range`, `Content-Range`, `Docker-Content-Digest`, `Link` and type were compared. What
//! still differs: distribution 2 redirects `/v2` and has `/` and `_catalog`, and its 416 of a blob and its 405 have no JSON; crane's
//! answers are `text/plain`, an unknown path or method has `METHOD_UNKNOWN`, a digest that is none has `NAME_INVALID`, an empty `PATCH`
//! is answered `Range: 0--1`, and its 416 of a blob has no `Content-Range`.

mod client;

use client::{Answer, Client, IMAGE, INDEX, index, manifest};
use sage_oci_fake_registry::{FakeRegistry, Profile, digest};
use serde_json::json;

/// Status and code of an error.
fn error(answer: &Answer) -> (u16, String) {
    (answer.status, answer.code())
}

fn is(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// A repository `a` with the blobs `layer` and `{}` and an image of them under `latest`; gives the digests of layer and image.
fn fill(registry: &FakeRegistry) -> (String, String) {
    registry.put_blob("a", b"{}");
    let layer = registry.put_blob("a", b"layer");
    let image = registry.put_manifest("a", "latest", IMAGE, &manifest(&[&layer], ""));
    (layer, image)
}

/// docker-registry 2.8.2+ds1-1 of Debian 12, filesystem storage, deletion enabled, a fixed `http.secret`: all tried.
#[test]
fn distribution_2_uploads() {
    let registry = FakeRegistry::start(Profile::distribution2());
    let client = Client(&registry);
    let begun = client.begin("a/b");
    assert_eq!((begun.status, begun.get("Range")), (202, "0-0"));
    assert!(begun.get("Location").starts_with(&format!("{}/v2/a/b/blobs/uploads/", registry.url())));
    assert!(begun.get("Location").contains("?_state="));
    // The status before any byte has the same offset, so that the first Location is as good as the one it gives.
    assert_eq!((client.get(&begun.location()).status, client.get(&begun.location()).get("Range")), (204, "0-0"));
    let one = client.patch(&begun.location(), 0, b"01234");
    assert_eq!((one.status, one.get("Range")), (202, "0-4"));
    // Only the newest Location works, for the status and for more.
    assert_eq!(error(&client.get(&begun.location())), is(404, "BLOB_UPLOAD_INVALID"));
    assert_eq!(error(&client.patch(&begun.location(), 5, b"5")), is(404, "BLOB_UPLOAD_INVALID"));
    assert_eq!(client.get(&one.location()).get("Range"), "0-4");
    // Content-Range is not looked at.
    let two = client.patch(&one.location(), 70, b"56789");
    assert_eq!((two.status, two.get("Range")), (202, "0-9"));
    // A wrong digest and none leave the session alive.
    assert_eq!(error(&client.finish(&two.location(), &digest(b"other"), b"")), is(400, "DIGEST_INVALID"));
    assert_eq!(error(&client.ask("PUT", &two.location(), &[], b"")), is(400, "DIGEST_INVALID"));
    assert_eq!((client.get(&two.location()).status, client.get(&two.location()).get("Range")), (204, "0-9"));
    let made = client.finish(&two.location(), &digest(b"0123456789"), b"");
    assert_eq!((made.status, made.get("Location").starts_with("http://")), (201, true));
    assert_eq!(error(&client.get(&two.location())), is(404, "BLOB_UPLOAD_UNKNOWN"));
    // `?digest=` of a POST is ignored.
    let post = client.ask("POST", &format!("/v2/a/b/blobs/uploads/?digest={}", digest(b"x")), &[], b"x");
    assert_eq!((post.status, registry.has_blob("a/b", &digest(b"x"))), (202, false));
    let cancelled = client.begin("a/b").location();
    assert_eq!(client.ask("DELETE", &cancelled, &[], b"").status, 204);
    assert_eq!(error(&client.get(&cancelled)), is(404, "BLOB_UPLOAD_UNKNOWN"));
    // Names are not checked.
    assert_eq!(client.begin("Upper/b").status, 202);
    // An upload of another repository.
    let other = client.begin("a/b").location().replace("/a/b/", "/a/c/");
    assert_eq!(error(&client.get(&other)), is(404, "BLOB_UPLOAD_INVALID"));
}

/// The same program, tried: 30 of 80 bytes of a PATCH came, then the client was gone.
#[test]
fn distribution_2_loses_an_upload_that_was_cut() {
    let registry = FakeRegistry::start(Profile::distribution2());
    let client = Client(&registry);
    let one = client.patch(&client.begin("a").location(), 0, b"01234").location();
    client.cut_patch(&one, 5, b"56789", 3);
    assert_eq!(error(&client.get(&one)), is(404, "BLOB_UPLOAD_INVALID"));
    assert_eq!(error(&client.patch(&one, 5, b"56789")), is(404, "BLOB_UPLOAD_INVALID"));
    assert_eq!(error(&client.finish(&one, &digest(b"0123456789"), b"")), is(404, "BLOB_UPLOAD_INVALID"));
}

/// The same program: all tried.
#[test]
fn distribution_2_blobs_and_mounts() {
    let registry = FakeRegistry::start(Profile::distribution2());
    let client = Client(&registry);
    let blob = client.push("a", b"0123456789");
    let path = format!("/v2/a/blobs/{blob}");
    let part = client.ask("GET", &path, &[("Range", "bytes=7-")], b"");
    assert_eq!((part.status, part.get("Content-Range")), (206, "bytes 7-9/10"));
    assert_eq!(client.ask("GET", &path, &[("Range", "bytes=20-")], b"").status, 416);
    assert_eq!(error(&client.get("/v2/a/blobs/sha256:12")), is(400, "DIGEST_INVALID"));
    let mount = |query: String| client.ask("POST", &format!("/v2/c/blobs/uploads/?{query}"), &[], b"").status;
    assert_eq!(mount(format!("mount={blob}&from=x/y")), 202);
    assert_eq!(mount(format!("mount={blob}")), 202);
    assert_eq!(mount(format!("mount={}&from=a", digest(b"no"))), 202);
    assert_eq!(mount("mount=bad&from=a".to_owned()), 202);
    assert_eq!(mount(format!("mount={blob}&from=a")), 201);
    assert_eq!(client.ask("DELETE", &path, &[], b"").status, 202);
    assert_eq!(error(&client.get(&path)), is(404, "BLOB_UNKNOWN"));
}

/// The same program: all tried.
#[test]
fn distribution_2_manifests_and_tags() {
    let registry = FakeRegistry::start(Profile::distribution2());
    let client = Client(&registry);
    assert_eq!(error(&client.get("/v2/a/manifests/x")), is(404, "MANIFEST_UNKNOWN"));
    assert_eq!(error(&client.get("/v2/a/tags/list")), is(404, "NAME_UNKNOWN"));
    let (layer, image) = fill(&registry);
    // An OCI manifest is hidden from one who does not name its type.
    assert_eq!(error(&client.get("/v2/a/manifests/latest")), is(404, "MANIFEST_UNKNOWN"));
    let accept = [("Accept", format!("{INDEX}, {IMAGE}"))];
    let accept: Vec<(&str, &str)> = accept.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(client.ask("GET", "/v2/a/manifests/latest", &accept, b"").get("Content-Type"), IMAGE);
    let lacking = client.put("a", "t", IMAGE, &manifest(&[&digest(b"no")], ""));
    assert_eq!(error(&lacking), is(400, "MANIFEST_BLOB_UNKNOWN"));
    assert_eq!(error(&client.put("a", "t", INDEX, &index(&[&digest(b"no")]))), is(400, "MANIFEST_BLOB_UNKNOWN"));
    let whole = manifest(&[&layer], "");
    assert_eq!(error(&client.put("a", &digest(b"no"), IMAGE, &whole)), is(400, "DIGEST_INVALID"));
    assert_eq!(error(&client.put("a", "t", IMAGE, b"xx")), is(400, "MANIFEST_INVALID"));
    assert_eq!(error(&client.put("a", "t", "text/x", &whole)), is(400, "MANIFEST_INVALID"));
    assert_eq!(client.put("a", "-x", IMAGE, &whole).status, 404);
    let subject = format!(r#","subject":{{"mediaType":"{IMAGE}","digest":"{image}","size":1}}"#);
    let referrer = client.put("a", "r", IMAGE, &manifest(&[&layer], &subject));
    assert_eq!((referrer.status, referrer.get("OCI-Subject")), (201, ""));
    let referrers = client.get(&format!("/v2/a/referrers/{image}"));
    assert_eq!((referrers.status, &referrers.body[..]), (404, &b"404 page not found\n"[..]));
    // FACTS: `?tag=` and If-Match are ignored.
    let own = digest(&whole);
    let path = format!("/v2/a/manifests/{own}?tag=v1");
    let put = client.ask("PUT", &path, &[("Content-Type", IMAGE), ("If-Match", "\"no\"")], &whole);
    assert_eq!((put.status, put.get("OCI-Tag"), registry.tags("a").contains_key("v1")), (201, "", false));
    // Five tags came as b, t1, c, ix, a, whatever `n` and `last` said.
    let listed = client.get("/v2/a/tags/list?n=1&last=latest");
    assert_eq!((listed.json()["tags"].clone(), listed.get("Link")), (json!(["r", "latest"]), ""));
    assert_eq!(error(&client.ask("DELETE", "/v2/a/manifests/latest", &[], b"")), is(400, "DIGEST_INVALID"));
    assert_eq!(client.ask("DELETE", &format!("/v2/a/manifests/{image}"), &[], b"").status, 202);
}

/// FACTS, row "distribution 3.1", and pull request 3755 of distribution: the status is had with any `Location` and says the right
/// offset; a chunk at a wrong one is 416 and no longer 404.
#[test]
fn distribution_3_keeps_an_upload_that_was_cut() {
    let registry = FakeRegistry::start(Profile::distribution3());
    let client = Client(&registry);
    let one = client.patch(&client.begin("a").location(), 0, b"01234").location();
    client.cut_patch(&one, 5, b"56789", 3);
    assert_eq!(client.patch(&one, 5, b"56789").status, 416);
    let status = client.get(&one);
    assert_eq!((status.status, status.get("Range")), (204, "0-7"));
    let two = client.patch(&status.location(), 8, b"89");
    assert_eq!((two.status, two.get("Range")), (202, "0-9"));
    assert_eq!(client.patch(&two.location(), 3, b"x").status, 416);
    assert_eq!(client.get(&two.location().replace("/v2/a/", "/v2/b/")).status, 404);
    assert_eq!(client.finish(&two.location(), &digest(b"0123456789"), b"").status, 201);
    let (_, image) = fill(&registry);
    let path = format!("/v2/a/manifests/{image}?tag=v1");
    let put = client.ask("PUT", &path, &[("Content-Type", IMAGE)], &registry.manifest("a", &image).unwrap().1);
    assert_eq!((put.status, put.get("OCI-Tag")), (201, ""));
    assert_eq!(client.get(&format!("/v2/a/referrers/{image}")).status, 404);
}

/// FACTS, row "Docker Hub".
#[test]
fn docker_hub() {
    let mut profile = Profile::docker_hub().immutable("1.*");
    profile.pulls = Some(2);
    let registry = FakeRegistry::start(profile);
    let client = Client(&registry);
    let (layer, image) = fill(&registry);
    let whole = manifest(&[&layer], "");
    assert_eq!(client.put("a", "1.0", IMAGE, &whole).status, 201);
    // 403, for the same digest too.
    assert_eq!(error(&client.put("a", "1.0", IMAGE, &whole)), is(403, "DENIED"));
    assert_eq!(client.put("a", "2.0", IMAGE, &whole).status, 201);
    assert_eq!(client.put("a", "2.0", IMAGE, &whole).status, 201);
    // No referrers API, yet OCI-Subject.
    let subject = format!(r#","subject":{{"mediaType":"{IMAGE}","digest":"{image}","size":1}}"#);
    assert_eq!(client.put("a", "r", IMAGE, &manifest(&[&layer], &subject)).get("OCI-Subject"), image);
    assert_eq!(client.get(&format!("/v2/a/referrers/{image}")).status, 404);
    // HEAD is free; after so many GETs 429 with what is left.
    let accept = [("Accept", IMAGE)];
    for left in ["1;w=21600", "0;w=21600"] {
        assert_eq!(client.ask("HEAD", "/v2/a/manifests/latest", &accept, b"").status, 200);
        let pulled = client.ask("GET", "/v2/a/manifests/latest", &accept, b"");
        assert_eq!((pulled.status, pulled.get("ratelimit-remaining")), (200, left));
    }
    let refused = client.ask("GET", "/v2/a/manifests/latest", &accept, b"");
    assert_eq!((error(&refused), refused.get("ratelimit-remaining")), (is(429, "TOOMANYREQUESTS"), "0;w=21600"));
    assert_eq!(client.ask("HEAD", "/v2/a/manifests/latest", &accept, b"").status, 200);
}

/// FACTS, row "GHCR". That the limit is one of chunks alone: ocx-sh/ocx pull request 237 met it with `Content-Range`, and skopeo,
/// crane and Docker push larger layers there every day, in one `PATCH` without.
#[test]
fn ghcr() {
    let registry = FakeRegistry::start(Profile::ghcr());
    let client = Client(&registry);
    // A PATCH over 4 MiB is 416.
    let begun = client.begin("a").location();
    let large = vec![7; (4 << 20) + 1];
    assert_eq!(client.patch(&begun, 0, &large).status, 416);
    assert_eq!(client.patch(&begun, 0, &large[1..]).status, 202);
    let begun = client.begin("a").location();
    assert_eq!(client.ask("PATCH", &begun, &[], &large).status, 202);
    // Several PATCHes: the last alone is kept, and a length is what shows it.
    let begun = client.begin("a").location();
    let two = client.patch(&client.patch(&begun, 0, b"01234").location(), 5, b"567");
    assert_eq!((two.status, two.get("Range")), (202, "0-7"));
    let blob = digest(b"01234567");
    assert_eq!(client.finish(&two.location(), &blob, b"").status, 201);
    let path = format!("/v2/a/blobs/{blob}");
    // Just after the push the blob is not known.
    assert_eq!(error(&client.ask("HEAD", &path, &[], b"")).0, 404);
    let head = client.ask("HEAD", &path, &[], b"");
    assert_eq!((head.status, head.get("Content-Length")), (200, "3"));
    client.push("a", b"{}");
    assert_eq!(error(&client.put("a", "latest", IMAGE, &manifest(&[], ""))), is(404, "MANIFEST_BLOB_UNKNOWN"));
    assert_eq!(client.put("a", "latest", IMAGE, &manifest(&[], "")).status, 201);
    // Pushed again it is there at once.
    let again = client.push("a", b"again");
    client.push("a", b"again");
    assert_eq!(client.ask("HEAD", &format!("/v2/a/blobs/{again}"), &[], b"").status, 200);
    // Whole blobs are whole, and checked.
    let begun = client.begin("a").location();
    assert_eq!(client.finish(&begun, &digest(b"other"), b"abc").code(), "DIGEST_INVALID");
    let referrers = client.get(&format!("/v2/a/referrers/{blob}"));
    assert_eq!((referrers.status, referrers.location().as_str()), (303, "/page/for/people"));
}

/// FACTS, row "GitLab". That the refusal is 403 is a guess: the row says that it is one.
#[test]
fn gitlab() {
    let registry = FakeRegistry::start(Profile::gitlab().with(|accounts| accounts.user("job", "password")));
    let token = client::ask(
        &registry.host(),
        "GET",
        "/token?service=s&scope=repository:a:pull,push,delete",
        &[("Authorization", "Basic am9iOnBhc3N3b3Jk")],
        b"",
    )
    .json();
    assert_eq!(token["expires_in"], json!(300));
    fill(&registry);
    let bearer = format!("Bearer {}", token["token"].as_str().unwrap());
    let shown = [("Authorization", bearer.as_str())];
    assert_eq!(Client(&registry).ask("DELETE", "/v2/a/manifests/latest", &shown, b"").status, 403);
}

/// FACTS, row "ECR", and aws/containers-roadmap issue 2831: `Range` stays where the first chunk ended, and all chunks are there.
#[test]
fn ecr() {
    let registry = FakeRegistry::start(Profile::ecr());
    let client = Client(&registry);
    let one = client.patch(&client.begin("b").location(), 0, b"01234");
    assert_eq!((one.status, one.get("Range")), (201, "0-4"));
    let two = client.patch(&one.location(), 5, b"56789");
    assert_eq!((two.status, two.get("Range")), (201, "0-4"));
    assert_eq!(client.get(&two.location()).get("Range"), "0-4");
    // What trusts it sends a chunk that was had already.
    assert_eq!(client.patch(&two.location(), 5, b"56789").status, 416);
    assert_eq!(client.finish(&two.location(), &digest(b"0123456789"), b"").status, 201);
    // A blob can be mounted when a manifest refers to it.
    let (layer, _) = fill(&registry);
    let alone = registry.put_blob("a", b"alone");
    let mount =
        |digest: &str| client.ask("POST", &format!("/v2/b/blobs/uploads/?mount={digest}&from=a"), &[], b"").status;
    assert_eq!((mount(&layer), mount(&alone)), (201, 202));
}

/// `crane registry serve` 0.20.7 of Debian sid: all tried.
#[test]
fn crane_uploads_and_blobs() {
    let registry = FakeRegistry::start(Profile::crane());
    let client = Client(&registry);
    let begun = client.begin("a/b");
    assert!(begun.get("Location").starts_with("/v2/a/b/blobs/uploads/"));
    assert_eq!(error(&client.get(&begun.location())), is(400, "NAME_INVALID"));
    assert_eq!(client.ask("DELETE", &begun.location(), &[], b"").status, 400);
    let one = client.patch(&begun.location(), 0, b"01234");
    assert_eq!((one.status, one.get("Range"), one.location()), (204, "0-4", begun.location()));
    for (first, bytes) in [(7, b"789"), (0, b"012")] {
        let refused = client.patch(&begun.location(), first, bytes);
        assert_eq!((refused.status, refused.get("Range"), refused.get("Location")), (416, "", ""));
    }
    assert_eq!(client.ask("PATCH", &begun.location(), &[("Content-Range", "x")], b"5").status, 416);
    // A stream without a range is the whole blob, or refused.
    assert_eq!(client.ask("PATCH", &begun.location(), &[], b"5").status, 400);
    // What came of a chunk that was cut stays, though nothing says how much that is.
    client.cut_patch(&begun.location(), 5, b"56789", 3);
    assert_eq!(client.patch(&begun.location(), 5, b"56789").status, 416);
    // What came of a PUT that failed is forgotten.
    assert_eq!(client.finish(&begun.location(), &digest(b"0123456789"), b"wrong").code(), "DIGEST_INVALID");
    let made = client.finish(&begun.location(), &digest(b"0123456789"), b"89");
    assert_eq!((made.status, made.get("Location")), (201, ""));
    assert_eq!(registry.blob("a/b", &digest(b"0123456789")).unwrap(), b"0123456789");
    let post = client.ask("POST", &format!("/v2/a/b/blobs/uploads/?digest={}", digest(b"x")), &[], b"x");
    assert_eq!(post.status, 201);
    let mount = format!("/v2/c/blobs/uploads/?mount={}&from=a/b", digest(b"x"));
    assert_eq!(client.ask("POST", &mount, &[], b"").status, 202);
    let path = format!("/v2/a/b/blobs/{}", digest(b"0123456789"));
    assert_eq!(client.ask("GET", &path, &[("Range", "bytes=7-")], b"").status, 416);
    assert_eq!(client.ask("GET", &path, &[("Range", "bytes=7-9")], b"").status, 206);
    assert_eq!(client.begin("Upper/b").status, 202);
}

/// The same program: all tried.
#[test]
fn crane_manifests_and_tags() {
    let registry = FakeRegistry::start(Profile::crane());
    let client = Client(&registry);
    assert_eq!(error(&client.get("/v2/a/manifests/x")), is(404, "NAME_UNKNOWN"));
    let lacking = manifest(&[&digest(b"no")], "");
    assert_eq!(client.put("a", "t", IMAGE, &lacking).status, 201);
    assert_eq!(error(&client.get("/v2/a/manifests/x")), is(404, "MANIFEST_UNKNOWN"));
    assert_eq!(client.put("a", "no-json", IMAGE, b"xx").status, 201);
    let put = client.put("a", &digest(b"other"), IMAGE, &lacking);
    assert_eq!((put.status, put.get("Docker-Content-Digest")), (201, digest(&lacking).as_str()));
    assert_eq!(put.get("Location"), "");
    assert_eq!(error(&client.put("a", "ix", INDEX, &index(&[&digest(b"no")]))), is(404, "MANIFEST_UNKNOWN"));
    assert_eq!(client.put("a", "ix", INDEX, &index(&[&digest(&lacking)])).status, 201);
    let page = client.get("/v2/a/tags/list?n=2");
    assert_eq!((page.json()["tags"].clone(), page.get("Link")), (json!(["ix", "no-json"]), ""));
    assert_eq!(client.get("/v2/a/tags/list?n=2&last=no-json").json()["tags"], json!(["t"]));
    assert_eq!(client.get(&format!("/v2/a/referrers/{}", digest(&lacking))).status, 404);
    assert_eq!(client.ask("DELETE", "/v2/a/manifests/t", &[], b"").status, 202);
}
