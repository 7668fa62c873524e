//! Who we are, and who may know it.

use crate::image::Made;
use crate::scene::{CHUNK, PASSWORD, PATH, Scene, whole_text};
use sage_oci_credentials::{Credential, Secret};
use sage_oci_fake_registry::{Accounts, Fault, Profile, When};
use sage_oci_hint::Hint as _;
use sage_oci_registry::{Access, RegistryError};

fn image() -> Made {
    Made::image(1, &[5 * CHUNK, 300, 200, 100])
}

#[test]
fn a_password_goes_with_each_request_where_that_is_wanted() {
    let scene = Scene::closed(Profile::plain().with(|_| Accounts::basic()));
    scene.push(&image()).unwrap();
    assert_eq!(scene.count("GET", "/token") + scene.count("POST", "/token"), 0);
    let refused = scene.fake.requests().iter().filter(|seen| seen.status == 401).count();
    assert!((1..=3).contains(&refused), "each thread may be refused once: {refused}");
}

#[test]
fn who_may_read_without_a_name_needs_none() {
    for accounts in [Accounts::basic(), Accounts::bearer()] {
        let accounts = accounts.user("me", PASSWORD).anonymous_pull();
        let mut scene = Scene::new(Profile::plain().with(|_| accounts));
        scene.credential = Some(crate::scene::password());
        let image = image();
        scene.push(&image).unwrap();
        scene.credential = None;
        assert!(scene.reader().document(&image.digest).unwrap().is_some());
        // And who may not write is told that nobody is known.
        let error = scene.push(&Made::image(2, &[100])).unwrap_err();
        assert!(matches!(error, RegistryError::Refused { status: 401, known: false, .. }), "{error}");
        assert!(error.hint().unwrap().starts_with("no credentials were found for it; `docker login 127.0.0.1:"));
    }
}

#[test]
fn a_wrong_password_ends_it_and_is_shown_to_nobody() {
    for accounts in [Accounts::basic(), Accounts::bearer()] {
        let mut scene = Scene::closed(Profile::plain().with(|_| accounts));
        scene.credential =
            Some(Credential::Basic { user: "me".to_owned(), password: Secret::new("marked-wrong-password") });
        let client = scene.client();
        let error = client.push(&image(), scene.journals.path(), &scene.tale).unwrap_err();
        let hint = error.hint().unwrap();
        assert!(hint.contains("docker login") && hint.contains("SAGE_OCI_REGISTRY_PASSWORD"), "{hint}");
        for text in [whole_text(&error), format!("{client:?}"), format!("{:?}", scene.options)] {
            assert!(!text.contains("marked"), "{text}");
        }
        // Each of three threads asks, is refused, and shows it once; a token is asked for with and without siblings alike.
        assert!(scene.fake.requests().len() <= 9, "{:#?}", scene.fake.requests());
    }
}

#[test]
fn an_identity_token_is_exchanged_in_a_body() {
    let accounts = |accounts: Accounts| accounts.user("me", PASSWORD).identity("me", "marked-identity");
    let mut scene = Scene::new(Profile::plain().with(accounts));
    scene.credential = Some(Credential::IdentityToken { token: Secret::new("marked-identity") });
    scene.push(&image()).unwrap();
    assert_eq!((scene.count("POST", "/token"), scene.count("GET", "/token")), (1, 0));
    assert!(scene.fake.requests().iter().all(|seen| !seen.query.contains("marked")));
    // One that no longer counts.
    scene.credential = Some(Credential::IdentityToken { token: Secret::new("marked-old") });
    let error = scene.push(&Made::image(2, &[5])).unwrap_err();
    assert!(error.to_string().ends_with("does not take the credentials (status 401)"), "{error}");
    assert!(!whole_text(&error).contains("marked"));
}

#[test]
fn a_registry_token_goes_as_it_is() {
    let mut scene = Scene::closed(Profile::plain());
    let image = image();
    scene.push(&image).unwrap();
    // The token server gives one to whoever shows the password.
    let token = {
        let seen = scene.fake.requests();
        let bearer = seen.iter().filter_map(|seen| seen.authorization.clone()).find(|shown| shown.scheme == "Bearer");
        bearer.unwrap().value
    };
    scene.credential = Some(Credential::RegistryToken { token: Secret::new(token) });
    scene.fake.forget();
    scene.push(&image).unwrap();
    assert_eq!(scene.count("GET", "/token"), 0);
    scene.fake.expire_tokens();
    scene.fake.forget();
    let error = scene.reader().document(&image.digest).unwrap_err();
    assert!(matches!(error, RegistryError::Refused { status: 401, known: true, .. }), "{error}");
    assert_eq!(scene.fake.requests().len(), 1, "the same again is no use");
}

