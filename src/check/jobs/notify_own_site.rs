//! Notifications must not depend on the host that they report about: if the front, the service of a site or a container
//! with a published port fails, ntfy behind it is unreachable too.

use std::net::IpAddr;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::listener::listeners;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(notify) = &host.notify else { return };
    let Some(url) = notify.ntfy.as_ref().and_then(|ntfy| ntfy.url.as_ref()) else { return };
    // A notification goes to every destination. An address in a secret is unknown.
    if notify.pushover.is_some() || notify.webhook.is_some() {
        return;
    }
    let value = url.text.value();
    let name = server(&value);
    let diagnostic = |fact: String| {
        Diagnostic::new(Code::NotifyOwnSite, "notifications depend on this host", url.text.span, fact)
    };
    let sites = host.front.iter().flat_map(|front| &front.sites);
    let names = sites.flat_map(|site| {
        let aliases = site.aliases.iter().map(|alias| (alias.text.value(), alias.text.span));
        std::iter::once((site.host.value(), site.host.span)).chain(aliases)
    });
    let plain = host.haproxy.iter().flat_map(|haproxy| &haproxy.sites).flat_map(|site| &site.names);
    let names = names.chain(plain.map(|name| (name.value(), name.span)));
    let served = names.filter(|(served, _)| served.to_lowercase() == name).map(|(_, span)| span).next();
    let found = if is_loopback(&name) || is_own(&name, host) {
        diagnostic(format!("`{name}` is this host"))
    } else if let Some(span) = served {
        diagnostic(format!("`{name}` is a site of this host")).and(span, "served here")
    } else {
        return;
    };
    diagnostics
        .push(found.help("add a destination outside this host, such as `pushover` or https://ntfy.sh"));
}

/// The name or address in a URL, in lower case.
fn server(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    host.trim_end_matches('.').to_lowercase()
}

/// True if a name is an address of the host: its tailnet address, or the address of a listener.
fn is_own(name: &str, host: &Host) -> bool {
    let Ok(address) = name.parse::<IpAddr>() else { return false };
    host.tailscale.as_ref().is_some_and(|tailscale| tailscale.address.text.value() == name)
        || listeners(host).iter().any(|listener| listener.address == Some(address))
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::{is_loopback, server};

    #[test]
    fn server_names_and_loopback_addresses_are_recognized() {
        for (url, expected) in [
            ("https://ntfy.example.org/nas", "ntfy.example.org"),
            ("http://me:pass@NTFY.example.org.:8443?x", "ntfy.example.org"),
            ("http://[::1]:80/x", "::1"),
        ] {
            assert_eq!(server(url), expected);
        }
        assert!(is_loopback("::1") && is_loopback("127.8.0.1") && !is_loopback("10.0.0.1"));
    }
}
