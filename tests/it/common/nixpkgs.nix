# Stand-ins for the inputs of a flake. The derivations of `runCommandLocal` are real, and run the program in `homegen`.
#
# `nixpkgs` is null, or a folder with the real `lib` of nixpkgs.
{
  homegen,
  nixpkgs ? null,
}:
let
  inherit (builtins) attrNames concatStringsSep functionArgs intersectAttrs listToAttrs map stringLength substring;

  stub = rec {
    inherit (builtins) replaceStrings;
    genAttrs = names: f: listToAttrs (map (name: { inherit name; value = f name; }) names);
    importTOML = file: fromTOML (builtins.readFile file);
    fileset = { toSource = { root, fileset }: root; unions = paths: paths; };
    licenses.mit = "mit";
    platforms.unix = "unix";
    getExe = package: "${package}/bin/${package.meta.mainProgram}";
    optionalString = condition: text: if condition then text else "";
    removePrefix = prefix: text:
      let length = stringLength prefix; in
      if substring 0 length text == prefix then substring length (stringLength text) text else text;
    path.removePrefix = root: path: ".${removePrefix (toString root) (toString path)}";
    cleanSource = path: builtins.path { inherit path; name = "source"; };
    escapeShellArg = text: "'${replaceStrings [ "'" ] [ "'\\''" ] text}'";
    modules.importApply = file: arguments: import file arguments;
    mkOption = option: option;
    mkEnableOption = description: { inherit description; default = false; };
    mkIf = condition: value: if condition then value else [ ];
    mkDefault = value: value;
    literalExpression = text: text;
    types = { package = "package"; path = "path"; nullOr = type: type; };
  };
  lib = (if nixpkgs == null then stub else import (nixpkgs + "/lib"))
    // { nixosSystem = host: host // { extendModules = { modules }: host // { modules = host.modules ++ modules; }; }; };

  packagesOf = system:
    let
      names = [
        "age" "caddy" "haproxy" "cargo-insta" "clippy" "fish" "jq" "mandoc" "mariadb" "mdbook" "postgresql" "rsync"
        "rustfmt" "shellcheck" "sqlite" "zsh" "zstd" "nixfmt-tree" "installShellFiles"
      ];
      packages = lib.genAttrs names (name: name) // {
        inherit lib;
        stdenv = { hostPlatform = { inherit system; }; buildPlatform = { inherit system; canExecute = other: other.system == system; }; };
        callPackage = file: arguments:
          let f = import file; in f (intersectAttrs (functionArgs f) packages // arguments);
        rustPlatform.buildRustPackage = package: package // { type = "derivation"; outPath = homegen; };
        mkShell = shell: shell;
        writeText = name: text: builtins.toFile name text;
        runCommandLocal = name: environment: text: derivation {
          inherit name text;
          system = builtins.currentSystem;
          builder = "/bin/bash";
          args = [ "-euc" ''
            PATH=${concatStringsSep ":" (map (package: "${package}/bin") (environment.nativeBuildInputs or [ ]))}:/usr/bin:/bin
            eval "$text"
          '' ];
        };
      };
    in
    packages;
in
{
  nixpkgs = {
    inherit lib;
    legacyPackages = lib.genAttrs [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ] packagesOf;
  };
  agenix = {
    nixosModules.default = { };
    packages = lib.genAttrs [ "x86_64-linux" "aarch64-linux" ] (system: { agenix = "agenix"; });
  };
}
