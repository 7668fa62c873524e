# Debian's names of the machine architectures and Nix's names of the systems; the counterpart of
# crates/pure/names/src/architecture.rs.
rec {
  systems = {
    amd64 = "x86_64-linux";
    arm64 = "aarch64-linux";
  };
  ofSystem = builtins.listToAttrs (
    map (architecture: {
      name = systems.${architecture};
      value = architecture;
    }) (builtins.attrNames systems)
  );
}
