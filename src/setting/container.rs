//! The settings of a container that mean the same wherever it runs, in Compose's words.

use schemars::json_schema;

use super::{EnvFiles, Expose, Flag, Healthcheck, Login, Map, Number, OneOrMany, Pairs, Ports, SecretUses};
use crate::form::{
    AbsolutePath, Address, Capability, Decimal, Device, DeviceCgroupRule, Domain, Duration, Image, Interface,
    Ipc, Owner, Pid, Signal, Size, SwapSize, TmpfsMount, Userns,
};
use crate::shape::{keyword, mapping, part, schema};
use crate::tree::Text;
use crate::value::Value;

part! {
    /// The settings of a container.
    Settings {
        /// The image, with its registry.
        image: Value<Image>,
        /// A login at the registry.
        login: Option<Login>,
        /// When the image is pulled.
        pull_policy: PullPolicy = "missing",
        /// Arguments in place of the image's.
        command: Option<Command>,
        /// The program in place of the image's.
        entrypoint: Option<Command>,
        /// Environment variables.
        environment: Pairs,
        /// Files with environment variables.
        env_file: EnvFiles,
        /// Secrets, by the variable that takes them.
        secrets: SecretUses,
        /// Folders in memory.
        tmpfs: OneOrMany<Value<TmpfsMount>>,
        /// Ports on the host. Without an address they are on 127.0.0.1.
        ports: Ports,
        /// Ports that it listens on without publishing them. With `network_mode: host` they are the host's.
        expose: Vec<Expose>,
        /// Interfaces on which the firewall lets in what `expose` names, with `network_mode: host`.
        firewall: OneOrMany<Value<Interface>>,
        /// Devices of the host, such as /dev/dri or nvidia.com/gpu=all.
        devices: Vec<Value<Device>>,
        /// Rules for devices that appear while it runs, such as `c 189:* rmw`.
        device_cgroup_rules: Vec<Value<DeviceCgroupRule>>,
        /// Capabilities that it has beyond Podman's default.
        cap_add: Vec<Value<Capability>>,
        /// Capabilities that it has not.
        cap_drop: Vec<Value<Capability>>,
        /// Whether it may do all that the host may.
        privileged: Flag = "false",
        /// The user, or user:group, that it runs as.
        user: Option<Value<Owner>>,
        /// More groups of that user.
        group_add: Vec<Value<Owner>>,
        /// The folder that it starts in.
        working_dir: Option<Value<AbsolutePath>>,
        /// Its own name for itself.
        hostname: Option<Value<Domain>>,
        /// More names that it has on all of its networks.
        aliases: Vec<Value<Domain>>,
        /// Names and their addresses for its /etc/hosts.
        extra_hosts: ExtraHosts,
        /// DNS servers, in order.
        dns: OneOrMany<Value<Address>>,
        /// DNS search domains, in order.
        dns_search: OneOrMany<Value<Domain>>,
        /// Kernel parameters.
        sysctls: Pairs,
        /// Limits of resources, such as nofile.
        ulimits: Map<Ulimit>,
        /// The size of /dev/shm.
        shm_size: Option<Value<Size>>,
        /// Whether a small init reaps its processes.
        init: Flag = "false",
        /// Whether its own file system is read-only.
        read_only: Flag = "false",
        /// Options of SELinux, AppArmor, seccomp and no-new-privileges.
        security_opt: Vec<Text>,
        /// The IPC namespace.
        ipc: Option<Value<Ipc>>,
        /// The PID namespace.
        pid: Option<Value<Pid>>,
        /// The user namespace.
        userns_mode: Option<Value<Userns>>,
        /// Labels.
        labels: Pairs,
        /// Where its output goes. Default: the journal.
        logging: Logging,
        /// How it is known to be well.
        healthcheck: Option<Healthcheck>,
        /// When it is started again.
        restart: Restart = "always",
        /// The signal that stops it.
        stop_signal: Option<Value<Signal>>,
        /// How long it may take to stop.
        stop_grace_period: GracePeriod = "10s",
        /// Whether it starts at boot.
        auto_start: Flag = "true",
        /// What it may use of the host.
        limits: Limits,
        /// Further arguments of `podman run`.
        podman_args: Vec<Text>,
    }
}

/// `name: address` pairs, or a list of `name:address`.
#[derive(Clone, Debug, Default)]
pub struct ExtraHosts(pub Vec<(Text, Text)>);

schema!(ExtraHosts, |_g| json_schema!({ "anyOf": [
    { "type": "object", "additionalProperties": { "type": "string" } },
    { "type": "array", "items": { "type": "string" } },
] }));

mapping! {
    /// What a container may use of the host.
    Limits such as "{ memory: 512m }" or nothing {
        /// Memory.
        memory: Option<Value<Size>>,
        /// Memory that it is pushed back to when the host runs short.
        memory_reservation: Option<Value<Size>>,
        /// Memory and swap together; -1 is no limit of swap.
        memory_swap: Option<Value<SwapSize>>,
        /// Processors.
        cpus: Option<Value<Decimal>>,
        /// Processes.
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
pub struct Command(pub Vec<Text>);

schema!(Command, |_g| json_schema!({ "anyOf": [
    { "type": "string" },
    { "type": "array", "items": { "type": ["string", "number", "boolean"] } },
] }));

/// How long a container may take to stop: a time span, or whole seconds.
#[derive(Clone, Debug)]
pub struct GracePeriod {
    /// In seconds, rounded up.
    pub seconds: u64,
    /// How it is written.
    pub text: Text,
}

schema!(GracePeriod, |g| {
    let span = g.subschema_for::<Value<Duration>>();
    json_schema!({ "anyOf": [span, { "type": "integer" }] })
});

/// The limit of one resource.
#[derive(Clone, Debug)]
pub struct Ulimit {
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
    json_schema!({ "anyOf": [{ "type": "integer" }, long] })
});

mapping! {
    /// Where a container's output goes.
    Logging such as "{ driver: journald }" or nothing {
        /// The driver.
        driver: LogDriver = "journald",
        /// Its options.
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
