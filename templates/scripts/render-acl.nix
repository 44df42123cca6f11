renderAcl =
  file: users:
  command "render-acl" [ ] (
    [ file ]
    ++ lib.concatMap (user: [
      user.name
      (user.rules or "")
    ]) users
  );
