//! Nix derivations: ATerm, NAR, nix32, store paths, export streams.
