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
        "x86_64-darwin"
        "aarch64-darwin"
      ];
      eachSystem = function: lib.genAttrs systems (system: function nixpkgs.legacyPackages.${system});

      # The system of this flake's own checks: a Mac evaluates a host too.
      hostOf = pkgs: lib.replaceStrings [ "darwin" ] [ "linux" ] pkgs.stdenv.hostPlatform.system;

      # A host's own modules.
      owner =
        pkgs:
        { lib, ... }:
        {
          boot.loader.grub.devices = [ "nodev" ];
          fileSystems."/" = {
            device = "/dev/disk/by-label/nixos";
            fsType = "ext4";
          };
          age.identityPaths = [ "/etc/ssh/ssh_host_ed25519_key" ];
          nixpkgs.hostPlatform = lib.mkDefault (hostOf pkgs);
          system.stateVersion = "26.05";
        };

      # The whole system is evaluated, assertions and units included, and nothing of it is built.
      evaluated =
        pkgs: name: host:
        let
          inherit (host.config.system.build.toplevel) drvPath;
        in
        pkgs.writeText "homegen-${name}-evaluated" (builtins.unsafeDiscardStringContext drvPath);

      # A fixture with its output.
      fixture =
        pkgs: name:
        evaluated pkgs name (
          lib.nixosSystem {
            modules = [
              agenix.nixosModules.default
              (self.lib.generate {
                inherit (pkgs.stdenv.hostPlatform) system;
                file = ./fixtures + "/${name}/homeserver.yaml";
              })
              (owner pkgs)
            ];
          }
        );

      # The template after the steps of its README.
      template =
        pkgs:
        let
          inherit (pkgs.stdenv.hostPlatform) system;
          started =
            pkgs.runCommandLocal "homegen-template" { nativeBuildInputs = [ self.packages.${system}.homegen ]; }
              ''
                cp -r ${./templates/flake} $out
                chmod -R u+w $out
                homegen build $out/homeserver.yaml
                echo '{ }' > $out/configuration.nix
              '';
          flake = import "${started}/flake.nix";
          outputs = flake.outputs {
            self = outputs;
            inherit nixpkgs agenix;
            homegen = self;
          };
          host = outputs.nixosConfigurations.homeserver.extendModules { modules = [ (owner pkgs) ]; };
        in
        evaluated pkgs "template" host;
    in
    {
      packages = eachSystem (pkgs: rec {
        homegen = pkgs.callPackage ./nix/package.nix { };
        default = homegen;
      });

      overlays.default = final: _: { homegen = final.callPackage ./nix/package.nix { }; };

      lib = import ./nix/lib.nix {
        inherit nixpkgs;
        inherit (self) packages;
      };

      nixosModules = rec {
        homegen = lib.modules.importApply ./nix/module.nix {
          inherit (self) packages;
          inherit (self.lib) checkGenerated;
        };
        default = homegen;
      };

      apps = eachSystem (pkgs: rec {
        homegen = {
          type = "app";
          program = lib.getExe self.packages.${pkgs.stdenv.hostPlatform.system}.homegen;
          meta.description = self.packages.${pkgs.stdenv.hostPlatform.system}.homegen.meta.description;
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
        welcomeText = ''
          `README.md` has the next steps.
        '';
      };

      formatter = eachSystem (pkgs: pkgs.nixfmt-tree);

      checks = eachSystem (pkgs: {
        greenhead = fixture pkgs "greenhead";
        preset = fixture pkgs "preset";
        template = template pkgs;
      });
    };
}
