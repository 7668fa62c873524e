# What other flakes use.
#
# `tools` has the builder of each system.
tools:
let
  perSystem = import ./per-system.nix;
in
{
  # One image of a project (a flake, or a path to a folder with `nix/images`, `nix/channels` and `nix/locks`).
  buildImage =
    {
      project,
      image,
      channel ? null,
      system,
      architecture ? (import ./architecture.nix).ofSystem.${system},
      tool ? tools.${system},
    }:
    import ./image.nix {
      project = import ./project.nix project;
      inherit
        image
        channel
        system
        architecture
        tool
        ;
    };

  # One image for several architectures; its builder runs on `system`.
  buildIndex =
    {
      project,
      image,
      channel ? null,
      system,
      architectures ? builtins.attrNames (import ./architecture.nix).systems,
      tool ? tools.${system},
    }:
    import ./index.nix {
      project = import ./project.nix project;
      inherit
        image
        channel
        system
        architectures
        tool
        ;
    };

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
