homeserver =
  parameters:
  program "homeserver" (
    [
      config.virtualisation.podman.package
      config.systemd.package
      pkgs.gnugrep
    ]
    ++ lib.optionals (parameters ? DATABASES) [
      config.services.postgresql.package
      pkgs.util-linux
    ]
    ++ lib.optional (parameters ? VALKEY_USERS) config.services.redis.package
  ) "homeserver" parameters;
