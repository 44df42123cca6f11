//! Tables of the settings that give a container control of the host: paths, devices, capabilities, options of the
//! kernel's confinement. The rules in `src/check/` read these tables. They follow the CIS Docker Benchmark (section
//! 5), KICS's queries for Compose and KubeLinter's checks, with the differences of NixOS and Podman.

use crate::path::normalized;

/// A kind of path that gives control of the host, and the rule that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathKind {
    /// Keys and passwords of the host or of its users.
    Secret,
    /// A socket that controls the host as root.
    Socket,
    /// A system folder.
    System,
    /// A path below a folder of another row that gives no control by itself.
    Harmless,
}

/// The part of a path that a row covers. A bind of a folder above it counts in any case, because it contains the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// Only the path itself. Paths below it may be harmless.
    Alone,
    /// The path and everything below it.
    Below,
}

/// The access at which a bind counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    /// Reading is enough.
    Read,
    /// Only a writable bind counts.
    Write,
}

/// A path of the host that a container should not have.
#[derive(Debug)]
pub(crate) struct HostPath {
    /// The path. `*` stands for any part of one step.
    pub path: &'static str,
    /// The rule that it belongs to.
    pub kind: PathKind,
    reach: Reach,
    access: Access,
    /// The effect on a container, after "the container can".
    gives: &'static str,
    /// The additional effect of a writable bind.
    writable: &'static str,
}

impl HostPath {
    /// Returns the row with the additional effect of a writable bind.
    const fn and(self, writable: &'static str) -> HostPath {
        HostPath { writable, ..self }
    }

    /// The effect on a container, after "the container can".
    pub(crate) fn gives(&self, read_only: bool) -> String {
        match read_only || self.writable.is_empty() {
            true => self.gives.to_owned(),
            false => format!("{}, and {}", self.gives, self.writable),
        }
    }
}

const fn row(
    path: &'static str,
    kind: PathKind,
    reach: Reach,
    access: Access,
    gives: &'static str,
) -> HostPath {
    HostPath { path, kind, reach, access, gives, writable: "" }
}

use Access::{Read, Write};
use PathKind::{Harmless, Secret, Socket, System};
use Reach::{Alone, Below};

