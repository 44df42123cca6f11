renderEnvironment =
  file: variables:
  let
    words = lib.mapAttrsToList (
      kind: value: [
        kind
        value
      ]
    );
    line = name: parts: words { variable = name; } ++ lib.concatMap words parts;
  in
  command "render-environment" [ pkgs.jq ] (
    [ file ] ++ lib.flatten (lib.mapAttrsToList line variables)
  );
