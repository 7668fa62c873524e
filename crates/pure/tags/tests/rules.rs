//! Each rule by an example.

use sage_oci_names::{BlobDigest, ChannelName, Sha256};
use sage_oci_tags::{
    Facts, Held, Holder, ImageVersion, Kept, MoveReason, Override, Policy, Purpose, StayReason, Tag, decide, needed,
    verify,
};

fn tag(text: &str) -> Tag {
    Tag::parse(text).unwrap()
}

fn digest(of: u8) -> BlobDigest {
    BlobDigest::new(Sha256::new([of; 32]))
}

/// An image of sid whose digest is `of`; its date is a number of days.
fn image(of: u8, version: &str, days: i64) -> Facts {
    Facts {
        digest: digest(of),
        version: ImageVersion::parse(version).unwrap(),
        channel: ChannelName::parse("sid").unwrap(),
        created: days * 86400,
        revised: None,
        own: None,
    }
}

fn bookworm(of: u8, version: &str, days: i64) -> Facts {
    Facts { channel: ChannelName::parse("bookworm").unwrap(), ..image(of, version, days) }
}

fn sid(purpose: Purpose) -> Policy {
    Policy::new(purpose, vec![tag("latest"), tag("sid")])
}

/// A registry whose tags are at these images.
fn held(tags: &[(&str, &Facts)]) -> Held {
    let tags = tags.iter().map(|(name, facts)| (tag(name), Holder::Ours((*facts).clone()))).collect();
    Held { tags, kept: Vec::new() }
}

fn overruled(mut policy: Policy, reason: &str) -> Policy {
    policy.overrule = Some(Override::new(reason).unwrap());
    policy
}

/// The moves as `tag digest's first byte`.
fn moves(held: &Held, image: &Facts, policy: &Policy) -> String {
    let decision = decide(held, image, policy);
    let said = |one: &sage_oci_tags::Move| format!("{}={}", one.tag, one.to.sha256().as_bytes()[0]);
    decision.moves.iter().map(said).collect::<Vec<_>>().join(" ")
}

fn stay(held: &Held, image: &Facts, policy: &Policy, name: &str) -> StayReason {
    let decision = decide(held, image, policy);
    decision.stays.into_iter().find(|stay| stay.tag == tag(name)).unwrap().why
}

/// What a release writes into an empty repository.
const ALL: &str = "10.10-1=1 10.10=1 sid=1 develop=1 latest=1";

#[test]
fn a_release_moves_all_and_latest_last() {
    let first = image(1, "10.10", 1);
    assert_eq!(moves(&Held::default(), &first, &sid(Purpose::Release)), ALL);
    let all = held(&[("10.10-1", &first), ("10.10", &first), ("sid", &first), ("develop", &first), ("latest", &first)]);
    let again = decide(&all, &first, &sid(Purpose::Release));
    assert_eq!((again.moves.len(), again.stays.len(), again.remarks.len()), (0, 5, 0));
    assert!(again.stays.iter().all(|stay| stay.why == StayReason::There), "{again:?}");
    let repaired = image(2, "10.10", 2);
    assert_eq!(moves(&all, &repaired, &sid(Purpose::Release)), "10.10-2=2 10.10=2 sid=2 develop=2 latest=2");
    let next = image(3, "10.11", 3);
    assert_eq!(moves(&all, &next, &sid(Purpose::Release)), "10.11-1=3 10.11=3 sid=3 develop=3 latest=3");
}

#[test]
fn a_retry_of_an_old_job_moves_nothing() {
    let (old, new) = (image(1, "10.10", 1), image(2, "10.11", 2));
    let now =
        [("10.10-1", &old), ("10.10", &old), ("10.11-1", &new), ("10.11", &new), ("sid", &new), ("develop", &new)];
    let mut now = held(&now);
    now.tags.insert(tag("latest"), Holder::Ours(new.clone()));
    assert_eq!(moves(&now, &old, &sid(Purpose::Release)), "");
    let newer = StayReason::HolderNewer { holder: new };
    assert_eq!(stay(&now, &old, &sid(Purpose::Release), "latest"), newer);
    // A repair of the old version moves its own name only.
    assert_eq!(moves(&now, &image(3, "10.10", 5), &sid(Purpose::Release)), "10.10-2=3 10.10=3");
}

