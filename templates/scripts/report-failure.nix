# The `+` runs it as root, outside the sandbox of the unit: the user of a unit may not start another unit.
reportFailure = unit: "+" + command "report-failure" [ config.systemd.package ] [ unit ];
