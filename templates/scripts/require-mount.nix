requireMount = path: command "require-mount" [ pkgs.util-linux ] [ path ];
