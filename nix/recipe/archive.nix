# Fetches the archive of a source tree or a wheel, which the lock must know as the definition has it; gives its path.
{
  lock,
  image,
  plan,
  derivation,
}:
kind: archive:
let
  inherit (builtins) baseNameOf head map;
  fileName = baseNameOf (head archive.urls);
  notLocked = throw "the lock of channel `${lock.channel}` has another archive of `${archive.name}` than image `${image.name}`: write it again with `sage-oci lock --channel ${lock.channel}`";
  known = plan.sources.${archive.name} or notLocked;
  locked = if known.sha256 == archive.sha256 then known else notLocked;
  fetch = derivation {
    name = "${kind}-${archive.name}";
    fixed = locked.fetch.nar_sha256;
    step = {
      step = "fetch";
      mirrors = map dirOf archive.urls;
      files = [
        {
          name = fileName;
          path = fileName;
          inherit (archive) size sha256;
        }
      ];
    };
  };
in
"${fetch}/${fileName}"
