//! The script that sets the password and the extensions of a database of the host, with a real Postgres.

use std::process::Command;

use crate::common::scripts::{Ran, Stage};
use crate::postgres::Postgres;

/// A password with characters that are special in SQL and in a shell.
const PASSWORD: &str = r#"it's "$HOME" \ `x` %s"#;

/// A server with the roles and databases `notes` and `wiki`, as NixOS creates them.
fn server(postgres: Option<Postgres>) -> Option<(Postgres, Stage)> {
    let postgres = postgres?;
    for name in ["notes", "wiki"] {
        postgres.sql("postgres", &format!("CREATE ROLE {name} LOGIN CREATEDB"));
        postgres.sql("postgres", &format!("CREATE DATABASE {name} OWNER {name}"));
    }
    let mut stage = Stage::new();
    std::fs::create_dir(stage.at("credentials")).unwrap();
    let path = std::env::var("PATH").expect("there is a PATH");
    stage.set("PATH", format!("{}:{path}", postgres.programs().display()));
    stage.set("PGHOST", postgres.socket().to_str().expect("UTF-8"));
    stage.set("PGUSER", crate::postgres::USER);
    let credentials = stage.at("credentials");
    stage.set("CREDENTIALS_DIRECTORY", credentials.to_str().expect("UTF-8"));
    Some((postgres, stage))
}

fn set_up(stage: &Stage, arguments: &[&str]) -> Ran {
    stage.run("set-up-database", arguments)
}

/// Connects as `role`, as a container does, and returns the output or the error.
fn connect(postgres: &Postgres, role: &str, database: &str, password: &str) -> Result<String, String> {
    let output = Command::new(postgres.programs().join("psql"))
        .args(["-X", "-A", "-t", "-c", "SELECT current_user"])
        .env("PGHOST", postgres.socket())
        .envs([("PGUSER", role), ("PGDATABASE", database), ("PGPASSWORD", password)])
        .output()
        .expect("psql runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8").trim().to_owned();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

#[test]
fn a_role_logs_in_with_its_password_and_only_to_its_database() {
    let Some((postgres, stage)) = server(Postgres::new()) else { return };
    postgres.authenticate(
        "local notes notes scram-sha-256\nlocal all notes scram-sha-256\nlocal all all trust\n",
    );
    std::fs::write(stage.at("credentials/notes"), format!("{PASSWORD}\n")).unwrap();
    for name in ["notes", "wiki"] {
        let ran = set_up(&stage, &[name]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
    assert_eq!(connect(&postgres, "notes", "notes", PASSWORD).as_deref(), Ok("notes"));
    let wrong = connect(&postgres, "notes", "notes", "wrong").unwrap_err();
    assert!(wrong.contains("password authentication failed"), "{wrong}");
    let other = connect(&postgres, "notes", "wiki", PASSWORD).unwrap_err();
    assert!(other.contains("permission denied for database"), "{other}");
    let rights = "SELECT rolsuper OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = 'notes'";
    assert_eq!(postgres.sql("postgres", rights), "f");
    let stored = "SELECT rolpassword LIKE 'SCRAM-SHA-256$%' FROM pg_authid WHERE rolname = 'notes'";
    assert_eq!(postgres.sql("postgres", stored), "t");
}

#[test]
fn a_changed_password_applies_at_the_next_run() {
    let Some((postgres, stage)) = server(Postgres::new()) else { return };
    postgres.authenticate("local notes notes scram-sha-256\nlocal all all trust\n");
    for password in ["first", "second"] {
        std::fs::write(stage.at("credentials/notes"), password).unwrap();
        assert_eq!(set_up(&stage, &["notes"]).code, Some(0));
        assert!(connect(&postgres, "notes", "notes", password).is_ok());
    }
    assert!(connect(&postgres, "notes", "notes", "first").is_err());
}

#[test]
fn an_empty_password_or_one_of_several_lines_fails() {
    let Some((_postgres, stage)) = server(Postgres::new()) else { return };
    for password in ["", "\n", "a\nb"] {
        std::fs::write(stage.at("credentials/notes"), password).unwrap();
        let ran = set_up(&stage, &["notes"]);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(ran.err.contains("the password of notes is empty or has more than one line"), "{ran:?}");
    }
}

#[test]
fn extensions_are_created_with_those_that_they_need() {
    let Some((postgres, stage)) = server(Postgres::new()) else { return };
    // The search_path of the application does not change where they are.
    postgres.sql("notes", "CREATE SCHEMA hidden; ALTER DATABASE notes SET search_path = hidden, pg_catalog");
    for _ in 0..2 {
        let ran = set_up(&stage, &["notes", "earthdistance", "pg_trgm", "uuid-ossp"]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
    let all = "SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1";
    assert_eq!(postgres.sql("notes", all), "cube\nearthdistance\npg_trgm\nuuid-ossp");
    let schemas = "SELECT DISTINCT extnamespace::regnamespace FROM pg_extension WHERE extname <> 'plpgsql'";
    assert_eq!(postgres.sql("notes", schemas), "public");
    assert_eq!(postgres.sql("wiki", all), "");
    let unknown = set_up(&stage, &["notes", "no-such-extension"]);
    assert_ne!(unknown.code, Some(0), "{unknown:?}");
}

#[test]
fn the_vector_extension_is_created() {
    let Some((postgres, stage)) = server(Postgres::with_pgvector()) else { return };
    let ran = set_up(&stage, &["notes", "vector"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(postgres.sql("notes", "SELECT count(*) FROM pg_extension WHERE extname = 'vector'"), "1");
}

#[test]
fn the_check_before_a_start_passes_while_postgres_accepts_connections() {
    let Some((mut postgres, stage)) = server(Postgres::new()) else { return };
    stage.stand_in("runuser", r#"shift 3; exec "$@""#);
    assert_eq!(stage.run("require-postgres", &[]).code, Some(0));
    postgres.stop();
    let ran = stage.run("require-postgres", &[]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains("Postgres does not accept connections"), "{ran:?}");
}
