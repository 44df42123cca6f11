restoreSqlite = program "restore-sqlite" [
  config.systemd.package
  pkgs.sqlite
  pkgs.util-linux
];
