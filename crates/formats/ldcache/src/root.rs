use crate::ElfFacts;
use sage_oci_tree::{Kind, Tree};

/// What a path of an image is; a file with its facts if it is a shared object.
pub type Node = Kind<Option<ElfFacts>>;

/// The file tree of an image, as far as it matters to `ldconfig`: all links and directories, and the shared objects.
///
/// Other files may be left out. A link to a file that was left out counts as stale.
pub type Root = Tree<Node>;
