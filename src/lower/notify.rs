//! Notifications: the command `notify`, and the unit `notify-failure@` for failed units.
//!
//! ```yaml
//! notify: { ntfy: { url: https://ntfy.example.org/server } }
//! ```
//! ```nix
//! options.homeserver.notify.default = scripts.notify { NTFY_URL = "https://ntfy.example.org/server"; };
//! systemd.services."notify-failure@".serviceConfig.ExecStart = "${scripts.notifyFailure}/bin/notify-failure %i";
//! ```

use super::context::HostContext;
use crate::form::SecretName;
use crate::hir::{Container, Host};
use crate::nix::{Expr, Part, Set};
use crate::nixos::{Module, Output};
use crate::script::Script;
use crate::value::Value;

pub(super) fn lower(host: &Host, output: &mut Output) {
    // Some jobs call the command, so it exists even without a destination, and prints to the journal then.
    if host.notify.is_none() && host.jobs().next().is_none() {
        return;
    }
    let module = output.module("notify.nix", "notify");
    let mut parameters = Set::default();
    if let Some(notify) = &host.notify {
        let secret = |name: &Value<SecretName>| super::secret::path(name, host);
        if let Some(pushover) = &notify.pushover {
            parameters.set("PUSHOVER_FILE", secret(&pushover.credentials));
        }
        if let Some(ntfy) = &notify.ntfy {
            for (name, value) in [
                ("NTFY_URL", ntfy.url.as_ref().map(|url| Expr::text(&url.text))),
                ("NTFY_URL_FILE", ntfy.url_secret.as_ref().map(secret)),
                ("NTFY_TOKEN_FILE", ntfy.token.as_ref().map(secret)),
            ] {
                if let Some(value) = value {
                    parameters.set(name, value);
                }
            }
        }
        if let Some(webhook) = &notify.webhook {
            parameters.set("WEBHOOK_FILE", secret(&webhook.url));
        }
    }
    let option = Set::of([
        ("type", Expr::code("lib.types.package")),
        ("default", Expr::run(Script::Notify, [Expr::Set(parameters)])),
        (
            "description",
            Expr::str(
                "The command `notify [--strict] TITLE MESSAGE`. With --strict it fails if no notification could be sent.",
            ),
        ),
    ]);
    module.options.at(&["homeserver"]).set("notify", Expr::call("lib.mkOption", [Expr::Set(option)]));
    module.config.at(&["environment"]).append("systemPackages", [Expr::code("config.homeserver.notify")]);
    let Some(notify) = &host.notify else { return };
    let unit = module.unit("notify-failure@");
    unit.set("description", Expr::str("Notification that %i failed"));
    for list in ["after", "wants"] {
        unit.append(list, [Expr::str("network-online.target")]);
    }
    unit.append("after", super::secret::units(host).map(Expr::str));
    let mut exec = Set::default();
    exec.set("Type", Expr::str("oneshot"));
    let program = Part::expr(Expr::Script(Script::NotifyFailure));
    exec.set("ExecStart", Expr::Str(vec![program, Part::Text("/bin/notify-failure %i".into())]));
    exec.set("StateDirectory", Expr::str("notify-failure"));
    exec.set("TimeoutStartSec", Expr::str("5min"));
    // Retries if the notification could not be sent.
    exec.set("Restart", Expr::str("on-failure"));
    exec.set("RestartSec", Expr::str("15min"));
    let confined = Expr::Script(Script::Confined);
    unit.set("serviceConfig", Expr::Infix(Box::new(confined), "//", Box::new(Expr::Set(exec))));
    if !notify.units.is_empty() {
        let units = notify.units.iter().map(|unit| Expr::str(format!("{}.service", unit.text.value())));
        let drop_ins = [Expr::Script(Script::ReportFailureOf), Expr::List(units.collect())];
        module.config.at(&["systemd"]).set("packages", Expr::call("map", drop_ins));
    }
}

/// Lowers the notification of a failed container.
pub(super) fn lower_uses(container: &Container, _: &HostContext, module: &mut Module) {
    if container.notification.is_on() {
        super::own_set(module, container).set("notify", Expr::Bool(true));
    }
}

/// Sends a notification when a unit fails. `OnFailure=` is not enough for a unit that systemd restarts, because it
/// never reaches the failed state.
pub(super) fn report_failure(unit: &str, module: &mut Module) {
    let name = Expr::str(format!("{unit}.service"));
    module
        .unit(unit)
        .at(&["serviceConfig"])
        .append("ExecStopPost", [Expr::run(Script::ReportFailure, [name])]);
}
