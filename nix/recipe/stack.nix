# The layers of one image, bottom first; those of the image `below`, which it extends, are there already.
{
  lock,
  image,
  # What this file gives for the other image, or null.
  below,
  sources,
  placedFile,
  machine,
  derivation,
}:
let
  inherit (builtins)
    attrNames
    concatMap
    filter
    foldl'
    head
    listToAttrs
    ;

  view = import ./view.nix { inherit lock image; };
  inherit (view) plan;
  sealing = {
    inherit (lock) epoch;
    compression = image.compression.algorithm;
    inherit (image.compression) level;
  };
  accounts = import ./accounts.nix {
    lock = view;
    inherit image;
  };
  packages = import ./packages.nix {
    lock = view;
    inherit
      image
      plan
      machine
      accounts
      sealing
      derivation
      ;
    fetchesBelow = if below == null then { } else below.fetches;
  };

  layer =
    step:
    derivation {
      name = "layer-${step.name}";
      inherit step;
      contents = true;
    };

  lowest = name: below == null && name == head plan.layers;
  ownPackages = map (name: layer (packages.layerStep name (lowest name))) plan.layers;
  packageLayers = (if below == null then [ ] else below.packageLayers) ++ ownPackages;

  bytecodeSteps = filter (step: step.packages != [ ]) (map packages.bytecodeStep (attrNames plan.bytecode));
  bytecodeLayers = map layer bytecodeSteps;

  # Generated layers by kind, the upper ones last, since some read what an earlier one holds.
  generations = import ./generated.nix {
    lock = view;
    inherit
      image
      packages
      accounts
      sources
      placedFile
      ;
    base = if below == null then null else below.view;
  };
  generatedBelow = if below == null then { } else below.generated;
  own = listToAttrs (
    map (generation: {
      name = generation.step.generate;
      value = layer (
        {
          inherit sealing;
          inherit (lock) architecture;
          inherit (accounts) users groups;
          inherit (image) exclude include;
          contents = map (layer: layer.contents) (
            packageLayers ++ concatMap (kind: generated.${kind} or [ ]) generation.after
          );
        }
        // (if below == null then { } else { above = above generation.step.generate; })
        // generation.step
      );
    }) generations
  );
  generated = foldl' (
    all: kind: all // { ${kind} = generatedBelow.${kind} or [ ] ++ [ own.${kind} ]; }
  ) generatedBelow (attrNames own);
  # What a generated layer lies on: it holds only what differs from there.
  above =
    kind:
    {
      contents = map (layer: layer.contents) below.layers;
    }
    # Files that definitions place add up; every other kind is made anew for the whole image.
    // (if kind != "files" && below.generated ? ${kind} then { replaces = (head below.generated.${kind}).contents; } else { });

  archive = import ./archive.nix {
    inherit
      lock
      image
      plan
      derivation
      ;
  };
  sourceLayers = import ./sources.nix {
    inherit
      image
      placedFile
      archive
      layer
      sealing
      ;
    users = map (layer: layer.contents) (generated.users or [ ]);
  };
  wheelLayers = import ./wheels.nix {
    inherit
      image
      archive
      layer
      sealing
      ;
    inherit (packages) interpreter;
    contents = map (layer: layer.contents) (
      packageLayers ++ generated.configuration or [ ] ++ generated.files or [ ]
    );
  };
in
{
  inherit view packageLayers generated;
  inherit (packages) fetches;
  layers =
    (if below == null then [ ] else below.layers)
    ++ ownPackages
    ++ bytecodeLayers
    ++ map (generation: own.${generation.step.generate}) generations
    ++ wheelLayers
    ++ sourceLayers;
}
