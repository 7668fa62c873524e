//! Images of a chosen revision of the source: what a service calls a commit, who may push, which tag, and what people read of it.

use proptest::prelude::*;
use sage_oci_names::{Architecture, BlobDigest, ChannelName, ImageName, Sha256};
use sage_oci_pipeline::{
    Config, Doctested, Example, Has, Kind, OfRevision, Outcome, Plan, Service, Surroundings, examples, plan,
    status_line, summary,
};
use sage_oci_tags::{Purpose, Tag, branch_tag};
use std::collections::{BTreeMap, BTreeSet};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

fn config() -> Config {
    Config::parse("nix/ci.toml", include_str!("ci.toml")).unwrap()
}

fn has(revision: Option<&str>) -> Has {
    Has {
        credentials: true,
        repository: None,
        images: vec![ImageName::parse("sagemath").unwrap()],
        channels: vec![ChannelName::parse("sid").unwrap()],
        architectures: vec![Architecture::Amd64],
        revision: revision.map(str::to_owned),
    }
}

fn surroundings(example: &Example) -> Surroundings {
    let surroundings = Surroundings::of(&example.environment).unwrap();
    match example.event {
        Some(event) => surroundings.with_event(event).unwrap(),
        None => surroundings,
    }
}

fn planned(example: &Example, revision: &str) -> Plan {
    plan(&surroundings(example), &config(), &has(Some(revision))).unwrap()
}

fn example(service: Service, name: &str, changes: &[(&str, &str)]) -> Example {
    let mut example = examples().into_iter().find(|one| one.service == service && one.name == name).unwrap();
    example.environment.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    example
}

fn called(example: &Example) -> Option<String> {
    surroundings(example).called().map(|called| {
        assert_eq!(called.commit, COMMIT);
        called.name
    })
}

#[test]
fn what_a_service_calls_a_commit() {
    use Service::{CircleCi, GitHub, GitLab, Home};
    for (service, name, wanted) in [
        (GitHub, "protected branch", Some("main")),
        (GitHub, "branch", Some("fix/maxima")),
        (GitHub, "pull request", Some("pull-8")),
        (GitHub, "pull request from a fork", Some("pull-7")),
        // The job's commit is the branch's that is merged into, and not the pull request's.
        (GitHub, "the same, `pull_request_target`", None),
        (GitHub, "protected tag", None),
        (GitLab, "branch", Some("fix/maxima")),
        (GitLab, "merge request", Some("merge-request-8")),
        (GitLab, "merge request from a fork", Some("merge-request-7")),
        (GitLab, "protected tag", None),
        (CircleCi, "branch with a pull request", Some("fix/maxima")),
        (CircleCi, "pull request from a fork", Some("pull-7")),
        (Home, "a person", None),
    ] {
        assert_eq!(called(&example(service, name, &[])).as_deref(), wanted, "{service:?} {name}");
    }
    // The name of a pull request's branch is its author's: it is not looked at.
    let hostile = [("GITHUB_HEAD_REF", "latest")];
    assert_eq!(called(&example(GitHub, "pull request from a fork", &hostile)).as_deref(), Some("pull-7"));
    let external = [
        ("CI_PIPELINE_SOURCE", "external_pull_request_event"),
        ("CI_EXTERNAL_PULL_REQUEST_IID", "4"),
        ("CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY", "a/b"),
        ("CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY", "sagemath/sage-oci"),
    ];
    assert_eq!(called(&example(GitLab, "branch", &external)).as_deref(), Some("pull-4"));
}

#[test]
fn branches_of_any_name_have_tags_that_belong_to_nothing_else() {
    let reserved: BTreeSet<Tag> = ["sid", "bookworm"].map(|tag| Tag::parse(tag).unwrap()).into();
    let long = "x".repeat(250);
    for (name, wanted) in [
        ("my-branch", Some("my-branch")),
        ("latest", Some("branch-latest")),
        ("LATEST", Some("branch-LATEST")),
        ("develop", Some("branch-develop")),
        ("bookworm", Some("branch-bookworm")),
        ("10.10", Some("branch-10.10")),
        ("11.0.beta4", Some("branch-11.0.beta4")),
        ("10.10-1", Some("branch-10.10-1")),
        ("Mixed/Case", None),
        ("gröbner/basis", None),
        ("$(id)", None),
        ("a;b|c&d", None),
        ("<script>", None),
        (long.as_str(), None),
    ] {
        let full = format!("refs/heads/{name}");
        let found = called(&example(Service::GitHub, "branch", &[("GITHUB_REF", &full)])).unwrap();
        assert_eq!(found, name);
        let tag = branch_tag(&found, &reserved);
        assert!(Tag::parse(tag.as_str()).is_ok() && tag.as_str().len() <= 128, "{tag}");
        if let Some(wanted) = wanted {
            assert_eq!(tag.as_str(), wanted);
        }
    }
    // What git would not take is refused where the variable is read.
    for name in ["../../x", "a b", "-x", "a\u{1b}[2Jb", "x..y", ""] {
        let full = format!("refs/heads/{name}");
        let environment = example(Service::GitHub, "branch", &[("GITHUB_REF", &full)]).environment;
        assert!(Surroundings::of(&environment).unwrap_err().to_string().contains("`GITHUB_REF`"), "{name}");
        let environment = example(Service::GitLab, "branch", &[("CI_COMMIT_BRANCH", name)]).environment;
        assert!(Surroundings::of(&environment).unwrap_err().to_string().contains("`CI_COMMIT_BRANCH`"), "{name}");
    }
}

