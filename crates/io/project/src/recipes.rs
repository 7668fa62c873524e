//! What the flake reads: the recipes of locks, and the list of images.

use crate::project::lock_name;
use crate::{Project, ProjectError};
use sage_oci_definition::Channel;
use sage_oci_emit::{ForMachine, ImageOf, Images, MadeFrom, Recipe, made_from};
use sage_oci_files as files;
use sage_oci_names::{Architecture, ChannelName, Sha256};
use sage_oci_recipe::Surroundings;
use sha2::Digest;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Where the list of images lies.
const IMAGES: &str = "nix/images.json";

/// The folders whose definitions the list of images is made from.
const DEFINITIONS: [&str; 2] = ["nix/channels", "nix/images"];

/// A generated file below the project's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its path, as `nix/recipes/sid.json`.
    pub name: String,
    /// Its text.
    pub text: String,
}

impl Project {
    /// Where a document lies.
    pub fn document_path(&self, document: &Document) -> PathBuf {
        self.root().join(&document.name)
    }

    /// The text of a document as it lies there, if it does.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn written(&self, document: &Document) -> Result<Option<String>, ProjectError> {
        let path = self.document_path(document);
        Ok(if files::exists(&path)? { Some(files::read_to_string(path)?) } else { None })
    }

    /// The list of images, made from the definitions.
    ///
    /// # Errors
    /// A definition that cannot be used.
    pub fn list_of_images(&self) -> Result<Document, ProjectError> {
        let mut images = BTreeMap::new();
        for image in self.images()? {
            let of = ImageOf { default_channel: image.default_channel().clone(), channels: image.channels() };
            images.extend(image.names().into_iter().map(|name| (name, of.clone())));
        }
        let mut inputs = BTreeSet::new();
        for folder in DEFINITIONS {
            inputs.extend(self.toml(folder)?.into_iter().map(|(file, _)| file));
        }
        let text = Images { images }.to_text(&self.digests(inputs)?);
        Ok(Document { name: IMAGES.to_owned(), text })
    }

    /// The recipe of a lock, made from it and the definitions.
    ///
    /// # Errors
    /// A definition or lock that cannot be used, or that does not fit the other.
    pub fn recipe(&self, channel: &ChannelName, architecture: Architecture) -> Result<Document, ProjectError> {
        let lock_path = self.lock_path(channel, architecture);
        let lock = self.lock(channel, architecture)?;
        let (channel_file, sources) = self.channel_file(channel)?;
        let placed = self.placed_files()?;
        let mut inputs = BTreeSet::from([channel_file, self.below_root(&lock_path)]);
        let mut graphs: BTreeMap<Architecture, ForMachine> = BTreeMap::new();
        for machine in lock.interpreters.keys().copied().chain([architecture]) {
            let all = graphs.entry(machine).or_default();
            let surroundings = Surroundings { machine, sources: &sources, files: &placed, commit: None };
            for image in self.images()?.iter().filter(|image| image.channels().contains(channel)) {
                inputs.extend(image.files().into_iter().map(ToOwned::to_owned));
                for name in image.names() {
                    let made = image.resolve(&name, channel).map_err(ProjectError::from)?;
                    let made = sage_oci_recipe::image(&mut all.graph, &lock, &made, surroundings);
                    let made = made.map_err(|source| ProjectError::Recipe { path: lock_path.clone(), source })?;
                    all.images.insert(name, made.image);
                }
            }
        }
        let files = placed.into_iter().map(|(name, text)| (format!("nix/images/files/{name}"), text));
        let placed = files.chain([(self.below_root(&lock_path), lock.text().to_owned())]).collect();
        let recipe = Recipe::new(channel, architecture, &graphs, &placed);
        inputs.extend(recipe.files().iter().cloned());
        let name = format!("nix/recipes/{}", lock_name(channel, architecture));
        Ok(Document { name, text: recipe.to_text(&self.digests(inputs)?) })
    }

    /// Fails where the project has a recipe of a lock, or a list of images, that was made from other files than those that
    /// are there. What is made without Nix's language is made from the files themselves; a flake would make something else.
    ///
    /// # Errors
    /// [`ProjectError::Stale`].
    pub fn check_recipe(&self, channel: &ChannelName, architecture: Architecture) -> Result<(), ProjectError> {
        let recipe = format!("nix/recipes/{}", lock_name(channel, architecture));
        for document in [IMAGES, &recipe] {
            let path = self.root().join(document);
            if files::exists(&path)? {
                let made_from = made_from(&files::read_to_string(path)?)
                    .map_err(|source| ProjectError::NoRecipe { document: document.to_owned(), source })?;
                self.check_inputs(document, &made_from)?;
            }
        }
        Ok(())
    }

    fn check_inputs(&self, document: &str, made_from: &MadeFrom) -> Result<(), ProjectError> {
        let stale = |why: String| ProjectError::Stale { document: document.to_owned(), why };
        for (input, digest) in made_from {
            let path = self.root().join(input);
            if !files::exists(&path)? {
                return Err(stale(format!("it was made from {input}, which is gone")));
            }
            if sha256(&files::read(path)?) != *digest {
                return Err(stale(format!("{input} has changed")));
            }
        }
        if document == IMAGES {
            for folder in DEFINITIONS {
                if let Some((input, _)) = self.toml(folder)?.iter().find(|(file, _)| !made_from.contains_key(file)) {
                    return Err(stale(format!("{input} is new")));
                }
            }
        }
        Ok(())
    }

    /// A channel's file, and the text of apt's sources.
    fn channel_file(&self, name: &ChannelName) -> Result<(String, String), ProjectError> {
        for (file, text) in self.toml("nix/channels")? {
            let channel = Channel::parse(&file, &text)?;
            if channel.name == *name {
                return Ok((file, channel.apt_sources()));
            }
        }
        // Says which there are.
        self.channel(name).map(|channel| (String::new(), channel.apt_sources()))
    }

    fn below_root(&self, path: &std::path::Path) -> String {
        path.strip_prefix(self.root()).unwrap_or(path).display().to_string()
    }

    fn digests(&self, inputs: BTreeSet<String>) -> Result<MadeFrom, ProjectError> {
        let digest = |input: String| {
            let digest = sha256(&files::read(self.root().join(&input))?);
            Ok((input, digest))
        };
        inputs.into_iter().map(digest).collect()
    }
}

fn sha256(bytes: &[u8]) -> Sha256 {
    Sha256::new(sha2::Sha256::digest(bytes).into())
}
