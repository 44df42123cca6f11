requirePostgres = command "require-postgres" [ config.services.postgresql.package ] [ ];