/// The paths. A bind counts for the first row with the same path, or else for the first one above it, or else for the
/// first one that it contains. `/var/run` is `/run`.
///
/// Not included: `/srv`, `/mnt` and `/media`, which KICS lists, because data is there; single files of `/etc` such as
/// `/etc/localtime`, which are links to the world-readable store on NixOS; `/var/log` and a read-only `/nix` or `/usr`,
/// which hold no secrets.
const PATHS: &[HostPath] = &[
    row("/", System, Alone, Read, "read every file of the host, including its secrets"),
    // Secrets. One file of /run/agenix is what `secrets` mounts.
    row("/run/agenix", Secret, Alone, Read, "read every decrypted secret of the host"),
    row("/run/agenix.d", Secret, Below, Read, "read every decrypted secret of the host"),
    row("/run/secrets", Secret, Alone, Read, "read every decrypted secret of the host"),
    row("/run/secrets.d", Secret, Below, Read, "read every decrypted secret of the host"),
    row("/run/secrets-for-users", Secret, Below, Read, "read the password hashes of the host's users"),
    row("/run/keys", Secret, Below, Read, "read the host's deployment keys"),
    row("/run/credentials", Secret, Below, Read, "read the credentials of the host's units"),
    row("/etc/ssh", Secret, Alone, Read, "read the host's SSH keys, which decrypt its secrets"),
    row("/etc/ssh/ssh_host_*_key", Secret, Below, Read, "read a host key, which decrypts the host's secrets"),
    row("/*/etc/ssh", Secret, Alone, Read, "read the host's SSH keys, which decrypt its secrets"),
    row(
        "/*/etc/ssh/ssh_host_*_key",
        Secret,
        Below,
        Read,
        "read a host key, which decrypts the host's secrets",
    ),
    row("/etc/shadow", Secret, Below, Read, "read the password hashes of the host's users"),
    row("/etc/gshadow", Secret, Below, Read, "read the password hashes of the host's groups"),
    row("/etc/wireguard", Secret, Below, Read, "read the host's WireGuard keys"),
    row("/var/lib/sops-nix", Secret, Below, Read, "read the key that decrypts the host's secrets"),
    row("/var/lib/acme", Secret, Alone, Read, "read the private keys of all certificates"),
    row("/var/lib/tailscale", Secret, Below, Read, "read the keys by which the host is in its tailnet"),
    row("/root/.ssh", Secret, Below, Read, "read root's SSH keys"),
    row("/home/*/.ssh", Secret, Below, Read, "read the SSH keys of a user").and("add one"),
    row("/root/.gnupg", Secret, Below, Read, "read root's GnuPG keys"),
    row("/home/*/.gnupg", Secret, Below, Read, "read the GnuPG keys of a user"),
    row("/root/.config/sops", Secret, Below, Read, "read the key that decrypts the secrets"),
    row("/home/*/.config/sops", Secret, Below, Read, "read the key that decrypts the secrets"),
    row("/root/.config/age", Secret, Below, Read, "read the key that decrypts the secrets"),
    row("/home/*/.config/age", Secret, Below, Read, "read the key that decrypts the secrets"),
    row("/root/.aws", Secret, Below, Read, "read the keys of a cloud account"),
    row("/home/*/.aws", Secret, Below, Read, "read the keys of a cloud account"),
    row("/root/.kube", Secret, Below, Read, "read the keys of a cluster"),
    row("/home/*/.kube", Secret, Below, Read, "read the keys of a cluster"),
    row("/root/.docker/config.json", Secret, Below, Read, "read the logins of registries"),
    row("/home/*/.docker/config.json", Secret, Below, Read, "read the logins of registries"),
    row("/root/.netrc", Secret, Below, Read, "read the logins of a user"),
    row("/home/*/.netrc", Secret, Below, Read, "read the logins of a user"),
    row("/root/.git-credentials", Secret, Below, Read, "read the logins of a user"),
    row("/home/*/.git-credentials", Secret, Below, Read, "read the logins of a user"),
    row("/root/.config/rclone", Secret, Below, Read, "read the logins of remote storage"),
    row("/home/*/.config/rclone", Secret, Below, Read, "read the logins of remote storage"),
    row("/etc/NetworkManager/system-connections", Secret, Below, Read, "read the passwords of networks"),
    row("/var/lib/iwd", Secret, Below, Read, "read the passwords of wireless networks"),
    row("/var/lib/bluetooth", Secret, Below, Read, "read the keys of paired devices"),
    row("/var/lib/caddy", Secret, Alone, Read, "read the private keys of Caddy's certificates"),
    row("/etc/credstore", Secret, Below, Read, "read the credentials of the host's units"),
    row(
        "/var/lib/systemd/credential.secret",
        Secret,
        Below,
        Read,
        "decrypt the credentials of the host's units",
    ),
    row("/etc/krb5.keytab", Secret, Below, Read, "read the host's Kerberos keys"),
    // Sockets. A read-only mount does not prevent connections.
    row("/run/podman", Socket, Below, Read, "start a privileged container, and be root on the host"),
    row("/run/docker.sock", Socket, Below, Read, "start a privileged container, and be root on the host"),
    row("/run/docker", Socket, Below, Read, "start a privileged container, and be root on the host"),
    row("/run/containerd", Socket, Below, Read, "start a privileged container, and be root on the host"),
    row("/run/crio", Socket, Below, Read, "start a privileged container, and be root on the host"),
    // D-Bus checks the user that connects, and root in a container is the host's root without a user namespace.
    row("/run/dbus", Socket, Below, Read, "start units through systemd as root, if it runs as root"),
    row("/run/systemd", Socket, Alone, Read, "start units through systemd as root, if it runs as root"),
    row("/run/systemd/private", Socket, Below, Read, "start units through systemd as root"),
    row("/run/libvirt", Socket, Below, Read, "start a virtual machine with the host's disks"),
    row(
        "/run/tailscale",
        Socket,
        Below,
        Read,
        "share the host's files in the tailnet, and open an SSH server",
    ),
    row("/nix/var/nix/daemon-socket", Socket, Below, Read, "control the Nix daemon as a trusted user"),
    row("/run/incus", Socket, Below, Read, "start a privileged container, and be root on the host"),
    row("/var/lib/incus", Socket, Alone, Read, "start a privileged container, and be root on the host"),
    row(
        "/var/lib/incus/unix.socket",
        Socket,
        Below,
        Read,
        "start a privileged container, and be root on the host",
    ),
    row("/run/user/*/podman", Socket, Below, Read, "start containers as the user of the socket"),
    // `peer` of pg_hba.conf believes the user ID of a process, and root of a container can take any.
    row("/run/postgresql", Socket, Below, Read, "log in to Postgres as its superuser"),
    row("/run/user/*/docker.sock", Socket, Below, Read, "start containers as the user of the socket"),
    row("/run/user/*/bus", Socket, Below, Read, "start programs as the user of the session"),
    row("/run/user/*/systemd", Socket, Below, Read, "start programs as the user of the session"),
    row("/run/user/*", Socket, Alone, Read, "start programs as the user of the session"),
    // System folders.
    row("/etc", System, Alone, Read, "read the host's settings, its password hashes and its SSH keys"),
    row("/etc/nixos", System, Below, Write, "change the configuration that the next rebuild runs as root"),
    row("/etc/passwd", System, Below, Write, "become a user of the host with root's rights"),
    row("/etc/group", System, Below, Write, "put a user of the host into any group"),
    row("/root", System, Alone, Read, "read root's keys").and("change what root runs at login"),
    row("/root/.*", System, Below, Write, "change what root runs at login"),
    row("/home", System, Alone, Read, "read every user's files, including their SSH keys"),
    row("/home/*", System, Alone, Read, "read all files of a user, including the SSH keys"),
    row("/home/*/.*", System, Alone, Write, "change what a user runs at login"),
    row("/home/*/.config/autostart", System, Below, Write, "change what a user runs at login"),
    row("/home/*/.config/systemd", System, Below, Write, "change what a user runs at login"),
    row("/proc", System, Alone, Read, "read the host's processes").and("set its kernel's parameters"),
    row("/proc/1", System, Below, Read, "reach the host's files through its first process"),
    row("/proc/kcore", System, Below, Read, "read the host's memory"),
    row("/proc/sys", System, Below, Write, "set the parameters of the host's kernel"),
    row("/proc/sysrq-trigger", System, Below, Write, "restart or halt the host"),
    row("/sys", System, Alone, Read, "read the host's devices and kernel").and("set their parameters"),
    row("/sys/fs/cgroup", System, Below, Write, "stop any process of the host, and lift any limit"),
    row("/sys/kernel/debug", System, Below, Read, "read the memory of the host's kernel"),
    row("/sys/kernel", System, Below, Write, "run a program as root through the host's kernel"),
    row("/sys/firmware", System, Below, Write, "change the firmware's variables"),
    row("/sys/module", System, Below, Write, "set the parameters of the host's kernel"),
    row("/dev/shm", Harmless, Below, Read, ""),
    row("/dev", System, Alone, Read, "reach the host's devices, including its disks"),
    row("/boot", System, Below, Read, "read the keys in the initial RAM disk")
        .and("change what the host boots"),
    row("/efi", System, Below, Read, "read the keys in the initial RAM disk")
        .and("change what the host boots"),
    row("/nix", System, Below, Write, "change the programs that the host runs"),
    row("/run", System, Alone, Read, "read the decrypted secrets, and reach Podman's socket"),
    row("/run/wrappers", System, Below, Write, "change the programs that run as root"),
    row("/var", System, Alone, Read, "read the data of every service and container"),
    row("/var/lib", System, Alone, Read, "read the data of every service and container"),
    row("/var/lib/nixos", System, Below, Write, "give its files to another user at the next switch"),
    row("/var/lib/containers/storage/volumes/*", Harmless, Below, Read, ""),
    row("/var/lib/containers", System, Below, Read, "read the files of every container").and("change them"),
    row("/var/spool/cron", System, Below, Write, "run commands as root"),
    row("/bin", System, Below, Write, "change the shell that the host runs"),
    row("/sbin", System, Below, Write, "change the programs that the host runs"),
    row("/lib", System, Below, Write, "change the libraries that the host loads"),
    row("/lib64", System, Below, Write, "change the libraries that the host loads"),
    row("/usr", System, Below, Write, "change the programs that the host runs"),
];

