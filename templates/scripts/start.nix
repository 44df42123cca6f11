# The `-` ignores a failure: during shutdown no unit can be started.
start =
  units:
  utils.escapeSystemdExecArgs (
    [
      "-${config.systemd.package}/bin/systemctl"
      "--no-block"
      "start"
    ]
    ++ units
  );
