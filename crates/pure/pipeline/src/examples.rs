use crate::Service;
use std::collections::BTreeMap;

/// A job as a service starts it, for tables and tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// What is special about it, for people.
    pub name: &'static str,
    /// The service.
    pub service: Service,
    /// The service's variables.
    pub environment: BTreeMap<String, String>,
    /// The event's file, where it matters.
    pub event: Option<&'static str>,
    /// There are credentials.
    pub credentials: bool,
}

type Set<'a> = &'a [(&'static str, &'static str)];

const FORK: &str = r#"{"number":7,"pull_request":{"number":7,"head":{"repo":{"full_name":"Someone/sage-oci"}},"base":{"repo":{"full_name":"sagemath/sage-oci"}}}}"#;
const OWN: &str = r#"{"number":8,"pull_request":{"number":8,"head":{"repo":{"full_name":"sagemath/sage-oci"}},"base":{"repo":{"full_name":"sagemath/sage-oci"}}}}"#;
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// One job of every kind on every service, the project being `sagemath/sage-oci`.
pub fn examples() -> Vec<Example> {
    [github(), gitlab(), circleci()].concat().into_iter().chain([home()]).collect()
}

fn example(name: &'static str, service: Service, base: Set<'_>, more: Set<'_>) -> Example {
    let environment = base.iter().chain(more).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Example { name, service, environment, event: None, credentials: true }
}

fn github() -> Vec<Example> {
    const BASE: Set<'_> = &[
        ("CI", "true"),
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_REPOSITORY", "sagemath/sage-oci"),
        ("GITHUB_EVENT_NAME", "push"),
        ("GITHUB_REF_TYPE", "branch"),
        ("GITHUB_REF_PROTECTED", "false"),
        ("GITHUB_SHA", COMMIT),
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_RUN_ID", "17"),
        ("GITHUB_STEP_SUMMARY", "/home/runner/work/_temp/_runner_file_commands/step_summary_17"),
        ("RUNNER_NAME", "GitHub Actions 3"),
    ];
    const PROTECTED: (&str, &str) = ("GITHUB_REF_PROTECTED", "true");
    const TAG: (&str, &str) = ("GITHUB_REF_TYPE", "tag");
    const FORKED: (&str, &str) = ("GITHUB_REPOSITORY", "Someone/sage-oci");
    const MAIN: (&str, &str) = ("GITHUB_REF", "refs/heads/main");
    let job = |name, more: Set<'_>| example(name, Service::GitHub, BASE, more);
    let request = |name, event, more: Set<'_>| Example { event: Some(event), credentials: false, ..job(name, more) };
    vec![
        job("protected tag", &[PROTECTED, TAG, ("GITHUB_REF", "refs/tags/10.10")]),
        job("protected tag", &[PROTECTED, TAG, ("GITHUB_REF", "refs/tags/10.11.beta4")]),
        job("tag that is not protected", &[TAG, ("GITHUB_REF", "refs/tags/10.10")]),
        job("tag of no meaning", &[PROTECTED, TAG, ("GITHUB_REF", "refs/tags/before-cleanup")]),
        job("protected branch", &[PROTECTED, MAIN]),
        job("branch that is not protected", &[MAIN]),
        job("branch", &[("GITHUB_REF", "refs/heads/fix/maxima")]),
        job(
            "merge queue",
            &[
                PROTECTED,
                ("GITHUB_EVENT_NAME", "merge_group"),
                ("GITHUB_REF", "refs/heads/gh-readonly-queue/main/pr-8-0123456789abcdef0123456789abcdef01234567"),
            ],
        ),
        request(
            "pull request",
            OWN,
            &[
                ("GITHUB_EVENT_NAME", "pull_request"),
                ("GITHUB_REF", "refs/pull/8/merge"),
                ("GITHUB_HEAD_REF", "fix/maxima"),
                ("GITHUB_BASE_REF", "main"),
            ],
        ),
        request(
            "pull request from a fork",
            FORK,
            &[
                ("GITHUB_EVENT_NAME", "pull_request"),
                ("GITHUB_REF", "refs/pull/7/merge"),
                ("GITHUB_HEAD_REF", "patch-1"),
                ("GITHUB_BASE_REF", "main"),
            ],
        ),
        // With all secrets of the branch that is merged into.
        Example {
            credentials: true,
            ..request(
                "the same, `pull_request_target`",
                FORK,
                &[
                    PROTECTED,
                    MAIN,
                    ("GITHUB_EVENT_NAME", "pull_request_target"),
                    ("GITHUB_HEAD_REF", "patch-1"),
                    ("GITHUB_BASE_REF", "main"),
                ],
            )
        },
        job("fork's branch", &[PROTECTED, FORKED, MAIN]),
        Example { credentials: false, ..job("the same without credentials", &[FORKED, MAIN]) },
        job("fork's tag", &[PROTECTED, TAG, FORKED, ("GITHUB_REF", "refs/tags/10.10")]),
    ]
}

