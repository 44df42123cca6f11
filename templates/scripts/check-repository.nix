checkRepository =
  name: restic: parameters:
  program "check-repository" [ ] name (parameters // { RESTIC = "${restic}/bin/${restic.name}"; });
