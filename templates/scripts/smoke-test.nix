smokeTest = program "smoke-test" (
  [
    pkgs.curl
    pkgs.util-linux
    config.homeserver.notify
  ]
  ++ lib.optional config.boot.zfs.enabled config.boot.zfs.package
);
