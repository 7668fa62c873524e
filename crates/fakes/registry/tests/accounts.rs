//! Who may do what, as distribution's token.md and oauth.md have it.

mod client;

use client::{Answer, ask};
use data_encoding::BASE64;
use sage_oci_fake_registry::{Accounts, FakeRegistry, Profile};

const PULL: &str = "/v2/a/tags/list";
const PUSH: &str = "/v2/a/blobs/uploads/";

fn registry(accounts: impl FnOnce(Accounts) -> Accounts) -> FakeRegistry {
    let registry =
        FakeRegistry::start(Profile::plain().with(|given| accounts(given.user("me", "secret").reader("you", "word"))));
    registry.put_blob("a", b"blob");
    registry.put_blob("b", b"blob");
    registry
}

fn with(registry: &FakeRegistry, method: &str, path: &str, authorization: &str) -> Answer {
    let headers = [("Authorization", authorization)];
    ask(&registry.host(), method, path, if authorization.is_empty() { &[] } else { &headers }, b"")
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", BASE64.encode(format!("{user}:{password}").as_bytes()))
}

/// A token for a scope.
fn token(registry: &FakeRegistry, authorization: &str, scope: &str) -> String {
    let answer = with(registry, "GET", &format!("/token?service=s&scope={scope}"), authorization);
    assert_eq!(answer.status, 200, "{answer:?}");
    format!("Bearer {}", answer.json()["token"].as_str().unwrap())
}

fn form(registry: &FakeRegistry, fields: &str) -> Answer {
    let kind = [("Content-Type", "application/x-www-form-urlencoded")];
    ask(&registry.host(), "POST", "/token", &kind, fields.as_bytes())
}

#[test]
fn without_users_nobody_is_asked() {
    let registry = FakeRegistry::start(Profile::plain());
    assert_eq!(with(&registry, "POST", PUSH, "").status, 202);
}

#[test]
fn a_password_with_every_request() {
    let registry = registry(|_| Accounts::basic().user("me", "secret").reader("you", "word"));
    let refused = with(&registry, "GET", "/v2/", "");
    assert_eq!((refused.status, refused.code().as_str()), (401, "UNAUTHORIZED"));
    assert!(refused.get("WWW-Authenticate").starts_with("Basic realm="));
    assert_eq!(with(&registry, "GET", "/v2/", &basic("me", "secret")).status, 200);
    assert_eq!(with(&registry, "GET", "/v2/", &basic("me", "wrong")).status, 401);
    assert_eq!(with(&registry, "POST", PUSH, &basic("me", "secret")).status, 202);
    assert_eq!(with(&registry, "GET", PULL, &basic("you", "word")).status, 200);
    assert_eq!(with(&registry, "POST", PUSH, &basic("you", "word")).code(), "DENIED");
    assert_eq!(with(&registry, "GET", PULL, "").status, 401);
}

#[test]
fn everybody_pulls_where_that_is_allowed() {
    let basics = registry(|_| Accounts::basic().user("me", "secret").anonymous_pull());
    assert_eq!((with(&basics, "GET", PULL, "").status, with(&basics, "POST", PUSH, "").status), (200, 401));
    let bearers = registry(Accounts::anonymous_pull);
    // A registry with tokens wants one from everybody.
    assert_eq!(with(&bearers, "GET", PULL, "").status, 401);
    let anonymous = token(&bearers, "", "repository:a:pull,push");
    assert_eq!(with(&bearers, "GET", PULL, &anonymous).status, 200);
    let refused = with(&bearers, "POST", PUSH, &anonymous);
    assert!(refused.status == 401 && refused.get("WWW-Authenticate").contains("insufficient_scope"));
    let strict = registry(|accounts| accounts);
    assert_eq!(with(&strict, "GET", "/token?service=s&scope=repository:a:pull", "").status, 401);
}

