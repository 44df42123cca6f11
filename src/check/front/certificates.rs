//! A certificate needs a name that its authority can verify: Tailscale signs names of the tailnet, and Caddy's default
//! authority signs sites that the internet reaches (<https://caddyserver.com/docs/automatic-https>).

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::Address;
use crate::hir::{Front, Host, Site};
use crate::setting::{Bind, Tls};
use crate::tree::{Node, Text, options};
use crate::value::Value;

/// Domains for which Caddy uses no public authority by default.
const LOCAL: &[&str] = &[".localhost", ".local", ".internal", ".home.arpa", TAILNET];

/// The domain of the names that Tailscale assigns.
const TAILNET: &str = ".ts.net";

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(front) = &host.front else { return };
    let tailnet_only = matches!(front.bind.value, Bind::Tailscale);
    match front.tls() {
        Some(Tls::Tailscale) => by_tailscale(front, diagnostics),
        Some(Tls::Acme(_)) => {
            for name in names(front).filter(|name| ends_with(name, &[TAILNET])) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::BadTls,
                        format!("a DNS challenge cannot work for `{}`", name.value()),
                        name.span,
                        "Tailscale manages the records of ts.net",
                    )
                    .help("use a name in your own domain, or `tls: tailscale` for all sites"),
                );
            }
        }
        Some(Tls::Plugin(_)) => not_permitted(host, front, diagnostics),
        None if !front.unreadable.may_hold(&["tls"]) => {
            not_permitted(host, front, diagnostics);
            let tailnet = host.tailscale.as_ref().map(|tailscale| tailscale.address.value);
            let is_inside =
                |address: &Value<Address>| address.value.0.is_loopback() || Some(address.value) == tailnet;
            let inside = front.sites.iter().filter(|site| match site.addresses.as_slice() {
                [] => tailnet_only,
                addresses => addresses.iter().all(is_inside),
            });
            let mut named = inside.filter(|site| site.listen.is_none()).flat_map(|site| {
                let bound = site.addresses.first().map_or(front.bind.span, Value::span);
                site.names().map(move |name| (name, bound))
            });
            if let Some((name, bound)) = named.find(|(name, _)| !ends_with(name, LOCAL)) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::CertificateUnreachable,
                        format!("`{}` is not reachable from the internet", name.value()),
                        name.span,
                        "Caddy's default authority verifies the name from the internet",
                    )
                    .and(bound, "Caddy listens on the tailnet only, and `tls` is not set")
                    .help("write `tls: { acme: PROVIDER, token: SECRET, email: … }` for a DNS challenge, or `tls: internal`"),
                );
            }
        }
        Some(Tls::Internal) | None => {}
    }
}

fn names(front: &Front) -> impl Iterator<Item = &Text> {
    front.sites.iter().filter(|site| site.listen.is_none()).flat_map(Site::names)
}

/// The help for several names in a tailnet: a machine has one name.
const SEVERAL: &str = "use the machine's name as the `host` of one site, and your own domain with `tls: { acme: PROVIDER, … }` for the others";

/// True if a name has more labels than MACHINE.TAILNET.ts.net: Tailscale has no certificate for it.
fn is_below_machine(name: &Text) -> bool {
    name.value().split('.').count() > 4
}

/// `tls: tailscale`: Tailscale signs only MACHINE.TAILNET.ts.net (tailscale/tailscale issue 7081).
fn by_tailscale(front: &Front, diagnostics: &mut Diagnostics) {
    let mut first: Option<&Text> = None;
    for name in names(front) {
        let (label, help) = if !ends_with(name, &[TAILNET]) {
            (
                "expected a name below ts.net",
                "use the machine's name in the tailnet, or `tls: { acme: PROVIDER, … }`",
            )
        } else if is_below_machine(name) {
            ("expected MACHINE.TAILNET.ts.net", SEVERAL)
        } else {
            match first {
                Some(first) if first.value().to_lowercase() != name.value().to_lowercase() => {
                    diagnostics.push(
                        Diagnostic::new(
                            Code::CertificateUnreachable,
                            format!("Tailscale has no certificate for `{}`", name.value()),
                            name.span,
                            "expected the machine's name",
                        )
                        .and(first.span, "a machine has one name in its tailnet")
                        .help(SEVERAL),
                    );
                }
                _ => first = Some(name),
            }
            continue;
        };
        diagnostics.push(
            Diagnostic::new(
                Code::BadTls,
                format!("Tailscale has no certificate for `{}`", name.value()),
                name.span,
                label,
            )
            .help(help),
        );
    }
}

/// Caddy requests certificates for ts.net names from Tailscale by itself, and Tailscale refuses a user that
/// `services.tailscale.permitCertUid` does not name.
fn not_permitted(host: &Host, front: &Front, diagnostics: &mut Diagnostics) {
    let is_option = |path: &[String]| path == ["services", "tailscale", "permitCertUid"];
    if host.raw_options().flat_map(options).any(|option| is_option(&option.path)) {
        return;
    }
    let has_tls = |site: &&Site| {
        site.extra.iter().any(|lines| lines.value().lines().any(|line| line.trim().starts_with("tls")))
    };
    let sites = || front.sites.iter().filter(|site| !has_tls(site));
    let in_tailnet = |name: &Text| ends_with(name, &[TAILNET]);
    let help = if names(front).any(|name| in_tailnet(name) && is_below_machine(name)) {
        SEVERAL
    } else if names(front).all(in_tailnet) {
        "write `tls: tailscale`"
    } else {
        "write `services.tailscale.permitCertUid: caddy` under `nixos`"
    };
    for name in sites().flat_map(Site::names).filter(|name| ends_with(name, &[TAILNET])) {
        diagnostics.push(
            Diagnostic::new(
                Code::CertificateUnreachable,
                format!("Tailscale does not permit Caddy to get the certificate of `{}`", name.value()),
                name.span,
                "only Tailscale signs names below ts.net",
            )
            .help(help),
        );
    }
}

fn ends_with(name: &Text, endings: &[&str]) -> bool {
    let value = name.value().to_lowercase();
    endings.iter().any(|e| value.ends_with(e))
}
