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
  # The verbs and what `nix flake show` says of them; `sage-oci reference --verbs` writes it.
  verbs = builtins.fromJSON (builtins.readFile ./verbs.json);
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
