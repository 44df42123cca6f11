# A drop-in, because it does not create a unit that does not exist.
reportFailureOf =
  unit:
  pkgs.writeTextDir "etc/systemd/system/${unit}.d/report-failure.conf" ''
    [Service]
    ExecStopPost=+${command "report-failure" [ config.systemd.package ] [ unit ]}
  '';
