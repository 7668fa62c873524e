use crate::CommitError;
use sage_oci_definition::{Resolved, Source, Upstream};
use sage_oci_lock::Lock;
use sage_oci_names::StorePath;
use sage_oci_produce::{Downloads, Observer};
use sage_oci_recipe::Tools;
use sage_oci_revision::Opening;
use std::collections::BTreeMap;

/// What a commit is laid over.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The lock.
    pub lock: &'a Lock,
    /// The image.
    pub image: &'a Resolved,
    /// What compiles; its image has the release's source, too.
    pub tools: Tools<'a>,
    /// Contents of the definition's source files, by name.
    pub files: &'a BTreeMap<String, String>,
    /// The builder of every derivation, in the store.
    pub builder: &'a StorePath,
    /// Compile every module.
    pub everything: bool,
    /// The packaged files that the commit changes or removes shall not be in the layers below.
    pub replace: bool,
}

impl Request<'_> {
    pub(crate) fn upstream(&self) -> Result<&Upstream, CommitError> {
        let none = || CommitError::NoUpstream {
            image: self.image.name.clone(),
            channel: self.image.channel.to_string(),
            hint: "only channels whose definition says `upstream` take commits".to_owned(),
        };
        self.image.upstream.as_ref().ok_or_else(none)
    }

    pub(crate) fn source(&self) -> Result<&Source, CommitError> {
        let name = &self.upstream()?.release.source;
        let none = || CommitError::NoRelease { image: self.tools.image.name.clone(), source_name: name.clone() };
        self.tools.image.sources.iter().find(|source| source.name == *name).ok_or_else(none)
    }
}

/// How archives are brought, and who is told of it.
pub struct Workshop<'a> {
    /// Archives.
    pub downloads: &'a Downloads,
    /// Who wants to know.
    pub observer: &'a mut dyn Observer,
    /// How the release is opened.
    pub opening: &'a Opening<'a>,
}
