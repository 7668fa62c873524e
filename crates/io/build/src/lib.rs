//! The builder: what runs inside Nix's sandbox.
