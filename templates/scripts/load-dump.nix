loadDump = program "load-dump" [
  config.virtualisation.podman.package
  pkgs.gnused
] "load-dump";
