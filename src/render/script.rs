//! The scripts that the emitted units run, and what each is in scripts/default.nix.

/// An attribute of scripts/default.nix.
pub(super) struct Script {
    /// Its name in Nix.
    pub(super) function: &'static str,
    /// The file and text that it runs, if it runs one of ours.
    pub(super) script: Option<(&'static str, &'static str)>,
    /// What it is in Nix: a function to a command line (`command`) or to a package (`program`), or a set.
    pub(super) code: &'static str,
}

/// Scripts of systems other than the host, which stand beside the modules that name them.
pub(super) const BESIDE: &[(&str, &str)] =
    &[("upload-immich.sh", include_str!("../../templates/scripts/upload-immich.sh"))];

/// What several scripts source.
pub(super) const SOURCED: (&str, &str) =
    ("enter-folder.sh", include_str!("../../templates/scripts/enter-folder.sh"));

/// The scripts, by name. Only those in use are emitted.
pub(super) const SCRIPTS: &[Script] = &[
    Script {
        function: "backup",
        script: Some(("backup.sh", include_str!("../../templates/scripts/backup.sh"))),
        code: r#"  backup =
    name: producer: parameters:
    program "backup" [ pkgs.findutils pkgs.util-linux producer ] name (
      parameters // { PRODUCER = "${producer}/bin/${producer.name}"; }
    );"#,
    },
    Script {
        function: "checkRelease",
        script: Some(("check-release.sh", include_str!("../../templates/scripts/check-release.sh"))),
        code: r#"  checkRelease = program "check-release" [
    pkgs.curl
    pkgs.jq
    config.homeserver.notify
  ];"#,
    },
    Script {
        function: "cleanAlbum",
        script: Some(("clean-album.sh", include_str!("../../templates/scripts/clean-album.sh"))),
        code: r#"  cleanAlbum = program "clean-album" [
    pkgs.curl
    pkgs.jq
    config.homeserver.notify
  ];"#,
    },
    Script {
        function: "confined",
        script: None,
        code: r#"  # For jobs that ask others over the network, or look at disks.
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
  };"#,
    },
    Script {
        function: "copyFolder",
        script: Some(("copy-folder.sh", include_str!("../../templates/scripts/copy-folder.sh"))),
        code: r#"  copyFolder = program "copy-folder" [ pkgs.rsync pkgs.util-linux ] "copy-folder";"#,
    },
    Script {
        function: "copySqlite",
        script: Some(("copy-sqlite.sh", include_str!("../../templates/scripts/copy-sqlite.sh"))),
        code: r#"  copySqlite = program "copy-sqlite" [ pkgs.sqlite pkgs.util-linux ] "copy-sqlite";"#,
    },
    Script {
        function: "copying",
        script: None,
        code: r#"  # For jobs that copy files, whoever's they are, in mount namespaces where no link of another user leads out.
  copying = common // {
    CapabilityBoundingSet = "CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_FSETID CAP_MKNOD CAP_SETFCAP CAP_SETGID CAP_SETUID CAP_SYS_ADMIN";
    MemoryDenyWriteExecute = true;
    ProtectControlGroups = true;
    ProtectProc = "invisible";
    ProtectSystem = "full";
    RestrictAddressFamilies = "AF_INET AF_INET6 AF_UNIX";
    RestrictNamespaces = "mnt";
    SystemCallFilter = "@system-service @mount";
  };"#,
    },
    Script {
        function: "dumpPostgres",
        script: Some(("dump-postgres.sh", include_str!("../../templates/scripts/dump-postgres.sh"))),
        code: r#"  dumpPostgres =
    loadDump:
    program "dump-postgres" [
      config.virtualisation.podman.package
      pkgs.util-linux
      loadDump
    ] "dump-postgres";"#,
    },
    Script {
        function: "ensureNetwork",
        script: Some(("ensure-network.sh", include_str!("../../templates/scripts/ensure-network.sh"))),
        code: r#"  ensureNetwork =
    name: options:
    command "ensure-network" [ config.virtualisation.podman.package ] ([ name ] ++ options);"#,
    },
    Script {
        function: "homeserver",
        script: Some(("homeserver.sh", include_str!("../../templates/scripts/homeserver.sh"))),
        code: r#"  homeserver = program "homeserver" [
    config.virtualisation.podman.package
    config.systemd.package
    pkgs.gnugrep
  ] "homeserver";"#,
    },
    Script {
        function: "loadDump",
        script: Some(("load-dump.sh", include_str!("../../templates/scripts/load-dump.sh"))),
        code: r#"  loadDump = program "load-dump" [
    config.virtualisation.podman.package
    pkgs.gnused
  ] "load-dump";"#,
    },
    Script {
        function: "makeFolder",
        script: Some(("make-folder.sh", include_str!("../../templates/scripts/make-folder.sh"))),
        code: r#"  makeFolder =
    path: mode: owner: group:
    command "make-folder" [ ] [ path mode owner group ];"#,
    },
    Script {
        function: "makeFolderIn",
        script: Some(("make-folder.sh", include_str!("../../templates/scripts/make-folder.sh"))),
        code: r#"  # Containers write to `shared`.
  makeFolderIn =
    shared: path: mode: owner: group:
    command "make-folder" [ ] [ path mode owner group shared ];"#,
    },
    Script {
        function: "notify",
        script: Some(("notify.sh", include_str!("../../templates/scripts/notify.sh"))),
        code: r#"  notify = program "notify" [ pkgs.curl pkgs.jq ] "notify";"#,
    },
    Script {
        function: "notifyFailure",
        script: Some(("notify-failure.sh", include_str!("../../templates/scripts/notify-failure.sh"))),
        code: r#"  notifyFailure = program "notify-failure" [
    config.systemd.package
    config.homeserver.notify
  ] "notify-failure" { };"#,
    },
    Script {
        function: "ping",
        script: Some(("ping.sh", include_str!("../../templates/scripts/ping.sh"))),
        code: r#"  ping =
    secret: moment:
    utils.escapeSystemdExecArgs [
      "${program "ping" [ pkgs.curl ] "ping" { PING_FILE = secret.path; }}/bin/ping"
      moment
    ];"#,
    },
    Script {
        function: "removeNetwork",
        script: Some(("remove-network.sh", include_str!("../../templates/scripts/remove-network.sh"))),
        code: r#"  removeNetwork =
    name:
    command "remove-network" [ config.systemd.package config.virtualisation.podman.package ] [ name ];"#,
    },
    Script {
        function: "renderEnvironment",
        script: Some((
            "render-environment.sh",
            include_str!("../../templates/scripts/render-environment.sh"),
        )),
        code: r#"  renderEnvironment =
    file: variables:
    command "render-environment" [ ] (
      [ file ] ++ lib.mapAttrsToList (variable: path: "${variable}=${path}") variables
    );"#,
    },
    Script {
        function: "requireMount",
        script: Some(("require-mount.sh", include_str!("../../templates/scripts/require-mount.sh"))),
        code: r#"  requireMount = path: command "require-mount" [ pkgs.util-linux ] [ path ];"#,
    },
    Script {
        function: "requireNetwork",
        script: Some(("require-network.sh", include_str!("../../templates/scripts/require-network.sh"))),
        code: r#"  requireNetwork = name: command "require-network" [ config.virtualisation.podman.package ] [ name ];"#,
    },
    Script {
        function: "requireSecret",
        script: Some(("require-secret.sh", include_str!("../../templates/scripts/require-secret.sh"))),
        code: r#"  requireSecret = secret: command "require-secret" [ ] [ secret.name secret.path ];"#,
    },
    Script {
        function: "restorePostgres",
        script: Some(("restore-postgres.sh", include_str!("../../templates/scripts/restore-postgres.sh"))),
        code: r#"  restorePostgres =
    loadDump:
    program "restore-postgres" [
      config.virtualisation.podman.package
      config.systemd.package
      pkgs.util-linux
      loadDump
    ];"#,
    },
    Script {
        function: "restoreSqlite",
        script: Some(("restore-sqlite.sh", include_str!("../../templates/scripts/restore-sqlite.sh"))),
        code: r#"  restoreSqlite = program "restore-sqlite" [
    config.systemd.package
    pkgs.sqlite
    pkgs.util-linux
  ];"#,
    },
    Script {
        function: "restricted",
        script: None,
        code: r#"  # For jobs that talk to Podman, whose containers come with rights of their own.
  restricted = common // {
    ProtectSystem = "full";
    RestrictAddressFamilies = "AF_INET AF_INET6 AF_NETLINK AF_UNIX";
    RestrictSUIDSGID = true;
    SystemCallFilter = "~@clock @cpu-emulation @debug @module @obsolete @raw-io @reboot @swap";
  };"#,
    },
    Script {
        function: "smokeTest",
        script: Some(("smoke-test.sh", include_str!("../../templates/scripts/smoke-test.sh"))),
        code: r#"  smokeTest = program "smoke-test" [
    pkgs.curl
    pkgs.util-linux
    config.homeserver.notify
  ];"#,
    },
    Script {
        function: "start",
        script: None,
        code: r#"  # Goes on where it fails: at shutdown nothing can be started.
  start =
    units:
    utils.escapeSystemdExecArgs (
      [
        "-${config.systemd.package}/bin/systemctl"
        "--no-block"
        "start"
      ]
      ++ units
    );"#,
    },
    Script {
        function: "startOnce",
        script: Some(("start-once.sh", include_str!("../../templates/scripts/start-once.sh"))),
        code: r#"  startOnce = command "start-once" [ config.systemd.package ];"#,
    },
    Script {
        function: "tellFailure",
        script: Some(("tell-failure.sh", include_str!("../../templates/scripts/tell-failure.sh"))),
        code: r#"  # A user that a unit runs as may not start another unit, and its sandbox may be in the way: hence the plus.
  tellFailure = unit: "+" + command "tell-failure" [ config.systemd.package ] [ unit ];"#,
    },
    Script {
        function: "tellFailureOf",
        script: Some(("tell-failure.sh", include_str!("../../templates/scripts/tell-failure.sh"))),
        code: r#"  # A drop-in: for a unit that is not there it makes none.
  tellFailureOf =
    unit:
    pkgs.writeTextDir "etc/systemd/system/${unit}.d/tell-failure.conf" ''
      [Service]
      ExecStopPost=+${command "tell-failure" [ config.systemd.package ] [ unit ]}
    '';"#,
    },
    Script {
        function: "update",
        script: Some(("update.sh", include_str!("../../templates/scripts/update.sh"))),
        code: r#"  update = program "update" [
    config.virtualisation.podman.package
    config.systemd.package
    pkgs.curl
    pkgs.util-linux
    config.homeserver.notify
  ];"#,
    },
    Script {
        function: "waitForAddress",
        script: Some(("wait-for-address.sh", include_str!("../../templates/scripts/wait-for-address.sh"))),
        code: r#"  waitForAddress =
    address: interface: command "wait-for-address" [ pkgs.iproute2 ] [ address interface ];"#,
    },
];
