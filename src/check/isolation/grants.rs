//! The permissions of a container on the host, from its own keys and from `podman_args` alike. Several rules use them.

use crate::form::{Form, NamespaceOf, Userns};
use crate::hir::Container;
use crate::isolation::Namespace;
use crate::podman::arguments::{Argument, arguments};
use crate::podman::bind::{self, Bind};
use crate::podman::publish::{self, Published};
use crate::setting::{NetworkMode, VolumeSource};
use crate::source::Span;
use crate::tree::Text;

/// A permission of a container, and its position in the file.
#[derive(Debug)]
pub(in crate::check) struct Grant<T> {
    pub(in crate::check) granted: T,
    pub(in crate::check) span: Span,
}

/// The options of `podman run` that a container has by `podman_args`.
fn podman_args(container: &Container) -> Vec<Argument> {
    arguments(&container.settings.podman_args)
}

/// The ports that `podman_args` publish.
pub(in crate::check) fn published(container: &Container) -> Vec<Grant<Published>> {
    // Podman discards published ports beside a network mode, and `network_mode.rs` reports them.
    let ports = publish::published(&container.settings.podman_args).into_iter();
    let ports = ports.filter(|_| container.network_mode.is_none());
    ports.map(|(granted, span)| Grant { granted, span }).collect()
}

/// The values of one option of `podman_args`.
fn values(container: &Container, name: &str) -> Vec<Grant<String>> {
    let all = podman_args(container).into_iter().filter(|argument| argument.name == name);
    let each = |argument: Argument| {
        argument.values().into_iter().map(move |granted| Grant { granted, span: argument.span })
    };
    all.flat_map(each).collect()
}

fn grant(text: &Text) -> Grant<String> {
    Grant { granted: text.value(), span: text.span }
}

/// The positions at which the container is made privileged.
pub(in crate::check) fn privileged(container: &Container) -> Vec<Grant<()>> {
    let flag = Some(&container.settings.privileged).filter(|flag| flag.value).map(|flag| flag.text.span);
    let all = podman_args(container);
    let arguments = all.iter().filter(|a| a.name == "privileged" && a.is_on()).map(|a| a.span);
    flag.into_iter().chain(arguments).map(|span| Grant { granted: (), span }).collect()
}

/// The paths of the host that are bound into the container.
pub(in crate::check) fn binds(container: &Container) -> Vec<Bind> {
    let volumes = container.volumes.iter().filter_map(|volume| {
        let VolumeSource::Bind(source) = &volume.source else { return None };
        let options = volume.options.iter().map(Text::value).collect();
        let (source, target) = (source.value(), volume.target.value());
        Some(Bind { source, target, options, span: volume.span })
    });
    volumes.chain(argument_binds(container)).collect()
}

/// The paths of the host that `podman_args` bind.
pub(in crate::check) fn argument_binds(container: &Container) -> impl Iterator<Item = Bind> {
    bind::binds(&container.settings.podman_args)
}

/// The devices of the host, by their path or their CDI name.
pub(in crate::check) fn devices(container: &Container) -> Vec<Grant<String>> {
    let own = container.settings.devices.iter().map(|device| grant(&device.text));
    let device = |written: String| written.split(':').next().unwrap_or_default().to_owned();
    own.chain(values(container, "device"))
        .map(|Grant { granted, span }| Grant { granted: device(granted), span })
        .collect()
}

/// The rules that open devices by their numbers.
pub(in crate::check) fn device_rules(container: &Container) -> Vec<Grant<String>> {
    let own = container.settings.device_cgroup_rules.iter().map(|rule| grant(&rule.text));
    own.chain(values(container, "device-cgroup-rule")).collect()
}

/// The capabilities beyond Podman's default.
pub(in crate::check) fn capabilities(container: &Container) -> Vec<Grant<String>> {
    let mut found: Vec<Grant<String>> =
        container.settings.cap_add.iter().map(|capability| grant(&capability.text)).collect();
    for Grant { granted, span } in values(container, "cap-add") {
        found.push(Grant { granted: granted.trim().to_owned(), span });
    }
    found
}

/// The groups of the container's user beside its own.
pub(in crate::check) fn groups(container: &Container) -> Vec<Grant<String>> {
    let own = container.settings.group_add.iter().map(|group| grant(&group.text));
    own.chain(values(container, "group-add")).collect()
}

