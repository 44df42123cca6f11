# The module for NixOS: the command `homegen` on the host, and a check of the output folder.
{ packages, checkGenerated }:
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.programs.homegen;
in
{
  options.programs.homegen = {
    enable = lib.mkEnableOption "the command `homegen`, with its completions and manual pages";
    package = lib.mkOption {
      type = lib.types.package;
      default = packages.${pkgs.stdenv.hostPlatform.system}.homegen;
      defaultText = lib.literalExpression "homegen.packages.\${system}.homegen";
      description = "The package of the command.";
    };
    file = lib.mkOption {
      type = lib.types.nullOr lib.types.path;
      default = null;
      example = lib.literalExpression "./homeserver.yaml";
      description = ''
        The `homeserver.yaml` of this host. The build of the system fails unless the folder `generated` beside it is
        its output.
      '';
    };
  };

  config = {
    environment.systemPackages = lib.mkIf cfg.enable [ cfg.package ];

    system.checks = lib.mkIf (cfg.file != null) [
      (checkGenerated {
        inherit (pkgs.stdenv.buildPlatform) system;
        inherit (cfg) file;
      })
    ];
  };
}
