//! The command `homeserver`, with stand-ins for the programs that it runs.

use crate::common::scripts::{Ran, Stage};

const CONTAINERS: &str = "immich immich-postgres postgres docker.io/library/postgres:17
immich immich-redis valkey docker.io/valkey/valkey:9
immich immich-server - docker.io/example/server:1
immich immich-worker - docker.io/example/server:1
notes notes-a - docker.io/example/notes:2
notes notes-b - -
kuma kuma - docker.io/example/kuma:2
both both-db postgres docker.io/library/postgres:17
both both-server - docker.io/example/both:1
wiki wiki-db - docker.io/library/mariadb:11
vault vaultwarden unit -
";

/// The databases of the host. `reports` has no container.
const DATABASES: &str = "notes notes notes-a\nnotes notes notes-b\nreports - -\nboth_data both both-server\n";

const VALKEY_USERS: &str = "notes notes notes-a 2\nplain - -\n";

/// The passwords. The stage has the files.
const PASSWORDS: &str = "container immich-postgres POSTGRES_PASSWORD STAGE/immich db
container wiki-db MARIADB_ROOT_PASSWORD STAGE/root
container wiki-db MARIADB_PASSWORD STAGE/wiki
database notes - STAGE/notes
valkey default - STAGE/admin
valkey notes - STAGE/notes-valkey
";

/// Runs the command with stand-ins that print how they are called.
fn homeserver(arguments: &[&str]) -> Ran {
    stage().run("homeserver", arguments)
}