#[test]
fn a_token_is_good_for_what_it_was_asked_for() {
    let registry = registry(|accounts| accounts.token_seconds(300));
    let refused = with(&registry, "POST", PUSH, "");
    let challenge =
        format!("Bearer realm=\"{}/token\",service=\"fake.registry\",scope=\"repository:a:pull,push\"", registry.url());
    assert_eq!((refused.status, refused.get("WWW-Authenticate")), (401, challenge.as_str()));
    let pull = token(&registry, &basic("me", "secret"), "repository:a:pull");
    assert_eq!(with(&registry, "GET", PULL, &pull).status, 200);
    assert!(with(&registry, "POST", PUSH, &pull).get("WWW-Authenticate").contains("insufficient_scope"));
    assert_eq!(with(&registry, "GET", "/v2/b/tags/list", &pull).status, 401);
    let push = token(&registry, &basic("me", "secret"), "repository:a:pull,push");
    assert_eq!(with(&registry, "POST", PUSH, &push).status, 202);
    // A mount reads its source, whose scope has to be asked for, too.
    let blob = sage_oci_fake_registry::digest(b"blob");
    let mount = format!("{PUSH}?mount={blob}&from=b");
    let refused = with(&registry, "POST", &mount, &push);
    assert!(refused.get("WWW-Authenticate").contains("scope=\"repository:a:pull,push repository:b:pull\""));
    let both = token(&registry, &basic("me", "secret"), "repository:a:pull,push&scope=repository:b:pull");
    assert_eq!(with(&registry, "POST", &mount, &both).status, 201);
    let reader = token(&registry, &basic("you", "word"), "repository:a:pull,push");
    assert_eq!(with(&registry, "POST", PUSH, &reader).status, 401);
    assert_eq!(with(&registry, "GET", "/token?scope=repository:a:pull", &basic("me", "no")).status, 401);
    assert_eq!(with(&registry, "GET", PULL, "Bearer made-up").status, 401);
}

#[test]
fn tokens_end_with_time_with_use_and_when_told() {
    let zero = registry(|accounts| accounts.token_seconds(0));
    let old = token(&zero, &basic("me", "secret"), "repository:a:pull");
    assert!(with(&zero, "GET", PULL, &old).get("WWW-Authenticate").contains("error=\"invalid_token\""));
    let twice = registry(|accounts| accounts.token_requests(2));
    let worn = token(&twice, &basic("me", "secret"), "repository:a:pull");
    assert_eq!([1, 2, 3].map(|_| with(&twice, "GET", PULL, &worn).status), [200, 200, 401]);
    let told = registry(Accounts::silent_expiry);
    let answer = with(&told, "GET", "/token?scope=repository:a:pull", &basic("me", "secret"));
    assert_eq!(answer.json()["expires_in"], serde_json::Value::Null);
    let ended = token(&told, &basic("me", "secret"), "repository:a:pull");
    assert_eq!(with(&told, "GET", PULL, &ended).status, 200);
    told.expire_tokens();
    assert_eq!(with(&told, "GET", PULL, &ended).status, 401);
}

#[test]
fn an_identity_token_refreshes() {
    let registry = registry(|accounts| accounts.identity("me", "identity"));
    let scope = "scope=repository%3Aa%3Apull%2Cpush&service=s&client_id=x";
    let answer = form(&registry, &format!("grant_type=refresh_token&refresh_token=identity&{scope}"));
    assert_eq!((answer.status, answer.json()["expires_in"].as_u64()), (200, Some(3600)));
    let bearer = format!("Bearer {}", answer.json()["access_token"].as_str().unwrap());
    assert_eq!(with(&registry, "POST", PUSH, &bearer).status, 202);
    // The answer has the next one.
    let next = answer.json()["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(form(&registry, &format!("grant_type=refresh_token&refresh_token={next}&{scope}")).status, 200);
    assert_eq!(form(&registry, &format!("grant_type=refresh_token&refresh_token=no&{scope}")).status, 401);
    let first =
        form(&registry, &format!("grant_type=password&username=me&password=secret&access_type=offline&{scope}"));
    assert!(first.json()["refresh_token"].is_string());
    assert_eq!(form(&registry, &format!("grant_type=password&username=me&password=no&{scope}")).status, 401);
    assert_eq!(form(&registry, &format!("grant_type=other&{scope}")).status, 400);
    let offline = with(&registry, "GET", &format!("/token?offline_token=true&{scope}"), &basic("me", "secret"));
    assert!(offline.json()["refresh_token"].is_string());
}

#[test]
fn some_token_servers_know_no_forms() {
    let registry = registry(Accounts::no_form);
    assert_eq!(form(&registry, "grant_type=password&username=me&password=secret&service=s&scope=x").status, 404);
}

#[test]
fn passwords_are_not_printed() {
    let text =
        format!("{:?}", Profile::plain().with(|accounts| accounts.user("me", "secret").identity("me", "token-1")));
    assert!(!text.contains("secret") && !text.contains("token-1"), "{text}");
}
