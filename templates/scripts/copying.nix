# For jobs that copy files, whoever's they are, in mount namespaces where no link of another user leads out.
copying = common // {
  CapabilityBoundingSet = "CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_FSETID CAP_MKNOD CAP_SETFCAP CAP_SETGID CAP_SETUID CAP_SYS_ADMIN";
  MemoryDenyWriteExecute = true;
  ProtectControlGroups = true;
  ProtectProc = "invisible";
  ProtectSystem = "full";
  RestrictAddressFamilies = "AF_INET AF_INET6 AF_UNIX";
  RestrictNamespaces = "mnt";
  SystemCallFilter = "@system-service @mount";
};
