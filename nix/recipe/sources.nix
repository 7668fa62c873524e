# Steps that fetch and lay out source trees, as layers, bottom first.
{
  image,
  placedFile,
  archive,
  layer,
  sealing,
  # The `contents` of the layers that make the user's home.
  users,
}:
let
  inherit (builtins) baseNameOf concatStringsSep head map;

  one =
    source:
    let
      fileName = baseNameOf (head source.urls);
      patches = source.patches or [ ];
    in
    layer {
      step = "source";
      name = "source-${source.name}";
      inherit sealing;
      archive = archive "source" source;
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
