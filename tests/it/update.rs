//! Updates of a service: `update`, and `check-release`, which reports new releases.

use std::collections::BTreeMap;
use std::path::Path;

use crate::common::http::{Answer, Server, unused_address};
use crate::common::scripts::{Ran, Stage, are_installed};
use serde_json::json;

/// The beginning of the stand-ins: they record their calls, and run `hook` with `$when` set to `before` and
/// `after`. The hook can use the call, `$asked`, and its number, `$n`.
const ASKED: &str = r#"
asked="${0##*/} $*"
echo "$asked" >>"$STAGE/asked"
n=$(wc -l <"$STAGE/asked")
case $asked in *inspect* | *exists* | *show* | *is-active* | *is-system-running*) ;; *) echo "$asked" >>"$STAGE/done" ;; esac
hook() { when=$1; if [ -e "$STAGE/hook" ]; then . "$STAGE/hook"; fi; }
hook before
trap 'hook after' EXIT
file() { printf '%s/%s/%s' "$STAGE" "$1" "${2//\//_}"; }
"#;

/// A stand-in for podman with images by name and containers that run an image.
const PODMAN: &str = r#"
case "$*" in
  "inspect --type container --format {{.State.Running}} -- "*) [ -e "$(file running "$7")" ] && echo true ;;
  "inspect --type container --format {{.ImageName}} -- "*) [ -e "$(file running "$7")" ] && cat "$(file names "$7")" ;;
  "inspect --type container --format {{.Image}} -- "*) cat "$(file running "$7")" ;;
  "inspect --type container --format {{if .State.Health}}{{.State.Health.Status}}{{end}} -- "*)
    # The health of the running image: one line for each call, and the last line for all further calls.
    # An image without this file has no health check.
    [ -e "$(file running "$7")" ] || exit 125
    health=$(file health "$(cat "$(file running "$7")")")
    [ ! -e "$health" ] || { head -n 1 "$health"; [ "$(wc -l <"$health")" = 1 ] || sed -i 1d "$health"; }
    ;;
  "image inspect --format {{.Id}} -- "*) cat "$(file tags "$6")" ;;
  "image inspect --format {{index .Labels "*" -- "*) cat "$(file versions "$6")" ;;
  "image inspect --format {{.Created.Unix}} -- "*) cat "$(file created "$6")" ;;
  "image exists -- "*) [ -e "$(file tags "$4")" ] ;;
  "untag -- "*) rm "$(file tags "$4")" ;;
  "pull -- "*) [ -e "$(file registry "$3")" ] && cat "$(file registry "$3")" >"$(file tags "$3").new" && mv "$(file tags "$3").new" "$(file tags "$3")" ;;
  "tag -- "*) echo "$3" >"$(file tags "$4")" ;;
  *) echo "podman is asked $*" >&2; exit 125 ;;
esac"#;

/// A stand-in for systemctl whose units start the containers of their names.
const SYSTEMCTL: &str = r#"
unit=${!#}
container=${unit#podman-}
container=${container%.service}
case "$*" in
  "start -- backup.service") echo made >>"$STAGE/backups" ;;
  "start -- "*)
    [ -e "$(file running "$container")" ] || cp "$(file tags "$(cat "$(file names "$container")")")" "$(file running "$container")"
    ;;
  "stop -- "*) rm -f "$(file running "$container")" ;;
  "--no-block try-restart -- "*) ;;
  "is-system-running") cat "$STATE/../system" 2>/dev/null || echo running ;;
  "is-active --quiet -- "*) [ -e "$(file running "$container")" ] ;;
  "is-active -- "*) if [ -e "$(file running "$container")" ]; then echo active; else echo inactive; exit 3; fi ;;
  "show --property=Result --value -- backup.service") echo success ;;
  "show --property=ExecMainExitTimestamp --value -- backup.service") echo "Sat 2026-11-21 05:31:00 UTC" ;;
  *) echo "systemctl is asked $*" >&2; exit 1 ;;
esac"#;

const SERVER: &str = "ghcr.io/immich-app/immich-server:release";
const ML: &str = "ghcr.io/immich-app/immich-machine-learning:release";
const NEW: &str = "new";

struct Host {
    stage: Stage,
    /// Answers requests to the health URL of the service.
    _server: Server,
}

/// Everything that an update may change.
type State = BTreeMap<String, String>;

impl Host {
    /// A running Immich with new images, which work if `new_works`. `None` if the programs are not installed.
    fn new(new_works: bool) -> Option<Host> {
        if !are_installed(&["curl", "flock"]) {
            return None;
        }
        let mut stage = Stage::new();
        for folder in ["names", "running", "tags", "registry", "health", "versions", "created"] {
            std::fs::create_dir(stage.at(folder)).unwrap();
        }
        stage.file("running/postgres", "old-postgres\n");
        for (container, image) in [("immich-ml", ML), ("immich-server", SERVER)] {
            let tag = image.replace('/', "_");
            stage.file(&format!("names/{container}"), format!("{image}\n"));
            stage.file(&format!("running/{container}"), format!("old-{container}\n"));
            stage.file(&format!("tags/{tag}"), format!("old-{container}\n"));
            stage.file(&format!("registry/{tag}"), format!("new-{container}\n"));
        }
        stage.stand_in("podman", &format!("{ASKED}{PODMAN}"));
        stage.stand_in("systemctl", &format!("{ASKED}{SYSTEMCTL}"));
        let runs = stage.at("running/immich-server");
        let server = Server::new(move |request| {
            assert_eq!(request.path, "/api/server/ping");
            match std::fs::read_to_string(&runs).unwrap_or_default() {
                image if image.starts_with("old") || (image.starts_with(NEW) && new_works) => {
                    Answer::text("{\"res\":\"pong\"}")
                }
                _ => Answer::status(502),
            }
        });
        stage.set("SERVICE", "immich");
        stage.set("UNITS", "podman-immich-ml.service podman-immich-server.service");
        stage.set("CONTAINERS", "immich-ml immich-server");
        stage.set("DATABASE_CONTAINER", "postgres");
        stage.set("BACKUP_UNIT", "backup.service");
        stage.set("HEALTH_URL", format!("{}/api/server/ping", server.url()));
        stage.set("HEALTH_TRIES", "2");
        stage.set("HEALTH_PAUSE", "0");
        stage.set("LOCK", stage.path("lock"));
        stage.set("STATE", stage.path("state"));
        Some(Host { stage, _server: server })
    }

    fn run(&self) -> Ran {
        self.stage.run("update", &[])
    }