#[test]
fn a_pre_release_is_no_latest() {
    let (release, beta) = (image(1, "10.10", 1), image(2, "10.11.beta4", 2));
    let now = held(&[("10.10-1", &release), ("sid", &release), ("latest", &release), ("develop", &release)]);
    for purpose in [Purpose::PreRelease, Purpose::Release] {
        assert_eq!(moves(&now, &beta, &sid(purpose.clone())), "10.11.beta4-1=2 10.11.beta4=2 develop=2");
        assert_eq!(stay(&now, &beta, &sid(purpose), "latest"), StayReason::PreRelease);
    }
    // What is asked for is a pre-release and the archive has the release still.
    let repaired = image(3, "10.10", 3);
    assert_eq!(moves(&now, &repaired, &sid(Purpose::PreRelease)), "develop=3");
    assert_eq!(stay(&now, &repaired, &sid(Purpose::PreRelease), "10.10"), StayReason::AskedForPreRelease);
    assert_eq!(moves(&now, &repaired, &sid(Purpose::Develop)), "develop=3");
}

#[test]
fn another_channel_moves_its_own() {
    let (new, old) = (image(1, "10.10", 1), bookworm(2, "9.5", 9));
    let policy = Policy::new(Purpose::Release, vec![tag("bookworm")]);
    let now = held(&[("10.10-1", &new), ("10.10", &new), ("sid", &new), ("latest", &new), ("develop", &new)]);
    assert_eq!(moves(&now, &old, &policy), "9.5-1=2 9.5=2 bookworm=2");
}

#[test]
fn numbers_count_and_are_given_once() {
    let (first, second, third) = (image(1, "10.10", 1), image(2, "10.10", 2), image(3, "10.10", 3));
    let number =
        |held: &Held, image: &Facts| moves(held, image, &sid(Purpose::Release)).split(' ').next().unwrap().to_owned();
    assert_eq!(number(&held(&[("10.10-1", &first), ("10.10-2", &second)]), &third), "10.10-3=3");
    // A newer one was counted.
    let skipped = held(&[("10.10-1", &first), ("10.10-2", &third)]);
    let why = StayReason::OlderThanNumbered { number: tag("10.10-2") };
    assert_eq!(stay(&skipped, &second, &sid(Purpose::Release), "10.10-3"), why);
    let told = decide(&skipped, &second, &overruled(sid(Purpose::Release), "security"));
    assert_eq!((&told.moves[0].tag, &told.moves[0].kept.as_ref().unwrap().reason[..]), (&tag("10.10-3"), "security"));
    // Gaps, zeros, dates and strangers are said and never given again.
    let odd = [("10.10-4", &first), ("10.10-06", &first), ("10.10-0", &first), ("10.10-20261128", &first)];
    let mut odd = held(&odd);
    odd.tags.insert(tag("10.10-9"), Holder::Foreign { digest: digest(9), why: "no annotation".to_owned() });
    let decision = decide(&odd, &second, &sid(Purpose::Release));
    assert_eq!(decision.moves[0].tag, tag("10.10-10"));
    assert_eq!(
        decision.remarks,
        [
            "`10.10-0` is no number that is counted here",
            "`10.10-06` is not written as numbers are here; it is left alone and its number not given again",
            "`10.10-20261128` is no number that is counted here",
            "`10.10-9` is at somebody else's image (no annotation)",
            "`10.10-1` is not there although `10.10-9` is; numbers are not given again",
        ]
    );
    let full = held(&[("10.10-9999", &first)]);
    assert_eq!(stay(&full, &second, &sid(Purpose::Release), "10.10-10000"), StayReason::NoNumberLeft);
}

