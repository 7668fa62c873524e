use crate::Step;
use sage_oci_names::{Sha256, StorePath};

/// Takes steps and says where their outputs will lie: a derivation emitter, or a recorder in tests.
pub trait Sink {
    /// What can go wrong.
    type Error;

    /// Adds one step; every input was added before.
    ///
    /// # Errors
    /// The sink's own.
    fn add(&mut self, job: Job) -> Result<Handle, Self::Error>;
}

/// A step with its name and inputs.
#[derive(Debug, Clone)]
pub struct Job {
    /// The derivation's name.
    pub name: String,
    /// What to do.
    pub step: Step,
    /// Outputs of earlier steps that the step reads.
    pub inputs: Vec<Input>,
    /// Store paths that the step reads and no step makes.
    pub sources: Vec<StorePath>,
    /// For a fixed-output step: the digest of its output's NAR.
    pub fixed: Option<Sha256>,
}

impl Job {
    /// Whether the step has a `contents` output beside `out`.
    pub fn has_contents(&self) -> bool {
        match self.step {
            Step::Layer(_) | Step::Bytecode(_) | Step::Generate(_) | Step::Source(_) | Step::Wheel(_) => true,
            Step::Fetch(_)
            | Step::Image(_)
            | Step::Index(_)
            | Step::Links(_)
            | Step::Closure(_)
            | Step::ClosureLayer(_)
            | Step::ClosureTop(_)
            | Step::ClosureImage(_) => false,
        }
    }
}

/// One output of an earlier step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// The derivation that makes it.
    pub derivation: StorePath,
    /// Which output.
    pub output: OutputName,
}

/// The outputs that steps have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputName {
    /// The result.
    Out,
    /// What is in a layer, for later steps.
    Contents,
}

impl OutputName {
    /// Its name in the derivation.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Out => "out",
            Self::Contents => "contents",
        }
    }
}

/// Where an added step's outputs will lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handle {
    /// The derivation.
    pub derivation: StorePath,
    /// Its output `out`.
    pub out: StorePath,
    /// Its output `contents`, where it has one.
    pub contents: Option<StorePath>,
}

impl Handle {
    /// `out` as an input.
    pub fn out_input(&self) -> Input {
        Input { derivation: self.derivation.clone(), output: OutputName::Out }
    }

    /// `contents` as an input.
    pub fn contents_input(&self) -> Input {
        Input { derivation: self.derivation.clone(), output: OutputName::Contents }
    }
}
