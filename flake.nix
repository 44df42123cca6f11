{
  description = "Compiles one homeserver.yaml into NixOS modules";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";
    agenix = {
      url = "github:ryantm/agenix";
      inputs.nixpkgs.follows = "nixpkgs";
    };
  };

  outputs =
    {
      self,
      nixpkgs,
      agenix,
    }:
    let
      inherit (nixpkgs) lib;

      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      eachSystem = function: lib.genAttrs systems (system: function nixpkgs.legacyPackages.${system});

      manifest = lib.importTOML ./Cargo.toml;

      package =
        pkgs:
        pkgs.rustPlatform.buildRustPackage {
          pname = manifest.package.name;
          inherit (manifest.package) version;
          # A change of the documentation builds nothing anew, but for the pages that the program prints.
          src = lib.fileset.toSource {
            root = ./.;
            fileset = lib.fileset.unions [
              ./Cargo.toml
              ./Cargo.lock
              ./benches
              ./build.rs
              ./data
              ./src
              ./templates
              ./presets
              ./docs/diagnostics
            ];
          };
          cargoLock.lockFile = ./Cargo.lock;
          # The tests run Nix, systemd and Caddy, which a build has not; .ci/run does that.
          doCheck = false;
          nativeBuildInputs = [ pkgs.installShellFiles ];
          # The program prints them, so it has to run on the machine that builds it.
          postInstall = lib.optionalString (pkgs.stdenv.buildPlatform.canExecute pkgs.stdenv.hostPlatform) ''
            installShellCompletion --cmd homegen \
              --bash <($out/bin/homegen completions bash) \
              --fish <($out/bin/homegen completions fish) \
              --zsh <($out/bin/homegen completions zsh)
            $out/bin/homegen man --output man
            installManPage man/*
          '';
          meta = {
            inherit (manifest.package) description;
            homepage = manifest.package.repository;
            license = lib.licenses.mit;
            mainProgram = "homegen";
            platforms = lib.platforms.unix;
          };
        };

      # A fixture with its output beside it, as it would be in someone's repository.
      compiled =
        pkgs: name:
        pkgs.runCommand "homegen-${name}"
          {
            nativeBuildInputs = [ self.packages.${pkgs.stdenv.hostPlatform.system}.homegen ];
          }
          ''
            mkdir $out
            cp -r ${./fixtures + "/${name}"}/. $out
            chmod -R u+w $out
            homegen build $out/homeserver.yaml -o $out/generated
          '';

      # What the owner of a host brings along.
      owner = {
        boot.loader.grub.devices = [ "nodev" ];
        fileSystems."/" = {
          device = "/dev/disk/by-label/nixos";
          fsType = "ext4";
        };
        age.identityPaths = [ "/etc/ssh/ssh_host_ed25519_key" ];
        system.stateVersion = "26.05";
      };

      # The whole system is evaluated, assertions and units included, and nothing of it is built.
      evaluated =
        pkgs: name:
        let
          host = nixpkgs.lib.nixosSystem {
            modules = [
              agenix.nixosModules.default
              "${compiled pkgs name}/generated"
              owner
              { nixpkgs.hostPlatform = pkgs.stdenv.hostPlatform.system; }
            ];
          };
          inherit (host.config.system.build.toplevel) drvPath;
        in
        pkgs.writeText "homegen-${name}-evaluated" (builtins.unsafeDiscardStringContext drvPath);
    in
    {
      packages = eachSystem (pkgs: rec {
        homegen = package pkgs;
        default = homegen;
      });

      overlays.default = final: _: { homegen = package final; };

      apps = eachSystem (pkgs: rec {
        homegen = {
          type = "app";
          program = lib.getExe self.packages.${pkgs.stdenv.hostPlatform.system}.homegen;
          meta.description = manifest.package.description;
        };
        default = homegen;
      });

      devShells = eachSystem (pkgs: {
        default = pkgs.mkShell {
          inputsFrom = [ self.packages.${pkgs.stdenv.hostPlatform.system}.homegen ];
          packages = [
            pkgs.age
            pkgs.caddy
            pkgs.haproxy
            pkgs.cargo-insta
            pkgs.clippy
            pkgs.fish
            pkgs.jq
            pkgs.mandoc
            pkgs.mariadb
            pkgs.mdbook
            pkgs.postgresql
            pkgs.rsync
            pkgs.rustfmt
            pkgs.shellcheck
            pkgs.sqlite
            pkgs.zsh
            pkgs.zstd
          ];
        };
      });

      templates.default = {
        path = ./templates/flake;
        description = "A host whose services homegen generates";
      };

      formatter = eachSystem (pkgs: pkgs.nixfmt-tree);

      checks = eachSystem (
        pkgs:
        lib.genAttrs [
          "greenhead"
          "preset"
        ] (evaluated pkgs)
      );
    };
}
