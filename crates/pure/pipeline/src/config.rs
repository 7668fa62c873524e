use crate::{PipelineError, Service};
use globset::{Glob, GlobBuilder, GlobMatcher};
use serde::Deserialize;
use toml::Spanned;

/// The newest format of the file.
const FORMAT: u64 = 1;

/// `nix/ci.toml`: whose refs move the project's tags, which refs mean what, and where images go.
///
/// ```toml
/// format = 1
/// project = ["sagemath/sage-oci"]
///
/// [refs]
/// release = ["[0-9]*.[0-9]*"]
/// pre-release = ["*.alpha*", "*.beta*", "*.rc*"]
/// develop = ["main"]
/// integration = ["integration/**", "gh-readonly-queue/**"]
///
/// [repositories]
/// github = "ghcr.io/sagemath"
/// ```
///
/// Patterns are globs; `*` stops at a slash and `**` does not. `integration` counts before `develop`, and `pre-release` before
/// `release`, so that the latter may be generous.
#[derive(Debug, Clone)]
pub struct Config {
    /// The project's own repositories, as `sagemath/sage-oci`, on whatever service.
    pub project: Vec<String>,
    /// Tags that are releases.
    pub release: Patterns,
    /// Tags that are pre-releases.
    pub pre_release: Patterns,
    /// Branches whose images are `develop`.
    pub develop: Patterns,
    /// Branches that are built and not published, as merge queues have.
    pub integration: Patterns,
    repositories: Repositories,
}

/// Globs of names of refs.
#[derive(Debug, Clone, Default)]
pub struct Patterns(Vec<GlobMatcher>);

impl Patterns {
    /// Whether one of them matches.
    pub fn matches(&self, name: &str) -> bool {
        self.0.iter().any(|glob| glob.is_match(name))
    }

    /// As they were written.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|glob| glob.glob().glob())
    }
}

#[derive(Deserialize)]
struct Version {
    format: u64,
}

