smokeTest = program "smoke-test" [
  pkgs.curl
  pkgs.util-linux
  config.homeserver.notify
];
