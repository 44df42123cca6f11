dumpMysql =
  client: loadDump:
  program "dump-mysql" [
    pkgs.util-linux
    pkgs.zstd
    client
    loadDump
  ] "dump-mysql";
