//! The table of codes. Numbers are grouped by subject and never reused:
//! 01 YAML, 02 keys and values, 03 references, 04 names, 05 networks and ports, 06 secrets,
//! 07 storage, 08 dependencies and health, 09 the front, 10 presets and raw Nix, 11 limits, 12 images, 13 jobs, 14 clients,
//! 15 isolation, 16 the last build, 17 servers of the host, 18 Compose files.

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

    /// Reports whether the rule reads the encrypted files of secrets, as `homegen secrets audit` does.
    pub(crate) fn is_about_encrypted_files(self) -> bool {
        use Code::{InvalidEncryptedFile, UndeclaredFile, WrongRecipients};
        matches!(self, InvalidEncryptedFile | UndeclaredFile | WrongRecipients)
    }

    /// Reports whether the rule is about the files of secrets, with those that need not be read.
    pub fn is_about_secret_files(self) -> bool {
        self == Code::SecretFileMissing || self.is_about_encrypted_files()
    }

    /// Parses a code such as `HG0101`.
    pub fn from_code(code: &str) -> Option<Code> {
        Code::ALL.iter().copied().find(|c| c.code() == code)
    }
}

codes! {
    Syntax = "HG0101", Error, "the file is not valid YAML";
    NotUtf8 = "HG0102", Error, "the file is not valid UTF-8";
    DuplicateKey = "HG0103", Error, "a key is defined twice";
    UnquotedReference = "HG0104", Error, "a reference inside { } or [ ] is not quoted";
    UnsupportedYaml = "HG0105", Error, "a YAML feature that homegen does not support";
    TooLarge = "HG0106", Error, "the file exceeds a size limit";
    UnknownKey = "HG0201", Error, "a key does not exist";
    MissingKey = "HG0202", Error, "a required key is missing";
    WrongType = "HG0203", Error, "a value has the wrong type";
    BadValue = "HG0204", Error, "a value is not valid";
    AmbiguousScalar = "HG0205", Error, "a number does not keep its notation";
    UnsupportedValue = "HG0206", Error, "a setting is not supported by NixOS or Podman";
    SurprisingYaml = "HG0207", Warning, "a value that other YAML parsers read differently";
    UnusedAllow = "HG0208", Warning, "an `allow` has no effect";
    Contradiction = "HG0209", Error, "two settings contradict each other";
    UnknownReference = "HG0301", Error, "a reference to an undefined name";
    ReferenceCycle = "HG0302", Error, "constants refer to each other in a cycle";
    BadReference = "HG0303", Error, "a reference is not valid";
    ReferenceType = "HG0304", Error, "a reference has the wrong type";
    ReservedConstant = "HG0305", Error, "a constant has a reserved name";
    ConstantWithoutValue = "HG0306", Error, "a constant has no value";
    BadName = "HG0401", Error, "a name is not valid";
    NameTaken = "HG0402", Error, "a name is used twice";
    AliasTaken = "HG0403", Warning, "two containers have the same name on a network";
    ShortName = "HG0404", Warning, "a container name does not resolve";
    UnknownNetwork = "HG0501", Error, "a network is not declared";
    BadAddress = "HG0502", Error, "an address is not valid for its network";
    NetworkWithHost = "HG0503", Error, "a network setting has no effect on the container";
    PortWithoutService = "HG0504", Error, "a site has no host port, or a `port` is unused";
    TailscaleMissing = "HG0505", Error, "the tailnet is used but `tailscale` is not declared";
    PublishedWide = "HG0506", Warning, "a published port bypasses the firewall";
    PortTaken = "HG0507", Error, "a host port is used twice";
    DnsPort = "HG0508", Deny, "a DNS server blocks Podman's DNS";
    SubnetOverlap = "HG0509", Deny, "a subnet overlaps addresses that are in use";
    AddressTaken = "HG0510", Error, "a fixed address is already in use";
    Ipv6Publish = "HG0511", Warning, "a port is published on an IP version that the container lacks";
    TailnetAddress = "HG0512", Warning, "an address is not the host's tailnet address";
    DefaultGateway = "HG0513", Warning, "an address that exists only with Podman's default network";
    FirewallPattern = "HG0514", Deny, "a firewall interface is a pattern";
    LoopbackPort = "HG0515", Warning, "a port for other machines is published on 127.0.0.1";
    NftablesFlush = "HG0516", Warning, "a firewall setting removes Podman's rules";
    Ipv4Chosen = "HG0517", Warning, "an IPv4 subnet is chosen by Podman";
    HostClosed = "HG0518", Warning, "the firewall blocks a container's connection to the host";
    PortClients = "HG0519", Deny, "the clients in `from` do not fit a published port";
    NeedlessClients = "HG0520", Warning, "a range of clients has no effect";
    LocalHostPort = "HG0521", Warning, "a container cannot reach a port of the host";
    UnknownSite = "HG0522", Error, "a site that a container reaches is not declared";
    UnusableSite = "HG0523", Warning, "a container cannot use a site that it reaches";
    UnknownSecret = "HG0601", Error, "a secret is not declared";
    SecretFormat = "HG0602", Error, "a secret is used in the wrong format";
    StoreMissing = "HG0603", Error, "secrets are declared without a store";
    LiteralSecret = "HG0604", Deny, "a secret is written in plain text";
    VariableTwice = "HG0605", Error, "a variable is set twice";
    UnusedSecret = "HG0606", Warning, "a secret is unused";
    SecretUnreadable = "HG0607", Deny, "a container cannot read its secret";
    SecretFileMissing = "HG0608", Warning, "a secret's file is missing";
    AclOrder = "HG0609", Warning, "an ACL grants commands that it denies";
    PasswordHash = "HG0610", Warning, "a password hash is in the Nix store";
    SecretInStore = "HG0611", Error, "a secret would be in the Nix store";
    InvalidEncryptedFile = "HG0612", Error, "the encrypted file of a secret is not valid";
    WrongRecipients = "HG0613", Deny, "a secret is encrypted to the wrong recipients";
    UndeclaredFile = "HG0614", Warning, "an encrypted file belongs to no secret";
    WeakSecret = "HG0615", Warning, "a generated secret is weak";
    NestedFolder = "HG0701", Error, "a folder has two owners";
    FolderInFolder = "HG0702", Warning, "a folder is inside another user's folder";
    DatabaseOnNfs = "HG0703", Deny, "a database is on a network file system";
    VolumesOnLateDisk = "HG0704", Warning, "volumes are on a disk that may be missing";
    UndescribedDisk = "HG0705", Warning, "a disk is not declared under `host.mounts`";
    TargetTwice = "HG0706", Error, "two mounts have the same target";
    DataFolder = "HG0707", Warning, "a data folder has the wrong owner, mode or access";
    PostgresVolume = "HG0708", Deny, "a Postgres volume is mounted at the old path";
    DockerSocket = "HG0709", Warning, "the Docker socket does not exist";
    DataUnmounted = "HG0710", Warning, "data is not stored in a volume";
    UnclearBind = "HG0711", Warning, "a bind source may be a file or a folder";
    AbsentPath = "HG0712", Deny, "a path does not exist on NixOS";
    UncreatedFolder = "HG0713", Warning, "a bound folder is not created";
    SwappedVolume = "HG0714", Warning, "a volume's source and target look swapped";
    SharedData = "HG0715", Deny, "two databases share a folder";
    FolderUsers = "HG0716", Warning, "a container cannot write to its folder";
    LinkedFile = "HG0717", Warning, "a symlink is broken inside the container";
    FileMissing = "HG0718", Warning, "a file of a container does not exist";
    BackupInVolume = "HG0720", Warning, "a container or user can change the backups";
    NotBackedUp = "HG0721", Warning, "a container's data is not backed up";
    VolumeUnused = "HG0722", Deny, "a declared volume is not mounted";
    UnknownDependency = "HG0801", Error, "a dependency does not exist";
    DependencyCycle = "HG0802", Error, "containers depend on each other in a cycle";
    HealthyWithoutCheck = "HG0803", Error, "a container waits for health without a health check";
    NoSharedNetwork = "HG0804", Warning, "a container shares no network with its dependency";
    CheckInterval = "HG0805", Warning, "a health check runs more often than systemd allows";
    AutoStart = "HG0806", Warning, "an `auto_start: false` has no effect";
    ImageUser = "HG0807", Warning, "a `user` conflicts with the user variables of the image";
    HostGroup = "HG0808", Warning, "a group may not exist in the image";
    FirstPassword = "HG0809", Warning, "a database has no password for its first start";
    CannotComplete = "HG0810", Error, "a dependency never completes";
    OwnLocalhost = "HG0820", Warning, "an address names `localhost` instead of another container";
    FrontMissing = "HG0901", Error, "a site is declared without its front";
    BadSite = "HG0902", Error, "a site is not valid";
    BadTls = "HG0903", Error, "certificate settings are not valid";
    NamedUpstream = "HG0904", Warning, "an upstream is not reachable by its name";
    CertificateUnreachable = "HG0905", Warning, "a certificate cannot be issued";
    UnknownSnippet = "HG0906", Deny, "an imported snippet is not defined";
    UnverifiedCertificate = "HG0907", Warning, "a target's certificate may not be for its address";
    NoClients = "HG0908", Deny, "a site admits no client that reaches it";
    UnknownAuth = "HG0909", Error, "an auth provider is not declared";
    UnusedAuth = "HG0910", Warning, "an auth provider is unused";
    TunnelMissing = "HG0911", Error, "a site has no tunnel, or a tunnel has no site";
    TunnelClients = "HG0912", Error, "a site with a tunnel limits its clients";
    BadRewrite = "HG0913", Error, "a DNS rewrite is not valid";
    TunnelLogin = "HG0914", Warning, "a login page is outside of the tunnel";
    UnknownPreset = "HG1001", Error, "a preset does not exist";
    BadParameter = "HG1002", Error, "a preset parameter is not valid";
    NixSyntax = "HG1003", Error, "a Nix expression is not valid";
    NothingToReplace = "HG1004", Error, "a `!replace` has nothing to replace";
    ParameterUnused = "HG1005", Error, "a preset parameter has no effect";
    RemovedContainer = "HG1006", Deny, "a removed container is still in use";
    ContainerAbsent = "HG1007", Error, "a container of a preset is absent";
    LimitsContradict = "HG1101", Error, "limits contradict each other";
    MemorySum = "HG1102", Warning, "memory limits exceed the host's memory";
    MemorySmall = "HG1103", Warning, "a program has too little memory";
    CpusHigh = "HG1104", Warning, "a CPU limit exceeds the host's CPUs";
    FloatingImage = "HG1201", Warning, "an image tag is not a fixed version";
    UnqualifiedImage = "HG1202", Error, "an image has no registry";
    ImagePair = "HG1203", Deny, "two images are incompatible";
    PostgresMajor = "HG1204", Deny, "the Postgres major changes on existing data";
    Processor = "HG1205", Deny, "an image does not run on the host's processor";
    ImageUnlocked = "HG1206", Warning, "an image is not in the lock file";
    LockUnused = "HG1207", Warning, "the lock file has unused entries";
    JobContainer = "HG1301", Error, "a job names the wrong container";
    JobWithoutPort = "HG1302", Error, "a job cannot reach its service";
    BackupMissing = "HG1303", Error, "a `backup_first` has no backup to run";
    NotifyMissing = "HG1304", Error, "a notification has no destination";
    BackupInSource = "HG1305", Error, "a backup is stored inside its source";
    BackupLost = "HG1306", Error, "a backup folder is temporary or read-only";
    BackupOfRunning = "HG1307", Deny, "a running database is copied file by file";
    UpdatePull = "HG1308", Warning, "an update never runs or cannot roll back";
    PingTwice = "HG1309", Warning, "two jobs share one check";
    PathInContainer = "HG1310", Deny, "a backup path exists only in a container";
    DatabaseOther = "HG1311", Warning, "a backup names a database that the container does not use";
    BackupOnDisk = "HG1312", Warning, "a backup is on the same disk as its source";
    BackupUnseen = "HG1313", Warning, "no container mounts a backup path";
    DatabaseUser = "HG1317", Deny, "a backup uses a user that the container does not create";
    NotifyOwnSite = "HG1318", Warning, "notifications depend on this host";
    BackupPassword = "HG1319", Deny, "a backup connects to a database with another password";
    UpdateSoak = "HG1320", Error, "an update waits for the age of a tag";
    UpdateFixed = "HG1321", Error, "an automatic update has an image that does not move";
    UpdateUnseen = "HG1322", Warning, "an automatic update sends no notification";
    UpdateTwice = "HG1323", Error, "two updates restart one container";
    JobFolder = "HG1325", Deny, "a job may write to a folder of the system";
    ExcludePattern = "HG1330", Error, "an `exclude` pattern cannot be used";
    ClientService = "HG1401", Error, "a client cannot reach its service";
    ClientOther = "HG1402", Warning, "a client's service does not accept uploads";
    HostPrivileges = "HG1501", Warning, "a container is privileged";
    HostNamespace = "HG1502", Warning, "a container uses a namespace of the host";
    HostCapability = "HG1503", Warning, "a capability reaches beyond the container";
    Unconfined = "HG1504", Warning, "a container runs without kernel confinement";
    ControlSocket = "HG1505", Warning, "a container has a socket that controls the host";
    HostSecrets = "HG1506", Warning, "a container can read secrets of the host";
    HostFolder = "HG1507", Warning, "a container has a system folder of the host";
    HostDevice = "HG1508", Warning, "a container has a device that controls the host";
    RootUser = "HG1509", Warning, "a container runs as root instead of its image's user";
    HostNetwork = "HG1510", Warning, "a container uses the host's network";
    MountPropagation = "HG1511", Warning, "a container's mounts propagate to the host";
    FolderLeft = "HG1601", Warning, "a folder's data would stay behind";
    VolumeLeft = "HG1602", Warning, "a volume's data would stay behind";
    BackupsLeft = "HG1603", Warning, "older backups would stay under another name";
    MountLeft = "HG1604", Warning, "a disk's data would stay behind";
    UnknownDatabase = "HG1701", Error, "a database or user of the host is not declared";
    SharedDatabase = "HG1702", Deny, "two services share a database or a user of Valkey";
    DatabasePassword = "HG1703", Error, "a container has no password for its database";
    KeysOverlap = "HG1704", Deny, "two users of Valkey reach the same keys";
    TcpNetwork = "HG1705", Error, "a container cannot reach the host's Postgres over TCP";
    ServerNeeds = "HG1706", Warning, "a database or user lacks what its program needs";
    UnreadableFile = "HG1801", Error, "a file of a Compose project cannot be read";
    NotCompose = "HG1802", Error, "a file is not a Compose file";
    ComposeVariable = "HG1803", Error, "a variable in a Compose file is not valid";
    UndeclaredResource = "HG1804", Error, "a service uses an undeclared part of its Compose file";
    ComposeDependency = "HG1805", Error, "a service depends on a missing service";
    ExtendsCycle = "HG1806", Error, "a service or a file includes itself";
    UnknownBase = "HG1807", Error, "an extended service does not exist";
    ComposeKey = "HG1820", Error, "a Compose file has an unknown key";
    ComposeValue = "HG1821", Error, "a Compose file has an invalid value";
    EnvFileLine = "HG1822", Error, "a line of an env file is not valid";
    NotRunCommand = "HG1831", Error, "a command line is not one `podman run`";
    UnknownRunOption = "HG1832", Error, "a `podman run` has an unknown option";
    RunValue = "HG1833", Error, "an option of `podman run` has an invalid value";
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
