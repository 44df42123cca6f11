# An assertion: systemd starts a unit only with a user and a group that the host has.
accountExists =
  unit: user: group:
  let
    has =
      accounts: number: account:
      accounts ? ${account} || lib.any (one: toString one.${number} == account) (lib.attrValues accounts);
    account = if group == null then user else "${user}:${group}";
  in
  {
    assertion =
      has config.users.users "uid" user && (group == null || has config.users.groups "gid" group);
    message = "${unit} runs as ${account}, which is not an account of this host: declare them in users.users and users.groups, or correct `user` of the job.";
  };
