use sage_oci_names::{Architecture, DebVersion, NameError, PackageName};
use std::cmp::Ordering;

/// One alternative of a relation field (Debian policy 7.1), such as `libc6 (>= 2.38)` or `python3:any`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// The package or virtual package that is named.
    pub name: PackageName,
    /// The architecture qualifier, if one is written.
    pub qualifier: Option<Qualifier>,
    /// The versions that will do; any where none is written.
    pub version: Option<(Comparison, DebVersion)>,
}

/// What stands behind the colon of a package name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Qualifier {
    /// `:any`: a package of any architecture that is `Multi-Arch: allowed`.
    Any,
    /// `:native`: a package of the machine's own architecture.
    Native,
    /// A named architecture.
    Named(Box<str>),
}

/// How versions are compared (Debian policy 7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `<<`
    Earlier,
    /// `<=`, and the obsolete `<`
    EarlierOrEqual,
    /// `=`
    Equal,
    /// `>=`, and the obsolete `>`
    LaterOrEqual,
    /// `>>`
    Later,
}

impl Comparison {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "<<" => Self::Earlier,
            "<=" | "<" => Self::EarlierOrEqual,
            "=" => Self::Equal,
            ">=" | ">" => Self::LaterOrEqual,
            ">>" => Self::Later,
            _ => return None,
        })
    }

    /// Whether `found` stands in this relation to `wanted`.
    pub fn holds(self, found: &DebVersion, wanted: &DebVersion) -> bool {
        let order = found.cmp(wanted);
        match self {
            Self::Earlier => order == Ordering::Less,
            Self::EarlierOrEqual => order != Ordering::Greater,
            Self::Equal => order == Ordering::Equal,
            Self::LaterOrEqual => order != Ordering::Less,
            Self::Later => order == Ordering::Greater,
        }
    }
}

impl std::fmt::Display for Comparison {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Earlier => "<<",
            Self::EarlierOrEqual => "<=",
            Self::Equal => "=",
            Self::LaterOrEqual => ">=",
            Self::Later => ">>",
        })
    }
}

impl std::fmt::Display for Relation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.name)?;
        match &self.qualifier {
            None => {}
            Some(Qualifier::Any) => f.write_str(":any")?,
            Some(Qualifier::Native) => f.write_str(":native")?,
            Some(Qualifier::Named(architecture)) => write!(f, ":{architecture}")?,
        }
        match &self.version {
            None => Ok(()),
            Some((comparison, version)) => write!(f, " ({comparison} {version})"),
        }
    }
}

/// Why a relation cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, sage_oci_hint::Hint)]
#[error("`{relation}`: {why}")]
pub struct RelationError {
    /// The relation as it is written.
    pub relation: String,
    /// What is wrong with it.
    pub why: String,
}

/// Parses a relation field: what must hold, each as its alternatives in order.
///
/// Alternatives restricted to other architectures (`[arm64]`, `[!amd64]`) fall away, and with its last one a
/// whole relation does. Empty relations, as a trailing comma leaves, are skipped, as dpkg does.
pub fn parse_relations(field: &str, architecture: Architecture) -> Result<Vec<Vec<Relation>>, RelationError> {
    let mut all = Vec::new();
    for group in field.split(',').filter(|group| !group.trim().is_empty()) {
        let mut alternatives = Vec::new();
        for text in group.split('|') {
            alternatives.extend(parse_one(text.trim(), architecture)?);
        }
        if !alternatives.is_empty() {
            all.push(alternatives);
        }
    }
    Ok(all)
}

