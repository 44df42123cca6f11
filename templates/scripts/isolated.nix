# For scripts of the owner. Only commands of homegen run as root, and read secrets of any owner.
isolated = common // {
  CapabilityBoundingSet = "CAP_DAC_READ_SEARCH";
  PrivateDevices = true;
  ProtectControlGroups = true;
  ProtectHome = "read-only";
  ProtectProc = "invisible";
  ProtectSystem = "strict";
  RestrictAddressFamilies = "AF_INET AF_INET6 AF_NETLINK AF_UNIX";
  RestrictNamespaces = true;
  RestrictSUIDSGID = true;
  SystemCallFilter = "@system-service";
};