/// The relation of a path to the path of a row; the closest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Relation {
    Same,
    Below,
    Above,
}

/// The steps of an absolute path.
fn steps(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|step| !step.is_empty())
}

/// The relation of the path with these steps to the path of a row.
fn relation(path: &[&str], row: &str) -> Option<Relation> {
    // Most rows differ from the path in the first letter.
    let letters = path.first().and_then(|step| step.as_bytes().first()).zip(row.as_bytes().get(1));
    if letters.is_some_and(|(own, its)| own != its && *its != b'*') {
        return None;
    }
    let (mut own, mut its) = (path.iter(), steps(row));
    let mut by_pattern = false;
    loop {
        match (own.next(), its.next()) {
            (None, None) => return Some(Relation::Same),
            // `/srv` is not above `/*/etc/ssh`: there may be no such folder in it.
            (None, Some(_)) => return (!by_pattern).then_some(Relation::Above),
            (Some(_), None) => return Some(Relation::Below),
            (Some(step), Some(pattern)) if matches(step, pattern) => by_pattern |= pattern.contains('*'),
            _ => return None,
        }
    }
}

/// True if `text` is `pattern`, in which one `*` stands for anything.
fn matches(text: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => {
            text.len() >= start.len() + end.len() && text.starts_with(start) && text.ends_with(end)
        }
        None => text == pattern,
    }
}

