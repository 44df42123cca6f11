//! Keys that people bring from Compose, Kubernetes and `podman run`, and what stands for them here.

use super::deploy;
use crate::ast::Container;
use crate::tree::{Entry, Kind, Node};

/// A key that is written out of habit.
#[derive(Debug)]
pub struct Habit {
    /// What is written.
    written: &'static str,
    /// The key that is meant, which the mapping has.
    pub key: &'static str,
    /// What to write.
    pub instead: &'static str,
    /// Whether what stands under it is right as it is.
    pub same_shape: bool,
}

impl Habit {
    /// What to write in place of `entry`.
    pub fn help(&self, entry: &Entry) -> String {
        let worked_out = match self.written {
            "deploy" => deploy::instead(&entry.value),
            "path" if self.instead == ENV_PATH => entry
                .value
                .text()
                .filter(|path| path.starts_with('/'))
                .map(|path| format!("write `{path}` in place of the mapping: the file has to exist")),
            "ipam" => ipam(&entry.value),
            _ => None,
        };
        worked_out.unwrap_or_else(|| self.instead.to_owned())
    }
}

/// Compose's addresses of a network: `ipam: { config: [{ subnet: 172.20.0.0/16 }] }`.
fn ipam(ipam: &Node) -> Option<String> {
    let Kind::List(configs) = &ipam.get("config")?.kind else { return None };
    let [config] = configs.as_slice() else { return None };
    let key = |key: &str| Some(format!("`{key}: {}`", config.get(key)?.text()?));
    let keys: Vec<String> = ["subnet", "gateway"].into_iter().filter_map(key).collect();
    (!keys.is_empty()).then(|| format!("write {} in its place", keys.join(" and ")))
}

const fn habit(written: &'static str, key: &'static str, instead: &'static str) -> Habit {
    Habit { written, key, instead, same_shape: false }
}

/// A key that is only called otherwise.
const fn renamed(written: &'static str, key: &'static str, instead: &'static str) -> Habit {
    Habit { written, key, instead, same_shape: true }
}

