# One image of a project as a derivation, the same that `sage-oci emit` makes.
{
  # What project.nix reads.
  project,
  # The image or variant, and its channel; the image's default one where nothing is said.
  image,
  channel ? null,
  # The machine that builds, and the image's architecture in Debian's words.
  system,
  architecture ? (import ./architecture.nix).ofSystem.${system},
  # The store path whose `bin/sage-oci` is the builder.
  tool,
}:
let
  definition = project.image image;
  name = if channel == null then definition.default-channel else channel;
  resolved = (import ./definition.nix).resolve definition image name;

  # apt in the container goes on from the same suites.
  source =
    {
      suite,
      components,
      mirrors,
      ...
    }:
    ''
      Types: deb
      URIs: ${builtins.concatStringsSep " " mirrors}
      Suites: ${suite}
      Components: ${builtins.concatStringsSep " " components}
      Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
    '';
in
import ./recipe.nix {
  lock = builtins.seq resolved (project.lock name architecture);
  image = resolved;
  sources = builtins.concatStringsSep "\n" (map source (project.channel name).suites);
  inherit (project) placedFile;
  machine = (import ./architecture.nix).ofSystem.${system};
  derivation = import ./derivation.nix { inherit system tool; };
}
