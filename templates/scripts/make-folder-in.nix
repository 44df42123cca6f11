# Containers can write to `shared`, a folder above `path`.
makeFolderIn =
  shared: path: mode: owner: group:
  command "make-folder" [ ] [ path mode owner group shared ];
