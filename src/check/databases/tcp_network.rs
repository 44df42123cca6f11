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
        let owner = host.network_owner(container);
        if [container, owner].iter().any(|c| c.unreadable.may_hold(&["networks", "network_mode"]))
            || owner.networks.iter().any(|attached| is_unread(&attached.network))
        {
            continue;
        }
        let shares = owner.name != container.name;
        let (label, help) = match owner.networks.is_empty() {
            true => (
                match shares {
                    true => {
                        format!("it shares the network of `{}`, which is on no network of Podman", owner.name)
                    }
                    false => "the container is on no network of Podman".to_owned(),
                },
                format!("write `postgres: {}`: the container then connects to the socket", name.value()),
            ),
            false => (
                match shares {
                    true => format!(
                        "no network of `{}`, which it shares, has an IPv4 `subnet` and reaches the host",
                        owner.name
                    ),
                    false => {
                        "no network of the container has an IPv4 `subnet` and reaches the host".to_owned()
                    }
                },
                format!(
                    "declare a network under `networks`, such as `lan: {{ subnet: 172.20.0.0/16 }}`, and write `networks: [lan]`{}",
                    if shares { format!(" on `{}`", owner.name) } else { String::new() }
                ),
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
