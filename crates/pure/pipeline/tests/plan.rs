//! What each job does, and the laws that hold for any job.

use proptest::prelude::*;
use sage_oci_names::{Architecture, ChannelName, ImageName};
use sage_oci_pipeline::{
    Config, Example, Has, Kind, PipelineError, Plan, Service, Surroundings, examples, plan, table,
};
use sage_oci_tags::Purpose;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

fn config() -> &'static Config {
    static CONFIG: LazyLock<Config> = LazyLock::new(|| Config::parse("nix/ci.toml", include_str!("ci.toml")).unwrap());
    &CONFIG
}

fn has(credentials: bool, repository: Option<&str>) -> Has {
    Has {
        credentials,
        repository: repository.map(str::to_owned),
        images: ["sagemath", "sagemath-dev"].map(|name| ImageName::parse(name).unwrap()).into(),
        channels: vec![ChannelName::parse("sid").unwrap()],
        architectures: vec![Architecture::Amd64, Architecture::Arm64],
        revision: None,
    }
}

fn planned(example: &Example, has: &Has) -> Plan {
    let mut surroundings = Surroundings::of(&example.environment).unwrap();
    if let Some(event) = example.event {
        surroundings = surroundings.with_event(event).unwrap();
    }
    plan(&surroundings, config(), has).unwrap()
}

/// The example of that service and name; the first of several.
fn example(service: Service, name: &str) -> Example {
    examples().into_iter().find(|one| one.service == service && one.name == name).unwrap()
}

fn error(service: Service, name: &str, changes: &[(&str, Option<&str>)]) -> String {
    let mut environment = example(service, name).environment;
    for (variable, value) in changes {
        match value {
            Some(value) => environment.insert((*variable).to_owned(), (*value).to_owned()),
            None => environment.remove(*variable),
        };
    }
    Surroundings::of(&environment).unwrap_err().to_string()
}

#[test]
fn every_job_of_every_service() {
    let table = table(config(), &has(true, None)).unwrap();
    assert_eq!(table, include_str!("table.md"), "\n{table}");
}

#[test]
fn the_table_has_every_kind_on_every_service() {
    let found: BTreeSet<(Service, Kind)> =
        examples().iter().map(|example| (example.service, planned(example, &has(true, None)).kind)).collect();
    let on_services = [
        Kind::Release,
        Kind::PreRelease,
        Kind::Develop,
        Kind::Branch,
        Kind::Integration,
        Kind::OtherTag,
        Kind::PullRequest,
        Kind::PullRequestFromFork,
        Kind::Fork,
    ];
    let mut wanted: BTreeSet<_> = [Service::GitHub, Service::GitLab, Service::CircleCi]
        .into_iter()
        .flat_map(|service| on_services.map(|kind| (service, kind)))
        .collect();
    // It builds a pull request of the repository's own as the branch that it is.
    wanted.remove(&(Service::CircleCi, Kind::PullRequest));
    wanted.insert((Service::Home, Kind::Home));
    assert_eq!(found, wanted);
}

#[test]
fn a_release_is_this() {
    let plan = planned(&example(Service::GitHub, "protected tag"), &has(true, None));
    let wanted = r#"{
  "format": 1,
  "service": "github",
  "kind": "release",
  "repository": "sagemath/sage-oci",
  "reference": "tag 10.10",
  "commit": "0123456789abcdef0123456789abcdef01234567",
  "images": [
    "sagemath",
    "sagemath-dev"
  ],
  "channels": [
    "sid"
  ],
  "architectures": [
    "amd64",
    "arm64"
  ],
  "push": [
    {
      "image": "sagemath",
      "repository": "ghcr.io/sagemath/sagemath"
    },
    {
      "image": "sagemath-dev",
      "repository": "ghcr.io/sagemath/sagemath-dev"
    }
  ],
  "tags": "release",
  "lock": "sage-oci/ghcr.io/sagemath",
  "summary": "/home/runner/work/_temp/_runner_file_commands/step_summary_17",
  "job": "https://github.com/sagemath/sage-oci/actions/runs/17",
  "why": []
}"#;
    assert_eq!(serde_json::to_string_pretty(&plan).unwrap(), wanted);
}

#[test]
fn branches_have_locks_of_their_own() {
    let lock = |name| planned(&example(Service::GitHub, name), &has(true, Some("localhost:5000/x"))).lock;
    assert_eq!(lock("protected branch").as_deref(), Some("sage-oci/localhost-5000/x"));
    assert_eq!(lock("branch").as_deref(), Some("sage-oci/localhost-5000/x/branch/fix-maxima-2eccaa61"));
    assert_eq!(lock("pull request"), None);
    let plan = planned(&example(Service::GitHub, "branch"), &has(true, None));
    assert_eq!(serde_json::to_value(plan.tags).unwrap(), serde_json::json!({"branch": "fix/maxima"}));
}

