//! OCI image layouts in folders: the form that images have in the Nix store, for those who read one there.

mod error;
mod folder;

pub use error::LayoutError;
pub use folder::LayoutDir;
