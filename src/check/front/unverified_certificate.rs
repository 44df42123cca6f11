//! The certificate of a target is for a name and from an authority that the host trusts. That of a device or of a container
//! is rarely for the address that the target is written with.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::front::Certificate;
use crate::hir::{Host, Upstream};
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for forward in host.forwards() {
        if let (Some(upstream), Some(certificate)) = (forward.upstream, forward.certificate) {
            check_one(upstream, certificate, host, diagnostics);
        }
    }
}

fn check_one(upstream: &Upstream, certificate: &Certificate, host: &Host, diagnostics: &mut Diagnostics) {
    let is_stated = certificate.insecure.value || certificate.server_name.is_some();
    // Caddy refuses `https://` on port 80, with any certificate.
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
