//! The settings of a container that mean the same wherever it runs, in Compose's words.

use schemars::json_schema;

use super::{EnvFiles, Expose, Flag, Healthcheck, Login, Map, Number, OneOrMany, Pairs, Ports, SecretUses};
use crate::form::{
    AbsolutePath, Address, Capability, Decimal, Device, DeviceCgroupRule, Domain, Duration, Image, Interface,
    Ipc, OomScoreAdj, Owner, Pid, Signal, Size, SwapSize, TmpfsMount, Userns,
};
use crate::shape::{keyword, mapping, part, schema};
use crate::tree::Text;
use crate::value::Value;

part! {
    /// The settings of a container.
    Settings {
        /// The image, with its registry. Becomes `image`.
        image: Value<Image>,
        /// A login at the registry. Becomes `login`.
        login: Option<Login>,
        /// When the image is pulled. Becomes `pull`.
        pull_policy: PullPolicy = "missing",
        /// Arguments in place of the image's. A text is split as a shell would, and the value of a reference stays one
        /// word. Becomes `cmd`.
        command: Option<Command>,
        /// The program in place of the image's. Becomes `entrypoint`.
        entrypoint: Option<Command>,
        /// Environment variables. They lie in the world-readable store, so a value that looks like a secret is an
        /// error, as in commands, health checks, labels, other options, NixOS options and constants (HG0604). `TZ` is
        /// set unless you set it. Becomes `environment`.
        environment: Pairs,
        /// Files with environment variables: one on the host, or a secret of format `env`. Becomes `environmentFiles`.
        env_file: EnvFiles,
        /// Secrets: a mapping by the variable that takes each, or a list of secrets that are mounted as files. Becomes
        /// `volumes`, `environment`, `environmentFiles`.
        secrets: SecretUses,
        /// Folders in memory, `/path` or `/path:options`; options are those of `podman run --tmpfs`, such as `size=64m`
        /// and `mode=1777`. Becomes `--tmpfs`.
        tmpfs: OneOrMany<Value<TmpfsMount>>,
        /// Ports on the host. Without an address they are on 127.0.0.1. Becomes `ports`.
        ports: Ports,
        /// Ports that it listens on and does not publish, with `/tcp` or `/udp` behind them. With `network_mode: host`
        /// they are the host's. Documentation, except together with `firewall`.
        expose: Vec<Expose>,
        /// Interfaces on which the firewall lets in the ports of `expose`, with `network_mode: host` only. Becomes
        /// `networking.firewall.interfaces`.
        firewall: OneOrMany<Value<Interface>>,
        /// Devices of the host: below `/dev`, with `:container:rwm` behind if they are to differ, or a CDI name such as
        /// `nvidia.com/gpu=all`, for which the host needs `hardware.nvidia-container-toolkit.enable`; the container
        /// starts after the unit that describes the cards. For other vendors NixOS describes no devices: put the
        /// description into `/etc/cdi`. Becomes `devices`.
        devices: Vec<Value<Device>>,
        /// Rules for devices that appear while it runs, `TYPE MAJOR:MINOR MODE`, such as `c 189:* rmw` for USB. Becomes
        /// `--device-cgroup-rule`.
        device_cgroup_rules: Vec<Value<DeviceCgroupRule>>,
        /// Capabilities of capabilities(7), with or without `CAP_`, or `ALL`, beyond Podman's default. Becomes
        /// `capabilities.NAME = true`.
        cap_add: Vec<Value<Capability>>,
        /// Capabilities that it does without. Becomes `capabilities.NAME = false`.
        cap_drop: Vec<Value<Capability>>,
        /// Whether it may do all that the host may. Becomes `privileged`.
        privileged: Flag = "false",
        /// The user, or `user:group`, that it runs as. Names are those of the image, except for groups as under
        /// `group_add`. Becomes `user`.
        user: Option<Value<Owner>>,
        /// More groups of that user. Podman looks names up in the image; for groups of devices with a fixed number on
        /// NixOS, such as `render` and `video`, the host's number is used. Becomes `--group-add`.
        group_add: Vec<Value<Owner>>,
        /// The folder that it starts in. Becomes `workdir`.
        working_dir: Option<Value<AbsolutePath>>,
        /// Its own name for itself. Becomes `hostname`.
        hostname: Option<Value<Domain>>,
        /// More names that it has on all of its networks. Becomes `networks`.
        aliases: Vec<Value<Domain>>,
        /// Names and their addresses for its `/etc/hosts`; an address may be `host-gateway`. Becomes `--add-host`.
        extra_hosts: ExtraHosts,
        /// DNS servers, in order. Becomes `--dns`.
        dns: OneOrMany<Value<Address>>,
        /// DNS search domains, in order. Becomes `--dns-search`.
        dns_search: OneOrMany<Value<Domain>>,
        /// Kernel parameters of its own namespaces: `net.*`, `fs.mqueue.*`, and those of `kernel.*` for IPC. Becomes
        /// `--sysctl`.
        sysctls: Pairs,
        /// Limits of resources by name, such as `nofile`: one number, or the soft and the hard limit. Becomes
        /// `--ulimit`.
        ulimits: Map<Ulimit>,
        /// The size of `/dev/shm`. Becomes `--shm-size`.
        shm_size: Option<Value<Size>>,
        /// How likely the kernel is to kill its processes when memory runs out: from -1000, never, to 1000. Becomes
        /// `--oom-score-adj`.
        oom_score_adj: Option<Value<OomScoreAdj>>,
        /// Whether a small init reaps its processes. Becomes `--init`.
        init: Flag = "false",
        /// Whether its own file system is read-only. Becomes `--read-only`.
        read_only: Flag = "false",
        /// Options of SELinux, AppArmor, seccomp and no-new-privileges. Becomes `--security-opt`.
        security_opt: Vec<Text>,
        /// The IPC namespace. With `container:` the container depends on that one, by its name on the host. Becomes
        /// `--ipc`.
        ipc: Option<Value<Ipc>>,
        /// The PID namespace. With `container:` the container depends on that one, by its name on the host. Becomes
        /// `--pid`.
        pid: Option<Value<Pid>>,
        /// The user namespace. For `auto` the host gets the user `containers` with ranges of users and groups.
        /// `keep-id` is not for containers of root. Becomes `--userns`.
        userns_mode: Option<Value<Userns>>,
        /// Labels. Becomes `labels`.
        labels: Pairs,
        /// Where its output goes. Without it, to the journal. Becomes `log-driver`, `--log-opt`.
        logging: Logging,
        /// How its health is checked. Becomes `--health-…`.
        healthcheck: Option<Healthcheck>,
        /// When systemd starts it again. It is always written, because NixOS's default differs between releases.
        /// `unless-stopped` is the same as `always`: systemd does not restart what a person stopped. `on-failure:3` is
        /// not possible. With `no` the container runs at boot, and again when a container that depends on it is
        /// restarted; restarts of its own dependencies do not run it again. Becomes `Restart=` of the unit.
        restart: Restart = "always",
        /// The signal that stops it: `SIGINT`, `INT`, `2`, `RTMIN+3`. Becomes `--stop-signal`.
        stop_signal: Option<Value<Signal>>,
        /// How long it may take to stop: Podman's 10 seconds, or 90 where other containers wait for it as `healthy`.
        /// Over 110 seconds the unit's own limit is raised. A value from a constant is in whole seconds, such as `90s`.
        /// Becomes `--stop-timeout`, `TimeoutStopSec=`.
        stop_grace_period: GracePeriod = "10s",
        /// Whether it starts at boot. Becomes `autoStart`.
        auto_start: Flag = "true",
        /// What it may use of the host.
        limits: Limits,
        /// Further arguments of `podman run`, for options without a key: `--name=value`, or the two as two entries.
        /// `--name`, `--restart`, `--sdnotify`, `--cidfile` and `--rootfs` are errors where the unit needs them as
        /// NixOS sets them. Becomes `extraOptions`.
        podman_args: Vec<Text>,
    }
}

