//! Caddy refuses its whole configuration for a target with `https://` and port 80 (`parseUpstreamDialAddress` in
//! modules/caddyhttp/reverseproxy/addresses.go).

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Host, HostPort, Upstream, UpstreamAddress};
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    if host.front.as_ref().is_none_or(|front| front.caddy().is_none()) {
        return;
    }
    let of_caddy = host.forwards().filter(|forward| forward.certificate.is_some());
    of_caddy
        .filter_map(|forward| forward.upstream)
        .for_each(|upstream| check_one(upstream, host, diagnostics));
}

fn check_one(upstream: &Upstream, host: &Host, diagnostics: &mut Diagnostics) {
    if !upstream.is_https_on_http_port(host) {
        return;
    }
    // Caddy gets the port on the host for a container.
    let (port, help) = match &upstream.address {
        UpstreamAddress::Other(..) => {
            (None, "remove `https://`, or write the port on which the target serves HTTPS")
        }
        UpstreamAddress::Port(HostPort::Fixed(port)) => {
            (Some(port.span), "remove `https://`, or write another `port`")
        }
        UpstreamAddress::Port(HostPort::Service(id)) => (
            host.service(id).and_then(|service| service.port.as_ref()).map(|port| port.text.span),
            "remove `https://`, or write another `port` of the service",
        ),
    };
    let mut diagnostic = Diagnostic::new(
        Code::BadSite,
        "a target with `https://` is on port 80",
        upstream.span,
        "Caddy refuses `https://` with port 80, the port of HTTP",
    );
    if let Some(port) = port.filter(|port| *port != upstream.span) {
        diagnostic = diagnostic.and(port, "the port on the host");
    }
    diagnostics.push(diagnostic.help(help));
}
