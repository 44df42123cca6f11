//! The tunnel of Cloudflare, which leads to Caddy: a site answers there as it does on the network.
//!
//! ```yaml
//! cloudflared: { tunnel: 6ff42ae2-765d-4adf-8112-31c55c1551ef, credentials: tunnel }
//! services: { notes: { site: { subdomain: notes, to: "server:8080", tunnel: true } } }
//! ```
//! ```nix
//! services.cloudflared.tunnels."6ff42ae2-765d-4adf-8112-31c55c1551ef" = {
//!   credentialsFile = secrets.tunnel.path;
//!   default = "http_status:404";
//!   ingress."notes.example.org" = {
//!     service = "https://127.0.0.1";
//!     originRequest.originServerName = "notes.example.org";
//!   };
//! };
//! ```

use super::context;
use crate::hir::{Front, Host, Site};
use crate::nix::{Expr, Part, Set, parts};
use crate::nixos::{Module, Output};
use crate::setting::Tls;
use crate::tree::Text;

pub(super) fn lower(host: &Host, output: &mut Output) {
    let Some(cloudflared) = &host.cloudflared else { return };
    let module = output.module("cloudflared.nix", "cloudflared");
    module.config.at(&["services", "cloudflared"]).set("enable", Expr::Bool(true));
    let mut tunnel = Set::default();
    // NixOS writes the path into `LoadCredential=`.
    let path = super::secret::credential(&cloudflared.credentials, host);
    tunnel.set("credentialsFile", Expr::string(path));
    tunnel.set("default", Expr::str("http_status:404"));
    if let Some(front) = &host.front {
        for site in front.sites.iter().filter(|site| site.tunnel.value) {
            for name in site.names() {
                tunnel.at(&["ingress"]).set_named(name, ingress(name, site, front, host));
            }
        }
    }
    let tunnels = module.config.at(&["services", "cloudflared", "tunnels"]);
    tunnels.set_named(&cloudflared.tunnel.text, Expr::Set(tunnel));
    let name = cloudflared.unit();
    unit(&name, host, module);
    super::secret::restarts(&name, std::iter::once(&cloudflared.credentials), host, module);
    if cloudflared.notification.is_on() {
        super::notify::report_failure(&name, module);
    }
}

/// The unit tries again until the credentials are there.
fn unit(name: &str, host: &Host, module: &mut Module) {
    let unit = module.unit(name);
    unit.append("after", super::secret::units(host).map(Expr::str));
    unit.set("startLimitIntervalSec", Expr::Int(0));
    unit.at(&["serviceConfig"]).set("RestartSec", Expr::str("10s"));
}

/// The rule of a name. Caddy chooses the site and its certificate by the name in the TLS handshake.
fn ingress(name: &Text, site: &Site, front: &Front, host: &Host) -> Expr {
    let mut service = vec![Part::Text("https://".into())];
    match front.local_address(site, host) {
        Some(address) if address.value.0.is_ipv6() => {
            service.push(Part::Text("[".into()));
            service.extend(parts(&address.text));
            service.push(Part::Text("]".into()));
        }
        Some(address) => service.extend(parts(&address.text)),
        None => service.push(Part::Text("127.0.0.1".into())),
    }
    let mut set = Set::of([("service", Expr::Str(service))]);
    let origin = set.at(&["originRequest"]);
    origin.set("originServerName", Expr::text(name));
    // No other program trusts Caddy's own authority. The connection does not leave the host.
    if matches!(front.tls(), Some(Tls::Internal)) {
        origin.set("noTLSVerify", Expr::Bool(true));
    }
    match site.service.as_ref().and_then(|id| host.service(id)) {
        Some(service) => {
            let enable = context::enable(&service.option);
            Expr::call("lib.mkIf", [enable, Expr::Set(set)])
        }
        None => Expr::Set(set),
    }
}
