use crate::RunId;
use sage_oci_names::EngineId;
use std::time::Duration;

/// How a load behaves.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    /// How long the engine may neither take nor say anything. Unpacking a large layer on a slow disk is silent.
    pub silence: Duration,
    /// Send every layer, whatever the engine has.
    pub complete: bool,
    /// The run that the container made for the check belongs to.
    pub run: RunId,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self { silence: Duration::from_secs(600), complete: false, run: RunId::unique() }
    }
}

/// What happens during a load, for a progress display.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadEvent {
    /// What the engine has has been found out; this much is sent and left out, in bytes of stored blobs.
    Planned {
        /// Layers left out.
        known: usize,
        /// Layers in all.
        layers: usize,
        /// Bytes to send.
        send: u64,
        /// Bytes left out.
        skip: u64,
    },
    /// So many bytes of the archive have been taken by the engine; more than planned where layers travel decompressed.
    Sent(u64),
    /// Everything is sent; the engine unpacks.
    Unpacking,
    /// The engine did not take the partial archive; a complete one follows.
    Again {
        /// The engine's words.
        why: String,
    },
    /// The engine's view of the image is being checked.
    Checking,
    /// The engine went away while names were moved; it is waited for, to put them back.
    Waiting {
        /// For how long at most.
        seconds: u64,
    },
}

/// The outcome of a load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The image's Id in the engine.
    pub id: EngineId,
    /// Bytes of the archive that were sent.
    pub sent_bytes: u64,
    /// Bytes of stored blobs that were left out.
    pub skipped_bytes: u64,
    /// Whether a complete archive had to follow a partial one.
    pub sent_again: bool,
}

/// Where a load tells what it does.
pub(crate) type Progress<'a> = &'a (dyn Fn(LoadEvent) + Sync);
