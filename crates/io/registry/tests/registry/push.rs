//! An image that is pushed, to every kind of registry.

use crate::image::{Damage, Made};
use crate::scene::{CHUNK, PATH, SIBLING, Scene};
use sage_oci_fake_registry::{Fault, Mount, Profile, When};
use sage_oci_registry::Access;

fn index() -> Made {
    Made::index(&[(1, &[3 * CHUNK + 5, 10, 0]), (2, &[700, CHUNK])])
}

/// Whether this is a request that writes.
fn writes(method: &str) -> bool {
    !matches!(method, "GET" | "HEAD")
}

#[test]
fn every_registry_gets_all_of_it_in_order_and_once() {
    for profile in Profile::all() {
        let name = profile.name;
        let scene = Scene::closed(profile);
        let image = index();
        let pushed = scene.push(&image).unwrap_or_else(|error| panic!("{name}: {error}"));
        let blobs = image.blobs.len() as u64;
        assert_eq!(
            (pushed.blobs, pushed.bytes, pushed.uploaded, pushed.new),
            (blobs, image.bytes(), blobs, true),
            "{name}"
        );
        assert_eq!((pushed.sent_bytes, pushed.uploaded_bytes), (image.bytes(), image.bytes()), "{name}");
        assert_eq!(scene.uploaded(), image.bytes(), "{name}: no byte comes twice");
        assert!(scene.fake.tags(PATH).is_empty() && scene.fake.open_uploads() == 0, "{name}");

        // Blobs, then configurations, then manifests, then the index.
        let requests = scene.fake.requests();
        let first = |text: &str| {
            requests
                .iter()
                .position(|seen| {
                    seen.method == "PUT" && (seen.path.contains(text) || seen.query.contains(&text.replace(':', "%3A")))
                })
                .unwrap()
        };
        let layers: Vec<usize> = image
            .blobs
            .iter()
            .filter(|blob| blob.media_type.to_string().contains("layer"))
            .map(|blob| first(&blob.digest.to_string()))
            .collect();
        let configs: Vec<usize> = image
            .blobs
            .iter()
            .filter(|blob| blob.media_type.to_string().contains("config"))
            .map(|blob| first(&blob.digest.to_string()))
            .collect();
        let puts: Vec<usize> = requests
            .iter()
            .enumerate()
            .filter(|(_, seen)| seen.method == "PUT" && seen.path.contains("/manifests/"))
            .map(|(at, _)| at)
            .collect();
        assert!(layers.iter().max() < configs.iter().min() && configs.iter().max() < puts.first(), "{name}");
        assert_eq!(first(&image.digest), *puts.last().unwrap(), "{name}");
        // Each is read back after it was written.
        for blob in &image.blobs {
            let digest = blob.digest.to_string();
            let put = first(&digest);
            assert!(
                requests[put..]
                    .iter()
                    .any(|seen| seen.method == "HEAD" && seen.path.ends_with(&digest) && seen.status == 200),
                "{name}"
            );
        }
        for put in puts {
            let path = &requests[put].path;
            assert!(
                requests[put..].iter().any(|seen| seen.method == "GET" && seen.path == *path && seen.status == 200),
                "{name}"
            );
        }
        assert!(scene.fake.most_at_once() <= scene.options.at_once, "{name}");
    }
}

#[test]
fn what_is_there_is_not_sent_again() {
    for profile in Profile::all() {
        let name = profile.name;
        let scene = Scene::closed(profile);
        let image = Made::image(1, &[CHUNK, 10]);
        scene.push(&image).unwrap();
        scene.fake.forget();
        let pushed = scene.push(&image).unwrap();
        assert_eq!((pushed.present, pushed.sent_bytes, pushed.new), (3, 0, false), "{name}");
        let asked: Vec<String> = scene
            .fake
            .requests()
            .iter()
            .filter(|seen| seen.path != "/token" && seen.status != 401)
            .map(|seen| seen.method.clone())
            .collect();
        let (heads, gets) = (
            asked.iter().filter(|method| *method == "HEAD").count(),
            asked.iter().filter(|method| *method == "GET").count(),
        );
        assert_eq!((heads, gets, asked.len()), (3, 1, 4), "{name}");
    }
}

#[test]
fn only_a_token_for_reading_is_asked_for_to_read() {
    let scene = Scene::closed(Profile::plain());
    let image = Made::image(1, &[10]);
    scene.push(&image).unwrap();
    scene.fake.forget();
    assert!(scene.reader().document(&image.digest).unwrap().is_some());
    let scopes: Vec<String> = scene.seen("GET", "/token").iter().map(|seen| seen.query.clone()).collect();
    assert_eq!(scopes.len(), 1);
    assert!(scopes[0].contains("%3Apull") && !scopes[0].contains("push"), "{scopes:?}");
}

