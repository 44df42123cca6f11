# The parts of a host that the fixtures need and a test host lacks: their addresses, disks and users.
{
  users.users.app = {
    isSystemUser = true;
    group = "users";
  };
  systemd.services.test-addresses = {
    wantedBy = [ "sysinit.target" ];
    before = [
      "sysinit.target"
      "tailscale-address.service"
    ];
    unitConfig.DefaultDependencies = false;
    serviceConfig = {
      Type = "oneshot";
      RemainAfterExit = true;
      ExecStart = [
        "-/sbin/ip link add tailscale0 type bridge"
        "-/sbin/ip link add ts0 type bridge"
        "-/sbin/ip addr add 100.79.80.95/32 dev tailscale0"
        "-/sbin/ip addr add 100.79.80.99/32 dev tailscale0"
        "-/sbin/ip addr add 100.64.0.7/32 dev ts0"
        "-/sbin/ip addr add 100.64.0.9/32 dev ts0"
        "-/sbin/ip addr add 192.168.1.2/32 dev tailscale0"
        "-/sbin/ip addr add 192.168.1.3/32 dev tailscale0"
        "-/sbin/ip addr add 192.168.1.9/32 dev tailscale0"
      ];
    };
  };
  systemd.mounts = [
    {
      what = "tmpfs";
      where = "/mnt/data";
      type = "tmpfs";
      wantedBy = [ "multi-user.target" ];
    }
  ];
}
