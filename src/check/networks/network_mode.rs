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
                "a container with `network_mode` publishes nothing",
                port.span,
                "Podman would discard it",
            )
            .help(match mode {
                NetworkMode::Container(name) => {
                    format!(
                        "move it to the `ports` of `{}`, whose network this container shares",
                        name.value()
                    )
                }
                NetworkMode::Host(_) => "write the port under `expose` in its place".to_owned(),
                NetworkMode::None => "remove it: the container has no network".to_owned(),
            }),
        );
    }
}

/// Reports interfaces of a firewall that opens ports of the host.
fn firewall(container: &Container, diagnostics: &mut Diagnostics) {
    if let (false, Some(interface)) =
        (matches!(container.network_mode, Some(NetworkMode::Host(_))), container.settings.firewall.0.first())
    {
        diagnostics.push(
            Diagnostic::new(
                Code::NetworkWithHost,
                "`firewall` opens the host's ports",
                interface.text.span,
                "this container has a network of its own",
            )
            .help("publish the port on an address under `ports`"),
        );
    }
}

/// Reports settings of /etc/resolv.conf and /etc/hosts that Podman refuses beside a `network_mode`: both files are the
/// other container's, or there is no network (podman-run(1), --dns and --add-host).
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
            if none { "the container has no network" } else { "the other container's settings are in force" };
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
            ("publish" | "publish-all", _) => "Podman would discard it",
            ("ip" | "ip6" | "mac-address" | "network-alias", _) => "Podman refuses the container",
            (_, NetworkMode::Host(_)) => continue,
            ("dns" | "dns-search" | "dns-option", _) => "Podman refuses the container",
            ("add-host", NetworkMode::Container(_)) => "Podman refuses the container",
            _ => continue,
        };
        diagnostics.push(
            Diagnostic::new(
                Code::NetworkWithHost,
                format!("a container with this `network_mode` cannot have `--{}`", argument.name),
                argument.span,
                label,
            )
            .help("remove the argument"),
        );
    }
}
