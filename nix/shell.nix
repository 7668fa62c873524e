# What works on this repository: the compiler, and the programs that the tests compare with.
{ pkgs }:
pkgs.mkShell {
  packages = [
    pkgs.cargo
    pkgs.clippy
    pkgs.rustc
    pkgs.rustfmt
    pkgs.apt
    pkgs.binutils
    pkgs.dpkg
    pkgs.gnupg
    pkgs.jq
    pkgs.openssl
    pkgs.skopeo
    pkgs.zstd
  ];
}
