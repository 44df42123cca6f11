# `homegen build` generates ./generated from homeserver.yaml. You write ./configuration.nix: hardware, boot loader,
# users.
# Run `git add` on both: a flake sees only files that Git tracks.
{
  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";
    agenix = {
      url = "github:ryantm/agenix";
      inputs.nixpkgs.follows = "nixpkgs";
    };
  };

  outputs =
    { nixpkgs, agenix, ... }:
    {
      nixosConfigurations.homeserver = nixpkgs.lib.nixosSystem {
        modules = [
          agenix.nixosModules.default
          ./generated
          ./configuration.nix
        ];
      };
    };
}
