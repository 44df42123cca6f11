requireValkey = command "require-valkey" [ config.services.redis.package ] [ ];
