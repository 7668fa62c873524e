{
  description = "A Debian image of my own, bit for bit reproducible";

  inputs.sage-oci.url = "github:sagemath/sage-oci";

  # `nix build .#pari-image` makes it; `nix run github:sagemath/sage-oci -- up pari` also imports and tests it.
  outputs =
    { self, sage-oci }:
    {
      packages = sage-oci.lib.buildImages { project = self; };
    };
}
