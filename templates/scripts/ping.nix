ping =
  secret: moment:
  utils.escapeSystemdExecArgs [
    "${program "ping" [ pkgs.curl ] "ping" { PING_FILE = secret.path; }}/bin/ping"
    moment
  ];
