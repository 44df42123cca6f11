waitForAddress =
  address: interface: command "wait-for-address" [ pkgs.iproute2 ] [ address interface ];
