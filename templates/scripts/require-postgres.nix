requirePostgres =
  command "require-postgres"
    [
      pkgs.util-linux
      config.services.postgresql.package
    ]
    [ ];
