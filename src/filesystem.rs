//! Facts about the file system of a NixOS host: system folders, and paths that are present or absent.

use crate::path::is_below;

/// System folders. homegen creates nothing in them.
pub(crate) const SYSTEM: &[&str] =
    &["/bin", "/boot", "/dev", "/etc", "/lib", "/nix", "/proc", "/run", "/sys", "/tmp", "/usr", "/var/run"];

/// A path of other distributions that NixOS does not have.
#[derive(Debug)]
pub(crate) struct Absent {
    /// The path. Everything below it is absent too.
    pub path: &'static str,
    /// The help, with the replacement on NixOS.
    pub instead: &'static str,
}

const fn absent(path: &'static str, instead: &'static str) -> Absent {
    Absent { path, instead }
}

const NO_FHS: &str = "mount the path of the package in /nix/store, where NixOS has programs and libraries";
const NO_PACKAGES: &str = "remove this volume: Nix keeps its packages in /nix/store";
const JOURNAL: &str = "mount /var/log/journal: NixOS logs to the journal";
const MODULES: &str = "mount /run/booted-system/kernel-modules/lib/modules instead";
const CERTIFICATES: &str = "mount /etc/ssl/certs instead";

/// The absent paths. The longest match counts. Sources: the NixOS modules that create /etc (`config/locale.nix`,
/// `security/ca.nix`, `system/etc`), /bin and /usr/bin (`config/shells-environment.nix`), and /var (`services/logging`).
const ABSENT: &[Absent] = &[
    absent("/bin", NO_FHS),
    absent("/etc/alternatives", NO_PACKAGES),
    absent("/etc/apt", NO_PACKAGES),
    absent("/etc/ca-certificates", CERTIFICATES),
    absent("/etc/cron.d", "remove this volume: NixOS uses systemd timers"),
    absent("/etc/cron.daily", "remove this volume: NixOS uses systemd timers"),
    absent("/etc/cron.hourly", "remove this volume: NixOS uses systemd timers"),
    absent("/etc/cron.monthly", "remove this volume: NixOS uses systemd timers"),
    absent("/etc/cron.weekly", "remove this volume: NixOS uses systemd timers"),
    absent("/etc/crontab", "remove this volume: NixOS uses systemd timers"),
    absent("/etc/debian_version", "mount /etc/os-release instead"),
    absent("/etc/default", "remove this volume: NixOS configures services with options"),
    absent("/etc/init.d", "remove this volume: NixOS uses systemd units"),
    absent("/etc/ld.so.cache", NO_FHS),
    absent("/etc/ld.so.conf", NO_FHS),
    absent("/etc/ld.so.conf.d", NO_FHS),
    absent("/etc/network", "remove this volume: NixOS configures the network with `networking` options"),
    absent("/etc/profile.d", "remove this volume: NixOS configures this with options"),
    absent("/etc/redhat-release", "mount /etc/os-release instead"),
    absent("/etc/rsyslog.conf", JOURNAL),
    absent("/etc/rsyslog.d", JOURNAL),
    absent("/etc/sudoers.d", "remove this volume: NixOS configures this with options"),
    absent("/etc/sysconfig", "remove this volume: NixOS configures services with options"),
    absent("/etc/timezone", "remove this volume: every container gets TZ from `host.timezone`"),
    absent("/lib", NO_FHS),
    absent("/lib/modules", MODULES),
    absent("/lib64", NO_FHS),
    absent("/opt/vc", "remove this volume: NixOS has no firmware there"),
    absent("/sbin", NO_FHS),
    absent("/snap", NO_PACKAGES),
    absent("/usr", NO_FHS),
    absent("/usr/lib/modules", MODULES),
    absent("/usr/local/share/ca-certificates", CERTIFICATES),
    absent("/usr/share/ca-certificates", CERTIFICATES),
    absent("/usr/share/zoneinfo", "mount /etc/zoneinfo instead"),
    absent("/usr/src", MODULES),
    absent("/var/cache/apt", NO_PACKAGES),
    absent("/var/lib/apt", NO_PACKAGES),
    absent(
        "/var/lib/docker",
        "mount /var/lib/containers instead: the containers run under Podman, with another layout",
    ),
    absent("/var/lib/dpkg", NO_PACKAGES),
    absent("/var/lib/rpm", NO_PACKAGES),
    absent("/var/lib/snapd", NO_PACKAGES),
    absent("/var/log/apt", NO_PACKAGES),
    absent("/var/log/auth.log", JOURNAL),
    absent("/var/log/cron", JOURNAL),
    absent("/var/log/daemon.log", JOURNAL),
    absent("/var/log/dmesg", JOURNAL),
    absent("/var/log/dpkg.log", NO_PACKAGES),
    absent("/var/log/kern.log", JOURNAL),
    absent("/var/log/mail.log", JOURNAL),
    absent("/var/log/messages", JOURNAL),
    absent("/var/log/secure", JOURNAL),
    absent("/var/log/syslog", JOURNAL),
    absent("/var/snap", NO_PACKAGES),
];

/// The folder of NixOS that has the content of another distribution's folder, if a mount of it serves the same purpose.
pub(crate) fn replacement(path: &str) -> Option<&'static str> {
    match path.trim_end_matches('/') {
        "/lib/modules" | "/usr/lib/modules" | "/usr/src" => {
            Some("/run/booted-system/kernel-modules/lib/modules")
        }
        "/usr/share/zoneinfo" => Some("/etc/zoneinfo"),
        "/usr/share/ca-certificates" | "/etc/ca-certificates" => Some("/etc/ssl/certs"),
        "/var/lib/docker" => Some("/var/lib/containers"),
        "/var/log/syslog" | "/var/log/messages" | "/var/log/auth.log" => Some("/var/log/journal"),
        _ => None,
    }
}

