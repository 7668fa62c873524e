//! The plain profile, held to the distribution spec 1.1. Section names are the spec's.

mod client;

use client::{Client, IMAGE, INDEX, index, manifest};
use sage_oci_fake_registry::{FakeRegistry, Profile, digest};

fn plain() -> FakeRegistry {
    FakeRegistry::start(Profile::plain())
}

/// "Determining Support", "Pushing blobs": a POST, a PUT; "Pulling blobs".
#[test]
fn a_blob_goes_in_and_out() {
    let registry = plain();
    let client = Client(&registry);
    assert_eq!(client.get("/v2/").status, 200);
    let begun = client.begin("a/b");
    assert_eq!((begun.status, begun.get("Range")), (202, "0-0"));
    let digest = digest(b"0123456789");
    let made = client.finish(&begun.location(), &digest, b"0123456789");
    assert_eq!((made.status, made.get("Docker-Content-Digest")), (201, digest.as_str()));
    assert_eq!(made.location(), format!("/v2/a/b/blobs/{digest}"));
    let head = client.ask("HEAD", &made.location(), &[], b"");
    assert_eq!((head.status, head.get("Content-Length"), head.body.len()), (200, "10", 0));
    assert_eq!(client.get(&made.location()).body, b"0123456789");
    let part = client.ask("GET", &made.location(), &[("Range", "bytes=7-")], b"");
    assert_eq!((part.status, part.get("Content-Range"), &part.body[..]), (206, "bytes 7-9/10", &b"789"[..]));
    assert_eq!(client.ask("GET", &made.location(), &[("Range", "bytes=10-")], b"").status, 416);
    assert!(registry.has_blob("a/b", &digest) && !registry.has_blob("a/c", &digest));
    assert_eq!(client.ask("DELETE", &made.location(), &[], b"").status, 202);
    let gone = client.get(&made.location());
    assert_eq!((gone.status, gone.code().as_str()), (404, "BLOB_UNKNOWN"));
}

/// "Pushing a blob monolithically": single POST; "Mounting a blob from another repository".
#[test]
fn a_blob_goes_in_with_one_request_and_is_mounted() {
    let registry = plain();
    let client = Client(&registry);
    let digest = digest(b"abc");
    let made = client.ask("POST", &format!("/v2/a/blobs/uploads/?digest={digest}"), &[], b"abc");
    assert_eq!(made.status, 201);
    let mount = |from: &str, digest: &str| {
        client.ask("POST", &format!("/v2/b/blobs/uploads/?mount={digest}&from={from}"), &[], b"")
    };
    assert_eq!(mount("nowhere", &digest).status, 202);
    assert_eq!(mount("a", &sage_oci_fake_registry::digest(b"other")).status, 202);
    let mounted = mount("a", &digest);
    assert_eq!((mounted.status, mounted.location()), (201, format!("/v2/b/blobs/{digest}")));
    assert_eq!(registry.blob("b", &digest).unwrap(), b"abc");
    assert_eq!(registry.received_bytes(), 3);
}

/// "Pushing a blob in chunks".
#[test]
fn chunks_go_in_order() {
    let registry = plain();
    let client = Client(&registry);
    let begun = client.begin("a").location();
    let first = client.patch(&begun, 0, b"01234");
    assert_eq!((first.status, first.get("Range")), (202, "0-4"));
    let status = client.get(&first.location());
    assert_eq!((status.status, status.get("Range")), (204, "0-4"));
    for (range, bytes) in [("7-9", "789"), ("0-4", "01234"), ("5-9", "5"), ("x", "5"), ("bytes 5-9/10", "56789")] {
        let refused = client.ask("PATCH", &first.location(), &[("Content-Range", range)], bytes.as_bytes());
        assert_eq!((refused.status, refused.get("Range")), (416, "0-4"), "{range}");
        assert_eq!(refused.location(), first.location());
    }
    let chunks = client.ask("PATCH", &first.location(), &[("Content-Range", "5-8")], b"5678");
    assert_eq!(chunks.get("Range"), "0-8");
    assert_eq!(client.finish(&chunks.location(), &digest(b"012345678"), b"9").code(), "DIGEST_INVALID");
    assert_eq!(client.finish(&chunks.location(), &digest(b"0123456789"), b"").status, 201);
    assert_eq!(client.get(&chunks.location()).code(), "BLOB_UPLOAD_UNKNOWN");
    let cancelled = client.begin("a").location();
    assert_eq!(client.ask("DELETE", &cancelled, &[], b"").status, 204);
    assert_eq!(client.get(&cancelled).status, 404);
    assert_eq!(registry.open_uploads(), 0);
}

