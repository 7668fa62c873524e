use crate::format::{ImagePlan, LockedInterpreter, LockedLayer, LockedPackage, Omitted};
use crate::{FORMAT, IndexPin, Lock, SuitePin};
use sage_oci_effects::OwnedEffect;
use sage_oci_names::{Architecture, ChannelName, ImageName, Sha256};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A lock of format 1: all suites have the same mirrors, and so packages need not say which suite they come from.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lock1 {
    #[serde(rename = "format")]
    _format: u64,
    channel: ChannelName,
    architecture: Architecture,
    epoch: u64,
    archive: Archive1,
    images: BTreeMap<ImageName, ImagePlan>,
    layers: Vec<LockedLayer>,
    packages: Vec<LockedPackage>,
    omitted: Vec<Omitted>,
    effects: Vec<OwnedEffect>,
    #[serde(default)]
    interpreters: BTreeMap<Architecture, LockedInterpreter>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Archive1 {
    mirrors: Vec<String>,
    suites: Vec<SuitePin1>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SuitePin1 {
    suite: String,
    date: String,
    valid_until: Option<String>,
    #[serde(default)]
    expired: bool,
    inrelease: Sha256,
    signers: Vec<String>,
    indexes: Vec<IndexPin>,
}

impl From<Lock1> for Lock {
    fn from(old: Lock1) -> Self {
        let Archive1 { mirrors, suites } = old.archive;
        let suite = |pin: SuitePin1| SuitePin {
            suite: pin.suite,
            mirrors: mirrors.clone(),
            security: false,
            date: pin.date,
            valid_until: pin.valid_until,
            expired: pin.expired,
            older_than: None,
            inrelease: pin.inrelease,
            signers: pin.signers,
            indexes: pin.indexes,
        };
        Self {
            format: FORMAT,
            channel: old.channel,
            architecture: old.architecture,
            epoch: old.epoch,
            suites: suites.into_iter().map(suite).collect(),
            images: old.images,
            layers: old.layers,
            packages: old.packages,
            omitted: old.omitted,
            effects: old.effects,
            interpreters: old.interpreters,
            compilers: BTreeMap::new(),
        }
    }
}
