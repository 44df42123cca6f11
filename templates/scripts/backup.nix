backup =
  name: producer: parameters:
  program "backup" [ pkgs.findutils pkgs.util-linux producer ] name (
    parameters // { PRODUCER = "${producer}/bin/${producer.name}"; }
  );
