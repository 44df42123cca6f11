checkRelease = program "check-release" [
  pkgs.curl
  pkgs.jq
  config.homeserver.notify
];
