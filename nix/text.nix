# Texts for error messages.
rec {
  quote = name: "`${name}`";

  list = names: builtins.concatStringsSep ", " (map quote names);

  # The value, or an error that lists the keys that nobody reads; `where` names the file and the table.
  onlyKeys =
    where: known: table:
    let
      unknown = builtins.filter (key: !(builtins.elem key known)) (builtins.attrNames table);
    in
    if unknown == [ ] then
      table
    else
      throw "${where}: unknown key ${list unknown}; the keys are ${list known}";
}
