//! A commit's status, against a service that knows one token.

use sage_oci_credentials::Secret;
use sage_oci_fake_registry::FakeStatuses;
use sage_oci_forge::{Forge, ForgeError, State, Status, set};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

fn status(state: State) -> Status<'static> {
    Status { state, context: "sage-oci", description: "87 checks passed", target: Some("https://example.org/job") }
}

#[test]
fn both_services_get_their_own_words() {
    let fake = FakeStatuses::start("token-MARK");
    let token = Secret::new("token-MARK");
    let github = Forge::GitHub { api: fake.url(), repository: "sagemath/sage-oci".to_owned() };
    let gitlab = Forge::GitLab { api: format!("{}/api/v4", fake.url()), project: "sagemath/sage-oci".to_owned() };
    set(&github, COMMIT, &status(State::Success), &token).unwrap();
    set(&gitlab, COMMIT, &status(State::Failure), &token).unwrap();
    let told: Vec<_> = fake.set().into_iter().map(|one| (one.project, one.sha, one.state, one.context)).collect();
    let one =
        |state: &str| ("sagemath/sage-oci".to_owned(), COMMIT.to_owned(), state.to_owned(), "sage-oci".to_owned());
    assert_eq!(told, [one("success"), one("failed")]);
    assert_eq!(fake.set()[0].description, "87 checks passed");
    assert_eq!(fake.set()[1].target_url, "https://example.org/job");
}

#[test]
fn a_refusal_tells_no_token() {
    let fake = FakeStatuses::start("right");
    let forge = Forge::GitHub { api: fake.url(), repository: "a/b".to_owned() };
    let error = set(&forge, COMMIT, &status(State::Pending), &Secret::new("wrong-MARK")).unwrap_err();
    assert!(matches!(error, ForgeError::Refused { code: 401 | 403 | 404, .. }), "{error}");
    assert!(!format!("{error} {error:?}").contains("MARK"));
    assert_eq!(fake.set(), []);
}
