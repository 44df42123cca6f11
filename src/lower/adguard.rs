//! DNS rewrites of AdGuard Home: those of the file, and those of the sites with `rewrite`.
//!
//! ```yaml
//! adguard: { rewrites: { photos.example.org: 192.168.1.2 } }
//! ```
//! ```nix
//! services.adguardhome.settings.filtering.rewrites = [
//!   { domain = "photos.example.org"; answer = "192.168.1.2"; enabled = true; }
//! ];
//! ```

use super::context;
use crate::hir::Host;
use crate::nix::{Expr, Set};
use crate::nixos::Output;
use crate::tree::Text;

pub(super) fn lower(host: &Host, output: &mut Output) {
    let Some(adguard) = &host.adguard else { return };
    let module = output.module("adguard.nix", "adguard");
    let message = "adguard needs AdGuard Home on the host: set services.adguardhome.enable.";
    let assertion = Set::of([
        ("assertion", Expr::code("config.services.adguardhome.enable")),
        ("message", Expr::str(message)),
    ]);
    module.config.append("assertions", [Expr::Set(assertion)]);
    let on = || Expr::Bool(true);
    let own = adguard.rewrites.entries.iter();
    let mut all: Vec<Expr> = own.map(|(name, answer)| rewrite(name, &answer.text, on())).collect();
    if let Some(front) = &host.front {
        for site in front.sites.iter().filter(|site| site.rewrite.value) {
            let answers = front.outside_addresses(site, host);
            // A disabled service has no site.
            let enabled = match site.service.as_ref().and_then(|id| host.service(id)) {
                Some(service) => context::enable(&service.option),
                None => on(),
            };
            for name in site.names() {
                all.extend(answers.iter().map(|answer| rewrite(name, &answer.text, enabled.clone())));
            }
        }
    }
    if !all.is_empty() {
        let filtering = module.config.at(&["services", "adguardhome", "settings", "filtering"]);
        filtering.set("rewrites", Expr::List(all));
    }
}

/// A rewrite. AdGuard Home since 0.107.68 does not apply one without `enabled`, which earlier versions do not read.
fn rewrite(name: &Text, answer: &Text, enabled: Expr) -> Expr {
    Expr::Set(Set::of([("domain", Expr::text(name)), ("answer", Expr::text(answer)), ("enabled", enabled)]))
}
