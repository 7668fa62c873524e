# An attribute set with a value for each system that images are built on.
make:
builtins.listToAttrs (
  map
    (system: {
      name = system;
      value = make system;
    })
    [
      "aarch64-linux"
      "x86_64-linux"
    ]
)
