snapshotFolder =
  name: restic: take: parameters:
  program "snapshot" [ pkgs.util-linux ] name (
    parameters
    // {
      RESTIC = "${restic}/bin/${restic.name}";
      TAKE = "${take}/bin/${take.name}";
    }
  );
