//! Steps that write generated files, each kind a layer of its own.

use crate::accounts::Accounts;
use crate::packages::Packages;
use crate::route::{Place, is_recorded, place, reads_archive};
use crate::{GenerateKind, GenerateStep, PlacedContent, PlacedFile, RecipeError, Sealing, SourcePatch};
use sage_oci_definition::{FileEntry, FileKind, Resolved};
use sage_oci_effects::{Mode, OwnedEffect};
use sage_oci_lock::{Lock, Reason};
use sage_oci_names::{DebVersion, ImageName, LayerName, PackageName};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that the generated layers of one image are made from.
pub(crate) struct Generated<'a> {
    /// The lock as this image sees it.
    pub(crate) lock: &'a Lock,
    /// The image that it extends, and the lock as that one sees it.
    pub(crate) base: Option<(&'a ImageName, &'a Lock)>,
    pub(crate) image: &'a Resolved,
    pub(crate) packages: &'a Packages<'a>,
    pub(crate) accounts: &'a Accounts,
    pub(crate) sources: &'a str,
    pub(crate) files: &'a BTreeMap<String, String>,
    pub(crate) sealing: Sealing,
    pub(crate) contents: Vec<String>,
}

/// One generated layer: its step, and an earlier generated layer whose contents it needs beside those of the packages.
pub(crate) struct Generation {
    pub(crate) step: GenerateStep,
    /// The kind's name; the layer's, where the image stands alone.
    pub(crate) kind: &'static str,
    pub(crate) after: Option<&'static str>,
}

impl Generation {
    fn after(self, layer: &'static str) -> Self {
        Self { after: Some(layer), ..self }
    }
}

/// Packages whose archives a step reads, beside those of the effects that take files from them.
#[derive(Default)]
struct Reads<'a> {
    /// What they ship is needed.
    always: &'a [&'a str],
    /// What they ship counts where the image has them.
    where_present: &'a [&'a str],
}

