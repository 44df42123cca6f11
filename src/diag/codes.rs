//! The table of codes. Numbers are grouped by subject and never reused:
//! 01 YAML, 02 keys and values, 03 references, 04 names, 05 networks and ports, 06 secrets,
//! 07 storage, 08 dependencies and health, 09 the front, 10 presets and raw Nix, 11 limits, 12 images, 13 jobs, 14 clients,
//! 15 isolation, 16 the last build.

use super::Severity;

/// The effect of a rule on the output, and whether the file can accept it with `allow`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// An error: there would be no output, or the output could not work.
    Error,
    /// An error that the file can accept with `allow`.
    Deny,
    /// A warning: the output is written, but probably has a mistake.
    Warning,
}

macro_rules! codes {
    ($($name:ident = $code:literal, $level:ident, $title:literal;)*) => {
        /// A rule of homegen, by its name in the source code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $title] $name,)* }

        impl Code {
            /// All codes.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The stable code, such as `HG0101`.
            pub fn code(self) -> &'static str {
                match self { $(Code::$name => $code,)* }
            }

            /// The effect on the output.
            pub fn level(self) -> Level {
                match self { $(Code::$name => Level::$level,)* }
            }

            /// The rule in a few words.
            pub fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)* }
            }

            /// The page in Markdown: the explanation, a file that fails and a file that passes.
            pub fn page(self) -> &'static str {
                match self {
                    $(Code::$name => include_str!(concat!("../../docs/diagnostics/", $code, ".md")),)*
                }
            }
        }
    };
}

impl Code {
    /// The severity: errors prevent output.
    pub fn severity(self) -> Severity {
        match self.level() {
            Level::Error | Level::Deny => Severity::Error,
            Level::Warning => Severity::Warning,
        }
    }

    /// Reports whether the file can accept it with a reason.
    pub fn can_be_allowed(self) -> bool {
        self.level() != Level::Error && self != Code::UnusedAllow
    }

    /// Parses a code such as `HG0101`.
    pub fn from_code(code: &str) -> Option<Code> {
        Code::ALL.iter().copied().find(|c| c.code() == code)
    }
}

