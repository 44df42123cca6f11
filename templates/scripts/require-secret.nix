requireSecret = secret: command "require-secret" [ ] [ secret.name secret.path ];
