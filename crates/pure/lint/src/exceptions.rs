use crate::{Finding, LintError, Rule};
use globset::{Glob, GlobBuilder, GlobMatcher};
use serde::Deserialize;
use toml::Spanned;

/// The format of the document.
const FORMAT: u64 = 1;

/// Which exceptions hold: each has its rule, its paths and its reason.
///
/// ```toml
/// version = 1
///
/// [[allow]]
/// rule = "set-id"
/// paths = ["/usr/bin/sudo"]
/// reason = "the user may become root"
/// channels = ["sid"]              # all where nothing is said; likewise `images`
/// ```
#[derive(Debug, Clone, Default)]
pub struct Exceptions(Vec<Allow>);

/// What an image is, for exceptions that hold for some.
#[derive(Debug, Clone, Default)]
pub struct Applies {
    /// The image's name.
    pub image: String,
    /// Its channel.
    pub channel: String,
    /// Whether it is of a revision of the packaged project: what the revision changes is not as packaged.
    pub of_revision: bool,
}

/// What became of the findings.
#[derive(Debug, Clone, Default)]
pub struct Judged {
    /// Those that no exception names.
    pub found: Vec<Finding>,
    /// The others, with the exception's reason.
    pub allowed: Vec<(Finding, String)>,
    /// Patterns of exceptions that hold for the image and name nothing in it: rule and pattern.
    pub stale: Vec<(Rule, String)>,
}

#[derive(Debug, Clone)]
struct Allow {
    rule: Rule,
    patterns: Vec<(String, GlobMatcher)>,
    reason: String,
    written: Written,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u64,
    #[serde(default)]
    allow: Vec<Spanned<Written>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    rule: Rule,
    paths: Vec<String>,
    reason: String,
    #[serde(default)]
    images: Vec<String>,
    #[serde(default)]
    channels: Vec<String>,
    /// Only for images of a revision.
    #[serde(default)]
    of_revision: bool,
}

impl Exceptions {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// It is no such document, a pattern is none, or a reason is missing.
    pub fn parse(text: &str) -> Result<Self, LintError> {
        let document: Document = toml::from_str(text).map_err(|source| LintError::Syntax { source })?;
        if document.version != FORMAT {
            return Err(LintError::Version { found: document.version, known: FORMAT });
        }
        document.allow.into_iter().map(|written| Allow::read(written, text)).collect::<Result<_, _>>().map(Self)
    }

    /// Parts what has a reason from what has none.
    pub fn judge(&self, findings: Vec<Finding>, applies: &Applies) -> Judged {
        let mut judged = Judged::default();
        let holding: Vec<&Allow> = self.0.iter().filter(|allow| allow.holds(applies)).collect();
        let mut used: Vec<Vec<bool>> = holding.iter().map(|allow| vec![false; allow.patterns.len()]).collect();
        for finding in findings {
            let path = finding.path.absolute();
            let mut reason = None;
            for (allow, used) in holding.iter().zip(&mut used).filter(|(allow, _)| allow.rule == finding.rule) {
                for ((_, glob), used) in allow.patterns.iter().zip(used) {
                    if glob.is_match(&path) {
                        *used = true;
                        reason.get_or_insert(&allow.reason);
                    }
                }
            }
            match reason {
                Some(reason) => judged.allowed.push((finding, reason.clone())),
                None => judged.found.push(finding),
            }
        }
        // Of what a revision changes nothing is known beforehand.
        if !applies.of_revision {
            for (allow, used) in holding.iter().zip(&used) {
                let unused = allow.patterns.iter().zip(used).filter(|(_, used)| !**used);
                judged.stale.extend(unused.map(|((text, _), _)| (allow.rule, text.clone())));
            }
        }
        judged
    }
}

impl Allow {
    fn read(written: Spanned<Written>, text: &str) -> Result<Self, LintError> {
        let line = 1 + text.bytes().take(written.span().start).filter(|byte| *byte == b'\n').count();
        let written = written.into_inner();
        if written.reason.trim().is_empty() {
            return Err(LintError::Empty { line, what: "a reason" });
        }
        if written.paths.is_empty() {
            return Err(LintError::Empty { line, what: "paths" });
        }
        let patterns =
            written.paths.iter().map(|pattern| Ok((pattern.clone(), glob(pattern, line)?.compile_matcher())));
        let patterns = patterns.collect::<Result<_, LintError>>()?;
        Ok(Self { rule: written.rule, patterns, reason: written.reason.clone(), written })
    }

