use crate::Here;
use sage_oci_derivation::Derivations;
use sage_oci_image::{Image, ImageSource};
use sage_oci_names::{LayerName, StorePath};
use sage_oci_verify::{Emulate, FoundLock, Variation};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// An image, and what it is said to be made of.
pub struct Request<'r> {
    /// What it is called in the report.
    pub subject: String,
    /// Where it is.
    pub source: &'r dyn ImageSource,
    /// Its documents.
    pub image: &'r Image,
    /// Whether the place has layers as they were published; an engine has them unpacked.
    pub keeps_blobs: bool,
    /// The lock that these derivations are of, for the report.
    pub lock: Option<FoundLock>,
    /// The derivations of what it should be made of.
    pub derivations: &'r Derivations,
    /// Its layers, bottom first, and the derivation of each.
    pub layers: Vec<(LayerName, StorePath)>,
    /// The derivation of the whole.
    pub top: StorePath,
    /// What is fetched: by output, the files by name, and where they are here.
    pub archives: Vec<(StorePath, Vec<(String, PathBuf)>)>,
    /// The builder's program.
    pub builder: &'r [u8],
    /// What starts programs that are traced: this program, if it calls [`sage_oci_trace::enter`].
    pub launcher: PathBuf,
    /// Only this layer.
    pub only: Option<LayerName>,
    /// What is to be varied.
    pub wanted: BTreeSet<Variation>,
    /// Which layers an emulator builds where the kind of processor is to be varied.
    pub emulate: Emulate,
    /// What this machine allows.
    pub here: Here,
    /// How many builders run at once.
    pub jobs: usize,
    /// Where there is room for two builds.
    pub folder: PathBuf,
}

/// Who hears what is going on.
pub trait Watch: Sync {
    /// A part of the work begins.
    fn begins(&self, what: &str);
    /// A step was built, and how many are left; no for an end.
    fn built(&self, name: &str, left: usize) -> bool;
}
