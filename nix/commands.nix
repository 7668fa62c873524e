# The command under each verb's own name, since an app of a flake is a program without arguments, and beside it the project
# that it works on where it is called outside of a checkout.
{
  system,
  builder,
  command,
  project,
}:
let
  program = "${command}/bin/sage-oci";
  # The verbs and what `nix flake show` says of them.
  verbs = {
    build = "Build an image and print its store path, an OCI layout";
    builder = "Add the builder to the store and print its path";
    closure = "Make an image of Nix store paths and everything they refer to";
    derivations = "List an image's derivations, or those that are still to be built";
    doctor = "Describe this machine and what it lacks; mend it on request";
    emit = "Register an image's derivations with Nix and print the top one";
    graph = "Show an image's derivations as a graph, in Graphviz's language or as JSON";
    inspect = "Show an image's layers and packages and what each costs";
    load = "Import an image into Docker or podman, sending only what the engine lacks";
    lock = "Read the signed index, resolve, and pin every package";
    nix-args = "Print the flags with which `nix build` uses this program and its builder";
    recipe = "Write down for the flake what the images are made of";
    smoke = "Test an imported image as its users would use it";
    up = "From nothing to a tested image: install what is missing, build, import, test, tag";
    why = "Say why a package is in an image";
    why-layer = "Say which layer holds a package or a path, what makes that layer, and since when";
  };
  names = builtins.attrNames verbs;
  folder = import ./derivation.nix { inherit system builder; } {
    name = "sage-oci-commands";
    step = {
      step = "links";
      links = {
        "bin/sage-oci" = program;
        nix = "${project}/nix";
      }
      // builtins.listToAttrs (
        map (verb: {
          name = "libexec/sage-oci/${verb}";
          value = program;
        }) names
      );
    };
  };
  app = path: description: {
    type = "app";
    program = "${folder}/${path}";
    meta = { inherit description; };
  };
in
{
  inherit folder;
  apps = {
    default = app "bin/sage-oci" "The command itself";
  }
  // builtins.mapAttrs (verb: app "libexec/sage-oci/${verb}") verbs;
}
