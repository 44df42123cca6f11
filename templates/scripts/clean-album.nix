cleanAlbum = program "clean-album" [
  pkgs.curl
  pkgs.jq
  config.homeserver.notify
];
