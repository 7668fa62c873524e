use crate::{Judged, Rule};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The version of the report; it grows when a key changes its meaning.
pub const FORMAT: u64 = 1;
/// How many findings of a rule are told where not all are asked for.
const MOST: usize = 20;

/// What `lint --json` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// [`FORMAT`].
    pub format: u64,
    /// What was looked at, as it was named.
    pub subject: String,
    /// The digest of its manifest, or the engine's Id.
    pub digest: String,
    /// How many paths it has.
    pub paths: usize,
    /// How many packages.
    pub packages: usize,
    /// Every rule.
    pub rules: Vec<RuleReport>,
}

/// What came of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleReport {
    /// The rule.
    pub rule: Rule,
    /// What breaks it.
    pub found: Vec<Told>,
    /// What breaks it and may, by the exceptions.
    pub allowed: Vec<Told>,
    /// Patterns of exceptions that name nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stale: Vec<String>,
    /// Why it could not be held against the image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unchecked: Option<String>,
}

/// A path that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The path, with a slash before it.
    pub path: String,
    /// The package that has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// What is wrong.
    pub what: String,
    /// Why it may be so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Report {
    /// Puts it together.
    pub fn new(subject: String, digest: String, judged: Judged, unchecked: &BTreeMap<Rule, String>) -> Self {
        let mut rules: BTreeMap<Rule, RuleReport> = BTreeMap::new();
        for rule in Rule::ALL {
            let unchecked = unchecked.get(&rule).cloned();
            let (found, allowed, stale) = (Vec::new(), Vec::new(), Vec::new());
            rules.insert(rule, RuleReport { rule, found, allowed, stale, unchecked });
        }
        let told = |finding: crate::Finding, reason| Told {
            path: finding.path.absolute(),
            package: finding.package,
            what: finding.what,
            reason,
        };
        for finding in judged.found {
            rules.entry(finding.rule).and_modify(|rule| rule.found.push(told(finding, None)));
        }
        for (finding, reason) in judged.allowed {
            rules.entry(finding.rule).and_modify(|rule| rule.allowed.push(told(finding, Some(reason))));
        }
        for (of, pattern) in judged.stale {
            rules.entry(of).and_modify(|rule| rule.stale.push(pattern));
        }
        let rules = rules.into_values().collect();
        Self { format: FORMAT, subject, digest, paths: 0, packages: 0, rules }
    }

    /// Whether nothing breaks a rule without a reason, no exception is stale, and every rule was held against it.
    pub fn is_clean(&self) -> bool {
        self.rules.iter().all(|rule| rule.found.is_empty() && rule.stale.is_empty() && rule.unchecked.is_none())
    }
}

/// The report as people read it; `all` tells what is allowed, too, and every finding.
pub fn text(report: &Report, all: bool) -> String {
    let mut text = String::new();
    for rule in &report.rules {
        part(&mut text, rule, all);
    }
    let sum = |of: fn(&RuleReport) -> usize| report.rules.iter().map(of).sum::<usize>();
    let (found, allowed) = (sum(|rule| rule.found.len()), sum(|rule| rule.allowed.len()));
    let (stale, unchecked) = (sum(|rule| rule.stale.len()), sum(|rule| usize::from(rule.unchecked.is_some())));
    let mut rest = format!("{} paths, {} packages, {} rules", report.paths, report.packages, report.rules.len());
    for (count, what) in [(stale, "exceptions that name nothing"), (unchecked, "rules not checked")] {
        if count > 0 {
            _ = write!(rest, ", {count} {what}");
        }
    }
    let verdict = if report.is_clean() { "clean" } else { "not clean" };
    _ = write!(text, "{}: {verdict}: {found} found, {allowed} allowed ({rest})", report.subject);
    text
}

fn part(text: &mut String, rule: &RuleReport, all: bool) {
    let name = rule.rule.name();
    if let Some(why) = &rule.unchecked {
        _ = writeln!(text, "{name}: not checked: {why}");
    }
    let most = if all { usize::MAX } else { MOST };
    if !rule.found.is_empty() {
        _ = writeln!(text, "{name}: {} ({})", rule.found.len(), rule.rule.about());
        lines(text, &rule.found, most);
    }
    if all && !rule.allowed.is_empty() {
        _ = writeln!(text, "{name}, allowed: {}", rule.allowed.len());
        let mut by_reason: BTreeMap<&str, Vec<Told>> = BTreeMap::new();
        for told in &rule.allowed {
            by_reason.entry(told.reason.as_deref().unwrap_or_default()).or_default().push(told.clone());
        }
        for (reason, told) in by_reason {
            _ = writeln!(text, "  {} because {reason}", told.len());
            lines(text, &told, most);
        }
    }
    for pattern in &rule.stale {
        _ = writeln!(text, "{name}: the exception `{pattern}` names nothing: take it away");
    }
}

fn lines(text: &mut String, told: &[Told], most: usize) {
    for told in told.iter().take(most) {
        let package = told.package.as_ref().map(|package| format!(" ({package})")).unwrap_or_default();
        _ = writeln!(text, "    {}{package}: {}", told.path, told.what);
    }
    if told.len() > most {
        _ = writeln!(text, "    and {} more: `--all` names them", told.len() - most);
    }
}
