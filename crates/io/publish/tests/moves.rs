//! Tags that move, against registries as they are.

mod support;

use sage_oci_fake_registry::{Fault, Profile, When};
use sage_oci_names::Architecture;
use sage_oci_publish::{Event, PublishError, plan};
use sage_oci_tags::{Policy, Purpose};
use support::{NEW, OLD, PATH, World, downgrade, profiles, release};

const ALL: [&str; 5] = ["10.10", "10.10-1", "develop", "latest", "sid"];

#[test]
fn a_release_goes_forward_everywhere_and_its_retry_writes_nothing() {
    for profile in profiles() {
        let name = profile.name;
        let world = World::new(profile);
        let first = world.one("10.10", OLD, "a");
        assert_eq!(world.moved(&first, &release()), ["10.10-1", "10.10", "sid", "develop", "latest"], "{name}");
        assert_eq!(world.at(&first), ALL, "{name}");
        world.fake.forget();
        assert_eq!(world.moved(&first, &release()), Vec::<String>::new(), "{name}");
        assert!(world.fake.requests().iter().all(|seen| seen.method != "PUT"), "{name}");

        let repaired = world.one("10.10", NEW, "b");
        assert_eq!(world.moved(&repaired, &release()), ["10.10-2", "10.10", "sid", "develop", "latest"], "{name}");
        // A retry of the first job moves nothing back.
        assert_eq!(world.moved(&first, &release()), Vec::<String>::new(), "{name}");
        assert_eq!(world.at(&first), ["10.10-1"], "{name}");
    }
}

#[test]
fn a_plan_writes_nothing() {
    let world = World::new(Profile::plain());
    let image = world.one("10.10", OLD, "a");
    let facts = world.candidate(&image).facts(None).unwrap();
    world.fake.forget();
    let planned = plan(&world.registry, &facts, &release()).unwrap();
    assert_eq!(planned.decision.moves.len(), 5);
    assert!(world.fake.requests().iter().all(|seen| ["GET", "HEAD"].contains(&seen.method.as_str())));
    assert!(world.tags().is_empty());
}

#[test]
fn commits_decide_where_version_and_date_are_equal() {
    for profile in [Profile::plain(), Profile::distribution2(), Profile::docker_hub()] {
        let world = World::new(profile);
        let (early, late) = (world.one("10.10", OLD, "a"), world.one("10.10", OLD, "b"));
        world.report(&early, &["passed"], 100, Some(5));
        world.report(&late, &["passed"], 50, Some(6));
        world.moved(&late, &release());
        // The order of the tests says nothing; that of the commits does.
        assert_eq!(world.moved(&early, &release()), Vec::<String>::new());
        let latest = world.one("10.10", OLD, "c");
        world.report(&latest, &["passed"], 10, Some(7));
        assert_eq!(world.moved(&latest, &release()).len(), 5);
        // Without a report nobody knows.
        let unknown = world.one("10.10", OLD, "d");
        assert_eq!(world.moved(&unknown, &release()), ["10.10-3"]);
    }
}

#[test]
fn an_index_is_as_late_as_the_earliest_of_its_members() {
    let world = World::new(Profile::plain());
    let amd64 = world.image("10.10", OLD, "a", Architecture::Amd64);
    let arm64 = |what| world.image("10.10", OLD, what, Architecture::Arm64);
    let (before, after) = (arm64("b"), arm64("c"));
    let first = world.index(vec![amd64.clone(), before.clone()], "10.10", OLD);
    // The first member stays the same, and is tested for both commits.
    world.report(&amd64.digest, &["passed"], 1, Some(1));
    world.report_for(&before.digest, Architecture::Arm64, &["passed"], 1, Some(1));
    world.moved(&first, &release());
    let second = world.index(vec![amd64.clone(), after.clone()], "10.10", OLD);
    world.report(&amd64.digest, &["passed"], 2, Some(2));
    world.report_for(&after.digest, Architecture::Arm64, &["passed"], 2, Some(2));
    assert_eq!(world.moved(&second, &release()).len(), 5);
    assert_eq!(world.moved(&first, &release()), Vec::<String>::new());
}

#[test]
fn an_index_without_annotations_is_what_its_first_image_is() {
    let world = World::new(Profile::plain());
    let index = |version, created, what| {
        let member = world.image(version, created, what, Architecture::Amd64);
        world.index(vec![member], "", "")
    };
    let newer = index("10.11", NEW, "a");
    world.moved(&newer, &release());
    let older = index("10.10", NEW, "b");
    assert_eq!(world.moved(&older, &release()), ["10.10-1", "10.10"]);
}

