# `homegen build` generates ./generated from homeserver.yaml. You write ./configuration.nix: hardware, boot loader,
# users. A flake sees only files that Git tracks: run `git add` on new ones.
{
  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";
    agenix = {
      url = "github:ryantm/agenix";
      inputs.nixpkgs.follows = "nixpkgs";
    };
    homegen = {
      url = "github:homegen/homegen";
      inputs.nixpkgs.follows = "nixpkgs";
      inputs.agenix.follows = "agenix";
    };
  };

  outputs =
    {
      nixpkgs,
      agenix,
      homegen,
      ...
    }:
    let
      # The system of your computer, for `nix develop`. The system of the host is in hardware-configuration.nix.
      system = "x86_64-linux";
    in
    {
      nixosConfigurations.homeserver = nixpkgs.lib.nixosSystem {
        modules = [
          ./configuration.nix
          ./generated
          # Decrypts the secrets.
          agenix.nixosModules.default
          # Installs `homegen`, and lets no switch use a ./generated that is out of date.
          homegen.nixosModules.default
          {
            programs.homegen.enable = true;
            programs.homegen.file = ./homeserver.yaml;
          }
        ];
      };

      # `nix develop` opens a shell with the programs.
      devShells.${system}.default = nixpkgs.legacyPackages.${system}.mkShell {
        packages = [
          homegen.packages.${system}.homegen
          agenix.packages.${system}.agenix
        ];
      };
    };
}
