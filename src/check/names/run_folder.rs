//! NixOS gives the unit of a container the folder /run/NAME (RuntimeDirectory), so the name must not be the name of
//! another program's folder there.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::filesystem::is_in_run;
use crate::hir::Host;
use crate::source::Span;
use crate::tree::{Node, options};

/// NixOS services with a folder of their name in /run.
const OF_SERVICES: &[&str] = &["caddy", "haproxy", "postgresql", "tailscale"];

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    // The options under `services` and `services.redis.servers`, by name.
    let mut services: HashMap<String, Span> = HashMap::new();
    let mut redis: HashMap<String, Span> = HashMap::new();
    for option in host.raw_options().flat_map(options) {
        if let [services_key, service, rest @ ..] = option.path.as_slice()
            && services_key == "services"
        {
            services.entry(service.clone()).or_insert(option.span);
            if let ("redis", [servers, server, ..]) = (service.as_str(), rest)
                && servers == "servers"
            {
                redis.entry(server.clone()).or_insert(option.span);
            }
        }
    }
    let owner = |name: &str| {
        // nixos/modules/services/databases/redis.nix: /run/redis, and /run/redis-NAME.
        if let Some(server) = name.strip_prefix("redis") {
            return redis.get(server.strip_prefix('-').unwrap_or(server)).copied();
        }
        let emitted = match name {
            "caddy" => host.front.as_ref().map(|front| front.span),
            "haproxy" => host.haproxy.as_ref().map(|haproxy| haproxy.span),
            "tailscale" => host.tailscale.as_ref().map(|tailscale| tailscale.address.text.span),
            _ => None,
        };
        OF_SERVICES.contains(&name).then(|| emitted.or_else(|| services.get(name).copied())).flatten()
    };
    for container in host.containers() {
        let name = container.name.as_str();
        let other = owner(name);
        if other.is_none() && !is_in_run(name) {
            continue;
        }
        let mut diagnostic = Diagnostic::new(
            Code::BadName,
            format!("the container `{name}` would own the folder /run/{name}"),
            container.span,
            "another program uses this folder",
        );
        if let Some(span) = other {
            diagnostic = diagnostic.and(span, "the other program");
        }
        diagnostics.push(diagnostic.help("rename the container or its service"));
    }
}
