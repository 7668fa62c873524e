//! Tags, listed and moved.

use crate::image::Made;
use crate::scene::{PATH, Scene};
use sage_oci_fake_registry::{Fault, Profile, TagList, When};
use sage_oci_registry::{RegistryError, Tagged};

fn with_tags(profile: Profile, count: usize) -> (Scene, Vec<String>) {
    let scene = Scene::new(profile);
    let image = Made::image(1, &[10]);
    scene.push(&image).unwrap();
    let mut tags: Vec<String> = (0..count).map(|number| format!("v{number}")).collect();
    for tag in &tags {
        scene.fake.set_tag(PATH, tag, &image.digest);
    }
    tags.sort();
    scene.fake.forget();
    (scene, tags)
}

#[test]
fn all_tags_are_listed_however_many_come_at_once() {
    for list in [TagList::Paged, TagList::Unlinked, TagList::Whole] {
        for count in [0, 1, 999, 1000, 1001, 2500] {
            let mut profile = Profile::plain();
            profile.tags = list;
            let (scene, tags) = with_tags(profile, count);
            assert_eq!(scene.reader().tags().unwrap(), tags, "{list:?} {count}");
            assert!(scene.fake.requests().len() <= 4, "{list:?} {count}");
        }
    }
}

#[test]
fn a_repository_that_is_not_there_has_none() {
    for profile in Profile::all() {
        let scene = Scene::new(profile);
        assert_eq!(scene.reader().tags().unwrap(), Vec::<String>::new());
    }
}

#[test]
fn a_list_that_breaks_is_asked_for_again() {
    let (scene, tags) = with_tags(Profile::plain(), 30);
    for fault in [Fault::CutAnswer(20), Fault::Reset, Fault::Status(502)] {
        scene.fake.behave();
        scene.inject(fault, When::on("GET", "*/tags/list").first(2));
        assert_eq!(scene.reader().tags().unwrap(), tags);
    }
}

/// A server that answers each request by the text behind `last=` in it: tags, and the `last` of the next page.
fn pages(answer: impl Fn(&str) -> (String, Option<String>) + Send + 'static) -> sage_oci_registry::Registry {
    use std::io::{BufRead, BufReader, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let Some(first) = lines.next() else { continue };
            for line in lines.by_ref() {
                if line.is_empty() {
                    break;
                }
            }
            let last = first
                .split("last=")
                .nth(1)
                .and_then(|rest| rest.split([' ', '&']).next())
                .unwrap_or_default()
                .to_owned();
            let (tag, next) = answer(&last);
            let body = format!("{{\"name\":\"x\",\"tags\":[\"{tag}\"]}}");
            let link = next.map(|next| format!("Link: </v2/{PATH}/tags/list?n=1000&last={next}>; rel=\"next\"\r\n"));
            let mut stream = stream;
            let (link, length) = (link.unwrap_or_default(), body.len());
            let _ =
                write!(stream, "HTTP/1.1 200 OK\r\n{link}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}");
        }
    });
    let repository = sage_oci_registry::Repository::parse(&format!("{host}/{PATH}"), false).unwrap();
    let options = crate::scene::options();
    sage_oci_registry::Registry::open(repository, sage_oci_registry::Access::Pull, &[], None, options).unwrap()
}

#[test]
fn pages_in_a_circle_or_without_an_end_are_an_error() {
    let circle = pages(|last| match last {
        "a" => ("b".to_owned(), Some("b".to_owned())),
        _ => ("a".to_owned(), Some("a".to_owned())),
    });
    let error = circle.tags().unwrap_err().to_string();
    assert!(error.contains("its pages go round in a circle"), "{error}");
    // Half a list must not pass for a whole one.
    let endless = pages(|last| {
        let next = format!("{}", last.parse::<u32>().unwrap_or(0) + 1);
        (next.clone(), Some(next))
    });
    let error = endless.tags().unwrap_err().to_string();
    assert!(error.contains("it has more than 200 pages"), "{error}");
    let fine = pages(|last| match last {
        "x" => ("y".to_owned(), None),
        _ => ("x".to_owned(), Some("x".to_owned())),
    });
    assert_eq!(fine.tags().unwrap(), ["x", "y"]);
}

#[test]
fn tags_move_unless_a_rule_says_no() {
    for profile in Profile::all() {
        let name = profile.name;
        let scene = Scene::closed(profile.immutable("10.*"));
        let (one, two) = (Made::image(1, &[10]), Made::image(2, &[10]));
        scene.push(&one).unwrap();
        scene.push(&two).unwrap();
        let client = scene.client();
        let document = |image: &Made| client.document(&image.digest).unwrap().unwrap();
        assert_eq!(client.tag("10.9", &document(&one)).unwrap(), Tagged::Moved, "{name}");
        assert_eq!(client.tag("10.9", &document(&two)).unwrap(), Tagged::Immutable, "{name}");
        assert_eq!(client.tag("10.9", &document(&one)).unwrap(), Tagged::Immutable, "{name}");
        assert_eq!(client.tag("latest", &document(&one)).unwrap(), Tagged::Moved, "{name}");
        assert_eq!(client.tag("latest", &document(&two)).unwrap(), Tagged::Moved, "{name}");
        assert_eq!(client.document("latest").unwrap().unwrap().digest.to_string(), two.digest, "{name}");
        assert_eq!(client.document("10.9").unwrap().unwrap().digest.to_string(), one.digest, "{name}");
        assert_eq!(scene.fake.tags(PATH)["latest"], two.digest);
    }
}

#[test]
fn a_refusal_is_no_rule() {
    let scene = Scene::new(Profile::plain());
    let image = Made::image(1, &[10]);
    scene.push(&image).unwrap();
    let client = scene.client();
    let document = client.document(&image.digest).unwrap().unwrap();
    scene.inject(Fault::Error(403, "DENIED"), When::on("PUT", "*/manifests/latest"));
    let error = client.tag("latest", &document).unwrap_err();
    assert!(matches!(error, RegistryError::Refused { status: 403, .. }), "{error}");
}
