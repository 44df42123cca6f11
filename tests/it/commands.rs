//! The command `homeserver`, with stand-ins for the programs that it runs.

use crate::common::scripts::{Ran, Stage};

const CONTAINERS: &str = "immich immich-postgres postgres\nimmich immich-server -\nkuma kuma -\n";

/// Runs the command with stand-ins that print how they are called.
fn homeserver(arguments: &[&str]) -> Ran {
    let mut stage = Stage::new();
    for program in ["podman", "journalctl", "systemctl"] {
        stage.stand_in(program, &format!("printf '<%s>' {program} \"$@\""));
    }
    stage.set("CONTAINERS", CONTAINERS);
    stage.run("homeserver", arguments)
}

fn ran(arguments: &[&str]) -> String {
    let ran = homeserver(arguments);
    assert_eq!(ran.code, Some(0), "{arguments:?}: {ran:?}");
    ran.out
}

fn refused(arguments: &[&str]) -> String {
    let ran = homeserver(arguments);
    assert!(ran.code != Some(0) && ran.out.is_empty(), "{arguments:?}: {ran:?}");
    ran.err
}

#[test]
fn logs_shows_a_service_or_one_container() {
    assert_eq!(
        ran(&["logs", "immich", "-f"]),
        "<journalctl><--unit=podman-immich-postgres.service><--unit=podman-immich-server.service><-f>"
    );
    assert_eq!(
        ran(&["logs", "immich-server", "--since", "1 hour ago"]),
        "<journalctl><--unit=podman-immich-server.service><--since><1 hour ago>"
    );
    assert_eq!(ran(&["logs", "kuma"]), "<journalctl><--unit=podman-kuma.service>");
}

#[test]
fn a_service_starts_and_stops_with_its_target() {
    let show = "<systemctl><show><--property=Wants><--value><homeserver-immich.target>";
    let start = "<systemctl><start><homeserver-immich.target>";
    // The stand-in prints its call, so the wanted units are that call.
    assert_eq!(ran(&["start", "immich"]), format!("{start}<{show}>"));
    assert_eq!(
        ran(&["restart", "immich"]),
        format!("<systemctl><restart><homeserver-immich.target>{start}<{show}>")
    );
    assert_eq!(ran(&["stop", "immich"]), "<systemctl><stop><homeserver-immich.target>");
    // A service may have a container of its name.
    assert_eq!(ran(&["stop", "kuma"]), "<systemctl><stop><homeserver-kuma.target>");
}

#[test]
fn one_container_starts_only_while_its_service_is_started() {
    assert_eq!(ran(&["stop", "immich-server"]), "<systemctl><stop><podman-immich-server.service>");
    assert_eq!(
        ran(&["start", "immich-server"]),
        "<systemctl><is-active><--quiet><homeserver-immich.target><systemctl><start><podman-immich-server.service>"
    );
    let mut stage = Stage::new();
    stage.stand_in("systemctl", "[ \"$1\" != is-active ]");
    stage.set("CONTAINERS", CONTAINERS);
    for word in ["start", "restart"] {
        let ran = stage.run("homeserver", &[word, "immich-server"]);
        assert_eq!(
            (ran.code, ran.err.as_str()),
            (Some(1), "immich is stopped; start it first: homeserver start immich\n")
        );
    }
}

#[test]
fn shell_opens_in_one_container() {
    assert_eq!(
        ran(&["shell", "immich-server", "ls", "a b"]),
        "<podman><exec><--interactive><--><immich-server><ls><a b>"
    );
    assert!(ran(&["shell", "kuma"]).starts_with("<podman><exec><--interactive><--><kuma><sh><-c>"));
    assert!(refused(&["shell", "immich"]).ends_with("immich-postgres\nimmich-server\n"));
}

#[test]
fn psql_connects_to_the_postgres_of_a_service() {
    for name in ["immich", "immich-postgres"] {
        let ran = ran(&["psql", name, "-c", "select 'x'"]);
        assert!(
            ran.starts_with("<podman><exec><--interactive><--><immich-postgres><sh><-c><exec psql "),
            "{ran}"
        );
        assert!(ran.ends_with("<psql><-c><select 'x'>"), "{ran}");
    }
    assert!(refused(&["psql", "kuma"]).contains("Postgres"));
}

#[test]
fn list_prints_every_container() {
    let list = ran(&["list"]);
    assert_eq!(list.lines().count(), 3, "{list}");
}

#[test]
fn unknown_names_and_commands_are_reported() {
    for arguments in [
        &["logs", "x"] as &[&str],
        &["shell", "im"],
        &["psql", "-"],
        &["stop", "im"],
        &[],
        &["logs"],
        &["stop"],
        &["nonsense"],
    ] {
        assert!(!refused(arguments).is_empty(), "{arguments:?}");
    }
}
