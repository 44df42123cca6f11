# For jobs that copy files of any user. They use mount namespaces, in which a link of another user cannot lead outside.
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
