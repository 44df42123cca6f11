//! Backups and restores of a real Postgres: the last good backup and the current database survive every failure.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::common::sandbox::{STOPPED_AND_STARTED, Sandbox, kill_group, skipped, stderr, wait_for};
use crate::common::scripts::{are_installed, program};

/// The names of the superuser and of the container.
pub const USER: &str = "im mich";
const CONTAINER: &str = "immich-postgres";

/// The name of a database with characters that are special in a shell, in SQL and in a connection string.
const HOSTILE: &str = "we\"ird'; drop=$(touch here) \\";

/// The folder of Postgres's programs: Debian's newest one, whose server is not on the PATH, or the one on the PATH.
fn postgres_programs() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path().join("bin"))
        .collect();
    found.sort();
    let path = std::env::var_os("PATH").expect("there is a PATH");
    found.extend(std::env::split_paths(&path));
    found.retain(|folder| {
        ["initdb", "postgres", "pg_dump", "psql"].iter().all(|name| folder.join(name).exists())
    });
    if found.is_empty() {
        assert!(std::env::var_os("HOMEGEN_REQUIRE_TOOLS").is_none(), "postgresql is not installed");
        println!("skipped: postgresql is not installed");
    }
    found.into_iter().next()
}

/// The folder of a Postgres with pgvector. Debian 12 has no package of it: `.ci/run` installs this one with pip.
fn pgvector() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pgvector");
    if !folder.join("pgserver/pginstall/bin/postgres").exists() {
        assert!(std::env::var_os("HOMEGEN_REQUIRE_TOOLS").is_none(), "pgvector is not installed");
        return skipped("pgvector is not installed");
    }
    Some(folder)
}

/// A Postgres server that only listens on a socket in its own folder.
pub struct Postgres {
    folder: tempfile::TempDir,
    programs: PathBuf,
    /// The command that starts the server.
    server: Command,
    running: Child,
}

impl Postgres {
    pub fn new() -> Option<Postgres> {
        Some(Postgres::of(postgres_programs()?, tempfile::tempdir().expect("a folder")))
    }

    pub fn with_pgvector() -> Option<Postgres> {
        // The user of the server may not be able to read the original folder.
        let folder = tempfile::tempdir().expect("a folder");
        let copied = Command::new("cp").arg("-r").arg(pgvector()?).arg(folder.path()).status();
        assert!(copied.expect("cp runs").success());
        Some(Postgres::of(folder.path().join("pgvector/pgserver/pginstall/bin"), folder))
    }

