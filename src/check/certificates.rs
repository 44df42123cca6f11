//! A certificate is for a name that its authority can check: Tailscale's for names of the tailnet, and
//! Caddy's default for sites that the internet reaches (<https://caddyserver.com/docs/automatic-https>).

use crate::ast::{Bind, Tls};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::{Node, Text};

/// Names that Caddy signs by itself when nothing else is said.
const LOCAL: &[&str] = &[".localhost", ".local", ".internal", ".home.arpa", ".ts.net"];

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(front) = &host.front else { return };
    let names = || {
        front.sites.iter().flat_map(|site| {
            std::iter::once(&site.host).chain(site.declared.aliases.iter().map(|alias| &alias.0))
        })
    };
    let tailnet_only = matches!(front.declared.bind.value, Bind::Tailscale);
    match &front.declared.tls {
        Some(Tls::Tailscale) => {
            for name in names().filter(|name| !ends_with(name, &[".ts.net"])) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::BadTls,
                        format!("Tailscale has no certificate for `{}`", name.value()),
                        name.span,
                        "not a name below ts.net",
                    )
                    .help("use the machine's name in the tailnet, or `tls: { acme: PROVIDER, … }`"),
                );
            }
            for name in names().filter(|name| is_below_node(name)) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::BadTls,
                        format!("Tailscale has no certificate for `{}`", name.value()),
                        name.span,
                        "below the name of a machine: expected MACHINE.TAILNET.ts.net",
                    )
                    .help("use the machine's name for one site, with `host`, and a domain of your own with `tls: { acme: PROVIDER, … }` for several"),
                );
            }
        }
        // Where `tls` could not be read, that was said.
        None if tailnet_only && !diagnostics.has_unreadable_in(front.declared.span) => {
            let Some(name) = names().find(|name| !ends_with(name, LOCAL)) else { return };
            diagnostics.push(
                Diagnostic::new(
                    Code::CertificateUnreachable,
                    format!("nobody outside of the tailnet can reach `{}`", name.value()),
                    name.span,
                    "Caddy's default certificates are checked from the internet",
                )
                .and(front.declared.bind.span, "on the tailnet alone, and no `tls`")
                .help("write `tls: { acme: PROVIDER, token: SECRET, email: … }` for a DNS challenge, or `tls: internal`"),
            );
        }
        _ => {}
    }
}

/// Whether a name lies below that of a machine in a tailnet: Tailscale signs MACHINE.TAILNET.ts.net alone
/// (tailscale/tailscale issue 7081).
fn is_below_node(name: &Text) -> bool {
    ends_with(name, &[".ts.net"]) && name.value().split('.').count() > 4
}

fn ends_with(name: &Text, endings: &[&str]) -> bool {
    let value = name.value().to_lowercase();
    endings.iter().any(|e| value.ends_with(e))
}