#[test]
fn somebody_who_moves_a_tag_between_reading_and_writing_is_not_run_over() {
    for profile in profiles() {
        let name = profile.name;
        let world = World::new(profile);
        let (old, newer) = (world.one("10.9", OLD, "a"), world.one("10.11", NEW, "b"));
        let mine = world.one("10.10", OLD, "c");
        world.moved(&old, &release());
        // When this job has written its version, another one is through with all of its own.
        let path = format!("/v2/{PATH}/manifests/10.10");
        for tag in ["10.11-1", "10.11", "sid", "develop", "latest"] {
            world.meanwhile(tag, &newer, When::on("PUT", &path));
        }
        let (applied, told) = world.job(&mine, &release());
        let applied = applied.unwrap();
        let moved: Vec<_> = applied.moves.iter().map(|one| one.tag.as_str()).collect();
        assert_eq!(moved, ["10.10-1", "10.10"], "{name}");
        assert_eq!(applied.surprises.len(), 1, "{name}");
        let text = format!("somebody else put `sid` to {newer}");
        assert!(told.iter().any(|line| line.contains(&text)), "{name}: {told:?}");
        assert_eq!(world.at(&newer), ["10.11", "10.11-1", "develop", "latest", "sid"], "{name}");
    }
}

#[test]
fn a_write_that_hit_an_unseen_newer_one_is_made_good() {
    let world = World::new(Profile::plain());
    let (newer, mine) = (world.one("10.11", NEW, "b"), world.one("10.10", OLD, "c"));
    // After the last look at it, just before the write: the other job's number is there, its `latest` is overwritten.
    let look = When::on("HEAD", &format!("/v2/{PATH}/manifests/latest")).nth(2);
    world.meanwhile("10.11-1", &newer, look.clone());
    world.meanwhile("latest", &newer, look);
    let (applied, _) = world.job(&mine, &release());
    let applied = applied.unwrap();
    assert_eq!(world.at(&newer), ["10.11-1", "develop", "latest", "sid"]);
    assert!(applied.moves.iter().any(|one| one.to == newer && one.why.to_string().contains("`10.11-1`")));
}

#[test]
fn a_number_that_is_taken_meanwhile_is_left_to_its_image() {
    let world = World::new(Profile::plain());
    let (other, mine) = (world.one("10.10", OLD, "a"), world.one("10.10", NEW, "b"));
    let when = When::on("GET", &format!("/v2/{PATH}/tags/list")).first(1);
    world.tag("10.9", world.one("10.9", OLD, "x"));
    world.meanwhile("10.10-1", &other, when);
    let moved = world.moved(&mine, &release());
    assert_eq!(moved[0], "10.10-2");
    assert_eq!(world.at(&other), ["10.10-1"]);
}

#[test]
fn immutable_tags_are_no_failure_and_a_taken_number_is_found_by_its_refusal() {
    let world = World::new(Profile::docker_hub().immutable("*-*"));
    let (other, mine) = (world.one("10.10", OLD, "a"), world.one("10.10", NEW, "b"));
    // Between the last look and the write: the refusal is how this job learns of it.
    let look = When::on("HEAD", &format!("/v2/{PATH}/manifests/10.10-1")).first(1);
    world.meanwhile("10.10-1", &other, look);
    let moved = world.moved(&mine, &release());
    assert_eq!(moved[0], "10.10-2");
    assert_eq!(world.at(&other), ["10.10-1"]);
    // The same digest once more: nothing is written, so nothing is refused.
    world.fake.forget();
    assert_eq!(world.moved(&mine, &release()), Vec::<String>::new());
    assert_eq!(world.writes("10.10-2"), 0);
    // The same job in between: the refusal is of its own digest.
    let third = world.one("10.10", "2026-11-21T00:00:00Z", "c");
    world.meanwhile("10.10-3", &third, When::on("HEAD", &format!("/v2/{PATH}/manifests/10.10-3")).first(1));
    assert_eq!(world.moved(&third, &release()), ["10.10", "sid", "develop", "latest"]);
    assert_eq!(world.writes("10.10-3"), 1);
}

