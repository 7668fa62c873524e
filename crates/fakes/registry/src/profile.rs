use crate::Accounts;
use crate::manner::{Location, Manifests, Mount, Order, Patches, Ranges, Referrers, State, TagList};

/// How a registry behaves. Take one of the named ones and change what a test is about.
///
/// Each named profile says in a test what it was held to: tried on the real service, or read in its documentation or threads.
#[derive(Debug, Clone)]
pub struct Profile {
    /// For messages.
    pub name: &'static str,
    /// `Location` of an upload.
    pub location: Location,
    /// What of its `Location` an upload checks.
    pub state: State,
    /// What `Content-Range` is good for.
    pub order: Order,
    /// Whether what came of a `PUT` that was cut, or that did not make the digest, stays in the upload.
    pub keeps_failed_put: bool,
    /// The status of a `PATCH` that went well.
    pub patch_status: u16,
    /// A `PATCH` with `Content-Range` of more bytes is answered 416; one without is a stream and may be as long as it likes.
    pub patch_limit: Option<u64>,
    /// What several `PATCH`es come to.
    pub patches: Patches,
    /// Whether `Range` of an answer to `PATCH` and of the status says for ever where the first chunk ended.
    pub stuck_range: bool,
    /// Whether an upload's status can be had, and an upload cancelled; else 400.
    pub status: bool,
    /// Whether `POST …?digest=` takes a whole blob; else the digest and the body are ignored, 202.
    pub post_digest: bool,
    /// When a blob can be mounted.
    pub mount: Mount,
    /// How ranges of a blob are understood.
    pub ranges: Ranges,
    /// The first `HEAD` of a blob after its first push, and the first manifest that names it, do not find it.
    pub late: bool,
    /// What is asked of a manifest.
    pub manifests: Manifests,
    /// Whether an OCI manifest is 404 to one whose `Accept` does not name its type.
    pub wants_accept: bool,
    /// Whether `PUT …/manifests/DIGEST?tag=A&tag=B` moves tags, too, and says so in `OCI-Tag`.
    pub tag_query: bool,
    /// Whether a manifest of a repository without any is `NAME_UNKNOWN`, not `MANIFEST_UNKNOWN`.
    pub knows_names: bool,
    /// Status and code of the deletion of a tag; `None`: it is possible.
    pub tag_deletion: Option<(u16, &'static str)>,
    /// Patterns of tags that cannot move once they are there: 403, for the same digest too.
    pub immutable: Vec<String>,
    /// How tags are listed.
    pub tags: TagList,
    /// The referrers API.
    pub referrers: Referrers,
    /// Whether a manifest with a subject is answered with `OCI-Subject`.
    pub oci_subject: bool,
    /// Whether names are held to the grammar of the spec.
    pub checks_names: bool,
    /// So many manifests can be had (`GET`; `HEAD` is free), then 429.
    pub pulls: Option<u64>,
    /// Who may do what.
    pub accounts: Accounts,
}

impl Profile {
    /// Everything by the letter of the distribution spec 1.1.
    pub fn plain() -> Self {
        Self {
            name: "plain",
            location: Location::Absolute,
            state: State::None,
            order: Order::Checked,
            keeps_failed_put: true,
            patch_status: 202,
            patch_limit: None,
            patches: Patches::Joined,
            stuck_range: false,
            status: true,
            post_digest: true,
            mount: Mount::Known,
            ranges: Ranges::All,
            late: false,
            manifests: Manifests::Whole(404),
            wants_accept: false,
            tag_query: false,
            knows_names: false,
            tag_deletion: None,
            immutable: Vec::new(),
            tags: TagList::Paged,
            referrers: Referrers::Api,
            oci_subject: true,
            checks_names: true,
            pulls: None,
            accounts: Accounts::bearer(),
        }
    }

    /// Debian's `docker-registry` 2.8.
    pub fn distribution2() -> Self {
        Self {
            name: "distribution2",
            state: State::Newest,
            order: Order::Ignored,
            post_digest: false,
            manifests: Manifests::Whole(400),
            wants_accept: true,
            tag_deletion: Some((400, "DIGEST_INVALID")),
            tags: TagList::Whole,
            referrers: Referrers::Absent,
            oci_subject: false,
            checks_names: false,
            accounts: Accounts::basic(),
            ..Self::plain()
        }
    }

    /// CNCF's distribution 3.
    pub fn distribution3() -> Self {
        Self {
            name: "distribution3",
            state: State::NewestToWrite,
            order: Order::Checked,
            tag_deletion: None,
            tags: TagList::Paged,
            checks_names: true,
            ..Self::distribution2()
        }
    }

    /// Docker Hub.
    pub fn docker_hub() -> Self {
        Self {
            name: "docker-hub",
            referrers: Referrers::Absent,
            pulls: Some(100),
            accounts: Accounts::bearer(),
            ..Self::distribution3()
        }
        .sends_subject()
    }

    /// GitHub's `ghcr.io`.
    pub fn ghcr() -> Self {
        Self {
            name: "ghcr",
            location: Location::Path,
            order: Order::Ignored,
            patch_limit: Some(4 << 20),
            patches: Patches::LastOnly,
            late: true,
            referrers: Referrers::Elsewhere,
            oci_subject: false,
            ..Self::plain()
        }
    }

    /// GitLab's registry, with a job's token.
    pub fn gitlab() -> Self {
        Self {
            name: "gitlab",
            state: State::Newest,
            tag_deletion: Some((403, "DENIED")),
            referrers: Referrers::Absent,
            oci_subject: false,
            manifests: Manifests::Whole(400),
            accounts: Accounts::bearer().token_seconds(300),
            ..Self::plain()
        }
    }

    /// Amazon's ECR.
    pub fn ecr() -> Self {
        Self {
            name: "ecr",
            patch_status: 201,
            stuck_range: true,
            mount: Mount::Referred,
            accounts: Accounts::basic(),
            ..Self::plain()
        }
    }

    /// `crane registry serve` 0.20.
    pub fn crane() -> Self {
        Self {
            name: "crane",
            location: Location::Path,
            order: Order::CheckedCurtly,
            keeps_failed_put: false,
            patch_status: 204,
            status: false,
            mount: Mount::Never,
            ranges: Ranges::Closed,
            manifests: Manifests::Members,
            knows_names: true,
            tags: TagList::Unlinked,
            referrers: Referrers::Absent,
            oci_subject: false,
            checks_names: false,
            accounts: Accounts::basic(),
            ..Self::plain()
        }
    }

    /// All named ones.
    pub fn all() -> Vec<Self> {
        vec![
            Self::plain(),
            Self::distribution2(),
            Self::distribution3(),
            Self::docker_hub(),
            Self::ghcr(),
            Self::gitlab(),
            Self::ecr(),
            Self::crane(),
        ]
    }

    /// With these accounts.
    pub fn with(mut self, accounts: impl FnOnce(Accounts) -> Accounts) -> Self {
        self.accounts = accounts(self.accounts);
        self
    }

    /// Tags that match do not move (`*` any characters, `?` any one).
    pub fn immutable(mut self, pattern: &str) -> Self {
        self.immutable.push(pattern.to_owned());
        self
    }

    fn sends_subject(mut self) -> Self {
        self.oci_subject = true;
        self
    }
}
