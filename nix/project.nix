# A project: a folder with `nix/images`, `nix/channels` and `nix/locks`; the counterpart of crates/io/project.
#
# `root` is a path, or a flake.
root:
let
  inherit (builtins)
    attrNames
    concatMap
    filter
    fromJSON
    fromTOML
    listToAttrs
    match
    pathExists
    readDir
    readFile
    ;
  text = import ./text.nix;
  definition = import ./definition.nix;

  below = folder: root + "/nix/${folder}";

  tomlFiles =
    folder: filter (name: match ".*[.]toml" name != null) (attrNames (readDir (below folder)));
  toml = folder: name: fromTOML (readFile (below "${folder}/${name}"));

  checked = map (name: {
    file = "nix/images/${name}";
    value = definition.check "nix/images/${name}" (toml "images" name);
  }) (tomlFiles "images");
  bases = listToAttrs (
    concatMap (
      { value, ... }:
      if value ? extends then
        [ ]
      else
        [
          {
            inherit (value) name;
            inherit value;
          }
        ]
    ) checked
  );
  imageFiles = map ({ file, value }: definition.extend bases file value) checked;

  # Every image and variant, with the definition that it is in.
  images = listToAttrs (
    concatMap (
      image:
      map (name: {
        inherit name;
        value = image;
      }) ([ image.name ] ++ attrNames (image.variants or { }))
    ) imageFiles
  );

  channels = listToAttrs (
    map (
      file:
      let
        channel = definition.channel "nix/channels/${file}" (toml "channels" file);
      in
      {
        inherit (channel) name;
        value = channel;
      }
    ) (tomlFiles "channels")
  );

  lockName = channel: architecture: if architecture == "amd64" then "${channel}.json" else "${channel}-${architecture}.json";
  lockFormat = 2;
  # Format 1: all suites have the same mirrors.
  upgraded =
    lock:
    if lock.format >= 2 then
      lock
    else
      builtins.removeAttrs lock [ "archive" ]
      // {
        format = 2;
        suites = map (suite: suite // { inherit (lock.archive) mirrors; }) lock.archive.suites;
      };
in
rec {
  inherit images channels;

  image = name: images.${name} or (throw "there is no image `${name}`; there are ${text.list (attrNames images)}");

  channel = name: channels.${name} or (throw "there is no channel `${name}`; there are ${text.list (attrNames channels)}");

  hasLock = channel: architecture: pathExists (below "locks/${lockName channel architecture}");

  lock =
    channel: architecture:
    let
      file = "nix/locks/${lockName channel architecture}";
      lock = fromJSON (readFile (root + "/${file}"));
    in
    if !(hasLock channel architecture) then
      throw "channel `${channel}` has no lock for ${architecture}, ${file}: write it with `sage-oci lock --channel ${channel} --arch ${architecture}`, and let git know it"
    else if lock.format > lockFormat then
      throw "the lock ${file} has format ${toString lock.format}, this sage-oci knows formats up to ${toString lockFormat}: update the flake input sage-oci, or write the lock again with `sage-oci lock`"
    else
      upgraded lock;

  # The text of a file that a definition places.
  placedFile =
    name:
    let
      file = below "images/files/${name}";
    in
    if pathExists file then readFile file else throw "a definition places `${name}`, which is not below nix/images/files";
}