#[test]
fn where_nobody_says_where_to_nothing_is_pushed() {
    let without =
        Config::parse("nix/ci.toml", "format = 1\nproject = [\"sagemath/sage-oci\"]\n[refs]\ndevelop = [\"main\"]\n")
            .unwrap();
    let surroundings = Surroundings::of(&example(Service::GitHub, "protected branch").environment).unwrap();
    let plan = plan(&surroundings, &without, &has(true, None)).unwrap();
    assert_eq!((plan.kind, plan.push.len(), plan.tags), (Kind::Develop, 0, None));
    assert_eq!(
        plan.why,
        ["nobody says where the images go, so they are not pushed: name its place in `nix/ci.toml`, or ask for one"]
    );
}

#[test]
fn a_fork_does_not_push_to_the_project() {
    let fork = example(Service::GitHub, "fork's branch");
    for asked in ["ghcr.io/sagemath", "ghcr.io/sagemath/below"] {
        let plan = planned(&fork, &has(true, Some(asked)));
        assert_eq!((plan.push.len(), &plan.tags), (0, &None), "{asked}");
        assert!(plan.why.last().unwrap().contains("is the project's"), "{:?}", plan.why);
    }
    let plan = planned(&fork, &has(true, Some("ghcr.io/sagemathic")));
    assert_eq!((plan.push.len(), plan.tags), (2, Some(Purpose::Branch("main".to_owned()))));
}

#[test]
fn at_home_a_push_is_asked_for() {
    let home = example(Service::Home, "a person");
    let plan = planned(&home, &has(true, Some("localhost:5000/me")));
    assert_eq!((plan.push[0].repository.as_str(), plan.tags), ("localhost:5000/me/sagemath", None));
    assert_eq!(plan.lock.as_deref(), Some("sage-oci/localhost-5000/me"));
    assert!(planned(&home, &has(false, Some("localhost:5000/me"))).push.is_empty());
}

#[test]
fn a_place_that_no_registry_takes_is_refused() {
    let surroundings = Surroundings::of(&example(Service::GitHub, "protected branch").environment).unwrap();
    for bad in ["ghcr.io/SageMath", "ghcr.io/sagemath:10", "https://ghcr.io/sagemath", "ghcr.io/sagemath/", ""] {
        let error = plan(&surroundings, config(), &has(true, Some(bad))).unwrap_err();
        assert!(matches!(&error, PipelineError::BadPrefix { prefix, .. } if prefix == bad), "{error}");
    }
}

