use crate::layout;
use crate::record::Record;
use crate::share::share;
use sage_oci_names::{Architecture, ChannelName, ImageName, Sha256};
use sage_oci_recipe::{Graph, Node};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The version of the two documents; `nix/project.nix` knows it too.
pub const FORMAT: u64 = 1;

/// How deep entries have lines of their own: table, step, its text, a list in it.
const DEPTH: usize = 5;

/// Files that a document was made from, and their digests.
pub type MadeFrom = BTreeMap<String, Sha256>;

/// All images of one lock, written down for Nix: `nix/recipes/<lock>.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    document: Value,
    files: BTreeSet<String>,
}

/// The images of one lock as graphs, for one architecture of the machine that builds.
#[derive(Debug, Clone, Default)]
pub struct ForMachine {
    /// The steps of all of them.
    pub graph: Graph,
    /// The step that makes each.
    pub images: BTreeMap<ImageName, Node>,
}

impl Recipe {
    /// Writes graphs down, one for each architecture of machines that the images can be built on.
    ///
    /// `placed` are the files of definitions, and the lock's, by their path below the project's folder, with their texts.
    pub fn new(
        channel: &ChannelName,
        architecture: Architecture,
        graphs: &BTreeMap<Architecture, ForMachine>,
        placed: &BTreeMap<String, String>,
    ) -> Self {
        let records: BTreeMap<Architecture, Record> =
            graphs.iter().map(|(machine, all)| (*machine, Record::new(&all.graph, placed))).collect();
        let files = records.values().flat_map(|record| record.files.iter().cloned()).collect();
        let images: BTreeMap<&ImageName, &str> = graphs
            .iter()
            .flat_map(|(machine, all)| all.images.iter().map(|(name, node)| (name, records[machine].name(node))))
            .collect();
        let is_common =
            |name: &String, step: &Value| records.values().all(|record| record.steps.get(name) == Some(step));
        let mut steps: BTreeMap<String, Value> = BTreeMap::new();
        let mut machines: BTreeMap<Architecture, BTreeMap<String, Value>> = BTreeMap::new();
        for (machine, record) in &records {
            let own = machines.entry(*machine).or_default();
            for (name, step) in &record.steps {
                let holder = if is_common(name, step) { &mut steps } else { &mut *own };
                holder.insert(name.clone(), step.clone());
            }
        }
        let shared = share(steps.iter_mut().chain(machines.values_mut().flatten()));
        let document = json!({
            "format": FORMAT,
            "channel": channel,
            "architecture": architecture,
            "images": images,
            "shared": shared,
            "steps": steps,
            "machines": machines,
        });
        Self { document, files }
    }

    /// Those of the placed files whose texts are in it.
    pub fn files(&self) -> &BTreeSet<String> {
        &self.files
    }

    /// The document's text. The same graphs and files have the same text.
    pub fn to_text(&self, made_from: &MadeFrom) -> String {
        let mut document = self.document.clone();
        document["made_from"] = json!(made_from);
        layout::text(&document, DEPTH)
    }
}

/// What images a project has, written down for Nix: `nix/images.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Images {
    /// Every image and variant.
    pub images: BTreeMap<ImageName, ImageOf>,
}

/// An image's channels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImageOf {
    /// The one that is meant where none is named.
    pub default_channel: ChannelName,
    /// All of them, sorted.
    pub channels: Vec<ChannelName>,
}

impl Images {
    /// The document's text.
    pub fn to_text(&self, made_from: &MadeFrom) -> String {
        layout::text(&json!({ "format": FORMAT, "images": self.images, "made_from": made_from }), DEPTH)
    }
}

/// Why a document does not say what it was made from.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum RecipeFileError {
    /// It is no JSON, or has no such field.
    #[error("it is not a recipe: {0}")]
    #[hint(none)]
    Syntax(#[from] serde_json::Error),
    /// It is of a later version of this program.
    #[error("it has format {found}, this sage-oci knows format {FORMAT}")]
    Newer {
        /// Its format.
        found: u64,
    },
}

/// Reads what one of the two documents was made from.
///
/// # Errors
/// It is none, or one of a later format.
pub fn made_from(text: &str) -> Result<MadeFrom, RecipeFileError> {
    #[derive(Deserialize)]
    struct Document {
        format: u64,
        made_from: MadeFrom,
    }
    let document: Document = serde_json::from_str(text)?;
    if document.format > FORMAT {
        return Err(RecipeFileError::Newer { found: document.format });
    }
    Ok(document.made_from)
}
