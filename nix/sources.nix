# The archives of Sage's source that `nix/versions/sage.json` pins, as `sage-source-11_0_beta4`: what `--sage 11.0.beta4` starts
# from. Fixed outputs that Nix fetches by itself.
project:
let
  inherit (builtins)
    attrNames
    fromJSON
    head
    listToAttrs
    pathExists
    readFile
    replaceStrings
    ;
  file = project + "/nix/versions/sage.json";
  pinned = if pathExists file then (fromJSON (readFile file)).versions else { };
in
listToAttrs (
  map (version: {
    name = "sage-source-${replaceStrings [ "." ] [ "_" ] version}";
    value = import <nix/fetchurl.nix> {
      name = "sage-${version}.tar.gz";
      url = head pinned.${version}.urls;
      inherit (pinned.${version}) sha256;
    };
  }) (attrNames pinned)
)