impl Generated<'_> {
    /// The generated layers, bottom first. An image that extends another one has only those that can differ.
    pub(crate) fn all(&self) -> Result<Vec<Generation>, RecipeError> {
        let mut all = Vec::new();
        if self.differs(Place::Users) {
            all.push(self.users()?);
        }
        if self.differs(Place::Alternatives) {
            all.push(self.generation("alternatives", GenerateKind::Alternatives, &Reads::default())?);
        }
        all.push(self.ld_cache()?);
        if self.differs(Place::Certificates) && !self.effects(Place::Certificates).is_empty() {
            all.push(self.generation("certificates", GenerateKind::Certificates, &Reads::default())?);
        }
        all.push(self.configuration()?);
        if self.base.is_none() || !self.image.files.is_empty() {
            all.push(self.files()?);
        }
        all.push(self.dpkg()?);
        Ok(all)
    }

    /// Whether the image has effects in a place that the one it extends has not; always where it stands alone.
    fn differs(&self, wanted: Place) -> bool {
        let Some((_, base)) = self.base else { return true };
        let count = |lock: &Lock| lock.effects.iter().filter(|owned| place(&owned.effect) == wanted).count();
        // An extension only adds effects.
        count(base) != count(self.lock)
    }

    fn users(&self) -> Result<Generation, RecipeError> {
        let kind = GenerateKind::Users { user: self.image.user.name.clone(), sudo: self.image.user.sudo };
        // It ships /etc/skel; a home without it is empty.
        self.generation("users", kind, &Reads { where_present: &["bash"], ..Reads::default() })
    }

    fn ld_cache(&self) -> Result<Generation, RecipeError> {
        // The first ships /etc/ld.so.conf, the second files of the folder that it names.
        let reads = Reads { always: &["libc-bin"], where_present: &["libc6"] };
        // BLAS and LAPACK are found through links below /etc/alternatives.
        Ok(self.generation("ld-cache", GenerateKind::LdCache, &reads)?.after("alternatives"))
    }

    fn configuration(&self) -> Result<Generation, RecipeError> {
        // They ship PAM profiles and leave it to libpam-runtime's script to apply them.
        let reads = Reads { where_present: &["libpam-modules", "libpam-systemd"], ..Reads::default() };
        Ok(self.generation("configuration", GenerateKind::Configuration, &reads)?.after("users"))
    }

    fn files(&self) -> Result<Generation, RecipeError> {
        let files = self.image.files.iter().map(|(entry, kind)| self.placed(entry, kind));
        let kind = GenerateKind::Files { files: files.collect::<Result<_, _>>()? };
        let patched: Vec<&str> = self.image.files.iter().filter_map(|(_, kind)| patched(kind)).collect();
        // A file below the user's home must leave the home as it is.
        Ok(self.generation("files", kind, &Reads { always: &patched, ..Reads::default() })?.after("users"))
    }

    fn placed(&self, entry: &FileEntry, kind: &FileKind) -> Result<PlacedFile, RecipeError> {
        let (image, path) = (&self.image.name, &entry.path);
        let text = |name: &String| {
            let no_source =
                || RecipeError::NoSource { image: image.clone(), path: path.clone(), source_name: name.clone() };
            self.files.get(name).cloned().ok_or_else(no_source)
        };
        let content = match kind {
            FileKind::Source(name) => PlacedContent::Text(text(name)?),
            FileKind::Patch { package, patch } => PlacedContent::Patch {
                package: package.clone(),
                patch: SourcePatch { name: patch.clone(), text: text(patch)? },
            },
            FileKind::Link(target) => PlacedContent::Link(target.clone()),
            FileKind::Directory => PlacedContent::Directory(true),
        };
        let mode = Mode::try_from(entry.mode().to_owned());
        let mode = mode.map_err(|why| RecipeError::Mode { image: image.clone(), path: path.clone(), why })?;
        Ok(PlacedFile { path: path.clone(), content, mode, owner: entry.owner.clone(), group: entry.group.clone() })
    }

    fn dpkg(&self) -> Result<Generation, RecipeError> {
        let automatic = self.lock.packages.iter().filter(|package| matches!(package.reason, Reason::RequiredBy(_)));
        let kind = GenerateKind::Dpkg {
            automatic: automatic.map(|package| package.name.clone()).collect(),
            omitted: self.provided(),
            sources: self.sources.to_owned(),
        };
        self.generation("dpkg", kind, &Reads::default())
    }

    /// What the stand-in for packages that are left out provides: they themselves, and the virtual packages that something
    /// needs them for.
    fn provided(&self) -> BTreeMap<PackageName, String> {
        let mut provided: BTreeMap<&PackageName, Option<&DebVersion>> = BTreeMap::new();
        for (name, version) in self.lock.omitted.iter().flat_map(|omitted| &omitted.provides) {
            // A version does for whoever asks for none, too; of two versions the higher one, as of two packages.
            let known = provided.entry(name).or_default();
            *known = (*known).max(version.as_ref());
        }
        provided.extend(self.lock.omitted.iter().map(|omitted| (&omitted.name, Some(&omitted.version))));
        let text = |version: Option<&DebVersion>| version.map(ToString::to_string).unwrap_or_default();
        provided.into_iter().map(|(name, version)| (name.clone(), text(version))).collect()
    }

    fn effects(&self, wanted: Place) -> Vec<OwnedEffect> {
        self.lock.effects.iter().filter(|owned| place(&owned.effect) == wanted).cloned().collect()
    }

    /// The effects that concern a kind of layer, in order.
    fn effects_of(&self, kind: &GenerateKind) -> Vec<OwnedEffect> {
        match kind {
            GenerateKind::Users { .. } => self.accounts.effects.clone(),
            GenerateKind::Alternatives => self.effects(Place::Alternatives),
            GenerateKind::LdCache => Vec::new(),
            GenerateKind::Certificates => self.effects(Place::Certificates),
            GenerateKind::Configuration => self.effects(Place::Configuration),
            GenerateKind::Dpkg { .. } => {
                self.lock.effects.iter().filter(|owned| is_recorded(&owned.effect)).cloned().collect()
            }
            GenerateKind::Files { .. } => Vec::new(),
        }
    }

    fn generation(
        &self,
        kind: &'static str,
        generate: GenerateKind,
        reads: &Reads<'_>,
    ) -> Result<Generation, RecipeError> {
        let effects = self.effects_of(&generate);
        let parse = |name: &&str| PackageName::parse(name).expect("the names above are those of packages");
        let present = reads.where_present.iter().map(parse).filter(|name| self.packages.has(name));
        let mut read: BTreeSet<PackageName> = reads.always.iter().map(parse).chain(present).collect();
        read.extend(effects.iter().filter(|owned| reads_archive(&owned.effect)).map(|owned| owned.package.clone()));
        let why = format!("the layer `{kind}`");
        let archive = |name: PackageName| Ok((name.clone(), self.packages.archive(&name, &why)?));
        let archives = read.into_iter().map(archive).collect::<Result<_, RecipeError>>()?;
        let name = match self.base {
            Some((base, _)) => format!("{}-{kind}", self.image.layers_of.above(base)),
            None => kind.to_owned(),
        };
        let name = LayerName::parse(&name);
        let name = name.map_err(|source| RecipeError::LayerName { image: self.image.name.clone(), source })?;
        let step = GenerateStep {
            name,
            sealing: self.sealing,
            architecture: self.lock.architecture,
            generate,
            contents: self.contents.clone(),
            above: None,
            archives,
            effects,
            users: self.accounts.users.clone(),
            groups: self.accounts.groups.clone(),
            exclude: self.image.exclude.clone(),
            include: self.image.include.clone(),
        };
        Ok(Generation { step, kind, after: None })
    }
}

/// The package whose file a definition patches.
fn patched(kind: &FileKind) -> Option<&str> {
    match kind {
        FileKind::Patch { package, .. } => Some(package.as_str()),
        FileKind::Source(_) | FileKind::Link(_) | FileKind::Directory => None,
    }
}
