update = program "update" [
  config.virtualisation.podman.package
  config.systemd.package
  pkgs.curl
  pkgs.util-linux
  config.homeserver.notify
];