const HABITS: &[Habit] = &[
    renamed("address", "ipv4_address", "write `ipv4_address`, or `ipv6_address`"),
    habit("annotations", "podman_args", "write `podman_args: [--annotation=NAME=VALUE]`"),
    habit("app_protocol", "published", "remove it: Podman forwards any protocol over TCP"),
    renamed("args", "command", "write `command`"),
    habit("attach", "podman_args", "remove it: the output is in the journal"),
    habit("attachable", "subnet", "remove it: it belongs to Docker Swarm"),
    habit("auto_update", "podman_args", "write `update: { at: \"03:00\" }` on the service"),
    habit("backup", "services", OF_SERVICE),
    habit("backups", "services", OF_SERVICE),
    habit(
        "bind",
        "source",
        "remove it: the folder is created, and `options` takes what Podman's `--volume` takes",
    ),
    habit("blkio_config", "podman_args", "write `podman_args: [--blkio-weight=WEIGHT]`"),
    habit("build", "image", "build the image elsewhere, and name it under `image`"),
    habit("cgroup", "podman_args", "write `podman_args: [--cgroupns=MODE]`"),
    habit("cgroup_parent", "podman_args", "write `podman_args: [--cgroup-parent=PATH]`"),
    habit("cgroupns", "podman_args", "write `podman_args: [--cgroupns=MODE]`"),
    habit("configs", "volumes", "mount the file under `volumes`"),
    habit(
        "configs",
        "podman",
        "create the file with `environment.etc` under `nixos`, and mount it under `volumes`",
    ),
    habit("consistency", "source", "remove it: it is for Docker on a Mac"),
    habit(
        "container_name",
        "image",
        "the container's key is its name: give it another key under `containers`",
    ),
    habit("containers", "services", "put it under a service: `services: { NAME: { containers: { … } } }`"),
    habit("cpu_count", "limits", "write `limits: { cpus: … }`"),
    habit("cpu_limit", "limits", "write `limits: { cpus: … }`"),
    habit("cpu_percent", "limits", "write `limits: { cpus: … }`"),
    habit("cpu_period", "limits", "write `limits: { cpus: … }`, which is quota divided by period"),
    habit("cpu_quota", "limits", "write `limits: { cpus: … }`, which is quota divided by period"),
    habit("cpu_rt_period", "podman_args", "remove it: control groups of version 2 have no real-time limits"),
    habit("cpu_rt_runtime", "podman_args", "remove it: control groups of version 2 have no real-time limits"),
    habit("cpu_shares", "podman_args", "write `podman_args: [--cpu-shares=SHARES]`"),
    habit("cpus", "limits", "write `limits: { cpus: … }`"),
    habit("cpuset", "podman_args", "write `podman_args: [--cpuset-cpus=0-3]`"),
    habit("cpuset_cpus", "podman_args", "write `podman_args: [--cpuset-cpus=0-3]`"),
    habit("credential_spec", "podman_args", "remove it: it is for containers of Windows"),
    habit("database", "postgres", "write `postgres` or `sqlite`, for a dump of a database"),
    habit("deploy", "limits", "write `limits`: { memory: …, cpus: … }"),
    renamed("destination", "target", "write `target`"),
    habit("develop", "podman_args", "remove it: it is for `docker compose watch`"),
    renamed("dns", "acme", "write `acme`"),
    habit("dns_opt", "podman_args", "write `podman_args: [--dns-option=OPTION]`"),
    renamed("dns_provider", "acme", "write `acme`"),
    habit("domain", "site", "put it in the site: `site: { host: …, to: \"CONTAINER:PORT\" }`"),
    habit("domainname", "hostname", "write the whole name under `hostname`"),
    habit("driver", "external", OWN_NETWORK),
    habit(
        "driver_opts",
        "ipv4_address",
        "write `driver_opts` on the network, under the top-level `networks`",
    ),
    renamed("dst", "target", "write `target`"),
    habit("dump", "postgres", "write `postgres` or `sqlite`, for a dump of a database"),
    renamed("enable_ipv6", "ipv6", "write `ipv6`"),
    renamed("env", "environment", "write `environment`"),
    renamed("env_files", "env_file", "write `env_file`"),
    habit("environment", "format", "write the value into the secret's `.age` file with `agenix -e`"),
    renamed("environmentFiles", "env_file", "write `env_file`"),
    habit("extends", "preset", "write the service out, or start from a `preset`"),
    habit("extends", "image", "write the container out; values that repeat go under `constants`"),
    habit("extends", "services", ONE_FILE),
    habit("external", "format", "remove it: every secret is a file of agenix"),
    habit(
        "external_links",
        "networks",
        "put both containers on one of the shared `networks`; they find each other by name",
    ),
    renamed("extraOptions", "podman_args", "write `podman_args`"),
    renamed("extra_args", "podman_args", "write `podman_args`"),
    renamed("extra_options", "podman_args", "write `podman_args`"),
    renamed("files", "folder", "write `folder`"),
    habit("format", "secret", ENV_PATH),
    renamed("gid", "group", "write `group`"),
    habit("gid", "source", SECRET_OWNER),
    habit("gid", "podman_args", USER),
    habit(
        "gpus",
        "devices",
        "write `devices: [nvidia.com/gpu=all]`: Podman takes graphics cards by their CDI names",
    ),
    habit("gw_priority", "ipv4_address", "remove it: Podman has no priority of networks"),
    renamed("health_check", "healthcheck", "write `healthcheck`"),
    habit("hostname", "name", "write `name`"),
    habit("imports", "services", ONE_FILE),
    habit("include", "services", ONE_FILE),
    habit("includes", "services", ONE_FILE),
    habit("interface_name", "ipv4_address", "remove it: Podman names the container's interfaces"),
    habit(
        "ip",
        "podman_args",
        "write it under the container's `networks`: `networks: { NAME: { ipv4_address: … } }`",
    ),
    habit("ip_range", "subnet", "remove it: Podman assigns addresses of the whole `subnet`"),
    habit("ipam", "subnet", "write `subnet` and `gateway` here"),
    habit("isolation", "podman_args", "remove it: it is for containers of Windows"),
    habit("label_file", "labels", "write the labels under `labels`"),
    habit("labels", "subnet", "remove it: the network has no labels"),
    habit("link_local_ips", "ipv4_address", "remove it: Podman assigns no link-local addresses"),
    habit("links", "depends_on", "write `depends_on`; on its networks a container is found by its name"),
    habit("log_driver", "podman_args", "remove it: the output is in the journal"),
    habit("log_opt", "podman_args", "remove it: the output is in the journal"),
    habit("log_opts", "podman_args", "remove it: the output is in the journal"),
    habit(
        "mac_address",
        "networks",
        "write it under the container's `networks`: `networks: { default: { mac_address: … } }`",
    ),
    habit(
        "mariadb",
        "postgres",
        "homegen dumps Postgres and SQLite: run `mariadb-dump` in a systemd unit of your own (`nixos`)",
    ),
    habit("mem_limit", "limits", "write `limits: { memory: … }`"),
    habit("mem_reservation", "limits", "write `limits: { memory_reservation: … }`"),
    habit("mem_swappiness", "podman_args", "remove it: control groups of version 2 have no swappiness"),
    habit("memory", "limits", "write `limits: { memory: … }`"),
    habit("memory_limit", "limits", "write `limits: { memory: … }`"),
    habit("memswap_limit", "limits", "write `limits: { memory_swap: … }`"),
    habit("mode", "published", "remove it: it belongs to Docker Swarm"),
    habit("mode", "source", SECRET_OWNER),
    habit(
        "models",
        "environment",
        "run the model in a container of its own, and name its address in `environment`",
    ),
    habit("modules", "services", ONE_FILE),
    habit(
        "mongo",
        "postgres",
        "homegen dumps Postgres and SQLite: run `mongodump` in a systemd unit of your own (`nixos`)",
    ),
    habit(
        "mongodb",
        "postgres",
        "homegen dumps Postgres and SQLite: run `mongodump` in a systemd unit of your own (`nixos`)",
    ),
    renamed("mount", "mounts", "write `mounts`"),
    habit("mounts", "services", "put it under `host`: `host: { mounts: { … } }`"),
    habit(
        "mysql",
        "postgres",
        "homegen dumps Postgres and SQLite: run `mariadb-dump` in a systemd unit of your own (`nixos`)",
    ),
    habit("name", "services", "remove it: the name of the host is `host.name`, and services have their own"),
    habit(
        "name",
        "external",
        "rename the key under `networks`, which is the network's name, and remove `name`",
    ),
    habit("name", "format", "rename the key under `secrets`, which is the secret's name, and remove `name`"),
    habit("name", "published", "remove it: Podman has no names for ports"),
    renamed("net", "network_mode", "write `network_mode`"),
    renamed("network", "networks", "write `networks`"),
    habit(
        "oom_kill_disable",
        "podman_args",
        "remove it: control groups of version 2 always have the OOM killer",
    ),
    habit("oom_score_adj", "podman_args", "write `podman_args: [--oom-score-adj=-500]`"),
    habit("parent", "external", OWN_NETWORK),
    habit("path", "secret", ENV_PATH),
    renamed("path", "folder", "write `folder`"),
    habit("pgid", "podman_args", USER),
    habit("pids_limit", "limits", "write `limits: { pids: … }`"),
    habit("platform", "image", "take it out: Podman pulls the image of the host's platform"),
    habit(
        "post_start",
        "podman_args",
        "run the command in a unit of your own under `nixos`, after `podman-NAME.service`",
    ),
    habit(
        "pre_stop",
        "podman_args",
        "run the command in a unit of your own under `nixos`, bound to `podman-NAME.service`",
    ),
    habit("priority", "ipv4_address", "remove it: Podman has no priority of networks"),
    habit("profiles", "auto_start", "write `auto_start: false`, or `enable: false` on the service"),
    renamed("provider", "acme", "write `acme`"),
    habit("provider", "containers", "remove it: only containers and options of NixOS run here"),
    habit("puid", "podman_args", USER),
    renamed("readonly", "read_only", "write `read_only`"),
    renamed("release", "nixos", "write `nixos`"),
    habit("replicas", "podman_args", "write each container out"),
    habit("required", "secret", ENV_PATH),
    habit("required", "condition", "remove it: every dependency is required"),
    habit("restart", "condition", "remove it: systemd restarts the containers that depend on this one"),
    habit(
        "runtime",
        "podman_args",
        "for a graphics card, write `devices: [nvidia.com/gpu=all]`; for another runtime, `podman_args: [--runtime=PATH]`",
    ),
    habit("scale", "podman_args", "write each container out"),
    habit("scale", "containers", "write each container out"),
    habit("sops", "agenix", "write `agenix: { directory: secrets }`: secrets come from agenix"),
    habit("sops_nix", "agenix", "write `agenix: { directory: secrets }`: secrets come from agenix"),
    renamed("src", "source", "write `source`"),
    renamed("stateVersion", "nixos", "write `nixos` for the release"),
    renamed("state_version", "nixos", "write `nixos` for the release"),
    habit(
        "stdin_open",
        "podman_args",
        "remove it: a service reads no terminal; a program that ends without one takes `podman_args: [--interactive]`",
    ),
    habit("stop_timeout", "stop_grace_period", "write `stop_grace_period: 30s`, with a unit"),
    habit("storage_opt", "podman_args", "write `podman_args: [--storage-opt=OPTION]`"),
    habit("subdomain", "site", "put it in the site: `site: { subdomain: …, to: \"CONTAINER:PORT\" }`"),
    renamed("time_zone", "timezone", "write `timezone`"),
    habit("timezone", "services", "put it under `host`: `host: { timezone: … }`"),
    habit(
        "tmpfs",
        "size",
        "write its `size` here, beside `type: tmpfs`, and its mode as `options: [mode=1777]`",
    ),
    habit(
        "token",
        "credentials",
        "write `credentials`, a secret of format `env` with PUSHOVER_TOKEN and PUSHOVER_USER",
    ),
    habit("topic", "url", "write `url`, the address of the topic, such as https://ntfy.sh/my-server"),
    habit(
        "tty",
        "podman_args",
        "remove it: a service has no terminal; a program that ends without one takes `podman_args: [--tty]`",
    ),
    renamed("tz", "timezone", "write `timezone`"),
    renamed("uid", "owner", "write `owner`"),
    habit("uid", "source", SECRET_OWNER),
    habit("uid", "podman_args", USER),
    habit("use_api_socket", "volumes", "mount /run/podman/podman.sock under `volumes`"),
    habit(
        "user",
        "credentials",
        "write `credentials`, a secret of format `env` with PUSHOVER_TOKEN and PUSHOVER_USER",
    ),
    renamed("userns", "userns_mode", "write `userns_mode`"),
    habit("uts", "podman_args", "write `podman_args: [--uts=host]`"),
    habit("version", "homegen", "take it out: `homegen: 1` is the version of this language"),
    habit("volume", "source", "write `options: [nocopy]` for `nocopy: true`, and remove `volume`"),
    habit(
        "volume",
        "folder",
        "write `folder: /var/lib/containers/storage/volumes/SERVICE_NAME/_data`, the folder of the volume",
    ),
    habit("volume_driver", "podman_args", "remove it: Podman keeps a volume in a folder of the host"),
    habit("volumes", "services", "take it out: a volume is declared where it is used, and kept by Podman"),
    habit("volumes_from", "volumes", "write the volumes out under `volumes`: each container names its own"),
];

