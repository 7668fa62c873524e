//! Steps that write generated files, each kind a layer of its own.

use crate::accounts::Accounts;
use crate::packages::Packages;
use crate::{GenerateKind, GenerateStep, PlacedContent, PlacedFile, Sealing, SourcePatch};
use sage_oci_definition::{FileKind, Resolved};
use sage_oci_effects::{Document, Effect, Mode, OwnedEffect};
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

/// One generated layer: its step, the packages whose archives it reads, and an earlier generated layer whose contents it
/// needs beside those of the packages.
pub(crate) struct Generation {
    pub(crate) step: GenerateStep,
    /// The kind's name; the layer's, where the image stands alone.
    pub(crate) kind: &'static str,
    pub(crate) reads: BTreeSet<PackageName>,
    pub(crate) after: Option<&'static str>,
}

impl Generation {
    fn after(self, layer: &'static str) -> Self {
        Self { after: Some(layer), ..self }
    }
}

impl Generated<'_> {
    /// The generated layers, bottom first. An image that extends another one has only those that can differ.
    pub(crate) fn all(&self) -> Vec<Generation> {
        let mut all = Vec::new();
        if self.differs(|effect| matches!(effect, Effect::User { .. } | Effect::Group { .. })) {
            all.push(self.users());
        }
        if self.differs(is_alternative) {
            all.push(self.alternatives());
        }
        all.push(self.ld_cache());
        if self.differs(is_certificates) {
            all.extend(self.certificates());
        }
        all.push(self.configuration());
        if self.base.is_none() || !self.image.files.is_empty() {
            all.push(self.files());
        }
        all.push(self.dpkg());
        all
    }

    /// Whether the image has effects of a kind that the one it extends has not; always where it stands alone.
    fn differs(&self, wanted: impl Fn(&Effect) -> bool) -> bool {
        let Some((_, base)) = self.base else { return true };
        let count = |lock: &Lock| lock.effects.iter().filter(|owned| wanted(&owned.effect)).count();
        // An extension only adds effects.
        count(base) != count(self.lock)
    }

    fn users(&self) -> Generation {
        let kind = GenerateKind::Users { user: self.image.user.name.clone(), sudo: self.image.user.sudo };
        // bash ships /etc/skel.
        self.generation("users", kind, self.accounts.effects.clone(), &["bash"])
    }

    fn alternatives(&self) -> Generation {
        let effects = self.effects(is_alternative);
        self.generation("alternatives", GenerateKind::Alternatives, effects, &[])
    }

    fn ld_cache(&self) -> Generation {
        // These two ship /etc/ld.so.conf and /etc/ld.so.conf.d.
        // BLAS and LAPACK are found through links below /etc/alternatives.
        self.generation("ld-cache", GenerateKind::LdCache, Vec::new(), &["libc-bin", "libc6"]).after("alternatives")
    }

    fn certificates(&self) -> Option<Generation> {
        let effects = self.effects(is_certificates);
        (!effects.is_empty()).then(|| self.generation("certificates", GenerateKind::Certificates, effects, &[]))
    }

    fn configuration(&self) -> Generation {
        let effects = self.effects(|effect| match effect {
            Effect::Directory { .. }
            | Effect::Symlink { .. }
            | Effect::File { .. }
            | Effect::Copy { .. }
            | Effect::Shell { .. } => true,
            Effect::Computed { document } => matches!(document, Document::PamProfiles | Document::XmlCatalogs),
            _ => false,
        });
        // They ship PAM profiles and leave it to libpam-runtime's script to apply them.
        self.generation("configuration", GenerateKind::Configuration, effects, &["libpam-modules", "libpam-systemd"])
            .after("users")
    }

    fn files(&self) -> Generation {
        let files = self
            .image
            .files
            .iter()
            .filter_map(|(entry, kind)| {
                let content = match kind {
                    FileKind::Source(name) => PlacedContent::Text(self.files.get(name)?.clone()),
                    FileKind::Patch { package, patch } => PlacedContent::Patch {
                        package: package.clone(),
                        patch: SourcePatch { name: patch.clone(), text: self.files.get(patch)?.clone() },
                    },
                    FileKind::Link(target) => PlacedContent::Link(target.clone()),
                    FileKind::Directory => PlacedContent::Directory(true),
                };
                let mode = Mode::try_from(entry.mode().to_owned()).ok()?;
                Some(PlacedFile {
                    path: entry.path.clone(),
                    content,
                    mode,
                    owner: entry.owner.clone(),
                    group: entry.group.clone(),
                })
            })
            .collect();
        let patched: Vec<&str> = self.image.files.iter().filter_map(|(_, kind)| patched(kind)).collect();
        // A file below the user's home must leave the home as it is.
        self.generation("files", GenerateKind::Files { files }, Vec::new(), &patched).after("users")
    }

    fn dpkg(&self) -> Generation {
        let automatic = self.lock.packages.iter().filter(|package| matches!(package.reason, Reason::RequiredBy(_)));
        let kind = GenerateKind::Dpkg {
            automatic: automatic.map(|package| package.name.clone()).collect(),
            omitted: self.provided(),
            sources: self.sources.to_owned(),
        };
        let effects = self.effects(|effect| matches!(effect, Effect::Diversion { .. } | Effect::Metadata { .. }));
        self.generation("dpkg", kind, effects, &[])
    }

    /// What the stand-in for packages that are left out provides: they themselves, and the virtual packages that something
    /// needs them for.
    fn provided(&self) -> BTreeMap<PackageName, String> {
        let text = |version: &Option<DebVersion>| version.as_ref().map(ToString::to_string).unwrap_or_default();
        let mut provided = BTreeMap::new();
        for omitted in &self.lock.omitted {
            provided.extend(omitted.provides.iter().map(|(name, version)| (name.clone(), text(version))));
        }
        provided.extend(self.lock.omitted.iter().map(|omitted| (omitted.name.clone(), omitted.version.to_string())));
        provided
    }

    fn effects(&self, wanted: impl Fn(&Effect) -> bool) -> Vec<OwnedEffect> {
        self.lock.effects.iter().filter(|owned| wanted(&owned.effect)).cloned().collect()
    }

    fn generation(
        &self,
        kind: &'static str,
        generate: GenerateKind,
        effects: Vec<OwnedEffect>,
        reads: &[&str],
    ) -> Generation {
        let from_packages = effects
            .iter()
            .filter(|owned| matches!(owned.effect, Effect::Copy { .. } | Effect::Computed { .. }))
            .map(|owned| owned.package.clone());
        let named = reads.iter().filter_map(|name| PackageName::parse(name).ok());
        let reads: BTreeSet<PackageName> =
            from_packages.chain(named).filter(|name| self.packages.fetch_of(name).is_some()).collect();
        let archives = reads.iter().filter_map(|name| Some((name.clone(), self.packages.archive(name)?))).collect();
        let name = match self.base {
            Some((base, _)) => format!("{}-{kind}", self.image.layers_of.above(base)),
            None => kind.to_owned(),
        };
        let step = GenerateStep {
            name: LayerName::parse(&name).expect("the names above are layer names, and so are image names"),
            sealing: self.sealing.clone(),
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
        Generation { step, kind, reads, after: None }
    }
}

/// The package whose file a definition patches.
fn patched(kind: &FileKind) -> Option<&str> {
    match kind {
        FileKind::Patch { package, .. } => Some(package.as_str()),
        FileKind::Source(_) | FileKind::Link(_) | FileKind::Directory => None,
    }
}

fn is_alternative(effect: &Effect) -> bool {
    matches!(effect, Effect::Alternative { .. })
}

fn is_certificates(effect: &Effect) -> bool {
    matches!(effect, Effect::Computed { document: Document::CaCertificates })
}
