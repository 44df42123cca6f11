//! The settings of a container that have the same meaning on every host, with Compose's names.

use schemars::json_schema;

use super::{
    ContainerFile, EnvFiles, Expose, Flag, Healthcheck, Login, Map, Number, OneOrMany, Pairs, Ports,
    SecretUses,
};
use crate::form::{
    AbsolutePath, Address, Capability, CpuSet, CpuShares, Decimal, Device, DeviceCgroupRule, Domain,
    Duration, Image, Interface, Ipc, OomScoreAdj, Owner, Pid, Signal, Size, SwapSize, TmpfsMount, Userns,
};
use crate::shape::{keyword, mapping, part, schema};
use crate::tree::Text;
use crate::value::Value;

part! {
    /// The settings of a container.
    Settings {
        /// The image, with its registry. Becomes `image`.
        image: Value<Image>,
        /// The login for the registry. Becomes `login`.
        login: Option<Login>,
        /// Sets when the image is pulled. Becomes `pull`.
        pull_policy: PullPolicy = "missing",
        /// Replaces the image's arguments. A text is split like a shell command; the value of a reference stays one
        /// word. Becomes `cmd`.
        command: Option<Command>,
        /// Replaces the image's program. Becomes `entrypoint`.
        entrypoint: Option<Command>,
        /// Files whose content is here, by their paths in the container. They are mounted read-only.
        files: Map<ContainerFile>,
        /// Environment variables. `TZ` is set by default. Values are in the world-readable store, so a value that
        /// looks like a secret is an error (HG0604), as in commands, health checks, labels, other options, NixOS
        /// options and constants. Becomes `environment`.
        environment: Pairs,
        /// Files with environment variables: files on the host, or secrets of format `env`. Becomes
        /// `environmentFiles`.
        env_file: EnvFiles,
        /// Secrets: a mapping from environment variables to secrets, or a list of secrets to mount as files.
        /// Becomes `volumes`, `environment`, `environmentFiles`.
        secrets: SecretUses,
        /// Folders in memory, `/path` or `/path:options`, with the options of `podman run --tmpfs`, such as
        /// `size=64m` and `mode=1777`. Becomes `--tmpfs`.
        tmpfs: OneOrMany<Value<TmpfsMount>>,
        /// Ports that are published on the host, on 127.0.0.1 unless another address is given. Becomes `ports`.
        ports: Ports,
        /// Ports that the container listens on without publishing them, with an optional `/tcp` or `/udp`. With
        /// `network_mode: host` they are ports of the host. Only documentation, unless `firewall` is set.
        expose: Vec<Expose>,
        /// Interfaces on which the firewall opens the ports of `expose`, only with `network_mode: host`. Becomes
        /// `networking.firewall.interfaces`.
        firewall: OneOrMany<Value<Interface>>,
        /// Ports of the host that the container reaches at `host.containers.internal`, with an optional `/tcp` or `/udp`. The
        /// firewall opens them for all containers of its networks. The program has to listen on all addresses, or on
        /// the address of the bridge. Becomes `networking.firewall.interfaces`.
        host_ports: Vec<Expose>,
        /// Devices of the host: a path below `/dev`, with an optional `:container:rwm`, or a CDI name such as
        /// `nvidia.com/gpu=all`. For NVIDIA the host needs `hardware.nvidia-container-toolkit.enable`, and the
        /// container starts after the unit that generates the description of the cards. For other vendors, put a
        /// CDI description into `/etc/cdi`. Becomes `devices`.
        devices: Vec<Value<Device>>,
        /// Rules for devices that appear while the container runs, `TYPE MAJOR:MINOR MODE`, such as `c 189:* rmw`
        /// for USB. Becomes `--device-cgroup-rule`.
        device_cgroup_rules: Vec<Value<DeviceCgroupRule>>,
        /// Adds capabilities to Podman's defaults: names of capabilities(7), with or without `CAP_`, or `ALL`.
        /// Becomes `capabilities.NAME = true`.
        cap_add: Vec<Value<Capability>>,
        /// Drops capabilities. Becomes `capabilities.NAME = false`.
        cap_drop: Vec<Value<Capability>>,
        /// Gives the container all privileges of the host. Becomes `privileged`.
        privileged: Flag = "false",
        /// The user, or `user:group`, that runs the program. Names are looked up in the image, groups as with
        /// `group_add`. Becomes `user`.
        user: Option<Value<Owner>>,
        /// Additional groups of the user. Podman looks names up in the image. Device groups with a fixed number on
        /// NixOS, such as `render` and `video`, get the host's number. Becomes `--group-add`.
        group_add: Vec<Value<Owner>>,
        /// The working directory. Becomes `workdir`.
        working_dir: Option<Value<AbsolutePath>>,
        /// The host name in the container. Becomes `hostname`.
        hostname: Option<Value<Domain>>,
        /// Additional names of the container on all its networks. Becomes `networks`.
        aliases: Vec<Value<Domain>>,
        /// Names and addresses for the container's `/etc/hosts`; an address may be `host-gateway`. Becomes
        /// `--add-host`.
        extra_hosts: ExtraHosts,
        /// DNS servers, in order. Becomes `--dns`.
        dns: OneOrMany<Value<Address>>,
        /// DNS search domains, in order. Becomes `--dns-search`.
        dns_search: OneOrMany<Value<Domain>>,
        /// Kernel parameters of the container's namespaces: `net.*`, `fs.mqueue.*`, and the IPC parameters of
        /// `kernel.*`. Becomes `--sysctl`.
        sysctls: Pairs,
        /// Resource limits by name, such as `nofile`: one number, or a soft and a hard limit. Becomes `--ulimit`.
        ulimits: Map<Ulimit>,
        /// The size of `/dev/shm`. Becomes `--shm-size`.
        shm_size: Option<Value<Size>>,
        /// The priority of the container's processes for the OOM killer, from -1000 (never killed) to 1000. Becomes
        /// `--oom-score-adj`.
        oom_score_adj: Option<Value<OomScoreAdj>>,
        /// Runs an init process that reaps zombie processes. Becomes `--init`.
        init: Flag = "false",
        /// Makes the root file system of the container read-only. Becomes `--read-only`.
        read_only: Flag = "false",
        /// Options for SELinux, AppArmor, seccomp and no-new-privileges. Becomes `--security-opt`.
        security_opt: Vec<Text>,
        /// The IPC namespace. `container:NAME` shares the namespace of another container, by its name on the host, and
        /// depends on it. Becomes `--ipc`.
        ipc: Option<Value<Ipc>>,
        /// The PID namespace. `container:NAME` shares the namespace of another container, by its name on the host, and
        /// depends on it. Becomes `--pid`.
        pid: Option<Value<Pid>>,
        /// The user namespace. With `auto` the host gets the user `containers`, with ranges of user and group IDs.
        /// `keep-id` does not work in containers of root. Becomes `--userns`.
        userns_mode: Option<Value<Userns>>,
        /// Labels. Becomes `labels`.
        labels: Pairs,
        /// The destination of the container's output. Without it, the journal. Becomes `log-driver`, `--log-opt`.
        logging: Logging,
        /// The health check. Becomes `--health-…`.
        healthcheck: Option<Healthcheck>,
        /// The restart policy. `unless-stopped` is the same as `always`, because systemd does not restart a
        /// container that was stopped by hand. `on-failure:3` is not possible. With `no` the container runs at
        /// boot, and again when its settings change, but not when its own dependencies are restarted. The policy is always emitted, because NixOS's default differs between releases. Becomes
        /// `Restart=` of the unit.
        restart: Restart = "always",
        /// The signal that stops it: `SIGINT`, `INT`, `2`, `RTMIN+3`. Becomes `--stop-signal`.
        stop_signal: Option<Value<Signal>>,
        /// The time limit for stopping: Podman's 10 s, or 90 s if other containers wait for this one to be
        /// `healthy`. Above 110 s the unit's own limit is raised. A value from a constant has to be in whole
        /// seconds, such as `90s`. Becomes `--stop-timeout`, `TimeoutStopSec=`.
        stop_grace_period: GracePeriod = "10s",
        /// Starts the container at boot. Becomes `autoStart`.
        auto_start: Flag = "true",
        /// Resource limits.
        limits: Limits,
        /// Additional arguments of `podman run`, for options without a key: `--name=value`, or name and value as
        /// two entries. `--name`, `--restart`, `--sdnotify`, `--cidfile` and `--rootfs` are errors if the unit
        /// needs NixOS's values. Becomes `extraOptions`.
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
    /// The resource limits of a container, or of a service.
    Limits such as "{ memory: 512m }" or nothing {
        /// Maximum memory. Becomes `--memory`, or `MemoryMax=` of a slice.
        memory: Option<Value<Size>>,
        /// Soft limit of memory, applied when the host runs short of memory. Becomes `--memory-reservation`, or
        /// `MemoryLow=`.
        memory_reservation: Option<Value<Size>>,
        /// Maximum of memory and swap together; `-1` means unlimited swap. Needs `memory`. Becomes `--memory-swap`, or
        /// `MemorySwapMax=`.
        memory_swap: Option<Value<SwapSize>>,
        /// Maximum number of CPUs, such as `1.5`. Becomes `--cpus`, or `CPUQuota=`.
        cpus: Option<Value<Decimal>>,
        /// The share of CPU time while the CPUs are busy, relative to the default 1024. Only of a container: slices have
        /// weights of another scale. Becomes `--cpu-shares`.
        cpu_shares: Option<Value<CpuShares>>,
        /// The CPUs that may be used, such as `0-3` or `0,2`. Becomes `--cpuset-cpus`, or `AllowedCPUs=`.
        cpuset: Option<Value<CpuSet>>,
        /// Maximum number of processes. Becomes `--pids-limit`, or `TasksMax=`.
        pids: Option<Number>,
    }
}

impl Limits {
    /// True if nothing is limited.
    pub(crate) fn is_empty(&self) -> bool {
        let Limits { memory, memory_reservation, memory_swap, cpus, cpu_shares, cpuset, pids, .. } = self;
        let sizes = [memory, memory_reservation].iter().all(|limit| limit.is_none());
        let time = cpus.is_none() && cpu_shares.is_none() && cpuset.is_none();
        sizes && memory_swap.is_none() && time && pids.is_none()
    }
}

keyword! {
    /// The pull policy of an image.
    PullPolicy is "a pull policy" {
        /// At each start.
        Always = "always",
        /// If the image does not exist on the host.
        Missing = "missing",
        /// Compose's older name of `missing`.
        IfNotPresent = "if_not_present",
        /// Never.
        Never = "never",
        /// If the registry has a newer image.
        Newer = "newer",
    }
}

keyword! {
    /// The restart policy of a container.
    Restart is "a restart policy" {
        /// Restarts the container whenever it stops by itself.
        Always = "always",
        /// The same: systemd does not restart a container that was stopped by hand.
        UnlessStopped = "unless-stopped",
        /// Restarts the container when it fails.
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

/// The time limit for stopping a container: a duration, or whole seconds.
#[derive(Clone, Debug)]
pub(crate) struct GracePeriod {
    /// The limit in seconds, rounded up.
    pub seconds: u64,
    /// The text in the file.
    pub text: Text,
}

schema!(GracePeriod, |g| {
    let span = g.subschema_for::<Value<Duration>>();
    json_schema!({ "title": "time span or whole seconds", "anyOf": [span, { "type": "integer" }] })
});

/// The limit of one resource.
#[derive(Clone, Debug)]
pub(crate) struct Ulimit {
    /// The soft limit, which applies.
    pub soft: Text,
    /// The hard limit, up to which the process can raise the soft limit.
    pub hard: Option<Text>,
}

mapping! {
    /// The limits of one resource.
    LongUlimit such as "{ soft: 1024, hard: 4096 }" {
        /// The soft limit, which applies.
        soft: Number,
        /// The hard limit, up to which the process can raise the soft limit.
        hard: Number,
    }
}

schema!(Ulimit, |g| {
    let long = g.subschema_for::<LongUlimit>();
    json_schema!({ "title": "number or [mapping]", "anyOf": [{ "type": "integer" }, long] })
});

mapping! {
    /// The destination of a container's output.
    Logging such as "{ driver: journald }" or nothing {
        /// Podman's log driver.
        driver: LogDriver = "journald",
        /// Options of the driver, `--log-opt`.
        options: Pairs,
    }
}

keyword! {
    /// Podman's log drivers (podman-run(1)).
    LogDriver is "a log driver" {
        /// The journal.
        Journald = "journald",
        /// A file in the Kubernetes format.
        K8sFile = "k8s-file",
        /// A file in Podman's JSON format.
        JsonFile = "json-file",
        /// No log.
        None = "none",
        /// Standard output and standard error of the unit.
        Passthrough = "passthrough",
    }
}
