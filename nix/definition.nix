# An image definition; the counterpart of crates/pure/definition.
#
# `check` refuses what has no place in a definition, `resolve` gives one image of one channel with every override applied.
let
  text = import ./text.nix;
  format = 1;

  knownFormat =
    file: definition:
    if definition.format > format then
      throw "${file} has format ${toString definition.format}, this sage-oci knows format ${toString format}: update the flake input sage-oci"
    else
      definition;

  configKeys = [ "working-dir" "entrypoint" "cmd" "ports" "stop-signal" "env" "labels" ];
  fileKeys = [ "path" "source" "link" "mode" "owner" "group" ];

  # What is set above replaces what is below; variables and labels are merged.
  overlay =
    below: above:
    below
    // above
    // {
      env = below.env or { } // above.env or { };
      labels = below.labels or { } // above.labels or { };
    };
in
{
  inherit knownFormat;

  check =
    file: definition:
    let
      keys = table: text.onlyKeys "${file}, ${table}";
      config = table: holder: keys "${table}config" configKeys (holder.config or { });
      files = table: holder: map (keys "${table}files" fileKeys) (holder.files or [ ]);
      part = name: channel: [
        (keys "channels.${name}" [ "tags" "packages" "config" "files" ] channel)
        (config "channels.${name}." channel)
        (files "channels.${name}." channel)
      ];
      variant = name: variant: [
        (keys "variants.${name}" [ "title" "description" "config" ] variant)
        (config "variants.${name}." variant)
      ];
      all = [
        (keys "top level" [
          "format"
          "name"
          "title"
          "description"
          "url"
          "licenses"
          "version-of"
          "default-channel"
          "payload"
          "packages"
          "user"
          "config"
          "files"
          "channels"
          "variants"
          "compression"
          "exclude"
          "include"
        ] definition)
        (keys "user" [ "name" "id" "home" "shell" "sudo" ] definition.user)
        (keys "compression" [ "algorithm" "level" ] definition.compression)
        (config "" definition)
        (files "" definition)
        (builtins.mapAttrs part definition.channels)
        (builtins.mapAttrs variant (definition.variants or { }))
      ];
    in
    # The format first: a newer one may have other keys.
    builtins.seq (knownFormat file definition) (builtins.deepSeq all definition);

  # `name` is the image's own or a variant's.
  resolve =
    definition: name: channel:
    let
      part =
        definition.channels.${channel}
          or (throw "image `${definition.name}` has no channel `${channel}`; it has ${text.list (builtins.attrNames definition.channels)}");
      variant =
        definition.variants.${name} or {
          inherit (definition) title description;
        };
      placed =
        file:
        {
          inherit (file) path;
          mode = file.mode or "0644";
          owner = file.owner or "root";
          group = file.group or "root";
        }
        // (if file ? link then { inherit (file) link; } else { inherit (file) source; });
    in
    # The channel first: one that the image does not have is the error, not the lock that it lacks.
    builtins.seq part {
      inherit name channel;
      inherit (definition) url licenses compression;
      inherit (variant) title description;
      layersOf = definition.name;
      versionOf = definition.version-of;
      user = {
        sudo = false;
      } // definition.user;
      config = overlay (overlay (definition.config or { }) (part.config or { })) (variant.config or { });
      files = map placed (definition.files or [ ] ++ part.files or [ ]);
      exclude = definition.exclude or [ ];
      include = definition.include or [ ];
    };
}