#[test]
fn who_may_give_which_tag() {
    let any = Some(Purpose::Revision { branch: None });
    let own = |name: &str| Some(Purpose::Revision { branch: Some(name.to_owned()) });
    for (name, kind, tags) in [
        ("protected branch", Kind::Develop, any.clone()),
        ("protected tag", Kind::Release, any.clone()),
        ("branch", Kind::Branch, own("fix/maxima")),
        ("branch that is not protected", Kind::Branch, own("main")),
        ("fork's branch", Kind::Fork, any.clone()),
        ("merge queue", Kind::Integration, None),
        ("pull request", Kind::PullRequest, None),
        ("pull request from a fork", Kind::PullRequestFromFork, None),
        ("the same, `pull_request_target`", Kind::PullRequestFromFork, None),
        ("tag of no meaning", Kind::OtherTag, None),
    ] {
        let plan = planned(&example(Service::GitHub, name, &[]), "11.0.beta4");
        assert_eq!((plan.kind, &plan.tags, plan.push.is_empty()), (kind, &tags, tags.is_none()), "{name}");
        assert_eq!(plan.revision.as_deref(), Some("11.0.beta4"));
    }
    let plan = planned(&example(Service::GitHub, "branch", &[]), ".");
    assert_eq!(serde_json::to_value(&plan.tags).unwrap(), serde_json::json!({"revision": {"branch": "fix/maxima"}}));
    assert_eq!(plan.lock.as_deref(), Some("sage-oci/ghcr.io/sagemath/branch/fix-maxima-2eccaa61"));
}

proptest! {
    /// One decider: a revision is pushed where, and only where, the packaged release would be, and never tagged as one.
    #[test]
    fn a_revision_is_pushed_where_a_release_would_be(at in 0..examples().len(), credentials in any::<bool>()) {
        let example = &examples()[at];
        let with = |revision| {
            let has = Has { credentials, ..has(revision) };
            plan(&surroundings(example), &config(), &has).unwrap()
        };
        let (packaged, revision) = (with(None), with(Some(".")));
        prop_assert_eq!(&packaged.push, &revision.push);
        prop_assert_eq!(&packaged.why, &revision.why);
        prop_assert_eq!(packaged.tags.is_some(), revision.tags.is_some());
        let is_of_revision = matches!(revision.tags, None | Some(Purpose::Revision { .. }));
        prop_assert!(is_of_revision);
    }
}

fn outcome() -> Outcome {
    Outcome {
        format: 1,
        image: ImageName::parse("sagemath-dev").unwrap(),
        channel: ChannelName::parse("sid").unwrap(),
        architecture: Architecture::Amd64,
        version: Some("10.10".to_owned()),
        title: "SageMath".to_owned(),
        digest: BlobDigest::new(Sha256::new([1; 32])),
        repository: None,
        size: 1_234_567_890,
        layers: 24,
        passed: 312,
        failed: 0,
        skipped: 2,
        seconds: 81.25,
        failing: Vec::new(),
        packages: BTreeMap::new(),
        commit: Some(COMMIT.to_owned()),
        revised: Some(1_790_000_000),
        pushed_again: false,
        revision: Some(OfRevision {
            tag: "pull-8".to_owned(),
            version: "11.0.beta4".to_owned(),
            commit: Some(COMMIT.to_owned()),
            dirty: Vec::new(),
            compiled: vec!["sage.rings.integer".to_owned(), "sage.misc.c3".to_owned()],
            kept: 568,
            files: 3,
            removed: 1,
            merged: vec!["src/sage/env.py".to_owned()],
            conflicts: vec!["src/sage/<b>|`x`.py".to_owned()],
            doctests: Some(Doctested { tests: 321, files: 4, new: 2, known: 1, fixed: 0 }),
        }),
    }
}

#[test]
fn people_read_which_revision_it_is_and_what_it_changes() {
    let plan = planned(&example(Service::GitHub, "pull request from a fork", &[]), ".");
    let outcomes = [outcome()];
    let page = summary(&plan, &[], &outcomes, &[], &[]);
    assert_eq!(page, include_str!("revision.md"), "\n{page}");
    assert_eq!(status_line(&outcomes, &[], &[]), "built 1 image of pull-8, 312 checks passed, nothing pushed");
    let nothing = summary(&plan, &[], &[], &[], &["`sagemath`: sage.misc.c3 does not compile".to_owned()]);
    assert!(nothing.contains("with the source of `.`"), "{nothing}");
}

#[test]
fn a_job_that_publishes_reads_what_another_has_built() {
    let outcome = outcome();
    assert_eq!(Outcome::parse("x.json", &outcome.to_json()).unwrap(), outcome);
    let packaged = Outcome { revision: None, ..outcome };
    assert!(!packaged.to_json().contains("revision"));
    assert_eq!(Outcome::parse("x.json", &packaged.to_json()).unwrap(), packaged);
}