/// The paths below absent ones that NixOS does have: /bin/sh, /usr/bin/env, and the loader that `stub-ld` installs.
const PRESENT: &[&str] = &["/bin/sh", "/usr/bin/env", "/lib/ld-linux.so.2", "/lib64/ld-linux-x86-64.so.2"];

/// The row for a path that NixOS does not have.
pub(crate) fn absent_on_nixos(path: &str) -> Option<&'static Absent> {
    let path = path.trim_end_matches('/');
    // A folder such as /usr/bin exists only for env and is nearly empty, so that it counts as absent.
    if PRESENT.contains(&path) {
        return None;
    }
    ABSENT.iter().filter(|row| is_below(path, row.path)).max_by_key(|row| row.path.len())
}

/// Folders in /etc that NixOS modules create, including those of common services.
const ETC_FOLDERS: &[&str] = &[
    "/etc/NetworkManager",
    "/etc/avahi",
    "/etc/caddy",
    "/etc/cni",
    "/etc/containers",
    "/etc/cups",
    "/etc/dbus-1",
    "/etc/fonts",
    "/etc/lvm",
    "/etc/mdadm",
    "/etc/modprobe.d",
    "/etc/nginx",
    "/etc/nix",
    "/etc/nixos",
    "/etc/pam.d",
    "/etc/pki",
    "/etc/profiles",
    "/etc/samba",
    "/etc/ssh",
    "/etc/ssl",
    "/etc/static",
    "/etc/systemd",
    "/etc/udev",
    "/etc/wireguard",
    "/etc/zoneinfo",
];

/// Files in /etc without an extension that a NixOS host has.
const ETC_FILES: &[&str] = &[
    "/etc/group",
    "/etc/hostname",
    "/etc/hosts",
    "/etc/localtime",
    "/etc/machine-id",
    "/etc/mtab",
    "/etc/os-release",
    "/etc/passwd",
    "/etc/shadow",
    "/etc/subgid",
    "/etc/subuid",
    "/etc/sudoers",
];

/// Folders in /run that NixOS and its services create. The flag marks those on every host with containers.
const RUN_FOLDERS: &[(&str, bool)] = &[
    ("agenix", true),
    ("agenix.d", true),
    ("booted-system", true),
    ("containers", true),
    ("credentials", true),
    ("crun", true),
    ("current-system", true),
    ("dbus", true),
    ("keys", true),
    ("libpod", true),
    ("lock", true),
    ("log", true),
    ("media", false),
    ("mount", true),
    ("netns", true),
    ("nixos", true),
    ("nscd", true),
    ("opengl-driver", false),
    ("podman", true),
    ("secrets", true),
    ("secrets-for-users", false),
    ("sshd", true),
    ("sudo", true),
    ("systemd", true),
    ("tmpfiles.d", false),
    ("udev", true),
    ("udisks2", false),
    ("user", true),
    ("utmp", true),
    ("wrappers", true),
];

/// Reports whether a path below /run is in a folder that no known service creates. A path directly in /run may belong to
/// any service.
fn is_uncreated_in_run(path: &str) -> bool {
    let below = path.strip_prefix("/var").unwrap_or(path).strip_prefix("/run/");
    below
        .and_then(|below| below.split_once('/'))
        .is_some_and(|(folder, _)| !RUN_FOLDERS.iter().any(|(known, _)| *known == folder))
}

/// Reports whether every host with containers has the folder /run/`name`.
pub(crate) fn is_in_run(name: &str) -> bool {
    RUN_FOLDERS.iter().any(|(known, always)| *always && *known == name)
}

/// Reports whether no NixOS module creates a path below /etc, /tmp, /run or /dev/shm.
pub(crate) fn is_uncreated(path: &str) -> bool {
    let path = path.trim_end_matches('/');
    match path {
        "/etc" | "/tmp" | "/tmp/.X11-unix" => false,
        _ if ETC_FILES.contains(&path) => false,
        _ if ETC_FOLDERS.iter().any(|folder| is_below(path, folder)) => false,
        "/dev/shm" => false,
        _ => {
            ["/etc", "/tmp", "/dev/shm"].iter().any(|folder| is_below(path, folder))
                || is_uncreated_in_run(path)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_paths_are_sorted() {
        assert!(ABSENT.windows(2).all(|w| w[0].path < w[1].path));
    }

    #[test]
    fn the_longest_matching_row_applies_and_present_paths_have_none() {
        let row = |path| absent_on_nixos(path).map(|row| row.path);
        assert_eq!(row("/usr/share/zoneinfo/Europe/Berlin"), Some("/usr/share/zoneinfo"));
        assert_eq!(row("/usr/share/misc"), Some("/usr"));
        assert_eq!(row("/lib/modules/"), Some("/lib/modules"));
        assert_eq!(row("/usr/bin/nvidia-smi"), Some("/usr"));
        assert_eq!(row("/var/log/syslog"), Some("/var/log/syslog"));
        for path in ["/usr/bin/env", "/bin/sh", "/etc/localtime", "/var/log", "/library", "/opt/app", "/srv"]
        {
            assert_eq!(row(path), None, "{path}");
        }
    }
}