/// `name: address` pairs, or a list of `name:address`.
#[derive(Clone, Debug, Default)]
pub(crate) struct ExtraHosts(pub Vec<(Text, Text)>);

schema!(
    ExtraHosts,
    |_g| json_schema!({ "title": "map of addresses by name, or list of `name:address`", "anyOf": [
    { "type": "object", "additionalProperties": { "type": "string" } },
    { "type": "array", "items": { "type": "string" } },
] })
);

mapping! {
    /// What a container may use of the host.
    Limits such as "{ memory: 512m }" or nothing {
        /// Memory. Becomes `--memory`.
        memory: Option<Value<Size>>,
        /// Memory that it is pushed back to when the host runs short. Becomes `--memory-reservation`.
        memory_reservation: Option<Value<Size>>,
        /// Memory and swap together; `-1` is no limit of swap. It needs `memory`. Becomes `--memory-swap`.
        memory_swap: Option<Value<SwapSize>>,
        /// Processors; the number may have a fraction. Becomes `--cpus`.
        cpus: Option<Value<Decimal>>,
        /// Processes. Becomes `--pids-limit`.
        pids: Option<Number>,
    }
}

keyword! {
    /// When an image is pulled.
    PullPolicy {
        /// At each start.
        Always = "always",
        /// When it is not there.
        Missing = "missing",
        /// The same, in Compose's older word.
        IfNotPresent = "if_not_present",
        /// Never.
        Never = "never",
        /// When the registry has a newer one.
        Newer = "newer",
    }
}

