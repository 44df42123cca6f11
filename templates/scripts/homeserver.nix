homeserver = program "homeserver" [
  config.virtualisation.podman.package
  config.systemd.package
  pkgs.gnugrep
] "homeserver";