    /// The running containers, and the images of the tags.
    fn state(&self) -> State {
        let files = |folder: &str| {
            let entries = std::fs::read_dir(self.stage.at(folder)).unwrap();
            let folder = folder.to_owned();
            entries.map(move |entry| {
                let path = entry.unwrap().path();
                let name = Path::new(&folder).join(path.file_name().unwrap());
                (name.display().to_string(), std::fs::read_to_string(path).unwrap())
            })
        };
        let pinned = "tags/localhost_homegen_";
        files("running").chain(files("tags")).filter(|(name, _)| !name.starts_with(pinned)).collect()
    }

    /// Publishes the images of a release.
    fn publish(&self, tag: &str) {
        for (image, container) in [(ML, "immich-ml"), (SERVER, "immich-server")] {
            let name = format!("{}:{tag}", image.rsplit_once(':').unwrap().0);
            self.stage.file(&format!("registry/{}", name.replace('/', "_")), format!("new-{container}\n"));
        }
    }

    /// The commands that change something, in order.
    fn done(&self) -> Vec<String> {
        self.stage.read("done").lines().map(str::to_owned).collect()
    }

    /// Sets the hook of the stand-ins.
    fn hook(&self, script: &str) {
        self.stage.file("hook", script);
    }

    /// Asserts that the update failed, sent a notification, and left everything unchanged.
    fn assert_unchanged(&self, before: &State, ran: &Ran, expected: &str) {
        assert!(ran.code != Some(0), "{ran:?}");
        assert_eq!(&self.state(), before, "{ran:?}");
        assert!(ran.err.contains(expected), "{expected}: {ran:?}");
        let sent = self.stage.notifications();
        assert_eq!(sent.len(), 1, "{sent:?}");
        assert_eq!(sent[0][0], "immich was not updated");
        assert!(sent[0][1].contains(expected), "{expected}: {sent:?}");
    }
}

#[test]
fn an_update_runs_its_steps_in_order_and_sends_a_notification() {
    let Some(host) = Host::new(true) else { return };
    let ran = host.run();
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
    assert_eq!(
        host.done(),
        [
            "systemctl start -- backup.service".to_owned(),
            format!("podman pull -- {ML}"),
            format!("podman pull -- {SERVER}"),
            "podman tag -- old-immich-ml localhost/homegen/immich-ml:previous".to_owned(),
            "podman tag -- old-immich-server localhost/homegen/immich-server:previous".to_owned(),
            "systemctl stop -- podman-immich-server.service".to_owned(),
            "systemctl stop -- podman-immich-ml.service".to_owned(),
            "systemctl start -- podman-immich-ml.service".to_owned(),
            "systemctl start -- podman-immich-server.service".to_owned(),
        ]
    );
    assert_eq!(host.state()["running/immich-server"], "new-immich-server\n");
    assert_eq!(host.state()["running/immich-ml"], "new-immich-ml\n");
    let sent = host.stage.notifications();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0][0], "immich was updated");
    assert!(sent[0][1].contains("release: old-immich-s became new-immich-s"), "{sent:?}");
}

#[test]
fn an_update_without_database_backup_and_health_url_skips_those_steps() {
    let Some(mut host) = Host::new(true) else { return };
    for name in ["DATABASE_CONTAINER", "BACKUP_UNIT", "HEALTH_URL"] {
        host.stage.set(name, "");
    }
    std::fs::remove_file(host.stage.at("running/postgres")).unwrap();
    assert_eq!(host.run().code, Some(0));
    assert_eq!(host.stage.read("backups"), "");
    assert_eq!(host.state()["running/immich-server"], "new-immich-server\n");
}

#[test]
fn an_update_without_a_new_image_restarts_no_unit() {
    let Some(host) = Host::new(true) else { return };
    for (tag, container) in [(ML, "immich-ml"), (SERVER, "immich-server")] {
        host.stage.file(&format!("registry/{}", tag.replace('/', "_")), format!("old-{container}\n"));
    }
    let before = host.state();
    let ran = host.run();
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    assert!(
        ran.out.contains("change the tag in homeserver.yaml, run `homegen build`, and rebuild the system."),
        "{}",
        ran.out
    );
    assert_eq!(host.state(), before);
    assert!(!host.done().iter().any(|done| done.contains("podman-immich")), "{:?}", host.done());
    assert_eq!(host.stage.notifications().len(), 0);
}

#[test]
fn an_image_that_was_pulled_but_never_started_is_started() {
    let Some(host) = Host::new(true) else { return };
    for (tag, container) in [(ML, "immich-ml"), (SERVER, "immich-server")] {
        host.stage.file(&format!("tags/{}", tag.replace('/', "_")), format!("new-{container}\n"));
    }
    assert_eq!(host.run().code, Some(0));
    assert_eq!(host.state()["running/immich-server"], "new-immich-server\n");
}

