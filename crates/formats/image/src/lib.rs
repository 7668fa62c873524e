//! OCI images: config, manifest, index, layout, validation.
