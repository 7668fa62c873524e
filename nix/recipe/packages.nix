# Steps that concern packages: fetching, unpacking, compiling.
{
  lock,
  image,
  plan,
  machine,
  accounts,
  sealing,
  derivation,
  # The fetches of the image that this one extends, by layer.
  fetchesBelow,
}:
let
  inherit (builtins)
    attrNames
    concatMap
    elem
    filter
    groupBy
    listToAttrs
    map
    replaceStrings
    sort
    ;

  named = value: {
    inherit (value) name;
    inherit value;
  };
  byName = listToAttrs (map named lock.packages);
  layersByName = listToAttrs (map named lock.layers);
  # Sorted by name, as the lock is.
  ofLayer = groupBy (package: package.layer) lock.packages;

  # The epoch's colon, written as apt writes it in its cache.
  fileName =
    package: "${package.name}_${replaceStrings [ ":" ] [ "%3a" ] package.version}_${package.architecture}.deb";

  # Mirrors by suite; a package that names none comes from the first.
  firstSuite = builtins.head lock.suites;
  inherit (firstSuite) mirrors;
  mirrorsOf = listToAttrs (
    map (suite: {
      name = suite.suite;
      value = suite.mirrors;
    }) lock.suites
  );
  ownMirrors =
    package:
    let
      own = mirrorsOf.${package.suite or firstSuite.suite};
    in
    if own == mirrors then { } else { mirrors = own; };

  # The fixed output that holds some archives; only mirrors other than those of the first suite stand beside a file.
  fetchOf =
    name: group: archives:
    derivation {
      name = "debs-${name}";
      fixed = group.nar_sha256;
      step = {
        step = "fetch";
        inherit mirrors;
        files = sort (a: b: a.name < b.name) (
          map (
            package:
            {
              name = fileName package;
              inherit (package) path size sha256;
            }
            // ownMirrors package
          ) archives
        );
      };
    };
  fetch =
    name:
    fetchOf name
      (layersByName.${name}
        or (throw "image `${image.name}` wants the layer `${name}`, which the lock does not describe: restore the committed lock")
      ).fetch
      ofLayer.${name};
  fetches =
    fetchesBelow
    // listToAttrs (
      map (name: {
        inherit name;
        value = fetch name;
      }) plan.layers
    );

  # Whether the image fetches a package's archive, and the archive's path.
  has = name: byName ? ${name} && fetches ? ${byName.${name}.layer};
  archive =
    name:
    let
      package = byName.${name};
    in
    "${fetches.${package.layer}}/${fileName package}";

  python = import ./interpreter.nix { inherit lock byName; };
  # The Python that compiles: the image's own, from the archives of its layers, or the one that the lock pins for the machine.
  interpreter =
    if machine == lock.architecture then
      {
        archives = map archive (filter has python.packages);
        inherit (python) version;
        architecture = machine;
      }
    else
      let
        locked =
          (lock.interpreters or { }).${machine}
            or (throw "image `${image.name}` for ${lock.architecture} cannot be built on ${machine}: the lock pins no Python that runs there, to compile byte-code with; write it again with `sage-oci lock --channel ${lock.channel} --arch ${lock.architecture} --build-on ${machine}`");
        folder = fetchOf "python-${machine}" locked.fetch locked.packages;
      in
      {
        archives = map (package: "${folder}/${fileName package}") locked.packages;
        inherit (locked) version;
        architecture = machine;
      };
  # Where Debian puts modules that every program may import (Debian Python policy, "Module Path").
  publicDirectories = [
    "/usr/lib/python3/dist-packages"
    "/usr/lib/python${python.version}"
  ];
  bytecodeEffects = groupBy (effect: effect.package) (filter (effect: effect.kind == "bytecode") lock.effects);
  sortedSet =
    texts:
    attrNames (
      listToAttrs (
        map (name: {
          inherit name;
          value = null;
        }) texts
      )
    );
in
{
  inherit has archive fetches interpreter;

  # What unpacks a layer; the lowest one, `base`, begins with the root's merged-/usr links.
  layerStep = name: base: {
    step = "layer";
    inherit name sealing base;
    packages = map (package: {
      inherit (package) name;
      archive = archive package.name;
      scripts = package.scripts or { };
      replaced = package.replaced or { };
    }) ofLayer.${name};
    effects = filter (
      effect:
      effect.kind == "diversion"
      || effect.kind == "metadata" && byName ? ${effect.package} && byName.${effect.package}.layer == name
    ) lock.effects;
    inherit (accounts) users groups;
    inherit (image) exclude include;
  };

  # What compiles the modules of some layers; its `packages` are empty where none asks for it.
  bytecodeStep =
    name:
    let
      layers = plan.bytecode.${name};
      wanted = filter (package: has package && elem byName.${package}.layer layers) (attrNames bytecodeEffects);
      directoriesOf =
        effect: if effect.directories or [ ] == [ ] then publicDirectories else effect.directories;
    in
    {
      step = "bytecode";
      inherit name sealing interpreter;
      inherit (image) exclude include;
      packages = map (package: {
        name = package;
        archive = archive package;
        directories = sortedSet (concatMap directoriesOf bytecodeEffects.${package});
        replaced = byName.${package}.replaced or { };
      }) wanted;
    };
}