fn beside(profile: Profile) -> (Scene, Made) {
    let scene = Scene::closed(profile).with_sibling();
    let image = Made::image(1, &[3 * CHUNK, 500]);
    let layer = image.content(&image.blobs[0].digest);
    scene.fake.put_blob(SIBLING, &layer);
    let naming = image.document();
    scene.fake.put_manifest(SIBLING, "latest", "application/vnd.oci.image.manifest.v1+json", &naming);
    (scene, image)
}

#[test]
fn a_siblings_blob_is_taken_over() {
    for profile in Profile::all() {
        let (name, mounts) = (profile.name, profile.mount != Mount::Never);
        let (scene, image) = beside(profile);
        let planned = scene.client().plan_push(&image).unwrap();
        assert_eq!(
            planned.missing.iter().map(|missing| missing.sibling.is_some()).collect::<Vec<_>>(),
            [true, false, false],
            "{name}"
        );
        assert!(scene.fake.requests().iter().all(|seen| !writes(&seen.method)), "{name}: a plan only reads");
        let pushed = scene.push(&image).unwrap();
        let (mounted, bytes) = if mounts { (1, 3 * CHUNK) } else { (0, 0) };
        assert_eq!((pushed.mounted, pushed.mounted_bytes), (mounted, bytes), "{name}");
        assert_eq!(scene.uploaded(), image.bytes() - bytes, "{name}");
        assert_eq!(scene.count("POST", "mount="), 1, "{name}: what no sibling has is not asked for");
        assert_eq!(scene.fake.open_uploads(), 0, "{name}: the upload that a refused mount begins is used");
    }
}

#[test]
fn a_mount_that_fails_in_any_way_is_an_upload() {
    for status in [202, 400, 401, 403, 404, 405, 500] {
        let (scene, image) = beside(Profile::plain());
        scene.inject(Fault::Mount(status), Scene::uploads("POST").query("mount="));
        let pushed = scene.push(&image).unwrap_or_else(|error| panic!("{status}: {error}"));
        assert_eq!((pushed.mounted, pushed.uploaded), (0, 3), "{status}");
        assert_eq!(scene.uploaded(), image.bytes(), "{status}");
        assert_eq!(scene.fake.open_uploads(), 0, "{status}");
    }
}

#[test]
fn a_mount_that_is_told_and_not_done_is_an_upload() {
    let (scene, image) = beside(Profile::plain());
    // 201, and nothing there: the first look after it is for a blob that is gone.
    scene.inject(Fault::Status(404), When::on("HEAD", &format!("/v2/{PATH}/blobs/{}", image.blobs[0].digest)).first(2));
    let pushed = scene.push(&image).unwrap();
    assert_eq!((pushed.mounted, pushed.uploaded), (0, 3));
}

#[test]
fn a_siblings_blob_of_another_size_is_none() {
    let scene = Scene::new(Profile::ghcr()).with_sibling();
    let image = Made::image(1, &[3 * CHUNK]);
    let digest = image.blobs[0].digest;
    // GHCR's manner makes a blob of the last piece under the name of the whole.
    scene.fake.put_blob(SIBLING, b"other");
    scene.inject(
        Fault::Redirect(format!(
            "{}/v2/{SIBLING}/blobs/{}?",
            scene.fake.url(),
            sage_oci_fake_registry::digest(b"other")
        )),
        When::on("HEAD", &format!("/v2/{SIBLING}/blobs/{digest}")),
    );
    scene.push(&image).unwrap();
    assert_eq!(scene.count("POST", "mount="), 0);
}

#[test]
fn a_sibling_that_may_not_be_read_is_passed_over() {
    for status in [401, 403] {
        let (scene, image) = beside(Profile::plain());
        scene.inject(Fault::Status(status), When::on("HEAD", &format!("/v2/{SIBLING}/*")));
        let pushed = scene.push(&image).unwrap();
        assert_eq!((pushed.mounted, pushed.uploaded), (0, 3), "{status}");
        assert_eq!(scene.count("HEAD", SIBLING), 3, "{status}: one look a blob");
    }
}

#[test]
fn the_scope_of_a_sibling_is_asked_for_and_one_that_is_refused_does_not_matter() {
    let (scene, image) = beside(Profile::plain());
    scene.push(&image).unwrap();
    let token = &scene.seen("GET", "/token")[0].query;
    assert!(token.contains("me%2Fimage%3Apull%2Cpush") && token.contains("me%2Fsibling%3Apull"), "{token}");
    assert_eq!(scene.count("GET", "/token"), 1);

    // A token server that gives nothing where one of the scopes is not granted.
    let (scene, image) = beside(Profile::plain());
    scene.inject(Fault::Status(403), When::on("GET", "/token").query("sibling"));
    let pushed = scene.push(&image).unwrap();
    assert_eq!((pushed.mounted, pushed.uploaded), (0, 3));
    assert_eq!(scene.count("GET", "/token"), 2, "a token that is too narrow is not asked for again and again");
    assert_eq!(scene.count("HEAD", SIBLING), 3);
}

