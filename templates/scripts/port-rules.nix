# nft replaces the whole table in one step.
portRules = {
  load = "${pkgs.nftables}/bin/nft -f /etc/homeserver/published-ports.nft";
  remove = "-${pkgs.nftables}/bin/nft delete table inet published-ports";
};
