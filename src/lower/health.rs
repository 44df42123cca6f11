//! Health checks, and waiting for them.
//!
//! Podman runs the first check one interval after the start, so a container that others wait for gets a
//! start-up check every second (podman-run(1), --health-startup-cmd).

use super::around::Around;
use super::container_set;
use crate::ast::HealthTest;
use crate::hir::Container;
use crate::nix::{Expr, Part};
use crate::nixos::Module;
use crate::tree::Text;

pub(super) fn lower(container: &Container, _: &Around, module: &mut Module) {
    let Some(check) = &container.compose.healthcheck else { return };
    let mut options = Vec::new();
    let disabled =
        check.disable.as_ref().is_some_and(|d| d.value) || matches!(check.test, Some(HealthTest::None));
    if disabled {
        container_set(module, container).append("extraOptions", [Expr::str("--no-healthcheck")]);
        return;
    }
    let awaited = container.awaited_healthy;
    if let Some(test) = &check.test {
        options.push(command("--health-cmd=", test));
    }
    for (flag, text) in [
        ("--health-interval=", check.interval.as_ref().map(|d| &d.0)),
        ("--health-timeout=", check.timeout.as_ref().map(|d| &d.0)),
        ("--health-retries=", check.retries.as_ref().map(|n| &n.0)),
        ("--health-start-period=", check.start_period.as_ref().map(|d| &d.0)),
    ] {
        options.extend(text.map(|text| Expr::flag(flag, text)));
    }
    if let (Some(test), true) = (&check.test, awaited || check.start_interval.is_some()) {
        options.push(command("--health-startup-cmd=", test));
        let second = Text::literal("1s", check.span);
        options.push(Expr::flag(
            "--health-startup-interval=",
            check.start_interval.as_ref().map_or(&second, |d| &d.0),
        ));
    }
    container_set(module, container).append("extraOptions", options);
    if awaited {
        container_set(module, container).at(&["podman"]).set("sdnotify", Expr::str("healthy"));
        // Room for the first pull of the image, and for a database's recovery after a power cut.
        module.unit(&container.unit()).at(&["serviceConfig"]).set_with(
            "Without an end, a container that never gets well would hold up every switch.",
            "TimeoutStartSec",
            Expr::call("lib.mkForce", [Expr::str("15min")]),
        );
    }
}

/// Podman takes a line for the shell, or a JSON list without Compose's first word. A list of one word
/// would be taken for a line.
fn command(flag: &'static str, test: &HealthTest) -> Expr {
    match test {
        HealthTest::Shell(line) => Expr::flag(flag, line),
        HealthTest::None => Expr::str(flag),
        HealthTest::Exec(words) => {
            let mut words: Vec<Expr> = words.iter().map(Expr::text).collect();
            if words.len() == 1 {
                words.insert(0, Expr::str("env"));
            }
            let json = Expr::call("builtins.toJSON", [Expr::List(words)]);
            Expr::Str(vec![Part::Text(flag.into()), Part::expr(json)])
        }
    }
}
