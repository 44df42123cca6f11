restoreMysql =
  client: loadDump:
  program "restore-mysql" [
    config.virtualisation.podman.package
    config.systemd.package
    pkgs.gnused
    pkgs.util-linux
    pkgs.zstd
    client
    loadDump
  ];