#[test]
fn a_ref_that_nobody_can_read_names_its_variable() {
    use Service::{CircleCi, GitHub, GitLab};
    for (service, name, changes, wanted) in [
        (GitHub, "branch", &[("GITHUB_REF", None)][..], "GitHub Actions should set `GITHUB_REF`, and it is not set"),
        (GitHub, "branch", &[("GITHUB_REF", Some(""))], "GitHub Actions should set `GITHUB_REF`, and it is not set"),
        (
            GitHub,
            "branch",
            &[("GITHUB_EVENT_NAME", None)],
            "GitHub Actions should set `GITHUB_EVENT_NAME`, and it is not set",
        ),
        (
            GitHub,
            "branch",
            &[("GITHUB_REF", Some("main"))],
            "the variable `GITHUB_REF` is \"main\": it is neither a branch nor a tag nor a pull request",
        ),
        (
            GitHub,
            "branch",
            &[("GITHUB_REF", Some("refs/heads/a\u{1b}[2Jb"))],
            "the variable `GITHUB_REF` is \"refs/heads/a\\u{1b}[2Jb\": it has control characters",
        ),
        (
            GitHub,
            "branch",
            &[("GITHUB_REF", Some("refs/heads/a b"))],
            "the variable `GITHUB_REF` is \"a b\": git has no such name",
        ),
        (
            GitHub,
            "branch",
            &[("GITHUB_REF", Some("refs/heads/"))],
            "the variable `GITHUB_REF` is \"\": a part of its name is empty",
        ),
        (
            GitHub,
            "branch",
            &[("GITHUB_REF", Some("refs/pull/x/merge"))],
            "the variable `GITHUB_REF` is \"refs/pull/x/merge\": it is no pull request's",
        ),
        (
            GitHub,
            "branch",
            &[("GITHUB_REF_TYPE", Some("tag"))],
            "the variables `GITHUB_REF` and `GITHUB_REF_TYPE` contradict each other",
        ),
        (
            GitHub,
            "branch",
            &[("GITLAB_CI", Some("true"))],
            "the variables `GITHUB_ACTIONS` and `GITLAB_CI` contradict each other",
        ),
        (
            GitHub,
            "branch",
            &[("GITHUB_REF_PROTECTED", Some("yes"))],
            "the variable `GITHUB_REF_PROTECTED` is \"yes\": it must be `true` or `false`",
        ),
        (GitHub, "branch", &[("GITHUB_SHA", Some("HEAD"))], "the variable `GITHUB_SHA` is \"HEAD\": it is no commit"),
        (
            GitHub,
            "protected tag",
            &[("SAGE_OCI_VERSION", Some("10.1"))],
            "`SAGE_OCI_VERSION` is `10.1`, and the tag is `10.10`: YAML reads 10.0 as the number 10, and 10.10 as 10.1",
        ),
        (GitLab, "branch", &[("CI_COMMIT_BRANCH", None)], "GitLab CI should set `CI_COMMIT_BRANCH`, and it is not set"),
        (
            GitLab,
            "branch",
            &[("CI_COMMIT_TAG", Some("10.10"))],
            "the variables `CI_COMMIT_BRANCH` and `CI_COMMIT_TAG` contradict each other",
        ),
        (
            GitLab,
            "merge request",
            &[("CI_COMMIT_TAG", Some("10.10"))],
            "the variables `CI_COMMIT_TAG` and `CI_MERGE_REQUEST_IID` contradict each other",
        ),
        (
            GitLab,
            "merge request",
            &[("CI_MERGE_REQUEST_IID", Some("x"))],
            "the variable `CI_MERGE_REQUEST_IID` is \"x\": it is no number",
        ),
        (CircleCi, "tag", &[("CIRCLE_TAG", None)], "CircleCI should set `CIRCLE_BRANCH`, and it is not set"),
        (
            CircleCi,
            "tag",
            &[("CIRCLE_BRANCH", Some("main"))],
            "the variables `CIRCLE_BRANCH` and `CIRCLE_TAG` contradict each other",
        ),
        (
            CircleCi,
            "tag",
            &[("CIRCLE_PR_NUMBER", Some("3"))],
            "the variables `CIRCLE_TAG` and `CIRCLE_PR_NUMBER` contradict each other",
        ),
    ] {
        assert_eq!(error(service, name, changes), wanted);
    }
    let long = "x".repeat(5000);
    assert!(error(GitHub, "branch", &[("GITHUB_REF", Some(&long))]).len() < 200);
}