#[test]
fn there_comes_first_then_a_sibling_then_an_upload() {
    let (scene, image) = beside(Profile::plain());
    scene.fake.put_blob(PATH, &image.content(&image.blobs[0].digest));
    let pushed = scene.push(&image).unwrap();
    assert_eq!((pushed.present, pushed.mounted, pushed.uploaded), (1, 0, 2));
}

#[test]
fn an_index_and_a_plan() {
    let scene = Scene::new(Profile::plain());
    let image = index();
    scene.fake.put_blob(PATH, &image.content(&image.blobs[1].digest));
    let planned = scene.at(PATH, Access::Pull).plan_push(&image).unwrap();
    assert_eq!((planned.digest.to_string(), planned.blobs, planned.bytes), (image.digest.clone(), 7, image.bytes()));
    assert_eq!(planned.missing.len(), 6);
    assert_eq!(planned.missing[0].size, 3 * CHUNK + 5, "the largest first");
    assert_eq!(scene.push(&image).unwrap().present, 1);
}

#[test]
fn a_registry_that_says_201_and_keeps_nothing_is_told_of() {
    let scene = Scene::new(Profile::plain());
    let image = Made::image(1, &[500]);
    scene.inject(Fault::Status(404), When::on("HEAD", "/v2/*/blobs/*"));
    let error = scene.push(&image).unwrap_err().to_string();
    assert_eq!(
        error,
        format!(
            "{} has something else than what was sent: blob {} is not there",
            scene.fake.host(),
            image.blobs[0].digest
        )
    );
    let scene = Scene::new(Profile::plain());
    scene.inject(Fault::Status(404), When::on("GET", "/v2/*/manifests/*"));
    let error = scene.push(&image).unwrap_err().to_string();
    assert!(error.ends_with(&format!("manifest {} is not there", image.digest)), "{error}");
    assert_eq!(scene.count("PUT", "/manifests/"), 1);
}

#[test]
fn a_wrong_digest_in_a_header_is_not_believed() {
    let scene = Scene::new(Profile::plain());
    scene.inject(Fault::WrongDigest, When::on("*", "*"));
    let image = Made::image(1, &[500]);
    assert_eq!(scene.push(&image).unwrap().digest.to_string(), image.digest);
    assert_eq!(scene.reader().document(&image.digest).unwrap().unwrap().digest.to_string(), image.digest);
}

#[test]
fn an_image_that_cannot_be_read_is_no_fault_of_the_network() {
    let made = Made::image(1, &[4 * CHUNK, 100]);
    let layer = made.blobs[0].digest;
    for (image, text) in [
        (made.damaged(layer, Damage::Short), format!("{layer} has 131072 bytes, its descriptor says 262144")),
        (made.damaged(layer, Damage::Unreadable), "the disk is broken".to_owned()),
        (made.damaged(layer, Damage::Other), format!("blob {layer} has digest")),
    ] {
        let scene = Scene::new(Profile::plain());
        let error = scene.client().push(&image, scene.journals.path(), &scene.tale).unwrap_err();
        assert!(matches!(error, sage_oci_registry::RegistryError::Image(_)), "{error}");
        let said = crate::scene::whole_text(&error);
        assert!(said.contains(&text), "{said}");
        assert!(scene.seen("PUT", &layer.to_string().replace(':', "%3A")).len() <= 1, "it is sent once");
        assert!(scene.fake.manifests(PATH).is_empty());
    }
}

#[test]
fn no_place_for_requests_is_one() {
    let mut scene = Scene::new(Profile::plain());
    (scene.options.at_once, scene.options.chunk, scene.options.attempts) = (0, 0, 0);
    let image = Made::image(1, &[500, 20]);
    assert_eq!(scene.push(&image).unwrap().uploaded, 3);
    assert_eq!(scene.fake.most_at_once(), 1);
}

#[test]
fn no_more_requests_are_on_their_way_than_allowed() {
    for at_once in [1, 2, 5] {
        let mut scene = Scene::closed(Profile::plain().with(|accounts| accounts.token_requests(12)));
        scene.options.at_once = at_once;
        let sizes: Vec<u64> = (1..20).map(|number| number * 1000).collect();
        let image = Made::image(1, &sizes);
        scene.push(&image).unwrap();
        assert!(scene.fake.most_at_once() <= at_once, "{} > {at_once}", scene.fake.most_at_once());
        assert!(at_once == 1 || scene.fake.most_at_once() > 1);
    }
}
