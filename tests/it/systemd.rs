//! The real systemd accepts the calendar expressions that homegen accepts, and no others.

use std::process::Command;

/// Returns true if systemd accepts a calendar expression.
fn systemd_takes(expression: &str) -> bool {
    let run = Command::new("systemd-analyze").args(["calendar", expression]).output();
    run.expect("systemd-analyze runs").status.success()
}

#[test]
fn systemd_accepts_and_refuses_the_listed_calendars() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        assert!(std::env::var_os("HOMEGEN_REQUIRE_TOOLS").is_none(), "systemd-analyze is not installed");
        println!("skipped: systemd-analyze is not installed");
        return;
    }
    for right in include_str!("calendar/right.txt").lines() {
        assert!(systemd_takes(right), "{right}");
    }
    for wrong in include_str!("calendar/wrong.txt").lines() {
        assert!(!systemd_takes(wrong), "{wrong}");
    }
}
