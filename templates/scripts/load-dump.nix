loadDump =
  parameters:
  program "load-dump" (
    postgresClients parameters
    ++ [
      pkgs.gawk
      pkgs.gnugrep
      pkgs.gnused
    ]
  ) "load-dump" parameters;
