takeSnapshot =
  restic: parameters:
  program "take-snapshot" [ ] "take-snapshot" (
    parameters // { RESTIC = "${restic}/bin/${restic.name}"; }
  );
