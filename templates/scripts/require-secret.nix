requireSecret =
  secret:
  command "require-secret" [ ] (
    [
      secret.name
      secret.path
    ]
    ++ lib.optional (secret ? minLength) secret.minLength
  );
