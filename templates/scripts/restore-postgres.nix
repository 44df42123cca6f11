restorePostgres =
  loadDump:
  program "restore-postgres" [
    config.virtualisation.podman.package
    config.systemd.package
    pkgs.util-linux
    loadDump
  ];
