//! A container: each of Compose's keys becomes an option of `virtualisation.oci-containers`, or an argument of
//! `podman run` if there is no option.
//!
//! ```yaml
//! redis: { image: docker.io/library/redis:7, init: true }
//! ```
//! ```nix
//! virtualisation.oci-containers.containers.redis = {
//!   image = "docker.io/library/redis:7";
//!   extraOptions = [ "--init" ];
//! };
//! ```

use super::context::{self, HostContext};
use super::{container_set, own_set};
use crate::form::{Device, Form, Protocol};
use crate::hir::{Attached, Container, Host};
use crate::nix::{Expr, Part, Set, parts};
use crate::nixos::{Module, Output};
use crate::podman::{self, arguments::Argument};
use crate::setting::{self, Flag, LogDriver, Port, PullPolicy, Restart, Volume, VolumeSource, referenced};
use crate::tree::{Atom, Text};

/// The stop timeout of a container's unit in NixOS, in seconds (oci-containers.nix, TimeoutStopSec).
const TIMEOUT_STOP: u64 = 120;

/// Sets if the host needs containers.nix.
pub(super) fn lower_host(host: &Host, output: &mut Output) {
    output.containers = host.containers().next().is_some() || !host.networks.is_empty();
}

pub(super) fn lower(container: &Container, context: &HostContext, module: &mut Module) {
    let mut set = options(container, context.host);
    set.append("extraOptions", arguments(container));
    set.append("extraOptions", stop_timeout(container));
    *container_set(module, container) = set;
    let own = own_set(module, container);
    match container.settings.restart {
        Restart::No => own.set("restart", Expr::str("no")),
        Restart::OnFailure => own.set("restart", Expr::str("on-failure")),
        Restart::Always | Restart::UnlessStopped => {}
    }
    unit(container, module);
}

/// The image, with its digest from the lock file.
fn image(container: &Container) -> Expr {
    let written = &container.settings.image.text;
    let Some(digest) = &container.digest else { return Expr::text(written) };
    let mut all = parts(written);
    all.push(Part::Text(format!("@{digest}").into()));
    Expr::string(all)
}

fn options(container: &Container, host: &Host) -> Set {
    let settings = &container.settings;
    let mut set = Set::default();
    set.set("image", image(container));
    match settings.pull_policy {
        PullPolicy::Always => set.set("pull", Expr::str("always")),
        PullPolicy::Never => set.set("pull", Expr::str("never")),
        PullPolicy::Newer => set.set("pull", Expr::str("newer")),
        PullPolicy::Missing | PullPolicy::IfNotPresent => {}
    }
    match settings.entrypoint.as_ref().map(|e| e.0.as_slice()) {
        None => {}
        Some([program]) => set.set("entrypoint", Expr::text(program)),
        // Several words have to be a JSON list (podman-run(1)).
        Some(words) => set.set(
            "entrypoint",
            Expr::call("builtins.toJSON", [Expr::List(words.iter().map(string).collect())]),
        ),
    }
    if let Some(command) = &settings.command {
        set.append_all("cmd", command.0.iter().map(string));
    }
    if let Some(user) = &settings.user {
        set.set("user", self::user(&user.text));
    }
    for (name, text) in [
        ("workdir", settings.working_dir.as_ref().map(|w| &w.text)),
        ("hostname", settings.hostname.as_ref().map(|h| &h.text)),
    ] {
        if let Some(text) = text {
            set.set(name, string(text));
        }
    }
    if !settings.auto_start.value || !settings.auto_start.text.is_literal() {
        set.set("autoStart", Expr::typed(&settings.auto_start.text));
    }
    set.append("networks", networks(container));
    set.append("dependsOn", container.dependencies.iter().map(|id| Expr::str(id.to_string())));
    set.append("ports", settings.ports.iter().map(port));
    for site in &container.site_ports {
        let mut mapping = vec![Part::Text("127.0.0.1:".into())];
        mapping.extend(parts(&context::port(&site.host, host)));
        mapping.push(Part::Text(":".into()));
        mapping.extend(parts(&site.target));
        set.append("ports", [Expr::Str(mapping)]);
    }
    let environment = set.at(&["environment"]);
    // `secret.rs` lowers the variables with a secret.
    for (name, value) in settings.environment.0.iter().filter(|(_, v)| referenced(v).next().is_none()) {
        environment.set_named(name, string(value));
    }
    set.append("volumes", container.volumes.iter().filter_map(volume));
    set.append("devices", settings.devices.iter().map(|device| string(&device.text)));
    for (names, add) in [(&settings.cap_add, true), (&settings.cap_drop, false)] {
        for name in names {
            set.at(&["capabilities"]).set_named(&name.text, Expr::Bool(add));
        }
    }
    if settings.privileged.value || !settings.privileged.text.is_literal() {
        set.set("privileged", Expr::typed(&settings.privileged.text));
    }
    for (name, value) in &settings.labels.0 {
        set.at(&["labels"]).set_named(name, string(value));
    }
    if settings.logging.driver != LogDriver::Journald {
        set.set("log-driver", Expr::str(settings.logging.driver.word()));
    }
    set
}

