//! What `podman run` takes as values of its arguments, as podman-run(1) and Podman's sources have it.

pub mod arguments;
pub mod bind;

use crate::form::size_bytes;
use crate::path::is_path;

/// An option of a bridge: its name, its values for a message, and whether it takes a value.
type BridgeOption = (&'static str, &'static str, fn(&str) -> bool);

/// The options of Podman's bridge networks (libnetwork/netavark/config.go of container-libs). Docker's names for two of
/// them have keys of their own here.
pub const BRIDGE_OPTIONS: &[BridgeOption] = &[
    ("isolate", "`true`, `false` or `strict`", |v| v == "strict" || is_bool(v)),
    ("metric", "a number", |v| v.parse::<u32>().is_ok()),
    ("mode", "`managed` or `unmanaged`", |v| matches!(v, "managed" | "unmanaged")),
    ("mtu", "a number of bytes", |v| v.parse::<u32>().is_ok()),
    ("no_default_route", "`true` or `false`", is_bool),
    ("vlan", "a number up to 4094", |v| v.parse::<u16>().is_ok_and(|vlan| vlan <= 4094)),
    ("vrf", "the name of a VRF", |v| !v.is_empty()),
];

/// A boolean of Go (strconv.ParseBool).
fn is_bool(value: &str) -> bool {
    matches!(
        value,
        "1" | "t" | "T" | "TRUE" | "true" | "True" | "0" | "f" | "F" | "FALSE" | "false" | "False"
    )
}

/// The keys of `--security-opt` (FillOutSpecGen in Podman's pkg/specgenutil/specgen.go).
pub const SECURITY_OPTIONS: &[&str] =
    &["apparmor", "label", "mask", "no-new-privileges", "proc-opts", "seccomp", "systempaths", "unmask"];

/// The key of a value of `--security-opt` and what follows it. Docker's older form has a colon.
pub fn security_option_parts(text: &str) -> (&str, Option<&str>) {
    let separator = if text.contains('=') { '=' } else { ':' };
    text.split_once(separator).map_or((text, None), |(key, value)| (key, Some(value)))
}

/// Whether Podman takes `text` as a value of `--security-opt`.
pub fn is_security_option(text: &str) -> bool {
    match security_option_parts(text) {
        ("no-new-privileges", value) => value.is_none_or(is_bool),
        ("systempaths", value) => value == Some("unconfined"),
        (key, value) => value.is_some() && SECURITY_OPTIONS.contains(&key),
    }
}

/// Groups that own devices and have a fixed number on every NixOS host (nixos/modules/misc/ids.nix and
/// config/users-groups.nix).
pub const HOST_GROUPS: &[&str] = &[
    "audio", "cdrom", "dialout", "disk", "floppy", "input", "kvm", "lp", "render", "sgx", "tape", "tty",
    "uucp", "video",
];

/// Groups of other systems that own devices or sockets, and have no fixed number on NixOS.
pub const UNNUMBERED_GROUPS: &[&str] = &[
    "apex",
    "docker",
    "gpio",
    "i2c",
    "libvirt",
    "libvirtd",
    "netdev",
    "plugdev",
    "podman",
    "scanner",
    "spi",
    "usb",
    "wireshark",
];

/// The resources that `--ulimit` takes (ulimitNameMapping of github.com/docker/go-units, ulimit.go).
pub const ULIMITS: &[&str] = &[
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
];

/// Kernel parameters of the IPC namespace (containers/common, pkg/sysctl/sysctl.go).
const IPC_SYSCTLS: &[&str] = &[
    "kernel.msgmax",
    "kernel.msgmnb",
    "kernel.msgmni",
    "kernel.sem",
    "kernel.shm_rmid_forced",
    "kernel.shmall",
    "kernel.shmmax",
    "kernel.shmmni",
];

