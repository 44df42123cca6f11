//! A container reaches the host's Postgres over TCP only on a network whose subnet the file declares: the address of the
//! host, the rule of the firewall and the subnet that may log in follow from it.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers().filter(|container| container.uses_postgres_over_tcp()) {
        let Some(name) = container.used_database().filter(|_| host.gateway(container).is_none()) else {
            continue;
        };
        let is_unread =
            |id| host.network(id).is_none_or(|n| n.settings.unreadable.may_hold(&["subnet", "gateway"]));
        if container.unreadable.may_hold(&["networks", "network_mode"])
            || container.networks.iter().any(|attached| is_unread(&attached.network))
        {
            continue;
        }
        let (label, help) = match container.networks.is_empty() {
            true => (
                "the container is on no network of Podman",
                format!("write `postgres: {}`: the container then connects to the socket", name.value()),
            ),
            false => (
                "no network of the container has an IPv4 `subnet` and reaches the host",
                "declare a network under `networks`, such as `lan: { subnet: 172.20.0.0/16 }`, and write `networks: [lan]`"
                    .to_owned(),
            ),
        };
        diagnostics.push(
            Diagnostic::new(
                Code::TcpNetwork,
                format!("`{}` cannot reach Postgres over TCP", container.name),
                name.span,
                label,
            )
            .help(help),
        );
    }
}
