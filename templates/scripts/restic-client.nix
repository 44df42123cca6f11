resticClient =
  name:
  program "restic-client" [
    config.programs.ssh.package
    pkgs.restic
  ] name;