codes! {
    Syntax = "HG0101", Error, "the file is not YAML";
    NotUtf8 = "HG0102", Error, "the file is not UTF-8 text";
    DuplicateKey = "HG0103", Error, "a key is written twice";
    UnquotedReference = "HG0104", Error, "a reference inside { } or [ ] has no quotes";
    UnsupportedYaml = "HG0105", Error, "a part of YAML that homegen does not read";
    TooLarge = "HG0106", Error, "the file expands to too much";
    UnknownKey = "HG0201", Error, "a key that does not exist";
    MissingKey = "HG0202", Error, "a key that has to be there is missing";
    WrongType = "HG0203", Error, "a value of the wrong type";
    BadValue = "HG0204", Error, "a value that cannot be read";
    AmbiguousScalar = "HG0205", Error, "a number that would not come back as it is written";
    UnsupportedValue = "HG0206", Error, "a value that NixOS or Podman cannot do";
    SurprisingYaml = "HG0207", Warning, "a value that other readers of YAML take for something else";
    UnusedAllow = "HG0208", Warning, "an `allow` without an effect";
    Contradiction = "HG0209", Error, "two settings that contradict each other";
    UnknownReference = "HG0301", Error, "a reference to a name that does not exist";
    ReferenceCycle = "HG0302", Error, "constants that refer to each other in a circle";
    BadReference = "HG0303", Error, "a reference that cannot be read";
    ReferenceType = "HG0304", Error, "a reference to a value that does not fit here";
    ReservedConstant = "HG0305", Error, "a constant with a name that the file has already";
    BadName = "HG0401", Error, "a name that cannot be used";
    NameTaken = "HG0402", Error, "two things with one name";
    AliasTaken = "HG0403", Warning, "two containers that answer to one name";
    ShortName = "HG0404", Warning, "a container's name that does not resolve";
    UnknownNetwork = "HG0501", Error, "a network that does not exist";
    BadAddress = "HG0502", Error, "an address that cannot be used";
    NetworkWithHost = "HG0503", Error, "a network setting that has no effect on the container";
    PortWithoutService = "HG0504", Error, "a site without a port on the host";
    TailscaleMissing = "HG0505", Error, "the tailnet is used and not described";
    PublishedWide = "HG0506", Warning, "a port that bypasses the firewall";
    PortTaken = "HG0507", Error, "two things on one port of the host";
    DnsPort = "HG0508", Deny, "a DNS server in the way of Podman's";
    SubnetOverlap = "HG0509", Deny, "a subnet whose addresses are someone else's";
    AddressTaken = "HG0510", Error, "an address that is taken";
    Ipv6Publish = "HG0511", Warning, "a port on an address of an IP version that the container does not have";
    TailnetAddress = "HG0512", Warning, "an address that Tailscale does not give";
    DefaultGateway = "HG0513", Warning, "an address that is there only now and then";
    FirewallPattern = "HG0514", Deny, "an interface that the firewall cannot read";
    LoopbackPort = "HG0515", Warning, "a port for other machines on 127.0.0.1";
    NftablesFlush = "HG0516", Warning, "a firewall that removes Podman's rules";
    Ipv4Chosen = "HG0517", Warning, "an IPv4 subnet that the file does not name";
    HostClosed = "HG0518", Warning, "a port of the host that a container cannot reach";
    UnknownSecret = "HG0601", Error, "a secret that is not declared";
    SecretFormat = "HG0602", Error, "a secret used in a format that it does not have";
    AgenixMissing = "HG0603", Error, "secrets without a folder that holds them";
    LiteralSecret = "HG0604", Deny, "a secret written into the file";
    VariableTwice = "HG0605", Error, "one variable set twice";
    UnusedSecret = "HG0606", Warning, "a secret that nothing uses";
    SecretUnreadable = "HG0607", Deny, "a secret that the container cannot read";
    SecretFileMissing = "HG0608", Warning, "a secret without its file";
    AclOrder = "HG0609", Warning, "an ACL that gives back what it takes";
    PasswordHash = "HG0610", Warning, "the hash of a password in the Nix store";
    NestedFolder = "HG0701", Error, "a folder with two owners";
    FolderInFolder = "HG0702", Warning, "a folder inside of another user's folder";
    DatabaseOnNfs = "HG0703", Deny, "a database on a network file system";
    VolumesOnLateDisk = "HG0704", Warning, "volumes on a disk that the host boots without";
    UndescribedDisk = "HG0705", Warning, "a disk that the file does not describe";
    TargetTwice = "HG0706", Error, "two volumes on one path of a container";
    DataFolder = "HG0707", Warning, "a data folder that the database would change or refuse";
    PostgresVolume = "HG0708", Deny, "data beside the folder that is mounted for it";
    DockerSocket = "HG0709", Warning, "a Docker socket that is not there";
    DataUnmounted = "HG0710", Warning, "data that is in no folder";
    UnclearBind = "HG0711", Warning, "a bound path that may be a file or a folder";
    AbsentPath = "HG0712", Deny, "a path that NixOS does not have";
    UncreatedFolder = "HG0713", Warning, "a bound folder that nothing creates";
    SwappedVolume = "HG0714", Warning, "a volume with its source and target swapped";
    SharedData = "HG0715", Deny, "two databases in one folder";
    FolderUsers = "HG0716", Warning, "a folder that its containers cannot write to";
    LinkedFile = "HG0717", Warning, "a link that leads nowhere in the container";
    BackupInVolume = "HG0720", Warning, "a backup goes into a folder that others can change";
    UnknownDependency = "HG0801", Error, "a dependency on nothing";
    DependencyCycle = "HG0802", Error, "containers that wait for each other";
    HealthyWithoutCheck = "HG0803", Error, "waiting for health without a health check";
    NoSharedNetwork = "HG0804", Warning, "a dependency that cannot be reached";
    CheckInterval = "HG0805", Warning, "a health check that runs more often than systemd allows";
    AutoStart = "HG0806", Warning, "a container that another one starts at boot";
    ImageUser = "HG0807", Warning, "a user for an image that sets its own";
    HostGroup = "HG0808", Warning, "a group that the image does not know";
    FirstPassword = "HG0809", Warning, "a database without a password for its first start";
    OwnLocalhost = "HG0820", Warning, "the container's own `localhost` in place of another container";
    FrontMissing = "HG0901", Error, "a site and no front";
    BadSite = "HG0902", Error, "a site that cannot be served";
    BadTls = "HG0903", Error, "certificates that cannot be had this way";
    NamedUpstream = "HG0904", Warning, "an upstream by its name in place of 127.0.0.1";
    CertificateUnreachable = "HG0905", Warning, "a certificate that nobody can check the name for";
    UnknownSnippet = "HG0906", Deny, "an `import` of a snippet that does not exist";
    UnknownPreset = "HG1001", Error, "a preset that does not exist";
    BadParameter = "HG1002", Error, "a parameter that the preset cannot use";
    NixSyntax = "HG1003", Error, "an expression that is not Nix";
    NothingToReplace = "HG1004", Error, "a tag `!replace` where no preset has a value";
    ParameterUnused = "HG1005", Error, "a parameter of a preset that has no effect";
    RemovedContainer = "HG1006", Deny, "a text that names a container which is removed";
    LimitsContradict = "HG1101", Error, "limits that contradict each other";
    MemorySum = "HG1102", Warning, "more memory given away than the host has";
    MemorySmall = "HG1103", Warning, "too little memory for what runs there";
    FloatingImage = "HG1201", Warning, "an image that changes under its tag";
    UnqualifiedImage = "HG1202", Error, "an image without its registry";
    ImagePair = "HG1203", Deny, "two images that cannot run together";
    PostgresMajor = "HG1204", Deny, "another major of Postgres on the same data";
    JobContainer = "HG1301", Error, "a job for a container that does not exist, or is another";
    JobWithoutPort = "HG1302", Error, "a job that cannot reach its service";
    BackupMissing = "HG1303", Error, "a backup that would run first and does not exist";
    NotifyMissing = "HG1304", Error, "a notification without a destination";
    BackupInSource = "HG1305", Error, "a backup into the folder that it saves";
    BackupLost = "HG1306", Error, "a backup where it would not stay";
    BackupOfRunning = "HG1307", Deny, "a database that is copied while it runs";
    UpdatePull = "HG1308", Warning, "an update that never comes or could not go back";
    PingTwice = "HG1309", Warning, "one check for several jobs";
    PathInContainer = "HG1310", Deny, "a backup of a path that only a container has";
    DatabaseOther = "HG1311", Warning, "a database that the container does not make";
    BackupOnDisk = "HG1312", Warning, "a backup on the disk of what it saves";
    BackupUnseen = "HG1313", Warning, "a backup of a path that no container has";
    DatabaseUser = "HG1317", Deny, "a backup as a user that the container does not make";
    NotifyOwnSite = "HG1318", Warning, "notifications that go through this host alone";
    ClientService = "HG1401", Error, "a client of a service that it cannot reach";
    ClientOther = "HG1402", Warning, "a client of a service that takes no uploads";
    HostPrivileges = "HG1501", Warning, "a container with all rights of the host";
    HostNamespace = "HG1502", Warning, "a container in a namespace of the host";
    HostCapability = "HG1503", Warning, "a capability that reaches beyond the container";
    Unconfined = "HG1504", Warning, "a container without the kernel's confinement";
    ControlSocket = "HG1505", Warning, "a socket that controls the host in a container";
    HostSecrets = "HG1506", Warning, "secrets of the host in a container";
    HostFolder = "HG1507", Warning, "a system folder of the host in a container";
    HostDevice = "HG1508", Warning, "a device that gives the host away";
    RootUser = "HG1509", Warning, "a container that runs as root in place of its image's user";
    HostNetwork = "HG1510", Warning, "a container on the host's network";
    MountPropagation = "HG1511", Warning, "mounts of a container that reach the host";
    FolderLeft = "HG1601", Warning, "a folder whose data would stay behind";
    VolumeLeft = "HG1602", Warning, "a volume whose data would stay behind";
    BackupsLeft = "HG1603", Warning, "backups that would stay under another name";
    MountLeft = "HG1604", Warning, "a disk whose data would stay behind";
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn codes_are_unique_and_well_formed() {
        let mut seen = std::collections::HashSet::new();
        for code in Code::ALL {
            assert!(seen.insert(code.code()), "{} stands twice", code.code());
            assert!(code.code().len() == 6 && code.code().starts_with("HG"));
            assert!(code.title().chars().next().is_some_and(char::is_lowercase));
        }
    }
}
