# A recipe's steps as derivations. All that an image is made of was decided when the recipe was written: here paths are put
# into holes. crates/formats/emit makes the same derivations without the Nix language.
#
# A hole is a table with one of these keys, anywhere in a step:
#
#   "$out", "$contents"   that output of the step so named, and the path `below` it, if there is one
#   "$shared"             the recipe's value of that name
#   "$file"               the text of that file of the project
{
  # A checked recipe, and what gives the text of a file.
  recipe,
  readFile,
  # The machine that builds, and the store path of the builder.
  system,
  builder,
}:
let
  machine = (import ./architecture.nix).ofSystem.${system};
  own =
    recipe.machines.${machine}
      or (throw "images of channel `${recipe.channel}` for ${recipe.architecture} cannot be built on ${machine}: the lock pins no Python that runs there, to compile byte-code with; write it again with `sage-oci lock --channel ${recipe.channel} --arch ${recipe.architecture} --build-on ${machine}`");

  output = name: hole: "${steps.${hole.${name}}.${builtins.substring 1 (-1) name}}${hole.below or ""}";
  fill =
    value:
    if builtins.isList value then
      map fill value
    else if !builtins.isAttrs value then
      value
    else if value ? "$out" then
      output "$out" value
    else if value ? "$contents" then
      output "$contents" value
    else if value ? "$shared" then
      shared.${value."$shared"}
    else if value ? "$file" then
      readFile value."$file"
    else
      builtins.mapAttrs (_: fill) value;
  shared = builtins.mapAttrs (_: fill) recipe.shared;

  make =
    id: described:
    import ./derivation.nix { inherit system builder; } (
      {
        name = id;
      }
      // described
      // {
        step = fill described.step;
      }
    );
  steps = builtins.mapAttrs make (recipe.steps // own);
in
steps
