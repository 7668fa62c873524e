use crate::store::{Partial, digest};

/// A blob on its way.
pub(crate) struct Upload {
    pub repository: String,
    pub id: String,
    pub partial: Partial,
    /// Where the next chunk begins, as far as clients are told.
    pub offset: u64,
    /// Where the first chunk ended.
    pub first: u64,
    pub patches: u64,
}

impl Upload {
    /// What `_state` says at an offset. The secret that a registry without a fixed one makes at each start is part of it in
    /// distribution; here uploads are lost with it.
    pub fn state(&self) -> String {
        digest(format!("{} {} {}", self.id, self.repository, self.offset).as_bytes())[7..39].to_owned()
    }
}