#[test]
fn a_tag_at_another_version_is_said() {
    let (old, new, own) = (image(1, "10.9", 1), image(2, "10.11", 3), image(3, "10.10", 2));
    for (holder, forward) in [(&old, true), (&new, false)] {
        let now = held(&[("10.10", holder)]);
        let decision = decide(&now, &own, &sid(Purpose::Release));
        assert_eq!(decision.moves.iter().any(|one| one.tag == tag("10.10")), forward);
        assert_eq!(decision.remarks, [format!("`10.10` is at an image of version {}", holder.version)]);
    }
    // A number at another version's image is no reason to follow it.
    let now = held(&[("10.12-1", &own), ("latest", &old)]);
    assert!(moves(&now, &own, &sid(Purpose::Release)).ends_with("latest=3"));
    let beta = image(4, "10.12.beta1", 4);
    let decision = decide(&held(&[("latest", &beta)]), &own, &sid(Purpose::Release));
    assert_eq!(decision.remarks, ["`latest` is at a pre-release, 10.12.beta1 of sid, 1970-01-05T00:00:00Z"]);
}

#[test]
fn what_cannot_be_ordered_stays_but_in_an_engine() {
    let (first, again) = (image(1, "10.10", 1), image(2, "10.10", 1));
    let now = held(&[("10.10-1", &first), ("10.10", &first), ("latest", &first), ("sid", &first), ("develop", &first)]);
    assert_eq!(moves(&now, &again, &sid(Purpose::Release)), "10.10-2=2");
    assert_eq!(stay(&now, &again, &sid(Purpose::Release), "latest"), StayReason::Unknown);
    let revised = |facts: &Facts, at| Facts { revised: Some(at), ..facts.clone() };
    let known = held(&[("latest", &revised(&first, 5))]);
    assert_eq!(stay(&known, &revised(&again, 5), &sid(Purpose::Release), "latest"), StayReason::Equal);
    assert!(moves(&known, &revised(&again, 6), &sid(Purpose::Release)).contains("latest=2"));

    let engine = Policy::local(vec![tag("latest"), tag("sid")]);
    assert_eq!(moves(&now, &again, &engine), "10.10=2 sid=2 latest=2");
    assert_eq!(moves(&now, &image(3, "10.10", 0), &engine), "", "an older one");
    assert_eq!(moves(&Held::default(), &image(3, "10.11.beta1", 0), &engine), "10.11.beta1=3 sid=3 latest=3");
}

#[test]
fn somebody_else_s_image_is_not_replaced_unless_told() {
    let own = image(1, "10.10", 1);
    let foreign = Holder::Foreign { digest: digest(9), why: "the image has no annotation".to_owned() };
    let now = Held { tags: [(tag("latest"), foreign)].into(), kept: Vec::new() };
    let why = StayReason::Foreign { why: "the image has no annotation".to_owned() };
    assert_eq!(stay(&now, &own, &sid(Purpose::Release), "latest"), why);
    let told = decide(&now, &own, &overruled(sid(Purpose::Release), "ours since today"));
    let last = told.moves.last().unwrap();
    assert_eq!((&last.tag, last.from), (&tag("latest"), Some(digest(9))));
    assert!(matches!(&last.why, MoveReason::Overruled { rule, .. } if *rule == why));
}

