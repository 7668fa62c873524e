# Steps that fetch and install Python wheels, as layers, bottom first.
{
  lock,
  image,
  plan,
  interpreter,
  placedFile,
  derivation,
  layer,
  sealing,
  # The `contents` of the layers that they are laid over.
  contents,
}:
let
  inherit (builtins) baseNameOf head map;
  lockedArchive = import ./locked-archive.nix { inherit lock image plan; };

  one =
    wheel:
    let
      fileName = baseNameOf (head wheel.urls);
      fetch = derivation {
        name = "wheel-${wheel.name}";
        fixed = (lockedArchive wheel).fetch.nar_sha256;
        step = {
          step = "fetch";
          mirrors = map dirOf wheel.urls;
          files = [
            {
              name = fileName;
              path = fileName;
              inherit (wheel) size sha256;
            }
          ];
        };
      };
    in
    layer {
      step = "wheel";
      name = "wheel-${wheel.name}";
      inherit sealing interpreter contents;
      distribution = wheel.name;
      inherit (wheel) version;
      archive = "${fetch}/${fileName}";
      patches = map (name: {
        inherit name;
        text = placedFile name;
      }) (wheel.patches or [ ]);
      exclude = image.exclude ++ wheel.exclude or [ ];
      inherit (image) include;
    };
in
map one image.wheels
