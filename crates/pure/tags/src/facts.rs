use crate::{ImageVersion, Tag, TagsError};
use sage_oci_names::{BlobDigest, ChannelName};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// The annotation with the version (OCI image spec, "Annotations").
pub const VERSION: &str = "org.opencontainers.image.version";
/// The annotation with the date of Debian's index: the lock's, not a clock's.
pub const CREATED: &str = "org.opencontainers.image.created";
/// The annotation with the source's own version, where the image is of a chosen revision of it; [`VERSION`] has the image's tag then.
pub const UPSTREAM: &str = "org.sage-oci.upstream.version";
/// The annotation with the channel.
pub const CHANNEL: &str = "org.sage-oci.channel";

/// What decides over an image's tags. All of it is a function of the image's inputs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The digest of its manifest or index.
    pub digest: BlobDigest,
    /// The version of what it carries.
    pub version: ImageVersion,
    /// The channel that it was made from.
    pub channel: ChannelName,
    /// The date of the newest index of the channel, in seconds since 1970.
    pub created: i64,
    /// The committer's date of the commit that asked for the image, in seconds since 1970; from the test report beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revised: Option<i64>,
    /// The one tag of an image of a chosen revision of the source; none of a packaged release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<Tag>,
}

/// How an image stands to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// They are one: their digests are equal.
    Same,
    /// It is older.
    Older,
    /// It is newer.
    Newer,
    /// Neither: all that orders images is equal.
    Equal,
    /// Neither: version and date are equal, and the commit of at least one is not known.
    Unknown,
}

impl Facts {
    /// Reads an image's annotations; `revised` comes from the report beside the image.
    ///
    /// # Errors
    /// [`TagsError`] names the annotation that is missing or cannot be read.
    pub fn read(
        digest: BlobDigest,
        annotations: &BTreeMap<String, String>,
        revised: Option<i64>,
    ) -> Result<Self, TagsError> {
        let value =
            |annotation| annotations.get(annotation).map(String::as_str).ok_or(TagsError::NoAnnotation { annotation });
        let (name, channel, created) = (value(VERSION)?, value(CHANNEL)?, value(CREATED)?);
        let of_revision = annotations.get(UPSTREAM).map(String::as_str);
        let (of, version) = of_revision.map_or((VERSION, name), |version| (UPSTREAM, version));
        let bad = |annotation, value: &str, why: String| TagsError::BadAnnotation {
            annotation,
            value: value.to_owned(),
            why,
        };
        Ok(Self {
            digest,
            version: ImageVersion::parse(version).map_err(|error| bad(of, version, error.to_string()))?,
            channel: ChannelName::parse(channel).map_err(|error| bad(CHANNEL, channel, error.to_string()))?,
            created: created
                .parse::<jiff::Timestamp>()
                .map_err(|_| bad(CREATED, created, "it is no date as 2026-10-30T08:21:14Z".to_owned()))?
                .as_second(),
            revised,
            own: of_revision
                .map(|_| Tag::parse(name).map_err(|error| bad(VERSION, name, error.to_string())))
                .transpose()?,
        })
    }

    /// How this image stands to another: by version, then date of the index, then date of the commit.
    ///
    /// This is a strict partial order on images; [`Order::Equal`] and [`Order::Unknown`] are where it says nothing.
    pub fn order(&self, other: &Self) -> Order {
        if self.digest == other.digest {
            return Order::Same;
        }
        let known = self.version.cmp(&other.version).then(self.created.cmp(&other.created));
        match (known, self.revised, other.revised) {
            (Ordering::Less, ..) => Order::Older,
            (Ordering::Greater, ..) => Order::Newer,
            (Ordering::Equal, Some(own), Some(theirs)) => match own.cmp(&theirs) {
                Ordering::Less => Order::Older,
                Ordering::Greater => Order::Newer,
                Ordering::Equal => Order::Equal,
            },
            (Ordering::Equal, ..) => Order::Unknown,
        }
    }

    /// Whether this image is newer than another.
    pub fn is_newer_than(&self, other: &Self) -> bool {
        self.order(other) == Order::Newer
    }
}

