//! The tailnet: a unit that is up once the host's address in it can be bound.
//!
//! `tailscaled.service` reports ready before that, so being ordered after it is not enough.

use crate::hir::Host;
use crate::nix::Expr;
use crate::nixos::Output;
use crate::script::Script;
use crate::setting::Bind;
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
    let front = host.front.as_ref().filter(|f| matches!(f.bind.value, Bind::Tailscale));
    let module = output.module("tailscale.nix", "tailscale");
    module.config.at(&["services", "tailscale"]).set("enable", Expr::Bool(true));
    // The interface has this name only if tailscaled is told so.
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
    unit.set("startLimitIntervalSec", Expr::Int(0));
    let service = unit.at(&["serviceConfig"]);
    service.set("Type", Expr::str("oneshot"));
    service.set("RemainAfterExit", Expr::Bool(true));
    service.set(
        "ExecStart",
        Expr::run(Script::WaitForAddress, [Expr::text(address), Expr::text(&interface(host))]),
    );
    service.set("TimeoutStartSec", Expr::text(&tailscale.wait.text));
    service.set("Restart", Expr::str("on-failure"));
    service.set("RestartSec", Expr::str("10s"));
    if let Some(front) = front {
        // Caddy requires this unit. Caddy stays down when this unit fails once, also when it is up later.
        let start = Expr::run(Script::Start, [Expr::List(vec![Expr::str(front.unit())])]);
        service.set("ExecStartPost", start);
        // What waits for a unit that fails does not fail itself: it is not started.
        if front.tells.is_on() {
            super::notify::tell_failure(UNIT, module);
        }
    }
}