/// The row that a bind of `path` counts for, if it gives control of the host.
pub(crate) fn host_path(path: &str, read_only: bool) -> Option<&'static HostPath> {
    let mut path = normalized(path);
    if let Some(rest) = path.strip_prefix("/var/run").filter(|rest| rest.is_empty() || rest.starts_with('/'))
    {
        path = format!("/run{rest}");
    }
    let steps: Vec<&str> = steps(&path).collect();
    let relations = PATHS.iter().filter_map(|row| {
        let readable = row.access == Read || !read_only;
        let relation = relation(&steps, row.path).filter(|_| readable)?;
        let counts = match relation {
            Relation::Same => true,
            Relation::Below => row.reach == Below,
            Relation::Above => row.kind != Harmless,
        };
        counts.then_some((relation, row))
    });
    // Among rows with the closest relation, the first one counts.
    relations.min_by_key(|(relation, _)| *relation).map(|(_, row)| row).filter(|row| row.kind != Harmless)
}

/// A name, and its effect on a container.
type Given = (&'static str, &'static str);

/// The devices, as in [`HostPath::path`], with the effect of each. A row covers the paths below it. Graphics cards,
/// serial ports, `/dev/net/tun`, `/dev/fuse`, `/dev/kvm` and USB devices are not included.
const DEVICES: &[Given] = &[
    ("/dev/mem", "read and change the host's memory"),
    ("/dev/kmem", "read and change the host's memory"),
    ("/dev/port", "reach every device of the host"),
    ("/dev/kmsg", "read and forge the messages of the host's kernel"),
    ("/dev/snapshot", "read and replace the host's memory"),
    ("/dev/cpu", "change the settings of the host's processors"),
    ("/dev/tpm*", "use the keys in the host's TPM, such as those of its disks"),
    ("/dev/uinput", "type on the host's console"),
    ("/dev/mtd*", "change the host's firmware"),
    ("/dev/sd*", DISK),
    ("/dev/hd*", DISK),
    ("/dev/vd*", DISK),
    ("/dev/xvd*", DISK),
    ("/dev/nvme*", DISK),
    ("/dev/ng*", DISK),
    ("/dev/mmcblk*", DISK),
    ("/dev/pmem*", DISK),
    ("/dev/dax*", DISK),
    ("/dev/ublk*", DISK),
    ("/dev/zram*", "read the memory that the host swapped out"),
    ("/dev/md*", DISK),
    ("/dev/dm-*", DISK),
    ("/dev/mapper", DISK),
    // LVM has a folder for each volume group, and these are the usual names of groups.
    ("/dev/vg*/*", DISK),
    ("/dev/*vg/*", DISK),
    ("/dev/pve/*", DISK),
    ("/dev/disk", DISK),
    ("/dev/block", DISK),
    ("/dev/bcache*", DISK),
    ("/dev/nbd*", DISK),
    ("/dev/rbd*", DISK),
    ("/dev/drbd*", DISK),
    ("/dev/zd*", DISK),
    ("/dev/zvol", DISK),
    ("/dev/zfs", "change and destroy the host's ZFS pools"),
    ("/dev/btrfs-control", "change the host's Btrfs file systems"),
    ("/dev/loop*", "mount any file as a disk"),
    ("/dev/sg*", DISK),
    ("/dev/bsg", DISK),
];

