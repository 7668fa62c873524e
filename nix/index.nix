# One image for several architectures as a derivation, the same that `sage-oci emit --arch` makes; the counterpart of
# crates/pure/recipe/src/join.rs.
{
  # What project.nix reads.
  project,
  # The image or variant, and its channel; the image's default one where nothing is said.
  image,
  channel ? null,
  # The machine that builds, and the architectures in Debian's words.
  system,
  architectures,
  # The store path whose `bin/sage-oci` is the builder.
  tool,
}:
import ./derivation.nix { inherit system tool; } {
  name = "${image}-index";
  step = {
    step = "index";
    name = image;
    images = builtins.listToAttrs (
      map (architecture: {
        name = architecture;
        value = import ./image.nix {
          inherit
            project
            image
            channel
            system
            architecture
            tool
            ;
        };
      }) architectures
    );
  };
}
