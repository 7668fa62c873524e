# The lock as one image sees it; the counterpart of crates/pure/lock/src/view.rs.
#
# What another image brings is not in it, so that an image stays what it is when one that extends it is added to the lock.
{ lock, image }:
let
  inherit (builtins)
    attrValues
    filter
    listToAttrs
    ;
  notLocked = throw "the lock of channel `${lock.channel}` has no image `${image.layersOf}`: write it again with `sage-oci lock --channel ${lock.channel}`";
  plan =
    let
      plan = lock.images.${image.layersOf} or notLocked;
      extends = if image.extends == null then null else image.extends.layersOf;
    in
    if plan.extends or null == extends then plan else notLocked;
  below = if image.extends == null then [ ] else lock.images.${image.extends.layersOf}.layers;

  files = image: if image == null then [ ] else image.files;

  set =
    names:
    listToAttrs (
      map (name: {
        inherit name;
        value = null;
      }) names
    );
  layers = set (below ++ plan.layers);
  wanted = set (plan.wanted or [ ]);
  packages = map (
    package: if wanted ? ${package.name} then package // { reason = "wanted"; } else package
  ) (filter (package: layers ? ${package.layer}) lock.packages);
  names = set (map (package: package.name) packages);

  # What is left out: its own word counts before that of the image that it extends.
  saidOf =
    of:
    listToAttrs (
      map (omitted: {
        inherit (omitted) name;
        value = omitted;
      }) (filter (omitted: omitted.image or null == of) lock.omitted)
    );
  omitted = saidOf null // (if image.extends == null then { } else saidOf image.layersOf);
in
lock
// {
  inherit plan packages;
  # The diversions of the definition stand behind those of scripts.
  effects =
    filter (effect: names ? ${effect.package}) lock.effects
    ++ map (file: {
      package = image.versionOf;
      kind = "diversion";
      from = file.path;
      to = "${file.path}.distrib";
      local = true;
    }) (filter (file: file.divert) (files image.extends ++ image.files));
  omitted = filter (omitted: !(names ? ${omitted.name})) (attrValues omitted);
}
