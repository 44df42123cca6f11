removeNetwork =
  name:
  command "remove-network" [ config.systemd.package config.virtualisation.podman.package ] [ name ];
