use super::permissions::Meta;
use super::tree::{Node, OnDisk};
use crate::StepError;
use sage_oci_files::FileError;
use sage_oci_names::Sha256;
use sage_oci_tree::Kind;
use sha2::{Digest, Sha256 as Hasher};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// Files below this size are written again: a link's header would take as much.
const FROM: u64 = 4096;

/// For each node that equals an earlier one, the earlier one's place; `metas` are what the image gives each node.
///
/// Only files of one size and one set of metadata are read for it.
pub(crate) fn twins(top: &Path, nodes: &[Node], metas: &[Meta]) -> Result<BTreeMap<usize, usize>, StepError> {
    let mut alike: BTreeMap<(u64, bool, &Meta), Vec<usize>> = BTreeMap::new();
    for (at, (node, meta)) in nodes.iter().zip(metas).enumerate() {
        if let Kind::File(OnDisk { size, executable }) = node.kind
            && size >= FROM
        {
            alike.entry((size, executable, meta)).or_default().push(at);
        }
    }
    let mut twins = BTreeMap::new();
    for group in alike.values().filter(|group| group.len() > 1) {
        let mut first: BTreeMap<Sha256, usize> = BTreeMap::new();
        for at in group {
            let digest = digest(&nodes[*at].on_disk(top))?;
            if let Some(twin) = first.get(&digest) {
                twins.insert(*at, *twin);
            } else {
                first.insert(digest, *at);
            }
        }
    }
    Ok(twins)
}

fn digest(path: &Path) -> Result<Sha256, StepError> {
    let mut file = sage_oci_files::open(path)?;
    let mut hasher = Hasher::new();
    let mut buffer = vec![0; 128 << 10];
    loop {
        match file.read(&mut buffer).map_err(FileError::at("read", path))? {
            0 => return Ok(Sha256::new(hasher.finalize().into())),
            count => hasher.update(&buffer[..count]),
        }
    }
}
