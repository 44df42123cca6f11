# For jobs that talk to Podman, whose containers come with rights of their own.
restricted = common // {
  ProtectSystem = "full";
  RestrictAddressFamilies = "AF_INET AF_INET6 AF_NETLINK AF_UNIX";
  RestrictSUIDSGID = true;
  SystemCallFilter = "~@clock @cpu-emulation @debug @module @obsolete @raw-io @reboot @swap";
};