fn networks(container: &Container) -> Vec<Expr> {
    match (&container.network_mode, &container.shares_network_of) {
        (Some(setting::NetworkMode::Host(_)), _) => vec![Expr::str("host")],
        (Some(setting::NetworkMode::None), _) => vec![Expr::str("none")],
        (Some(setting::NetworkMode::Container(_)), Some(other)) => {
            vec![Expr::str(format!("container:{other}"))]
        }
        _ => container.networks.iter().map(|attached| network(container, attached)).collect(),
    }
}

/// The value of `--network`, `NAME:ip=…,alias=…` (podman-run(1)). It contains all aliases, because
/// `--network-alias` replaces the aliases of every network.
fn network(container: &Container, attached: &Attached) -> Expr {
    let mut all = vec![Part::Text(attached.network.to_string().into())];
    let mut option = |name: &str, text: &Text| {
        let separator = if all.len() == 1 { ":" } else { "," };
        all.push(Part::Text(format!("{separator}{name}=").into()));
        all.extend(parts(text));
    };
    let attachment = &attached.attachment;
    for (name, address) in [("ip", &attachment.ipv4_address), ("ip6", &attachment.ipv6_address)] {
        if let Some(address) = address {
            option(name, &address.text);
        }
    }
    attachment.mac_address.iter().for_each(|mac| option("mac", &mac.text));
    container.aliases(attached).iter().for_each(|alias| option("alias", alias));
    Expr::Str(all)
}

fn port(port: &Port) -> Expr {
    let mut all = match port.address.value.0.is_ipv6() {
        true => bracketed(&port.address.text),
        false => parts(&port.address.text),
    };
    for ports in [&port.published, &port.target] {
        all.push(Part::Text(":".into()));
        all.extend(parts(&ports.text));
    }
    if port.protocol.value != Protocol::Tcp {
        all.push(Part::Text(format!("/{}", port.protocol.value.name()).into()));
    }
    Expr::Str(all)
}

fn bracketed(text: &Text) -> Vec<Part> {
    let mut all = vec![Part::Text("[".into())];
    all.extend(parts(text));
    all.push(Part::Text("]".into()));
    all
}

fn volume(volume: &Volume) -> Option<Expr> {
    let (VolumeSource::Bind(source) | VolumeSource::Named(source)) = &volume.source else { return None };
    let mut all = parts(source);
    all.push(Part::Text(":".into()));
    all.extend(parts(&volume.target));
    let separators = std::iter::once(":").chain(std::iter::repeat(","));
    for (separator, option) in separators.zip(&volume.options) {
        all.push(Part::Text(separator.into()));
        all.extend(parts(option));
    }
    Some(Expr::Str(all))
}

/// The keys that become arguments of `podman run` (podman-run(1)).
fn arguments(container: &Container) -> Vec<Expr> {
    let settings = &container.settings;
    let mut all = Vec::new();
    for (name, address) in &settings.extra_hosts.0 {
        all.push(pair("--add-host=", name, ":", address));
    }
    all.extend(settings.dns.0.iter().map(|dns| Expr::flag("--dns=", &dns.text)));
    all.extend(settings.dns_search.0.iter().map(|domain| Expr::flag("--dns-search=", &domain.text)));
    for volume in &container.volumes {
        if matches!(volume.source, VolumeSource::Tmpfs) {
            let mut flag = vec![Part::Text("--tmpfs=".into())];
            flag.extend(parts(&volume.target));
            let separators = std::iter::once(":").chain(std::iter::repeat(","));
            for (separator, option) in separators.zip(&volume.options) {
                flag.push(Part::Text(separator.into()));
                flag.extend(parts(option));
            }
            all.push(Expr::Str(flag));
        }
    }
    all.extend(settings.tmpfs.0.iter().map(|t| Expr::flag("--tmpfs=", &t.text)));
    all.extend(
        settings.device_cgroup_rules.iter().map(|rule| Expr::flag("--device-cgroup-rule=", &rule.text)),
    );
    all.extend(settings.group_add.iter().map(|g| group(&g.text)));
    let limits = &settings.limits;
    for (flag, text) in [
        ("--memory=", limits.memory.as_ref().map(|s| &s.text)),
        ("--memory-reservation=", limits.memory_reservation.as_ref().map(|s| &s.text)),
        ("--memory-swap=", limits.memory_swap.as_ref().map(|s| &s.text)),
        ("--cpus=", limits.cpus.as_ref().map(|c| &c.text)),
        ("--cpu-shares=", limits.cpu_shares.as_ref().map(|s| &s.text)),
        ("--cpuset-cpus=", limits.cpuset.as_ref().map(|c| &c.text)),
        ("--pids-limit=", limits.pids.as_ref().map(|p| &p.text)),
    ] {
        all.extend(text.map(|text| Expr::flag(flag, text)));
    }
    all.extend(settings.shm_size.iter().map(|s| Expr::flag("--shm-size=", &s.text)));
    all.extend(settings.oom_score_adj.iter().map(|a| Expr::flag("--oom-score-adj=", &a.text)));
    for (name, value) in &settings.sysctls.0 {
        all.push(pair("--sysctl=", name, "=", value));
    }
    for (name, limit) in &settings.ulimits.entries {
        let value = match &limit.hard {
            Some(hard) => Text::join(&[limit.soft.clone(), hard.clone()], ":", name.span),
            None => limit.soft.clone(),
        };
        all.push(pair("--ulimit=", name, "=", &value));
    }
    all.extend(switch("--init", &settings.init));
    all.extend(switch("--read-only", &settings.read_only));
    all.extend(settings.security_opt.iter().map(|o| Expr::flag("--security-opt=", o)));
    for (flag, text) in [
        ("--ipc=", settings.ipc.as_ref().map(|i| &i.text)),
        ("--pid=", settings.pid.as_ref().map(|p| &p.text)),
        ("--userns=", settings.userns_mode.as_ref().map(|u| &u.text)),
    ] {
        all.extend(text.map(|t| Expr::flag(flag, t)));
    }
    for (name, value) in &settings.logging.options.0 {
        all.push(pair("--log-opt=", name, "=", value));
    }
    all.extend(settings.stop_signal.iter().map(|s| Expr::flag("--stop-signal=", &s.text)));
    all
}

