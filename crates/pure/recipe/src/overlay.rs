//! The layers that a commit puts over an image's own, and what compiles them.

use crate::stack::{Stack, contents};
use crate::toolchain::{SYSROOT, Toolchain};
use crate::{
    CheckoutStep, Commit, Graph, Interpreter, Job, LayerNode, Node, OverlayFile, OverlayStep, RecipeError, RunCommand,
    RunStep, Sealing, Step,
};
use sage_oci_definition::{Resolved, Upstream};
use sage_oci_meson::NOT_FOUND;
use sage_oci_names::{LayerName, StorePath};
use sage_oci_rebuild::{Change, ModuleBuild, Skeleton};
use sage_oci_source::BlobId;
use std::collections::{BTreeMap, BTreeSet};

/// The folder, in the root that compilers run in, where a tree lies. Cython writes paths below it into docstrings, where programs
/// look for the last part that begins with a package's name: nothing before it may look like one.
pub const PLACE: &str = "/build";
/// The build folder below it.
pub const BUILD: &str = "builddir";

/// What meson looked for in vain, in what [`configure`] makes.
pub const NOT_FOUND_LOG: &str = "not-found.log";

/// Modules are spread over so many layers by name, so that the next edit moves the layer of its module alone.
const SPREAD: u64 = 8;

/// What lays out a tree's skeleton and lets meson look at it.
pub fn configure(
    graph: &mut Graph,
    toolchain: &Toolchain,
    upstream: &Upstream,
    skeleton: &Skeleton,
    contents: &BTreeMap<BlobId, StorePath>,
) -> Result<Node, RecipeError> {
    let files = placed(skeleton.texts.iter(), contents)?;
    let options: Vec<String> = upstream.options.iter().map(|option| shell_word(option)).collect();
    let keep = ["build.ninja", "meson-info/intro-install_plan.json", NOT_FOUND_LOG, &upstream.folder];
    let step = RunStep {
        root: toolchain.root.out().to_string(),
        mounts: BTreeMap::new(),
        subject: "meson setup".to_owned(),
        folder: PLACE.to_owned(),
        files,
        empty: skeleton.names.clone(),
        folders: BTreeSet::new(),
        env: BTreeMap::new(),
        directory: String::new(),
        commands: vec![RunCommand {
            // The whole log names temporary files and times.
            line: format!(
                "meson setup {PLACE}/{BUILD} {PLACE} {} && sed -n '/{NOT_FOUND}/p' {PLACE}/{BUILD}/meson-logs/meson-log.txt >{PLACE}/{BUILD}/{NOT_FOUND_LOG}",
                options.join(" ")
            ),
            after: BTreeSet::new(),
        }],
        keep: keep.iter().map(|path| (format!("{BUILD}/{path}"), (*path).to_owned())).collect(),
        reads: BTreeMap::new(),
    };
    let sources = skeleton.texts.values().filter_map(|id| contents.get(id).cloned());
    Ok(graph.add(job(format!("configure-{}", upstream.top), Step::Run(step), sources)))
}

/// Bytes of a module's own sources from which on it is called a large one. Nix begins what can be built in the order of names:
/// `large-module-…` comes before everything else, and none of the longest is left over to be compiled at the end, alone.
const LARGE: usize = 200_000;

/// What compiles one module.
pub(crate) fn compile(
    graph: &mut Graph,
    toolchain: &Toolchain,
    module: &ModuleBuild,
    store: &BTreeMap<BlobId, StorePath>,
) -> Result<Node, RecipeError> {
    let built = |path: &String| format!("{BUILD}/{path}");
    let kept = std::iter::once((built(&module.target), file_name(&module.target).to_owned()));
    let generated = module.generated.values().map(|from| (built(from), from.clone()));
    let step = RunStep {
        root: toolchain.root.out().to_string(),
        mounts: toolchain.sysroot.iter().map(|node| (SYSROOT.to_owned(), node.out().to_string())).collect(),
        subject: module.name.clone(),
        folder: PLACE.to_owned(),
        files: placed(module.files.iter(), store)?,
        empty: module.empty.clone(),
        folders: module.folders.clone(),
        env: BTreeMap::new(),
        directory: BUILD.to_owned(),
        commands: module
            .commands
            .iter()
            .map(|command| RunCommand { line: command.line.clone(), after: command.after.clone() })
            .collect(),
        keep: kept.chain(generated).collect(),
        reads: module.reads.clone(),
    };
    let sources = module.files.values().filter_map(|id| store.get(id).cloned());
    let kind = if module.bytes >= LARGE { "large-module" } else { "module" };
    Ok(graph.add(job(format!("{kind}-{}", module.name), Step::Run(step), sources)))
}

/// A commit's layers, as they are added to an image's.
#[derive(Clone, Copy)]
pub(crate) struct Overlay<'a> {
    pub(crate) commit: &'a Commit,
    pub(crate) upstream: &'a Upstream,
    pub(crate) toolchain: Option<&'a Toolchain>,
}

