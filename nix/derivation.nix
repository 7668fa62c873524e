# A build step as a derivation; the counterpart of crates/formats/emit.
#
# `system` is the machine that builds, `builder` the store path with the program `bin/sage-oci-builder`.
#
# A step is an attribute set that the builder reads as JSON. Its inputs are the store paths that stand in it: their string
# context goes through `toJSON` into the derivation.
{ system, builder }:
{
  name,
  step,
  outputs ? null,
  # For a fixed output: the SHA-256 of its NAR, as 64 hexadecimal digits.
  fixed ? null,
}:
derivation (
  {
    inherit name system;
    builder = "${builder}/bin/sage-oci-builder";
    # A variable of a process holds at most 128 KiB, so the step arrives as a file.
    passAsFile = [ "spec" ];
    spec = builtins.toJSON step;
  }
  // (if outputs == null then { } else { inherit outputs; })
  // (
    if fixed == null then
      { }
    else
      {
        outputHash = fixed;
        outputHashAlgo = "sha256";
        outputHashMode = "recursive";
        # Where a proxy is, and whom to trust.
        impureEnvVars = [
          "http_proxy"
          "https_proxy"
          "ftp_proxy"
          "all_proxy"
          "no_proxy"
          "NIX_SSL_CERT_FILE"
          "SSL_CERT_FILE"
        ];
      }
  )
)