/// Parses one alternative; `None` when it is for other architectures.
fn parse_one(text: &str, architecture: Architecture) -> Result<Option<Relation>, RelationError> {
    let fail = |why: &str| RelationError { relation: text.to_owned(), why: why.to_owned() };
    let named = |error: NameError| RelationError { relation: text.to_owned(), why: error.to_string() };
    let end = text.find(|c: char| c.is_whitespace() || "([<".contains(c)).unwrap_or(text.len());
    let (name, mut rest) = (&text[..end], text[end..].trim_start());
    let (name, qualifier) = match name.split_once(':') {
        None => (name, None),
        Some((name, "any")) => (name, Some(Qualifier::Any)),
        Some((name, "native")) => (name, Some(Qualifier::Native)),
        Some((_, "")) => return Err(fail("the architecture behind `:` is missing")),
        Some((name, other)) => (name, Some(Qualifier::Named(other.into()))),
    };
    let mut version = None;
    if let Some(inside) = rest.strip_prefix('(') {
        let (inside, behind) = inside.split_once(')').ok_or_else(|| fail("a `)` is missing"))?;
        let split = inside.find(|c: char| !"<=> \t\n".contains(c)).ok_or_else(|| fail("the version is missing"))?;
        let comparison = Comparison::parse(inside[..split].trim())
            .ok_or_else(|| fail("versions are compared with <<, <=, =, >= or >>"))?;
        version = Some((comparison, DebVersion::parse(inside[split..].trim()).map_err(named)?));
        rest = behind.trim_start();
    }
    let mut applies = true;
    if let Some(inside) = rest.strip_prefix('[') {
        let (inside, behind) = inside.split_once(']').ok_or_else(|| fail("a `]` is missing"))?;
        applies = restriction_holds(inside, architecture);
        rest = behind.trim_start();
    }
    if !rest.is_empty() {
        return Err(fail("something follows that is no version and no list of architectures"));
    }
    let name = PackageName::parse(name).map_err(named)?;
    Ok(applies.then_some(Relation { name, qualifier, version }))
}

/// Whether a list such as `amd64 arm64` or `!i386` holds for an architecture (Debian policy 7.1, 11.1).
fn restriction_holds(list: &str, architecture: Architecture) -> bool {
    // The wildcards are those of policy 11.1.1: `any`, `os-any`, `any-cpu`.
    let any_cpu = format!("any-{architecture}");
    let own = [architecture.debian(), "any", "linux-any", any_cpu.as_str()];
    let (forbidden, allowed): (Vec<&str>, Vec<&str>) = list.split_whitespace().partition(|word| word.starts_with('!'));
    let is_forbidden = forbidden.iter().any(|word| own.contains(&&word[1..]));
    !is_forbidden && (allowed.is_empty() || allowed.iter().any(|word| own.contains(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(field: &str) -> Vec<String> {
        let groups = parse_relations(field, Architecture::Amd64).unwrap();
        groups.iter().map(|g| g.iter().map(Relation::to_string).collect::<Vec<_>>().join(" | ")).collect()
    }

    #[test]
    fn policy_forms() {
        assert_eq!(
            parse("libc6 (>= 2.38), python3:any (>=3.11~) |python3.13 , foo:native( <<1:2-3 ),\n bar (< 2),"),
            ["libc6 (>= 2.38)", "python3:any (>= 3.11~) | python3.13", "foo:native (<< 1:2-3)", "bar (<= 2)"]
        );
        assert!(parse(" \n").is_empty());
    }

    #[test]
    fn architectures_restrict() {
        assert_eq!(
            parse("aa [amd64], bb [arm64] | cc [!i386], dd [!amd64], ee (= 1) [linux-any]"),
            ["aa", "cc", "ee (= 1)"]
        );
        // Wildcards of policy 11.1.1.
        assert_eq!(parse("aa [any-amd64], bb [any-arm64], cc [!any-amd64], dd [kfreebsd-any]"), ["aa"]);
        assert_eq!(parse("aa [i386 amd64], bb [!i386 !amd64], cc [any]"), ["aa", "cc"]);
    }

    #[test]
    fn malformed_relations_are_named() {
        for bad in
            ["Foo", "foo (>= 1", "foo (1)", "foo (=)", "foo (== 1)", "foo bar", "foo [amd64", "foo:", "foo (>= a b)"]
        {
            let error = parse_relations(bad, Architecture::Amd64).unwrap_err();
            assert!(error.to_string().contains(bad), "{bad}: {error}");
        }
    }

    #[test]
    fn comparisons() {
        let holds = |text: &str, found: &str| {
            let groups = parse_relations(text, Architecture::Amd64).unwrap();
            let (comparison, wanted) = groups[0][0].version.clone().unwrap();
            comparison.holds(&DebVersion::parse(found).unwrap(), &wanted)
        };
        assert!(holds("xx (>= 1.0)", "1.0") && holds("xx (>> 1.0)", "1.0.1") && holds("xx (<< 1.0)", "1.0~rc1"));
        assert!(!holds("xx (>> 1.0)", "1.0") && !holds("xx (= 1.0)", "1.0-1") && holds("xx (<= 1.0)", "1.0"));
    }
}
