# A project: a folder with definitions and locks, and what `sage-oci recipe` wrote down of them: `nix/images.json` and
# `nix/recipes`. Only these two are read here; the rest is held against the digests in them.
#
# `root` is a path, or a flake.
root:
let
  inherit (builtins)
    attrNames
    concatStringsSep
    filter
    fromJSON
    hashFile
    match
    pathExists
    readDir
    readFile
    ;
  inherit (import ./architecture.nix) ofSystem;
  format = 1;
  list = names: concatStringsSep ", " (map (name: "`${name}`") names);
  again = "write it again with `sage-oci recipe`, which needs neither network nor Nix";
  at = file: root + "/${file}";

  # A document, if everything that it was made from is still the same.
  checked =
    file:
    let
      document = fromJSON (readFile (at file));
      gone = filter (input: !pathExists (at input)) (attrNames document.made_from);
      changed = filter (input: hashFile "sha256" (at input) != document.made_from.${input}) (attrNames document.made_from);
    in
    if !pathExists (at file) then
      throw "${file} is not there: write it with `sage-oci recipe`, and let git know it"
    else if document.format > format then
      throw "${file} has format ${toString document.format}, this sage-oci knows format ${toString format}: update the flake input sage-oci, or ${again}"
    else if gone != [ ] then
      throw "${file} is out of date: it was made from ${concatStringsSep ", " gone}, which is gone: ${again}"
    else if changed != [ ] then
      throw "${file} is out of date: ${concatStringsSep ", " changed} has changed: ${again}"
    else
      document;

  images =
    let
      file = "nix/images.json";
      document = checked file;
      definitions =
        folder:
        map (name: "${folder}/${name}") (
          filter (name: match ".*[.]toml" name != null) (attrNames (readDir (at folder)))
        );
      new = filter (input: !(document.made_from ? ${input})) (definitions "nix/channels" ++ definitions "nix/images");
    in
    if new != [ ] then
      throw "${file} is out of date: ${concatStringsSep ", " new} is new: ${again}"
    else
      document.images;

  named = channel: architecture: if architecture == "amd64" then "${channel}.json" else "${channel}-${architecture}.json";
  hasLock = channel: architecture: pathExists (at "nix/locks/${named channel architecture}");
  recipe = channel: architecture: checked "nix/recipes/${named channel architecture}";

  # An image's default channel, or the one that is asked for, which it must have.
  channelOf =
    image: channel:
    let
      known = images.${image} or (throw "there is no image `${image}`; there are ${list (attrNames images)}");
    in
    if channel == null then
      known.default_channel
    else if builtins.elem channel known.channels then
      channel
    else
      throw "image `${image}` has no channel `${channel}`; it has ${list known.channels}";
in
{
  inherit images;

  # Whether the images of a channel for an architecture can be built on a machine.
  buildable =
    channel: architecture: machine:
    hasLock channel architecture
    && (architecture == machine || (recipe channel architecture).machines ? ${machine});

  # One image as a derivation, the same that `sage-oci emit` makes. `system` is the machine that builds.
  image =
    {
      image,
      channel ? null,
      system,
      architecture ? ofSystem.${system},
      builder,
    }:
    let
      name = channelOf image channel;
      document = recipe name architecture;
      steps = import ./steps.nix {
        recipe = document;
        readFile = file: readFile (at file);
        inherit system builder;
      };
    in
    # The image first: an unknown one is the error, not the lock that it lacks.
    if !(hasLock name architecture) then
      throw "channel `${name}` has no lock for ${architecture}, nix/locks/${named name architecture}: write it with `sage-oci lock --channel ${name} --arch ${architecture}`, and let git know it"
    else
      steps.${
        document.images.${image}
          or (throw "the recipe of channel `${name}` for ${architecture} has no image `${image}`: ${again}")
      };
}