#[test]
fn a_dry_run_prints_the_state_and_changes_nothing() {
    let Some(mut host) = Host::new(true) else { return };
    let before = host.state();
    let ran = host.stage.run("update", &["--dry-run"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    for expected in [
        "1. Check that postgres runs: running.",
        "2. Make a backup with backup.service: the last one ended at Sat 2026-11-21 05:31:00 UTC, result success.",
        "immich-server: ghcr.io/immich-app/immich-server:release, old-immich-s",
        "podman-immich-ml.service: active",
        "2 times, every 0 seconds: healthy.",
    ] {
        assert!(ran.out.contains(expected), "{expected}: {}", ran.out);
    }
    let unchanged = |host: &Host| {
        assert_eq!(host.done(), [""; 0]);
        assert_eq!(host.stage.notifications().len(), 0);
        assert!(!host.stage.at("lock").exists());
        assert_eq!(host.stage.read("backups"), "");
    };
    assert_eq!(host.state(), before);
    unchanged(&host);
    // Without any running container.
    for container in ["postgres", "immich-ml", "immich-server"] {
        std::fs::remove_file(host.stage.at(format!("running/{container}"))).unwrap();
    }
    host.stage.set("BACKUP_UNIT", "other.service");
    let ran = host.stage.run("update", &["--dry-run"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for expected in [
        "not running",
        "result unknown",
        "immich-ml: does not exist",
        "server.service: inactive",
        "not healthy",
    ] {
        assert!(ran.out.contains(expected), "{expected}: {}", ran.out);
    }
    unchanged(&host);
    assert_eq!(host.stage.run("update", &["--dryrun"]).code, Some(2));
    unchanged(&host);
}

#[test]
fn a_failure_at_any_step_leaves_the_service_running() {
    for (step, expected) in [
        ("systemctl start -- backup.service", "the backup failed"),
        ("podman pull -- ghcr.io/immich-app/immich-machine-learning:release", "could not be pulled"),
        ("podman pull -- ghcr.io/immich-app/immich-server:release", "could not be pulled"),
        ("systemctl stop -- podman-immich-server.service", "podman-immich-server.service did not stop"),
        ("systemctl stop -- podman-immich-ml.service", "podman-immich-ml.service did not stop"),
        ("systemctl start -- podman-immich-ml.service", "podman-immich-ml.service did not start"),
        ("systemctl start -- podman-immich-server.service", "podman-immich-server.service did not start"),
    ] {
        // The command fails before or after its effect, and only the first time, because the rollback uses it again.
        for when in ["before", "after"] {
            let Some(host) = Host::new(true) else { return };
            host.hook(&format!(
                "if [ \"$when $asked\" = '{when} {step}' ] && [ ! -e \"$STAGE/failed\" ]; then touch \"$STAGE/failed\"; trap - EXIT; exit 1; fi"
            ));
            let before = host.state();
            let ran = host.run();
            assert!(host.stage.at("failed").exists(), "{step} {when}");
            host.assert_unchanged(&before, &ran, expected);
            assert_eq!(ran.code, Some(1));
        }
    }
}

#[test]
fn a_missing_container_fails_the_update_before_any_change() {
    for (container, expected) in [
        ("postgres", "postgres is not running, start it first"),
        ("immich-ml", "immich-ml does not exist, start it first"),
        ("immich-server", "immich-server does not exist, start it first"),
    ] {
        let Some(host) = Host::new(true) else { return };
        std::fs::remove_file(host.stage.at(format!("running/{container}"))).unwrap();
        let before = host.state();
        let ran = host.run();
        host.assert_unchanged(&before, &ran, expected);
        assert_eq!(host.done(), [""; 0]);
    }
}

#[test]
fn unhealthy_new_images_are_rolled_back() {
    let Some(host) = Host::new(false) else { return };
    let before = host.state();
    let ran = host.run();
    host.assert_unchanged(&before, &ran, "immich did not become healthy with its new images");
    let sent = &host.stage.notifications()[0];
    assert!(sent[1].contains("The previous images run again and are healthy."), "{sent:?}");
    assert_eq!(sent[2], "1");
    let done = host.done();
    assert_eq!(
        done[9..],
        [
            format!("podman tag -- old-immich-ml {ML}"),
            format!("podman tag -- old-immich-server {SERVER}"),
            "systemctl stop -- podman-immich-server.service".to_owned(),
            "systemctl stop -- podman-immich-ml.service".to_owned(),
            "systemctl start -- podman-immich-ml.service".to_owned(),
            "systemctl start -- podman-immich-server.service".to_owned(),
        ]
    );
}

#[test]
fn images_with_a_failing_health_check_are_rolled_back() {
    for status in ["unhealthy", "starting", "stopped"] {
        let Some(host) = Host::new(true) else { return };
        host.stage.file("health/old-immich-ml", "healthy\n");
        host.stage.file("health/new-immich-ml", format!("{status}\n"));
        let before = host.state();
        let ran = host.run();
        host.assert_unchanged(&before, &ran, "immich did not become healthy with its new images");
        assert!(
            host.stage.notifications()[0][1].contains("run again and are healthy."),
            "{:?}",
            host.stage.notifications()
        );
    }
    // An unknown state counts as unhealthy.
    let Some(host) = Host::new(true) else { return };
    host.hook(
        "if [[ \"$when $asked\" = 'before podman'*Health*immich-ml ]] && grep -q new \"$STAGE/running/immich-ml\"; then trap - EXIT; exit 125; fi",
    );
    let before = host.state();
    let ran = host.run();
    host.assert_unchanged(&before, &ran, "immich did not become healthy with its new images");
    // Containers that are not updated or have no health check are not checked.
    let Some(mut host) = Host::new(true) else { return };
    host.stage.file("health/old-postgres", "unhealthy\n");
    host.stage.set("HEALTH_URL", "");
    assert_eq!(host.run().code, Some(0));
}

#[test]
fn an_update_waits_for_a_starting_container() {
    let Some(mut host) = Host::new(true) else { return };
    host.stage.set("HEALTH_TRIES", "4");
    host.stage.file("health/old-immich-server", "healthy\n");
    host.stage.file("health/new-immich-server", "starting\nstarting\nhealthy\n");
    let ran = host.run();
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
    assert_eq!(host.stage.read("health/new-immich-server"), "healthy\n");
    assert_eq!(host.state()["running/immich-server"], "new-immich-server\n");
    // A dry run prints the health, too.
    host.stage.file("health/new-immich-server", "unhealthy\n");
    let ran = host.stage.run("update", &["--dry-run"]);
    assert!(ran.out.contains("4 times, every 0 seconds: not healthy."), "{}", ran.out);
    assert!(ran.out.contains("Check systemd, the health checks and http://127"), "{}", ran.out);
}

#[test]
fn a_rollback_prints_the_command_that_restores_the_database() {
    let Some(mut host) = Host::new(false) else { return };
    host.stage.set("HEALTH_URL", unused_address());
    host.stage.set("BACKUP", host.stage.path("immich-database"));
    host.stage.set("RESTORE", "immich-restore");
    for file in [
        "immich-database-2026-01-02T030405.dump",
        "immich-database-2026-01-03T030405.dump",
        "immich-database-ml",
    ] {
        host.stage.file(file, "x");
    }
    let ran = host.run();
    let expected = format!(
        "If the new images changed the database, `immich-restore {}` restores its state before the update.",
        host.stage.path("immich-database-2026-01-03T030405.dump")
    );
    assert!(ran.err.contains(&expected) && host.stage.notifications()[0][1].contains(&expected), "{ran:?}");
    // A backup without a copy on this host.
    host.stage.file("immich-database-2026-01-04T030405.snapshot", "02697e08\n");
    assert!(
        host.run().err.contains("`immich-restore 02697e08` restores its state"),
        "the ID of the snapshot"
    );
}

#[test]
fn an_unhealthy_rollback_is_reported() {
    let Some(mut host) = Host::new(false) else { return };
    host.stage.set("HEALTH_URL", unused_address());
    let before = host.state();
    let ran = host.run();
    host.assert_unchanged(&before, &ran, "The previous images were started again, but are not healthy.");
    // A stopped unit is unhealthy, even if the health URL answers.
    let Some(host) = Host::new(true) else { return };
    host.hook(
        "if [ \"$when $asked\" = 'after systemctl start -- podman-immich-ml.service' ]; then rm \"$STAGE/running/immich-ml\"; fi",
    );
    let ran = host.run();
    assert_eq!(ran.code, Some(1));
    assert!(host.stage.notifications()[0][1].contains("not healthy"), "{:?}", host.stage.notifications());
}

#[test]
fn a_failed_rollback_step_is_reported_and_the_others_are_done() {
    let Some(host) = Host::new(false) else { return };
    host.hook(
        "if [[ \"$when $asked\" = 'before podman tag -- '*' ghcr.io/'* ]]; then trap - EXIT; exit 1; fi",
    );
    let ran = host.run();
    assert_eq!(ran.code, Some(1));
    let sent = &host.stage.notifications()[0][1];
    assert!(sent.contains("immich-server:release could not be restored."), "{sent}");
    assert!(sent.contains("not healthy"), "{sent}");
    assert_eq!(host.state()["running/immich-server"], "new-immich-server\n");
    // A unit that does not stop prevents neither the start of the others nor the notification.
    let Some(host) = Host::new(false) else { return };
    host.hook("if [[ \"$when $asked\" = 'before systemctl stop'* ]] && [ -e \"$STAGE/rolling\" ]; then trap - EXIT; exit 5; fi
         if [[ \"$when $asked\" = 'before podman tag -- '*' ghcr.io/'* ]]; then touch \"$STAGE/rolling\"; fi");
    let ran = host.run();
    assert_eq!(ran.code, Some(1));
    assert_eq!(host.done().iter().filter(|done| done.contains("systemctl start -- podman")).count(), 4);
    assert!(host.stage.notifications()[0][1].contains("not healthy"), "{:?}", host.stage.notifications());
}

#[test]
fn a_second_update_at_the_same_time_is_refused() {
    let Some(host) = Host::new(true) else { return };
    let lock = std::fs::File::create(host.stage.at("lock")).unwrap();
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).unwrap();
    let before = host.state();
    let ran = host.run();
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("another update is running"), "{}", ran.err);
    assert_eq!(host.state(), before);
    assert_eq!((host.done().len(), host.stage.notifications().len()), (0, 0));
    drop(lock);
    assert_eq!(host.run().code, Some(0));
}

#[test]
fn an_unavailable_lock_or_an_invalid_number_changes_nothing() {
    let Some(mut host) = Host::new(true) else { return };
    host.stage.set("LOCK", host.stage.path("missing/lock"));
    let ran = host.run();
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("run this as root"), "{}", ran.err);
    host.stage.set("LOCK", host.stage.path("lock"));
    for (tries, pause) in [("a[$(touch x)]", "1"), ("0", "1"), ("1", "x"), ("1", "-1")] {
        host.stage.set("HEALTH_TRIES", tries);
        host.stage.set("HEALTH_PAUSE", pause);
        assert_eq!(host.run().code, Some(2));
    }
    assert!(!host.stage.at("x").exists());
    assert_eq!((host.done().len(), host.stage.notifications().len()), (0, 0));
}

/// Runs an update and sends it a signal at the call number `at` of a stand-in, before or after its effect.
/// Returns `None` if there are fewer calls.
fn interrupted(signal: &str, at: usize, when: &str) -> Option<(Host, State, Ran)> {
    let host = Host::new(true)?;
    host.hook(&format!(
        "if [ \"$n $when\" = '{at} {when}' ]; then until [ -s \"$STAGE/pid\" ]; do sleep 0.01; done; touch \"$STAGE/hit\"; kill -{signal} \"$(cat \"$STAGE/pid\")\"; fi"
    ));
    let before = host.state();
    let child = host.stage.start("update", &[]);
    host.stage.file("pid.new", child.id().to_string());
    std::fs::rename(host.stage.at("pid.new"), host.stage.at("pid")).unwrap();
    let ran = Ran::from(child.wait_with_output().unwrap());
    host.stage.at("hit").exists().then_some((host, before, ran))
}

#[test]
fn a_signal_between_any_two_steps_leaves_the_service_running() {
    let (mut back, mut through) = (0, 0);
    for at in 1.. {
        // Two of the four kinds at each step.
        let kinds =
            [("TERM", 143, "before"), ("INT", 130, "after"), ("HUP", 129, "after"), ("TERM", 143, "after")];
        let mut hit = false;
        for (signal, code, when) in [kinds[at % 4], kinds[(at + 1) % 4]] {
            let Some((host, before, ran)) = interrupted(signal, at, when) else { continue };
            hit = true;
            if ran.code == Some(0) {
                through += 1;
                assert_eq!(host.state()["running/immich-server"], "new-immich-server\n");
                assert_eq!(host.stage.notifications()[0][0], "immich was updated");
                continue;
            }
            back += 1;
            host.assert_unchanged(&before, &ran, "it was interrupted");
            assert_eq!(ran.code, Some(code), "{ran:?}");
            // The next run succeeds.
            std::fs::remove_file(host.stage.at("hook")).unwrap();
            if at % 5 == 0 {
                assert_eq!(host.run().code, Some(0));
            }
        }
        if !hit {
            assert!(at > 15, "only {at} steps");
            break;
        }
    }
    println!("{back} times back, {through} times through");
    assert!(back > 20 && through == 0);
}

#[test]
fn signals_during_a_rollback_are_ignored() {
    let Some(host) = Host::new(false) else { return };
    host.hook(
        "if [ \"$when\" = before ] && [ \"$n\" -gt 20 ]; then touch \"$STAGE/hit\"; for s in TERM INT HUP; do kill -$s \"$(cat \"$STAGE/pid\")\"; done; fi",
    );
    let before = host.state();
    let child = host.stage.start("update", &[]);
    host.stage.file("pid", child.id().to_string());
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert!(host.stage.at("hit").exists());
    host.assert_unchanged(&before, &ran, "The previous images run again and are healthy.");
}

#[test]
fn a_closed_terminal_does_not_leave_the_service_stopped() {
    let Some(host) = Host::new(false) else { return };
    let before = host.state();
    let mut child = host.stage.start("update", &[]);
    drop((child.stdout.take(), child.stderr.take()));
    // The output has no reader, so the result is in the notification alone.
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert_eq!(host.state(), before);
    let sent = host.stage.notifications();
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert_eq!(sent[0][0], "immich was not updated");
    assert!(sent[0][1].contains("The previous images run again and are healthy."), "{sent:?}");
}

#[test]
fn a_release_is_pulled_by_its_tag_and_gets_the_name_of_the_image() {
    for (published, asked) in [("v3.0.1", "v3.0.1"), ("3.0.1", "v3.0.1")] {
        let Some(host) = Host::new(true) else { return };
        host.publish(published);
        // The moving tag stands for an image that the channel does not have yet.
        for (image, _) in [(ML, ""), (SERVER, "")] {
            std::fs::write(host.stage.at(format!("registry/{}", image.replace('/', "_"))), "newest\n")
                .unwrap();
        }
        let ran = host.stage.run("update", &["--release", asked]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let state = host.state();
        assert_eq!(state["running/immich-server"], "new-immich-server\n");
        assert_eq!(state[&format!("tags/{}", SERVER.replace('/', "_"))], "new-immich-server\n");
        // Only the name of the container's image stays, and the previous image has a name.
        assert!(!state.keys().any(|name| name.contains("3.0.1")), "{state:?}");
        assert_eq!(host.stage.read("tags/localhost_homegen_immich-server:previous"), "old-immich-server\n");
        assert_eq!(host.stage.read("state/installed"), format!("{asked}\n"));
        assert!(!host.stage.at("state/update").exists());
        // Again: the images run already.
        let ran = host.stage.run("update", &["--release", asked]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(ran.out.contains("the images of release v3.0.1 already run"), "{ran:?}");
        assert_eq!(host.stage.notifications().len(), 1);
    }
}

#[test]
fn a_release_keeps_the_variant_of_the_tag() {
    let Some(host) = Host::new(true) else { return };
    host.publish("v3.0.1");
    let cuda = ML.replace(":release", ":release-cuda");
    host.stage.file("names/immich-ml", format!("{cuda}\n"));
    host.stage.file(&format!("tags/{}", cuda.replace('/', "_")), "old-immich-ml\n");
    let published = cuda.replace(":release", ":v3.0.1").replace('/', "_");
    host.stage.file(&format!("registry/{published}"), "new-cuda\n");
    assert_eq!(host.stage.run("update", &["--release", "v3.0.1"]).code, Some(0));
    assert_eq!(host.state()["running/immich-ml"], "new-cuda\n");
}

#[test]
fn a_release_that_fails_is_rolled_back_and_not_tried_again() {
    let Some(mut host) = Host::new(false) else { return };
    host.publish("v3.0.1");
    host.stage.set("BACKUP", host.stage.path("dumps/immich"));
    host.stage.set("RESTORE", "immich-restore");
    std::fs::create_dir(host.stage.at("dumps")).unwrap();
    let dump = host.stage.file("dumps/immich-2026-07-03T053000.dump", "");
    let before = host.state();
    let ran = host.stage.run("update", &["--release", "v3.0.1"]);
    host.assert_unchanged(&before, &ran, "immich did not become healthy with its new images");
    assert_eq!(ran.code, Some(3));
    assert_eq!(host.stage.read("state/refused"), "v3.0.1\n");
    assert!(!host.stage.at("state/installed").exists() && !host.stage.at("state/update").exists());
    let sent = &host.stage.notifications()[0][1];
    assert!(sent.contains("run again and are healthy."), "{sent}");
    assert!(
        sent.contains(&format!("`immich-restore {dump}` restores its state before the update.")),
        "{sent}"
    );
    // A release whose images do not exist is tried again.
    let ran = host.stage.run("update", &["--release", "v3.0.2"]);
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert_eq!(host.stage.read("state/refused"), "v3.0.1\n");
    let ran = host.stage.run("update", &["--release", "v3/../x"]);
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert_eq!(host.state(), before);
}

#[test]
fn images_that_are_older_than_the_running_ones_are_refused() {
    let version = |host: &Host, old: &str, new: &str| {
        host.stage.file("versions/old-immich-server", old);
        host.stage.file("versions/new-immich-server", new);
    };
    let created = |host: &Host, old: &str, new: &str| {
        host.stage.file("created/old-immich-server", old);
        host.stage.file("created/new-immich-server", new);
    };
    for (is_older, old, new, built) in [
        (true, "v3.0.2\n", "v3.0.1\n", ["1700000000\n", "1800000000\n"]),
        (true, "v3.1.0\n", "v3.1.0-rc.1\n", ["1700000000\n", "1800000000\n"]),
        (false, "3.9.0\n", "3.10.0\n", ["1800000000\n", "1700000000\n"]),
        (true, "<no value>\n", "\n", ["1800000000\n", "1700000000\n"]),
        (true, "24.04\n", "24.04\n", ["1800000000\n", "1700000000\n"]),
        (false, "\n", "\n", ["1700000000\n", "1800000000\n"]),
        (false, "\n", "\n", ["1700000000\n", "0\n"]),
    ] {
        let Some(host) = Host::new(true) else { return };
        host.publish("v3.0.1");
        version(&host, old, new);
        created(&host, built[0], built[1]);
        let before = host.state();
        let ran = host.stage.run("update", &["--release", "v3.0.1"]);
        assert_eq!(ran.code, Some(if is_older { 5 } else { 0 }), "{old} {new} {built:?} {ran:?}");
        if is_older {
            assert_eq!(host.state(), before);
            assert_eq!(host.stage.notifications().len(), 0);
            // A moving tag that moved back is refused too.
            let ran = host.run();
            host.assert_unchanged(&before, &ran, "is older than the running one");
        }
    }
}

#[test]
fn an_update_that_is_killed_at_any_step_is_rolled_back_by_the_unit_and_by_the_boot() {
    let (mut killed, mut restored) = (0, 0);
    for recover in ["--recover", "--recover-tags"] {
        for at in 1.. {
            let Some(mut host) = Host::new(true) else { return };
            host.publish("v3.0.1");
            host.stage.set("BACKUP", host.stage.path("dumps/immich"));
            host.stage.set("RESTORE", "immich-restore");
            std::fs::create_dir(host.stage.at("dumps")).unwrap();
            let dump = host.stage.file("dumps/immich-2026-07-03T053000.dump", "");
            let when = if at % 2 == 0 { "before" } else { "after" };
            host.hook(&format!(
                "if [ \"$n $when\" = '{at} {when}' ]; then touch \"$STAGE/hit\"; kill -KILL \"$PPID\"; fi"
            ));
            let before = host.state();
            let ran = host.stage.run("update", &["--release", "v3.0.1"]);
            if !host.stage.at("hit").exists() {
                assert!(at > 15, "only {at} steps");
                break;
            }
            killed += 1;
            let has_begun = host.stage.read("state/update").contains("started yes");
            std::fs::remove_file(host.stage.at("hook")).unwrap();
            if recover == "--recover-tags" {
                // The boot starts the containers afterwards.
                for container in ["immich-ml", "immich-server"] {
                    let _ = std::fs::remove_file(host.stage.at(format!("running/{container}")));
                }
            }
            let was_pending = host.stage.at("state/update").exists();
            let recovered = host.stage.run("update", &[recover]);
            assert_eq!(recovered.code, Some(0), "{recovered:?}");
            assert!(!host.stage.at("state/update").exists());
            if recover == "--recover-tags" {
                for container in ["immich-ml", "immich-server"] {
                    let image = if container == "immich-ml" { ML } else { SERVER };
                    let tag = host.stage.read(&format!("tags/{}", image.replace('/', "_")));
                    host.stage.file(&format!("running/{container}"), tag);
                }
            }
            if !was_pending && host.stage.read("state/installed") == "v3.0.1\n" {
                continue;
            }
            assert_eq!(host.state(), before, "{at} {ran:?} {recovered:?}");
            assert_eq!(host.stage.read("state/refused"), if has_begun { "v3.0.1\n" } else { "" });
            if has_begun {
                restored += 1;
                let text = match recover {
                    "--recover" => host.stage.notifications()[0][1].clone(),
                    _ => host.stage.read("state/untold"),
                };
                assert!(text.contains(&format!("`immich-restore {dump}`")), "{text}");
            }
        }
    }
    assert!(killed > 40 && restored >= 8, "{killed} {restored}");
}

#[test]
fn images_that_run_for_days_after_a_killed_update_are_kept() {
    let Some(host) = Host::new(true) else { return };
    host.hook(
        "if [ \"$when $asked\" = 'after systemctl start -- podman-immich-server.service' ]; then kill -KILL \"$PPID\"; fi",
    );
    host.run();
    std::fs::remove_file(host.stage.at("hook")).unwrap();
    let new = host.state();
    assert_eq!(new["running/immich-server"], "new-immich-server\n");
    let two_days_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(2 * 86_400);
    std::fs::File::open(host.stage.at("state/update")).unwrap().set_modified(two_days_ago).unwrap();
    let ran = host.run();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.err.contains("its images run since: they are kept"), "{ran:?}");
    assert_eq!((host.state(), host.stage.at("state/update").exists()), (new, false));
}

#[test]
fn a_rollback_after_which_a_new_image_runs_is_not_complete() {
    let Some(host) = Host::new(false) else { return };
    host.hook("if [[ \"$when $asked\" = 'before systemctl stop -- '* ]] && [ -e \"$STAGE/rolling\" ]; then trap - EXIT; exit 5; fi
         if [[ \"$when $asked\" = 'before podman tag -- '*' ghcr.io/'* ]]; then touch \"$STAGE/rolling\"; fi
         if [[ \"$when $asked\" = 'before systemctl start -- '* ]] && [ -e \"$STAGE/rolling\" ]; then trap - EXIT; exit 0; fi");
    let ran = host.run();
    assert_eq!(ran.code, Some(1));
    let sent = &host.stage.notifications()[0][1];
    for expected in ["immich-server.service did not stop.", "immich-server does not run its previous image."]
    {
        assert!(sent.contains(expected), "{sent}");
    }
    // The next run tries again.
    assert!(host.stage.at("state/update").exists());
}

#[test]
fn the_rollback_at_a_shutdown_restores_only_the_tags() {
    let Some(host) = Host::new(false) else { return };
    host.stage.file("system", "stopping\n");
    let ran = host.run();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(host.state()[&format!("tags/{}", SERVER.replace('/', "_"))], "old-immich-server\n");
    assert!(ran.err.contains("The previous images start with the next boot."), "{ran:?}");
}

/// The answer of a forge with one release, which is a day old.
fn release(tag: &str, notes: &str) -> Answer {
    Answer::json(json!([published(tag, 1, json!({ "body": notes }))]))
}

/// A release of some days ago, in the fields that GitHub and Forgejo share.
fn published(tag: &str, days: u64, more: serde_json::Value) -> serde_json::Value {
    let mut release = json!({
        "id": 1, "tag_name": tag, "name": "", "draft": false, "prerelease": false, "body": "",
        "published_at": stamp(days),
    });
    release.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    release
}

/// The time of some days ago, as GitHub writes it.
fn stamp(days: u64) -> String {
    let ran = std::process::Command::new("date")
        .args(["--utc", &format!("--date=@{}", now() - days * 86_400), "+%FT%TZ"])
        .output()
        .unwrap();
    String::from_utf8(ran.stdout).unwrap().trim().to_owned()
}

/// A host that checks for releases, and a server whose answer each test sets.
struct Watch {
    stage: Stage,
    server: Server,
    /// The answers to requests for releases and tags, by page from 1 on. A further page is an empty list.
    pages: std::sync::Arc<std::sync::Mutex<Vec<Answer>>>,
}

impl Watch {
    fn new() -> Option<Watch> {
        if !are_installed(&["curl", "jq"]) {
            return None;
        }
        let pages = std::sync::Arc::new(std::sync::Mutex::new(vec![release("v1.0.0", "first")]));
        let shared = pages.clone();
        let server = Server::new(move |request| {
            let page: usize = request.path.rsplit_once("page=").unwrap().1.parse().unwrap();
            shared.lock().unwrap().get(page - 1).cloned().unwrap_or_else(|| Answer::json(json!([])))
        });
        let mut stage = Stage::new();
        stage.set("REPOSITORY", "immich-app/immich");
        stage.set("CHANNEL", "stable");
        stage.set("GITHUB_URL", server.url());
        stage.set("SERVICE", "immich");
        stage.set("COMMAND", "immich-update");
        Some(Watch { stage, server, pages })
    }

    fn run(&self, answer: Answer) -> Ran {
        *self.pages.lock().unwrap() = vec![answer];
        self.stage.run("check-release", &[])
    }

    /// The release that a first run of a channel records.
    fn first(channel: &str, soak: Option<&str>, pages: &[serde_json::Value]) -> String {
        let Some(mut watch) = Watch::new() else { return String::new() };
        watch.stage.set("CHANNEL", channel);
        if let Some(soak) = soak {
            watch.stage.set("SOAK", soak);
        }
        *watch.pages.lock().unwrap() = pages.iter().cloned().map(Answer::json).collect();
        let ran = watch.stage.run("check-release", &[]);
        assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(0), "", ""), "{ran:?}");
        watch.stage.read("state/announced").trim().to_owned()
    }

    /// Runs the check, and asserts that it succeeds and that the total number of notifications is `count`.
    fn expect_sent(&self, answer: Answer, count: usize) {
        let ran = self.run(answer);
        assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""), "{ran:?}");
        assert_eq!(self.stage.notifications().len(), count, "{:?}", self.stage.notifications());
    }
}

#[test]
fn a_channel_admits_its_releases_and_orders_them_by_version() {
    if !are_installed(&["curl", "jq"]) {
        return;
    }
    let releases = json!([
        published("v3.1.0", 1, json!({ "draft": true, "published_at": null })),
        published("v3.0.2-rc.10", 1, json!({ "prerelease": true })),
        published("v3.0.2-rc.9", 2, json!({ "prerelease": false })),
        published("v3.0.2-beta.1", 3, json!({ "prerelease": false })),
        published("v2.9.9", 1, json!({})),
        published("v3.0.1", 4, json!({})),
        published("nightly", 0, json!({})),
        published("v3.0.0", 9, json!({})),
        published("not a tag", 0, json!({})),
    ]);
    let pages = [releases];
    for (channel, soak, expected) in [
        ("stable", None, "v3.0.1"),
        ("stable", Some("4d"), "v3.0.1"),
        ("stable", Some("5d"), "v3.0.0"),
        ("stable", Some("10d"), ""),
        ("candidate", None, "v3.0.2-rc.10"),
        ("candidate", Some("2d"), "v3.0.2-rc.9"),
        ("beta", Some("3d"), "v3.0.2-beta.1"),
        ("beta", None, "v3.0.2-rc.10"),
    ] {
        assert_eq!(Watch::first(channel, soak, &pages), expected, "{channel} {soak:?}");
    }
    // A forge may mark a release as a prerelease that has no such word, and give times of other zones.
    let marked = [json!([
        published("v5", 1, json!({ "prerelease": true, "published_at": "2024-01-01T00:30:00+02:00" })),
        published("v4", 1, json!({ "published_at": "2024-01-01T00:30:00.123-02:00" })),
    ])];
    assert_eq!(Watch::first("candidate", Some("9d"), &marked), "v4");
    assert_eq!(Watch::first("beta", Some("9d"), &marked), "v5");
    // Releases without a version are ordered by their time.
    let named = [json!([published("garlic", 3, json!({})), published("ginger", 2, json!({}))])];
    assert_eq!(Watch::first("stable", None, &named), "ginger");
}

#[test]
fn further_pages_are_read_until_one_has_a_release_of_the_channel() {
    if !are_installed(&["curl", "jq"]) {
        return;
    }
    let nightly = |days| published("v9.0.0-nightly", days, json!({ "prerelease": true }));
    let pages = [
        json!([nightly(0), nightly(1)]),
        json!([nightly(2), published("v1.0.0", 3, json!({}))]),
        json!([published("v2.0.0", 4, json!({}))]),
    ];
    assert_eq!(Watch::first("stable", None, &pages), "v1.0.0");
    // Tags have no order, so all are read. Those without a version do not count.
    let tags = [json!([{ "name": "v9.1" }, { "name": "latest" }]), json!([{ "name": "v10.0-alpha" }])];
    assert_eq!(Watch::first("edge", None, &tags), "v10.0-alpha");
    assert_eq!(Watch::first("edge", None, &[json!([])]), "");
}

#[test]
fn a_channel_that_moves_to_an_older_release_is_refused_once() {
    let Some(mut watch) = Watch::new() else { return };
    watch.stage.set("CHANNEL", "candidate");
    let candidate = || published("v2.0.0-rc.1", 1, json!({ "prerelease": true }));
    let both = || Answer::json(json!([candidate(), published("v1.9.0", 2, json!({}))]));
    watch.expect_sent(both(), 0);
    assert_eq!(watch.stage.read("state/announced"), "v2.0.0-rc.1\n");
    watch.stage.set("CHANNEL", "stable");
    watch.stage.file("notify-fails", "");
    watch.expect_sent(both(), 0);
    std::fs::remove_file(watch.stage.at("notify-fails")).unwrap();
    watch.expect_sent(both(), 1);
    watch.expect_sent(both(), 1);
    let sent = &watch.stage.notifications()[0];
    assert_eq!(sent[0], "immich: release v1.9.0 is refused");
    assert!(sent[1].contains("which is older than v2.0.0-rc.1"), "{sent:?}");
    assert_eq!(watch.stage.read("state/announced"), "v2.0.0-rc.1\n");
    // The release that follows the candidate is newer. A withdrawn release makes the one before it the newest.
    watch.expect_sent(release("v2.0.0", ""), 2);
    watch.expect_sent(Answer::json(json!([published("v1.9.9", 0, json!({}))])), 3);
    assert_eq!(watch.stage.read("state/announced"), "v2.0.0\n");
}

#[test]
fn only_releases_within_the_version_of_the_tag_count() {
    let Some(mut watch) = Watch::new() else { return };
    let all = || {
        Answer::json(json!([
            published("v3.0.0", 1, json!({})),
            published("v2.10.1", 2, json!({})),
            published("v2.9.3", 3, json!({})),
        ]))
    };
    for (within, expected) in [("v2", "v2.10.1"), ("2.9", "v2.9.3"), ("v2 v2.9", "v2.9.3"), ("", "v3.0.0")] {
        watch.stage.set("WITHIN", within);
        let _ = std::fs::remove_file(watch.stage.at("state/announced"));
        watch.expect_sent(all(), 0);
        assert_eq!(watch.stage.read("state/announced"), format!("{expected}\n"), "{within}");
    }
}

#[test]
fn releases_of_forgejo_are_read_from_its_api() {
    let Some(mut watch) = Watch::new() else { return };
    watch.stage.set("REPOSITORY", format!("{}/forgejo/forgejo", watch.server.url()));
    watch.stage.set("GITHUB_URL", unused_address());
    watch.expect_sent(release("v1.0.0", "first"), 0);
    assert_eq!(
        watch.server.asked(),
        ["GET /api/v1/repos/forgejo/forgejo/releases?per_page=50&limit=50&page=1"]
    );
    watch.expect_sent(release("v1.1.0", "second"), 1);
}

#[test]
fn a_failed_notification_of_a_release_is_sent_again() {
    let Some(watch) = Watch::new() else { return };
    watch.expect_sent(release("v1.0.0", "first"), 0);
    watch.stage.file("notify-fails", "");
    for _ in 0..2 {
        let ran = watch.run(release("v1.1.0", "second"));
        assert_eq!(ran.code, Some(0));
        assert!(ran.err.contains("the notification for v1.1.0 could not be sent"), "{ran:?}");
    }
    std::fs::remove_file(watch.stage.at("notify-fails")).unwrap();
    watch.expect_sent(release("v1.1.0", "second"), 1);
    watch.expect_sent(release("v1.1.0", "second"), 1);
}

#[test]
fn a_notification_of_a_new_release_is_sent_once() {
    let Some(watch) = Watch::new() else { return };
    watch.expect_sent(release("v1.0.0", "first"), 0);
    assert_eq!(watch.server.asked(), ["GET /repos/immich-app/immich/releases?per_page=50&limit=50&page=1"]);
    watch.expect_sent(release("v1.0.0", "first"), 0);
    watch.expect_sent(release("v1.1.0", "\r\n# What's new\r\n* `$(x)` \"사진\" 📷\r\n"), 1);
    watch.expect_sent(release("v1.1.0", "changed"), 1);
    let sent = watch.stage.notifications();
    assert_eq!(sent[0][0], "immich: new release v1.1.0");
    assert_eq!(
        sent[0][1],
        "The previous release was v1.0.0. To update, set the tag of the image in homeserver.yaml to this version, run \
         `homegen build`, and rebuild the system. For an image with a moving tag, run immich-update.\n\n# What's new\n* `$(x)` \"사진\" 📷"
    );
    watch.expect_sent(release("v1.2.0", ""), 2);
    assert_eq!(watch.stage.read("state/announced"), "v1.2.0\n");
}

#[test]
fn release_notes_are_shortened_and_may_be_missing() {
    let Some(watch) = Watch::new() else { return };
    watch.expect_sent(release("v1", ""), 0);
    watch.expect_sent(release("v2", &"줄\n".repeat(21)), 1);
    let sent = watch.stage.notifications()[0][1].clone();
    assert_eq!(sent.matches('줄').count(), 20);
    assert!(sent.ends_with("줄\n…"), "{sent}");
    watch.expect_sent(release("v3", &"가".repeat(5000)), 2);
    let sent = watch.stage.notifications()[1][1].clone();
    assert_eq!(sent.chars().count(), 1024);
    assert!(sent.ends_with("가…") && sent.contains("run immich-update"));
    watch.expect_sent(Answer::json(json!([{ "tag_name": "v4", "body": null }])), 3);
    watch.expect_sent(Answer::json(json!([{ "tag_name": "v5" }])), 4);
    watch.expect_sent(Answer::json(json!([{ "tag_name": "v6", "body": ["x"] }])), 5);
}

#[test]
fn drafts_and_prereleases_cause_no_notification() {
    let Some(watch) = Watch::new() else { return };
    watch.expect_sent(release("v1", ""), 0);
    for tag in ["", "v2\nx", "v2\n", "v 2"] {
        watch.expect_sent(Answer::json(json!([{ "tag_name": tag }])), 0);
    }
    watch.expect_sent(Answer::json(json!([{ "tag_name": "v2", "draft": true }])), 0);
    watch.expect_sent(Answer::json(json!([{ "tag_name": "v2", "prerelease": true }])), 0);
    watch.expect_sent(Answer::json(json!([])), 0);
    assert_eq!(watch.stage.read("state/announced"), "v1\n");
}

#[test]
fn a_release_is_sent_again_after_a_killed_run() {
    let Some(watch) = Watch::new() else { return };
    watch.expect_sent(release("v1", ""), 0);
    watch.stage.stand_in("notify", "kill -KILL \"$PPID\"");
    let ran = watch.run(release("v2", ""));
    assert_eq!(ran.code, None);
    assert_eq!(watch.stage.read("state/announced"), "v1\n");
    watch.stage.stand_in(
        "notify",
        "cat \"$STAGE/state/announced\" >\"$STAGE/then\"; printf '%s\\0' $# \"$@\" >>\"$STAGE/sent\"",
    );
    watch.expect_sent(release("v2", ""), 1);
    assert_eq!(watch.stage.read("then"), "v1\n", "it was remembered before it was sent");
    assert_eq!(watch.stage.read("state/announced"), "v2\n");
}

#[test]
fn a_release_is_not_sent_if_the_state_cannot_be_written() {
    let Some(watch) = Watch::new() else { return };
    watch.expect_sent(release("v1", ""), 0);
    std::fs::create_dir(watch.stage.at("state/announced.new")).unwrap();
    let ran = watch.run(release("v2", ""));
    assert!(ran.code != Some(0), "{ran:?}");
    assert_eq!(watch.stage.notifications().len(), 0);
    assert_eq!(watch.stage.read("state/announced"), "v1\n");
}

fn now() -> u64 {
    std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs()
}

#[test]
fn failures_of_github_are_reported_after_three_days() {
    let Some(watch) = Watch::new() else { return };
    watch.expect_sent(release("v1", ""), 0);
    let failures = [
        Answer::status(500),
        Answer { status: 403, ..Answer::json(json!({ "message": "API rate limit exceeded" })) },
        Answer::status(404),
        Answer::text("<html>"),
        Answer::text(""),
        Answer::text("\n"),
        Answer::raw(""),
        Answer::raw("nonsense"),
        Answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n[{\"tag_name\":\"v2\"}]"),
        Answer::text("[] []"),
        Answer::json(json!({})),
        Answer::json(json!([{}])),
        Answer::json(json!(["v2"])),
        Answer::json(json!([{ "tag_name": 2 }])),
        Answer { headers: vec![("Location".to_owned(), "/again".to_owned())], ..Answer::status(302) },
    ];
    let mut since = None;
    for failure in failures {
        watch.expect_sent(failure, 0);
        let stamp = watch.stage.read("state/failing");
        assert_eq!(since.get_or_insert(stamp.clone()), &stamp);
    }
    assert_eq!(watch.stage.read("state/announced"), "v1\n");

    let days = |days: u64| now() - days * 86_400;
    watch.stage.file("state/failing", format!("{} 0\n", days(3) + 3_600));
    watch.expect_sent(Answer::status(500), 0);
    watch.stage.file("state/failing", format!("{} 0\n", days(3)));
    let ran = watch.run(Answer::status(500));
    assert_eq!(ran.code, Some(1));
    assert_eq!(watch.stage.notifications().len(), 1);
    assert_eq!(watch.stage.notifications()[0][0], "immich: cannot check for new releases");
    // The failure is sent once a day.
    watch.expect_sent(Answer::status(500), 1);
    watch.stage.file("state/failing", format!("{} {}\n", days(9), days(1) + 60));
    watch.expect_sent(Answer::status(500), 1);
    watch.stage.file("state/failing", format!("{} {}\n", days(9), days(1)));
    assert_eq!(watch.run(Answer::status(500)).code, Some(1));
    assert_eq!(watch.stage.notifications().len(), 2);
    // After a successful answer, the count of failed days starts again.
    watch.expect_sent(release("v1", ""), 2);
    assert!(!watch.stage.at("state/failing").exists());
    watch.expect_sent(Answer::status(500), 2);
    // After the clock is set back, or with an invalid stamp, the count starts again, too.
    for stamp in [format!("{} 0\n", now() + 9_000), "x\n".to_owned(), String::new(), "1 2 3\n".to_owned()] {
        watch.stage.file("state/failing", stamp);
        watch.expect_sent(Answer::status(500), 2);
        assert!(watch.stage.read("state/failing").starts_with(&now().to_string()[..6]));
    }
}

#[test]
fn an_unreachable_github_is_requested_only_once() {
    let Some(mut watch) = Watch::new() else { return };
    watch.stage.set("GITHUB_URL", unused_address());
    watch.stage.stand_in("curl", "echo >>\"$STAGE/asked\"; PATH=${PATH#*:} exec curl \"$@\"");
    watch.expect_sent(release("v1", ""), 0);
    assert_eq!(watch.stage.read("asked").lines().count(), 1);
    assert!(!watch.stage.at("state/announced").exists());
    watch.stage.set("REPOSITORY", "a/b/../../c?d");
    assert_eq!(watch.run(release("v1", "")).code, Some(1));
}

#[test]
fn the_redirect_of_a_renamed_repository_is_followed() {
    let Some(mut watch) = Watch::new() else { return };
    let server = Server::new(|request| match request.path.as_str() {
        "/repositories/1/releases" => release("v7", ""),
        _ => Answer {
            headers: vec![("Location".to_owned(), "/repositories/1/releases".to_owned())],
            ..Answer::status(301)
        },
    });
    watch.stage.set("GITHUB_URL", server.url());
    watch.expect_sent(release("v1", ""), 0);
    assert_eq!(watch.stage.read("state/announced"), "v7\n");
}