/// The kernel parameters that the container sets: each by its name, with the value.
pub(in crate::check) fn sysctls(container: &Container) -> Vec<Grant<(String, String)>> {
    let own = container.settings.sysctls.0.iter();
    let own = own.map(|(name, value)| Grant { granted: (name.value(), value.value()), span: name.span });
    let arguments = values(container, "sysctl").into_iter().filter_map(|Grant { granted, span }| {
        let (name, value) = granted.split_once('=')?;
        Some(Grant { granted: (name.to_owned(), value.to_owned()), span })
    });
    own.chain(arguments).collect()
}

/// The options of the kernel's confinement.
pub(in crate::check) fn security_options(container: &Container) -> Vec<Grant<String>> {
    let own = container.settings.security_opt.iter().map(grant);
    own.chain(values(container, "security-opt")).collect()
}

/// The host namespaces that the container is in.
pub(in crate::check) fn namespaces_of_host(container: &Container) -> Vec<Grant<Namespace>> {
    let settings = &container.settings;
    let mut found = Vec::new();
    if let Some(NetworkMode::Host(span)) = container.network_mode {
        found.push(Grant { granted: Namespace::Network, span });
    }
    for (namespace, mode) in [
        (Namespace::Pid, settings.pid.as_ref().map(|mode| &mode.text)),
        (Namespace::Ipc, settings.ipc.as_ref().map(|mode| &mode.text)),
        (Namespace::User, settings.userns_mode.as_ref().map(|mode| &mode.text)),
    ] {
        let of_host = mode.filter(|mode| namespace.is_of_host(&mode.value()));
        found.extend(of_host.map(|mode| Grant { granted: namespace, span: mode.span }));
    }
    for argument in podman_args(container) {
        let namespace = match argument.name.as_str() {
            "pid" => Namespace::Pid,
            "ipc" => Namespace::Ipc,
            "userns" => Namespace::User,
            "uts" => Namespace::Uts,
            "cgroupns" => Namespace::Cgroup,
            _ => continue,
        };
        if argument.value.is_some_and(|mode| namespace.is_of_host(&mode.value())) {
            found.push(Grant { granted: namespace, span: argument.span });
        }
    }
    found
}

/// True if the container is on the host's network.
pub(in crate::check) fn is_on_host_network(container: &Container) -> bool {
    namespaces_of_host(container).iter().any(|grant| grant.granted == Namespace::Network)
}

/// True if the container's users are mapped to a range of its own on the host.
pub(in crate::check) fn has_own_users(container: &Container) -> bool {
    let is_own = |mode: &Userns| matches!(mode.0, NamespaceOf::Own(_));
    container.settings.userns_mode.as_ref().is_some_and(|mode| is_own(&mode.value))
        || values(container, "userns")
            .iter()
            .any(|grant| Userns::parse(&grant.granted).as_ref().is_some_and(is_own))
}

/// The user that the file sets for the container. The last one counts.
pub(in crate::check) fn user(container: &Container) -> Option<Grant<String>> {
    users(container).pop()
}

/// The users that the file sets for the container.
pub(in crate::check) fn users(container: &Container) -> Vec<Grant<String>> {
    let own = container.settings.user.iter().map(|user| grant(&user.text));
    own.chain(values(container, "user")).collect()
}

/// The user that runs in a container, by number.
#[derive(Clone)]
pub(in crate::check) struct User {
    pub(in crate::check) id: u32,
    /// The group that the file names beside it.
    pub(in crate::check) group: Option<String>,
    pub(in crate::check) span: Span,
}

impl User {
    /// The user of a container, where the file or the image has a number other than root's, and no user namespace
    /// changes its meaning.
    pub(in crate::check) fn of(container: &Container) -> Option<User> {
        if has_own_users(container) || container.settings.userns_mode.is_some() {
            return None;
        }
        let of_image = || {
            let image = &container.settings.image;
            let id = image.value.starts_as()?;
            Some(Grant { granted: id.to_string(), span: image.text.span })
        };
        let Grant { granted, span } = user(container).or_else(of_image)?;
        let (id, group) =
            granted.split_once(':').map_or((granted.as_str(), None), |(id, group)| (id, Some(group)));
        let id: u32 = id.parse().ok().filter(|id| *id != 0)?;
        Some(User { id, group: group.map(str::to_owned), span })
    }
}

/// True if the container has variables whose values are not in the file.
pub(in crate::check) fn has_unknown_variables(container: &Container) -> bool {
    let is_unknown = |argument: Argument| match argument.name.as_str() {
        "env" => argument.value.is_none_or(|value| !value.value().contains('=')),
        "env-file" | "env-host" | "secret" => true,
        _ => false,
    };
    !container.settings.env_file.0.is_empty() || podman_args(container).into_iter().any(is_unknown)
}
