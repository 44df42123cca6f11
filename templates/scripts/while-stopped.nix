whileStopped =
  producer: parameters:
  program "while-stopped" [ config.systemd.package pkgs.util-linux producer ] "while-stopped" (
    parameters // { PROGRAM = "${producer}/bin/${producer.name}"; }
  );
