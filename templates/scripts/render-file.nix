renderFile =
  path: file: secrets:
  command "render-file" [ pkgs.jq ] (
    [
      "${file.source}"
      path
      "${file.owner}:${file.group}"
      file.mode
      file.encoding
    ]
    ++ lib.concatMap (name: [
      name
      secrets.${name}.path
    ]) file.secrets
  );
