//! Health checks, and waiting for them.
//!
//! A container with a check reports ready to systemd when the check succeeds. Podman runs each check in a
//! transient unit, which fails while the program still starts, and `nixos-rebuild switch` ends with 4 where it
//! sees a failed unit (NixOS/nixpkgs#558533): a switch therefore has to wait until the check succeeds.
//!
//! A start-up check (podman-run(1), --health-startup-cmd) runs more often than the check itself, so that waiting
//! takes no longer than the program does.

use super::around::Around;
use super::container_set;
use crate::ast::{HealthTest, Healthcheck};
use crate::hir::Container;
use crate::nix::{Expr, Part};
use crate::nixos::Module;
use crate::tree::Text;

/// Time between two start-up checks. Before Podman 5.8 they are bound by systemd's limit of 5 starts of a unit
/// in 10 s (podman#27330), which one check each second exceeds.
const START_INTERVAL: &str = "2s";

/// Minutes that a container has to become healthy beyond its start period: room for the first pull of the image,
/// and for a database's recovery after a power cut.
const LIMIT: u64 = 15;

pub(super) fn lower(container: &Container, _: &Around, module: &mut Module) {
    let Some(check) = &container.compose.healthcheck else { return };
    let mut options = Vec::new();
    let disabled =
        check.disable.as_ref().is_some_and(|d| d.value) || matches!(check.test, Some(HealthTest::None));
    if disabled {
        container_set(module, container).append("extraOptions", [Expr::str("--no-healthcheck")]);
        return;
    }
    if let Some(test) = &check.test {
        options.push(command("--health-cmd=", test));
    }
    for (flag, text) in [
        ("--health-interval=", check.interval.as_ref().map(|d| &d.text)),
        ("--health-timeout=", check.timeout.as_ref().map(|d| &d.text)),
        ("--health-retries=", check.retries.as_ref().map(|n| &n.text)),
        ("--health-start-period=", check.start_period.as_ref().map(|d| &d.text)),
    ] {
        options.extend(text.map(|text| Expr::flag(flag, text)));
    }
    if let Some(test) = &check.test {
        options.push(command("--health-startup-cmd=", test));
        let default = Text::literal(START_INTERVAL, check.span);
        options.push(Expr::flag(
            "--health-startup-interval=",
            check.start_interval.as_ref().map_or(&default, |d| &d.text),
        ));
        options.extend(check.timeout.iter().map(|t| Expr::flag("--health-startup-timeout=", &t.text)));
    }
    container_set(module, container).append("extraOptions", options);
    // Without a test the check is the image's, which Podman may not know.
    if check.test.is_none() {
        return;
    }
    container_set(module, container).at(&["podman"]).set("sdnotify", Expr::str("healthy"));
    module.unit(&container.unit()).at(&["serviceConfig"]).set_with(
        "Without a limit, a container that never becomes healthy would hold up every switch.",
        "TimeoutStartSec",
        Expr::call("lib.mkForce", [Expr::str(format!("{}min", limit(check)))]),
    );
}

/// Minutes within which a container has to become healthy.
fn limit(check: &Healthcheck) -> u64 {
    let start = check.start_period.as_ref().map_or(0, |period| period.value.ms);
    let interval = check.start_interval.as_ref().map_or(0, |interval| interval.value.0.ms);
    LIMIT + start.saturating_add(interval).div_ceil(60_000)
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
