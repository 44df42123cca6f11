//! A certificate is for a name that its authority can check: Tailscale's for names of the tailnet, and
//! Caddy's default for sites that the internet reaches (<https://caddyserver.com/docs/automatic-https>).

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Front, Host, Site};
use crate::setting::{Bind, Tls};
use crate::tree::{Node, Text, options};

/// Names that Caddy signs by itself when nothing else is said.
const LOCAL: &[&str] = &[".localhost", ".local", ".internal", ".home.arpa", TAILNET];

/// The end of the names that Tailscale gives.
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
                        format!("no DNS challenge works for `{}`", name.value()),
                        name.span,
                        "the records of ts.net are Tailscale's",
                    )
                    .help("use a name of your own domain, or `tls: tailscale` for all sites"),
                );
            }
        }
        Some(Tls::Plugin(_)) => not_permitted(host, front, diagnostics),
        None if !front.unread.may_hold(&["tls"]) => {
            not_permitted(host, front, diagnostics);
            if let Some(name) = names(front).find(|name| tailnet_only && !ends_with(name, LOCAL)) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::CertificateUnreachable,
                        format!("nobody outside of the tailnet can reach `{}`", name.value()),
                        name.span,
                        "Caddy's default certificates are checked from the internet",
                    )
                    .and(front.bind.span, "on the tailnet alone, and no `tls`")
                    .help("write `tls: { acme: PROVIDER, token: SECRET, email: … }` for a DNS challenge, or `tls: internal`"),
                );
            }
        }
        Some(Tls::Internal) | None => {}
    }
}

fn names(front: &Front) -> impl Iterator<Item = &Text> {
    front.sites.iter().flat_map(site_names)
}

fn site_names(site: &Site) -> impl Iterator<Item = &Text> {
    std::iter::once(&site.host).chain(site.aliases.iter().map(|alias| &alias.text))
}

/// What to do about several names in a tailnet, where a machine has one.
const SEVERAL: &str = "use the machine's name for one site, with `host`, and a domain of your own with `tls: { acme: PROVIDER, … }` for several";

/// Whether a name has more labels than MACHINE.TAILNET.ts.net, and so no certificate of Tailscale's.
fn is_below_machine(name: &Text) -> bool {
    name.value().split('.').count() > 4
}

/// `tls: tailscale`: Tailscale signs MACHINE.TAILNET.ts.net alone (tailscale/tailscale issue 7081).
fn by_tailscale(front: &Front, diagnostics: &mut Diagnostics) {
    let mut first: Option<&Text> = None;
    for name in names(front) {
        let (label, help) = if !ends_with(name, &[TAILNET]) {
            (
                "not a name below ts.net",
                "use the machine's name in the tailnet, or `tls: { acme: PROVIDER, … }`",
            )
        } else if is_below_machine(name) {
            ("below the name of a machine: expected MACHINE.TAILNET.ts.net", SEVERAL)
        } else {
            match first {
                Some(first) if first.value().to_lowercase() != name.value().to_lowercase() => {
                    diagnostics.push(
                        Diagnostic::new(
                            Code::CertificateUnreachable,
                            format!("Tailscale has no certificate for `{}`", name.value()),
                            name.span,
                            "another name than the machine's",
                        )
                        .and(first.span, "a machine has one name in its tailnet")
                        .help("use the machine's name for one site, and a domain of your own with `tls: { acme: PROVIDER, … }` for several"),
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

/// Caddy asks Tailscale for certificates of its names by itself, and Tailscale refuses a user that it does not know
/// (`services.tailscale.permitCertUid`).
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
    for name in sites().flat_map(site_names).filter(|name| ends_with(name, &[TAILNET])) {
        diagnostics.push(
            Diagnostic::new(
                Code::CertificateUnreachable,
                format!("Caddy may not ask Tailscale for the certificate of `{}`", name.value()),
                name.span,
                "no public authority signs a name below ts.net",
            )
            .help(help),
        );
    }
}

fn ends_with(name: &Text, endings: &[&str]) -> bool {
    let value = name.value().to_lowercase();
    endings.iter().any(|e| value.ends_with(e))
}