fn stage() -> Stage {
    let mut stage = Stage::new();
    for program in ["podman", "journalctl", "systemctl", "setpriv"] {
        stage.stand_in(program, &format!("printf '<%s>' {program} \"$@\""));
    }
    // The password is in the environment of the client alone.
    stage.stand_in("redis-cli", "printf '<%s>' redis-cli \"$@\" \"auth=$REDISCLI_AUTH\"");
    for (file, text) in [
        ("immich db", "imm%s ich\n"),
        ("root", "rooot"),
        ("wiki", "wiiki"),
        ("notes", "nootes"),
        ("admin", "adm in"),
        ("notes-valkey", "vaal"),
    ] {
        stage.file(file, text);
    }
    stage.set("CONTAINERS", CONTAINERS);
    stage.set("DATABASES", DATABASES);
    stage.set("VALKEY_USERS", VALKEY_USERS);
    let folder = stage.path("");
    stage.set("PASSWORDS", PASSWORDS.replace("STAGE", folder.trim_end_matches('/')));
    stage
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
        "<journalctl><--unit=podman-immich-postgres.service><--unit=podman-immich-redis.service>\
         <--unit=podman-immich-server.service><--unit=podman-immich-worker.service><-f>"
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
fn a_container_may_have_the_name_of_a_kind() {
    let mut stage = Stage::new();
    stage.stand_in("systemctl", "printf '<%s>' \"$@\"");
    stage.set("CONTAINERS", format!("{CONTAINERS}cache valkey valkey docker.io/valkey/valkey:9\n"));
    let ran = stage.run("homeserver", &["start", "valkey"]);
    assert_eq!(
        ran.out, "<is-active><--quiet><homeserver-cache.target><start><podman-valkey.service>",
        "{ran:?}"
    );
}

#[test]
fn shell_opens_in_one_container() {
    assert_eq!(
        ran(&["shell", "immich-server", "ls", "a b"]),
        "<podman><exec><--interactive><--><immich-server><ls><a b>"
    );
    assert!(ran(&["shell", "kuma"]).starts_with("<podman><exec><--interactive><--><kuma><sh><-c>"));
    assert!(
        refused(&["shell", "immich"])
            .ends_with("immich-postgres\nimmich-redis\nimmich-server\nimmich-worker\n")
    );
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
    assert_eq!(
        refused(&["psql", "kuma"]),
        "kuma has no Postgres. Expected a service, or one of: both-db, both_data, immich-postgres, notes, reports\n"
    );
}

#[test]
fn psql_connects_to_a_database_of_the_host_as_the_superuser() {
    let as_superuser = "<setpriv><--reuid=postgres><--regid=postgres><--init-groups><--><env><--chdir=/>\
        <HOME=/var/lib/postgresql><PGHOST=/run/postgresql><PGUSER=postgres>";
    for name in ["notes", "notes-a", "notes-b"] {
        assert_eq!(
            ran(&["psql", name, "-c", "select 'x'"]),
            format!(
                "{as_superuser}<PGDATABASE=notes><PGOPTIONS=-c search_path=public><psql><-c><select 'x'>"
            )
        );
    }
    assert_eq!(
        ran(&["psql", "reports"]),
        format!("{as_superuser}<PGDATABASE=reports><PGOPTIONS=-c search_path=public><psql>")
    );
    // A service with a Postgres of its own and a database of the host.
    assert_eq!(
        refused(&["psql", "both"]),
        "both has several of Postgres; use one of these names: both-db, both_data\n"
    );
    assert_eq!(
        ran(&["psql", "both_data"]),
        format!("{as_superuser}<PGDATABASE=both_data><PGOPTIONS=-c search_path=public><psql>")
    );
}

#[test]
fn psql_on_a_host_without_postgres_fails() {
    let mut stage = stage();
    stage.set("CONTAINERS", "kuma kuma - docker.io/example/kuma:2\n");
    stage.set("DATABASES", "");
    assert_eq!(stage.run("homeserver", &["psql", "kuma"]).err, "this host has no Postgres\n");
}

#[test]
fn password_prints_the_content_of_the_secret() {
    assert_eq!(ran(&["password", "immich"]), "imm%s ich\n");
    assert_eq!(ran(&["password", "immich-postgres", "POSTGRES_PASSWORD"]), "imm%s ich\n");
    assert_eq!(ran(&["password", "notes"]), "nootes\n");
    assert_eq!(ran(&["password", "notes-b"]), "nootes\n");
    assert_eq!(ran(&["password", "wiki", "MARIADB_PASSWORD"]), "wiiki\n");
    for arguments in [&["password", "wiki"] as &[&str], &["password", "wiki-db", "PASSWORD"]] {
        assert_eq!(
            refused(arguments),
            format!(
                "{} has several passwords, or not this one; use one of these commands:\n  homeserver password wiki-db \
                 MARIADB_ROOT_PASSWORD\n  homeserver password wiki-db MARIADB_PASSWORD\n",
                arguments[1]
            )
        );
    }
    for name in ["reports", "kuma", "default", "x"] {
        assert_eq!(
            refused(&["password", name]),
            format!(
                "{name} has no database with a password from a secret. Expected a service, or one of: immich-postgres, \
                 notes, wiki-db\n"
            )
        );
    }
    let stage = stage();
    std::fs::remove_file(stage.at("notes")).unwrap();
    let ran = stage.run("homeserver", &["password", "notes"]);
    assert!(
        ran.code == Some(1)
            && ran.err.ends_with("does not exist: check the messages of the last activation\n"),
        "{ran:?}"
    );
}

#[test]
fn valkey_opens_the_client_without_the_password_in_an_argument() {
    let socket = "<redis-cli><-s></run/redis-valkey/redis.sock>";
    // The number of the database that the user has.
    assert_eq!(ran(&["valkey", "notes"]), format!("{socket}<-n><2><auth=adm in>"));
    assert_eq!(ran(&["valkey", "notes-a", "ping"]), format!("{socket}<-n><2><ping><auth=adm in>"));
    assert_eq!(ran(&["valkey", "plain", "acl", "list"]), format!("{socket}<acl><list><auth=adm in>"));
    assert_eq!(
        ran(&["valkey", "notes", "--as", "notes", "get", "a b"]),
        format!("{socket}<--user><notes><-n><2><get><a b><auth=vaal>")
    );
    assert_eq!(
        refused(&["valkey", "notes", "--as", "note"]),
        "Valkey has no user note. Its users: notes, plain\n"
    );
    let in_container = ran(&["valkey", "immich", "ping"]);
    assert!(
        in_container.starts_with("<podman><exec><--interactive><--><immich-redis><sh><-c>"),
        "{in_container}"
    );
    assert!(in_container.ends_with("<valkey><ping>"), "{in_container}");
    assert_eq!(
        refused(&["valkey", "kuma"]),
        "kuma has no Valkey. Expected a service, or one of: immich-redis, notes, plain\n"
    );
    let mut stage = stage();
    stage.set("PASSWORDS", "");
    assert_eq!(
        stage.run("homeserver", &["valkey", "notes"]).err,
        "Valkey has no `admin`, so no user has all rights. Name a user with --as: notes, plain\n"
    );
}

#[test]
fn pull_and_recreate_pull_each_image_once() {
    let pulled = "<podman><pull><--><docker.io/example/server:1>";
    assert_eq!(ran(&["pull", "immich-server"]), pulled);
    assert_eq!(
        ran(&["pull", "immich"]),
        format!(
            "{pulled}<podman><pull><--><docker.io/library/postgres:17><podman><pull><--><docker.io/valkey/valkey:9>"
        )
    );
    // An image that is never pulled.
    assert_eq!(ran(&["pull", "notes"]), "<podman><pull><--><docker.io/example/notes:2>");
    assert!(refused(&["pull", "notes-b"]).contains("never pulled"));
    let show = "<systemctl><show><--property=Wants><--value><homeserver-kuma.target>";
    assert_eq!(
        ran(&["recreate", "kuma"]),
        format!(
            "<podman><pull><--><docker.io/example/kuma:2><systemctl><restart><homeserver-kuma.target>\
             <systemctl><start><homeserver-kuma.target><{show}>"
        )
    );
    // If an image cannot be pulled, nothing is restarted.
    let stage = stage();
    stage.stand_in("podman", "exit 125");
    let ran = stage.run("homeserver", &["recreate", "kuma"]);
    assert_eq!(
        (ran.code, ran.out.as_str(), ran.err.as_str()),
        (Some(1), "", "docker.io/example/kuma:2 could not be pulled; nothing was restarted\n")
    );
}

#[test]
fn an_unknown_name_is_reported_with_the_services() {
    for word in ["logs", "stop", "pull", "recreate", "shell"] {
        assert_eq!(
            refused(&[word, "imich"]),
            "imich is not a service, a container or a unit of this host. Its services: both, immich, kuma, notes, vault, wiki. \
             `homeserver list` prints their containers\n"
        );
    }
}

#[test]
fn a_unit_of_nixos_is_a_part_of_its_service() {
    assert_eq!(ran(&["logs", "vault"]), "<journalctl><--unit=vaultwarden.service>");
    assert_eq!(ran(&["stop", "vault"]), "<systemctl><stop><homeserver-vault.target>");
    assert_eq!(
        ran(&["restart", "vaultwarden"]),
        "<systemctl><is-active><--quiet><homeserver-vault.target><systemctl><restart><vaultwarden.service>"
    );
    for name in ["vault", "vaultwarden"] {
        assert_eq!(refused(&["shell", name]), format!("{name} has no container\n"));
        assert!(refused(&["pull", name]).contains("no container"));
    }
}

#[test]
fn list_prints_every_container() {
    let list = ran(&["list"]);
    assert_eq!(list.lines().count(), 11, "{list}");
    assert!(list.contains("<is-active><podman-kuma.service>"), "{list}");
    assert!(list.contains("<is-active><vaultwarden.service>"), "{list}");
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