#[test]
fn threads_that_are_refused_together_ask_for_one_token() {
    let mut scene = Scene::closed(Profile::plain());
    scene.options.at_once = 8;
    let sizes: Vec<u64> = (100..130).collect();
    let image = Made::image(1, &sizes);
    scene.push(&image).unwrap();
    assert_eq!(scene.count("GET", "/token"), 1);
    scene.fake.forget();
    // And together again, when it has come to its end.
    let client = scene.client();
    client.document(&image.digest).unwrap();
    scene.fake.expire_tokens();
    client.push(&image, scene.journals.path(), &scene.tale).unwrap();
    assert_eq!(scene.count("GET", "/token"), 2);
}

#[test]
fn a_token_that_ends_is_one_more_token() {
    // After some requests.
    let scene = Scene::closed(Profile::plain().with(|accounts| accounts.token_requests(6)));
    scene.push(&image()).unwrap();
    assert!(scene.count("GET", "/token") > 2);
    // Before it is used: it is told to live for no time.
    let scene = Scene::closed(Profile::plain().with(|accounts| accounts.token_seconds(0)));
    let error = scene.push(&image()).unwrap_err();
    assert!(
        matches!(error, RegistryError::Refused { status: 401, .. }),
        "it ends, and goes round in no circle: {error}"
    );
    // By word of the registry, in the middle of a blob that is whole, of a piece, of a commit and of a manifest.
    for (method, path) in [
        ("PUT", "/v2/*/blobs/uploads/*"),
        ("PATCH", "/v2/*/blobs/uploads/*"),
        ("POST", "/v2/*/blobs/uploads/"),
        ("GET", "/v2/*/blobs/uploads/*"),
        ("PUT", "/v2/*/manifests/*"),
        ("HEAD", "/v2/*/blobs/*"),
    ] {
        let scene = Scene::closed(Profile::distribution3().with(|_| Accounts::bearer()));
        scene.inject(Fault::Status(413), Scene::uploads("PUT").nth(2));
        scene.inject(Fault::TokenExpired, When::on(method, path).first(1));
        let image = image();
        let pushed = scene.push(&image).unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        assert_eq!(pushed.uploaded, 5, "{method} {path}");
        let begun = scene.seen("POST", "/uploads/").iter().filter(|seen| seen.status == 202).count();
        assert_eq!(begun, 5, "the upload goes on: {method}");
    }
}

#[test]
fn a_body_is_sent_once_more_after_a_refusal() {
    let scene = Scene::closed(Profile::distribution3().with(|_| Accounts::bearer()));
    let image = Made::image(1, &[5 * CHUNK]);
    scene.inject(Fault::TokenExpired, Scene::uploads("PUT").first(1));
    let pushed = scene.push(&image).unwrap();
    assert_eq!((pushed.uploaded, pushed.resumed), (2, 0));
    assert_eq!(scene.count("PATCH", ""), 0, "and whole, as it was");
    assert_eq!(scene.count("GET", "/uploads/"), 0);
}

#[test]
fn a_reader_is_told_that_the_account_may_not_write() {
    let mut scene = Scene::new(Profile::plain().with(|accounts| accounts.reader("me", PASSWORD)));
    scene.credential = Some(crate::scene::password());
    let error = scene.push(&image()).unwrap_err();
    assert!(matches!(error, RegistryError::Refused { status: 401, known: true, .. }), "{error}");
    assert!(error.hint().unwrap().contains("the account may not do this there"));
    assert_eq!(scene.count("GET", "/token"), 1, "no other token would allow more");
}

#[test]
fn a_token_server_in_trouble() {
    let scene = Scene::closed(Profile::plain());
    scene.inject(Fault::Status(503), When::on("GET", "/token").first(2));
    scene.inject(Fault::Reset, When::on("GET", "/token").nth(3));
    scene.push(&image()).unwrap();
    for (fault, text) in [
        (Fault::Html(200), "127.0.0.1 answers without one"),
        (Fault::Status(404), "127.0.0.1 says status 404"),
        (Fault::Redirect("http://127.0.0.1:1".to_owned()), "127.0.0.1 says status 307"),
    ] {
        let scene = Scene::closed(Profile::plain());
        scene.inject(fault, When::on("GET", "/token"));
        let error = scene.push(&image()).unwrap_err();
        assert_eq!(error.to_string(), format!("no token for {}: {text}", scene.fake.host()));
        assert!(error.hint().unwrap().contains("docker login"));
    }
}

#[test]
fn the_token_of_another_repository_is_not_used() {
    let scene = Scene::closed(Profile::plain());
    scene.push(&image()).unwrap();
    let other = scene.at("me/other", Access::Push);
    assert_eq!(other.push(&image(), scene.journals.path(), &scene.tale).unwrap().uploaded, 5);
    let scopes: Vec<String> = scene.seen("GET", "/token").iter().map(|seen| seen.query.clone()).collect();
    assert!(scopes[1].contains("me%2Fother") && !scopes[1].contains(&PATH.replace('/', "%2F")), "{scopes:?}");
}
