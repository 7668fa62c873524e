# Gives `value`, or says that this Nix is too old for the flake. 2.8 is the oldest that it is tested with.
version: value:
if builtins.compareVersions version "2.8" < 0 then
  throw "Nix ${version} is too old for this flake; 2.8 or newer is needed: install a newer one from https://nixos.org/download, or Debian's package `nix-bin`; the command `sage-oci build` does with Nix 2.4"
else
  value
