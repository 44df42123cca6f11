//! The tailnet: a unit that is active once the host's tailnet address can be bound.
//!
//! ```yaml
//! tailscale: { address: 100.64.0.7 }
//! ```
//! ```nix
//! services.tailscale.enable = true;
//! systemd.services.tailscale-address.serviceConfig.ExecStart = scripts.waitForAddress "100.64.0.7" "tailscale0";
//! ```
//!
//! `tailscaled.service` reports ready before that, so an `After=` on it is not enough.

use crate::hir::Host;
use crate::nix::Expr;
use crate::nixos::Output;
use crate::script::Script;
use crate::tree::Text;

/// The unit that waits for the address.
pub(super) const UNIT: &str = "tailscale-address";

/// The interface of the tailnet.
pub(super) fn interface(host: &Host) -> Text {
    match &host.tailscale {
        Some(tailscale) => tailscale.interface.text.clone(),
        None => Text::literal("tailscale0", Default::default()),
    }
}

pub(super) fn lower(host: &Host, output: &mut Output) {
    let Some(tailscale) = &host.tailscale else { return };
    // HAProxy waits for its addresses itself.
    let front = host.front.as_ref().filter(|front| front.waits_for_tailnet());
    let module = output.module("tailscale.nix", "tailscale");
    module.config.at(&["services", "tailscale"]).set("enable", Expr::Bool(true));
    // tailscaled needs the option for any other name than its default.
    if tailscale.interface.text.value() != "tailscale0" {
        let name = super::owners_default(Expr::text(&tailscale.interface.text));
        module.config.at(&["services", "tailscale"]).set("interfaceName", name);
    }
    let address = &tailscale.address.text;
    let containers = host.services.iter().flat_map(|s| &s.containers).any(|c| c.on_tailnet);
    if front.is_none() && !containers {
        return;
    }
    let unit = module.unit(UNIT);
    unit.set("description", Expr::str("The tailnet address can be bound"));
    unit.append("after", [Expr::str("tailscaled.service")]);
    unit.append("wants", [Expr::str("tailscaled.service")]);
    unit.append("wantedBy", [Expr::str("multi-user.target")]);
    unit.set_with(
        "A restart would also stop what has the old address. What has the new one fails without it.",
        "restartIfChanged",
        Expr::Bool(false),
    );
    unit.set("startLimitIntervalSec", Expr::Int(0));
    let service = unit.at(&["serviceConfig"]);
    service.set("Type", Expr::str("oneshot"));
    service.set("RemainAfterExit", Expr::Bool(true));
    let wait = Expr::run(Script::WaitForAddress, [Expr::text(address), Expr::text(&interface(host))]);
    service.set("ExecStart", wait);
    service.set("TimeoutStartSec", Expr::text(&tailscale.wait.text));
    service.set("Restart", Expr::str("on-failure"));
    service.set("RestartSec", Expr::str("10s"));
    if let Some(front) = front {
        // Caddy requires this unit. If it fails once, systemd does not start Caddy when it succeeds later.
        let start = Expr::run(Script::Start, [Expr::List(vec![Expr::str(front.unit())])]);
        service.set("ExecStartPost", start);
        // A unit whose requirement fails does not fail itself: it is not started. So this unit sends the
        // notification.
        if front.notification.is_on() {
            super::notify::report_failure(UNIT, module);
        }
    }
}
