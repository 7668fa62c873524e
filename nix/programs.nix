# The builder and the command from source, with the compiler that nixpkgs' cache has: static against glibc, as cargo makes them
# (pkgsStatic would first build parts of a compiler, nixpkgs #207435). The builder comes first, since the command carries it.
{ pkgs, src }:
let
  inherit (builtins)
    attrNames
    baseNameOf
    elem
    filter
    fromTOML
    genericClosure
    match
    readFile
    replaceStrings
    ;
  manifest = fromTOML (readFile (src + "/Cargo.toml"));

  # The builder is made of these crates, so what changes in others is no other builder.
  crates = map (crate: crate.key) (genericClosure {
    startSet = [ { key = "crates/builder"; } ];
    operator =
      { key }:
      map (name: { key = manifest.workspace.dependencies.${name}.path; }) (
        filter (name: match "sage-oci-.*" name != null) (
          attrNames (fromTOML (readFile (src + "/${key}/Cargo.toml"))).dependencies
        )
      );
  });
  ofBuilder =
    relative: type:
    elem relative [ "Cargo.toml" "Cargo.lock" ]
    || (match "crates/.*" relative != null && baseNameOf relative == "Cargo.toml")
    || (type == "directory" && match "crates(/[^/]+)?" relative != null)
    || (type == "directory" && builtins.pathExists (src + "/${relative}/Cargo.toml"))
    || builtins.any (crate: match "${crate}/src(/.*)?" relative != null) crates;
  # What cargo reads; a change of a lock or an image does not rebuild the command. Its `.cargo` is left out too, for here
  # nixpkgs chooses the target.
  ofCommand = relative: _: match "(Cargo.toml|Cargo.lock|clippy.toml|crates(/.*)?)" relative != null;

  make =
    name: keep: rest:
    pkgs.rustPlatform.buildRustPackage (
      {
        pname = name;
        inherit (manifest.workspace.package) version;
        src = builtins.path {
          name = "${name}-source";
          path = src;
          filter = path: keep (replaceStrings [ "${toString src}/" ] [ "" ] path);
        };
        cargoLock.lockFile = src + "/Cargo.lock";
        cargoBuildFlags = [ "--package" name ];
        buildInputs = [ pkgs.glibc.static ];
        RUSTFLAGS = "-C target-feature=+crt-static";
        # The tests compare with real tools and a real store: `tests/run` runs them outside the sandbox.
        doCheck = false;
        meta = {
          description = "Bit-for-bit reproducible, layered OCI images of SageMath";
          mainProgram = name;
        };
      }
      // rest
    );
in
rec {
  builder = make "sage-oci-builder" ofBuilder {
    buildType = "builder";
    # Cargo wants to see every member of the workspace; of those left out it sees nothing but the manifest.
    postPatch = ''
      for manifest in crates/*/Cargo.toml crates/*/*/Cargo.toml; do
        crate=$(dirname "$manifest")
        [ -e "$crate/src" ] || { mkdir "$crate/src" && touch "$crate/src/lib.rs"; }
      done
    '';
  };
  command = make "sage-oci" ofCommand { SAGE_OCI_BUILDER_PROGRAM = "${builder}/bin/sage-oci-builder"; };
}
