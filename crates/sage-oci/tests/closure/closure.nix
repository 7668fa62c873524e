# Paths with real content that refer to each other deeply, with what a derivation of nixpkgs has beside its paths.
{ maker, count, version ? "1" }:
let
  make = at: refs:
    let
      drv = derivation {
        name = "part${word at}-1.${toString at}" + (if at == count - 1 then "-${version}" else "");
        system = builtins.currentSystem;
        builder = "${builtins.storePath maker}/maker";
        seed = at;
        files = 3 + at - at / 4 * 4;
        # Every seventh is large enough for a layer of its own.
        bytes = if at - at / 7 * 7 == 3 then 4500000 else 20000 * (1 + at - at / 5 * 5);
        refs = "${builtins.concatStringsSep " " refs} ${if at == count - 1 then version else ""}";
      };
    in
    drv // { pname = "part"; inherit version; meta.description = "stand-in"; override = _: drv; };
  word = at: builtins.elemAt [ "a" "b" "c" "d" "e" "f" "g" "h" "i" "j" ] (at / 10) + builtins.elemAt [ "k" "l" "m" "n" "o" "p" "q" "r" "s" "t" ] (at - at / 10 * 10);
  step = made: at:
    made ++ [ (make at (map toString (builtins.filter (part: part != null) [
      (if at > 0 then builtins.elemAt made (at - 1) else null)
      (if at > 5 then builtins.elemAt made (at / 2) else null)
    ]))) ];
  parts = builtins.foldl' step [ ] (builtins.genList (at: at) count);
in
builtins.elemAt parts (count - 1)
