dumpMysql =
  client: loadDump:
  program "dump-mysql" [
    pkgs.gnused
    pkgs.util-linux
    pkgs.zstd
    client
    loadDump
  ] "dump-mysql";
