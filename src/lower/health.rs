//! Health checks, and units that wait for them.
//!
//! ```yaml
//! healthcheck: { test: pg_isready }
//! ```
//! ```nix
//! homeserver.healthcheck.test = "pg_isready";
//! ```
//!
//! A container with a check reports ready to systemd when the check succeeds. Podman runs each check in a transient
//! unit, which fails while the program still starts. `nixos-rebuild switch` exits with 4 if it sees a failed unit
//! (NixOS/nixpkgs#558533), so a switch has to wait until the check succeeds.
//!
//! A start-up check (podman-run(1), --health-startup-cmd) runs more often than the check itself, so that the wait
//! ends soon after the program is ready. Its default interval of 2 s is in containers.nix: before Podman 5.8,
//! systemd's limit of 5 starts of a unit in 10 s applies to these checks (podman#27330), and one check per second
//! exceeds it.

use super::context::HostContext;
use super::{container_set, own_set};
use crate::hir::Container;
use crate::nix::Expr;
use crate::nixos::Module;
use crate::setting::{HealthTest, Healthcheck};

/// The time limit for becoming healthy beyond the start period, in minutes, as in containers.nix. It includes the
/// first pull of the image, and the recovery of a database after a power cut.
const LIMIT: u64 = 15;

pub(super) fn lower(container: &Container, _: &HostContext, module: &mut Module) {
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
    // Without a test the check is part of the image, and the image may have none.
    let limit = limit(check);
    if check.test.is_some() && limit != LIMIT {
        own.set("readyWithin", Expr::str(format!("{limit}min")));
    }
}

/// The time limit of a container for becoming healthy, in minutes.
fn limit(check: &Healthcheck) -> u64 {
    // The default interval fits within the limit.
    let interval = check.start_interval.text.written().map_or(0, |_| check.start_interval.value.0.ms);
    let start = check.start_period.value.ms;
    LIMIT + start.saturating_add(interval).div_ceil(60_000)
}

/// Podman's form of a test: a line for the shell, or a JSON list without Compose's first word. Podman would read a
/// list of one word as a line.
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
