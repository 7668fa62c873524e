use crate::NameError;
use crate::error::text_name;
use std::cmp::Ordering;

/// A Debian version, `[epoch:]upstream[-revision]` (Debian policy 5.6.12).
///
/// Two versions that differ in text may compare equal (`1.0` and `0:1.0`); equality here is Debian's.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DebVersion(Box<str>);

impl DebVersion {
    /// Parses a version.
    ///
    /// # Errors
    /// What dpkg refuses too (deb-version(7)): an epoch that is no number, an empty part, a character that no part may have.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let fail = |why| Err(NameError::new("Debian version", text, why));
        let (epoch, rest) = text.split_once(':').unwrap_or(("0", text));
        if epoch.is_empty() || !epoch.bytes().all(|b| b.is_ascii_digit()) || epoch.parse::<u32>().is_err() {
            return fail("its epoch must be a small number");
        }
        if rest.is_empty() {
            return fail("it has no upstream version");
        }
        if !rest.bytes().all(|b| b.is_ascii_alphanumeric() || b".+-~:".contains(&b)) {
            return fail("only letters, digits and `.+-~:` are allowed");
        }
        if let Some((upstream, revision)) = rest.rsplit_once('-') {
            if upstream.is_empty() {
                return fail("it has no upstream version before its revision");
            }
            if revision.is_empty() {
                return fail("its revision is empty");
            }
            if revision.contains(':') {
                return fail("only letters, digits and `.+~` are allowed in a revision");
            }
        }
        Ok(Self(text.into()))
    }

    /// The epoch, zero where none is written.
    pub fn epoch(&self) -> u32 {
        self.0.split_once(':').and_then(|(epoch, _)| epoch.parse().ok()).unwrap_or(0)
    }

    /// The part between epoch and revision.
    pub fn upstream(&self) -> &str {
        self.halves().0
    }

    /// The part behind the last hyphen, empty where there is none.
    pub fn revision(&self) -> &str {
        self.halves().1
    }

    fn halves(&self) -> (&str, &str) {
        let rest = self.0.split_once(':').map_or(&*self.0, |(_, rest)| rest);
        rest.rsplit_once('-').unwrap_or((rest, ""))
    }
}

text_name!(DebVersion);

impl Ord for DebVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        self.epoch()
            .cmp(&other.epoch())
            .then_with(|| compare_part(self.upstream(), other.upstream()))
            .then_with(|| compare_part(self.revision(), other.revision()))
    }
}

impl PartialOrd for DebVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for DebVersion {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for DebVersion {}

/// The rank of a character in the non-digit parts: `~`, end, letters, everything else.
fn rank(byte: Option<u8>) -> i32 {
    match byte {
        Some(b'~') => -1,
        None => 0,
        Some(b) if b.is_ascii_digit() => 0,
        Some(b) if b.is_ascii_alphabetic() => i32::from(b),
        Some(b) => i32::from(b) + 256,
    }
}

/// Compares upstream versions or revisions: runs of non-digits and runs of digits by turns.
fn compare_part(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.as_bytes(), right.as_bytes());
    while !left.is_empty() || !right.is_empty() {
        while left.first().is_some_and(|b| !b.is_ascii_digit()) || right.first().is_some_and(|b| !b.is_ascii_digit()) {
            let order = rank(left.first().copied()).cmp(&rank(right.first().copied()));
            if order != Ordering::Equal {
                return order;
            }
            left = left.get(1..).unwrap_or(&[]);
            right = right.get(1..).unwrap_or(&[]);
        }
        let (left_digits, left_rest) = digits(left);
        let (right_digits, right_rest) = digits(right);
        let order = left_digits.len().cmp(&right_digits.len()).then_with(|| left_digits.cmp(right_digits));
        if order != Ordering::Equal {
            return order;
        }
        (left, right) = (left_rest, right_rest);
    }
    Ordering::Equal
}

/// Splits a run of digits off, without its leading zeros.
fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    let start = text[..end].iter().position(|b| *b != b'0').unwrap_or(end);
    (&text[start..end], &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn version(text: &str) -> DebVersion {
        DebVersion::parse(text).unwrap()
    }

    #[test]
    fn policy_order() {
        let rising = [
            "1.0~~",
            "1.0~~a",
            "1.0~",
            "1.0",
            "1.0-0ubuntu1",
            "1.0-1",
            "1.0a",
            "1.0+b1",
            "1.0.1",
            "1.2",
            "1.10",
            "1:0.1",
        ];
        for pair in rising.windows(2) {
            assert!(version(pair[0]) < version(pair[1]), "{} < {}", pair[0], pair[1]);
        }
        assert_eq!(version("1.0"), version("0:1.0"));
        assert_eq!(version("1.0"), version("1.00"));
        assert_eq!(version("2.3-1-2").upstream(), "2.3-1");
    }

    proptest! {
        #[test]
        fn order_is_total(a in "[0-9][0-9a-z.+~]{0,8}(-[0-9a-z.+~]{1,4})?", b in "[0-9][0-9a-z.+~]{0,8}", c in "[0-9][0-9a-z.+~]{0,8}") {
            let (a, b, c) = (version(&a), version(&b), version(&c));
            prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
            if a <= b && b <= c {
                prop_assert!(a <= c);
            }
        }
    }
}
