use crate::{Commit, Graph, Job, LayerNode, Node, Step};
use sage_oci_definition::Upstream;
use std::collections::BTreeSet;

/// Adds the package's layers once more, without the files that a commit takes the place of; each with the layer whose place it takes.
///
/// Other steps go on reading what is in the packaged layers: so all that they make is the packaged image's by construction, and
/// dpkg's database says of the package what it always says.
pub(crate) fn replace(
    graph: &mut Graph,
    layers: &[LayerNode],
    commit: &Commit,
    upstream: &Upstream,
) -> Vec<(Node, Node)> {
    let left_out: BTreeSet<String> =
        commit.replaced.iter().map(|installed| format!("{}/{installed}", upstream.modules)).collect();
    let modules: BTreeSet<String> = left_out.iter().filter(|path| path.ends_with(".py")).cloned().collect();
    let is_package = |name: &_| *name == upstream.package;
    let mut replaced = Vec::new();
    for layer in layers {
        let mut step = graph.jobs()[layer.node.place()].step.clone();
        let is_changed = match &mut step {
            Step::Layer(step) if step.packages.iter().any(|package| is_package(&package.name)) => {
                step.left_out.clone_from(&left_out);
                !left_out.is_empty()
            }
            Step::Bytecode(step) if step.packages.iter().any(|package| is_package(&package.name)) => {
                step.left_out.clone_from(&modules);
                !modules.is_empty()
            }
            _ => false,
        };
        if is_changed {
            let job = Job::new(format!("layer-{}-replaced", layer.name), step);
            replaced.push((layer.node.clone(), graph.add(job)));
        }
    }
    replaced
}
