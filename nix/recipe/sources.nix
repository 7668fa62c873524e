# Steps that fetch and lay out source trees, as layers, bottom first.
{
  lock,
  image,
  plan,
  placedFile,
  derivation,
  layer,
  sealing,
  # The `contents` of the layers that make the user's home.
  users,
}:
let
  inherit (builtins) baseNameOf concatStringsSep head map;
  lockedArchive = import ./locked-archive.nix { inherit lock image plan; };

  one =
    source:
    let
      fileName = baseNameOf (head source.urls);
      patches = source.patches or [ ];
      fetch = derivation {
        name = "source-${source.name}";
        fixed = (lockedArchive source).fetch.nar_sha256;
        step = {
          step = "fetch";
          mirrors = map dirOf source.urls;
          files = [
            {
              name = fileName;
              path = fileName;
              inherit (source) size sha256;
            }
          ];
        };
      };
    in
    layer {
      step = "source";
      name = "source-${source.name}";
      inherit sealing;
      archive = "${fetch}/${fileName}";
      patches = map (name: {
        inherit name;
        text = placedFile name;
      }) patches;
      inherit (source) path author;
      owner = image.user.id;
      message =
        "${source.name} ${source.version}\n\n${fileName}, sha256 ${source.sha256}\n"
        + concatStringsSep "" (map (name: "with ${name}\n") patches);
      tag = source.version;
      contents = users;
    };
in
map one image.sources
