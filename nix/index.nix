# One image for several architectures as a derivation, the same that `sage-oci emit --arch` makes.
{
  # What project.nix gives, and the arguments of its `image`.
  project,
  image,
  channel ? null,
  system,
  builder,
  # Debian's names of the architectures.
  architectures,
}:
import ./derivation.nix { inherit system builder; } {
  name = "${image}-index";
  step = {
    step = "index";
    name = image;
    images = builtins.listToAttrs (
      map (architecture: {
        name = architecture;
        value = project.image {
          inherit
            image
            channel
            system
            architecture
            builder
            ;
        };
      }) architectures
    );
  };
}