/// The argument for an additional group.
fn group(group: &Text) -> Expr {
    let mut all = vec![Part::Text("--group-add=".into())];
    all.extend(host_group(group).map_or_else(|| parts(group), |number| vec![number]));
    Expr::Str(all)
}

/// A user, or `user:group`.
fn user(user: &Text) -> Expr {
    match user.split(':').as_slice() {
        [id, group] if host_group(group).is_some() => {
            let mut all = parts(id);
            all.push(Part::Text(":".into()));
            all.extend(host_group(group));
            Expr::Str(all)
        }
        _ => string(user),
    }
}

/// The host's number of a device group. Podman would look the name up in the image, where the group is missing or
/// has another number.
fn host_group(group: &Text) -> Option<Part> {
    let name = group.value();
    let known = podman::host_groups().contains(&name.as_str());
    known.then(|| Part::Code(format!("toString config.users.groups.{name}.gid").into()))
}

/// The argument `--stop-timeout`, in whole seconds without a unit.
fn stop_timeout(container: &Container) -> Option<Expr> {
    let flag = "--stop-timeout=";
    let grace = &container.settings.stop_grace_period;
    if grace.text.is_default {
        return None;
    }
    Some(match grace.text.reference().map(|r| (&r.value, r)) {
        Some((Atom::Str(_), reference)) => {
            let number = Expr::call("lib.removeSuffix", [Expr::str("s"), Expr::Ref(reference.clone())]);
            Expr::Str(vec![Part::Text(flag.into()), Part::expr(number)])
        }
        Some(_) => Expr::flag(flag, &grace.text),
        None => Expr::str(format!("{flag}{}", grace.seconds)),
    })
}

/// An option without a value. A flag from a constant becomes `NAME=VALUE`.
pub(super) fn switch(name: &'static str, flag: &Flag) -> Option<Expr> {
    match (flag.text.is_literal(), flag.value) {
        (true, true) => Some(Expr::str(name)),
        (true, false) => None,
        (false, _) => Some(Expr::flag(format!("{name}="), &flag.text)),
    }
}

fn pair(flag: &'static str, name: &Text, separator: &'static str, value: &Text) -> Expr {
    let mut all = vec![Part::Text(flag.into())];
    all.extend(parts(name));
    all.push(Part::Text(separator.into()));
    all.extend(parts(value));
    Expr::Str(all)
}

/// A text as a string, even if it is a number.
fn string(text: &Text) -> Expr {
    Expr::text(text)
}

/// Settings of the unit that NixOS does not set.
fn unit(container: &Container, module: &mut Module) {
    let arguments = podman::arguments::arguments(&container.settings.podman_args);
    // `--gpus` selects NVIDIA cards (podman-run(1)).
    let has_gpus = arguments.iter().any(|argument| argument.name == "gpus");
    let given = arguments.iter().filter(|argument| argument.name == "device").flat_map(Argument::values);
    let given = given.filter_map(|device| Device::parse(&device));
    let devices = container.settings.devices.iter().map(|device| device.value.clone()).chain(given);
    let of_nvidia = |device| matches!(device, Device::Cdi { vendor, .. } if vendor == "nvidia.com");
    if has_gpus || devices.into_iter().any(of_nvidia) {
        // This unit generates the CDI description of the cards (hardware.nvidia-container-toolkit).
        module
            .unit(&container.unit())
            .append("after", [Expr::str("nvidia-container-toolkit-cdi-generator.service")]);
    }
    let grace = &container.settings.stop_grace_period;
    if grace.seconds + 10 > TIMEOUT_STOP {
        let service = module.unit(&container.unit()).at(&["serviceConfig"]);
        service.set(
            "TimeoutStopSec",
            Expr::call("lib.mkOverride", [Expr::Int(90), Expr::Int((grace.seconds + 30) as i64)]),
        );
    }
}