#[test]
fn a_downgrade_lasts() {
    let (good, broken, mended) = (image(1, "10.10", 1), image(2, "10.11", 2), image(3, "10.11", 3));
    let numbers =
        [("10.10-1", &good), ("10.11-1", &broken), ("10.11", &broken), ("sid", &broken), ("develop", &broken)];
    let mut now = held(&numbers);
    now.tags.insert(tag("latest"), Holder::Ours(broken.clone()));
    let mut back = sid(Purpose::Release);
    back.overrule = Some(Override::new(" notebook broken ").unwrap().only([tag("latest")]));
    let told = decide(&now, &good, &back);
    let [.., last] = &told.moves[..] else { panic!("{told:?}") };
    let kept =
        Kept { tag: tag("latest"), from: Some(broken.clone()), to: digest(1), reason: "notebook broken".to_owned() };
    assert_eq!(last.kept, Some(kept.clone()));
    assert!(told.moves.iter().all(|one| one.tag == tag("latest") || one.kept.is_none()));

    now.tags.insert(tag("latest"), Holder::Ours(good.clone()));
    assert!(decide(&now, &broken, &sid(Purpose::Release)).moves.iter().any(|one| one.tag == tag("latest")), "not kept");
    now.kept.push(kept.clone());
    for image in [&good, &broken] {
        let decision = decide(&now, image, &sid(Purpose::Release));
        assert!(decision.moves.iter().all(|one| one.tag != tag("latest")), "{decision:?}");
    }
    assert_eq!(decide(&now, &good, &back).moves.iter().filter(|one| one.tag == tag("latest")).count(), 0);
    let why = StayReason::PutBack { reason: "notebook broken".to_owned() };
    assert_eq!(stay(&now, &broken, &sid(Purpose::Release), "latest"), why);
    assert!(moves(&now, &mended, &sid(Purpose::Release)).ends_with("latest=3"));
    // Put back once more, it is still the first that has to be passed.
    let oldest = image(7, "10.9", 0);
    let again = decide(&now, &oldest, &overruled(sid(Purpose::Release), "worse"));
    assert_eq!(again.moves.last().unwrap().kept.as_ref().unwrap().from, Some(broken.clone()));
    // Once the tag has gone on, what was kept does not count.
    now.tags.insert(tag("latest"), Holder::Ours(mended));
    assert_eq!(moves(&now, &image(4, "10.12", 4), &sid(Purpose::Release)).split(' ').count(), 5);
}

#[test]
fn a_cut_off_job_is_completed_by_the_next() {
    let (old, new, repaired) = (image(1, "10.10", 1), image(2, "10.11", 2), image(3, "10.10", 3));
    let now = held(&[
        ("10.10-1", &old),
        ("10.10", &old),
        ("sid", &old),
        ("latest", &old),
        ("develop", &old),
        ("10.11-1", &new),
    ]);
    let decision = decide(&now, &repaired, &sid(Purpose::Release));
    assert_eq!(moves(&now, &repaired, &sid(Purpose::Release)), "10.10-2=3 10.10=3 sid=2 develop=2 latest=2");
    assert!(matches!(&decision.moves[4].why, MoveReason::Completes { number, .. } if *number == tag("10.11-1")));
    // But not for an image of another channel, nor for a pre-release.
    for other in [bookworm(2, "10.11", 2), image(2, "10.11.rc1", 2)] {
        let mut now = now.clone();
        now.tags.remove(&tag("10.11-1"));
        now.tags.insert(tag(&format!("{}-1", other.version)), Holder::Ours(other));
        assert!(moves(&now, &repaired, &sid(Purpose::Release)).ends_with("sid=3 develop=2 latest=3"));
    }
}

