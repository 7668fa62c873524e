# The command from source: one static binary, since it is the builder inside Nix's sandbox, where no library is.
{ pkgs, src }:
let
  manifest = builtins.fromTOML (builtins.readFile (src + "/Cargo.toml"));
  # What cargo reads; a change of a lock or an image does not rebuild the command. Its `.cargo` is left out too, for here
  # nixpkgs chooses the target.
  parts = [
    "Cargo.toml"
    "Cargo.lock"
    "clippy.toml"
    "crates"
  ];
in
pkgs.pkgsStatic.rustPlatform.buildRustPackage {
  pname = "sage-oci";
  inherit (manifest.workspace.package) version;
  src = builtins.path {
    name = "sage-oci-source";
    path = src;
    filter = path: _: dirOf path != toString src || builtins.elem (baseNameOf path) parts;
  };
  cargoLock.lockFile = src + "/Cargo.lock";
  # The tests compare with real tools and a real store: `tests/run` runs them outside the sandbox.
  doCheck = false;
  meta = {
    description = "Bit-for-bit reproducible, layered OCI images of SageMath";
    mainProgram = "sage-oci";
  };
}