/// A container can read the files of a block device without mounting its file system.
const DISK: &str = "read and change everything on a disk, regardless of its owner";

/// The effect of a host device on a container, by its path.
pub(crate) fn device(path: &str) -> Option<&'static str> {
    let path = normalized(path);
    let steps: Vec<&str> = steps(&path).collect();
    if steps.as_slice() == ["dev"] {
        return Some("reach the host's devices, including its disks");
    }
    DEVICES
        .iter()
        .find(|(row, _)| matches!(relation(&steps, row), Some(Relation::Same | Relation::Below)))
        .map(|(_, gives)| *gives)
}

/// The capabilities of capabilities(7) that reach beyond a container, with the effect of each.
const CAPABILITIES: &[Given] = &[
    ("ALL", "do everything that root can do on the host"),
    ("SYS_ADMIN", "mount the host's disks and leave the container: it is close to being root on the host"),
    ("SYS_MODULE", "load a module into the host's kernel"),
    ("SYS_RAWIO", "reach the host's memory and disks past the kernel"),
    ("SYS_PTRACE", "read and change the memory of every process that it sees"),
    ("SYS_BOOT", "load another kernel"),
    ("SYS_TIME", "set the host's clock"),
    ("DAC_READ_SEARCH", "open any file of the host by its handle"),
    ("BPF", "load programs into the host's kernel"),
    ("PERFMON", "read the memory of the host's kernel"),
    ("SYSLOG", "read the addresses and messages of the host's kernel"),
    ("MAC_ADMIN", "change the rules of AppArmor or SELinux"),
    ("MAC_OVERRIDE", "bypass the rules of AppArmor or SELinux"),
    ("AUDIT_CONTROL", "turn the host's audit log off"),
];

/// The capabilities that reach beyond a container on the host's network.
const NETWORK_CAPABILITIES: &[Given] = &[
    ("NET_ADMIN", "change the host's firewall, addresses and routes"),
    ("NET_RAW", "read and forge the host's network traffic"),
];