    fn of(programs: PathBuf, folder: tempfile::TempDir) -> Postgres {
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        // The server does not run as root, and it ends with the test in any case.
        let command = |name: &str| {
            let mut command = Command::new("setpriv");
            command.args(["--pdeathsig", "QUIT"]);
            if rustix::process::geteuid().is_root() {
                command.args(["--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]);
            }
            command.arg(programs.join(name)).arg("-D").arg(&data).current_dir(folder.path());
            command
        };
        if rustix::process::geteuid().is_root() {
            std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
            for path in [folder.path(), &data] {
                std::os::unix::fs::chown(path, Some(65534), Some(65534)).unwrap();
            }
        }
        // initdb runs once for each version, and each server starts with a copy of its result.
        let version = Command::new(programs.join("initdb")).arg("--version").output().expect("initdb runs");
        let version = String::from_utf8_lossy(&version.stdout).replace(|c: char| !c.is_alphanumeric(), "-");
        let template = Path::new(env!("CARGO_TARGET_TMPDIR")).join(version.trim_end_matches('-'));
        let copy = |from: &Path, to: &Path| {
            let copied =
                Command::new("cp").args(["--archive", "--no-target-directory"]).args([from, to]).status();
            assert!(copied.expect("cp runs").success());
        };
        if template.exists() {
            copy(&template, &data);
        } else {
            let mut initdb = command("initdb");
            initdb.args(["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C", "--username", USER]);
            let output = initdb.output().expect("initdb runs");
            assert!(output.status.success(), "{}", stderr(&output));
            // Two tests may do this at the same time. The rename is atomic, and one of the two templates is kept.
            let unfinished = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
            copy(&data, &unfinished.path().join("data"));
            let _ = std::fs::rename(unfinished.path().join("data"), &template);
        }
        let mut server = command("postgres");
        server.args([
            "-c",
            "fsync=off",
            "-c",
            "listen_addresses=",
            "-c",
            "max_prepared_transactions=4",
            "-k",
        ]);
        server.arg(folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
        let running = server.spawn().unwrap();
        let postgres = Postgres { folder, programs, server, running };
        wait_for(|| postgres.psql("postgres", "SELECT 1").output().unwrap().status.success());
        postgres
    }

    pub fn stop(&mut self) {
        let id = rustix::process::Pid::from_child(&self.running);
        let _ = rustix::process::kill_process(id, rustix::process::Signal::QUIT);
        let _ = self.running.wait();
    }

    /// Starts the server again, without waiting for it.
    fn boot(&mut self) {
        self.running = self.server.spawn().unwrap();
    }

    fn psql(&self, database: &str, sql: &str) -> Command {
        let mut command = Command::new(self.programs.join("psql"));
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql]);
        command.env("PGHOST", self.folder.path()).env("PGUSER", USER).env("PGDATABASE", database);
        command
    }

    /// The folder of its programs.
    pub fn programs(&self) -> &Path {
        &self.programs
    }

    /// The folder of its socket.
    pub fn socket(&self) -> &Path {
        self.folder.path()
    }

    /// Replaces the rules of authentication (pg_hba.conf).
    pub fn authenticate(&self, rules: &str) {
        std::fs::write(self.folder.path().join("data/pg_hba.conf"), rules).unwrap();
        self.sql("postgres", "SELECT pg_reload_conf()");
        wait_for(|| {
            let count = self.sql("postgres", "SELECT count(*) FROM pg_hba_file_rules");
            count == rules.lines().count().to_string()
        });
    }

    /// Runs SQL, and returns its output.
    pub fn sql(&self, database: &str, sql: &str) -> String {
        let output = self.psql(database, sql).output().expect("psql runs");
        assert!(output.status.success(), "{sql}: {}", stderr(&output));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn create(&self, database: &str) {
        self.sql("postgres", &format!("CREATE DATABASE {}", quoted(database)));
    }

    /// Creates a database with every kind of content that a backup has to contain.
    fn fill(&self, database: &str) {
        self.create(database);
        self.sql(
            database,
            "CREATE EXTENSION hstore; CREATE EXTENSION pg_trgm;
             CREATE TABLE album (id serial PRIMARY KEY, name text NOT NULL, tags hstore);
             INSERT INTO album (name, tags) SELECT 'album ' || i, hstore('n', i::text) FROM generate_series(1, 500) i;
             CREATE SCHEMA \"sch ema\";
             CREATE TABLE \"sch ema\".asset (id int PRIMARY KEY, album int REFERENCES album, path text, content bytea);
             INSERT INTO \"sch ema\".asset SELECT i, 1 + i % 500, E'it''s\\t\\\\ \\n ü ' || i,
                 decode(md5(i::text) || md5((-i)::text), 'hex') FROM generate_series(1, 3000) i;
             CREATE INDEX ON album USING gin (name gin_trgm_ops);
             CREATE VIEW counted AS SELECT count(*) FROM \"sch ema\".asset;
             CREATE TABLE empty (nothing int);
             SELECT lo_from_bytea(4711, decode(repeat('c0ffee', 20000), 'hex'));",
        );
    }

    /// A summary of everything that `fill` wrote.
    fn contents(&self, database: &str) -> String {
        self.sql(
            database,
            "SELECT count(*), md5(string_agg(a::text, ',' ORDER BY id)) FROM album a;
             SELECT count(*), md5(string_agg(a::text, ',' ORDER BY id)) FROM \"sch ema\".asset a;
             SELECT md5(lo_get(4711)), count(*) FROM pg_largeobject_metadata; SELECT * FROM counted, empty;
             SELECT nextval('album_id_seq') > 500; SELECT string_agg(extname, ',' ORDER BY extname) FROM pg_extension;
             SELECT string_agg(indexdef, ',' ORDER BY indexdef) FROM pg_indexes WHERE tablename IN ('album', 'asset');
             SELECT count(*) FROM pg_constraint WHERE contype = 'f'",
        )
    }

    /// All databases but Postgres' own, by name.
    fn databases(&self) -> Vec<String> {
        let all = "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres' ORDER BY datname";
        self.sql("postgres", all).lines().map(str::to_owned).collect()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A name in SQL.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Runs the program of Postgres in `$@` with the variables in `environment`, as the stand-ins for podman and setpriv do.
/// The script in the file `fault` replaces the program, and gets it as arguments.
const RUN: &str = r#"run() { env -i "${environment[@]}" "$@"; }
    if [ -e "$HERE/fault" ]; then . "$HERE/fault"; fi
    run "$@""#;

/// A sandbox with a stand-in for systemctl, for a database of a Postgres.
fn any_sandbox_of(database: &str) -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.set("DATABASE", database).set("DATABASE_USER", USER);
    sandbox.set("UNITS", "podman-ml.service podman-server.service").set("READY_WITHIN", "0");
    sandbox.add_systemctl();
    sandbox
}

/// A sandbox with a stand-in for podman in front of a Postgres. As in a container, only given variables are passed, and
/// standard input only with `--interactive`.
fn sandbox_of(postgres: &Postgres, database: &str) -> Sandbox {
    let mut sandbox = any_sandbox_of(database);
    sandbox.set("CONTAINER", CONTAINER);
    program(
        &sandbox.at("bin/podman"),
        &format!(
            "set -euo pipefail
             if [ \"$*\" = 'container inspect --format {{{{.State.Running}}}} -- {CONTAINER}' ]; then
                 if [ -e \"$HERE/down\" ]; then echo false; else echo true; fi
                 exit
             fi
             [ \"$1\" = exec ]; shift
             environment=(PGHOST='{socket}' PATH='{programs}':/usr/bin:/bin)
             input=no
             while [ \"$1\" != -- ]; do
                 case $1 in
                     --interactive) input=yes ;;
                     --env) environment+=(\"$2\"); shift ;;
                     *) exit 125 ;;
                 esac
                 shift
             done
             [ \"$2\" = {CONTAINER} ]; shift 2
             [ $input = yes ] || exec </dev/null
             {RUN}",
            socket = postgres.folder.path().display(),
            programs = postgres.programs.display(),
        ),
    );
    sandbox
}

/// SQL that gives everything of the superuser in the current database to the role with the name of the database.
const GIVE: &str = "DO $$ DECLARE command text; BEGIN
    FOR command IN
        SELECT format('ALTER DATABASE %I OWNER TO %1$I', datname) FROM pg_database
            WHERE datname = current_database() AND datdba = 10
        UNION ALL SELECT format('ALTER SCHEMA %I OWNER TO %I', nspname, current_database()) FROM pg_namespace
            WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public') AND nspowner = 10
        UNION ALL SELECT format('ALTER TABLE %s OWNER TO %I', c.oid::regclass, current_database()) FROM pg_class c
            WHERE relkind IN ('r', 'p', 'v', 'm') AND relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
                AND relowner = 10
                AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = c.oid AND deptype = 'e')
        UNION ALL SELECT format('ALTER ROUTINE %s OWNER TO %I', p.oid::regprocedure, current_database()) FROM pg_proc p
            WHERE pronamespace::regnamespace::text !~ '^(pg_|information_schema)' AND proowner = 10
                AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
        UNION ALL SELECT format('ALTER LARGE OBJECT %s OWNER TO %I', oid, current_database())
            FROM pg_largeobject_metadata
    LOOP EXECUTE command; END LOOP;
END $$";

/// A sandbox for a database of the host, whose Postgres it reaches as another user. The database and its content belong
/// to a role of its name.
fn host_sandbox_of(postgres: &Postgres, database: &str) -> Sandbox {
    // It may exist already.
    postgres.psql("postgres", &format!("CREATE ROLE {}", quoted(database))).output().expect("psql runs");
    if postgres.databases().iter().any(|name| name == database) {
        postgres.sql(
            database,
            &format!("SET default_transaction_read_only = off; SET search_path = pg_catalog; {GIVE}"),
        );
    }
    let mut sandbox = any_sandbox_of(database);
    sandbox.set("SOCKETS", postgres.socket()).set("SET_UP", SET_UP);
    program(
        &sandbox.at("bin/setpriv"),
        &format!(
            "set -euo pipefail
             [ \"$1 $2 $3 $4\" = '--reuid={USER} --regid={USER} --init-groups --' ]; shift 4
             [ \"$1 $2 $3\" = 'env --ignore-environment --chdir=/' ]; shift 3
             cd /
             environment=()
             while [[ $1 == *=* ]]; do
                 environment+=(\"$1\")
                 shift
             done
             environment+=(PATH='{programs}':/usr/bin:/bin)
             {RUN}",
            programs = postgres.programs.display(),
        ),
    );
    program(&sandbox.at("bin/podman"), "echo 'podman was called' >&2; exit 125");
    sandbox
}

/// The unit that sets the password of a database of the host.
const SET_UP: &str = "postgres-databases.service";

/// A database in a container, and a database of the host: the sandbox, and the calls of systemctl during a restore.
type Place = (fn(&Postgres, &str) -> Sandbox, &'static str);
const PLACES: [Place; 2] = [
    (sandbox_of, STOPPED_AND_STARTED),
    (
        host_sandbox_of,
        "stop -- podman-ml.service podman-server.service\nrestart -- postgres-databases.service\nstart -- podman-ml.service podman-server.service\n",
    ),
];

impl Sandbox {
    fn fault(&self, code: &str) -> &Sandbox {
        std::fs::write(self.at("fault"), code).unwrap();
        self
    }

    fn restores(&self, dump: &Path) -> String {
        let output = self.run(&["restore-postgres", "--yes", dump.to_str().unwrap()]);
        assert!(output.status.success(), "{}", stderr(&output));
        assert_eq!(stderr(&output), "");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Restores a dump, which has to fail for a reason.
    fn restore_fails(&self, dump: &Path, why: &str) {
        let output = self.run(&["restore-postgres", "--yes", dump.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(stderr(&output).contains(why), "{why:?} is not in {}", stderr(&output));
        // Messages of bash and notices of Postgres would not help the user.
        assert!(
            [": line ", "NOTICE", "by hand"].iter().all(|text| !stderr(&output).contains(text)),
            "{}",
            stderr(&output)
        );
    }
}

#[test]
fn a_backup_restores_into_an_empty_postgres_with_every_row() {
    for (place, restore_calls) in PLACES {
        let (Some(first), Some(empty)) = (Postgres::new(), Postgres::new()) else { return };
        for database in ["immich", HOSTILE, "postgresql://x/y", "-d a=b 데이터", &"long".repeat(15)] {
            first.fill(database);
            let sandbox = place(&first, database);
            let dump = sandbox.backup("dump-postgres");
            assert_eq!(dump.metadata().unwrap().mode() & 0o7777, 0o600);
            let restore = place(&empty, database);
            restore.restores(&dump);
            assert_eq!(empty.contents(database), first.contents(database), "{database}");
            assert!(!sandbox.at("here").exists() && !restore.at("here").exists());
            assert_eq!(restore.systemctl_calls(), restore_calls);
            assert!(empty.databases().contains(&database.to_owned()), "{:?}", empty.databases());
        }
        assert_eq!(empty.databases().len(), 5);
        // A restore over an existing database keeps the previous one.
        for (database, all) in [("immich", 6), (&"long".repeat(15), 7)] {
            place(&empty, database).restores(&place(&first, database).backup("dump-postgres"));
            assert_eq!(empty.contents(database), first.contents(database), "{database}");
            assert_eq!(empty.databases().len(), all);
        }
    }
}

#[test]
fn a_database_is_restored_from_a_snapshot_and_a_killed_dump_makes_none() {
    let Some(postgres) = Postgres::new() else { return };
    postgres.fill("immich");
    let Some(mut sandbox) = sandbox_of(&postgres, "immich").with_repository() else { return };
    sandbox.set("PRODUCER", "dump-postgres").set("RESTORE", "restore-postgres");
    let before = rows(&postgres, "immich");
    sandbox.snapshot();
    assert!(
        postgres
            .psql("immich", "DELETE FROM \"sch ema\".asset; DELETE FROM album; CREATE TABLE since (k int)")
            .output()
            .unwrap()
            .status
            .success()
    );
    assert_ne!(rows(&postgres, "immich"), before);
    sandbox.fault(
        "if [ \"$1\" = pg_dump ]; then run \"$@\" | { head -c 2000; touch \"$HERE/begun\"; sleep 100; }; fi",
    );
    let mut child = sandbox.command(&["snapshot"]).process_group(0).stderr(Stdio::null()).spawn().unwrap();
    wait_for(|| sandbox.at("begun").exists());
    kill_group(&mut child);
    std::fs::remove_file(sandbox.at("fault")).unwrap();
    assert_eq!(sandbox.snapshots("database").len(), 1);
    // The name in messages is the argument, because the file is temporary.
    let output = sandbox.run(&["restore-snapshot", "--yes", "latest"]);
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{stdout}{}", stderr(&output));
    assert!(stdout.contains("immich was restored from latest."), "{stdout}");
    assert_eq!(rows(&postgres, "immich"), before);
    sandbox.snapshot();
    assert_eq!(sandbox.snapshots("database").len(), 2);
}

#[test]
fn a_truncated_dump_is_not_kept_as_a_backup() {
    for (place, _) in PLACES {
        let Some(postgres) = Postgres::new() else { return };
        postgres.fill("immich");
        let mut sandbox = place(&postgres, "immich");
        sandbox.set("KEEP_AT_LEAST", "0").set("KEEP_DAYS", "0");
        let whole = sandbox.backup("dump-postgres").metadata().unwrap().len();
        for backup in sandbox.backups("database", ".dump") {
            std::fs::remove_file(backup).unwrap();
        }
        sandbox.add_old_backup("database-2001-01-01T000000.dump");
        for length in
            [0, 1, 5, 100, 3000, whole / 2, whole - 1000, whole - 6, whole - 5, whole - 4, whole - 1]
        {
            for (status, why) in
                [(0, "cannot be read to its end"), (1, "pg_dump of database"), (137, "pg_dump of database")]
            {
                sandbox.fault(&format!(
                "if [ \"$1\" = pg_dump ]; then run \"$@\" | {{ head -c {length}; cat >/dev/null; }}; exit {status}; fi"
            ));
                sandbox.backup_fails("dump-postgres", why);
            }
        }
        // A complete dump of a failed pg_dump is not a backup, and neither is an unreadable one.
        sandbox
            .fault("if [ \"$1\" = pg_dump ]; then run \"$@\"; exit 1; fi")
            .backup_fails("dump-postgres", "pg_dump of");
        sandbox
            .fault("if [ \"$1\" = pg_restore ]; then exit 125; fi")
            .backup_fails("dump-postgres", "to its end");
        std::fs::remove_file(sandbox.at("fault")).unwrap();
        sandbox.set("DATABASE", "missing").backup_fails("dump-postgres", "does not exist");
        sandbox.set("DATABASE", "postgres").backup_fails("dump-postgres", "has no tables");
        if sandbox.variables.contains_key("CONTAINER") {
            sandbox
                .set("CONTAINER", "missing")
                .backup_fails("dump-postgres", "Postgres in container missing is not ready");
            sandbox.set("CONTAINER", CONTAINER);
        }
        sandbox.set("DATABASE", "immich").backup("dump-postgres");
        assert_eq!(sandbox.backups("database", ".dump").len(), 1);
    }
}

#[test]
fn a_file_size_limit_fails_the_dump_and_keeps_the_old_backups() {
    for (place, _) in PLACES {
        let Some(postgres) = Postgres::new() else { return };
        postgres.fill("immich");
        let sandbox = place(&postgres, "immich");
        sandbox.add_old_backup("database-2001-01-01T000000.dump");
        for before in ["trap '' XFSZ; ", ""] {
            program(&sandbox.at("bin/limited"), &format!("{before}ulimit -f 8; exec dump-postgres \"$@\""));
            sandbox.backup_fails("limited", "no backup of database was made");
        }
    }
}

#[test]
fn a_killed_dump_keeps_the_last_good_backup() {
    for (place, _) in PLACES {
        let Some(postgres) = Postgres::new() else { return };
        postgres.fill("immich");
        let sandbox = place(&postgres, "immich");
        let old = sandbox.add_old_backup("database-2001-01-01T000000.dump");
        for length in [0, 2000, 50_000] {
            sandbox.fault(&format!(
            "if [ \"$1\" = pg_dump ]; then run \"$@\" | {{ head -c {length}; touch \"$HERE/begun\"; sleep 100; }}; fi"
        ));
            for group in [true, false] {
                let mut child =
                    sandbox.command(&["backup", "dump-postgres"]).process_group(0).spawn().unwrap();
                wait_for(|| sandbox.at("begun").exists());
                std::fs::remove_file(sandbox.at("begun")).unwrap();
                if !group {
                    // The processes that podman leaves behind do not hold the lock.
                    child.kill().unwrap();
                    assert_eq!(sandbox.backups("database", ".dump"), std::slice::from_ref(&old));
                    sandbox.fault("if [ \"$1\" = pg_dump ]; then exit 1; fi");
                    let output = sandbox.run(&["backup", "dump-postgres"]);
                    assert!(stderr(&output).contains("pg_dump of"), "{}", stderr(&output));
                }
                kill_group(&mut child);
                assert_eq!(sandbox.backups("database", ".dump"), std::slice::from_ref(&old));
            }
        }
        std::fs::remove_file(sandbox.at("fault")).unwrap();
        sandbox.backup("dump-postgres");
        assert!(old.exists());
    }
}

#[test]
fn a_dump_waits_for_a_starting_postgres() {
    let Some(mut postgres) = Postgres::new() else { return };
    postgres.fill(HOSTILE);
    let mut sandbox = sandbox_of(&postgres, HOSTILE);
    // Records each call of a Postgres program with its environment.
    sandbox.fault("printf '%s\\0' \"$1 ${environment[*]}\" >>\"$HERE/asked\"");
    let asked = |sandbox: &Sandbox| {
        let text = std::fs::read_to_string(sandbox.at("asked")).unwrap_or_default();
        let calls: Vec<String> = text.split_terminator('\0').map(str::to_owned).collect();
        calls
    };
    postgres.stop();
    sandbox.set("READY_WITHIN", "60");
    let waits = sandbox.command(&["backup", "dump-postgres"]).stderr(Stdio::piped()).spawn().unwrap();
    wait_for(|| asked(&sandbox).len() > 1);
    assert!(asked(&sandbox).iter().all(|call| call.starts_with("pg_isready ")), "{:?}", asked(&sandbox));
    postgres.boot();
    let output = waits.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(sandbox.backups("database", ".dump").len(), 1);
    // pg_isready gets the same server, user and database as pg_dump.
    let calls = asked(&sandbox);
    let of = |program: &str| calls.iter().find_map(|call| call.strip_prefix(program)).expect("it was called");
    assert!(of("pg_dump ").contains("PGDATABASE=we\"ird"), "{calls:?}");
    assert_eq!(of("pg_isready "), of("pg_dump "));
}

#[test]
fn a_postgres_that_is_never_ready_is_reported_after_the_timeout() {
    let Some(mut postgres) = Postgres::new() else { return };
    postgres.fill("immich");
    let mut sandbox = sandbox_of(&postgres, "immich");
    sandbox.add_old_backup("database-2001-01-01T000000.dump");
    postgres.stop();
    sandbox.set("READY_WITHIN", "02").backup_fails("dump-postgres", "no response");
    let output = sandbox.run(&["backup", "dump-postgres"]);
    let stderr = stderr(&output);
    let (_, rest) =
        stderr.split_once("Postgres in container immich-postgres is not ready after ").expect(&stderr);
    let seconds: u32 = rest.split_once(" seconds").expect(&stderr).0.parse().expect(&stderr);
    assert!(seconds >= 2, "{stderr}");
    // A server that runs and rejects connections, as during recovery.
    postgres.boot();
    sandbox.fault("if [ \"$1\" = pg_isready ]; then echo rejecting connections; exit 1; fi");
    sandbox.set("READY_WITHIN", "1").backup_fails("dump-postgres", "(rejecting connections)");
    for wrong in ["soon", "-1", "a[$(touch here)]"] {
        sandbox.set("READY_WITHIN", wrong).backup_fails("dump-postgres", "READY_WITHIN is not a number");
    }
    assert!(!sandbox.at("here").exists());
}

/// The rows of every table and materialized view of `public`, and its indexes.
fn rows(postgres: &Postgres, database: &str) -> String {
    let tables = "SELECT format('SELECT %L, md5(string_agg(t::text, E''\\n'' ORDER BY t::text)), count(*) FROM %s t;',
        relname, oid::regclass) FROM pg_class WHERE relkind IN ('r', 'm') AND relnamespace = 'public'::regnamespace
        ORDER BY relname";
    let queries = postgres.sql(database, tables);
    let indexes =
        "SELECT string_agg(indexdef, ',' ORDER BY indexdef) FROM pg_indexes WHERE schemaname = 'public'";
    format!("{}{}", postgres.sql(database, &queries), postgres.sql(database, indexes))
}

/// Indexes, a generated column and a materialized view whose functions find names through search_path.
const THROUGH_SEARCH_PATH: &str = "
    CREATE EXTENSION cube; CREATE EXTENSION earthdistance; CREATE EXTENSION unaccent;
    CREATE FUNCTION f_unaccent(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT
        AS $$ SELECT unaccent('unaccent', $1) $$;
    CREATE FUNCTION p_unaccent(text) RETURNS text LANGUAGE plpgsql IMMUTABLE
        AS $$ BEGIN RETURN unaccent('unaccent', $1); END $$;
    CREATE TABLE place (
        id int PRIMARY KEY, name text, lat float8, long float8,
        plain text GENERATED ALWAYS AS (f_unaccent(name)) STORED
    );
    INSERT INTO place (id, name, lat, long)
        SELECT i, 'Örtchen ' || i, 40 + i / 100.0, 8 + i / 100.0 FROM generate_series(1, 500) i;
    CREATE INDEX ON place USING gist (ll_to_earth(lat, long));
    CREATE INDEX ON place (f_unaccent(name));
    CREATE INDEX ON place (p_unaccent(name)) WHERE p_unaccent(name) <> '';
    CREATE MATERIALIZED VIEW found AS SELECT p_unaccent(name) AS name FROM place";

#[test]
fn a_dump_with_functions_that_rely_on_search_path_is_restored_with_every_row() {
    for (place, _) in PLACES {
        let (Some(first), Some(empty)) = (Postgres::new(), Postgres::new()) else { return };
        first.create(HOSTILE);
        first.sql(HOSTILE, THROUGH_SEARCH_PATH);
        // A function with the search_path of its database, and a name that needs quotes.
        first.create("immich");
        first.sql(
            "immich",
            "CREATE SCHEMA \"a \\ b\"; CREATE TABLE \"a \\ b\".word (k text PRIMARY KEY, v text);
         INSERT INTO \"a \\ b\".word VALUES ('a', 'b');
         CREATE FUNCTION look(text) RETURNS text LANGUAGE plpgsql IMMUTABLE
             AS $$ BEGIN RETURN (SELECT v FROM word WHERE k = $1); END $$;
         CREATE TABLE t (k text); INSERT INTO t VALUES ('a'), ('b'); SET search_path = public, \"a \\ b\";
         CREATE INDEX ON t (look(k)); ALTER DATABASE immich SET search_path FROM CURRENT",
        );
        for database in [HOSTILE, "immich"] {
            let sandbox = place(&first, database);
            let dump = sandbox.backup("dump-postgres");
            assert_eq!(first.databases().len(), 2, "{:?}", first.databases());
            // A restore over the current database.
            let before = rows(&first, database);
            place(&first, database).restores(&dump);
            assert_eq!(rows(&first, database), before);
            let kept =
                first.databases().into_iter().find(|name| name.contains("_before_")).expect("it is kept");
            first.sql("postgres", &format!("DROP DATABASE {}", quoted(&kept)));
            if database == HOSTILE {
                place(&empty, database).restores(&dump);
                assert_eq!(rows(&empty, database), before);
            }
        }
        // The functions are unchanged.
        let set = "SELECT count(*) FROM pg_proc WHERE proconfig IS NOT NULL AND pronamespace = 'public'::regnamespace";
        assert_eq!(first.sql(HOSTILE, set), empty.sql(HOSTILE, set));
    }
}

#[test]
fn a_dump_with_vectors_is_restored_with_every_row() {
    for (place, _) in PLACES {
        let (Some(first), Some(empty)) = (Postgres::with_pgvector(), Postgres::with_pgvector()) else {
            return;
        };
        first.create("immich");
        first.sql(
        "immich",
        "CREATE EXTENSION vector;
         CREATE FUNCTION near(vector) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$ SELECT $1 <-> '[1,1,1]'::vector $$;
         CREATE TABLE face (
             id int PRIMARY KEY, embedding vector(3), far float8 GENERATED ALWAYS AS (near(embedding)) STORED
         );
         INSERT INTO face (id, embedding) SELECT i, ARRAY[i, i % 7, i % 11]::vector FROM generate_series(1, 500) i;
         CREATE INDEX ON face USING hnsw (embedding vector_l2_ops);
         CREATE INDEX ON face USING ivfflat (embedding vector_cosine_ops);
         CREATE INDEX ON face (near(embedding))",
    );
        let sandbox = place(&first, "immich");
        let dump = sandbox.backup("dump-postgres");
        assert_eq!(first.databases(), ["immich"]);
        place(&empty, "immich").restores(&dump);
        assert_eq!(rows(&empty, "immich"), rows(&first, "immich"));
        // An HNSW index is built randomly and answers approximately. This search visits all rows, and no two rows are equally
        // far.
        let set = "SET enable_seqscan = off; SET hnsw.ef_search = 1000;";
        let nearest = "SELECT id FROM face ORDER BY embedding <-> '[3,4,5.5]' LIMIT 5";
        for postgres in [&first, &empty] {
            assert_eq!(postgres.sql("immich", &format!("{set} {nearest}")), "4\n5\n3\n6\n2");
            let plan = postgres.sql("immich", &format!("{set} EXPLAIN {nearest}"));
            assert!(plan.contains("face_embedding_idx"), "{plan}");
        }
    }
}

/// A function that only works with the search_path that the application sets.
const ONLY_FOR_THE_APPLICATION: &str = "
    CREATE SCHEMA app; CREATE TABLE app.word (k text PRIMARY KEY, v text); INSERT INTO app.word VALUES ('a', 'b');
    CREATE FUNCTION app.look(text) RETURNS text LANGUAGE plpgsql IMMUTABLE
        AS $$ BEGIN RETURN (SELECT v FROM word WHERE k = $1); END $$;
    SET search_path = app; CREATE TABLE app.t (k text); INSERT INTO app.t VALUES ('a');
    CREATE INDEX looked ON app.t (app.look(k))";

#[test]
fn a_dump_that_fails_its_trial_is_kept_and_prunes_no_good_backup() {
    for (place, _) in PLACES {
        let Some(postgres) = Postgres::new() else { return };
        postgres.create("immich");
        postgres.sql("immich", ONLY_FOR_THE_APPLICATION);
        let mut sandbox = place(&postgres, "immich");
        sandbox.set("KEEP_DAYS", "0").set("KEEP_AT_LEAST", "1");
        let good = [1, 2].map(|day| sandbox.add_old_backup(&format!("database-2001-01-0{day}T000000.dump")));
        let old = sandbox.add_old_backup("database-2001-01-03T000000-not-restorable.dump");
        let output = sandbox.run(&["backup", "dump-postgres"]);
        assert_eq!(output.status.code(), Some(1));
        let stderr = stderr(&output);
        assert!(stderr.contains("ALTER FUNCTION app.look SET search_path = app, public;"), "{stderr}");
        assert!(
            stderr.contains("-not-restorable.dump could not be restored on trial, and is kept"),
            "{stderr}"
        );
        assert_eq!(postgres.databases(), ["immich"]);
        let marked = sandbox.backups("database", "-not-restorable.dump");
        assert!(marked.len() == 1 && marked[0] != old, "{marked:?}");
        assert!(marked[0].metadata().unwrap().len() > 1000);
        assert!(good.iter().all(|path| path.exists()));
        assert_eq!(sandbox.unfinished(), [""; 0]);
        // The reported command solves the problem, and the next good backup prunes the old ones.
        postgres.sql("immich", "ALTER FUNCTION app.look SET search_path = app, public");
        std::thread::sleep(Duration::from_millis(1100));
        let backup = sandbox.backup("dump-postgres");
        assert_eq!(sandbox.backups("database", ".dump"), std::slice::from_ref(&backup));
        assert_eq!(sandbox.backups("database", "-not-restorable.dump"), [""; 0].map(PathBuf::from));
        sandbox.restores(&backup);
    }
}

#[test]
fn a_trial_restore_fires_no_triggers_and_touches_no_other_database() {
    let Some(postgres) = Postgres::new() else { return };
    postgres.create("homegen_trial_mine");
    postgres.create("homegen_trial_2026-07-03T05300");
    postgres.create(HOSTILE);
    let raises = "LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'it fired'; END $$";
    postgres.sql(
        HOSTILE,
        &format!(
            "CREATE FUNCTION event() RETURNS event_trigger {raises}; CREATE FUNCTION fires() RETURNS trigger {raises};
             CREATE SCHEMA \"sch ema:x\"; CREATE TABLE \"sch ema:x\".\"ta\nble ' \"\" \\ :y\" (
                 \"co l:z\" int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, t text, big bytea);
             INSERT INTO \"sch ema:x\".\"ta\nble ' \"\" \\ :y\" (t, big)
                 SELECT E'\\\\.\\n \\\\ ü' || i, decode(repeat('00', i * 1000), 'hex') FROM generate_series(1, 200) i;
             CREATE TABLE parent (id int PRIMARY KEY); INSERT INTO parent SELECT generate_series(1, 1000);
             CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent);
             INSERT INTO child SELECT i, 1001 - i FROM generate_series(1, 1000) i;
             CREATE TRIGGER always BEFORE INSERT ON child FOR EACH ROW EXECUTE FUNCTION fires();
             ALTER TABLE child ENABLE ALWAYS TRIGGER always;
             CREATE TABLE part (id int, at date) PARTITION BY RANGE (at);
             CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
             INSERT INTO part SELECT i, '2020-05-05' FROM generate_series(1, 200) i; CREATE INDEX ON part ((id + 1));
             CREATE MATERIALIZED VIEW one AS SELECT count(*) FROM parent;
             CREATE MATERIALIZED VIEW two AS SELECT * FROM one; CREATE TABLE no_columns ();
             CREATE ROLE reader; GRANT SELECT ON parent TO reader; ALTER TABLE child OWNER TO reader;
             ALTER TABLE parent ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON parent TO reader USING (id < 5);
             CREATE PUBLICATION all_tables FOR ALL TABLES;
             CREATE EVENT TRIGGER at_end ON ddl_command_end EXECUTE FUNCTION event()"
        ),
    );
    postgres.sql(
        HOSTILE,
        "SET session_replication_role = replica;
         CREATE SUBSCRIPTION sub CONNECTION 'host=/nowhere' PUBLICATION p WITH (connect = false)",
    );
    let sandbox = sandbox_of(&postgres, HOSTILE);
    let output = sandbox.run(&["backup", "dump-postgres"]);
    assert!(output.status.success() && stderr(&output).is_empty(), "{}", stderr(&output));
    let databases = ["homegen_trial_2026-07-03T05300", "homegen_trial_mine", HOSTILE];
    assert_eq!(postgres.databases(), databases);
    assert_eq!(postgres.sql("postgres", "SELECT count(*) FROM pg_subscription"), "1");
    postgres.sql(
        HOSTILE,
        "SET session_replication_role = replica;
         ALTER SUBSCRIPTION sub SET (slot_name = NONE); DROP SUBSCRIPTION sub",
    );
}

#[test]
fn a_read_only_user_makes_a_dump_without_a_trial_restore() {
    let Some(postgres) = Postgres::new() else { return };
    postgres.fill("immich");
    postgres.sql(
        "immich",
        "SELECT lo_unlink(4711); CREATE ROLE reader LOGIN; GRANT pg_read_all_data TO reader;
         CREATE ROLE admin LOGIN SUPERUSER",
    );
    let mut sandbox = sandbox_of(&postgres, "immich");
    sandbox.set("DATABASE_USER", "reader");
    let output = sandbox.run(&["backup", "dump-postgres"]);
    assert!(
        output.status.success() && stderr(&output).contains("reader is not a superuser"),
        "{}",
        stderr(&output)
    );
    // A superuser that owns nothing makes a trial restore.
    sandbox.set("DATABASE_USER", "admin").fault("printf '%s\\n' \"$*\" >>\"$HERE/asked\"");
    std::thread::sleep(Duration::from_millis(1100));
    sandbox.backup("dump-postgres");
    assert!(std::fs::read_to_string(sandbox.at("asked")).unwrap().contains("--schema-only"));
    assert_eq!(postgres.databases(), ["immich"]);
}

/// The roles that load a dump.
fn loaders(postgres: &Postgres) -> String {
    postgres.sql("postgres", "SELECT rolname FROM pg_roles WHERE rolname ~ '^homegen'")
}

#[test]
fn an_interrupted_trial_restore_leaves_no_database() {
    for (place, _) in PLACES {
        let Some(postgres) = Postgres::new() else { return };
        postgres.create("immich");
        postgres.sql("immich", THROUGH_SEARCH_PATH);
        let sandbox = place(&postgres, "immich");
        let counted = |at: u32| {
            let _ = std::fs::remove_file(sandbox.at("count"));
            for folder in ["begun", "reached"] {
                let _ = std::fs::remove_dir(sandbox.at(folder));
            }
            // A command continues in the container when podman is killed.
            sandbox.fault(&format!(
                "echo >>\"$HERE/count\"
             if [ $(wc -l <\"$HERE/count\") -ge {at} ] && mkdir \"$HERE/reached\" 2>/dev/null; then
                 run \"$@\" >/dev/null 2>&1 || true
                 mkdir \"$HERE/begun\"
                 sleep 100
                 exit 1
             fi"
            ));
        };
        counted(u32::MAX);
        sandbox.backup("dump-postgres");
        let calls = u32::try_from(std::fs::read_to_string(sandbox.at("count")).unwrap().len()).unwrap();
        assert!(calls > 10, "{calls}");
        let mut left = 0;
        for signal in [rustix::process::Signal::KILL, rustix::process::Signal::TERM] {
            // The last calls are the clean-up. One of them may take as long as a call that was interrupted.
            let cleaning = if sandbox.variables.contains_key("CONTAINER") { 1 } else { 4 };
            let every = if signal == rustix::process::Signal::KILL { 1 } else { 4 };
            for at in (1..=calls).step_by(every).filter(|at| every == 1 || *at <= calls - cleaning) {
                counted(at);
                let mut child = sandbox
                    .command(&["backup", "dump-postgres"])
                    .process_group(0)
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .spawn()
                    .unwrap();
                wait_for(|| sandbox.at("begun").exists());
                let group = rustix::process::Pid::from_child(&child);
                rustix::process::kill_process_group(group, signal).unwrap();
                assert!(!child.wait().unwrap().success());
                if signal == rustix::process::Signal::TERM {
                    // The script cleans up by itself. If the clean-up itself is interrupted, the next run does it.
                    wait_for(|| postgres.databases() == ["immich"] && loaders(&postgres).is_empty());
                    continue;
                }
                left += usize::from(postgres.databases().len() > 1);
            }
            std::fs::remove_file(sandbox.at("fault")).unwrap();
            wait_for(|| sandbox.run(&["backup", "dump-postgres"]).status.success());
            assert_eq!(postgres.databases(), ["immich"]);
            assert_eq!(loaders(&postgres), "");
        }
        assert!(left > 0, "none was killed while the database was there");
    }
}

#[test]
fn each_kind_of_restore_failure_has_its_own_advice() {
    let Some(postgres) = Postgres::new() else { return };
    let (sandbox, dump) = dumped_and_changed(&postgres, "immich");
    for (error, advice) in [
        ("role \"reader\" does not exist", "CREATE ROLE \"reader\";"),
        ("extension \"vector\" is not available", "lacks the extension vector: use an image that has it"),
        (
            "could not open extension control file \"/usr/share/postgresql/15/extension/vector.control\": No such file",
            "lacks the extension vector",
        ),
        ("unrecognized configuration parameter \"transaction_timeout\"", "a newer Postgres wrote the dump"),
        ("could not extend file \"base/1/2\": No space left on device", "free some space"),
        ("could not create unique index \"x\"", "rows that violate a constraint"),
        ("insert or update on table \"a\" violates foreign key constraint \"b\"", "rows that violate"),
        ("permission denied to create extension \"x\"", "has to be a superuser"),
        ("can only create extension in database postgres", "only in the database that its setting names"),
        ("terminating connection due to administrator command", "check the log of container"),
        ("something else", "see the error of Postgres"),
    ] {
        std::fs::write(sandbox.at("error"), error).unwrap();
        sandbox.fault(
            "case \"$*\" in *exit-on-error*)
                 cat >/dev/null
                 echo \"pg_restore: error: could not execute query: ERROR:  $(<\"$HERE/error\")\" >&2
                 exit 1 ;;
             esac",
        );
        sandbox.restore_fails(&dump, advice);
        sandbox.restore_fails(&dump, error);
        assert_eq!(postgres.databases(), ["immich"]);
    }
}

/// Fills a database, dumps it, and then changes it.
fn dumped_and_changed(postgres: &Postgres, database: &str) -> (Sandbox, PathBuf) {
    dumped_and_changed_at(sandbox_of, postgres, database)
}

/// The same in a container or on the host.
fn dumped_and_changed_at(
    place: fn(&Postgres, &str) -> Sandbox,
    postgres: &Postgres,
    database: &str,
) -> (Sandbox, PathBuf) {
    postgres.fill(database);
    let sandbox = place(postgres, database);
    let dump = sandbox.backup("dump-postgres");
    postgres.sql(database, "DELETE FROM \"sch ema\".asset WHERE id > 10; CREATE TABLE since AS SELECT 1");
    (sandbox, dump)
}

#[test]
fn a_failed_restore_keeps_the_current_database() {
    for (place, _) in PLACES {
        let Some(postgres) = Postgres::new() else { return };
        let (mut sandbox, dump) = dumped_and_changed_at(place, &postgres, HOSTILE);
        let present = postgres.contents(HOSTILE);
        let whole = std::fs::read(&dump).unwrap();
        let cut = sandbox.at("cut");
        let check = |sandbox: &Sandbox, dump: &Path, why: &str, calls: &str| {
            sandbox.restore_fails(dump, why);
            assert_eq!(postgres.databases(), [HOSTILE], "{why}");
            assert_eq!(postgres.contents(HOSTILE), present, "{why}");
            assert_eq!(sandbox.systemctl_calls(), calls, "{why}");
        };
        // Failures before any change.
        for length in [0, 100, whole.len() / 2, whole.len() - 1] {
            std::fs::write(&cut, &whole[..length]).unwrap();
            check(&sandbox, &cut, "not a complete dump", "");
        }
        check(
            &sandbox,
            &sandbox.at("missing"),
            &format!("{} does not exist\n", sandbox.at("missing").display()),
            "",
        );
        check(&sandbox, &sandbox.at("bin"), "not a readable file", "");
        let lock = sandbox.at("restore.lock");
        sandbox.set("LOCK", "/no/such/folder/lock");
        check(&sandbox, &dump, "run this as root", "");
        sandbox.set("LOCK", lock);
        if sandbox.variables.contains_key("CONTAINER") {
            std::fs::write(sandbox.at("down"), "").unwrap();
            check(&sandbox, &dump, "start it", "");
            std::fs::remove_file(sandbox.at("down")).unwrap();
            sandbox.set("CONTAINER", "other");
            check(&sandbox, &dump, "start it", "");
            sandbox.set("CONTAINER", CONTAINER);
        }

        // Failures while the new database is created and filled.
        sandbox.fault("if [ \"$1\" = psql ]; then sql=$(cat); case $sql in *'CREATE DATABASE'*) exit 1 ;; esac; run \"$@\" <<<\"$sql\"; exit; fi");
        check(&sandbox, &dump, "cannot create a new database", "");
        sandbox.fault("case \"$*\" in *exit-on-error*) head -c 60000 | run \"$@\" || exit 1 ;; esac");
        check(&sandbox, &dump, "pg_restore failed", "");
        sandbox.fault("case \"$*\" in *exit-on-error*) run \"$@\"; exit 137 ;; esac");
        check(&sandbox, &dump, "pg_restore failed", "");
        sandbox.fault("case \"$*\" in *exit-on-error*) cat >/dev/null; exit 0 ;; esac");
        check(&sandbox, &dump, "no tables", "");
        std::fs::remove_file(sandbox.at("fault")).unwrap();

        // Failures while the units are stopped and the databases are renamed.
        std::fs::write(sandbox.at("on-systemctl"), "[ \"$1\" != stop ]").unwrap();
        check(&sandbox, &dump, "could be stopped", STOPPED_AND_STARTED);
        std::fs::remove_file(sandbox.at("on-systemctl")).unwrap();
        for statement in
            ["ALTER DATABASE :\"new\"", "COMMIT", "SELECT format('ALTER DATABASE %I RENAME", "BEGIN"]
        {
            std::fs::write(sandbox.at("statement"), statement).unwrap();
            sandbox.fault(
                "if [ \"$1\" = psql ]; then
                 statement=$(<\"$HERE/statement\") sql=$(cat)
                 case $sql in *RENAME*) sql=${sql/\"$statement\"/\"SELECT 1/0; $statement\"} ;; esac
                 run \"$@\" <<<\"$sql\"
                 exit
             fi",
            );
            check(&sandbox, &dump, "the current database is unchanged", STOPPED_AND_STARTED);
        }
        std::fs::remove_file(sandbox.at("fault")).unwrap();
        sandbox.restores(&dump);
        assert_eq!(postgres.sql(HOSTILE, "SELECT count(*) FROM \"sch ema\".asset"), "3000");
    }
}

#[test]
fn a_restore_succeeds_if_only_the_result_of_the_rename_is_lost() {
    let Some(postgres) = Postgres::new() else { return };
    let (sandbox, dump) = dumped_and_changed(&postgres, "immich");
    sandbox.fault(
        "if [ \"$1\" = psql ]; then
             sql=$(cat)
             run \"$@\" <<<\"$sql\"
             case $sql in *'RENAME TO :'*) exit 1 ;; *) exit ;; esac
         fi",
    );
    let output = sandbox.run(&["restore-postgres", "--yes", dump.to_str().unwrap()]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(postgres.databases().len(), 2);
    assert_eq!(postgres.sql("immich", "SELECT count(*) FROM \"sch ema\".asset"), "3000");
    let before = &postgres.databases()[1];
    assert_eq!(postgres.sql(before, "SELECT count(*) FROM \"sch ema\".asset"), "10");
}

#[test]
fn a_restore_retries_a_failed_rename() {
    let Some(postgres) = Postgres::new() else { return };
    let (sandbox, dump) = dumped_and_changed(&postgres, "immich");
    sandbox.fault(
        "if [ \"$1\" = psql ]; then
             sql=$(cat)
             case $sql in *'RENAME TO :'*)
                 if mkdir \"$HERE/back\" 2>/dev/null; then sql=${sql/BEGIN/'SELECT 1/0; BEGIN'}; fi ;;
             esac
             run \"$@\" <<<\"$sql\"
             exit
         fi",
    );
    let output = sandbox.run(&["restore-postgres", "--yes", dump.to_str().unwrap()]);
    assert!(output.status.success() && sandbox.at("back").exists(), "{}", stderr(&output));
    assert_eq!(postgres.sql("immich", "SELECT count(*) FROM \"sch ema\".asset"), "3000");
}

#[test]
fn an_interrupted_restore_keeps_the_current_database() {
    for (place, _) in PLACES {
        let Some(postgres) = Postgres::new() else { return };
        let (sandbox, dump) = dumped_and_changed_at(place, &postgres, "immich");
        let present = postgres.contents("immich");
        for (at, calls) in [("*exit-on-error*", ""), ("*psql*", STOPPED_AND_STARTED)] {
            sandbox.fault(&format!(
            "case \"$*\" in {at})
                 if [ '{at}' = '*exit-on-error*' ] || [ -e \"$HERE/systemctl.log\" ]; then
                     if [ ! -e \"$HERE/begun\" ]; then touch \"$HERE/begun\"; until [ -e \"$HERE/ended\" ]; do sleep 0.02; done; exit 1; fi
                 fi ;;
             esac"
        ));
            let child = sandbox
                .command(&["restore-postgres", "--yes", dump.to_str().unwrap()])
                .stdout(Stdio::null())
                .spawn()
                .unwrap();
            wait_for(|| sandbox.at("begun").exists());
            let id = rustix::process::Pid::from_child(&child);
            rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
            std::fs::write(sandbox.at("ended"), "").unwrap();
            assert_eq!(child.wait_with_output().unwrap().status.code(), Some(1));
            ["begun", "ended"].iter().for_each(|file| std::fs::remove_file(sandbox.at(file)).unwrap());
            assert_eq!(sandbox.systemctl_calls(), calls);
            assert_eq!(postgres.databases(), ["immich"]);
            assert_eq!(loaders(&postgres), "");
            assert_eq!(postgres.contents("immich"), present);
        }
    }
}

#[test]
fn a_restore_asks_before_any_change() {
    let Some(postgres) = Postgres::new() else { return };
    let (sandbox, dump) = dumped_and_changed(&postgres, "immich");
    let present = postgres.contents("immich");
    let dump = dump.to_str().unwrap();
    // Without a terminal.
    sandbox.fault("touch \"$HERE/asked\"");
    let output = sandbox.run(&["restore-postgres", dump]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("nothing was done. Use --yes"), "{}", stderr(&output));
    assert!(!sandbox.at("asked").exists());
    for words in
        [&["restore-postgres"][..], &["restore-postgres", "--yes"], &["restore-postgres", "--yes", "a", "b"]]
    {
        assert_eq!(sandbox.run(words).status.code(), Some(2));
    }
    if !are_installed(&["script"]) {
        return;
    }
    for (answer, code) in [("no", 1), ("", 1), ("y", 1), ("yes", 0)] {
        assert_eq!(
            (postgres.databases(), postgres.contents("immich")),
            (vec!["immich".to_owned()], present.clone())
        );
        let (ended, stdout) = sandbox.run_at_a_terminal(&["restore-postgres", dump], answer);
        assert_eq!(ended, Some(code), "{stdout}");
        for part in
            ["stop podman-ml.service podman-server.service", "rename it to immich_before_", "Continue?"]
        {
            assert!(stdout.contains(part), "{part} is not in {stdout}");
        }
        assert_eq!(sandbox.systemctl_calls(), if code == 0 { STOPPED_AND_STARTED } else { "" });
    }
    assert_eq!(postgres.sql("immich", "SELECT count(*) FROM \"sch ema\".asset"), "3000");
}

#[test]
fn a_dump_without_an_extension_of_the_current_database_is_refused() {
    let Some(postgres) = Postgres::new() else { return };
    let (sandbox, dump) = dumped_and_changed(&postgres, "immich");
    postgres.sql("immich", "CREATE EXTENSION cube; CREATE EXTENSION earthdistance");
    let output = sandbox.run(&["restore-postgres", "--yes", dump.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let stderr = stderr(&output);
    assert!(stderr.contains("lacks: cube, earthdistance."), "{stderr}");
    assert_eq!(postgres.databases(), ["immich"]);
    assert_eq!(sandbox.systemctl_calls(), "");
    // The reported command continues the restore.
    let (_, command) = stderr.trim_end().split_once("continue with: restore-postgres.sh ").expect(&stderr);
    program(&sandbox.at("bin/go-on"), &format!("restore-postgres --yes {command}"));
    let output = sandbox.run(&["go-on"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(postgres.sql("immich", "SELECT count(*) FROM \"sch ema\".asset"), "3000");
    // A dump may have an extension that the current database lacks.
    postgres.sql("immich", "DROP EXTENSION pg_trgm CASCADE");
    std::thread::sleep(Duration::from_millis(1100));
    sandbox.restores(&dump);
}

#[test]
fn a_restore_ends_open_sessions_and_keeps_the_previous_database() {
    let Some(postgres) = Postgres::new() else { return };
    let (mut sandbox, dump) = dumped_and_changed(&postgres, "immich");
    sandbox.set("UNITS", "");
    let mut session = postgres.psql("immich", "SELECT pg_sleep(100)").stderr(Stdio::null()).spawn().unwrap();
    let sessions = "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(100)'";
    wait_for(|| postgres.sql("postgres", sessions) == "1");
    let stdout = sandbox.restores(&dump);
    assert!(!session.wait().unwrap().success());
    let databases = postgres.databases();
    assert_eq!(databases.len(), 2);
    assert!(databases[1].starts_with("immich_before_") && stdout.contains(&databases[1]), "{stdout}");
    assert_eq!(postgres.sql(&databases[1], "SELECT count(*) FROM \"sch ema\".asset"), "10");
    assert_eq!(sandbox.systemctl_calls(), "");
    // The printed command drops the previous database.
    let command = stdout
        .lines()
        .last()
        .unwrap()
        .trim()
        .replace("podman exec 'immich-postgres'", "podman exec -- immich-postgres");
    program(&sandbox.at("bin/drop"), &command);
    assert!(sandbox.run(&["drop"]).status.success(), "{command}");
    assert_eq!(postgres.databases(), ["immich"]);
}

#[test]
fn a_database_is_restored_with_its_owner_its_locale_and_its_settings() {
    for (place, _) in PLACES {
        let Some(postgres) = Postgres::new() else { return };
        postgres.sql("postgres", "CREATE ROLE \"ow ner\"; CREATE ROLE reader");
        let locale = postgres.psql(
        "postgres",
        "CREATE DATABASE immich TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de-DE' OWNER \"ow ner\" CONNECTION LIMIT 50",
    );
        let icu = { locale }.output().unwrap().status.success();
        if !icu {
            postgres.sql("postgres", "CREATE DATABASE immich OWNER \"ow ner\"");
        }
        postgres.sql(
        "immich",
        "CREATE TABLE t AS SELECT 1 AS one; ALTER TABLE t OWNER TO \"ow ner\"; GRANT SELECT ON t TO reader;
         ALTER DATABASE immich SET search_path TO \"$user\", public, 'x y', ''; ALTER DATABASE immich SET vchordrq.probes TO '1';
         ALTER DATABASE immich SET \"TimeZone\" TO 'Asia/Seoul'; ALTER DATABASE immich SET default_transaction_read_only TO on;
         ALTER ROLE reader IN DATABASE immich SET work_mem TO '7MB';
         REVOKE ALL ON DATABASE immich FROM PUBLIC; GRANT CONNECT ON DATABASE immich TO reader WITH GRANT OPTION",
    );
        let about = || {
            postgres.sql(
            "immich",
            "SELECT to_jsonb(d) - 'oid' - 'datfrozenxid' - 'datminmxid' - 'datacl', (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(datacl) a),
                 (SELECT array_agg(setrole || s ORDER BY s) FROM pg_db_role_setting, unnest(setconfig) s WHERE setdatabase = d.oid)
             FROM pg_database d WHERE datname = current_database();
             SELECT relowner::regrole, relacl FROM pg_class WHERE relname = 't'",
        )
        };
        let sandbox = place(&postgres, "immich");
        let dump = sandbox.backup("dump-postgres");
        let before = about();
        assert!(before.contains("vchordrq.probes=1") && before.contains("work_mem=7MB"), "{before}");
        sandbox.restores(&dump);
        assert_eq!(about(), before);
        // A missing role is reported, and no database is created.
        let Some(other) = Postgres::new() else { return };
        let restore = place(&other, "immich");
        let missing = if restore.variables.contains_key("CONTAINER") { "\"ow ner\"" } else { "\"reader\"" };
        restore.restore_fails(&dump, &format!("CREATE ROLE {missing}"));
        assert_eq!(other.databases(), [""; 0]);
    }
}

#[test]
fn a_second_restore_at_the_same_time_is_refused() {
    let Some(postgres) = Postgres::new() else { return };
    let (sandbox, dump) = dumped_and_changed(&postgres, "immich");
    sandbox.fault(
        "touch \"$HERE/begun\"; for _ in {1..30000}; do [ ! -e \"$HERE/go\" ] || break; sleep 0.02; done",
    );
    let first =
        sandbox.command(&["restore-postgres", "--yes", dump.to_str().unwrap()]).stdout(Stdio::null()).spawn();
    wait_for(|| sandbox.at("begun").exists());
    sandbox.restore_fails(&dump, "another restore is running");
    std::fs::write(sandbox.at("go"), "").unwrap();
    assert!(first.unwrap().wait().unwrap().success());
    assert_eq!(postgres.databases().len(), 2);
}

#[test]
fn units_that_do_not_start_again_are_reported() {
    let Some(postgres) = Postgres::new() else { return };
    let (sandbox, dump) = dumped_and_changed(&postgres, "immich");
    std::fs::write(sandbox.at("on-systemctl"), "[ \"$1\" != start ]").unwrap();
    sandbox.restore_fails(&dump, "could be started");
    assert_eq!(sandbox.systemctl_calls(), STOPPED_AND_STARTED);
    assert_eq!(postgres.sql("immich", "SELECT count(*) FROM \"sch ema\".asset"), "3000");
}

#[test]
fn only_units_that_ran_are_started_again() {
    let Some(postgres) = Postgres::new() else { return };
    let (sandbox, dump) = dumped_and_changed(&postgres, "immich");
    // A failed unit that systemd restarts counts as running.
    std::fs::write(sandbox.at("podman-ml.service"), "activating").unwrap();
    std::fs::write(sandbox.at("podman-server.service"), "inactive").unwrap();
    let calls = "stop -- podman-ml.service podman-server.service\nstart -- podman-ml.service\n";
    std::fs::write(sandbox.at("on-systemctl"), "[ \"$1\" != stop ]").unwrap();
    sandbox.restore_fails(&dump, "could be stopped");
    assert_eq!(sandbox.systemctl_calls(), calls);
    std::fs::remove_file(sandbox.at("on-systemctl")).unwrap();
    let stdout = sandbox.restores(&dump);
    assert_eq!(sandbox.systemctl_calls(), calls);
    assert!(
        stdout.ends_with(
            "did not run before the restore. To start it: systemctl start podman-server.service\n"
        ),
        "{stdout}"
    );
    std::fs::write(sandbox.at("podman-ml.service"), "failed").unwrap();
    std::thread::sleep(Duration::from_millis(1100));
    sandbox.restores(&dump);
    assert_eq!(sandbox.systemctl_calls(), "stop -- podman-ml.service podman-server.service\n");
}

#[test]
fn a_restored_database_of_the_host_belongs_to_its_role_and_has_its_password() {
    let Some(postgres) = Postgres::new() else { return };
    postgres.sql("postgres", "CREATE ROLE immich LOGIN PASSWORD 'secret'");
    postgres.sql("postgres", "CREATE DATABASE immich OWNER immich");
    postgres.sql(
        "immich",
        "REVOKE CONNECT, TEMPORARY ON DATABASE immich FROM PUBLIC; CREATE EXTENSION cube;
         CREATE EXTENSION earthdistance; SET ROLE immich;
         CREATE TABLE place AS SELECT i AS id, ll_to_earth(i, i) AS at FROM generate_series(1, 50) i;
         CREATE INDEX ON place USING gist (at)",
    );
    let sandbox = host_sandbox_of(&postgres, "immich");
    let dump = sandbox.backup("dump-postgres");
    let about = || {
        postgres.sql(
            "immich",
            "SELECT pg_get_userbyid(datdba), datacl FROM pg_database WHERE datname = 'immich';
             SELECT relname, pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1;
             SELECT extname, pg_get_userbyid(extowner) FROM pg_extension ORDER BY 1; SELECT count(*) FROM place;
             SELECT rolpassword FROM pg_authid WHERE rolname = 'immich'",
        )
    };
    let before = about();
    let drop_before = |stdout: &str| {
        let line = stdout.lines().last().unwrap().trim();
        let name = line.strip_prefix(&format!("runuser --user='{USER}' -- dropdb -- ")).expect(line);
        postgres.sql("postgres", &format!("DROP DATABASE {}", quoted(name.trim_matches('\''))));
    };
    postgres.sql("immich", "DROP TABLE place");
    drop_before(&sandbox.restores(&dump));
    assert_eq!(about(), before);
    // Without the database, the new one belongs to the role too. The unit revokes the rights of the others.
    std::thread::sleep(Duration::from_millis(1100));
    postgres.sql("postgres", "DROP DATABASE immich");
    sandbox.restores(&dump);
    let owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'immich'";
    assert_eq!(postgres.sql("immich", owner), "immich");
    assert_eq!(postgres.sql("immich", "SELECT count(*) FROM place"), "50");
    // A unit that fails is reported, and the restored database is in place.
    std::thread::sleep(Duration::from_millis(1100));
    std::fs::write(sandbox.at("on-systemctl"), "[ \"$1\" != restart ]").unwrap();
    sandbox.systemctl_calls();
    let output = sandbox.run(&["restore-postgres", "--yes", dump.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("run systemctl restart postgres-databases.service"),
        "{}",
        stderr(&output)
    );
    assert!(!stderr(&output).contains("was not restored"), "{}", stderr(&output));
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.contains("immich was restored from"), "{stdout}");
    drop_before(&stdout);
    assert_eq!(sandbox.systemctl_calls(), PLACES[1].1);
    assert_eq!(postgres.sql("immich", "SELECT count(*) FROM place"), "50");
}

#[test]
fn a_stopped_postgres_of_the_host_is_reported() {
    let Some(mut postgres) = Postgres::new() else { return };
    let (sandbox, dump) = dumped_and_changed_at(host_sandbox_of, &postgres, "immich");
    postgres.stop();
    sandbox.backup_fails("dump-postgres", "Postgres on the host is not ready after");
    sandbox.restore_fails(&dump, "Postgres on the host does not answer");
    assert_eq!(sandbox.systemctl_calls(), "");
}

#[test]
fn a_dump_that_needs_the_rights_of_a_superuser_is_reported() {
    let Some(postgres) = Postgres::new() else { return };
    postgres.fill("immich");
    let sandbox = host_sandbox_of(&postgres, "immich");
    postgres.sql("immich", "CREATE PUBLICATION everything FOR ALL TABLES");
    let output = sandbox.run(&["backup", "dump-postgres"]);
    assert_eq!(output.status.code(), Some(1));
    let stderr = stderr(&output);
    assert!(stderr.contains("must be superuser to create FOR ALL TABLES publication"), "{stderr}");
    assert!(
        stderr.contains("Remove it from the dumped database, or load the dump with pg_restore as"),
        "{stderr}"
    );
    let marked = sandbox.backups("database", "-not-restorable.dump");
    sandbox.restore_fails(&marked[0], "only a superuser may do this");
    assert_eq!((postgres.databases(), loaders(&postgres)), (vec!["immich".to_owned()], String::new()));
}

/// A database whose owner makes Postgres call its function `seize` in every place that it may. In a session of a
/// superuser, the function makes the owner a superuser. Catalogs and functions of Postgres are hidden behind others that
/// call it too.
const HOSTILE_CONTENT: &str = "
    CREATE SCHEMA evil;
    CREATE FUNCTION evil.act() RETURNS bool LANGUAGE plpgsql AS $$ BEGIN
        BEGIN
            EXECUTE 'SET SESSION AUTHORIZATION DEFAULT'; EXECUTE 'RESET ROLE';
        EXCEPTION WHEN OTHERS THEN NULL; END;
        BEGIN EXECUTE 'ALTER ROLE immich SUPERUSER'; EXCEPTION WHEN OTHERS THEN NULL; END;
        BEGIN EXECUTE 'GRANT homegen_trial TO immich'; EXCEPTION WHEN OTHERS THEN NULL; END;
        BEGIN EXECUTE 'GRANT homegen_restore TO immich'; EXCEPTION WHEN OTHERS THEN NULL; END;
        BEGIN EXECUTE 'CREATE TABLE public.planted AS SELECT 1'; EXCEPTION WHEN OTHERS THEN NULL; END;
        RETURN true;
    END $$;
    CREATE FUNCTION evil.seize(int) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN evil.act(); END $$;
    CREATE FUNCTION evil.same(int) RETURNS int IMMUTABLE LANGUAGE sql AS $$ SELECT $1 WHERE evil.seize($1) $$;
    CREATE DOMAIN evil.checked AS int CHECK (evil.seize(VALUE));
    CREATE TABLE public.t (
        i int CHECK (evil.seize(i)), d evil.checked, e int DEFAULT evil.same(1),
        g int GENERATED ALWAYS AS (evil.same(i)) STORED
    );
    CREATE FUNCTION evil.fires() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN PERFORM evil.seize(1); RETURN NEW; END $$;
    CREATE TRIGGER fires BEFORE INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION evil.fires();
    ALTER TABLE public.t ENABLE ALWAYS TRIGGER fires;
    INSERT INTO public.t (i, d) SELECT i, i FROM generate_series(1, 10) i;
    CREATE CONSTRAINT TRIGGER later AFTER INSERT ON public.t DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION evil.fires();
    CREATE INDEX ON public.t (evil.same(i)); CREATE INDEX ON public.t (i) WHERE evil.seize(1);
    CREATE STATISTICS public.s ON (evil.same(1) + i), (i + 2) FROM public.t;
    CREATE VIEW public.v AS SELECT * FROM public.t WHERE evil.seize(i);
    CREATE MATERIALIZED VIEW public.m AS SELECT evil.same(i) FROM public.t;
    ALTER TABLE public.t ENABLE ROW LEVEL SECURITY;
    CREATE POLICY p ON public.t USING (evil.seize(i)) WITH CHECK (evil.seize(i));
    CREATE VIEW evil.pg_roles AS SELECT * FROM pg_catalog.pg_roles WHERE evil.seize(1);
    CREATE VIEW evil.pg_class AS SELECT * FROM pg_catalog.pg_class WHERE evil.seize(1);
    CREATE VIEW evil.pg_database AS SELECT * FROM pg_catalog.pg_database WHERE evil.seize(1);
    CREATE VIEW evil.pg_extension AS SELECT * FROM pg_catalog.pg_extension WHERE evil.seize(1);
    CREATE FUNCTION evil.format(text, text) RETURNS text LANGUAGE sql
        AS $$ SELECT pg_catalog.format($1, $2) WHERE evil.seize(1) $$;
    CREATE FUNCTION evil.quote_ident(name) RETURNS text LANGUAGE sql
        AS $$ SELECT pg_catalog.quote_ident($1) WHERE evil.seize(1) $$;
    CREATE FUNCTION evil.same(name, name) RETURNS bool LANGUAGE sql
        AS $$ SELECT $1 OPERATOR(pg_catalog.=) $2 AND evil.seize(1) $$;
    CREATE OPERATOR evil.= (LEFTARG = name, RIGHTARG = name, FUNCTION = evil.same);
    ALTER DATABASE immich SET search_path = evil, public, pg_catalog;
    ALTER ROLE immich SET search_path = evil, public, pg_catalog";

#[test]
fn no_function_of_an_application_runs_as_the_superuser() {
    let Some(postgres) = Postgres::new() else { return };
    postgres.sql("postgres", "CREATE ROLE immich LOGIN");
    postgres.sql("postgres", "CREATE DATABASE immich OWNER immich");
    postgres.sql("immich", "CREATE EXTENSION hstore; COMMENT ON EXTENSION hstore IS 'of the superuser'");
    // A session of the superuser could not give up its rights.
    let as_immich = |sql: &str| {
        let output = postgres.psql("immich", sql).env("PGUSER", "immich").output().expect("psql runs");
        assert!(output.status.success(), "{}", stderr(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    as_immich(HOSTILE_CONTENT);
    as_immich("SET search_path = pg_catalog; DROP TABLE public.planted");
    let is_unharmed = || {
        let superusers = "SELECT string_agg(rolname, ',') FROM pg_catalog.pg_roles WHERE rolsuper";
        assert_eq!(postgres.sql("postgres", superusers), USER);
        let members = "SELECT member::regrole FROM pg_auth_members WHERE roleid > 16383";
        assert_eq!(postgres.sql("postgres", members) + &loaders(&postgres), "");
    };
    let owned = "SET search_path = pg_catalog;
        SELECT relname, relowner::regrole FROM pg_class WHERE relnamespace::regnamespace::text IN ('public', 'evil')
        UNION ALL SELECT nspname, nspowner::regrole FROM pg_namespace WHERE nspname !~ '^pg_'
        UNION ALL SELECT proname, proowner::regrole FROM pg_proc WHERE pronamespace::regnamespace::text = 'evil'
        UNION ALL SELECT extname, extowner::regrole FROM pg_extension ORDER BY 1, 2";
    let before = postgres.sql("immich", owned);
    let sandbox = host_sandbox_of(&postgres, "immich");
    let dump = sandbox.backup("dump-postgres");
    is_unharmed();
    assert_eq!(postgres.sql("immich", owned), before);
    sandbox.restores(&dump);
    is_unharmed();
    assert_eq!(postgres.sql("immich", owned).replace("planted|immich\n", ""), before);
    assert_eq!(as_immich("SET search_path = pg_catalog; SELECT count(*) FROM public.t"), "10\n");
}
