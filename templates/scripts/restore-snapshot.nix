restoreSnapshot =
  restic: restore: parameters:
  program "restore-snapshot" [ pkgs.util-linux ] restore.name (
    parameters
    // {
      RESTIC = "${restic}/bin/${restic.name}";
      RESTORE = "${restore}/bin/${restore.name}";
    }
  );
