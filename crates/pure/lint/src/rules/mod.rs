//! One function a rule: the paths that break it and how, or why the image cannot be asked.

pub(crate) mod access;
pub(crate) mod code;
pub(crate) mod content;
mod debian;
pub(crate) mod libraries;
pub(crate) mod owned;
pub(crate) mod state;

use sage_oci_tree::ImagePath;

/// What breaks a rule.
pub(crate) type Found = Result<Vec<(ImagePath, String)>, String>;
