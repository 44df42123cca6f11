//! The clients of published ports. containers.nix puts the rules of all containers into a table of nftables.
//!
//! ```yaml
//! ports: [{ published: 8096, target: 8096, host_ip: 0.0.0.0, from: [192.168.1.0/24] }]
//! ```
//! ```nix
//! homeserver.portRules = [ "tcp dport 8096 ip saddr != { 192.168.1.0/24 } drop" ];
//! ```

use super::context::HostContext;
use super::own_set;
use crate::hir::{Container, Host};
use crate::nix::{Expr, Part, parts};
use crate::nixos::{Module, Output};
use crate::setting::Port;

/// Sets if containers.nix needs the table.
pub(super) fn lower_host(host: &Host, output: &mut Output) {
    let mut ports = host.containers().flat_map(|container| &container.settings.ports);
    output.port_rules = ports.any(|port| port.from.is_some());
}

pub(super) fn lower(container: &Container, _: &HostContext, module: &mut Module) {
    let rules = container.settings.ports.iter().filter_map(rule);
    own_set(module, container).append("portRules", rules);
}

/// The rule that drops packets of other clients. `ip` and `ip6` match packets of that version only, and Podman publishes a
/// port on the version of its address.
fn rule(port: &Port) -> Option<Expr> {
    let clients = port.clients()?;
    let address = port.address.value.0;
    let version = if address.is_ipv6() { "ip6" } else { "ip" };
    let mut rule = Vec::new();
    if !address.is_unspecified() {
        rule.push(Part::Text(format!("{version} daddr ").into()));
        rule.extend(parts(&port.address.text));
        rule.push(Part::Text(" ".into()));
    }
    rule.push(Part::Text(format!("{} dport ", port.protocol.value.name()).into()));
    rule.extend(parts(&port.published.text));
    let clients: Vec<String> = clients.iter().map(ToString::to_string).collect();
    let others = match (clients.is_empty(), address.is_ipv6()) {
        // A file can accept a port without clients. nft refuses an empty set.
        (true, false) => "0.0.0.0/0".to_owned(),
        (true, true) => "::/0".to_owned(),
        _ => format!("!= {{ {} }}", clients.join(", ")),
    };
    rule.push(Part::Text(format!(" {version} saddr {others} drop").into()));
    Some(Expr::Str(rule))
}
