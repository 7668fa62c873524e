# What other flakes use.
#
# `builders` has the builder of each system.
builders:
let
  perSystem = import ./per-system.nix;
in
{
  # One image of a project (a flake, or a path to a folder with `nix/images.json` and `nix/recipes`): `image`, and if need be
  # `channel`, `system` that builds, and `architecture`; see ./project.nix.
  buildImage =
    {
      project,
      system,
      builder ? builders.${system},
      ...
    }@arguments:
    (import ./project.nix project).image (
      builtins.removeAttrs arguments [ "project" ]
      // {
        inherit builder;
      }
    );

  # One image for several architectures; its builder runs on `system`.
  buildIndex =
    {
      project,
      system,
      architectures ? builtins.attrNames (import ./architecture.nix).systems,
      builder ? builders.${system},
      ...
    }@arguments:
    import ./index.nix (
      arguments
      // {
        project = import ./project.nix project;
        inherit architectures builder;
      }
    );

  # All images of a project by system and name, as `packages` of a flake wants them.
  buildImages =
    { project }:
    perSystem (
      system:
      (import ./images.nix {
        project = import ./project.nix project;
        inherit system;
        builder = builders.${system};
      }).packages
    );

  # An image of any Nix closure; the arguments are explained in ./closure-image.nix.
  closureImage =
    {
      system,
      builder ? builders.${system},
      ...
    }@arguments:
    import ./closure-image.nix { inherit builder system; } (
      builtins.removeAttrs arguments [
        "system"
        "builder"
      ]
    );
}
