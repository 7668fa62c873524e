# A project's images as attributes: `sagemath-image`, and `sagemath-image-bookworm` for a channel that is not the default;
# `sagemath-image-arm64`, `sagemath-image-bookworm-arm64` for an architecture that is not the machine's; `sagemath-index` and
# `sagemath-index-bookworm` for all architectures in one.
#
# `packages` has those that the locks let this machine build, `others` the rest: each says, when asked for, what it lacks.
{
  project,
  system,
  tool,
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

  # A lock for another architecture serves this machine if it pins a Python that runs here.
  buildable =
    channel: architecture:
    project.hasLock channel architecture
    && (architecture == machine || (project.lock channel architecture).interpreters or { } ? ${machine});

  all = concatMap (
    image:
    let
      definition = project.images.${image};
      ofChannel =
        channel:
        let
          suffix = if channel == definition.default-channel then "" else "-${channel}";
          arguments = {
            inherit
              project
              system
              tool
              image
              channel
              ;
          };
        in
        [
          {
            name = "${image}-image${suffix}";
            value = import ./image.nix arguments;
            ready = buildable channel machine;
          }
          {
            name = "${image}-index${suffix}";
            value = import ./index.nix (arguments // { architectures = attrNames systems; });
            ready = builtins.all (buildable channel) (attrNames systems);
          }
        ]
        ++ map (architecture: {
          name = "${image}-image${suffix}-${architecture}";
          value = import ./image.nix (arguments // { inherit architecture; });
          ready = buildable channel architecture;
        }) foreign;
    in
    concatMap ofChannel (attrNames definition.channels)
  ) (attrNames project.images);
  parts = partition (one: one.ready) all;
in
{
  packages = listToAttrs parts.right;
  others = listToAttrs parts.wrong;
}