#[test]
fn a_branch_has_one_tag() {
    let policy = Policy::new(Purpose::Branch("fix/x".to_owned()), vec![tag("latest"), tag("sid")]);
    let at = |of, revised| Facts { revised, ..image(of, "10.10", 1) };
    assert_eq!(moves(&Held::default(), &at(1, Some(5)), &policy), "fix-x-75f5c71c=1");
    let now = held(&[("fix-x-75f5c71c", &at(1, Some(5)))]);
    for (next, moves) in
        [(at(2, Some(6)), 1), (at(2, Some(5)), 1), (at(2, None), 1), (at(2, Some(4)), 0), (at(1, Some(9)), 0)]
    {
        let decision = decide(&now, &next, &policy);
        assert_eq!(decision.moves.len(), moves, "{next:?}");
        assert!(decision.moves.iter().all(|one| one.from == Some(digest(1))));
    }
    assert_eq!(stay(&now, &at(2, Some(4)), &policy, "fix-x-75f5c71c"), StayReason::LaterCommit);
    assert_eq!(moves(&now, &at(2, Some(4)), &overruled(policy, "bisecting")), "fix-x-75f5c71c=2");
    let sid = Policy::new(Purpose::Branch("sid".to_owned()), vec![tag("sid")]);
    assert_eq!(moves(&Held::default(), &at(1, None), &sid), "branch-sid=1");
}

/// An image of a revision, whose tag it says itself.
fn revision(of: u8, own: &str, revised: Option<i64>) -> Facts {
    Facts { own: Some(tag(own)), revised, ..image(of, "11.0.beta4", 1) }
}

#[test]
fn an_image_of_a_revision_has_its_own_tag_and_no_other() {
    let policy = sid(Purpose::Revision { branch: None });
    for own in ["my-branch", "pull-42414", "branch-10.10", "branch-latest", "11.0.beta4", "11.0.beta4-3-g0123456789"] {
        let first = revision(1, own, Some(5));
        assert_eq!(moves(&Held::default(), &first, &policy), format!("{own}=1"));
        assert_eq!(needed(["latest", "sid", own], &first, &policy), [tag(own)].into());
        let now = held(&[(own, &first)]);
        assert_eq!(moves(&now, &first, &policy), "");
        assert_eq!(moves(&now, &revision(2, own, Some(6)), &policy), format!("{own}=2"));
        assert_eq!(stay(&now, &revision(2, own, Some(4)), &policy, own), StayReason::LaterCommit);
    }
    for own in ["latest", "LATEST", "develop", "sid", "10.10", "10.10-1", "11.0.beta4-1", "11.0.beta5", "branch-"] {
        let image = revision(1, own, None);
        assert_eq!(stay(&Held::default(), &image, &policy, own), StayReason::Reserved, "{own}");
        assert_eq!(moves(&Held::default(), &image, &policy), "", "{own}");
    }
}

#[test]
fn an_image_of_a_revision_is_nothing_else() {
    let own = revision(1, "my-branch", None);
    let purposes = [
        Purpose::Release,
        Purpose::PreRelease,
        Purpose::Develop,
        Purpose::Branch("my-branch".to_owned()),
        Purpose::Local,
    ];
    for purpose in purposes {
        assert_eq!(moves(&Held::default(), &own, &sid(purpose.clone())), "", "{purpose:?}");
        assert_eq!(stay(&Held::default(), &own, &sid(purpose), "my-branch"), StayReason::OfRevision);
    }
    let packaged = decide(&Held::default(), &image(1, "10.10", 1), &sid(Purpose::Revision { branch: None }));
    assert_eq!((packaged.moves.len(), packaged.remarks.len()), (0, 1));
}

#[test]
fn a_branch_that_is_not_protected_moves_its_own_tag_alone() {
    let of = |branch: &str| sid(Purpose::Revision { branch: Some(branch.to_owned()) });
    let own = revision(1, "u-me-36363-d1ba75ab", None);
    assert_eq!(moves(&Held::default(), &own, &of("u/me/36363")), "u-me-36363-d1ba75ab=1");
    let other = StayReason::OtherBranch { branch: "x".to_owned() };
    assert_eq!(stay(&Held::default(), &own, &of("x"), "u-me-36363-d1ba75ab"), other);
    let beta = revision(1, "11.0.beta4", None);
    assert!(moves(&Held::default(), &beta, &of("11.0.beta4")).is_empty());
}

