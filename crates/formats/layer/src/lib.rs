//! Layers: reproducible tar, digests and compression in one pass.
