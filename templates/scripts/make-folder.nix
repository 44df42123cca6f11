makeFolder =
  path: mode: owner: group:
  command "make-folder" [ ] [ path mode owner group ];
