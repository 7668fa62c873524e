# The outputs of the flake.
#
# The input `tool` is this flake itself unless somebody overrides it: then the builder is made from source with nixpkgs.
# Where it is overridden by a folder with `bin/sage-oci`, nothing of nixpkgs is touched, and what needs nixpkgs is left out.
{
  self,
  nixpkgs,
  tool,
}:
let
  given = tool.outPath != self.outPath;
  perSystem = import ./per-system.nix;
  withNixpkgs =
    make:
    if given then
      { }
    else
      perSystem (
        system:
        builtins.addErrorContext
          "while taking what is made from source from nixpkgs; where nixpkgs is out of reach, give a program made by cargo: add `$(sage-oci nix-args)`"
          (make nixpkgs.legacyPackages.${system})
      );

  tools =
    if given then
      # The name is part of the store path: with this one it is the path that `sage-oci nix-args` names.
      perSystem (
        _:
        builtins.path {
          path = tool.outPath;
          name = "sage-oci";
        }
      )
    else
      withNixpkgs (pkgs: import ./tool.nix { inherit pkgs; src = self; });

  project = import ./project.nix self;
  images = perSystem (
    system:
    import ./images.nix {
      inherit project system;
      tool = tools.${system};
    }
  );
  commands = perSystem (
    system:
    import ./commands.nix {
      inherit system;
      project = self;
      tool = tools.${system};
    }
  );
in
{
  packages = perSystem (
    system:
    images.${system}.packages
    // rec {
      sage-oci = commands.${system}.folder;
      default = sage-oci;
    }
  );
  # `nix build` looks here too: an image that this system cannot build says why.
  legacyPackages = perSystem (system: images.${system}.others);
  apps = perSystem (system: commands.${system}.apps);
  # Every image is made and every digest in it is computed.
  checks = perSystem (system: images.${system}.packages);
  devShells = withNixpkgs (pkgs: {
    default = import ./shell.nix { inherit pkgs; };
  });
  formatter = withNixpkgs (pkgs: pkgs.nixfmt-tree);
  lib = import ./lib.nix tools;
  templates.default = {
    path = ./template;
    description = "A Debian image of one's own: definition, lock and flake";
  };
}
