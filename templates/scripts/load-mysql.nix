loadMysql =
  client:
  program "load-mysql" [
    pkgs.gawk
    client
  ] "load-mysql";
