{
  description = "Bit-for-bit reproducible, layered OCI images of SageMath";

  inputs = {
    # Only what is made from source needs it: the command, the shell, the formatter. Images are made without.
    nixpkgs.url = "github:NixOS/nixpkgs/nixpkgs-unstable";
    # The builder: a folder with `bin/sage-oci`. It follows this flake itself, which stands for "made from source";
    # `sage-oci nix-args` prints the flags that put a program made by cargo in its place.
    tool = {
      follows = "";
      flake = false;
    };
  };

  outputs = inputs: import ./nix/require.nix builtins.nixVersion (import ./nix/outputs.nix inputs);
}
