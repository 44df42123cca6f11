copyFolder = program "copy-folder" [ pkgs.rsync pkgs.util-linux ] "copy-folder";
