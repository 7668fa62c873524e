use sage_oci_effects::{Document, Effect};

/// Where in an image an effect takes place: each in one kind of step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// The layer that holds the effect's own package.
    OwnLayer,
    /// Every layer of packages.
    EveryLayer,
    /// The layers of byte-code.
    Bytecode,
    /// Accounts and the user's home.
    Users,
    /// `/etc/alternatives`.
    Alternatives,
    /// The loader's cache.
    LdCache,
    /// Certificates.
    Certificates,
    /// Everything else that scripts write.
    Configuration,
}

/// Where an effect takes place. This is the only place that says it; a new kind of effect does not compile until it is here.
pub(crate) fn place(effect: &Effect) -> Place {
    match effect {
        Effect::User { .. } | Effect::Group { .. } => Place::Users,
        Effect::Alternative { .. } => Place::Alternatives,
        Effect::Directory { .. }
        | Effect::Symlink { .. }
        | Effect::File { .. }
        | Effect::Copy { .. }
        | Effect::Shell { .. } => Place::Configuration,
        Effect::Metadata { .. } => Place::OwnLayer,
        Effect::Diversion { .. } => Place::EveryLayer,
        Effect::Bytecode { .. } => Place::Bytecode,
        Effect::Computed { document } => match document {
            Document::LdCache => Place::LdCache,
            Document::CaCertificates => Place::Certificates,
            Document::PamProfiles | Document::XmlCatalogs => Place::Configuration,
        },
    }
}

/// Whether dpkg's database notes the effect, beside that it takes place: diversions and overrides of owners and modes.
pub(crate) fn is_recorded(effect: &Effect) -> bool {
    match place(effect) {
        Place::OwnLayer | Place::EveryLayer => true,
        Place::Bytecode
        | Place::Users
        | Place::Alternatives
        | Place::LdCache
        | Place::Certificates
        | Place::Configuration => false,
    }
}

/// Whether the step that an effect takes place in takes files out of the archive of the effect's package.
pub(crate) fn reads_archive(effect: &Effect) -> bool {
    match effect {
        Effect::Copy { .. } => true,
        Effect::Computed { document } => match document {
            Document::LdCache => false,
            Document::CaCertificates | Document::PamProfiles | Document::XmlCatalogs => true,
        },
        Effect::User { .. }
        | Effect::Group { .. }
        | Effect::Alternative { .. }
        | Effect::Directory { .. }
        | Effect::Symlink { .. }
        | Effect::File { .. }
        | Effect::Shell { .. }
        | Effect::Metadata { .. }
        | Effect::Diversion { .. }
        | Effect::Bytecode { .. } => false,
    }
}
