# What the lock says of a source tree's or a wheel's archive; it must speak of the definition's.
{
  lock,
  image,
  plan,
}:
archive:
let
  notLocked = throw "the lock of channel `${lock.channel}` has another archive of `${archive.name}` than image `${image.name}`: write it again with `sage-oci lock --channel ${lock.channel}`";
  known = plan.sources.${archive.name} or notLocked;
in
if known.sha256 == archive.sha256 then known else notLocked
