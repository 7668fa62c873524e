# What other flakes use.
#
# `tools` has the builder of each system.
tools:
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
      tool ? tools.${system},
      ...
    }@arguments:
    (import ./project.nix project).image (
      builtins.removeAttrs arguments [ "project" ]
      // {
        inherit tool;
      }
    );

  # One image for several architectures; its builder runs on `system`.
  buildIndex =
    {
      project,
      system,
      architectures ? builtins.attrNames (import ./architecture.nix).systems,
      tool ? tools.${system},
      ...
    }@arguments:
    import ./index.nix (
      arguments
      // {
        project = import ./project.nix project;
        inherit architectures tool;
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
        tool = tools.${system};
      }).packages
    );

  # An image of any Nix closure; the arguments are explained in ./closure-image.nix.
  closureImage =
    {
      system,
      tool ? tools.${system},
      ...
    }@arguments:
    import ./closure-image.nix { inherit tool system; } (
      builtins.removeAttrs arguments [
        "system"
        "tool"
      ]
    );
}
