startStopped = folder: command "start-stopped" [ config.systemd.package ] [ folder ];