/// Kernel parameters below `net.core` of which each network namespace has its own (Linux, netns_core_table in
/// net/core/sysctl_net_core.c, and net/xfrm/xfrm_sysctl.c). The others are the host's.
const CORE_SYSCTLS: &[&str] = &[
    "net.core.optmem_max",
    "net.core.rps_default_mask",
    "net.core.somaxconn",
    "net.core.tstamp_allow_data",
    "net.core.txq_reselection_ms",
    "net.core.txrehash",
    "net.core.xfrm_acq_expires",
    "net.core.xfrm_aevent_etime",
    "net.core.xfrm_aevent_rseqth",
    "net.core.xfrm_larval_drop",
];

/// Other kernel parameters below `net` that a network namespace lacks or cannot write, or how their names begin (Linux 6.18:
/// ipv4_table in net/ipv4/sysctl_net_ipv4.c, ipv4_route_table in net/ipv4/route.c, neigh_sysctl_register in
/// net/core/neighbour.c, nf_conntrack_standalone_init_sysctl in net/netfilter/nf_conntrack_standalone.c, and
/// netfilter_log_sysctl_init in net/netfilter/nf_log.c).
const HOST_NETWORK_SYSCTLS: &[&str] = &[
    "net.ipv4.cipso_",
    "net.ipv4.fib_sync_mem",
    "net.ipv4.inet_peer_",
    "net.ipv4.ipfrag_secret_interval",
    "net.ipv4.neigh.default.",
    "net.ipv4.route.error_",
    "net.ipv4.route.gc_",
    "net.ipv4.route.max_size",
    "net.ipv4.route.redirect_",
    "net.ipv4.tcp_allowed_congestion_control",
    "net.ipv4.tcp_low_latency",
    "net.ipv4.tcp_max_orphans",
    "net.ipv4.tcp_mem",
    "net.ipv4.udp_mem",
    "net.ipv6.calipso_",
    "net.ipv6.ip6frag_secret_interval",
    "net.ipv6.mld_",
    "net.ipv6.neigh.default.",
    "net.netfilter.nf_conntrack_buckets",
    "net.netfilter.nf_conntrack_expect_max",
    "net.netfilter.nf_conntrack_max",
    "net.netfilter.nf_log_all_netns",
    "net.nf_conntrack_max",
];

/// The namespace that a kernel parameter belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SysctlOf {
    /// The network.
    Network,
    /// System V IPC and message queues.
    Ipc,
    /// None: it is one of the whole host.
    Host,
}

/// Which namespace a kernel parameter belongs to. A container may only set those of its own namespaces
/// (podman-run(1), --sysctl).
pub fn sysctl_of(name: &str) -> SysctlOf {
    match name {
        name if name.starts_with("net.core.") && !CORE_SYSCTLS.contains(&name) => SysctlOf::Host,
        name if HOST_NETWORK_SYSCTLS.iter().any(|host| name.starts_with(host)) => SysctlOf::Host,
        name if name.starts_with("net.") => SysctlOf::Network,
        name if name.starts_with("fs.mqueue.") || IPC_SYSCTLS.contains(&name) => SysctlOf::Ipc,
        _ => SysctlOf::Host,
    }
}

/// The options of `--volume`. Of those in one row Podman takes one, once (ValidateVolumeOpts in
/// containers/common, pkg/parse/parse.go).
const VOLUME: &[&[&str]] = &[
    &["ro", "rw"],
    &["z", "Z", "O"],
    &["U"],
    &["copy", "nocopy"],
    &["dev", "nodev"],
    &["exec", "noexec"],
    &["suid", "nosuid"],
    &["bind", "rbind"],
    &["private", "rprivate", "shared", "rshared", "slave", "rslave", "unbindable", "runbindable"],
    &["idmap"],
    &["upperdir"],
    &["workdir"],
    // Docker's on a Mac. Podman takes them and does nothing.
    &["cached", "delegated"],
];

