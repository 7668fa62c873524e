use crate::fill::fill;
use sage_oci_derivation::{DerivationBuilder, DerivationError, Derivations, Finished, FixedHash};
use sage_oci_image::canonical;
use sage_oci_names::{Architecture, StorePath};
use sage_oci_recipe::{Graph, Job, Node, OutputName};

/// The builder's name, as its store path has it.
pub const BUILDER: &str = "sage-oci-builder";
/// The builder's program below its store path; it takes no arguments.
pub const PROGRAM: &str = "bin/sage-oci-builder";

/// The variables that a fetch may see from outside: where a proxy is, and whom to trust.
const FETCH_VARIABLES: &str = "http_proxy https_proxy ftp_proxy all_proxy no_proxy NIX_SSL_CERT_FILE SSL_CERT_FILE";

/// A graph's steps as derivations, with every path known.
#[derive(Debug)]
pub struct Emitted {
    derivations: Derivations,
    handles: Vec<Handle>,
}

/// Where a step's outputs will lie.
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
    fn output(&self, name: OutputName) -> Option<&StorePath> {
        match name {
            OutputName::Out => Some(&self.out),
            OutputName::Contents => self.contents.as_ref(),
        }
    }
}

impl Emitted {
    /// Makes derivations that run `builder` on machines of `machine`'s architecture.
    ///
    /// # Errors
    /// A step has a name that Nix does not take.
    pub fn new(graph: &Graph, builder: &StorePath, machine: Architecture) -> Result<Self, DerivationError> {
        let mut emitted = Self { derivations: Derivations::default(), handles: Vec::new() };
        for job in graph.jobs() {
            let described = emitted.describe(graph, job, builder, machine);
            let finished: &Finished = emitted.derivations.add(described)?;
            emitted.handles.push(Handle {
                derivation: finished.path.clone(),
                out: finished.out().clone(),
                contents: finished.output(OutputName::Contents.as_str()).cloned(),
            });
        }
        Ok(emitted)
    }

    /// All derivations, inputs before what uses them.
    pub fn derivations(&self) -> &Derivations {
        &self.derivations
    }

    /// Where the outputs of a step of the graph will lie.
    pub fn handle(&self, node: &Node) -> &Handle {
        &self.handles[node.place()]
    }

    fn describe(&self, graph: &Graph, job: &Job, builder: &StorePath, machine: Architecture) -> DerivationBuilder {
        let mut inputs = Vec::new();
        let mut step = serde_json::to_value(&job.step).expect("steps have string keys and plain values");
        fill(&mut step, &mut |text| {
            let (output, below) = graph.reference(text)?;
            // A step reads what was added before it.
            let path = self.handles[output.place].output(output.name)?;
            inputs.push(output);
            Some(format!("{path}{below}").into())
        });
        let mut derivation = DerivationBuilder::new(&job.name, machine.nix_system(), format!("{builder}/{PROGRAM}"))
            .env("passAsFile", "spec")
            .env("spec", String::from_utf8(canonical(&step)).expect("JSON is UTF-8"))
            .input_source(builder.clone());
        if let Some(nar) = job.fixed {
            derivation = derivation.fixed(FixedHash::Recursive(nar)).env("impureEnvVars", FETCH_VARIABLES);
        }
        if job.outputs() != [OutputName::Out] {
            derivation = derivation.outputs(job.outputs().iter().map(|name| name.as_str()));
        }
        for source in &job.sources {
            derivation = derivation.input_source(source.clone());
        }
        for input in inputs {
            let finished = self.derivations.get(&self.handles[input.place].derivation);
            derivation = derivation.input(finished.expect("it was added"), input.name.as_str());
        }
        derivation
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_names::{Algorithm, Compression, Sha256};
    use sage_oci_recipe::{FetchStep, GenerateKind, GenerateStep, Sealing, Step};
    use std::collections::BTreeMap;

    fn builder() -> StorePath {
        StorePath::parse("/nix/store/00000000000000000000000000000000-sage-oci").unwrap()
    }

    fn fetch(name: &str, mirror: &str) -> Job {
        let step = Step::Fetch(FetchStep { mirrors: vec![mirror.into()], files: Vec::new() });
        Job { fixed: Some(Sha256::new([7; 32])), ..Job::new(name, step) }
    }

    #[test]
    fn a_fetch_keeps_its_path_when_its_mirrors_change() {
        let emit = |mirror| {
            let mut graph = Graph::default();
            let node = graph.add(fetch("debs-a", mirror));
            Emitted::new(&graph, &builder(), Architecture::Amd64).unwrap().handle(&node).clone()
        };
        let (first, second) = (emit("http://mirror"), emit("http://elsewhere"));
        assert_ne!(first.derivation, second.derivation);
        assert_eq!(first.out, second.out);
    }

    #[test]
    fn a_layer_has_two_outputs_and_its_text_names_its_inputs() {
        let mut graph = Graph::default();
        let input = graph.add(fetch("debs-a", "http://mirror"));
        graph.add(fetch("debs-b", "http://mirror"));
        let step = Step::Generate(GenerateStep {
            name: "users".parse().unwrap(),
            sealing: Sealing { epoch: 1, compression: Compression::usual(Algorithm::Zstd) },
            architecture: Architecture::Amd64,
            generate: GenerateKind::Alternatives,
            contents: vec![format!("{}/a.deb", input.out())],
            above: None,
            archives: BTreeMap::new(),
            effects: Vec::new(),
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
            exclude: Vec::new(),
            include: Vec::new(),
        });
        let node = graph.add(Job::new("layer-users", step));
        let emitted = Emitted::new(&graph, &builder(), Architecture::Arm64).unwrap();
        let handle = emitted.handle(&node);
        assert!(handle.contents.is_some());
        let layer = &emitted.derivations().get(&handle.derivation).unwrap().derivation;
        let inputs: Vec<_> = layer.input_derivations.keys().collect();
        assert_eq!(inputs, [&emitted.handle(&input).derivation]);
        assert!(layer.env["spec"].contains(&format!("\"{}/a.deb\"", emitted.handle(&input).out)), "{layer:?}");
        assert_eq!(layer.system, "aarch64-linux");
    }
}
