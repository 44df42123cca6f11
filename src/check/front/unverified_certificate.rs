//! The certificate of a target is for a name and from an authority that the host trusts. That of a device or of a container
//! is rarely for the address that the target is written with.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::front::Certificate;
use crate::hir::{Answer, Host, Upstream};
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    host.auth
        .values()
        .for_each(|provider| check_one(&provider.upstream, &provider.certificate, host, diagnostics));
    for site in host.front.iter().flat_map(|front| &front.sites) {
        if let Answer::Proxy(upstream) = &site.answer {
            check_one(upstream, &site.certificate, host, diagnostics);
        }
        site.paths.iter().for_each(|path| check_one(&path.upstream, &path.certificate, host, diagnostics));
    }
}

fn check_one(upstream: &Upstream, certificate: &Certificate, host: &Host, diagnostics: &mut Diagnostics) {
    let is_stated = certificate.insecure.value || certificate.server_name.is_some();
    // `https_port.rs` reports a target that has no certificate.
    if !upstream.https || !upstream.is_address() || is_stated || upstream.is_https_on_http_port(host) {
        return;
    }
    diagnostics.push(
        Diagnostic::new(
            Code::UnverifiedCertificate,
            "the certificate of a target may not be for its address",
            upstream.span,
            "Caddy answers 502 unless the certificate is for this address, from a public authority",
        )
        .help("add `server_name: NAME` with the name in the certificate, or `insecure: true` for a self-signed one"),
    );
}
