use crate::{Config, Origin, Protection, Ref, Service, Surroundings};
use sage_oci_tags::Purpose;
use serde::Serialize;

/// What a job's ref is to the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A protected tag of the project's that is a release.
    Release,
    /// A protected tag of the project's that is a pre-release.
    PreRelease,
    /// A protected branch of the project's whose images are `develop`.
    Develop,
    /// Another branch of the project's.
    Branch,
    /// A branch that is built and not published.
    Integration,
    /// A tag that means nothing here.
    OtherTag,
    /// A pull request of the repository's own branch, or of one that is not told.
    PullRequest,
    /// A pull request of a fork's branch.
    PullRequestFromFork,
    /// A branch or tag of a repository that is not the project's.
    Fork,
    /// A person's own machine.
    Home,
}

impl Kind {
    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::PreRelease => "pre-release",
            Self::Develop => "develop",
            Self::Branch => "branch",
            Self::Integration => "integration branch",
            Self::OtherTag => "another tag",
            Self::PullRequest => "pull request",
            Self::PullRequestFromFork => "pull request from a fork",
            Self::Fork => "fork",
            Self::Home => "at home",
        }
    }
}

/// What a ref is, and what its images are for; or why they are published nowhere.
pub(crate) struct Judged {
    pub(crate) kind: Kind,
    /// None where nothing is tagged although it may be pushed: at home.
    pub(crate) publish: Result<Option<Purpose>, String>,
    /// Why it is not what it looks like.
    pub(crate) why: Option<String>,
}

/// Judges a ref.
pub(crate) fn judge(surroundings: &Surroundings, config: &Config) -> Judged {
    let no = |kind, why: &str| Judged { kind, publish: Err(why.to_owned()), why: None };
    let yes = |kind, purpose, why| Judged { kind, publish: Ok(Some(purpose)), why };
    let repository = surroundings.repository.as_deref().unwrap_or_default();
    let own = config.is_project(repository);
    match &surroundings.reference {
        Ref::Untold => Judged { kind: Kind::Home, publish: Ok(None), why: None },
        Ref::PullRequest { origin: Origin::Fork, .. } => {
            no(Kind::PullRequestFromFork, "a pull request from a fork is built and tested, and not pushed")
        }
        Ref::PullRequest { .. } => {
            no(Kind::PullRequest, "a pull request is built and tested; its branch's own job pushes")
        }
        Ref::Branch(name) if config.integration.matches(name) => {
            no(Kind::Integration, "an integration branch is built and tested, and not published")
        }
        Ref::Branch(name) if !own => {
            let why = format!("`{repository}` is none of the project's repositories");
            yes(Kind::Fork, Purpose::Branch(name.clone()), Some(why))
        }
        Ref::Tag(_) if !own => no(Kind::Fork, "a fork has the project's tags, too: only its branches are pushed"),
        Ref::Branch(name) if config.develop.matches(name) => match unprotected(surroundings) {
            None => yes(Kind::Develop, Purpose::Develop, None),
            Some(why) => {
                let why = format!("`{name}` is not taken for the development branch: {why}");
                yes(Kind::Branch, Purpose::Branch(name.clone()), Some(why))
            }
        },
        Ref::Branch(name) => yes(Kind::Branch, Purpose::Branch(name.clone()), None),
        Ref::Tag(name) => {
            let (kind, purpose) = if config.pre_release.matches(name) {
                (Kind::PreRelease, Purpose::PreRelease)
            } else if config.release.matches(name) {
                (Kind::Release, Purpose::Release)
            } else {
                return no(Kind::OtherTag, "no pattern of `nix/ci.toml` takes the tag for a release or pre-release");
            };
            match unprotected(surroundings) {
                None => yes(kind, purpose, None),
                Some(why) => no(Kind::OtherTag, &format!("the tag is not taken for a {}: {why}", kind.name())),
            }
        }
    }
}

/// Why a ref is not protected.
fn unprotected(surroundings: &Surroundings) -> Option<String> {
    match (surroundings.protection, surroundings.service) {
        (Protection::Protected, _) => None,
        // It does not tell anybody; the patterns of `nix/ci.toml` have to be those that are protected.
        (Protection::Untold, Service::CircleCi) => None,
        (Protection::Unprotected, service) => Some(format!("{} says that it is not protected", service.name())),
        (Protection::Untold, service) => Some(format!("{} does not say whether it is protected", service.name())),
    }
}