/// "Pushing Manifests", "Pulling manifests", "Deleting Manifests", "Deleting tags".
#[test]
fn manifests_must_be_whole() {
    let registry = plain();
    let client = Client(&registry);
    let (layer, _config) = (client.push("a", b"layer"), client.push("a", b"{}"));
    let image = manifest(&[&layer], "");
    let own = digest(&image);
    let lacking = client.put("a", "latest", IMAGE, &manifest(&[&digest(b"no")], ""));
    assert_eq!((lacking.status, lacking.code().as_str()), (404, "MANIFEST_BLOB_UNKNOWN"));
    assert_eq!(client.put("a", &digest(b"no"), IMAGE, &image).code(), "DIGEST_INVALID");
    assert_eq!(client.put("a", "latest", IMAGE, b"no json").code(), "MANIFEST_INVALID");
    assert_eq!(client.put("a", "latest", INDEX, &image).code(), "MANIFEST_INVALID");
    let lacking = client.put("a", "all", INDEX, &index(&[&own]));
    assert_eq!((lacking.status, lacking.code().as_str()), (404, "MANIFEST_BLOB_UNKNOWN"));
    let put = client.put("a", "latest", IMAGE, &image);
    assert_eq!((put.status, put.get("Docker-Content-Digest"), put.get("OCI-Subject")), (201, own.as_str(), ""));
    assert_eq!(client.put("a", "all", INDEX, &index(&[&own])).status, 201);
    for reference in ["latest", &own] {
        let got = client.get(&format!("/v2/a/manifests/{reference}"));
        assert_eq!((got.status, got.get("Content-Type"), &got.body), (200, IMAGE, &image));
        let head = client.ask("HEAD", &format!("/v2/a/manifests/{reference}"), &[], b"");
        assert_eq!((head.get("Docker-Content-Digest"), head.body.len()), (own.as_str(), 0));
        assert_eq!(head.get("Content-Length"), image.len().to_string());
    }
    assert_eq!(registry.tags("a").keys().collect::<Vec<_>>(), ["all", "latest"]);
    assert_eq!(client.ask("DELETE", "/v2/a/manifests/latest", &[], b"").status, 202);
    assert_eq!(client.get("/v2/a/manifests/latest").code(), "MANIFEST_UNKNOWN");
    assert_eq!(client.get(&format!("/v2/a/manifests/{own}")).status, 200);
    registry.set_tag("a", "other", &own);
    assert_eq!(client.ask("DELETE", &format!("/v2/a/manifests/{own}"), &[], b"").status, 202);
    assert_eq!(client.get(&format!("/v2/a/manifests/{own}")).status, 404);
    assert_eq!(registry.tags("a").keys().collect::<Vec<_>>(), ["all"]);
    // Layers that lie elsewhere need not be there.
    let foreign = manifest(&[], "");
    let layer = format!(r#""layers":[{{"digest":"{}","size":1,"urls":["http://x/"]}}]"#, digest(b"no"));
    let foreign = String::from_utf8(foreign).unwrap().replace(r#""layers":[]"#, &layer);
    assert_eq!(client.put("a", "foreign", IMAGE, foreign.as_bytes()).status, 201);
}

/// "Listing Tags".
#[test]
fn tags_come_in_pages() {
    let registry = plain();
    let client = Client(&registry);
    assert_eq!(client.get("/v2/a/tags/list").code(), "NAME_UNKNOWN");
    for tag in ["c", "B", "a"] {
        registry.put_manifest("a", tag, IMAGE, b"{}");
    }
    assert_eq!(client.get("/v2/a/tags/list").json(), serde_json::json!({ "name": "a", "tags": ["a", "B", "c"] }));
    let page = client.get("/v2/a/tags/list?n=2");
    assert_eq!(page.json()["tags"], serde_json::json!(["a", "B"]));
    assert_eq!(page.get("Link"), "</v2/a/tags/list?n=2&last=B>; rel=\"next\"");
    let last = client.get("/v2/a/tags/list?n=2&last=B");
    assert_eq!((last.json()["tags"].clone(), last.get("Link")), (serde_json::json!(["c"]), ""));
}

/// "Pushing Manifests with Subject", "Listing Referrers".
#[test]
fn referrers_are_listed() {
    let registry = plain();
    let client = Client(&registry);
    client.push("a", b"{}");
    let subject = client.put("a", "latest", IMAGE, &manifest(&[], "")).get("Docker-Content-Digest").to_owned();
    let extra = format!(
        r#","artifactType":"x/y","annotations":{{"k":"v"}},"subject":{{"mediaType":"{IMAGE}","digest":"{subject}","size":1}}"#
    );
    let referrer = manifest(&[], &extra);
    let put = client.put("a", &digest(&referrer), IMAGE, &referrer);
    assert_eq!((put.status, put.get("OCI-Subject")), (201, subject.as_str()));
    let listed = client.get(&format!("/v2/a/referrers/{subject}"));
    assert_eq!((listed.status, listed.get("Content-Type")), (200, INDEX));
    assert_eq!(listed.get("OCI-Filters-Applied"), "");
    let entry = &listed.json()["manifests"][0];
    assert_eq!((entry["digest"].as_str(), entry["artifactType"].as_str()), (Some(&*digest(&referrer)), Some("x/y")));
    assert_eq!((entry["annotations"]["k"].as_str(), entry["size"].as_u64()), (Some("v"), Some(referrer.len() as u64)));
    let filtered = client.get(&format!("/v2/a/referrers/{subject}?artifactType=z"));
    assert_eq!(filtered.get("OCI-Filters-Applied"), "artifactType");
    assert_eq!(filtered.json()["manifests"], serde_json::json!([]));
    let none = client.get(&format!("/v2/a/referrers/{}", digest(b"none")));
    assert_eq!((none.status, none.json()["manifests"].clone()), (200, serde_json::json!([])));
}

/// "Pulling manifests" has the grammars of names and tags.
#[test]
fn names_have_a_grammar() {
    let registry = plain();
    let client = Client(&registry);
    for path in ["/v2/Upper/tags/list", "/v2/a/../b/tags/list"] {
        let refused = client.get(path);
        assert_eq!((refused.status, refused.code().as_str()), (400, "NAME_INVALID"), "{path}");
    }
    assert_eq!(client.begin("Upper/b").code(), "NAME_INVALID");
    assert_eq!(client.put("a", "-x", IMAGE, b"{}").status, 404);
}