/// The options of `--tmpfs`, in the same way (ProcessOptions in pkg/util/mount_opts.go).
const TMPFS: &[&[&str]] = &[
    &["ro", "rw"],
    &["U"],
    &["copy", "nocopy"],
    &["dev", "nodev"],
    &["exec", "noexec"],
    &["suid", "nosuid"],
    &["private", "rprivate", "shared", "rshared", "slave", "rslave", "unbindable", "runbindable"],
    &["size"],
    &["mode"],
    &["tmpcopyup", "notmpcopyup"],
    &["noswap"],
    &["noatime"],
];

/// Whether an option is one of Docker's for the owner of a tmpfs, which Podman does not have.
pub fn is_tmpfs_owner(option: &str) -> bool {
    matches!(option.split('=').next(), Some("uid" | "gid"))
}

/// What is wrong with the options of a mount.
#[derive(Debug, PartialEq, Eq)]
pub enum BadOption<'a> {
    /// There is none of this name.
    Unknown(&'a str),
    /// Its value cannot be read.
    Value(&'a str),
    /// Of these two there may be one.
    Both(&'a str, &'a str),
}

/// The first of the options of a volume, or of a tmpfs, that is wrong: its index, and why.
pub fn bad_option<'a>(options: &[&'a str], tmpfs: bool) -> Option<(usize, BadOption<'a>)> {
    let table = if tmpfs { TMPFS } else { VOLUME };
    let mut seen: Vec<(usize, &str)> = Vec::new();
    for (index, option) in options.iter().enumerate() {
        let (name, value) =
            option.split_once('=').map_or((*option, None), |(name, value)| (name, Some(value)));
        let Some(row) = table.iter().position(|row| row.contains(&name)) else {
            return Some((index, BadOption::Unknown(option)));
        };
        let fits = match (name, value) {
            // A size is a number with k, m or g, or a part of the memory (tmpfs(5)).
            ("size", Some(v)) => {
                v.strip_suffix('%').is_some_and(|n| n.parse::<u8>().is_ok()) || size_bytes(v).is_some()
            }
            ("mode", Some(v)) => matches!(v.len(), 3..=5) && v.bytes().all(|b| (b'0'..=b'7').contains(&b)),
            ("upperdir" | "workdir", Some(v)) => is_path(v),
            ("idmap", _) => true,
            (_, value) => value.is_none() && !matches!(name, "size" | "mode" | "upperdir" | "workdir"),
        };
        if !fits {
            return Some((index, BadOption::Value(option)));
        }
        if let Some((_, first)) = seen.iter().find(|(r, _)| *r == row) {
            return Some((index, BadOption::Both(first, option)));
        }
        seen.push((row, option));
    }
    None
}

/// The option that was probably meant by one that is unknown.
pub fn closest_option(option: &str, tmpfs: bool) -> Option<&'static str> {
    let name = option.split('=').next().unwrap_or_default();
    crate::diag::closest(name, if tmpfs { TMPFS } else { VOLUME }.iter().flat_map(|row| row.iter().copied()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_mounts() {
        assert_eq!(bad_option(&["ro", "Z", "U", "noexec"], false), None);
        assert_eq!(bad_option(&["O", "upperdir=/a", "workdir=/b"], false), None);
        assert_eq!(bad_option(&["rw", "size=64m", "mode=1777", "noexec"], true), None);
        assert_eq!(bad_option(&["ro", "rw"], false), Some((1, BadOption::Both("ro", "rw"))));
        assert_eq!(bad_option(&["z", "Z"], false), Some((1, BadOption::Both("z", "Z"))));
        assert_eq!(bad_option(&["size=1g"], false), Some((0, BadOption::Unknown("size=1g"))));
        assert_eq!(bad_option(&["size=lots"], true), Some((0, BadOption::Value("size=lots"))));
        assert_eq!(bad_option(&["ro=1"], true), Some((0, BadOption::Value("ro=1"))));
        assert_eq!(bad_option(&["uid=1000"], true), Some((0, BadOption::Unknown("uid=1000"))));
        assert_eq!(closest_option("noexek", true), Some("noexec"));
    }
}
