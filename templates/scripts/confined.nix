# For jobs that send requests over the network, or read the state of disks.
confined = common // {
  CapabilityBoundingSet = "CAP_DAC_READ_SEARCH";
  MemoryDenyWriteExecute = true;
  PrivateDevices = true;
  ProtectControlGroups = true;
  ProtectHome = true;
  ProtectProc = "invisible";
  ProtectSystem = "strict";
  RestrictAddressFamilies = "AF_INET AF_INET6 AF_UNIX";
  RestrictNamespaces = true;
  RestrictSUIDSGID = true;
  SystemCallFilter = "@system-service";
};
