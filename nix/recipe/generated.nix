# Steps that write generated files, each kind a layer of its own, bottom first.
#
# `after` names an earlier generated layer whose contents a step needs beside those of the packages.
#
# An image that extends another one, whose view of the lock is `base`, has only those that can differ.
{
  # The lock as this image sees it.
  lock,
  base,
  image,
  packages,
  accounts,
  sources,
  placedFile,
}:
let
  inherit (builtins)
    concatMap
    elem
    filter
    foldl'
    head
    isAttrs
    length
    listToAttrs
    map
    mapAttrs
    match
    ;

  # What stands before the layers' names.
  prefix =
    if base == null then
      ""
    else
      let
        above = match "${image.extends.layersOf}-(.+)" image.layersOf;
      in
      "${if above == null then image.layersOf else head above}-";

  # Whether the image has effects of a kind that the one it extends has not; always where it stands alone.
  # An extension only adds effects.
  differs =
    wanted: base == null || length (filter wanted base.effects) != length (filter wanted lock.effects);
  when = holds: generation: if holds then [ generation ] else [ ];

  kinds = wanted: filter (effect: elem effect.kind wanted) lock.effects;
  isCertificates = effect: effect.kind == "computed" && effect.document == "ca-certificates";
  documents = wanted: filter (effect: effect.kind == "computed" && elem effect.document wanted) lock.effects;

  generation =
    {
      name,
      effects ? [ ],
      # Packages whose archives the step reads beside those that its effects copy or compute from.
      reads ? [ ],
      after ? [ ],
      # What this kind alone has.
      own ? { },
    }:
    let
      fromPackages = map (effect: effect.package) (
        filter (effect: effect.kind == "copy" || effect.kind == "computed") effects
      );
    in
    {
      inherit after;
      step = {
        step = "generate";
        generate = name;
        name = "${prefix}${name}";
        inherit effects;
        archives = listToAttrs (
          map (name: {
            inherit name;
            value = packages.archive name;
          }) (filter packages.has (fromPackages ++ reads))
        );
      }
      // own;
    };

  users = generation {
    name = "users";
    inherit (accounts) effects;
    # bash ships /etc/skel.
    reads = [ "bash" ];
    own = {
      user = image.user.name;
      inherit (image.user) sudo;
    };
  };

  alternatives = generation {
    name = "alternatives";
    effects = kinds [ "alternative" ];
  };

  ldCache = generation {
    name = "ld-cache";
    # These two ship /etc/ld.so.conf and /etc/ld.so.conf.d.
    reads = [
      "libc-bin"
      "libc6"
    ];
    # BLAS and LAPACK are found through links below /etc/alternatives.
    after = [ "alternatives" ];
  };

  certificates =
    let
      effects = documents [ "ca-certificates" ];
    in
    if effects == [ ] then
      [ ]
    else
      [
        (generation {
          name = "certificates";
          inherit effects;
        })
      ];

  configuration =
    let
      made = [
        "directory"
        "symlink"
        "file"
        "copy"
        "shell"
      ];
      computed = [
        "pam-profiles"
        "xml-catalogs"
      ];
    in
    generation {
      name = "configuration";
      # One pass, for the order of the effects counts.
      effects = filter (
        effect: elem effect.kind made || effect.kind == "computed" && elem effect.document computed
      ) lock.effects;
      # They ship PAM profiles and leave it to libpam-runtime's script to apply them.
      reads = [
        "libpam-modules"
        "libpam-systemd"
      ];
      after = [ "users" ];
    };

  files = generation {
    name = "files";
    # A file below the user's home must leave the home as it is.
    after = [ "users" ];
    reads = map (file: file.of) (filter (file: file ? of) image.files);
    own.files = map (
      file:
      {
        inherit (file)
          path
          mode
          owner
          group
          ;
      }
      // (if file ? source then { text = placedFile file.source; } else if file ? patch then {
        patch = {
          package = file.of;
          name = file.patch;
          text = placedFile file.patch;
        };
      } else removeAttrs file [ "path" "mode" "owner" "group" "divert" ])
    ) image.files;
  };

  dpkg = generation {
    name = "dpkg";
    effects = kinds [
      "diversion"
      "metadata"
    ];
    own = {
      automatic = map (package: package.name) (filter (package: isAttrs package.reason) lock.packages);
      # What the stand-in for packages that are left out provides: the virtual packages that something needs them for, and
      # they themselves.
      omitted =
        foldl' (all: omitted: all // mapAttrs (_: version: if version == null then "" else version) (omitted.provides or { })) { } lock.omitted
        // listToAttrs (
          map (omitted: {
            inherit (omitted) name;
            value = omitted.version;
          }) lock.omitted
        );
      inherit sources;
    };
  };
in
when (differs (effect: effect.kind == "user" || effect.kind == "group")) users
++ when (differs (effect: effect.kind == "alternative")) alternatives
++ [ ldCache ]
++ (if differs isCertificates then certificates else [ ])
++ [ configuration ]
++ when (base == null || image.files != [ ]) files
++ [ dpkg ]
