# A drop-in: for a unit that is not there it makes none.
tellFailureOf =
  unit:
  pkgs.writeTextDir "etc/systemd/system/${unit}.d/tell-failure.conf" ''
    [Service]
    ExecStopPost=+${command "tell-failure" [ config.systemd.package ] [ unit ]}
  '';
