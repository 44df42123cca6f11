//! `stop` of a backup: the scripts that stop units during a copy and start them again, with a stand-in for systemd.

use crate::common::scripts::{Ran, Stage, scripts};
use crate::common::{compile, report};

/// A stand-in for systemctl. The state of a unit is in `units/NAME`, and the units that stop with it are in
/// `dependents/NAME`; each start writes another invocation ID.
const SYSTEMCTL: &str = r#"
words=() action='' property=''
for word; do
  case $word in
    --property=*) property=${word#*=} ;;
    -*) ;;
    *) if [ -z "$action" ]; then action=$word; else words+=("$word"); fi ;;
  esac
done
cd "$STAGE"
for unit in "${words[@]}"; do
  case $action in
    is-active)
      state=$(cat "units/$unit" 2>/dev/null || echo inactive)
      echo "$state"
      [ "$state" = active ] || exit 3
      ;;
    show)
      case $property in
        InvocationID) cat "ids/$unit" 2>/dev/null || true ;;
        Requisite) [ ! -e fails-to-show ] || exit 1; echo 'homeserver-notes.target' ;;
        *) cat "dependents/$unit" 2>/dev/null || true ;;
      esac
      ;;
    stop) [ ! -e fails-to-stop ] || exit 1; echo "stop $unit" >>log; echo inactive >"units/$unit" ;;
    start) [ ! -e fails-to-start ] || exit 1; echo "start $unit" >>log; echo active >"units/$unit"; echo "$RANDOM$RANDOM" >"ids/$unit" ;;
  esac
done
[ "$action" != is-active ] || true"#;

/// A service with a web server that requires a database, and a worker that does not run.
fn stage() -> Stage {
    let mut stage = Stage::new();
    stage.stand_in("systemctl", SYSTEMCTL);
    for folder in ["units", "ids", "dependents", "runtime"] {
        std::fs::create_dir(stage.at(folder)).unwrap();
    }
    for unit in ["db.service", "web.service", "homeserver-notes.target"] {
        stage.file(&format!("units/{unit}"), "active\n");
        stage.file(&format!("ids/{unit}"), "1\n");
    }
    stage.file("units/worker.service", "failed\n");
    stage.file("dependents/db.service", "web.service worker.service\n\n");
    stage.set("RUNTIME_DIRECTORY", stage.path("runtime"));
    stage.set("LOCK", stage.path("lock"));
    stage.set("UNITS", "db.service");
    stage.set("PROGRAM", stage.path("bin/copy"));
    stage.stand_in(
        "copy",
        r#"echo "copy $1 $(cat "$STAGE/units/"{db,web}.service | tr '\n' ' ')" >>"$STAGE/log""#,
    );
    stage
}

fn run(stage: &Stage, script: &str) -> Ran {
    let text = std::fs::read_to_string(scripts().join(format!("{script}.sh"))).unwrap();
    let sourced = format!(". {}", scripts().join("stopped-units.sh").display());
    let file = stage.file(script, text.replace(". stopped-units.sh", &sourced));
    let folder = stage.path("runtime");
    let argument = if script == "start-stopped" { folder.as_str() } else { "name" };
    stage.run_to_end(
        &mut stage.program("bash", &["-o", "errexit", "-o", "nounset", "-o", "pipefail", &file, argument]),
    )
}

/// The lines of the log, sorted where the order of units does not matter.
fn log(stage: &Stage) -> Vec<String> {
    let text = std::fs::read_to_string(stage.at("log")).unwrap_or_default();
    std::fs::write(stage.at("log"), "").unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let copy = lines.iter().position(|line| line.starts_with("copy")).unwrap_or(0);
    lines[..copy].sort();
    lines[copy..].sort();
    lines
}

const WHOLE: [&str; 5] = [
    "stop db.service",
    "stop web.service",
    "copy name inactive inactive ",
    "start db.service",
    "start web.service",
];

#[test]
fn units_and_their_dependents_stop_during_the_copy_and_those_that_ran_start_again() {
    let stage = stage();
    let ran = run(&stage, "while-stopped");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(log(&stage), WHOLE);
    assert!(!stage.at("runtime/stopped").exists());
}

#[test]
fn a_failed_copy_starts_the_units_and_keeps_its_status() {
    let stage = stage();
    stage.stand_in("copy", "exit 99");
    let ran = run(&stage, "while-stopped");
    assert_eq!(ran.code, Some(99), "{ran:?}");
    assert_eq!(log(&stage), ["start db.service", "start web.service", "stop db.service", "stop web.service"]);
}

