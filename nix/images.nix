# A project's images as attributes: `sagemath-image`, and `sagemath-image-bookworm` for a channel that is not the default;
# `sagemath-image-arm64`, `sagemath-image-bookworm-arm64` for an architecture that is not the machine's; `sagemath-index` and
# `sagemath-index-bookworm` for all architectures in one.
#
# `packages` has those that the locks let this machine build, `others` the rest: each says, when asked for, what it lacks.
{
  project,
  system,
  builder,
}:
let
  inherit (builtins)
    attrNames
    concatMap
    filter
    listToAttrs
    partition
    ;
  inherit (import ./architecture.nix) systems ofSystem;
  machine = ofSystem.${system};
  foreign = filter (architecture: architecture != machine) (attrNames systems);

  ofChannel =
    image: channel:
    let
      suffix = if channel == project.images.${image}.default_channel then "" else "-${channel}";
      arguments = {
        inherit
          system
          builder
          image
          channel
          ;
      };
      single = ending: architecture: {
        name = "${image}-image${suffix}${ending}";
        value = project.image (arguments // { inherit architecture; });
        ready = project.buildable channel architecture machine;
      };
    in
    [
      (single "" machine)
      {
        name = "${image}-index${suffix}";
        value = import ./index.nix (
          arguments
          // {
            inherit project;
            architectures = attrNames systems;
          }
        );
        ready = builtins.all (architecture: project.buildable channel architecture machine) (attrNames systems);
      }
    ]
    ++ map (architecture: single "-${architecture}" architecture) foreign;
  all = concatMap (image: concatMap (ofChannel image) project.images.${image}.channels) (attrNames project.images);
  parts = partition (one: one.ready) all;
in
{
  packages = listToAttrs parts.right;
  others = listToAttrs parts.wrong;
}
