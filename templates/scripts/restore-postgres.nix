restorePostgres =
  loadDump: name: parameters:
  program "restore-postgres" (
    postgresClients parameters
    ++ [
      config.systemd.package
      pkgs.util-linux
      loadDump
    ]
  ) name parameters;