/// Parts of the file in other files.
const ONE_FILE: &str = "write everything into this file: a host is described in one file, and parts that repeat go under `constants`";

/// A network that is no bridge.
const OWN_NETWORK: &str = "remove it: homegen makes bridge networks; make a network of another driver yourself, and write `external: true` here";

/// A backup at the top.
const OF_SERVICE: &str =
    "put it under the service whose data it saves: `services: { NAME: { backup: { … } } }`";

/// The user of a container.
const USER: &str = "write `user: \"UID:GID\"`, or the image's own variables, such as `environment: { PUID: 1000, PGID: 1000 }`";

/// Compose's long form of an environment file.
const ENV_PATH: &str = "write the absolute path alone in place of the mapping, as in `env_file: [/srv/app.env]`: the file has to exist";

/// The owner that Compose gives to a mounted secret.
const SECRET_OWNER: &str =
    "write `owner`, `group` and `mode` at the secret itself, under the top-level `secrets`";

/// Volumes that exist already, of which a container has none by `volumes`.
const EXTERNAL_VOLUMES: Habit = habit(
    "volumes",
    "services",
    "take it out, and mount a volume that exists already with the container's `podman_args: [--volume=NAME:/PATH]`",
);

/// `network: host`, which is a mode.
const NETWORK_MODE: Habit = renamed("network", "network_mode", "write `network_mode`");