/// As people are told: `10.10 of sid, 2026-10-30T08:21:14Z`, or `my-branch (10.10) of sid, ...`.
impl std::fmt::Display for Facts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.own {
            Some(own) => write!(f, "{own} ({}) of {}, ", self.version, self.channel)?,
            None => write!(f, "{} of {}, ", self.version, self.channel)?,
        }
        match jiff::Timestamp::from_second(self.created) {
            Ok(date) => write!(f, "{date}"),
            Err(_) => write!(f, "{}", self.created),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_hint::Hint;

    fn digest(text: &str) -> BlobDigest {
        BlobDigest::parse(&format!("sha256:{}", text.repeat(32))).unwrap()
    }

    fn annotations(version: &str, created: &str) -> BTreeMap<String, String> {
        [(VERSION, version), (CHANNEL, "sid"), (CREATED, created)]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into()
    }

    fn facts(hex: &str, version: &str, created: &str, revised: Option<i64>) -> Facts {
        Facts::read(digest(hex), &annotations(version, created), revised).unwrap()
    }

    #[test]
    fn annotations_are_read() {
        let read = facts("aa", "10.10-rc2", "2026-10-30T08:21:14Z", Some(7));
        assert_eq!(read.to_string(), "10.10.rc2 of sid, 2026-10-30T08:21:14Z");
        assert_eq!((read.created, read.revised), (1_793_348_474, Some(7)));
        let again: Facts = serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
        assert_eq!(again, read);
    }

    #[test]
    fn an_image_of_a_revision_says_its_tag_and_its_version() {
        let mut of_branch = annotations("my-branch", "2026-10-30T08:21:14Z");
        assert!(Facts::read(digest("aa"), &of_branch, None).is_err(), "a release is called by its version");
        of_branch.insert(UPSTREAM.to_owned(), "11.0.beta4".to_owned());
        let read = Facts::read(digest("aa"), &of_branch, None).unwrap();
        assert_eq!(read.own, Some(Tag::parse("my-branch").unwrap()));
        assert_eq!(read.to_string(), "my-branch (11.0.beta4) of sid, 2026-10-30T08:21:14Z");
        let again: Facts = serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
        assert_eq!(again, read);
        for (key, value) in [(VERSION, "a/b"), (UPSTREAM, "x")] {
            let bad = of_branch.clone().into_iter().chain([(key.to_owned(), value.to_owned())]).collect();
            let error = Facts::read(digest("aa"), &bad, None).unwrap_err();
            assert!(matches!(error, TagsError::BadAnnotation { annotation, .. } if annotation == key), "{error}");
        }
    }

    #[test]
    fn a_missing_or_bad_annotation_is_named() {
        let good = annotations("10.10", "2026-10-30T08:21:14Z");
        for key in [VERSION, CHANNEL, CREATED] {
            let mut without = good.clone();
            without.remove(key);
            let error = Facts::read(digest("aa"), &without, None).unwrap_err();
            assert_eq!(error, TagsError::NoAnnotation { annotation: key });
            assert!(error.hint().is_some());
            let with = good.clone().into_iter().chain([(key.to_owned(), "? !".to_owned())]).collect();
            let error = Facts::read(digest("aa"), &with, None).unwrap_err();
            assert!(matches!(error, TagsError::BadAnnotation { annotation, .. } if annotation == key), "{error}");
        }
    }

    #[test]
    fn the_order_of_images() {
        let (old, new) = ("2026-10-30T08:21:14Z", "2026-11-01T00:00:00Z");
        let first = facts("aa", "10.10", old, Some(5));
        for (other, order) in [
            (facts("aa", "10.11", new, None), Order::Same),
            (facts("bb", "10.11", "2020-01-01T00:00:00Z", None), Order::Older),
            (facts("bb", "10.10", new, None), Order::Older),
            (facts("bb", "10.10", old, Some(6)), Order::Older),
            (facts("bb", "10.10", old, Some(4)), Order::Newer),
            (facts("bb", "10.10.rc1", new, Some(6)), Order::Newer),
            (facts("bb", "10.10", old, Some(5)), Order::Equal),
            (facts("bb", "10.10", old, None), Order::Unknown),
        ] {
            assert_eq!(first.order(&other), order, "{other}");
        }
    }
}
