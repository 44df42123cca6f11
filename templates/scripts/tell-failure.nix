# A user that a unit runs as may not start another unit, and its sandbox may be in the way: hence the plus.
tellFailure = unit: "+" + command "tell-failure" [ config.systemd.package ] [ unit ];