#[test]
fn a_tag_that_a_rule_keeps_is_said_and_the_others_move() {
    let world = World::new(Profile::docker_hub().immutable("sid"));
    let (old, mine) = (world.one("10.9", OLD, "a"), world.one("10.10", OLD, "b"));
    world.tag("sid", old);
    let (applied, told) = world.job(&mine, &release());
    let applied = applied.unwrap();
    assert_eq!(
        applied.fixed.into_iter().map(|(tag, at)| (tag.to_string(), at)).collect::<Vec<_>>(),
        [("sid".to_owned(), Some(old))]
    );
    assert_eq!(world.at(&mine), ["10.10", "10.10-1", "develop", "latest"]);
    assert_eq!(told.iter().filter(|line| line.contains("immutable")).count(), 1, "{told:?}");
    assert_eq!(world.writes("sid"), 1);
}

#[test]
fn a_job_that_was_killed_anywhere_is_completed_by_the_next() {
    let whole = {
        let world = World::new(Profile::distribution2());
        let image = world.one("10.10", OLD, "a");
        world.moved(&image, &release());
        world.tags()
    };
    for cut in 1..=5 {
        let world = World::new(Profile::distribution2());
        let image = world.one("10.10", OLD, "a");
        world.fake.inject(Fault::Status(403), When::on("PUT", &format!("/v2/{PATH}/manifests/*")).from(cut));
        let (applied, _) = world.job(&image, &release());
        assert!(matches!(applied, Err(PublishError::Registry(_))), "{cut}");
        assert_eq!(world.tags().len() as u64, cut - 1);
        world.fake.behave();
        // By the job of a newer image, as by its own retry.
        if cut % 2 == 0 {
            world.moved(&image, &release());
            assert_eq!(world.tags(), whole, "{cut}");
        } else {
            let next = world.one("10.11", NEW, "b");
            world.moved(&next, &release());
            assert_eq!(world.tags()["latest"], next.to_string(), "{cut}");
        }
    }
}

#[test]
fn another_job_that_was_cut_off_is_completed_too() {
    let world = World::new(Profile::gitlab());
    let (newer, mine) = (world.one("10.11", NEW, "a"), world.one("10.10", OLD, "b"));
    world.tag("10.11-1", newer);
    world.moved(&mine, &release());
    assert_eq!(world.at(&mine), ["10.10", "10.10-1"]);
    assert_eq!(world.at(&newer), ["10.11-1", "develop", "latest", "sid"]);
}

#[test]
fn who_never_comes_to_an_end_is_told_what_is_contested() {
    let world = World::new(Profile::plain());
    let (old, mine) = (world.one("10.9", OLD, "a"), world.one("10.10", OLD, "b"));
    world.tag("latest", old);
    world.meanwhile("latest", &old, When::on("PUT", &format!("/v2/{PATH}/manifests/latest")));
    let (applied, told) = world.job(&mine, &release());
    let error = applied.unwrap_err();
    assert!(matches!(&error, PublishError::Contested { tags, rounds: 6 } if tags.len() == 1), "{error}");
    assert!(error.to_string().contains("`latest`") && error.should_retry(), "{error}");
    assert_eq!(world.writes("latest"), 6);
    assert!(told.iter().any(|line| line.contains("somebody else put `latest`")), "{told:?}");
}

#[test]
fn a_downgrade_lasts_and_its_reason_is_kept() {
    for profile in profiles() {
        let name = profile.name;
        let world = World::new(profile);
        let (good, broken) = (world.one("10.9", OLD, "a"), world.one("10.10", OLD, "b"));
        world.moved(&good, &release());
        world.moved(&broken, &release());
        assert_eq!(world.moved(&good, &downgrade("plots are broken")), ["sid", "latest"], "{name}");
        // The retries of both jobs, and the next repair of the old version, leave it.
        assert_eq!(world.moved(&broken, &release()), Vec::<String>::new(), "{name}");
        let (applied, _) = world.job(&broken, &release());
        let stays = applied.unwrap().decision.stays;
        assert!(stays.iter().any(|stay| stay.why.to_string().contains("plots are broken")), "{name}: {stays:?}");
        assert_eq!(world.at(&good), ["10.9", "10.9-1", "latest", "sid"], "{name}");
        // What is newer than the broken one moves on.
        let mended = world.one("10.10", NEW, "c");
        world.moved(&mended, &release());
        assert_eq!(world.at(&mended), ["10.10", "10.10-2", "develop", "latest", "sid"], "{name}");
    }
}

