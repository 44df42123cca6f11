copySqlite = program "copy-sqlite" [ pkgs.sqlite pkgs.util-linux ] "copy-sqlite";
