//! Build steps as Nix derivations, straight from Rust: no evaluator and no nixpkgs.
//!
//! A step's JSON goes into the variable `spec`, which Nix hands to the builder as a file (`passAsFile`), since a variable of
//! a process holds at most 128 KiB. The builder is the tool itself, one static binary in the store.
//!
//! `nix/derivation.nix` says the same in the Nix language, for the flake: both give the same `.drv` paths. So the JSON has
//! the form that `builtins.toJSON` writes: keys sorted, no white space.

mod dot;

pub use dot::dot;
use sage_oci_derivation::{DerivationBuilder, DerivationError, Derivations, Finished, FixedHash};
use sage_oci_image::canonical;
use sage_oci_names::{Architecture, StorePath};
use sage_oci_recipe::{Handle, Job, Sink};

/// The tool's program below its store path.
pub const PROGRAM: &str = "bin/sage-oci";

/// The variables that a fetch may see from outside: where a proxy is, and whom to trust.
const FETCH_VARIABLES: &str = "http_proxy https_proxy ftp_proxy all_proxy no_proxy NIX_SSL_CERT_FILE SSL_CERT_FILE";

/// Why a step has no derivation.
#[derive(Debug, thiserror::Error)]
pub enum EmitError {
    /// Nix would not take it.
    #[error(transparent)]
    Derivation(#[from] DerivationError),
    /// An input that was never added.
    #[error("the step `{name}` reads {input}, which was not added before it")]
    UnknownInput {
        /// The derivation's name.
        name: String,
        /// The input.
        input: StorePath,
    },
}

/// A sink that makes derivations.
#[derive(Debug)]
pub struct Emitter {
    tool: StorePath,
    system: &'static str,
    derivations: Derivations,
}

impl Emitter {
    /// Makes derivations that run `tool` on machines of `machine`'s architecture.
    pub fn new(tool: StorePath, machine: Architecture) -> Self {
        Self { tool, system: machine.nix_system(), derivations: Derivations::default() }
    }

    /// All derivations, inputs before what uses them.
    pub fn derivations(&self) -> &Derivations {
        &self.derivations
    }

    fn describe(&self, job: &Job) -> Result<DerivationBuilder, EmitError> {
        let spec = String::from_utf8(canonical(&job.step)).expect("JSON is UTF-8");
        let mut builder = DerivationBuilder::new(&job.name, self.system, format!("{}/{PROGRAM}", self.tool))
            .arg("builder")
            .env("passAsFile", "spec")
            .env("spec", spec)
            .input_source(self.tool.clone());
        if let Some(nar) = job.fixed {
            builder = builder.fixed(FixedHash::Recursive(nar)).env("impureEnvVars", FETCH_VARIABLES);
        }
        if job.has_contents() {
            builder = builder.outputs(["out", "contents"]);
        }
        for source in &job.sources {
            builder = builder.input_source(source.clone());
        }
        for input in &job.inputs {
            let finished = self
                .derivations
                .get(&input.derivation)
                .ok_or_else(|| EmitError::UnknownInput { name: job.name.clone(), input: input.derivation.clone() })?;
            builder = builder.input(finished, input.output.as_str());
        }
        Ok(builder)
    }
}

impl Sink for Emitter {
    type Error = EmitError;

    fn add(&mut self, job: Job) -> Result<Handle, EmitError> {
        let builder = self.describe(&job)?;
        let finished: &Finished = self.derivations.add(builder)?;
        Ok(Handle {
            derivation: finished.path.clone(),
            out: finished.out().clone(),
            contents: finished.output("contents").cloned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_names::Sha256;
    use sage_oci_recipe::{FetchStep, GenerateKind, GenerateStep, Sealing, Step};
    use std::collections::BTreeMap;

    fn tool() -> StorePath {
        StorePath::parse("/nix/store/00000000000000000000000000000000-sage-oci").unwrap()
    }

    fn fetch(name: &str) -> Job {
        let step = Step::Fetch(FetchStep { mirrors: vec!["http://mirror".into()], files: Vec::new() });
        Job { name: name.into(), step, inputs: Vec::new(), sources: Vec::new(), fixed: Some(Sha256::new([7; 32])) }
    }

    #[test]
    fn a_fetch_keeps_its_path_when_its_mirrors_change() {
        let mut one = Emitter::new(tool(), Architecture::Amd64);
        let mut other = Emitter::new(tool(), Architecture::Amd64);
        let first = one.add(fetch("debs-a")).unwrap();
        let mut job = fetch("debs-a");
        job.step = Step::Fetch(FetchStep { mirrors: vec!["http://elsewhere".into()], files: Vec::new() });
        let second = other.add(job).unwrap();
        assert_ne!(first.derivation, second.derivation);
        assert_eq!(first.out, second.out);
    }

    #[test]
    fn a_layer_has_two_outputs_and_names_its_inputs() {
        let mut emitter = Emitter::new(tool(), Architecture::Arm64);
        let input = emitter.add(fetch("debs-a")).unwrap();
        let step = Step::Generate(GenerateStep {
            name: "users".parse().unwrap(),
            sealing: Sealing { epoch: 1, compression: "zstd".into(), level: 3 },
            architecture: Architecture::Amd64,
            generate: GenerateKind::Alternatives,
            contents: vec![format!("{}", input.out)],
            above: None,
            archives: BTreeMap::new(),
            effects: Vec::new(),
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
            exclude: Vec::new(),
            include: Vec::new(),
        });
        let job =
            Job { name: "layer-users".into(), step, inputs: vec![input.out_input()], sources: Vec::new(), fixed: None };
        let handle = emitter.add(job).unwrap();
        assert!(handle.contents.is_some());
        let finished = emitter.derivations().get(&handle.derivation).unwrap();
        assert!(finished.references.contains(&input.derivation));
        assert_eq!(finished.derivation.system, "aarch64-linux");
    }
}