/// A part that several services share in Compose, under a key of one's own.
const EXTENSION: Habit =
    habit("x-", "", "put what is shared under `constants`, and refer to it: `limits: ${limits.small}`");

/// What belongs to a container, and stands in its service.
const IN_CONTAINER: Habit =
    habit("", "containers", "put it under the name of a container: `containers: { NAME: { image: … } }`");

/// A container in its service, beside `containers`.
const CONTAINER: Habit =
    habit("", "containers", "indent it below `containers`, which holds every container of the service");

/// Options of NixOS in a service, or at the top.
const OPTION: Habit =
    habit("", "nixos", "write options of NixOS under `nixos`, as in `nixos: { programs.git.enable: true }`");

/// How options of NixOS begin, those that a server has (search.nixos.org/options).
const OPTIONS: &[&str] = &[
    "boot",
    "environment",
    "fileSystems",
    "fonts",
    "hardware",
    "i18n",
    "networking",
    "nix",
    "nixpkgs",
    "powerManagement",
    "programs",
    "security",
    "services",
    "swapDevices",
    "system",
    "systemd",
    "time",
    "users",
    "virtualisation",
    "zramSwap",
];

/// Whether a container has `key`, or what it is called there.
fn is_of_container(key: &str) -> bool {
    let has = |key: &str| Container::KEYS.contains(&key);
    has(key) || HABITS.iter().any(|h| h.written == key && has(h.key))
}

