//! What a profile has a choice of.

/// How a `Location` is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// With scheme and host.
    Absolute,
    /// From the first slash on; that of a blob or manifest that was made is absent.
    Path,
}

/// What of the `Location` of an upload is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its path alone: every `Location` of an upload is as good as the newest.
    None,
    /// `_state` must have the offset that the upload has: for every request, else 404. An upload whose connection was cut
    /// inside a `PATCH` has an offset that no `Location` names: it is lost.
    Newest,
    /// The same of `PATCH` and `PUT`, else 416 with the right `Location`; the status can always be had.
    NewestToWrite,
}

/// What `Content-Range` of a chunk is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// A chunk that does not begin where the upload ends, or is not as long as it says, is 416, with `Location` and `Range`.
    Checked,
    /// A `PATCH` that does not begin where the upload ends is 416, and the answer says neither; without a range it is good for the
    /// first alone.
    CheckedCurtly,
    /// Nothing.
    Ignored,
}

/// What several `PATCH`es of one upload come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patches {
    /// All of them together.
    Joined,
    /// The last one is the blob, under the digest that was asked for; nothing says so.
    LastOnly,
}

/// When `POST …?mount=&from=` makes a blob; else it begins an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mount {
    /// The other repository has it.
    Known,
    /// The other repository has it, and a manifest there refers to it.
    Referred,
    /// Never.
    Never,
}

/// How `Range` of a blob is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ranges {
    /// As RFC 9110 has it.
    All,
    /// Only one with both ends; others are 416.
    Closed,
}

/// What is asked of a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manifests {
    /// JSON of a known type, under its own digest, all of whose blobs and members are there; else, for these, this status.
    Whole(u16),
    /// Members of an index must be there (404); blobs may be absent, and whatever the name says the real digest counts.
    Members,
}

/// How tags are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagList {
    /// In order, in pages, with `Link`.
    Paged,
    /// In pages without `Link`.
    Unlinked,
    /// All, in no order, whatever was asked for.
    Whole,
}

/// The referrers API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Referrers {
    /// It is there.
    Api,
    /// 404.
    Absent,
    /// 303 to a page for people.
    Elsewhere,
}
