# `homegen build` writes ./generated out of homeserver.yaml; ./configuration.nix is yours: the hardware,
# the boot loader, users. Both have to be known to git, or the flake does not see them.
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
