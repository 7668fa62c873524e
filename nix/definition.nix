# An image definition; the counterpart of crates/pure/definition.
#
# `check` refuses what has no place in a definition, `extend` joins one that extends another image with that image's,
# `resolve` gives one image of one channel with every override applied.
let
  text = import ./text.nix;
  knownFormat =
    format: file: definition:
    if definition.format > format then
      throw "${file} has format ${toString definition.format}, this sage-oci knows format ${toString format}: update the flake input sage-oci"
    else
      definition;

  configKeys = [ "working-dir" "entrypoint" "cmd" "ports" "stop-signal" "env" "labels" ];
  # What only an image that stands alone says, and an extension takes from it.
  aloneKeys = [
    "url"
    "licenses"
    "version-of"
    "default-channel"
    "payload"
    "user"
    "compression"
    "exclude"
    "include"
  ];
  sourceKeys = [ "name" "version" "urls" "sha256" "size" "path" "author" "patches" ];
  wheelKeys = [ "name" "version" "urls" "sha256" "size" "reason" "exclude" ];
  packageKeys = [ "wanted" "left-out" "brought-back" ];
  fileKeys = [ "path" "source" "patch" "of" "link" "directory" "divert" "mode" "owner" "group" ];

  # What is set above replaces what is below; variables and labels are merged.
  overlay =
    below: above:
    below
    // above
    // {
      env = below.env or { } // above.env or { };
      labels = below.labels or { } // above.labels or { };
    };
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
          mode = file.mode or (if file.directory or false then "0755" else "0644");
          owner = file.owner or "root";
          group = file.group or "root";
          divert = file.divert or false;
        }
        // (
          if file ? link then
            { inherit (file) link; }
          else if file.directory or false then
            { inherit (file) directory; }
          else if file ? patch then
            { inherit (file) patch of; }
          else
            { inherit (file) source; }
        );
      extends =
        if definition ? base then
          resolve definition.base definition.base.name channel
        else
          null;
      # An image that extends another one leaves out what that one does.
      leftOut = (definition.base or definition).channels.${channel};
      own = overlay (definition.config or { }) (part.config or { });
      below = if extends == null then own else overlay extends.config own;
    in
    # The channel first: one that the image does not have is the error, not the lock that it lacks.
    builtins.seq part {
      inherit name channel extends;
      inherit (definition) url licenses compression;
      inherit (variant) title description;
      layersOf = definition.name;
      versionOf = definition.version-of;
      user = {
        sudo = false;
      } // definition.user;
      config = overlay below (variant.config or { });
      files = map placed (definition.files or [ ] ++ part.files or [ ]);
      sources = definition.sources or [ ] ++ part.sources or [ ];
      wheels = definition.wheels or [ ] ++ part.wheels or [ ];
      exclude = definition.exclude or [ ] ++ leftOut.exclude or [ ];
      include = definition.include or [ ] ++ leftOut.include or [ ];
    };
in
{
  # A channel with whole suites: `mirrors` and `keys` of the channel are those of every suite that has none of its own. The
  # counterpart of crates/pure/definition/src/channel.rs.
  channel =
    file: written:
    let
      keys = text.onlyKeys "${file}, top level" [ "format" "name" "description" "mirrors" "snapshot" "keys" "suites" ] written;
      suiteKeys = [ "suite" "components" "mirrors" "snapshot" "keys" "security" ];
      suite =
        suite:
        let
          whole = builtins.intersectAttrs {
            mirrors = null;
            keys = null;
          } written // text.onlyKeys "${file}, suites" suiteKeys suite;
        in
        if builtins.any (what: whole.${what} or [ ] == [ ]) [ "components" "mirrors" "keys" ] then
          throw "${file}: suite `${suite.suite}` must have components, mirrors and keys, of its own or of the channel"
        else
          whole;
      suites = map suite written.suites;
      twice = builtins.filter (one: builtins.length (builtins.filter (other: other.suite == one.suite) suites) > 1) suites;
    in
    builtins.seq (knownFormat 2 file written) (
      builtins.seq keys (
        if suites == [ ] then
          throw "${file}: `suites` must not be empty"
        else if twice != [ ] then
          throw "${file}: the suite `${(builtins.head twice).suite}` is there twice"
        else
          {
            inherit (written) name description;
            inherit suites;
          }
      )
    );

  check =
    file: definition:
    let
      keys = table: text.onlyKeys "${file}, ${table}";
      config = table: holder: keys "${table}config" configKeys (holder.config or { });
      files = table: holder: map (keys "${table}files" fileKeys) (holder.files or [ ]);
      sources = table: holder: map (keys "${table}sources" sourceKeys) (holder.sources or [ ]);
      wheels = table: holder: map (keys "${table}wheels" wheelKeys) (holder.wheels or [ ]);
      part = name: channel: [
        (keys "channels.${name}" [ "tags" "packages" "config" "files" "sources" "wheels" "exclude" "include" ] channel)
        (sources "channels.${name}." channel)
        (wheels "channels.${name}." channel)
        (config "channels.${name}." channel)
        (files "channels.${name}." channel)
      ];
      variant = name: variant: [
        (keys "variants.${name}" [ "title" "description" "config" ] variant)
        (config "variants.${name}." variant)
      ];
      all = [
        (keys "top level" (
          [
            "format"
            "name"
            "title"
            "description"
            "packages"
            "config"
            "files"
            "sources"
            "wheels"
            "channels"
            "variants"
          ]
          ++ (if definition ? extends then [ "extends" ] else aloneKeys)
        ) definition)
        (keys "packages" packageKeys (definition.packages or { }))
        (keys "user" [ "name" "id" "home" "shell" "sudo" ] (definition.user or { }))
        (keys "compression" [ "algorithm" "level" ] (definition.compression or { }))
        (config "" definition)
        (files "" definition)
        (sources "" definition)
        (wheels "" definition)
        (builtins.mapAttrs part (definition.channels or { }))
        (builtins.mapAttrs variant (definition.variants or { }))
      ];
    in
    # The format first: a newer one may have other keys.
    builtins.seq (knownFormat 1 file definition) (builtins.deepSeq all definition);

  # `bases` are the definitions that stand alone, by name.
  extend =
    bases: file: definition:
    let
      base =
        bases.${definition.extends}
          or (throw "${file}: there is no image `${definition.extends}` that stands alone; there are ${text.list (builtins.attrNames bases)}");
      part =
        channel: own:
        if !(base.channels ? ${channel}) then
          throw "${file}: `${base.name}`, which this image extends, has no channel `${channel}`"
        else if own ? tags || own ? exclude || own ? include then
          throw "${file}, channels.${channel}: tags and the paths that are left out are those of `${base.name}`, which this image extends"
        else
          own;
      own = builtins.mapAttrs part (definition.channels or { });
    in
    if !(definition ? extends) then
      definition
    else
      builtins.intersectAttrs (builtins.listToAttrs (
        map (name: {
          inherit name;
          value = null;
        }) aloneKeys
      )) base
      // definition
      // {
        inherit base;
        channels = builtins.mapAttrs (name: _: own.${name} or { }) base.channels;
      };

  # `name` is the image's own or a variant's.
  inherit resolve;
}
