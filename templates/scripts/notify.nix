notify = program "notify" [ pkgs.curl pkgs.jq ] "notify";
