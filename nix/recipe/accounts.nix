# The users and groups of an image: those that packages declare, then its own user.
{ lock, image }:
let
  inherit (image) user;
  declared = builtins.filter (effect: effect.kind == "user" || effect.kind == "group") lock.effects;
  mine = map (effect: { package = image.versionOf; } // effect) [
    {
      kind = "group";
      inherit (user) name;
      gid = user.id;
    }
    {
      kind = "user";
      inherit (user) name home shell;
      uid = user.id;
      gid = user.id;
    }
  ];
  effects = declared ++ mine;

  # Names and numbers; the last declaration counts.
  numbers =
    kind: number:
    builtins.foldl' (
      all: effect: if effect.kind == kind then all // { ${effect.name} = effect.${number}; } else all
    ) { } effects;
in
{
  # In the order of /etc/passwd.
  inherit effects;
  users = numbers "user" "uid";
  groups = numbers "group" "gid";
}
