renderEnvironment =
  file: variables:
  command "render-environment" [ ] (
    [ file ] ++ lib.mapAttrsToList (variable: path: "${variable}=${path}") variables
  );
