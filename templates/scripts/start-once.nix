startOnce = command "start-once" [ config.systemd.package ];
