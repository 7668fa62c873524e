# The outputs of the flake.
#
# The inputs `builder` and `command` are this flake itself unless somebody overrides them: then both programs are made from
# source with nixpkgs. Where `builder` is overridden, by a folder with `bin/sage-oci-builder`, nothing of nixpkgs is touched,
# and what needs nixpkgs is left out: the command, too, unless `command` is overridden by a folder with `bin/sage-oci`.
{
  self,
  nixpkgs,
  builder,
  command,
}:
let
  given = input: input.outPath != self.outPath;
  perSystem = import ./per-system.nix;
  withNixpkgs =
    make:
    if given builder then
      { }
    else
      perSystem (
        system:
        builtins.addErrorContext
          "while taking what is made from source from nixpkgs; where nixpkgs is out of reach, give programs made by cargo: add `$(sage-oci nix-args)`"
          (make nixpkgs.legacyPackages.${system})
      );

  programs = withNixpkgs (pkgs: import ./programs.nix { inherit pkgs; src = self; });
  # A program for all systems. The name is part of the store path: with this one it is the path that `sage-oci nix-args` names.
  everywhere = name: input: perSystem (_: builtins.path { path = input.outPath; inherit name; });
  builders =
    if given builder then
      everywhere "sage-oci-builder" builder
    else
      builtins.mapAttrs (_: made: made.builder) programs;
  commands =
    if given command then
      everywhere "sage-oci" command
    else
      builtins.mapAttrs (_: made: made.command) programs;

  project = import ./project.nix self;
  images = perSystem (
    system:
    import ./images.nix {
      inherit project system;
      builder = builders.${system};
    }
  );
  verbs = builtins.mapAttrs (
    system: command:
    import ./commands.nix {
      inherit system command;
      project = self;
      builder = builders.${system};
    }
  ) commands;
in
{
  packages = perSystem (
    system:
    images.${system}.packages
    // import ./sources.nix self
    // (if given builder then { } else { builder = builders.${system}; })
    // (if verbs ? ${system} then rec { sage-oci = verbs.${system}.folder; default = sage-oci; } else { })
  );
  # `nix build` looks here too: an image that this system cannot build says why.
  legacyPackages = perSystem (system: images.${system}.others);
  apps = builtins.mapAttrs (_: verb: verb.apps) verbs;
  # Every image is made and every digest in it is computed.
  checks = perSystem (system: images.${system}.packages);
  devShells = withNixpkgs (pkgs: {
    default = import ./shell.nix { inherit pkgs; };
  });
  formatter = withNixpkgs (pkgs: pkgs.nixfmt-tree);
  lib = import ./lib.nix builders;
  templates.default = {
    path = ./template;
    description = "A Debian image of one's own: definition, lock and flake";
  };
}
