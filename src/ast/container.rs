//! A container, in Compose's words.

use std::net::Ipv4Addr;

use schemars::json_schema;

use super::scalar::*;
use super::{Allow, Attachments, EnvFiles, Login, SecretUses, Tell};
use crate::form::{
    AbsolutePath, Address, Capability, Count, Decimal, Device, DeviceCgroupRule, Domain, Duration, Image,
    Interface, Ipc, Mode, Owner, Period, Pid, PortRange, Protocol, Signal, Size, SwapSize, TmpfsMount,
    Userns,
};
use crate::path::straight;
use crate::shape::{keyword, mapping, schema};
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;

mapping! {
    /// A container, in Compose's words.
    Container such as "{ image: docker.io/example/notes:1.2.3 }" called "server" {
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
        /// Folders, files and volumes in the container.
        volumes: Volumes,
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
        /// Whether somebody is told when it fails. Default: never.
        notify: Option<Spanned<Tell>>,
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
        /// The networks that it is on, in place of the service's.
        networks: Attachments,
        /// `host`, `none`, or `container:NAME` to share that one's.
        network_mode: Option<NetworkMode>,
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
        /// The containers that are up before it starts.
        depends_on: DependsOn,
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
        /// Diagnostics that are accepted here, each by its code and with the reason.
        allow: Allow,
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

/// A folder, file or volume in a container.
#[derive(Clone, Debug)]
pub struct Volume {
    /// What is mounted.
    pub source: VolumeSource,
    /// Where, in the container.
    pub target: Text,
    /// Options of the mount, such as `ro`.
    pub options: Vec<Text>,
    /// Who owns a bound folder on the host.
    pub owner: Option<Value<Owner>>,
    /// Its group.
    pub group: Option<Value<Owner>>,
    /// Its mode.
    pub mode: Option<Value<Mode>>,
    /// Where it stands.
    pub span: Span,
}

impl Volume {
    /// What is mounted, as [`record::Container`](crate::record::Container) has it: a path of the host without
    /// steps that mean nothing, or the name of a volume. `None` for memory.
    pub fn recorded_source(&self) -> Option<String> {
        match &self.source {
            VolumeSource::Bind(path) => Some(straight(&path.value())),
            VolumeSource::Named(name) => Some(name.value()),
            VolumeSource::Tmpfs => None,
        }
    }
}

/// What a volume is made of.
#[derive(Clone, Debug)]
pub enum VolumeSource {
    /// A path on the host.
    Bind(Text),
    /// A volume that Podman keeps.
    Named(Text),
    /// Memory.
    Tmpfs,
}

mapping! {
    /// A volume in Compose's long form.
    LongVolume such as "{ source: /srv/notes, target: /data }" {
        /// `bind`, `volume` or `tmpfs`. Default: what the source looks like.
        r#type: Option<VolumeType>,
        /// A path on the host, or the name of a volume.
        source: Option<Text>,
        /// The path in the container.
        target: Value<AbsolutePath>,
        /// Whether it is read-only.
        read_only: Flag = "false",
        /// Options of the mount.
        options: Vec<Text>,
        /// Who owns the folder on the host.
        owner: Option<Value<Owner>>,
        /// Its group. Default: that of a numeric owner.
        group: Option<Value<Owner>>,
        /// Its mode. Default: "0755".
        mode: Option<Value<Mode>>,
        /// The size of a tmpfs.
        size: Option<Value<Size>>,
    }
}

keyword! {
    /// The types of volumes.
    VolumeType {
        /// A path on the host.
        Bind = "bind",
        /// A volume that Podman keeps.
        Volume = "volume",
        /// Memory.
        Tmpfs = "tmpfs",
    }
}

schema!(Volume, |g| {
    let long = g.subschema_for::<LongVolume>();
    json_schema!({ "anyOf": [{ "type": "string" }, long] })
});

/// The volumes of a container.
pub type Volumes = Vec<Volume>;

/// A port on the host that leads into a container.
#[derive(Clone, Debug)]
pub struct Port {
    /// The address on the host.
    pub address: Value<Address>,
    /// The port on the host, or a range.
    pub published: Value<PortRange>,
    /// The port in the container, or a range.
    pub target: Value<PortRange>,
    /// The protocol.
    pub protocol: Value<Protocol>,
    /// Where it stands.
    pub span: Span,
}

impl Port {
    /// Whether 127.0.0.1 leads to it.
    pub fn is_on_loopback(&self) -> bool {
        let address = self.address.value.0;
        address == Ipv4Addr::LOCALHOST || address == Ipv4Addr::UNSPECIFIED
    }
}

mapping! {
    /// A port in Compose's long form.
    LongPort such as "{ target: 80, published: 8080 }" {
        /// The port in the container.
        target: Text,
        /// The port on the host.
        published: Text,
        /// The address on the host.
        host_ip: Value<Address> = "127.0.0.1",
        /// The protocol.
        protocol: Text = "tcp",
    }
}

schema!(Port, |g| {
    let long = g.subschema_for::<LongPort>();
    json_schema!({ "anyOf": [{ "type": "string" }, long] })
});

/// The ports of a container.
pub type Ports = Vec<Port>;

/// A port that a container listens on.
#[derive(Clone, Debug)]
pub struct Expose {
    /// The port, or a range of ports such as `3000-3010`.
    pub port: Value<PortRange>,
    /// Whether it is UDP; otherwise TCP.
    pub udp: bool,
}

schema!(Expose, |_g| json_schema!({ "anyOf": [
    { "type": "integer" },
    { "type": "string", "pattern": "^[0-9]+(-[0-9]+)?(/([tT][cC][pP]|[uU][dD][pP]))?$" },
] }));

/// What network a container has when it is on none of Podman's.
#[derive(Clone, Debug)]
pub enum NetworkMode {
    /// The host's, and where that is written.
    Host(Span),
    /// None.
    None,
    /// That of another container.
    Container(Text),
}

schema!(
    NetworkMode,
    |_g| json_schema!({ "type": "string", "pattern": "^(host|none|(container|service):.+)$" })
);

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

mapping! {
    /// How a container is known to be well.
    Healthcheck such as "{ test: curl -f localhost }" {
        /// The command: a line for the shell, or a list.
        test: Option<HealthTest>,
        /// Time between two checks.
        interval: Value<Period> = "30s",
        /// How long one may take.
        timeout: Value<Period> = "30s",
        /// How many have to fail.
        retries: Value<Count> = "3",
        /// How long failures do not count after the start.
        start_period: Value<Duration> = "0s",
        /// Time between two checks until the first success.
        start_interval: Value<Period> = "2s",
        /// Whether the image's own check is turned off.
        disable: Flag = "false",
    }
}

/// The command of a health check.
#[derive(Clone, Debug)]
pub enum HealthTest {
    /// A line for the container's shell.
    Shell(Text),
    /// A program and its arguments.
    Exec(Vec<Text>),
    /// No check.
    None,
}

schema!(HealthTest, |_g| json_schema!({ "anyOf": [
    { "type": "string" },
    { "type": "array", "items": { "type": ["string", "number", "boolean"] } },
] }));

/// The containers that one waits for, and for what.
#[derive(Clone, Debug, Default)]
pub struct DependsOn(pub Vec<(Text, Condition)>);

keyword! {
    /// What a container waits for.
    Condition {
        /// That the other one runs.
        Started = "started",
        /// That its health check succeeded.
        Healthy = "healthy",
        /// The first, in Compose's word.
        ServiceStarted = "service_started",
        /// The second, in Compose's word.
        ServiceHealthy = "service_healthy",
    }
}

mapping! {
    /// A dependency in Compose's long form.
    LongDependency such as "{ condition: service_healthy }" called "db" {
        /// What it waits for.
        condition: Condition,
    }
}

schema!(DependsOn, |g| {
    let condition = g.subschema_for::<Condition>();
    let long = g.subschema_for::<LongDependency>();
    json_schema!({ "anyOf": [
        { "type": "array", "items": { "type": "string" } },
        { "type": "object", "additionalProperties": { "anyOf": [condition, long] } },
    ] })
});
