dumpPostgres =
  loadDump:
  program "dump-postgres" [
    config.virtualisation.podman.package
    pkgs.util-linux
    loadDump
  ] "dump-postgres";
