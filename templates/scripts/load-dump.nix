loadDump =
  parameters:
  program "load-dump" (postgresClients parameters ++ [ pkgs.gnused ]) "load-dump" parameters;