fn gitlab() -> Vec<Example> {
    const BASE: Set<'_> = &[
        ("CI", "true"),
        ("GITLAB_CI", "true"),
        ("CI_PROJECT_PATH", "sagemath/sage-oci"),
        ("CI_PIPELINE_SOURCE", "push"),
        ("CI_COMMIT_REF_PROTECTED", "false"),
        ("CI_COMMIT_SHA", COMMIT),
        ("CI_DEFAULT_BRANCH", "main"),
        ("CI_JOB_URL", "https://gitlab.com/sagemath/sage-oci/-/jobs/17"),
        ("CI_REGISTRY", "registry.gitlab.com"),
        ("CI_REGISTRY_IMAGE", "registry.gitlab.com/sagemath/sage-oci"),
        ("CI_RUNNER_DESCRIPTION", "3-green.saas-linux-small-amd64.runners-manager.gitlab.com/default"),
    ];
    const PROTECTED: (&str, &str) = ("CI_COMMIT_REF_PROTECTED", "true");
    const REQUEST: (&str, &str) = ("CI_PIPELINE_SOURCE", "merge_request_event");
    const INTO: (&str, &str) = ("CI_MERGE_REQUEST_PROJECT_PATH", "sagemath/sage-oci");
    const FORKED: (&str, &str) = ("CI_PROJECT_PATH", "Someone/sage-oci");
    const IMAGES: (&str, &str) = ("CI_REGISTRY_IMAGE", "registry.gitlab.com/someone/sage-oci");
    const MAIN: (&str, &str) = ("CI_COMMIT_BRANCH", "main");
    let job = |name, more: Set<'_>| example(name, Service::GitLab, BASE, more);
    vec![
        job("protected tag", &[PROTECTED, ("CI_COMMIT_TAG", "10.10")]),
        job("protected tag", &[PROTECTED, ("CI_COMMIT_TAG", "10.11.rc1")]),
        job("tag that is not protected", &[("CI_COMMIT_TAG", "10.10")]),
        job("tag of no meaning", &[PROTECTED, ("CI_COMMIT_TAG", "before-cleanup")]),
        job("protected branch", &[PROTECTED, MAIN]),
        job("branch that is not protected", &[MAIN]),
        job("branch", &[("CI_COMMIT_BRANCH", "fix/maxima")]),
        job("integration branch", &[PROTECTED, ("CI_COMMIT_BRANCH", "integration/10.11")]),
        job(
            "merge request",
            &[
                REQUEST,
                INTO,
                ("CI_MERGE_REQUEST_IID", "8"),
                ("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "sagemath/sage-oci"),
            ],
        ),
        // Run in the project by one of its members, and so with its credentials.
        job(
            "merge request from a fork",
            &[
                REQUEST,
                INTO,
                ("CI_MERGE_REQUEST_IID", "7"),
                ("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "Someone/sage-oci"),
            ],
        ),
        job("fork's branch", &[PROTECTED, FORKED, IMAGES, MAIN]),
        Example { credentials: false, ..job("the same without credentials", &[FORKED, IMAGES, MAIN]) },
        job("fork's tag", &[PROTECTED, FORKED, IMAGES, ("CI_COMMIT_TAG", "10.10")]),
    ]
}

fn circleci() -> Vec<Example> {
    const BASE: Set<'_> = &[
        ("CI", "true"),
        ("CIRCLECI", "true"),
        ("CIRCLE_PROJECT_USERNAME", "sagemath"),
        ("CIRCLE_PROJECT_REPONAME", "sage-oci"),
        ("CIRCLE_REPOSITORY_URL", "git@github.com:sagemath/sage-oci.git"),
        ("CIRCLE_SHA1", COMMIT),
        ("CIRCLE_BUILD_URL", "https://circleci.com/gh/sagemath/sage-oci/17"),
    ];
    const FORKED: (&str, &str) = ("CIRCLE_PROJECT_USERNAME", "Someone");
    let job = |name, more: Set<'_>| example(name, Service::CircleCi, BASE, more);
    let without = |name, more: Set<'_>| Example { credentials: false, ..job(name, more) };
    vec![
        job("tag", &[("CIRCLE_TAG", "10.10")]),
        job("tag", &[("CIRCLE_TAG", "10.11.alpha0")]),
        job("tag of no meaning", &[("CIRCLE_TAG", "before-cleanup")]),
        job("development branch", &[("CIRCLE_BRANCH", "main")]),
        job(
            "branch with a pull request",
            &[("CIRCLE_BRANCH", "fix/maxima"), ("CIRCLE_PULL_REQUEST", "https://github.com/sagemath/sage-oci/pull/8")],
        ),
        job("integration branch", &[("CIRCLE_BRANCH", "staging")]),
        without(
            "pull request from a fork",
            &[
                ("CIRCLE_BRANCH", "pull/7"),
                ("CIRCLE_PR_NUMBER", "7"),
                ("CIRCLE_PR_USERNAME", "Someone"),
                ("CIRCLE_PR_REPONAME", "sage-oci"),
                ("CIRCLE_PULL_REQUEST", "https://github.com/sagemath/sage-oci/pull/7"),
            ],
        ),
        job("fork's branch", &[FORKED, ("CIRCLE_BRANCH", "main")]),
    ]
}

fn home() -> Example {
    example("a person", Service::Home, &[("HOME", "/home/me")], &[])
}
