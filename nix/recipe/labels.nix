# The annotations that a lock and a definition determine (OCI image spec, "Annotations").
{
  lock,
  image,
  plan,
}:
let
  inherit (lock) suites;
  index = suite: "${suite.suite} ${suite.date} sha256:${suite.inrelease}";
  newest = builtins.foldl' (date: suite: if date < suite.date then suite.date else date) "" suites;
in
{
  "org.opencontainers.image.title" = image.title;
  "org.opencontainers.image.description" = image.description;
  "org.opencontainers.image.version" = plan.version;
  "org.opencontainers.image.url" = image.url;
  "org.opencontainers.image.licenses" = image.licenses;
  "org.sage-oci.channel" = lock.channel;
}
// (
  if suites == [ ] then
    { }
  else
    {
      # The lock's epoch is this date in seconds.
      "org.opencontainers.image.created" = newest;
      "org.sage-oci.index" = builtins.concatStringsSep ", " (map index suites);
    }
)
