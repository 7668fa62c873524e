# A project's images as attributes: `sagemath-image`, and `sagemath-image-bookworm` for a channel that is not the default.
#
# `packages` has those whose lock is for the machine that builds, `others` the rest: each says, when asked for, what it lacks.
{
  project,
  system,
  tool,
}:
let
  inherit (builtins)
    attrNames
    concatMap
    listToAttrs
    partition
    ;
  architecture = (import ./architecture.nix).ofSystem.${system};
  all = concatMap (
    image:
    let
      definition = project.images.${image};
    in
    map (channel: {
      name = "${image}-image" + (if channel == definition.default-channel then "" else "-${channel}");
      value = import ./image.nix {
        inherit
          project
          system
          tool
          image
          channel
          ;
      };
      locked = project.hasLock channel architecture;
    }) (attrNames definition.channels)
  ) (attrNames project.images);
  parts = partition (one: one.locked) all;
in
{
  packages = listToAttrs parts.right;
  others = listToAttrs parts.wrong;
}