    fn holds(&self, applies: &Applies) -> bool {
        let named = |list: &[String], name: &str| list.is_empty() || list.iter().any(|one| one == name);
        named(&self.written.images, &applies.image)
            && named(&self.written.channels, &applies.channel)
            && (!self.written.of_revision || applies.of_revision)
    }
}

fn glob(pattern: &str, line: usize) -> Result<Glob, LintError> {
    let failed = |why: String| LintError::Pattern { line, pattern: pattern.to_owned(), why };
    if !pattern.starts_with('/') {
        return Err(failed("it does not begin with a slash".to_owned()));
    }
    GlobBuilder::new(pattern).literal_separator(true).build().map_err(|error| failed(error.kind().to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_hint::Hint as _;
    use sage_oci_tree::ImagePath;

    const TEXT: &str = r#"
version = 1
[[allow]]
rule = "set-id"
paths = ["/usr/bin/sudo", "/usr/lib/**/helper"]
reason = "the user may become root"
[[allow]]
rule = "unowned"
paths = ["/etc/x"]
reason = "a channel's"
channels = ["sid"]
[[allow]]
rule = "altered"
paths = ["/lib/**"]
reason = "a revision's"
of_revision = true
"#;

    fn finding(rule: Rule, path: &str) -> Finding {
        Finding { rule, path: ImagePath::parse(path).unwrap(), package: None, what: String::new() }
    }

    #[test]
    fn what_has_a_reason_is_told_apart_and_what_names_nothing_is_told() {
        let exceptions = Exceptions::parse(TEXT).unwrap();
        let findings = || {
            vec![
                finding(Rule::SetId, "usr/bin/sudo"),
                finding(Rule::SetId, "usr/bin/other"),
                finding(Rule::Unowned, "usr/bin/sudo"),
                finding(Rule::Altered, "lib/a/b"),
            ]
        };
        let applies = Applies { image: "i".to_owned(), channel: "sid".to_owned(), of_revision: false };
        let judged = exceptions.judge(findings(), &applies);
        assert_eq!(judged.found.len(), 3);
        assert_eq!(judged.allowed[0].1, "the user may become root");
        let stale: Vec<&str> = judged.stale.iter().map(|(_, pattern)| pattern.as_str()).collect();
        assert_eq!(stale, ["/usr/lib/**/helper", "/etc/x"]);
        let judged = exceptions.judge(findings(), &Applies { channel: "other".to_owned(), ..applies.clone() });
        assert_eq!(judged.stale.len(), 1, "what holds for another channel is not stale here");
        let judged = exceptions.judge(findings(), &Applies { of_revision: true, ..applies });
        assert_eq!((judged.found.len(), judged.stale.len()), (2, 0));
    }

    #[test]
    fn a_star_stays_in_its_folder() {
        let text = "version = 1\n[[allow]]\nrule = \"log\"\npaths = [\"/a/*\"]\nreason = \"r\"\n";
        let judged = Exceptions::parse(text)
            .unwrap()
            .judge(vec![finding(Rule::Log, "a/b"), finding(Rule::Log, "a/b/c")], &Applies::default());
        assert_eq!((judged.allowed.len(), judged.found.len()), (1, 1));
    }

    #[test]
    fn bad_documents_are_named() {
        let wrong = |text: &str| Exceptions::parse(text).unwrap_err();
        assert!(wrong("version = 2\n").to_string().contains("version 2"));
        assert!(wrong("version = 1\nx = 1\n").to_string().contains('x'));
        let allow = |rest: &str| format!("version = 1\n\n[[allow]]\n{rest}");
        let error = wrong(&allow("rule = \"nothing\"\npaths = [\"/a\"]\nreason = \"r\"\n"));
        assert!(error.hint().unwrap().contains("set-id"));
        assert_eq!(
            wrong(&allow("rule = \"log\"\npaths = [\"/a\"]\nreason = \" \"\n")).to_string(),
            "line 3: an exception without a reason"
        );
        assert_eq!(
            wrong(&allow("rule = \"log\"\npaths = []\nreason = \"r\"\n")).to_string(),
            "line 3: an exception without paths"
        );
        for pattern in ["a", "/[", ""] {
            let error = wrong(&allow(&format!("rule = \"log\"\npaths = [\"{pattern}\"]\nreason = \"r\"\n")));
            assert!(error.to_string().starts_with(&format!("line 3: the pattern `{pattern}`")), "{error}");
        }
    }
}