#[test]
fn packaged_images_and_those_of_revisions_do_not_take_branches_from_each_other() {
    let (packaged, own) = (image(1, "10.10", 1), revision(2, "x", None));
    let (of_branch, of_revision) = (sid(Purpose::Branch("x".to_owned())), sid(Purpose::Revision { branch: None }));
    let why = StayReason::OtherKind { holder: own.clone() };
    assert_eq!(stay(&held(&[("x", &own)]), &packaged, &of_branch, "x"), why);
    let why = StayReason::OtherKind { holder: packaged.clone() };
    assert_eq!(stay(&held(&[("x", &packaged)]), &own, &of_revision, "x"), why);
}

#[test]
fn a_packaged_release_takes_over_its_version() {
    let (beta, packaged) = (revision(1, "11.0.beta4", Some(9)), image(2, "11.0.beta4", 0));
    let policy = sid(Purpose::PreRelease);
    let now = held(&[("11.0.beta4", &beta)]);
    assert_eq!(moves(&now, &packaged, &policy), "11.0.beta4-1=2 11.0.beta4=2 develop=2");
    let decision = decide(&now, &packaged, &policy);
    let version = decision.moves.iter().find(|one| one.tag == tag("11.0.beta4")).unwrap();
    assert_eq!(version.why, MoveReason::Packaged { than: beta.clone() });
    let back = decide(&held(&[("11.0.beta4", &packaged)]), &beta, &sid(Purpose::Revision { branch: None }));
    assert!(back.moves.is_empty(), "{back:?}");
}

#[test]
fn what_has_to_be_read() {
    let listed = [
        "10.9-1",
        "10.10-1",
        "10.10-2",
        "10.10-03",
        "10.11-1",
        "10.11-2",
        "10.11-10",
        "10.11-011",
        "10.11",
        "10.10",
        "latest",
        "sid",
        "bookworm",
        "develop",
        "fix-maxima",
        "not/a/tag",
    ];
    let own = image(1, "10.10", 1);
    let names =
        |policy: &Policy| needed(listed, &own, policy).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    assert_eq!(names(&sid(Purpose::Release)), "10.10 10.10-03 10.10-1 10.10-2 10.11-10 develop latest sid");
    assert_eq!(names(&Policy::local(vec![tag("sid")])), "10.10 sid");
    assert_eq!(names(&Policy::new(Purpose::Branch("fix-maxima".to_owned()), Vec::new())), "fix-maxima");
    assert_eq!(names(&Policy::new(Purpose::Branch("other".to_owned()), Vec::new())), "");
}

#[test]
fn a_surprise_is_said() {
    let (own, other) = (image(1, "10.10", 1), image(2, "10.11", 2));
    let decision = decide(&Held::default(), &own, &sid(Purpose::Release));
    let mut after = held(&[("10.10-1", &own), ("10.10", &own), ("develop", &own), ("latest", &other)]);
    let said: Vec<String> = verify(&after, &decision).iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            format!("`sid` is not there; {} was expected", digest(1)),
            format!("somebody else put `latest` to {}; {} was expected", digest(2), digest(1)),
        ]
    );
    after = held(&[("10.10-1", &own), ("10.10", &own), ("develop", &own), ("latest", &own), ("sid", &own)]);
    assert_eq!(verify(&after, &decision), []);
    // What was left where it is may move, too.
    let left = decide(&after, &own, &sid(Purpose::Release));
    after.tags.insert(tag("latest"), Holder::Ours(other));
    assert_eq!(verify(&after, &left).len(), 1);
}

#[test]
fn a_decision_is_json() {
    let decision = decide(&Held::default(), &image(1, "10.10", 1), &sid(Purpose::Develop));
    let json = serde_json::to_value(decision).unwrap();
    let to = digest(1).to_string();
    let moved = serde_json::json!({"tag": "develop", "from": null, "to": to, "why": "the tag is new"});
    assert_eq!(json, serde_json::json!({"moves": [moved], "stays": [], "remarks": []}));
}
