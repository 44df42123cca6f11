withSecrets =
  name: inner: parameters:
  program "with-secrets" [ ] name (parameters // { PROGRAM = "${inner}/bin/${inner.name}"; });