type List = Vec<Spanned<String>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(rename = "format")]
    _format: u64,
    project: List,
    #[serde(default)]
    refs: Refs,
    #[serde(default)]
    repositories: WrittenRepositories,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Refs {
    release: List,
    pre_release: List,
    develop: List,
    integration: List,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenRepositories {
    github: Option<Spanned<String>>,
    gitlab: Option<Spanned<String>>,
    circleci: Option<Spanned<String>>,
}

#[derive(Debug, Clone, Default)]
struct Repositories {
    github: Option<String>,
    gitlab: Option<String>,
    circleci: Option<String>,
}

impl Config {
    /// Parses the file; `file` is its name in errors.
    ///
    /// # Errors
    /// [`PipelineError`] with the line of what is wrong.
    pub fn parse(file: &str, text: &str) -> Result<Self, PipelineError> {
        let reader = Reader { file, text };
        // The format first: a newer one may have other keys.
        let Version { format } = toml::from_str(text).map_err(|error| reader.syntax(&error))?;
        if format > FORMAT {
            return Err(PipelineError::Newer { file: file.to_owned(), found: format, known: FORMAT });
        }
        let Written { project, refs, repositories, .. } =
            toml::from_str(text).map_err(|error| reader.syntax(&error))?;
        Ok(Self {
            project: project.into_iter().map(|one| reader.project(one)).collect::<Result<_, _>>()?,
            release: reader.patterns(refs.release)?,
            pre_release: reader.patterns(refs.pre_release)?,
            develop: reader.patterns(refs.develop)?,
            integration: reader.patterns(refs.integration)?,
            repositories: Repositories {
                github: reader.prefix(repositories.github)?,
                gitlab: reader.prefix(repositories.gitlab)?,
                circleci: reader.prefix(repositories.circleci)?,
            },
        })
    }

    /// Where the project's images go from a service.
    pub fn prefix(&self, service: Service) -> Option<&str> {
        match service {
            Service::GitHub => self.repositories.github.as_deref(),
            Service::GitLab => self.repositories.gitlab.as_deref(),
            Service::CircleCi => self.repositories.circleci.as_deref(),
            Service::Home => None,
        }
    }

    /// Where the project's images go from any service.
    pub(crate) fn prefixes(&self) -> impl Iterator<Item = &str> {
        [Service::GitHub, Service::GitLab, Service::CircleCi].into_iter().filter_map(|service| self.prefix(service))
    }

    /// Whether a repository is the project's own. Services take no account of case.
    pub fn is_project(&self, repository: &str) -> bool {
        self.project.iter().any(|own| own.eq_ignore_ascii_case(repository))
    }
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
}

impl Reader<'_> {
    fn project(&self, written: Spanned<String>) -> Result<String, PipelineError> {
        let parts: Vec<&str> = written.as_ref().split('/').collect();
        if parts.len() < 2 || parts.iter().any(|part| part.is_empty()) || written.as_ref().contains("://") {
            let message = format!("`{}` is no repository as `sagemath/sage-oci`", written.as_ref());
            return Err(self.error(written.span().start, message));
        }
        Ok(written.into_inner())
    }

    fn patterns(&self, written: List) -> Result<Patterns, PipelineError> {
        let glob = |one: Spanned<String>| {
            let built: Result<Glob, _> = GlobBuilder::new(one.as_ref()).literal_separator(true).build();
            built.map(|glob| glob.compile_matcher()).map_err(|error| self.error(one.span().start, error.to_string()))
        };
        Ok(Patterns(written.into_iter().map(glob).collect::<Result<_, _>>()?))
    }

    fn prefix(&self, written: Option<Spanned<String>>) -> Result<Option<String>, PipelineError> {
        let Some(written) = written else { return Ok(None) };
        crate::prefix::checked(written.as_ref())
            .map_err(|error| self.error(written.span().start, error.to_string()))?;
        Ok(Some(written.into_inner()))
    }

    fn syntax(&self, error: &toml::de::Error) -> PipelineError {
        let mut message = error.message().to_owned();
        if message.contains("expected a string") && (message.contains("floating point") || message.contains("integer"))
        {
            message.push_str("; a version is a text: put it into quotes");
        }
        self.error(error.span().map_or(0, |span| span.start), message)
    }

    fn error(&self, offset: usize, message: String) -> PipelineError {
        let line = self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
        PipelineError::Syntax { file: self.file.to_owned(), line, message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = include_str!("../tests/ci.toml");

    fn error(text: &str) -> String {
        Config::parse("ci.toml", text).unwrap_err().to_string()
    }

    #[test]
    fn the_file_is_read() {
        let config = Config::parse("ci.toml", GOOD).unwrap();
        assert!(config.is_project("SageMath/sage-oci") && !config.is_project("someone/sage-oci"));
        assert!(config.release.matches("10.10") && !config.release.matches("v10") && !config.release.matches("a/10.1"));
        assert!(
            config.pre_release.matches("10.10.beta4") && config.integration.matches("gh-readonly-queue/main/pr-1-ab")
        );
        assert_eq!(config.develop.texts().collect::<Vec<_>>(), ["main", "develop"]);
        assert_eq!(config.prefix(Service::GitHub), Some("ghcr.io/sagemath"));
        assert_eq!(config.prefix(Service::Home), None);
    }

    #[test]
    fn errors_name_their_lines() {
        let all = |from: &str, to: &str| error(&GOOD.replacen(from, to, 1));
        assert!(
            all("develop = ", "devlop = ").starts_with("ci.toml:9: unknown field `devlop`"),
            "{}",
            all("develop = ", "devlop = ")
        );
        assert_eq!(
            all("sagemath/sage-oci", "sage-oci"),
            "ci.toml:4: `sage-oci` is no repository as `sagemath/sage-oci`"
        );
        let number = all("\"[0-9]*.[0-9]*\"", "10.0");
        assert!(number.starts_with("ci.toml:7: ") && number.ends_with("put it into quotes"), "{number}");
        assert!(all("\"main\"", "\"[\"").starts_with("ci.toml:9: "), "a pattern");
        let upper = all("ghcr.io/sagemath", "ghcr.io/SageMath");
        assert!(upper.starts_with("ci.toml:13: `ghcr.io/SageMath` is no place for images"), "{upper}");
        assert_eq!(all("format = 1", "format = 2\nmoons = 1"), "ci.toml has format 2, this program knows format 1");
        assert!(error("format = 1\n").contains("missing field `project`"));
        assert!(error("project = []\n").contains("missing field `format`"));
    }
}
