//! What stands around a registry: Docker Hub's API, identity tokens, statuses of commits.

mod client;

use client::{Answer, ask};
use sage_oci_fake_registry::{FakeHub, FakeIssuer, FakeStatuses};
use serde_json::json;

fn send(url: &str, method: &str, path: &str, authorization: &str, body: &str) -> Answer {
    let headers = [("Content-Type", "application/json"), ("Authorization", authorization)];
    let count = if authorization.is_empty() { 1 } else { 2 };
    ask(url.trim_start_matches("http://"), method, path, &headers[..count], body.as_bytes())
}

/// FACTS: `POST /v2/auth/token`, `PATCH /v2/repositories/…`; the Hub takes 25,000 bytes.
#[test]
fn a_description_is_set_and_read_back() {
    let hub = FakeHub::start("me", "secret");
    hub.repository("ns/image");
    let log_in = |secret: &str| {
        send(&hub.url(), "POST", "/v2/auth/token", "", &json!({ "identifier": "me", "secret": secret }).to_string())
    };
    assert_eq!(log_in("wrong").status, 401);
    let token = format!("Bearer {}", log_in("secret").json()["access_token"].as_str().unwrap());
    let set = |token: &str, text: &str| {
        let body = json!({ "full_description": text }).to_string();
        send(&hub.url(), "PATCH", "/v2/repositories/ns/image/", token, &body)
    };
    assert_eq!(set("", "text").status, 401);
    assert_eq!(set("Bearer other", "text").status, 401);
    assert_eq!(set(&token, &"x".repeat(25_001)).status, 400);
    assert_eq!(set(&token, &"x".repeat(25_000)).status, 200);
    assert_eq!(set(&token, "text").status, 200);
    let read = || send(&hub.url(), "GET", "/v2/repositories/ns/image/", "", "").json()["full_description"].clone();
    assert_eq!((read(), hub.description("ns/image").unwrap().as_str()), (json!("text"), "text"));
    hub.forgets();
    assert_eq!((set(&token, "new").status, read()), (200, json!("text")));
    hub.fail_next(503);
    assert_eq!((set(&token, "new").status, set(&token, "new").status), (503, 200));
    hub.expire_tokens();
    assert_eq!(set(&token, "new").status, 401);
    assert_eq!(send(&hub.url(), "GET", "/v2/repositories/ns/other/", "", "").status, 404);
    assert!(!format!("{:?}", hub.requests()).contains("hub-token"));
}

/// RFC 8693, sections 2.1 and 2.2; `connection_id` and `expires_in` as docker/login-action 4.6 sends them.
#[test]
fn an_identity_token_is_exchanged() {
    let audience = "https://identity.docker.com";
    let issuer = FakeIssuer::start("request-token", audience);
    let path = issuer.request_url().replace(&issuer.url(), "");
    let identity = |audience: &str, token: &str| {
        send(&issuer.url(), "GET", &format!("{path}&audience={audience}"), &format!("bearer {token}"), "")
    };
    assert_eq!(identity(audience, "wrong").status, 401);
    let token =
        identity("https%3A%2F%2Fidentity.docker.com", "request-token").json()["value"].as_str().unwrap().to_owned();
    let claims = token.split('.').nth(1).unwrap().as_bytes();
    let claims: serde_json::Value =
        serde_json::from_slice(&data_encoding::BASE64URL_NOPAD.decode(claims).unwrap()).unwrap();
    assert_eq!(claims["aud"], json!(audience));
    let kind = "subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aid_token";
    let grant = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange";
    let exchange = |form: String| send(&issuer.url(), "POST", "/oauth/token", "", &form);
    let good = format!("{grant}&{kind}&subject_token={token}");
    let given = exchange(good.clone());
    assert_eq!((given.status, given.json()["expires_in"].as_u64()), (200, Some(300)));
    assert_eq!(issuer.access_tokens(), [given.json()["access_token"].as_str().unwrap()]);
    assert_eq!(exchange(format!("{good}&expires_in=900")).json()["expires_in"], json!(900));
    let other = identity("other", "request-token").json()["value"].as_str().unwrap().to_owned();
    for (form, error) in [
        (format!("{kind}&subject_token={token}"), "unsupported_grant_type"),
        (format!("{grant}&subject_token={token}"), "invalid_request"),
        (format!("{grant}&{kind}&subject_token=made.up.token"), "invalid_grant"),
        (format!("{grant}&{kind}&subject_token={other}"), "invalid_grant"),
        (format!("{good}&expires_in=10"), "invalid_request"),
    ] {
        let refused = exchange(form);
        assert_eq!((refused.status, refused.json()["error"].as_str()), (400, Some(error)));
    }
    issuer.connection("b5e0");
    assert_eq!(exchange(good.clone()).status, 400);
    assert_eq!(exchange(format!("{good}&connection_id=b5e0")).status, 200);
    issuer.refuses();
    assert_eq!(exchange(format!("{good}&connection_id=b5e0")).json()["error"], json!("invalid_grant"));
}

/// "Create a commit status" of GitHub's REST API, "Set commit pipeline status" of GitLab's.
#[test]
fn statuses_of_commits_are_recorded() {
    let statuses = FakeStatuses::start("token");
    let body = json!({ "state": "success", "context": "images", "description": "all fine", "target_url": "http://x/" });
    let github = |token: &str, body: &serde_json::Value| {
        send(&statuses.url(), "POST", "/repos/owner/name/statuses/abc", token, &body.to_string()).status
    };
    assert_eq!((github("Bearer wrong", &body), github("Bearer token", &body)), (401, 201));
    assert_eq!(github("Bearer token", &json!({ "state": "passed" })), 422);
    assert_eq!(github("Bearer token", &json!({ "state": "success", "description": "x".repeat(141) })), 422);
    let gitlab = |header: (&str, &str), query: &str| {
        let path = format!("/api/v4/projects/7/statuses/abc{query}");
        ask(statuses.url().trim_start_matches("http://"), "POST", &path, &[header], b"name=images").status
    };
    assert_eq!(gitlab(("JOB-TOKEN", "token"), "?state=failed"), 201);
    assert_eq!(gitlab(("PRIVATE-TOKEN", "wrong"), "?state=failed"), 401);
    assert_eq!(gitlab(("PRIVATE-TOKEN", "token"), "?state=failure"), 400);
    let set = statuses.set();
    assert_eq!(set.len(), 2);
    assert_eq!((set[0].project.as_str(), set[0].sha.as_str(), set[0].state.as_str()), ("owner/name", "abc", "success"));
    assert_eq!((set[0].context.as_str(), set[0].target_url.as_str()), ("images", "http://x/"));
    assert_eq!((set[1].project.as_str(), set[1].state.as_str(), set[1].context.as_str()), ("7", "failed", "images"));
}