/// The habit behind the key of `entry`, where a mapping with the keys `known` has what is meant.
pub fn of(entry: &Entry, known: &[&str]) -> Option<&'static Habit> {
    let key = entry.key.value();
    let key = key.as_str();
    if known.contains(&key) {
        return None;
    }
    if key.starts_with(EXTENSION.written) {
        return Some(&EXTENSION);
    }
    let mode = match &entry.value.kind {
        Kind::Scalar(text) => text.value(),
        _ => String::new(),
    };
    let is_mode = matches!(mode.as_str(), "host" | "none")
        || mode.starts_with("container:")
        || mode.starts_with("service:");
    let is_external = |volume: &Entry| volume.value.get("external").is_some();
    if key == EXTERNAL_VOLUMES.written
        && known.contains(&EXTERNAL_VOLUMES.key)
        && matches!(&entry.value.kind, Kind::Map(volumes) if volumes.iter().any(is_external))
    {
        return Some(&EXTERNAL_VOLUMES);
    }
    if key == NETWORK_MODE.written && known.contains(&NETWORK_MODE.key) && is_mode {
        return Some(&NETWORK_MODE);
    }
    // The host's `nixos` is its release.
    let has_options = known.contains(&OPTION.key) && !known.contains(&"timezone");
    let first = key.split('.').next().unwrap_or_default();
    let is_option = OPTIONS.contains(&first) && (key.contains('.') || !is_of_container(key));
    if has_options && is_option {
        return Some(&OPTION);
    }
    if known.contains(&IN_CONTAINER.key) && is_of_container(key) {
        return Some(&IN_CONTAINER);
    }
    if known.contains(&CONTAINER.key) && entry.value.get("image").is_some() {
        return Some(&CONTAINER);
    }
    let written = key.to_lowercase().replace('-', "_");
    let fits = |h: &&Habit| (h.written == written || h.written == key) && known.contains(&h.key);
    // A mapping that has one of the keys which stand together for another one is a different mapping.
    let is_elsewhere =
        |h: &&Habit| HABITS.iter().any(|other| other.instead == h.instead && known.contains(&other.written));
    HABITS.iter().find(fits).filter(|h| !is_elsewhere(h))
}

#[cfg(test)]
mod tests {
    use super::HABITS;

    #[test]
    fn habits_are_in_order_and_lead_to_keys() {
        assert!(HABITS.windows(2).all(|w| w[0].written <= w[1].written));
    }
}
