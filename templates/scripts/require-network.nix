requireNetwork = name: command "require-network" [ config.virtualisation.podman.package ] [ name ];