/// The effect of a capability, in any spelling of Podman's, on a container.
pub(crate) fn capability(name: &str, on_host_network: bool) -> Option<&'static str> {
    let upper = name.to_uppercase();
    let name = upper.strip_prefix("CAP_").unwrap_or(&upper);
    let network = if on_host_network { NETWORK_CAPABILITIES } else { &[] };
    CAPABILITIES.iter().chain(network).find(|(row, _)| *row == name).map(|(_, gives)| *gives)
}

/// The options of `--security-opt` that turn a confinement off, with its name. A row that ends with `=` stands for any
/// value.
const SECURITY_OPTIONS: &[Given] = &[
    ("seccomp=unconfined", "the system call filter"),
    ("apparmor=unconfined", "the AppArmor profile"),
    ("label=disable", "the SELinux label"),
    ("label=type:spc_t", "the SELinux label"),
    ("label=type:unconfined_t", "the SELinux label"),
    ("systempaths=unconfined", "the masks over /proc and /sys"),
    ("unmask=", "the masks over /proc and /sys"),
    ("no-new-privileges=false", "the restriction of setuid programs"),
];

/// The confinement that an option of `--security-opt` turns off.
pub(crate) fn security_option(option: &str) -> Option<&'static str> {
    // Docker's older form has a colon (podman-run(1), --security-opt).
    let (name, value) = option.split_once(['=', ':']).unwrap_or((option, ""));
    let option = format!("{}={}", name.trim(), value.trim()).to_lowercase();
    SECURITY_OPTIONS
        .iter()
        .find(|(row, _)| if row.ends_with('=') { option.starts_with(row) } else { option == *row })
        .map(|(_, off)| *off)
}

/// A namespace that Podman gives each container, by its argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Namespace {
    /// `--pid`
    Pid,
    /// `--ipc`
    Ipc,
    /// `--userns`
    User,
    /// `--uts`
    Uts,
    /// `--cgroupns`
    Cgroup,
    /// `--network`
    Network,
}

impl Namespace {
    /// The name in messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Namespace::Pid => "PID",
            Namespace::Ipc => "IPC",
            Namespace::User => "user",
            Namespace::Uts => "UTS",
            Namespace::Cgroup => "cgroup",
            Namespace::Network => "network",
        }
    }

    /// The effect of the host's namespace on a container, after "the container can".
    pub(crate) fn gives(self) -> &'static str {
        match self {
            Namespace::Pid => "see, stop and read every process of the host",
            Namespace::Ipc => "read and change the shared memory of the host's programs",
            Namespace::User => "act as the host's users, including root",
            Namespace::Uts => "change the host's name",
            Namespace::Cgroup => "see the control groups of the whole host",
            Namespace::Network => "reach every port of the host, including those on 127.0.0.1",
        }
    }

    /// The name of the namespace's file below `/proc/1/ns` (namespaces(7)).
    fn file(self) -> &'static str {
        match self {
            Namespace::Pid => "pid",
            Namespace::Ipc => "ipc",
            Namespace::User => "user",
            Namespace::Uts => "uts",
            Namespace::Cgroup => "cgroup",
            Namespace::Network => "net",
        }
    }

    /// True if a mode of the namespace is the host's own.
    pub(crate) fn is_of_host(self, mode: &str) -> bool {
        mode == "host" || mode.strip_prefix("ns:") == Some(&format!("/proc/1/ns/{}", self.file()))
    }
}

