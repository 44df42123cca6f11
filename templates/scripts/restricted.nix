# For jobs that use Podman or the host's Postgres. A stricter sandbox would also restrict the containers that Podman
# starts.
restricted = common // {
  ProtectSystem = "full";
  RestrictAddressFamilies = "AF_INET AF_INET6 AF_NETLINK AF_UNIX";
  RestrictSUIDSGID = true;
  SystemCallFilter = "~@clock @cpu-emulation @debug @module @obsolete @raw-io @reboot @swap";
};
