//! What a person reads.

use crate::image::Made;
use crate::scene::{PATH, Scene};
use sage_oci_fake_registry::{Fault, Profile, When};
use sage_oci_hint::Hint as _;

/// Error and hint of a push of one layer, the host's name left out.
fn told(scene: &mut Scene) -> String {
    scene.options.at_once = 1;
    let error = scene.push(&Made::image(1, &[10])).unwrap_err();
    format!("{error}\nhint: {}", error.hint().unwrap_or_default()).replace(&scene.fake.host(), "HOST")
}

#[test]
fn refusals_say_what_to_do() {
    let blob = Made::image(1, &[10]).blobs[0].digest;
    for (fault, method, text) in [
        (
            Fault::full(),
            "POST",
            format!(
                "HOST refuses the upload of {blob}: status 507 (DENIED: as asked)\nhint: the registry has no room: remove old images there, or raise its quota"
            ),
        ),
        (
            Fault::read_only(),
            "POST",
            format!(
                "HOST refuses the upload of {blob}: status 405 (UNSUPPORTED: as asked)\nhint: the registry is read-only, or a mirror: push to the one that it mirrors"
            ),
        ),
        (
            Fault::bad_name(),
            "POST",
            format!(
                "HOST refuses the upload of {blob}: status 400 (NAME_INVALID: as asked)\nhint: the registry does not take this repository's name: look at its rules, as for upper case and the number of parts"
            ),
        ),
        (
            Fault::Error(404, "NAME_UNKNOWN"),
            "POST",
            format!(
                "HOST refuses the upload of {blob}: status 404 (NAME_UNKNOWN: as asked)\nhint: there is no such repository, and this registry makes none by itself, or hides it from this account"
            ),
        ),
        (
            Fault::Error(403, "DENIED"),
            "POST",
            format!(
                "HOST refuses the upload of {blob}: status 403 (DENIED: as asked)\nhint: no credentials were found for it; `docker login HOST` (or `podman login`) keeps a login for this command, too; in CI set SAGE_OCI_REGISTRY_USER and SAGE_OCI_REGISTRY_PASSWORD, or DOCKER_AUTH_CONFIG"
            ),
        ),
        (
            Fault::Html(502),
            "POST",
            format!(
                "HOST refuses the upload of {blob}: status 502 (a page of HTML)\nhint: the registry is in trouble; the same command later goes on from where this one is"
            ),
        ),
        (
            Fault::Html(403),
            "HEAD",
            format!(
                "HOST refuses a look for blob {blob}: status 403 (a page of HTML)\nhint: no credentials were found for it; `docker login HOST` (or `podman login`) keeps a login for this command, too; in CI set SAGE_OCI_REGISTRY_USER and SAGE_OCI_REGISTRY_PASSWORD, or DOCKER_AUTH_CONFIG"
            ),
        ),
    ] {
        let mut scene = Scene::new(Profile::plain());
        scene.inject(fault, When::on(method, "/v2/*"));
        assert_eq!(told(&mut scene), text);
    }
}

#[test]
fn who_is_not_known_is_told_so() {
    let mut scene = Scene::closed(Profile::distribution2());
    scene.credential = None;
    let text = told(&mut scene);
    assert!(text.contains("status 401\nhint: no credentials were found"), "{text}");
    // Where a token is wanted, its server says so.
    let mut scene = Scene::closed(Profile::plain());
    scene.credential = None;
    let text = told(&mut scene);
    assert!(text.starts_with("no token for HOST: 127.0.0.1 says status 401\nhint: `docker login HOST`"), "{text}");
    // And with a name that may not do it.
    let mut scene = Scene::closed(Profile::plain());
    scene.inject(Fault::Status(403), When::on("POST", "/v2/*"));
    assert!(told(&mut scene).contains("hint: the account may not do this there"));
}

#[test]
fn a_page_in_the_place_of_an_answer_makes_no_sense() {
    let mut scene = Scene::new(Profile::plain());
    scene.inject(Fault::Html(202), When::on("POST", "/v2/*"));
    let text = told(&mut scene);
    assert!(text.contains("with something that makes no sense: it does not say where the upload goes on"), "{text}");
    let scene = Scene::new(Profile::plain());
    scene.inject(Fault::Html(200), When::on("GET", "/v2/*"));
    let error = scene.reader().tags().unwrap_err().to_string();
    assert!(error.contains("answers the list of tags with something that makes no sense"), "{error}");
    let error = sage_oci_registry::RemoteImage::open(scene.reader(), "latest").unwrap_err();
    assert!(error.to_string().ends_with("is no image: its type is text/html"), "{error}");
}

#[test]
fn what_is_not_there_is_named() {
    let scene = Scene::new(Profile::plain());
    let error = sage_oci_registry::RemoteImage::open(scene.reader(), "10.9").unwrap_err();
    let text = format!("{error}\n{}", error.hint().unwrap()).replace(&scene.fake.host(), "HOST");
    assert_eq!(
        text,
        format!(
            "HOST/{PATH} has no 10.9\n`skopeo list-tags docker://HOST/{PATH}` shows its tags; a private one wants a login"
        )
    );
}
