dumpPostgres =
  loadDump: parameters:
  program "dump-postgres" (
    postgresClients parameters
    ++ [
      pkgs.util-linux
      loadDump
    ]
  ) "dump-postgres" parameters;
