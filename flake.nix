{
  description = "Bit-for-bit reproducible, layered OCI images of SageMath";

  inputs = {
    # Only what is made from source needs it: the command, the shell, the formatter. Images are made without.
    nixpkgs.url = "github:NixOS/nixpkgs/nixpkgs-unstable";
    # The builder, a folder with `bin/sage-oci-builder`, and the command, one with `bin/sage-oci`. They follow this flake itself,
    # which stands for "made from source"; `sage-oci nix-args` prints the flags that put programs made by cargo in their place.
    builder = {
      follows = "";
      flake = false;
    };
    command = {
      follows = "";
      flake = false;
    };
  };

  outputs = inputs: import ./nix/require.nix builtins.nixVersion (import ./nix/outputs.nix inputs);
}
