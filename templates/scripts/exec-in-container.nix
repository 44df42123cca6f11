execInContainer = program "exec-in-container" [ config.virtualisation.podman.package ];
