# The Python of a lock: the one that `python3-minimal` depends on, and the closure of its dependencies.
{ lock, byName }:
let
  inherit (builtins)
    attrNames
    filter
    genericClosure
    head
    listToAttrs
    match
    ;
  version =
    let
      minimal =
        byName.python3-minimal
          or (throw "packages ship Python modules, and `python3-minimal` is not in the lock of channel `${lock.channel}`");
      # `python3.14-minimal` gives [ "3.14" ].
      versions = map (match "python(.*[.].*)-minimal") minimal.depends;
    in
    head (head (filter (found: found != null) versions));

  known = names: map (key: { inherit key; }) (filter (name: byName ? ${name}) names);
in
{
  inherit version;
  # Names, sorted.
  packages = attrNames (
    listToAttrs (
      map
        (node: {
          name = node.key;
          value = null;
        })
        (genericClosure {
          startSet = known [
            "python${version}-minimal"
            "libpython${version}-stdlib"
          ];
          operator = node: known byName.${node.key}.depends;
        })
    )
  );
}
