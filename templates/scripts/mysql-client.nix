mysqlClient = program "mysql-client" [ config.virtualisation.podman.package ] "mysql-client";
