//! Image and channel definitions as people write them in TOML.
