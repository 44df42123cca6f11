ensureNetwork =
  name: options:
  command "ensure-network" [ config.virtualisation.podman.package ] ([ name ] ++ options);
