# Steps that fetch and install Python wheels, as layers, bottom first.
{
  image,
  interpreter,
  archive,
  layer,
  sealing,
  # The `contents` of the layers that they are laid over.
  contents,
}:
map (
  wheel:
  layer {
    step = "wheel";
    name = "wheel-${wheel.name}";
    inherit sealing interpreter contents;
    distribution = wheel.name;
    inherit (wheel) version;
    archive = archive "wheel" wheel;
    exclude = image.exclude ++ wheel.exclude or [ ];
    inherit (image) include;
  }
) image.wheels