#[test]
fn the_reason_is_there_before_the_tag_moves() {
    let world = World::new(Profile::plain());
    let (good, broken) = (world.one("10.9", OLD, "a"), world.one("10.10", OLD, "b"));
    world.moved(&good, &release());
    world.moved(&broken, &release());
    world.fake.inject(Fault::Status(403), When::on("PUT", &format!("/v2/{PATH}/manifests/sid")));
    let (applied, _) = world.job(&good, &downgrade("plots"));
    applied.unwrap_err();
    assert_eq!(world.registry.referrers(&good, sage_oci_publish::OVERRIDE).unwrap().len(), 1);
    world.fake.behave();
    // As long as the tag is where it was, the note counts for nothing.
    assert_eq!(world.moved(&broken, &release()), Vec::<String>::new());
    assert_eq!(world.at(&broken), ["10.10", "10.10-1", "develop", "latest", "sid"]);
}

#[test]
fn a_note_that_cannot_be_read_is_said() {
    let world = World::new(Profile::plain());
    let image = world.one("10.10", OLD, "a");
    world.moved(&image, &release());
    let artifact = sage_oci_registry::Artifact {
        kind: sage_oci_publish::OVERRIDE.to_owned(),
        media_type: "application/json".to_owned().into(),
        bytes: br#"{"format":2,"kept":{}}"#.to_vec(),
        annotations: Default::default(),
    };
    world.registry.attach(&world.candidate(&image).descriptor(), &artifact).unwrap();
    let (applied, told) = world.job(&image, &release());
    assert!(applied.unwrap().moves.is_empty());
    assert!(told.iter().any(|line| line.contains("it has format 2; this program knows 1")), "{told:?}");
}

#[test]
fn a_branch_has_one_tag_which_follows_its_commits() {
    let world = World::new(Profile::gitlab());
    let policy = Policy::new(Purpose::Branch("fix-maxima".to_owned()), Vec::new());
    let (early, late) = (world.one("10.10", OLD, "a"), world.one("10.9", OLD, "b"));
    world.report(&early, &["passed"], 9, Some(1));
    world.report(&late, &["passed"], 1, Some(2));
    assert_eq!(world.moved(&early, &policy), ["fix-maxima"]);
    assert_eq!(world.moved(&late, &policy), ["fix-maxima"]);
    assert_eq!(world.moved(&early, &policy), Vec::<String>::new());
}

#[test]
fn what_is_somebody_elses_stays() {
    let world = World::new(Profile::plain());
    let foreign = br#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;
    world.fake.put_manifest(PATH, "latest", "application/vnd.oci.image.index.v1+json", foreign);
    let image = world.one("10.10", OLD, "a");
    let moved = world.moved(&image, &release());
    assert_eq!(moved, ["10.10-1", "10.10", "sid", "develop"]);
}

#[test]
fn each_digest_is_read_once_and_tags_cost_no_pull() {
    let world = World::new(Profile::docker_hub());
    let (old, new) = (world.one("10.9", OLD, "a"), world.one("10.10", NEW, "b"));
    world.moved(&old, &release());
    let candidate = world.candidate(&new);
    let facts = candidate.facts(None).unwrap();
    world.fake.forget();
    sage_oci_publish::apply(&world.registry, &candidate, &facts, &release(), 6, &mut |_: &Event<'_>| {}).unwrap();
    let gets =
        |path: String| world.fake.requests().iter().filter(|seen| seen.method == "GET" && seen.path == path).count();
    assert_eq!(gets(format!("/v2/{PATH}/manifests/{old}")), 1);
    assert_eq!(gets(format!("/v2/{PATH}/manifests/{new}")), 1);
    assert_eq!(gets(format!("/v2/{PATH}/manifests/latest")), 0);
}

#[test]
fn a_registry_that_names_a_wrong_digest_is_not_believed() {
    let world = World::new(Profile::plain());
    let (newer, mine) = (world.one("10.11", NEW, "a"), world.one("10.10", OLD, "b"));
    world.moved(&newer, &release());
    world.fake.inject(Fault::WrongDigest, When::on("HEAD", &format!("/v2/{PATH}/manifests/latest")));
    assert_eq!(world.moved(&mine, &release()), ["10.10-1", "10.10"]);
    assert_eq!(world.tags()["latest"], newer.to_string());
}