/// True if a rule of `--device-cgroup-rule`, such as `c 189:* rwm`, opens disks, or devices of every kind.
pub(crate) fn opens_all_devices(rule: &str) -> bool {
    let mut words = rule.split_whitespace();
    let (kind, number) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    // Major 1 has /dev/mem (Documentation/admin-guide/devices.txt of Linux).
    matches!(kind, "a" | "b") || number.starts_with("*:") || number == "1:*" || number == "1:1"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bind_is_classified_by_the_host_paths_that_it_contains() {
        let kind = |path: &str, read_only| host_path(path, read_only).map(|row| (row.kind, row.path));
        for (path, read_only, found) in [
            ("/", true, Some((System, "/"))),
            ("/etc", true, Some((System, "/etc"))),
            ("/etc/", false, Some((System, "/etc"))),
            ("/etc/localtime", true, None),
            ("/etc/ssl/certs", true, None),
            ("/etc/requests/config", false, None),
            ("/etc/nixos", true, None),
            ("/etc/nixos/flake.nix", false, Some((System, "/etc/nixos"))),
            ("/etc/ssh/ssh_host_ed25519_key", true, Some((Secret, "/etc/ssh/ssh_host_*_key"))),
            ("/etc/ssh/ssh_host_ed25519_key.pub", true, None),
            ("/persist/etc/ssh", true, Some((Secret, "/*/etc/ssh"))),
            ("/run/agenix", true, Some((Secret, "/run/agenix"))),
            ("/run/agenix/notes", true, None),
            ("/var/run/docker.sock", true, Some((Socket, "/run/docker.sock"))),
            ("/var/run", true, Some((System, "/run"))),
            ("/var/running", true, None),
            ("/run/user", true, Some((Socket, "/run/user/*/podman"))),
            ("/run/user/1000/pulse/native", false, None),
            ("/var/lib", false, Some((System, "/var/lib"))),
            ("/var/lib/notes", false, None),
            ("/var/lib/containers/storage/volumes/notes/_data", false, None),
            ("/var/lib/containers/storage", true, Some((System, "/var/lib/containers"))),
            ("/nix/store", true, None),
            ("/nix/store", false, Some((System, "/nix"))),
            ("/home/me", true, Some((System, "/home/*"))),
            ("/home/me/photos", false, None),
            ("/home/me/.config/notes", true, None),
            ("/home/me/.ssh/id_ed25519", true, Some((Secret, "/home/*/.ssh"))),
            ("/dev/shm", false, None),
            ("/srv", false, None),
            ("/bootstrap", false, None),
        ] {
            assert_eq!(kind(path, read_only), found, "{path}");
        }
    }

    #[test]
    fn devices_are_recognized_by_each_of_their_names() {
        for path in [
            "/dev/sda",
            "/dev/nvme0n1p2",
            "/dev/ng0n1",
            "/dev/disk/by-id/ata-x",
            "/dev/mapper/root",
            "/dev/vg0/data",
            "/dev/nas-vg/data",
            "/dev/zvol/tank/vm",
            "/dev/mem",
            "/dev",
        ] {
            assert!(device(path).is_some(), "{path}");
        }
        for path in [
            "/dev/dri",
            "/dev/vga_arbiter",
            "/dev/ttyUSB0",
            "/dev/serial/by-id/usb-x",
            "/dev/net/tun",
            "/dev/kvm",
            "/dev/fuse",
        ] {
            assert_eq!(device(path), None, "{path}");
        }
    }

    #[test]
    fn security_options_are_recognized_in_both_spellings() {
        for option in ["seccomp=unconfined", "seccomp:unconfined", "label:disable", "unmask=/proc/kcore"] {
            assert!(security_option(option).is_some(), "{option}");
        }
        for option in ["no-new-privileges", "no-new-privileges:true", "seccomp=/etc/x.json", "mask=/proc/x"] {
            assert_eq!(security_option(option), None, "{option}");
        }
        assert!(Namespace::Pid.is_of_host("ns:/proc/1/ns/pid") && !Namespace::Pid.is_of_host("container:x"));
        assert!(opens_all_devices("b *:* rwm") && !opens_all_devices("c 189:* rwm"));
        assert!(capability("cap_sys_admin", false).is_some() && capability("NET_ADMIN", false).is_none());
    }
}