impl Overlay<'_> {
    /// Adds them.
    pub(crate) fn add(
        &self,
        graph: &mut Graph,
        stack: &mut Stack,
        image: &Resolved,
        on: &On<'_>,
    ) -> Result<(), RecipeError> {
        let Self { commit, upstream, toolchain } = *self;
        let below = contents(on.below.iter().map(|layer| &layer.node));
        let path = |installed: &String| format!("{}/{installed}", upstream.modules);
        let overlay = |name: String, files, removed: BTreeSet<String>, bytecode| OverlayStep {
            name: LayerName::parse(&name).expect("a short name"),
            sealing: on.sealing,
            files,
            removed,
            bytecode,
            contents: below.clone(),
        };
        let mut spread: BTreeMap<u64, BTreeMap<String, OverlayFile>> = BTreeMap::new();
        let mut generated: BTreeMap<String, OverlayFile> = BTreeMap::new();
        for module in &commit.rebuild.modules {
            let toolchain = toolchain.ok_or_else(|| RecipeError::NoToolchain { image: image.name.clone() })?;
            let node = compile(graph, toolchain, module, &commit.contents)?;
            let source = format!("{}/{}", node.out(), file_name(&module.target));
            let file = OverlayFile { source, executable: false };
            spread.entry(place(&module.name)).or_default().insert(path(&module.installed), file);
            for (to, from) in &module.generated {
                let file = OverlayFile { source: format!("{}/{from}", node.out()), executable: false };
                generated.entry(path(to)).or_insert(file);
            }
        }
        for (number, files) in spread {
            let step = overlay(format!("commit-modules-{number}"), files, BTreeSet::new(), None);
            add_layer(graph, stack, step);
        }
        let mut files = generated;
        let mut removed = BTreeSet::new();
        for (installed, change) in &commit.rebuild.files {
            match change {
                // What is not below need not be taken away.
                Change::Removed if commit.replaced.contains(installed) => {}
                Change::Removed => drop(removed.insert(path(installed))),
                Change::File { id, executable } => {
                    let source = in_store(id, installed, &commit.contents)?.to_string();
                    files.insert(path(installed), OverlayFile { source, executable: *executable });
                }
            }
        }
        for (installed, source) in &commit.configured {
            files.insert(path(installed), OverlayFile { source: source.to_string(), executable: false });
        }
        if !files.is_empty() || !removed.is_empty() {
            let compiled = |path: &&String| path.ends_with(".py");
            let modules: BTreeMap<String, OverlayFile> = files
                .iter()
                .filter(|(path, _)| compiled(path))
                .map(|(path, file)| (path.clone(), file.clone()))
                .collect();
            let gone: BTreeSet<String> = removed.iter().filter(compiled).cloned().collect();
            add_layer(graph, stack, overlay("commit-files".to_owned(), files, removed, None));
            if let (Some(python), false) = (on.python, modules.is_empty() && gone.is_empty()) {
                add_layer(graph, stack, overlay("commit-bytecode".to_owned(), modules, gone, Some(python.clone())));
            }
        }
        self.add_checkout(graph, stack, image, on);
        Ok(())
    }

    /// The commit's work tree takes the place of the release's.
    fn add_checkout(&self, graph: &mut Graph, stack: &mut Stack, image: &Resolved, on: &On<'_>) {
        let Some((checkout, source)) = self.commit.checkout.as_ref().zip(image.sources.first()) else { return };
        let name = format!("source-{}", source.name);
        stack.layers.retain(|layer| layer.name.as_str() != name);
        let step = CheckoutStep {
            name: LayerName::parse(&name).expect("the release's layer has it"),
            sealing: on.sealing,
            tree: checkout.tree.to_string(),
            commit: checkout.commit.to_string(),
            path: source.path.clone(),
            owner: image.user.id,
            branch: checkout.branch.clone(),
            origin: checkout.origin.clone(),
            reference: checkout.reference.clone(),
            submodules: checkout.submodules.clone(),
            contents: stack.contents_of(&["users"]),
        };
        let sources = [checkout.tree.clone(), checkout.commit.clone()];
        let node = graph.add(job(format!("layer-{}", step.name), Step::Checkout(step.clone()), sources));
        stack.layers.push(LayerNode { name: step.name, node });
    }
}

/// What a commit's layers are laid on.
pub(crate) struct On<'a> {
    /// The layers of the image that has the package.
    pub(crate) below: &'a [LayerNode],
    /// The Python that compiles byte-code.
    pub(crate) python: Option<&'a Interpreter>,
    pub(crate) sealing: Sealing,
}

fn add_layer(graph: &mut Graph, stack: &mut Stack, step: OverlayStep) {
    let files = step.files.values().filter_map(|file| StorePath::parse(&file.source).ok());
    let sources: Vec<StorePath> = files.collect();
    let name = step.name.clone();
    let node = graph.add(job(format!("layer-{name}"), Step::Overlay(step), sources));
    stack.layers.push(LayerNode { name, node });
}

/// A step that reads paths of the store beside what other steps make.
fn job(name: String, step: Step, sources: impl IntoIterator<Item = StorePath>) -> Job {
    let sources: BTreeSet<StorePath> = sources.into_iter().collect();
    Job { sources: sources.into_iter().collect(), ..Job::new(name, step) }
}

fn placed<'f>(
    files: impl Iterator<Item = (&'f String, &'f BlobId)>,
    store: &BTreeMap<BlobId, StorePath>,
) -> Result<BTreeMap<String, String>, RecipeError> {
    files.map(|(path, id)| Ok((path.clone(), in_store(id, path, store)?.to_string()))).collect()
}

fn in_store<'s>(id: &BlobId, path: &str, store: &'s BTreeMap<BlobId, StorePath>) -> Result<&'s StorePath, RecipeError> {
    store.get(id).ok_or_else(|| RecipeError::NoContent { path: path.to_owned() })
}

/// Where a module's layer stands among the others; by its name alone (FNV-1a).
fn place(name: &str) -> u64 {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    hash % SPREAD
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn shell_word(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
