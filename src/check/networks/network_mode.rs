//! Settings that a container cannot have beside its `network_mode`.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host};
use crate::podman::arguments::arguments;
use crate::setting::NetworkMode;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        ports(container, diagnostics);
        names(container, diagnostics);
        podman_args(container, diagnostics);
        firewall(container, diagnostics);
    }
}

/// Reports a port that Podman discards.
fn ports(container: &Container, diagnostics: &mut Diagnostics) {
    if let (Some(mode), Some(port)) = (&container.network_mode, container.settings.ports.first()) {
        diagnostics.push(
            Diagnostic::new(
                Code::NetworkWithHost,
                "a container with `network_mode` cannot publish ports",
                port.span,
                "Podman discards this port",
            )
            .help(match mode {
                NetworkMode::Container(name) => {
                    format!(
                        "move it to the `ports` of `{}`, whose network this container shares",
                        name.value()
                    )
                }
                NetworkMode::Host(_) => {
                    "write the port under `expose` instead: the container is on the host's network".to_owned()
                }
                NetworkMode::None => "remove it: the container has no network".to_owned(),
            }),
        );
    }
}

/// Reports `firewall`, which opens ports of the host, for a container that is not on the host's network.
fn firewall(container: &Container, diagnostics: &mut Diagnostics) {
    if let (false, Some(interface)) =
        (matches!(container.network_mode, Some(NetworkMode::Host(_))), container.settings.firewall.0.first())
    {
        diagnostics.push(
            Diagnostic::new(
                Code::NetworkWithHost,
                "`firewall` has no effect on this container",
                interface.text.span,
                "expected `network_mode: host`: the container has its own network",
            )
            .help("remove `firewall`, and publish the port on an address under `ports`"),
        );
    }
}

/// Reports settings of /etc/resolv.conf and /etc/hosts that Podman refuses beside a `network_mode`: both files belong
/// to the other container, or there is no network (podman-run(1), --dns and --add-host).
fn names(container: &Container, diagnostics: &mut Diagnostics) {
    let (shares, none) = match &container.network_mode {
        Some(NetworkMode::Container(_)) => (true, false),
        Some(NetworkMode::None) => (false, true),
        _ => return,
    };
    let dns = container.settings.dns.0.first().map(|address| ("dns", address.text.span));
    let search = container.settings.dns_search.0.first().map(|domain| ("dns_search", domain.text.span));
    let hosts = container
        .settings
        .extra_hosts
        .0
        .first()
        .filter(|_| shares)
        .map(|(name, _)| ("extra_hosts", name.span));
    for (key, span) in dns.into_iter().chain(search).chain(hosts) {
        let label =
            if none { "the container has no network" } else { "the settings of the other container apply" };
        diagnostics.push(
            Diagnostic::new(
                Code::NetworkWithHost,
                format!("a container with this `network_mode` cannot have `{key}`"),
                span,
                label,
            )
            .help(if none {
                format!("remove `{key}` or `network_mode`")
            } else {
                format!("write `{key}` on the container whose network this one shares")
            }),
        );
    }
}

/// Reports arguments of Podman that it refuses or discards beside a `network_mode` (podman-run(1), --network).
fn podman_args(container: &Container, diagnostics: &mut Diagnostics) {
    let Some(mode) = &container.network_mode else { return };
    for argument in arguments(&container.settings.podman_args) {
        let label = match (argument.name.as_str(), mode) {
            ("publish" | "publish-all", _) => "Podman discards it",
            ("ip" | "ip6" | "mac-address" | "network-alias", _) => "Podman refuses to start the container",
            (_, NetworkMode::Host(_)) => continue,
            ("dns" | "dns-search" | "dns-option", _) => "Podman refuses to start the container",
            ("add-host", NetworkMode::Container(_)) => "Podman refuses to start the container",
            _ => continue,
        };
        diagnostics.push(
            Diagnostic::new(
                Code::NetworkWithHost,
                format!("a container with this `network_mode` cannot have `--{}`", argument.name),
                argument.span,
                label,
            )
            .help(format!("remove `--{}`", argument.name)),
        );
    }
}
