use serde::Serialize;

/// In what a thing that was built again differs from what was published, although the same files come of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sameness {
    /// The same archive, compressed otherwise.
    Compression,
    /// The same entries in an archive that is written otherwise: padding, or the style of its headers.
    Archive,
    /// The same files in another order within a layer.
    Order,
    /// The same layers in another order, or the same files in other layers.
    Layers,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// The second build has every byte of the first.
    SameBytes,
    /// The same files with the same metadata come of it.
    SameContent {
        /// What differs all the same.
        differ: Vec<Sameness>,
    },
    /// It could not be built again, or not be compared.
    Inconclusive {
        /// Why.
        why: String,
    },
    /// Something else comes of it.
    Different,
}

impl Verdict {
    /// Its words for people.
    pub fn words(&self) -> String {
        match self {
            Self::SameBytes => "same bytes".to_owned(),
            Self::SameContent { differ } => {
                let differ: Vec<&str> = differ
                    .iter()
                    .map(|one| match one {
                        Sameness::Compression => "compression",
                        Sameness::Archive => "form of the archive",
                        Sameness::Order => "order of files",
                        Sameness::Layers => "layers",
                    })
                    .collect();
                format!("same content (other: {})", differ.join(", "))
            }
            Self::Inconclusive { .. } => "inconclusive".to_owned(),
            Self::Different => "different".to_owned(),
        }
    }

    /// The exit status that says so: 0 for the same bytes, 2 where it is not known, 1 for all else.
    pub fn status(&self) -> u8 {
        match self {
            Self::SameBytes => 0,
            Self::SameContent { .. } | Self::Different => 1,
            Self::Inconclusive { .. } => 2,
        }
    }

    /// The verdict on several things: what is known to differ differs, whatever else could not be told.
    pub fn of_all(all: impl IntoIterator<Item = Self>) -> Self {
        let mut whole = Self::SameBytes;
        for one in all {
            whole = match (whole, one) {
                (Self::SameContent { mut differ }, Self::SameContent { differ: more }) => {
                    differ.extend(more);
                    differ.sort_unstable();
                    differ.dedup();
                    Self::SameContent { differ }
                }
                // The first reason stands.
                (first @ Self::Inconclusive { .. }, Self::Inconclusive { .. }) => first,
                (first, second) => first.max(second),
            };
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inconclusive(why: &str) -> Verdict {
        Verdict::Inconclusive { why: why.to_owned() }
    }

    #[test]
    fn the_worst_that_is_known_is_the_verdict_on_all() {
        let content = |differ: &[Sameness]| Verdict::SameContent { differ: differ.to_vec() };
        assert_eq!(Verdict::of_all([]), Verdict::SameBytes);
        let all = [content(&[Sameness::Order]), Verdict::SameBytes, content(&[Sameness::Compression, Sameness::Order])];
        assert_eq!(Verdict::of_all(all), content(&[Sameness::Compression, Sameness::Order]));
        let all = [content(&[Sameness::Order]), inconclusive("first"), inconclusive("a second"), Verdict::SameBytes];
        assert_eq!(Verdict::of_all(all), inconclusive("first"));
        assert_eq!(Verdict::of_all([Verdict::Different, inconclusive("x")]), Verdict::Different);
        let statuses = [Verdict::SameBytes, content(&[]), Verdict::Different, inconclusive("")].map(|one| one.status());
        assert_eq!(statuses, [0, 1, 1, 2]);
    }
}
