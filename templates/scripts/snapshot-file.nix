snapshotFile =
  name: restic: take: producer: parameters:
  program "snapshot" [ pkgs.util-linux ] name (
    parameters
    // {
      PRODUCER = "${producer}/bin/${producer.name}";
      RESTIC = "${restic}/bin/${restic.name}";
      TAKE = "${take}/bin/${take.name}";
    }
  );
