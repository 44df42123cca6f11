//! Notifications: a command that tells, and a unit that tells of one that failed.

use super::around::Around;
use crate::form::SecretName;
use crate::hir::{Container, Host};
use crate::nix::{Expr, Part, Set};
use crate::nixos::{Module, Output};
use crate::script::Script;
use crate::value::Value;

pub(super) fn lower(host: &Host, output: &mut Output) {
    // Some jobs call the command, and find one that tells nobody.
    if host.notify.is_none() && host.jobs().next().is_none() {
        return;
    }
    let module = output.module("notify.nix", "notify");
    let mut parameters = Set::default();
    if let Some(notify) = &host.notify {
        let secret = |name: &Value<SecretName>| super::secret::path(&name.text.value());
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
                "The command `notify [--strict] TITLE MESSAGE`, which with --strict fails where nobody was reached.",
            ),
        ),
    ]);
    module.options.at(&["homeserver"]).set("notify", Expr::call("lib.mkOption", [Expr::Set(option)]));
    module.config.at(&["environment"]).append("systemPackages", [Expr::code("config.homeserver.notify")]);
    let Some(notify) = &host.notify else { return };
    let unit = module.unit("notify-failure@");
    unit.set("description", Expr::str("Tell that %i failed"));
    for list in ["after", "wants"] {
        unit.append(list, [Expr::str("network-online.target")]);
    }
    unit.append("after", [Expr::str(super::secret::options(host).unit)]);
    let mut exec = Set::default();
    exec.set("Type", Expr::str("oneshot"));
    let program = Part::expr(Expr::Script(Script::NotifyFailure));
    exec.set("ExecStart", Expr::Str(vec![program, Part::Text("/bin/notify-failure %i".into())]));
    exec.set("StateDirectory", Expr::str("notify-failure"));
    exec.set("TimeoutStartSec", Expr::str("5min"));
    // Where nobody could be told.
    exec.set("Restart", Expr::str("on-failure"));
    exec.set("RestartSec", Expr::str("15min"));
    let confined = Expr::Script(Script::Confined);
    unit.set("serviceConfig", Expr::Infix(Box::new(confined), "//", Box::new(Expr::Set(exec))));
    if !notify.units.is_empty() {
        let units = notify.units.iter().map(|unit| Expr::str(format!("{}.service", unit.text.value())));
        let drop_ins = [Expr::Script(Script::TellFailureOf), Expr::List(units.collect())];
        module.config.at(&["systemd"]).set("packages", Expr::call("map", drop_ins));
    }
}

/// A container that fails.
pub(super) fn lower_uses(container: &Container, _: &Around, module: &mut Module) {
    if container.tells.is_on() {
        super::own_set(module, container).set("notify", Expr::Bool(true));
    }
}

/// Tells when a unit fails that is restarted: it never fails for systemd, whose `OnFailure=` would be silent.
pub(super) fn tell_failure(unit: &str, module: &mut Module) {
    let name = Expr::str(format!("{unit}.service"));
    module.unit(unit).at(&["serviceConfig"]).append("ExecStopPost", [Expr::run(Script::TellFailure, [name])]);
}
