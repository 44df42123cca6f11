//! Health checks, and waiting for them: `healthcheck: { test: pg_isready }` becomes
//! `homeserver.healthcheck.test = "pg_isready"` of the container.
//!
//! A container with a check reports ready to systemd when the check succeeds. Podman runs each check in a
//! transient unit, which fails while the program still starts, and `nixos-rebuild switch` ends with 4 where it
//! sees a failed unit (NixOS/nixpkgs#558533): a switch therefore has to wait until the check succeeds.
//!
//! A start-up check (podman-run(1), --health-startup-cmd) runs more often than the check itself, so that waiting
//! takes no longer than the program does. Its default of 2 s is in containers.nix: before Podman 5.8 these checks are
//! bound by systemd's limit of 5 starts of a unit in 10 s (podman#27330), which one check each second exceeds.

use super::around::Around;
use super::{container_set, own_set};
use crate::hir::Container;
use crate::nix::Expr;
use crate::nixos::Module;
use crate::setting::{HealthTest, Healthcheck};

/// Minutes that a container has to become healthy beyond its start period, as in containers.nix: room for the first
/// pull of the image, and for a database's recovery after a power cut.
const LIMIT: u64 = 15;

pub(super) fn lower(container: &Container, _: &Around, module: &mut Module) {
    let Some(check) = &container.settings.healthcheck else { return };
    if check.disable.value || matches!(check.test, Some(HealthTest::None)) {
        container_set(module, container).append("extraOptions", [Expr::str("--no-healthcheck")]);
        return;
    }
    let own = own_set(module, container).at(&["healthcheck"]);
    if let Some(test) = &check.test {
        own.set("test", command(test));
    }
    for (name, text) in [
        ("interval", &check.interval.text),
        ("timeout", &check.timeout.text),
        ("startPeriod", &check.start_period.text),
        ("startInterval", &check.start_interval.text),
    ] {
        if let Some(text) = text.written() {
            own.set(name, Expr::text(text));
        }
    }
    if let Some(retries) = check.retries.text.written() {
        own.set("retries", Expr::typed(retries));
    }
    // Without a test the check is the image's, which Podman may not know.
    let limit = limit(check);
    if check.test.is_some() && limit != LIMIT {
        own.set("readyWithin", Expr::str(format!("{limit}min")));
    }
}

/// Minutes within which a container has to become healthy.
fn limit(check: &Healthcheck) -> u64 {
    // The default interval is within the limit.
    let interval = check.start_interval.text.written().map_or(0, |_| check.start_interval.value.0.ms);
    let start = check.start_period.value.ms;
    LIMIT + start.saturating_add(interval).div_ceil(60_000)
}

/// Podman takes a line for the shell, or a JSON list without Compose's first word. A list of one word
/// would be taken for a line.
fn command(test: &HealthTest) -> Expr {
    match test {
        HealthTest::Shell(line) => Expr::text(line),
        HealthTest::None => Expr::str(""),
        HealthTest::Exec(words) => {
            let mut words: Vec<Expr> = words.iter().map(Expr::text).collect();
            if words.len() == 1 {
                words.insert(0, Expr::str("env"));
            }
            Expr::call("builtins.toJSON", [Expr::List(words)])
        }
    }
}