#[test]
fn what_services_leave_out_is_no_error() {
    let with = |service, name: &str, changes: &[(&str, Option<&str>)]| {
        let mut one = example(service, name);
        for (variable, value) in changes {
            match value {
                Some(value) => one.environment.insert((*variable).to_owned(), (*value).to_owned()),
                None => one.environment.remove(*variable),
            };
        }
        planned(&one, &has(true, None))
    };
    // A workflow runner of another make does not say what is protected.
    let untold = with(Service::GitHub, "protected tag", &[("GITHUB_REF_PROTECTED", None)]);
    assert_eq!((untold.kind, untold.tags), (Kind::OtherTag, None));
    assert_eq!(untold.why, ["the tag is not taken for a release: GitHub Actions does not say whether it is protected"]);
    // Each of the two tells a pull request, although ref and protection are those of the branch that is merged into.
    for change in [("GITHUB_EVENT_NAME", Some("pull_request_target")), ("GITHUB_HEAD_REF", Some("patch-1"))] {
        assert_eq!(with(Service::GitHub, "protected branch", &[change]).kind, Kind::PullRequest, "{change:?}");
    }
    // A job that was started again has an address of its own.
    let again = with(Service::GitHub, "protected branch", &[("GITHUB_RUN_ATTEMPT", Some("2"))]);
    assert_eq!(again.job.as_deref(), Some("https://github.com/sagemath/sage-oci/actions/runs/17/attempts/2"));
    // A project of CircleCI's newer integrations.
    let owner = ("CIRCLE_PROJECT_USERNAME", None);
    for (address, kind) in [
        ("git@github.com:sagemath/sage-oci.git", Kind::Release),
        ("https://github.com/sagemath/sage-oci", Kind::Release),
        ("https://gitlab.com/a/b/c.git", Kind::Fork),
    ] {
        assert_eq!(
            with(Service::CircleCi, "tag", &[owner, ("CIRCLE_REPOSITORY_URL", Some(address))]).kind,
            kind,
            "{address}"
        );
    }
    // A pipeline that a merge request's pipeline started.
    let child = with(Service::GitLab, "merge request", &[("CI_PIPELINE_SOURCE", Some("parent_pipeline"))]);
    assert_eq!(child.kind, Kind::PullRequest);
    let external = [
        ("CI_PIPELINE_SOURCE", Some("external_pull_request_event")),
        ("CI_EXTERNAL_PULL_REQUEST_IID", Some("4")),
        ("CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY", Some("a/b")),
        ("CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY", Some("sagemath/sage-oci")),
    ];
    assert_eq!(with(Service::GitLab, "protected branch", &external).kind, Kind::PullRequestFromFork);
    // Without the event's file it is a pull request all the same.
    let mut request = example(Service::GitHub, "pull request from a fork");
    request.event = None;
    assert_eq!(planned(&request, &has(true, None)).kind, Kind::PullRequest);
    request.event =
        Some(r#"{"pull_request":{"head":{"repo":null},"base":{"repo":{"full_name":"sagemath/sage-oci"}}}}"#);
    assert_eq!(planned(&request, &has(true, None)).kind, Kind::PullRequest);
}

/// Variables of all services, with values that mean something, that do not, and that should not be.
fn environment() -> impl Strategy<Value = BTreeMap<String, String>> {
    let values = [
        "true",
        "false",
        "push",
        "pull_request",
        "pull_request_target",
        "merge_request_event",
        "refs/heads/main",
        "refs/tags/10.10",
        "refs/heads/latest",
        "refs/pull/3/merge",
        "main",
        "10.10",
        "10.11.rc1",
        "pull/3",
        "staging",
        "3",
        "a b",
        "x\n",
        "branch",
        "tag",
        "sagemath/sage-oci",
        "Someone/sage-oci",
        "sagemath",
        "sage-oci",
        "",
    ];
    let all = examples();
    let names: Vec<String> = all.iter().flat_map(|one| one.environment.keys().cloned()).collect();
    let change = (prop::sample::select(names), prop::sample::select(values.to_vec()), any::<bool>());
    (prop::sample::select(all), proptest::collection::vec(change, 0..4)).prop_map(|(example, changes)| {
        let mut environment = example.environment;
        for (name, value, removed) in changes {
            if removed {
                environment.remove(&name)
            } else {
                environment.insert(name, value.to_owned())
            };
        }
        environment
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn the_laws_hold_for_any_job(
        environment in environment(), credentials in any::<bool>(),
        asked in prop::option::of(prop::sample::select(vec!["localhost:5000/x", "ghcr.io/sagemath", "ghcr.io/someone"])),
    ) {
        let Ok(surroundings) = Surroundings::of(&environment) else { return Ok(()) };
        let Ok(plan) = plan(&surroundings, config(), &has(credentials, asked)) else { return Ok(()) };
        let pushed = !plan.push.is_empty();
        prop_assert!(credentials || !pushed, "pushed without credentials");
        prop_assert!(pushed || plan.tags.is_none() && plan.lock.is_none(), "tagged and not pushed");
        prop_assert!(pushed || !plan.why.is_empty(), "not pushed, and nobody says why");
        let set = |name: &str| environment.get(name).map_or("", String::as_str);
        let has_request = |name| set(name).parse::<u64>().is_ok();
        let request = set("GITHUB_ACTIONS") == "true"
            && (set("GITHUB_EVENT_NAME").starts_with("pull_request") || set("GITHUB_REF").starts_with("refs/pull/"))
            || set("GITLAB_CI") == "true"
            && (set("CI_PIPELINE_SOURCE") == "merge_request_event" || has_request("CI_MERGE_REQUEST_IID"))
            || set("CIRCLECI") == "true" && (has_request("CIRCLE_PR_NUMBER") || set("CIRCLE_BRANCH").starts_with("pull/"));
        prop_assert!(!request || !pushed, "a pull request is pushed");
        if !matches!(plan.tags, None | Some(Purpose::Branch(_))) {
            let protected = match plan.service {
                Service::GitHub => set("GITHUB_REF_PROTECTED") == "true",
                Service::GitLab => set("CI_COMMIT_REF_PROTECTED") == "true",
                Service::CircleCi => true,
                Service::Home => false,
            };
            prop_assert!(protected, "an unprotected ref moves the project's tags");
            prop_assert_eq!(plan.repository.as_deref(), Some("sagemath/sage-oci"), "not the project's own");
        }
    }

}

proptest! {
    #[test]
    fn no_file_breaks_the_parsers(at in 0_usize..400, cut in 0_usize..20, put in ".{0,6}") {
        let text: Vec<char> = include_str!("ci.toml").chars().collect();
        let (at, end) = (at.min(text.len()), (at + cut).min(text.len()));
        let changed: String = text[..at].iter().copied().chain(put.chars()).chain(text[end..].iter().copied()).collect();
        if let Err(PipelineError::Syntax { line, .. }) = Config::parse("ci.toml", &changed) {
            prop_assert!((1..=changed.matches('\n').count() + 1).contains(&line), "{}", line);
        }
        let request = example(Service::GitHub, "pull request").environment;
        let _ = Surroundings::of(&request).unwrap().with_event(&put);
    }
}
