//! Nix: registering, realising and rooting derivations.
