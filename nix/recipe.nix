# The derivations of one image, bottom layer first; the counterpart of crates/pure/recipe, decision for decision.
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
  inherit (builtins)
    attrNames
    filter
    head
    listToAttrs
    ;

  plan =
    lock.images.${image.layersOf}
      or (throw "the lock of channel `${lock.channel}` has no image `${image.layersOf}`: write it again with `sage-oci lock --channel ${lock.channel}`");
  sealing = {
    inherit (lock) epoch;
    compression = image.compression.algorithm;
    inherit (image.compression) level;
  };
  accounts = import ./recipe/accounts.nix { inherit lock image; };
  packages = import ./recipe/packages.nix {
    inherit
      lock
      image
      plan
      machine
      accounts
      sealing
      derivation
      ;
  };
  annotations = import ./recipe/labels.nix { inherit lock image plan; };

  layer =
    step:
    derivation {
      name = "layer-${step.name}";
      inherit step;
      contents = true;
    };

  packageLayers = map (name: layer (packages.layerStep name (name == head plan.layers))) plan.layers;

  bytecodeSteps = filter (step: step.packages != [ ]) (map packages.bytecodeStep (attrNames plan.bytecode));
  bytecodeLayers = map layer bytecodeSteps;

  # Generated layers by name, since some read what an earlier one holds.
  generations = import ./recipe/generated.nix {
    inherit
      lock
      image
      packages
      accounts
      sources
      placedFile
      ;
  };
  generated = listToAttrs (
    map (generation: {
      inherit (generation.step) name;
      value = layer (
        {
          inherit sealing;
          inherit (lock) architecture;
          inherit (accounts) users groups;
          inherit (image) exclude include;
          contents = map (layer: layer.contents) (packageLayers ++ map (name: generated.${name}) generation.after);
        }
        // generation.step
      );
    }) generations
  );
  generatedLayers = map (generation: generated.${generation.step.name}) generations;
in
derivation {
  name = "${image.name}-image";
  step = {
    step = "image";
    inherit (image) name;
    inherit (lock) architecture epoch;
    layers = map (layer: layer.out) (packageLayers ++ bytecodeLayers ++ generatedLayers);
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
