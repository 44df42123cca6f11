notifyFailure = program "notify-failure" [
  config.systemd.package
  config.homeserver.notify
] "notify-failure" { };
