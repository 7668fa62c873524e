# The derivations of one image; the counterpart of crates/pure/recipe, decision for decision.
#
# `image` is what definition.nix resolves, `sources` the text of apt's sources in the image, `placedFile` gives the text of
# a definition's file, `machine` is the architecture that builds, `derivation` what derivation.nix makes of a step.
{
  lock,
  image,
  sources,
  placedFile,
  machine,
  derivation,
}:
let
  stack =
    image: below:
    import ./recipe/stack.nix {
      inherit
        lock
        image
        below
        sources
        placedFile
        machine
        derivation
        ;
    };
  below = if image.extends == null then null else stack image.extends null;
  inherit (stack image below) layers view;
  annotations = import ./recipe/labels.nix {
    inherit lock image;
    inherit (view) plan;
  };
in
derivation {
  name = "${image.name}-image";
  step = {
    step = "image";
    inherit (image) name;
    inherit (lock) architecture epoch;
    layers = map (layer: layer.out) layers;
    inherit annotations;
    config = {
      # A number, so that an orchestrator can tell without the image that it is not root.
      user = toString image.user.id;
      working_dir = image.config.working-dir or image.user.home;
      inherit (image.config) env;
      entrypoint = image.config.entrypoint or [ ];
      cmd = image.config.cmd or [ ];
      ports = image.config.ports or [ ];
      labels = annotations // image.config.labels;
      stop_signal = image.config.stop-signal or "";
    };
  };
}
