# Goes on where it fails: at shutdown nothing can be started.
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
