# An OCI image of any Nix closure, layered by sage-oci: no nixpkgs, no shell, no fakeroot.
#
#   import ./closure-image.nix { inherit builder system; } { name = "hello"; contents = [ pkgs.hello ]; config.Cmd = [ "/bin/hello" ]; }
#
# The result is an OCI layout in the store; `sage-oci closure` makes the same bytes from the command line. `builder`
# is the store path of the builder for `system`, the machine that builds.
{ builder, system }:
{
  # The image's name: lower-case letters, digits and `-`.
  name,
  # Derivations or store paths; the image holds them and everything they refer to.
  contents ? [ ],
  # Derivations or store paths whose trees also appear in the image's root. Two of them must not bring one file.
  copyToRoot ? [ ],
  # How: as "link"s into the store, or as a "copy".
  rootFiles ? "link",
  # The image's `config` in OCI's words: Cmd, Entrypoint, Env, ExposedPorts, Labels, StopSignal, User, Volumes, WorkingDir.
  config ? { },
  # A closure image, or any other OCI layout in the store, whose layers come first.
  fromImage ? null,
  # "amd64" or "arm64"; that of `system` where nothing is said.
  architecture ? null,
  # "zstd", "gzip" (for engines before Docker 23) or "none", and the compressor's level; 3 for zstd and 6 for gzip where nothing is
  # said.
  compression ? "zstd",
  level ? null,
  # The most layers the image may have, those of `fromImage` among them; at most 120.
  maxLayers ? 60,
  # Seconds since 1970 of everything that has a time.
  created ? 1,
  # The owner of the store and everything in it.
  owner ? { },
  # { name; uid ? 1000; gid ? uid; home ? "/home/${name}"; shell ? "/bin/sh"; }: a user beside root and nobody.
  user ? null,
  # [ { path; recursive ? false; mode ? "4755"; uid; gid; capabilities ? "cap_net_raw+ep"; } ]
  permissions ? [ ],
  # Puts /nix-path-registration into the image, for `nix-store --load-db`.
  includeNixDB ? false,
  # Annotations of the manifest.
  annotations ? { },
}:
let
  known = [ "Cmd" "Entrypoint" "Env" "ExposedPorts" "Labels" "StopSignal" "User" "Volumes" "WorkingDir" ];
  unknown = builtins.filter (key: !builtins.elem key known) (builtins.attrNames config);
  architectures = (import ./architecture.nix).ofSystem;

  # A derivation becomes its output's path, and keeps what must be built first.
  path = content: "${content}";
  roots = map path (contents ++ copyToRoot);
in
if unknown != [ ] then
  throw "closureImage ${name}: config has no key ${builtins.concatStringsSep ", " unknown}; there are ${builtins.concatStringsSep ", " known}"
else if roots == [ ] then
  throw "closureImage ${name}: both contents and copyToRoot are empty"
else
  derivation {
    inherit system;
    name = "${name}-image";
    builder = "${builder}/bin/sage-oci-builder";
    # Everything reaches the builder in a file, so a large closure is no long list of arguments.
    __structuredAttrs = true;
    exportReferencesGraph.closure = roots;
    # A compressed layer holds the names of store paths by chance only. Nix before 2.17 does not know this and scans. With a
    # base image there are links to its blobs, which must stay.
    unsafeDiscardReferences.out = fromImage == null;
    spec = {
      step = "closure";
      contents = roots;
      image = {
        inherit name rootFiles config compression level maxLayers created owner permissions includeNixDB annotations user;
        copyToRoot = map path copyToRoot;
        fromImage = if fromImage == null then null else path fromImage;
        architecture =
          if architecture != null then
            architecture
          else
            architectures.${system} or (throw "closureImage ${name}: give `architecture`, which ${system} does not tell");
      };
    };
  }
