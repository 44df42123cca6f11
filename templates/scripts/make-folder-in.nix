# Containers write to `shared`.
makeFolderIn =
  shared: path: mode: owner: group:
  command "make-folder" [ ] [ path mode owner group shared ];
