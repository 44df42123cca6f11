//! `reaches` needs a front that the container can connect to, a certificate that it trusts, and a site that answers it.

use std::net::IpAddr;

use ipnet::IpNet;

use super::host_ports::without_bridge;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::reach::{ReachedSite, Served};
use crate::hir::{Container, Host, Network, Reach};
use crate::setting::NetworkMode;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        let Some(first) = container.reaches.first() else { continue };
        let is_on_host = matches!(container.network_mode, Some(NetworkMode::Host(_)));
        let found = match &container.shares_network_of {
            Some(other) => Some(
                no_effect(
                    container,
                    first,
                    format!("it has the names of `{other}`, whose network it shares"),
                )
                .help(format!("write `reaches` on `{other}`")),
            ),
            None if is_on_host => None,
            None => without_bridge(container, first.written.span, "reaches", host),
        };
        if let Some(found) = found {
            diagnostics.push(found);
            continue;
        }
        let mut is_reported = false;
        for reach in &container.reaches {
            for reached in &reach.sites {
                let Some(served) = host.served(reached.site) else { continue };
                let unreached = if is_on_host { None } else { unreached(container, reach, &served, host) };
                if let Some(found) = unreached {
                    diagnostics.push(found);
                    break;
                }
                // The certificates of all sites are from the same authority.
                if served.has_own_authority && !is_reported {
                    is_reported = true;
                    diagnostics.push(untrusted(container, reach, reached));
                }
                let refused =
                    if is_on_host { None } else { refused(container, reach, reached, &served, host) };
                if let Some(found) = refused {
                    diagnostics.push(found);
                }
            }
        }
    }
}

fn no_effect(container: &Container, reach: &Reach, label: String) -> Diagnostic {
    let title = format!("`reaches` has no effect on `{}`", container.name);
    Diagnostic::new(Code::NetworkWithHost, title, reach.written.span, label)
}

/// The diagnostic about a front to which the container has no connection.
fn unreached(container: &Container, reach: &Reach, served: &Served, host: &Host) -> Option<Diagnostic> {
    if served.is_loopback {
        let found = no_effect(container, reach, format!("{} listens on 127.0.0.1 only", served.program));
        let found = found.and(served.span, "listens here");
        return Some(found.help("let it listen on an address of the host too, or on all addresses"));
    }
    let address = served.address.as_ref()?.value();
    let networks = host.networks_of(container);
    let is_internal = |network: &&Network| network.settings.internal.value && !network.is_external();
    let has_subnet = |network: &&Network| {
        let subnets = network.settings.subnet.0.iter();
        let address: Option<IpAddr> = address.parse().ok();
        address.is_some_and(|address| subnets.into_iter().any(|subnet| subnet.value.0.contains(&address)))
    };
    let is_unroutable = networks.iter().all(|network| is_internal(network) && !has_subnet(network));
    is_unroutable.then(|| {
        no_effect(container, reach, format!("an internal network has no route to {address}"))
            .and(served.span, format!("{} listens here", served.program))
            .help("add a network that is not `internal` to its `networks`, such as `default`")
    })
}

fn untrusted(container: &Container, reach: &Reach, reached: &ReachedSite) -> Diagnostic {
    Diagnostic::new(
        Code::UnusableSite,
        format!("`{}` does not trust the certificate of `{}`", container.name, reached.name.value()),
        reach.written.span,
        "with `tls: internal`, it is from an authority of Caddy's own",
    )
    .help("get certificates from a public authority, such as `tls: { acme: PROVIDER, … }`; or add Caddy's root certificate to those that the program trusts, and accept the warning")
}

/// The addresses from which Podman chooses a subnet (containers.conf(5), default_subnet_pools).
const POOL: &str = "10.0.0.0/8";

/// The diagnostic about a site that answers other clients only.
fn refused(
    container: &Container,
    reach: &Reach,
    reached: &ReachedSite,
    served: &Served,
    host: &Host,
) -> Option<Diagnostic> {
    let allowed = served.allow_from?;
    let ranges: Vec<IpNet> = allowed.value.iter().flat_map(|range| range.value.subnets()).collect();
    let networks = host.networks_of(container);
    // Only Podman knows the subnet of an external network.
    if ranges.is_empty() || networks.iter().any(|network| network.is_external()) {
        return None;
    }
    let declared: Vec<IpNet> = networks
        .iter()
        .flat_map(|network| network.settings.subnet.0.iter().map(|subnet| subnet.value.0))
        .collect();
    let is_chosen = networks.iter().any(|network| network.settings.subnet.0.is_empty());
    let pool = is_chosen.then(|| POOL.parse().ok()).flatten();
    let overlap = |net: IpNet| ranges.iter().any(|range| range.contains(&net) || net.contains(range));
    if declared.iter().copied().chain(pool).any(overlap) {
        return None;
    }
    let found = Diagnostic::new(
        Code::UnusableSite,
        format!("`{}` does not answer `{}`", reached.name.value(), container.name),
        reach.written.span,
        "none of the container's addresses is in `allow_from`",
    )
    .and(allowed.span, "answers these clients only");
    Some(found.help(match declared.first() {
        Some(subnet) => format!("add `{subnet}`, the network of the container, to `allow_from`"),
        None => "declare a network with a `subnet` under `networks`, put the container on it, and add the subnet to `allow_from`".to_owned(),
    }))
}
