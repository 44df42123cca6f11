setUpDatabase =
  name: extensions:
  command "set-up-database" [ config.services.postgresql.package ] ([ name ] ++ extensions);