#[test]
fn after_a_kill_start_stopped_starts_the_units_once() {
    let stage = stage();
    stage.stand_in("copy", "kill -KILL $PPID");
    assert_ne!(run(&stage, "while-stopped").code, Some(0));
    assert_eq!(log(&stage), ["stop db.service", "stop web.service"]);
    for started in [&["start db.service", "start web.service"][..], &[]] {
        assert_eq!(run(&stage, "start-stopped").code, Some(0));
        assert_eq!(log(&stage), started);
    }
}

#[test]
fn a_service_that_was_stopped_stays_stopped() {
    let stage = stage();
    for unit in ["db.service", "web.service"] {
        stage.file(&format!("units/{unit}"), "inactive\n");
    }
    assert_eq!(run(&stage, "while-stopped").code, Some(0));
    assert_eq!(log(&stage), ["copy name inactive inactive "]);

    // The owner stops the service during the copy.
    let stage = self::stage();
    stage.stand_in("copy", r#"echo inactive >"$STAGE/units/homeserver-notes.target""#);
    let ran = run(&stage, "while-stopped");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(log(&stage), ["stop db.service", "stop web.service"]);
    assert!(ran.out.contains("web.service stays stopped: homeserver-notes.target was stopped"), "{ran:?}");
}

#[test]
fn a_copy_during_which_a_unit_was_started_is_no_backup() {
    let stage = stage();
    stage.stand_in("copy", "systemctl start web.service; systemctl stop web.service");
    let ran = run(&stage, "while-stopped");
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains("web.service was started during the copy"), "{ran:?}");
    assert_eq!(std::fs::read_to_string(stage.at("units/web.service")).unwrap(), "active\n");
}

#[test]
fn a_unit_that_does_not_start_again_fails_the_backup_and_another_unit_starts_it() {
    for file in ["fails-to-start", "fails-to-show"] {
        let stage = stage();
        stage.file(file, "");
        let ran = run(&stage, "while-stopped");
        let code = i32::from(file == "fails-to-start");
        assert_eq!(ran.code, Some(code), "{ran:?}");
        assert_eq!(run(&stage, "start-stopped").code, Some(code), "{file}");
        std::fs::remove_file(stage.at(file)).unwrap();
        assert_eq!(run(&stage, "start-stopped").code, Some(0));
        assert_eq!(log(&stage), WHOLE);
    }
}

#[test]
fn a_unit_that_does_not_stop_is_not_copied() {
    let stage = stage();
    stage.file("fails-to-stop", "");
    let ran = run(&stage, "while-stopped");
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains("could be stopped"), "{ran:?}");
    assert_eq!(log(&stage), [""; 0]);
    // systemd runs this after the script.
    assert_eq!(run(&stage, "start-stopped").code, Some(0));
    assert_eq!(log(&stage), ["start db.service", "start web.service"]);
}

#[test]
fn a_database_is_not_reported_if_its_container_is_stopped_during_the_copy() {
    let checked = |stop: &str| {
        report(&compile(format!(
            r#"homegen: 1
host: {{ name: box, nixos: "26.05", timezone: UTC, mounts: {{ /mnt/backup: {{}} }} }}
services:
  notes:
    containers:
      db: {{ image: docker.io/library/postgres:17.2, env_file: /srv/env, volumes: ["/srv/notes/db:/var/lib/postgresql/data"] }}
      web: {{ image: docker.io/example/notes:1.0.0, volumes: ["/srv/notes/web:/data:ro"] }}
    backup:
      files: {{ folder: /srv/notes, {stop} to: /mnt/backup, at: daily }}
"#
        )))
    };
    for (stop, is_reported) in [
        ("", true),
        ("stop: false,", true),
        ("stop: [web],", true),
        ("stop: [db],", false),
        ("stop: [notes-db],", false),
        ("stop: db,", false),
        ("stop: true,", false),
        ("exclude: [db], stop: web,", false),
    ] {
        let report = checked(stop);
        assert_eq!(report.contains("HG1307"), is_reported, "{stop}: {report}");
        assert!(!report.contains("HG13") || is_reported, "{stop}: {report}");
    }
    // The only container that can write has its folder left out.
    assert!(
        checked("exclude: [db], stop: true,").contains("no container of the service writes to"),
        "it stops nothing"
    );
}