keyword! {
    /// When a container is started again after it stopped.
    Restart {
        /// Whenever it stops by itself.
        Always = "always",
        /// The same: systemd does not restart what a person stopped.
        UnlessStopped = "unless-stopped",
        /// When it failed.
        OnFailure = "on-failure",
        /// Never.
        No = "no",
    }
}

/// A program and its arguments.
#[derive(Clone, Debug)]
pub(crate) struct Command(pub Vec<Text>);

schema!(Command, |_g| json_schema!({ "title": "text or list", "anyOf": [
    { "type": "string" },
    { "type": "array", "items": { "type": ["string", "number", "boolean"] } },
] }));

/// How long a container may take to stop: a time span, or whole seconds.
#[derive(Clone, Debug)]
pub(crate) struct GracePeriod {
    /// In seconds, rounded up.
    pub seconds: u64,
    /// How it is written.
    pub text: Text,
}

schema!(GracePeriod, |g| {
    let span = g.subschema_for::<Value<Duration>>();
    json_schema!({ "title": "time span or whole seconds", "anyOf": [span, { "type": "integer" }] })
});

/// The limit of one resource.
#[derive(Clone, Debug)]
pub(crate) struct Ulimit {
    /// The limit that is in force.
    pub soft: Text,
    /// The limit that the process may raise it to.
    pub hard: Option<Text>,
}

mapping! {
    /// The limits of one resource.
    LongUlimit such as "{ soft: 1024, hard: 4096 }" {
        /// The limit that is in force.
        soft: Number,
        /// The limit that the process may raise it to.
        hard: Number,
    }
}

schema!(Ulimit, |g| {
    let long = g.subschema_for::<LongUlimit>();
    json_schema!({ "title": "number or [mapping]", "anyOf": [{ "type": "integer" }, long] })
});

mapping! {
    /// Where a container's output goes.
    Logging such as "{ driver: journald }" or nothing {
        /// Podman's log driver.
        driver: LogDriver = "journald",
        /// Its options, `--log-opt`.
        options: Pairs,
    }
}

keyword! {
    /// Podman's log drivers (podman-run(1)).
    LogDriver {
        /// The journal.
        Journald = "journald",
        /// A file in the Kubernetes format.
        K8sFile = "k8s-file",
        /// A file in Podman's JSON format.
        JsonFile = "json-file",
        /// Nowhere.
        None = "none",
        /// Nowhere but to whoever watches.
        Passthrough = "passthrough",
    }
}
