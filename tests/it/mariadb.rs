//! Backups and restores of a real MariaDB: the last good backup and the current database survive every failure.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::common::sandbox::{STOPPED_AND_STARTED, Sandbox, kill_group, stderr, wait_for};
use crate::common::scripts::{are_installed, program};

const CONTAINER: &str = "wiki-db";

/// The name of a database with characters that are special in a shell and in SQL.
const HOSTILE: &str = "we`ird; drop=$(touch here) 데이터";

/// A name with characters that are special in a string. mariadb-dump does not find events and routines in such a database.
const QUOTES: &str = "it's \\ \"quoted\"";

/// The password of root, with characters that are special in an option file.
const PASSWORD: &str = "pä\"ss 'w#rd\\ 1;";

/// A MariaDB server that only listens on a socket in its own folder.
struct MariaDb {
    folder: tempfile::TempDir,
    /// The command that starts the server.
    server: Command,
    running: Child,
}

impl MariaDb {
    fn new() -> Option<MariaDb> {
        MariaDb::with(&[])
    }

    /// A server with more options.
    fn with(options: &[&str]) -> Option<MariaDb> {
        if !are_installed(&["setpriv", "mariadbd", "mariadb-install-db", "mariadb", "mariadb-dump", "zstd"]) {
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let is_root = rustix::process::geteuid().is_root();
        // The server does not run as root, and it ends with the test in any case.
        let command = |name: &str, data: &Path| {
            let mut command = Command::new("setpriv");
            command.args(["--pdeathsig", "KILL"]);
            if is_root {
                command.args(["--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]);
            }
            command.args([
                name,
                "--no-defaults",
                "--innodb-log-file-size=4M",
                "--innodb-buffer-pool-size=16M",
            ]);
            // Nothing is waited for until it is on the disk.
            command.args(["--debug-no-sync", "--innodb-flush-method=nosync"]);
            // A server that starts removes the temporary tables of other servers in its folder for them.
            let folder = data.parent().expect("a folder");
            command.arg(format!("--tmpdir={}", folder.display()));
            command.arg(format!("--datadir={}", data.display())).current_dir(folder);
            command
        };
        let prepare = |folder: &Path| {
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
            if is_root {
                std::os::unix::fs::chown(folder, Some(65534), Some(65534)).unwrap();
            }
        };
        let copy = |from: &Path, to: &Path| {
            let copied =
                Command::new("cp").args(["--archive", "--no-target-directory"]).args([from, to]).status();
            assert!(copied.expect("cp runs").success());
        };
        prepare(folder.path());
        // The system tables are created once for each version, and each server starts with a copy.
        let version = Command::new("mariadbd").arg("--version").output().expect("mariadbd runs");
        let version = String::from_utf8_lossy(&version.stdout).replace(|c: char| !c.is_alphanumeric(), "-");
        let template = Path::new(env!("CARGO_TARGET_TMPDIR")).join(version.trim_end_matches('-'));
        let data = folder.path().join("data");
        if !template.exists() {
            let mut install = command("mariadb-install-db", &data);
            install.args(["--skip-test-db", "--auth-root-authentication-method=normal"]);
            let output = install.output().expect("it runs");
            assert!(output.status.success(), "{}", stderr(&output));
            let mut change = command("mariadbd", &data);
            let mut change =
                change.arg("--bootstrap").stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
            // One statement is one line.
            let change_password = format!("ALTER USER root@localhost IDENTIFIED BY {};", literal(PASSWORD));
            let sql = format!("SET NAMES utf8mb4;\nFLUSH PRIVILEGES;\n{change_password}\n");
            std::io::Write::write_all(&mut change.stdin.take().unwrap(), sql.as_bytes()).unwrap();
            assert!(change.wait().unwrap().success());
            // Two tests may do this at the same time. The rename is atomic, and one of the two templates is kept.
            let unfinished = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
            copy(&data, &unfinished.path().join("data"));
            let _ = std::fs::rename(unfinished.path().join("data"), &template);
        } else {
            copy(&template, &data);
        }
        let socket = folder.path().join("socket");
        // In the container, only its own clients and shells are on the PATH.
        let bin = folder.path().join("bin");
        std::fs::create_dir(&bin).unwrap();
        for shell in ["sh", "bash"] {
            std::os::unix::fs::symlink(Path::new("/bin").join(shell), bin.join(shell)).unwrap();
        }
        for name in ["mariadb", "mariadb-dump"] {
            client(&bin.join(name), name, &socket);
        }
        std::fs::write(
            folder.path().join("own.cnf"),
            format!("[client]\npassword=\"{}\"\n", PASSWORD.replace('\\', "\\\\").replace('"', "\\\"")),
        )
        .unwrap();
        let mut server = command("mariadbd", &data);
        server.args(["--skip-networking", "--innodb-flush-log-at-trx-commit=2", "--event-scheduler=ON"]);
        server.args(["--character-set-server=latin1", "--pid-file=server.pid"]).args(options);
        server.arg(format!("--socket={}", socket.display())).stdout(Stdio::null()).stderr(Stdio::null());
        let running = server.spawn().unwrap();
        let mariadb = MariaDb { folder, server, running };
        wait_for(|| {
            mariadb.own("mariadb").args(["--execute", "SELECT 1"]).output().unwrap().status.success()
        });
        Some(mariadb)
    }

    fn stop(&mut self, signal: Signal) {
        let _ = kill_process(Pid::from_child(&self.running), signal);
        let _ = self.running.wait();
    }

    /// Starts the server again, without waiting for it.
    fn boot(&mut self) {
        self.running = self.server.spawn().unwrap();
    }

    /// A client of the test.
    fn own(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command.arg(format!("--defaults-file={}", self.folder.path().join("own.cnf").display()));
        command.arg(format!("--socket={}", self.folder.path().join("socket").display()));
        command.args(["--user=root", "--default-character-set=utf8mb4", "--max-allowed-packet=1G"]);
        command
    }

    /// Runs SQL in a database, and returns its output.
    fn sql(&self, database: &str, sql: &str) -> String {
        let mut client = self.own("mariadb");
        client.args(["--batch", "--raw", "--skip-column-names", "--binary-mode"]);
        client.arg(format!("--database={database}"));
        let mut client =
            client.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut client.stdin.take().unwrap(), sql.as_bytes()).unwrap();
        let output = client.wait_with_output().expect("it runs");
        assert!(output.status.success(), "{sql}: {}", stderr(&output));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn create(&self, database: &str) {
        self.sql(
            "mysql",
            &format!("CREATE DATABASE {} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci", quoted(database)),
        );
    }

    /// Creates a database with every kind of content that a backup has to contain.
    fn fill(&self, database: &str) {
        self.create(database);
        let name = quoted(database);
        self.sql(
            database,
            &format!(
                "CREATE TABLE page (id int AUTO_INCREMENT PRIMARY KEY, title varchar(200) NOT NULL UNIQUE, doc json);
                 INSERT INTO page (title, doc) SELECT concat('n', seq, ' 💾 ''\"\\\\ \\n ü'), json_object('n', seq) FROM seq_1_to_500;
                 CREATE TABLE `re vi``sion 데` (
                     id int PRIMARY KEY, page int, content longblob, body text CHARACTER SET latin1,
                     twice int GENERATED ALWAYS AS (id * 2) STORED, next int GENERATED ALWAYS AS (id + 1) VIRTUAL,
                     CONSTRAINT of_page FOREIGN KEY (page) REFERENCES page (id) ON DELETE CASCADE);
                 INSERT INTO `re vi``sion 데` (id, page, content, body)
                     SELECT seq, 1 + seq % 500, unhex(concat(md5(seq), '00270a0d5c1a', md5(-seq))), concat('x\\r\\n', seq, '\\0é')
                     FROM seq_1_to_3000;
                 CREATE TABLE `empty` (x int);
                 CREATE TABLE log (n int);
                 CREATE TABLE geo (at point NOT NULL, flags bit(9), time timestamp(6) NULL, SPATIAL INDEX (at));
                 INSERT INTO geo VALUES (point(1, 2), b'101', '2024-03-31 01:30:00.5');
                 CREATE TABLE part (id int, day date) PARTITION BY RANGE (year(day))
                     (PARTITION old VALUES LESS THAN (2020), PARTITION new VALUES LESS THAN MAXVALUE);
                 INSERT INTO part VALUES (1, '2019-01-01'), (2, '2024-01-01');
                 CREATE TABLE history (x int PRIMARY KEY, y int) WITH SYSTEM VERSIONING;
                 INSERT INTO history VALUES (1, 1), (2, 2); UPDATE history SET y = 5 WHERE x = 1; DELETE FROM history WHERE x = 2;
                 CREATE SEQUENCE counter START WITH 5;
                 CREATE VIEW titles AS SELECT id, title FROM page;
                 CREATE VIEW `all 데` AS SELECT titles.title, r.id FROM titles JOIN `re vi``sion 데` r ON r.page = titles.id;
                 CREATE USER IF NOT EXISTS 'ow ner'@'%';
                 DELIMITER ;;
                 CREATE TRIGGER {name}.first BEFORE INSERT ON {name}.page FOR EACH ROW BEGIN
                     INSERT INTO log VALUES (new.id); END;;
                 CREATE DEFINER='ow ner'@'%' TRIGGER `se c` AFTER INSERT
                     ON `re vi``sion 데` FOR EACH ROW
                     INSERT INTO log VALUES (-new.id);;
                 CREATE PROCEDURE `pro ``c`(IN x int) BEGIN
                 INSERT INTO log VALUES (x);
                 INSERT INTO log
                 (n) VALUES (x), (';'); SELECT 'a;b\r\nc\n-- Table structure for table `x`\n'; END;;
                 CREATE FUNCTION plus(x int) RETURNS int DETERMINISTIC RETURN x + 1;;
                 CREATE EVENT enabled ON SCHEDULE EVERY 10 YEAR STARTS '2020-01-01 00:00:00' COMMENT 'it''s' DO
                     INSERT INTO log VALUES (1000);;
                 CREATE EVENT disabled ON SCHEDULE EVERY 1 DAY DISABLE DO DELETE FROM log;;
                 CREATE EVENT once ON SCHEDULE AT '2037-01-01 00:00:00' ON COMPLETION PRESERVE DO SELECT 1;;
                 DELIMITER ;
                 ALTER DATABASE {name} COLLATE utf8mb4_bin;"
            ),
        );
    }

    /// Everything in a database, as a dump.
    fn contents(&self, database: &str) -> String {
        let mut dump = self.own("mariadb-dump");
        dump.args([
            "--skip-comments",
            "--hex-blob",
            "--routines",
            "--events",
            "--triggers",
            "--dump-history",
        ]);
        let output = dump.args(["--single-transaction", "--", database]).output().expect("it runs");
        assert!(output.status.success(), "{}", stderr(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// All databases but the server's own, by name.
    fn databases(&self) -> Vec<String> {
        let all = "SELECT schema_name FROM information_schema.schemata ORDER BY schema_name";
        let own = ["information_schema", "mysql", "performance_schema", "sys"];
        self.sql("mysql", all).lines().filter(|name| !own.contains(name)).map(str::to_owned).collect()
    }

    /// The number of rows of a table, which may not exist.
    fn rows(&self, database: &str, table: &str) -> Option<usize> {
        let count = format!("SELECT count(*) FROM {}.{}", quoted(database), quoted(table));
        let output = self.own("mariadb").args(["-BN", "-e", &count]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).trim().parse().ok()
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        self.stop(Signal::KILL);
    }
}

/// A client of the container, which knows its socket. `scan` in its folder is run first.
fn client(path: &Path, name: &str, socket: &Path) {
    program(
        path,
        &format!(
            "first=$1; shift
             [ \"$first\" != --help ] || exec /usr/bin/{name} --help
             scan=${{0%/*}}/scan
             [ ! -e \"$scan\" ] || . \"$scan\"
             exec /usr/bin/{name} \"$first\" --socket='{}' \"$@\"",
            socket.display()
        ),
    );
}

/// A name in SQL.
fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A string in SQL.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// A sandbox with stand-ins for podman and systemctl in front of a MariaDB. As in a container, only the image's variables
/// are set, and standard input is passed only with `--interactive`. The script in the file `fault` replaces the command. It
/// gets the command as arguments, the kind of client in `kind` and its options in `options`.
fn sandbox_of(mariadb: &MariaDb, database: &str) -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.set("CONTAINER", CONTAINER).set("DATABASE", database).set("DATABASE_USER", "root");
    sandbox.set("UNITS", "podman-ml.service podman-server.service").set("READY_WITHIN", "0");
    sandbox.set("SUFFIX", ".sql.zst");
    let password = sandbox.at("password");
    std::fs::write(&password, format!("{PASSWORD}\n")).unwrap();
    sandbox.set("PASSWORD_FILE", password);
    sandbox.add_systemctl();
    // Each call of `date` prints another time, so that two restores in one second differ.
    program(
        &sandbox.at("bin/date"),
        "echo >>\"$HERE/dates\"; printf '20260703_05%04d\\n' $(wc -l <\"$HERE/dates\")",
    );
    program(
        &sandbox.at("bin/podman"),
        &format!(
            "set -euo pipefail
             if [ \"$*\" = 'container inspect --format {{{{.State.Running}}}} -- {CONTAINER}' ]; then
                 if [ -e \"$HERE/down\" ]; then echo false; else echo true; fi
                 exit
             fi
             [ \"$1\" = exec ]; shift
             input=no
             while [ \"$1\" != -- ]; do
                 case $1 in
                     --interactive) input=yes ;;
                     *) exit 125 ;;
                 esac
                 shift
             done
             [ \"$2\" = {CONTAINER} ]; shift 2
             [ $input = yes ] || exec </dev/null
             kind=$6 options=${{*:7}}
             run() {{ /usr/bin/env -i PATH='{bin}' HOME='{folder}' MYSQL_HOST=nowhere \"$@\"; }}
             if [ -e \"$HERE/fault\" ]; then . \"$HERE/fault\"; fi
             run \"$@\"",
            bin = mariadb.folder.path().join("bin").display(),
            folder = mariadb.folder.path().display(),
        ),
    );
    sandbox
}

/// A fault that replaces the SQL on standard input: `sql` is edited by `code`.
fn edit(code: &str) -> String {
    format!(
        "if [ \"$kind\" = sql ]; then sql=$(cat; echo x); sql=${{sql%x}}; {code}; printf '%s' \"$sql\" | run \"$@\"; exit; fi"
    )
}

impl Sandbox {
    fn breaks(&self, code: &str) -> &Sandbox {
        std::fs::write(self.at("fault"), code).unwrap();
        self
    }

    fn works(&self) -> &Sandbox {
        let _ = std::fs::remove_file(self.at("fault"));
        self
    }

    fn restore(&self, words: &[&str]) -> Output {
        self.run(&[&["restore-mysql", "--yes"], words].concat())
    }

    /// Restores a dump, and returns the output.
    fn mysql_restores(&self, dump: &Path) -> String {
        let output = self.restore(&[dump.to_str().unwrap()]);
        assert!(output.status.success(), "{}", stderr(&output));
        assert_eq!(stderr(&output), "");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Restores a dump, which has to fail for a reason.
    fn mysql_restore_fails(&self, dump: &Path, why: &str) {
        let output = self.restore(&[dump.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1), "{why}: {}", stderr(&output));
        assert!(stderr(&output).contains(why), "{why:?} is not in {}", stderr(&output));
        // Messages of bash and of other programs in a pipeline would not help the user.
        for noise in [": line ", "Broken pipe"] {
            assert!(!stderr(&output).contains(noise), "{}", stderr(&output));
        }
    }
}

/// Fills a database, dumps it, and then changes it.
fn dumped_and_changed(mariadb: &MariaDb, database: &str) -> (Sandbox, PathBuf) {
    mariadb.fill(database);
    let sandbox = sandbox_of(mariadb, database);
    let dump = sandbox.backup("dump-mysql");
    mariadb.sql(
        database,
        "DELETE FROM `re vi``sion 데` WHERE id > 10; CREATE TABLE since AS SELECT 1; DROP VIEW `all 데`;
         CREATE VIEW newer AS SELECT * FROM since; DROP EVENT once; DROP TRIGGER first",
    );
    (sandbox, dump)
}

/// Asserts that two dumps are equal. Dumps are too long for a message.
fn assert_same(one: &str, other: &str) {
    let different = one.lines().zip(other.lines()).find(|(one, other)| one != other);
    assert_eq!(different, None);
    assert_eq!(one.lines().count(), other.lines().count());
}

const REVISION: &str = "re vi`sion 데";

#[test]
fn a_backup_restores_into_an_empty_mariadb_with_everything_in_it() {
    let (Some(first), Some(empty)) = (MariaDb::new(), MariaDb::new()) else { return };
    empty.sql("mysql", "CREATE USER 'ow ner'@'%'");
    let names = ["wiki", HOSTILE, QUOTES, "--all-databases", &"long".repeat(16)];
    for database in names {
        if database == QUOTES {
            first.create(database);
            first.sql(
                database,
                "CREATE TABLE page (id int); INSERT INTO page VALUES (1); CREATE VIEW all_pages AS SELECT * FROM page;
                 CREATE TRIGGER x BEFORE INSERT ON page FOR EACH ROW SET new.id = 1",
            );
        } else {
            first.fill(database);
        }
        // The image creates an empty database, with the character set of the server or of its variables.
        if database != "wiki" {
            empty.create(database);
            if database != QUOTES {
                empty.sql(database, &format!("ALTER DATABASE {} COLLATE utf8mb4_bin", quoted(database)));
            }
        }
        let sandbox = sandbox_of(&first, database);
        let dump = sandbox.backup("dump-mysql");
        assert_eq!(dump.metadata().unwrap().mode() & 0o7777, 0o600);
        let restore = sandbox_of(&empty, database);
        restore.mysql_restores(&dump);
        // The name of the database in a trigger is left out.
        let name = quoted(database);
        let original = first.contents(database).replace(&format!(" {name}.first"), " first");
        let original = original.replace(&format!(" ON {name}.page"), " ON page");
        let restored = empty.contents(database);
        match database {
            // Without a database in its place, it has the character set of the server.
            "wiki" => {
                let without = |text: &str| {
                    let lines = text.lines().filter(|line| !line.starts_with("ALTER DATABASE"));
                    lines.map(str::to_owned).collect::<Vec<_>>().join("\n")
                };
                assert_same(&without(&restored), &without(&original));
            }
            _ => assert_same(&restored, &original),
        }
        assert!(!sandbox.at("here").exists() && !restore.at("here").exists());
        assert_eq!(restore.systemctl_calls(), STOPPED_AND_STARTED);
    }
    assert_eq!(empty.databases().len(), names.len());
    // A restore over an existing database keeps the previous one.
    for (database, all) in [("wiki", 6), (&"long".repeat(16), 7)] {
        sandbox_of(&empty, database).mysql_restores(&sandbox_of(&first, database).backup("dump-mysql"));
        assert_eq!(empty.rows(database, REVISION), Some(3000));
        assert_eq!(empty.databases().len(), all);
    }
    let expected = "disabled DISABLED, enabled ENABLED, once ENABLED";
    let events = "SELECT group_concat(event_name, ' ', status ORDER BY event_name SEPARATOR ', ') FROM information_schema.events";
    assert_eq!(empty.sql("wiki", &format!("{events} WHERE event_schema = 'wiki'")), expected);
    // Foreign keys refer to the tables of their own database.
    empty.sql("wiki", "DELETE FROM page WHERE id = 1");
    assert_eq!(empty.rows("wiki", REVISION), Some(2994));
    let kept =
        empty.databases().into_iter().find(|name| name.starts_with("wiki_before_")).expect("it is kept");
    assert_eq!(empty.rows(&kept, REVISION), Some(3000));
}

#[test]
fn the_password_is_visible_nowhere() {
    let Some(mariadb) = MariaDb::new() else { return };
    let (sandbox, dump) = dumped_and_changed(&mariadb, "wiki");
    // Each start of a client searches the arguments and variables of all processes, and all files of the sandbox.
    let (secret, found) = (sandbox.at("secret"), sandbox.at("found"));
    std::fs::write(&secret, "ss 'w#rd").unwrap();
    std::fs::write(
        mariadb.folder.path().join("bin/scan"),
        format!(
            "echo >>'{found}.count'
             /usr/bin/grep --text --files-with-matches --fixed-strings --file='{secret}' \\
                 /proc/[0-9]*/cmdline /proc/[0-9]*/environ >>'{found}' 2>/dev/null",
            found = found.display(),
            secret = secret.display()
        ),
    )
    .unwrap();
    std::thread::sleep(Duration::from_millis(1100));
    for words in [&["backup", "dump-mysql"][..], &["restore-mysql", "--yes", dump.to_str().unwrap()]] {
        let output = sandbox.run(words);
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(
            !stderr(&output).contains("w#rd") && !String::from_utf8_lossy(&output.stdout).contains("w#rd")
        );
    }
    assert!(std::fs::read_to_string(sandbox.at("found.count")).unwrap().len() > 10);
    assert_eq!(std::fs::read_to_string(found).unwrap(), "");
}

#[test]
fn a_wrong_password_is_reported_at_once() {
    let Some(mariadb) = MariaDb::new() else { return };
    let (mut sandbox, dump) = dumped_and_changed(&mariadb, "wiki");
    sandbox.set("READY_WITHIN", "600");
    std::fs::write(sandbox.at("password"), "hunter2").unwrap();
    let output = sandbox.run(&["backup", "dump-mysql"]);
    assert_eq!(output.status.code(), Some(1));
    let errors = stderr(&output);
    assert!(errors.contains("rejects root: check the user and its password"), "{errors}");
    assert!(!errors.contains("hunter2"), "{errors}");
    sandbox.mysql_restore_fails(&dump, "Access denied");
    // The server's own user may need no password.
    mariadb.sql("mysql", "CREATE USER app@localhost; GRANT ALL ON *.* TO app@localhost WITH GRANT OPTION");
    sandbox.set("DATABASE_USER", "app").set("PASSWORD_FILE", "").backup("dump-mysql");
    sandbox.mysql_restores(&dump);
    // A secret that agenix did not decrypt.
    let missing = sandbox.at("missing");
    sandbox.set("PASSWORD_FILE", missing).set("READY_WITHIN", "0");
    sandbox.backup_fails("dump-mysql", "the password of app cannot be read");
}

#[test]
fn a_mysql_database_is_restored_from_a_snapshot() {
    let Some(mariadb) = MariaDb::new() else { return };
    mariadb.fill("wiki");
    let Some(mut sandbox) = sandbox_of(&mariadb, "wiki").with_repository() else { return };
    sandbox.set("PRODUCER", "dump-mysql").set("RESTORE", "restore-mysql");
    let before = mariadb.contents("wiki");
    sandbox.snapshot();
    mariadb.sql("wiki", "CREATE TABLE since AS SELECT 1; DROP VIEW `all 데`");
    let output = sandbox.run(&["restore-snapshot", "--yes", "latest"]);
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{stdout}{}", stderr(&output));
    assert!(stdout.contains("wiki was restored from latest."), "{stdout}");
    // The name of the database in a trigger is left out.
    let plain = |text: &str| text.replace(" `wiki`.first", " first").replace(" ON `wiki`.page", " ON page");
    assert_same(&plain(&mariadb.contents("wiki")), &plain(&before));
    // The options of the restore are passed to it.
    let kept = mariadb.databases().into_iter().find(|name| name.contains("_before_")).expect("it is kept");
    let output = sandbox.run(&["restore-snapshot", "--yes", "--delete", &kept]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(mariadb.databases(), ["wiki"]);
}

#[test]
fn a_truncated_mysql_dump_is_not_kept_as_a_backup() {
    let Some(mariadb) = MariaDb::new() else { return };
    mariadb.fill("wiki");
    let mut sandbox = sandbox_of(&mariadb, "wiki");
    sandbox.set("KEEP_AT_LEAST", "0").set("KEEP_DAYS", "0");
    let first = sandbox.backup("dump-mysql");
    let whole = Command::new("zstd").arg("-dcq").arg(&first).output().unwrap().stdout.len();
    std::fs::remove_file(first).unwrap();
    sandbox.add_old_backup("database-2001-01-01T000000.sql.zst");
    for length in [0, 1, 5, 100, 3000, whole / 2, whole - 1000, whole - 30, whole - 41] {
        for (status, why) in
            [(0, "is cut short"), (1, "the dump of database wiki"), (137, "the dump of database wiki")]
        {
            sandbox.breaks(&format!(
                "if [ \"$kind\" = dump ]; then run \"$@\" | {{ head -c {length}; cat >/dev/null; }}; exit {status}; fi"
            ));
            sandbox.backup_fails("dump-mysql", why);
        }
    }
    // A complete dump of a failed client is not a backup, and neither is an unreadable one.
    sandbox
        .breaks("if [ \"$kind\" = dump ]; then run \"$@\"; exit 1; fi")
        .backup_fails("dump-mysql", "the dump of database wiki");
    program(
        &sandbox.at("bin/zstd"),
        "case \"$*\" in *--rsyncable*) /usr/bin/zstd \"$@\" | { head -c 5000; cat >/dev/null; } ;; *) exec /usr/bin/zstd \"$@\" ;; esac",
    );
    sandbox.works().backup_fails("dump-mysql", "cannot be read to its end");
    std::fs::remove_file(sandbox.at("bin/zstd")).unwrap();
    // The client's configuration leaves out a table.
    std::fs::write(mariadb.folder.path().join(".my.cnf"), "[mysqldump]\nignore-table=wiki.log\n").unwrap();
    mariadb.sql("mysql", "CREATE USER app@localhost; GRANT ALL ON *.* TO app@localhost");
    let password = sandbox.at("password");
    sandbox.set("DATABASE_USER", "app").set("PASSWORD_FILE", "");
    sandbox.backup_fails("dump-mysql", "the dump has 6 of the 7 tables of wiki");
    sandbox.set("DATABASE_USER", "root").set("PASSWORD_FILE", password);
    sandbox.set("DATABASE", "missing").backup_fails("dump-mysql", "has no database missing");
    mariadb.create("empty");
    sandbox.set("DATABASE", "empty").backup_fails("dump-mysql", "has no tables");
    sandbox
        .set("CONTAINER", "missing")
        .backup_fails("dump-mysql", "the server in container missing is not ready");
    sandbox.set("CONTAINER", CONTAINER).set("DATABASE", "wiki").backup("dump-mysql");
    assert_eq!(sandbox.backups("database", ".sql.zst").len(), 1);
}

#[test]
fn a_file_size_limit_fails_the_mysql_dump_and_keeps_the_old_backups() {
    let Some(mariadb) = MariaDb::new() else { return };
    mariadb.fill("wiki");
    let sandbox = sandbox_of(&mariadb, "wiki");
    sandbox.add_old_backup("database-2001-01-01T000000.sql.zst");
    for before in ["trap '' XFSZ; ", ""] {
        program(&sandbox.at("bin/limited"), &format!("{before}ulimit -f 8; exec dump-mysql \"$@\""));
        sandbox.backup_fails("limited", "no backup of database was made");
    }
}

#[test]
fn a_killed_mysql_dump_keeps_the_last_good_backup() {
    let Some(mariadb) = MariaDb::new() else { return };
    mariadb.fill("wiki");
    let sandbox = sandbox_of(&mariadb, "wiki");
    let old = sandbox.add_old_backup("database-2001-01-01T000000.sql.zst");
    for length in [0, 2000, 50_000] {
        sandbox.breaks(&format!(
            "if [ \"$kind\" = dump ]; then run \"$@\" | {{ head -c {length}; touch \"$HERE/begun\"; sleep 100; }}; fi"
        ));
        for group in [true, false] {
            let mut child = sandbox.command(&["backup", "dump-mysql"]).process_group(0).spawn().unwrap();
            wait_for(|| sandbox.at("begun").exists());
            std::fs::remove_file(sandbox.at("begun")).unwrap();
            if !group {
                // The processes that podman leaves behind do not hold the lock.
                child.kill().unwrap();
                assert_eq!(sandbox.backups("database", ".sql.zst"), std::slice::from_ref(&old));
                sandbox.breaks("if [ \"$kind\" = dump ]; then exit 1; fi");
                let output = sandbox.run(&["backup", "dump-mysql"]);
                assert!(stderr(&output).contains("the dump of database wiki"), "{}", stderr(&output));
            }
            kill_group(&mut child);
            assert_eq!(sandbox.backups("database", ".sql.zst"), std::slice::from_ref(&old));
        }
    }
    sandbox.works().backup("dump-mysql");
    assert!(old.exists());
}

#[test]
fn a_mysql_dump_waits_for_a_starting_server() {
    let Some(mut mariadb) = MariaDb::new() else { return };
    mariadb.fill(HOSTILE);
    let mut sandbox = sandbox_of(&mariadb, HOSTILE);
    sandbox.breaks("echo >>\"$HERE/asked\"");
    mariadb.stop(Signal::TERM);
    sandbox.set("READY_WITHIN", "60");
    let mut waits = sandbox.command(&["backup", "dump-mysql"]);
    let waits = waits.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for(|| std::fs::read(sandbox.at("asked")).is_ok_and(|asked| asked.len() > 1));
    mariadb.boot();
    let output = waits.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(sandbox.backups("database", ".sql.zst").len(), 1);
    // A server that never starts.
    mariadb.stop(Signal::KILL);
    sandbox.set("READY_WITHIN", "02").backup_fails("dump-mysql", "is not ready after ");
    for wrong in ["soon", "-1", "a[$(touch here)]"] {
        sandbox.set("READY_WITHIN", wrong).backup_fails("dump-mysql", "READY_WITHIN is not a number");
    }
    assert!(!sandbox.at("here").exists());
}

#[test]
fn a_trial_of_a_mysql_dump_fires_nothing_and_touches_no_other_database() {
    let Some(mariadb) = MariaDb::new() else { return };
    for other in ["homegen_trial_mine", "homegen_trial_20260703_05300", "probe"] {
        mariadb.create(other);
    }
    mariadb.fill(HOSTILE);
    let name = quoted(HOSTILE);
    mariadb.sql(
        HOSTILE,
        &format!(
            "CREATE TABLE probe.fired (at varchar(100));
             CREATE TABLE parent (id int PRIMARY KEY); INSERT INTO parent SELECT seq FROM seq_1_to_1000;
             CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent (id));
             INSERT INTO child SELECT seq, 1001 - seq FROM seq_1_to_1000;
             DELIMITER ;;
             CREATE TRIGGER {name}.raises BEFORE INSERT ON {name}.child FOR EACH ROW SIGNAL SQLSTATE '45000';;
             CREATE TRIGGER  `be fore ON x.y`
                 before insert on {name} . parent for each row begin INSERT INTO probe.fired VALUES ('trigger');
                 end;;
             CREATE EVENT busy ON SCHEDULE EVERY 1 SECOND STARTS '2020-01-01 00:00:00' DO
                 INSERT INTO probe.fired VALUES (DATABASE());;
             DELIMITER ;"
        ),
    );
    let before = mariadb.contents(HOSTILE);
    let default = "SELECT default_collation_name FROM information_schema.schemata ORDER BY schema_name";
    let defaults = mariadb.sql("mysql", default);
    let sandbox = sandbox_of(&mariadb, HOSTILE);
    // The loaded database stays long enough for an event.
    sandbox.breaks(
        "case $options in *--database=homegen_trial*) run \"$@\"; status=$?; sleep 2.2; exit $status ;; esac",
    );
    let output = sandbox.run(&["backup", "dump-mysql"]);
    assert!(output.status.success() && stderr(&output).is_empty(), "{}", stderr(&output));
    let fired = mariadb.sql("probe", "SELECT DISTINCT at FROM fired");
    assert_eq!(fired, HOSTILE);
    assert_eq!(mariadb.databases(), ["homegen_trial_20260703_05300", "homegen_trial_mine", "probe", HOSTILE]);
    assert_eq!(mariadb.contents(HOSTILE), before);
    assert_eq!(mariadb.sql("mysql", default), defaults);
}

#[test]
fn a_mysql_dump_that_fails_its_trial_is_kept_and_prunes_no_good_backup() {
    let Some(mariadb) = MariaDb::new() else { return };
    mariadb.create("wiki");
    mariadb.sql(
        "wiki",
        "CREATE TABLE t (x int CHECK (x > 0)); SET check_constraint_checks = OFF; INSERT INTO t VALUES (1), (-1)",
    );
    let mut sandbox = sandbox_of(&mariadb, "wiki");
    sandbox.set("KEEP_DAYS", "0").set("KEEP_AT_LEAST", "1");
    let good = [1, 2].map(|day| sandbox.add_old_backup(&format!("database-2001-01-0{day}T000000.sql.zst")));
    let output = sandbox.run(&["backup", "dump-mysql"]);
    assert_eq!(output.status.code(), Some(1));
    let errors = stderr(&output);
    assert!(errors.contains("rows that violate a constraint: correct them"), "{errors}");
    assert!(
        errors.contains("-not-restorable.sql.zst could not be restored on trial, and is kept"),
        "{errors}"
    );
    // Rows do not reach the log.
    assert!(!errors.contains("INSERT INTO"), "{errors}");
    assert_eq!(mariadb.databases(), ["wiki"]);
    assert_eq!(sandbox.backups("database", "-not-restorable.sql.zst").len(), 1);
    assert!(good.iter().all(|path| path.exists()));
    assert_eq!(sandbox.unfinished(), [""; 0]);
    mariadb.sql("wiki", "DELETE FROM t WHERE x < 0");
    std::thread::sleep(Duration::from_millis(1100));
    let backup = sandbox.backup("dump-mysql");
    assert_eq!(sandbox.backups("database", ".sql.zst"), std::slice::from_ref(&backup));
    // A dump that is loaded only in part.
    sandbox.breaks("case $options in *--database=homegen_trial*) cat >/dev/null; exit 0 ;; esac");
    let output = sandbox.run(&["backup", "dump-mysql"]);
    assert!(stderr(&output).contains("only 0 of its 1 tables could be loaded"), "{}", stderr(&output));
    assert_eq!(mariadb.databases(), ["wiki"]);
}

#[test]
fn a_user_that_may_not_read_everything_makes_no_mysql_dump() {
    let Some(mariadb) = MariaDb::new() else { return };
    mariadb.fill("wi_ki");
    mariadb.sql(
        "mysql",
        "CREATE USER app@localhost; GRANT SELECT, SHOW VIEW, EVENT ON `wi\\_ki`.* TO app@localhost",
    );
    let mut sandbox = sandbox_of(&mariadb, "wi_ki");
    sandbox.set("DATABASE_USER", "app").set("PASSWORD_FILE", "");
    let output = sandbox.run(&["backup", "dump-mysql"]);
    let errors = stderr(&output);
    let (_, grant) = errors.lines().next().unwrap().split_once(": run ").expect(&errors);
    assert_eq!(grant, "GRANT EXECUTE, TRIGGER ON `wi\\_ki`.* TO 'app'@'localhost'");
    // Without the source of the routines, which the client reports.
    mariadb.sql("mysql", grant);
    sandbox.backup_fails("dump-mysql", "the dump of database wi_ki");
    mariadb.sql("mysql", "GRANT SELECT ON mysql.proc TO app@localhost");
    let output = sandbox.run(&["backup", "dump-mysql"]);
    assert!(
        output.status.success()
            && stderr(&output).contains("was not tested with a trial restore: app has no SUPER"),
        "{}",
        stderr(&output)
    );
    let dump = sandbox.backups("database", ".sql.zst").pop().unwrap();
    sandbox.mysql_restore_fails(&dump, "app needs all privileges");
    assert_eq!(mariadb.databases(), ["wi_ki"]);
}

/// Calls of podman up to the number `at`; that one runs its command, and waits to be killed.
fn count_calls(sandbox: &Sandbox, at: u32) {
    let _ = std::fs::remove_file(sandbox.at("count"));
    for folder in ["begun", "reached"] {
        let _ = std::fs::remove_dir(sandbox.at(folder));
    }
    // A command continues in the container when podman is killed.
    sandbox.breaks(&format!(
        "echo >>\"$HERE/count\"
         if [ $(wc -l <\"$HERE/count\") -ge {at} ] && mkdir \"$HERE/reached\" 2>/dev/null; then
             run \"$@\" >/dev/null 2>&1 || true
             mkdir \"$HERE/begun\"
             sleep 100
             exit 1
         fi"
    ));
}

/// Runs a command, and kills it when it makes call number `at`.
fn kill_at(sandbox: &Sandbox, words: &[&str], at: u32, signal: Signal) {
    count_calls(sandbox, at);
    let mut child =
        sandbox.command(words).process_group(0).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_for(|| sandbox.at("begun").exists());
    kill_process_group(Pid::from_child(&child), signal).unwrap();
    assert!(!child.wait().unwrap().success());
    sandbox.works();
}

#[test]
fn an_interrupted_trial_of_a_mysql_dump_leaves_no_database() {
    let Some(mariadb) = MariaDb::new() else { return };
    mariadb.fill("wiki");
    let sandbox = sandbox_of(&mariadb, "wiki");
    let words = &["backup", "dump-mysql"];
    count_calls(&sandbox, u32::MAX);
    sandbox.backup("dump-mysql");
    let calls = u32::try_from(std::fs::read_to_string(sandbox.at("count")).unwrap().len()).unwrap();
    assert!(calls > 8, "{calls}");
    let mut left = 0;
    // The script cleans up by itself, which SIGTERM does not interrupt.
    for at in 1..calls - 1 {
        kill_at(&sandbox, words, at, Signal::TERM);
        wait_for(|| mariadb.databases() == ["wiki"]);
    }
    for at in 1..=calls {
        kill_at(&sandbox, words, at, Signal::KILL);
        left += usize::from(mariadb.databases().len() > 1);
    }
    wait_for(|| sandbox.run(words).status.success());
    assert_eq!(mariadb.databases(), ["wiki"]);
    assert!(left > 0, "none was killed while the database was there");
}

#[test]
fn a_failed_restore_keeps_the_current_mysql_database() {
    let Some(mariadb) = MariaDb::new() else { return };
    let (mut sandbox, dump) = dumped_and_changed(&mariadb, HOSTILE);
    let present = mariadb.contents(HOSTILE);
    let whole = std::fs::read(&dump).unwrap();
    let cut = sandbox.at("cut");
    let check = |sandbox: &Sandbox, dump: &Path, why: &str, calls: &str| {
        sandbox.mysql_restore_fails(dump, why);
        assert_eq!(mariadb.databases(), [HOSTILE], "{why}");
        assert_eq!(mariadb.contents(HOSTILE), present, "{why}");
        assert_eq!(sandbox.systemctl_calls(), calls, "{why}");
        assert_eq!(mariadb.sql("mysql", "SELECT @@GLOBAL.max_allowed_packet"), "16777216", "{why}");
    };
    // Failures before any change.
    for length in [0, 100, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&cut, &whole[..length]).unwrap();
        check(&sandbox, &cut, "use another dump", "");
    }
    let text = Command::new("zstd").arg("-dcq").arg(&dump).output().unwrap().stdout;
    std::fs::write(&cut, &text[..text.len() - 60]).unwrap();
    check(&sandbox, &cut, "not a complete dump", "");
    let edited = |from: &str, to: &str| String::from_utf8_lossy(&text).replacen(from, to, 1);
    let line = "-- Table structure for table `empty`";
    std::fs::write(&cut, edited(line, &format!("{line}\nUSE `mysql`;"))).unwrap();
    check(&sandbox, &cut, "selects its own database: create it without --databases", "");
    std::fs::write(&cut, edited(line, &format!("{line}\nSET @@GLOBAL.GTID_PURGED='';"))).unwrap();
    check(&sandbox, &cut, "create it with --set-gtid-purged=OFF", "");
    std::fs::write(&cut, edited("TRIGGER `we``ird", "TRIGGER /* x */`we``ird")).unwrap();
    check(&sandbox, &cut, "a trigger names its database", "");
    std::fs::write(&cut, edited("NOT PRESERVE ENABLE", "NOT PRESERVE SOON")).unwrap();
    check(&sandbox, &cut, "an event cannot be disabled", "");
    check(&sandbox, &sandbox.at("missing"), "does not exist", "");
    check(&sandbox, &sandbox.at("bin"), "not a readable file", "");
    let lock = sandbox.at("restore.lock");
    sandbox.set("LOCK", "/no/such/folder/lock");
    check(&sandbox, &dump, "run this as root", "");
    sandbox.set("LOCK", lock);
    std::fs::write(sandbox.at("down"), "").unwrap();
    check(&sandbox, &dump, "start it", "");
    std::fs::remove_file(sandbox.at("down")).unwrap();

    // Failures while the new database is created and filled.
    sandbox.breaks(&edit("case $sql in *'CREATE DATABASE `'*) exit 1 ;; esac"));
    check(&sandbox, &dump, "cannot create a new database", "");
    let load = "[[ $options == *--database=*_restore_* ]]";
    sandbox.breaks(&format!("if {load}; then head -c 60000 | run \"$@\" || exit 1; exit 1; fi"));
    check(&sandbox, &dump, "it could not be loaded", "");
    sandbox.breaks(&format!(
        "if {load}; then sed '/^-- Table structure for table `page`/,$d' | run \"$@\"; exit; fi"
    ));
    check(&sandbox, &dump, "of its 7 tables could be loaded", "");
    sandbox.breaks(&format!(
        "if {load}; then cat >/dev/null; echo 'ERROR 1021: No space left on device' >&2; exit 1; fi"
    ));
    check(&sandbox, &dump, "free some space", "");
    sandbox.breaks(
        "if [[ $kind = dump && $options == *_restore_* ]]; then echo 'mysqldump: 1449' >&2; exit 2; fi",
    );
    check(&sandbox, &dump, "create the users that the error above names", "");
    sandbox.works();

    // Failures while the units are stopped and the tables are moved.
    std::fs::write(sandbox.at("on-systemctl"), "[ \"$1\" != stop ]").unwrap();
    check(&sandbox, &dump, "could be stopped", STOPPED_AND_STARTED);
    std::fs::remove_file(sandbox.at("on-systemctl")).unwrap();
    sandbox.breaks(&edit("case $sql in *'CREATE TABLE homegen_definitions'*) exit 1 ;; esac"));
    check(&sandbox, &dump, "cannot save the current definitions", STOPPED_AND_STARTED);
    // Nothing is moved if the server rejects one table.
    sandbox
        .breaks(&edit("[[ $sql != *$'\\nRENAME TABLE'* ]] || sql=${sql/%;$'\\n'/, nothing.x TO nothing.y;}"));
    check(&sandbox, &dump, "the current database is unchanged", STOPPED_AND_STARTED);
    sandbox.breaks(&edit("case $sql in *$'\\nRENAME TABLE'*) exit 1 ;; esac"));
    check(&sandbox, &dump, "the current database is unchanged", STOPPED_AND_STARTED);
    // The definitions cannot be created, before and after the move.
    let live = "[[ $options == *\"--database=$DATABASE\" ]]";
    let no_move = edit("case $sql in *$'\\nRENAME TABLE'*) exit 1 ;; esac");
    for (code, why) in [
        (format!("if {live}; then exit 1; fi; {no_move}"), "The previous ones are saved. To put them back"),
        (format!("if {live}; then exit 1; fi"), "Its tables are those of"),
    ] {
        sandbox
            .breaks(&code)
            .mysql_restore_fails(&dump, "routines and events of we`ird; drop=$(touch here) 데이터 are not");
        let output = sandbox.restore(&[dump.to_str().unwrap()]);
        assert!(stderr(&output).contains(why), "{}", stderr(&output));
        let kept = mariadb.databases();
        let kept = kept.iter().find(|name| mariadb.rows(name, "homegen_definitions") == Some(1));
        let output = sandbox.works().restore(&["--back", kept.expect("it is kept")]);
        assert!(output.status.success(), "{}", stderr(&output));
        assert_same(&mariadb.contents(HOSTILE), &present);
        for name in mariadb.databases().iter().filter(|name| *name != HOSTILE) {
            mariadb.sql("mysql", &format!("DROP DATABASE {}", quoted(name)));
        }
    }
    sandbox.systemctl_calls();

    sandbox.works().mysql_restores(&dump);
    assert_eq!(mariadb.rows(HOSTILE, REVISION), Some(3000));
}

#[test]
fn a_restore_succeeds_if_only_the_result_of_the_move_is_lost() {
    let Some(mariadb) = MariaDb::new() else { return };
    let (sandbox, dump) = dumped_and_changed(&mariadb, "wiki");
    sandbox.breaks(&edit(
        "case $sql in *$'\\nRENAME TABLE'*) printf '%s' \"$sql\" | run \"$@\"; exit 1 ;; esac",
    ));
    let output = sandbox.restore(&[dump.to_str().unwrap()]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(mariadb.databases().len(), 2);
    assert_eq!(mariadb.rows("wiki", REVISION), Some(3000));
    assert_eq!(mariadb.rows(&mariadb.databases()[1], REVISION), Some(10));
}

#[test]
fn a_restore_that_is_killed_anywhere_loses_no_table_and_can_be_repeated() {
    let Some(mariadb) = MariaDb::new() else { return };
    let (sandbox, dump) = dumped_and_changed(&mariadb, "wiki");
    let present = mariadb.contents("wiki");
    let words = &["restore-mysql", "--yes", dump.to_str().unwrap()];
    let start_again = || {
        let drop: String =
            mariadb.databases().iter().map(|name| format!("DROP DATABASE {};\n", quoted(name))).collect();
        mariadb
            .sql("mysql", &format!("{drop} CREATE DATABASE wiki CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"));
        mariadb.sql("wiki", &present);
    };
    count_calls(&sandbox, u32::MAX);
    assert!(sandbox.run(words).status.success());
    let restored = mariadb.contents("wiki");
    let calls = u32::try_from(std::fs::read_to_string(sandbox.at("count")).unwrap().len()).unwrap();
    assert!(calls > 25, "{calls}");
    let mut outcomes = std::collections::BTreeSet::new();
    // The current database is not changed before call 12, and the clean-up makes the last calls.
    let kills = [1, 5, 7, 8].into_iter().chain(12..=calls).map(|at| (at, Signal::KILL));
    for (at, signal) in kills.chain((12..calls - 3).map(|at| (at, Signal::TERM))) {
        start_again();
        kill_at(&sandbox, words, at, signal);
        let now = mariadb.contents("wiki");
        // The rows are in the current database, or in the one that is kept.
        let kept = mariadb.databases().into_iter().find(|name| name.starts_with("wiki_before_"));
        let is_moved = mariadb.rows("wiki", REVISION) == Some(3000);
        match is_moved {
            true => {
                assert_eq!(mariadb.rows(kept.as_deref().expect("it is kept"), REVISION), Some(10), "{at}")
            }
            false => assert_eq!(mariadb.rows("wiki", REVISION), Some(10), "{at}"),
        }
        if signal == Signal::TERM {
            // The script completes or undoes its work, and starts the units.
            assert_same(&now, if is_moved { &restored } else { &present });
            assert_eq!(kept.is_some(), is_moved, "{at}");
            let (calls, expected) = (sandbox.systemctl_calls(), [STOPPED_AND_STARTED, ""]);
            assert!(expected.contains(&calls.as_str()), "{at}: {calls}");
            continue;
        }
        outcomes.insert((is_moved, kept.is_some(), now == present || now == restored));
        // The kept database can be put back, also if only the definitions were dropped.
        if let Some(kept) = kept.filter(|kept| mariadb.rows(kept, "homegen_definitions") == Some(1)) {
            let output = sandbox.restore(&["--back", &kept]);
            assert!(output.status.success(), "{at}: {}", stderr(&output));
            assert_same(&mariadb.contents("wiki"), &present);
        }
        // A second run restores the dump, and drops what the killed one left.
        if at % 4 == 0 {
            let output = sandbox.run(words);
            assert!(output.status.success(), "{at}: {}", stderr(&output));
            assert_same(&mariadb.contents("wiki"), &restored);
            assert!(mariadb.databases().iter().all(|name| !name.contains("_restore_")), "{at}");
        }
        sandbox.systemctl_calls();
    }
    // Some were killed before the change, while the definitions were dropped, after the move, and at the end.
    for outcome in [(false, false, true), (false, true, false), (true, true, false), (true, true, true)] {
        assert!(outcomes.contains(&outcome), "{outcome:?} {outcomes:?}");
    }
}

#[test]
fn a_mysql_restore_asks_before_any_change() {
    let Some(mariadb) = MariaDb::new() else { return };
    let (sandbox, dump) = dumped_and_changed(&mariadb, "wiki");
    let present = mariadb.contents("wiki");
    let dump = dump.to_str().unwrap();
    // Without a terminal.
    sandbox.breaks("touch \"$HERE/asked\"");
    let output = sandbox.run(&["restore-mysql", dump]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("nothing was done. Use --yes"), "{}", stderr(&output));
    assert!(!sandbox.at("asked").exists());
    for words in [
        &["restore-mysql"][..],
        &["restore-mysql", "--yes"],
        &["restore-mysql", "a", "b"],
        &["restore-mysql", "--no", "a"],
    ] {
        assert_eq!(sandbox.run(words).status.code(), Some(2));
    }
    if !are_installed(&["script"]) {
        return;
    }
    for (answer, code) in [("no", 1), ("", 1), ("y", 1), ("yes", 0)] {
        assert_eq!(
            (mariadb.databases(), mariadb.contents("wiki")),
            (vec!["wiki".to_owned()], present.clone())
        );
        let (ended, stdout) = sandbox.run_at_a_terminal(&["restore-mysql", dump], answer);
        assert_eq!(ended, Some(code), "{stdout}");
        for part in
            ["stop podman-ml.service podman-server.service", "move its tables to wiki_before_", "Continue?"]
        {
            assert!(stdout.contains(part), "{part} is not in {stdout}");
        }
        assert_eq!(sandbox.systemctl_calls(), if code == 0 { STOPPED_AND_STARTED } else { "" });
    }
    assert_eq!(mariadb.rows("wiki", REVISION), Some(3000));
}

#[test]
fn a_restore_ends_open_sessions_and_can_be_undone() {
    let Some(mariadb) = MariaDb::new() else { return };
    let (mut sandbox, dump) = dumped_and_changed(&mariadb, "wiki");
    let present = mariadb.contents("wiki");
    sandbox.set("UNITS", "");
    let sleeps = "START TRANSACTION; DELETE FROM page; SELECT sleep(100)";
    let mut session = mariadb.own("mariadb");
    let mut session = session.args(["-D", "wiki", "-e", sleeps]).stderr(Stdio::null()).spawn().unwrap();
    let sessions = "SELECT count(*) FROM information_schema.processlist WHERE info = 'SELECT sleep(100)'";
    wait_for(|| mariadb.sql("mysql", sessions) == "1");
    let stdout = sandbox.mysql_restores(&dump);
    assert!(!session.wait().unwrap().success());
    let restored = mariadb.contents("wiki");
    let kept = mariadb.databases().pop().unwrap();
    assert!(kept.starts_with("wiki_before_") && stdout.contains(&kept), "{stdout}");
    assert_eq!(mariadb.rows(&kept, "page"), Some(500));
    // The printed commands put the previous database back, and delete what is kept.
    let printed = |stdout: &str, option: &str| {
        let line = stdout.lines().find(|line| line.contains(option)).expect(stdout);
        line.trim().replace("restore-mysql.sh", "restore-mysql --yes")
    };
    std::thread::sleep(Duration::from_millis(1100));
    program(&sandbox.at("bin/printed"), &printed(&stdout, "--back"));
    let output = sandbox.run(&["printed"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(mariadb.contents("wiki"), present);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(mariadb.databases().len(), 2);
    program(&sandbox.at("bin/printed"), &printed(&stdout, "--back"));
    std::thread::sleep(Duration::from_millis(1100));
    let output = sandbox.run(&["printed"]);
    assert_eq!(mariadb.contents("wiki"), restored);
    program(&sandbox.at("bin/printed"), &printed(&String::from_utf8(output.stdout).unwrap(), "--delete"));
    assert!(sandbox.run(&["printed"]).status.success());
    assert_eq!(mariadb.databases(), ["wiki"]);
    // No other database can be put back or deleted.
    for name in ["wiki", "mysql", "missing"] {
        for option in ["--back", "--delete"] {
            let output = sandbox.restore(&[option, name]);
            assert_eq!(output.status.code(), Some(1));
            assert!(stderr(&output).contains("that a restore kept"), "{}", stderr(&output));
        }
    }
    // Left by a restore that was killed before it saved the definitions.
    mariadb.create("wiki_before");
    mariadb.sql("wiki_before", "CREATE TABLE homegen_definitions (definitions longblob)");
    let output = sandbox.restore(&["--back", "wiki_before"]);
    assert!(
        stderr(&output).contains("before it changed wiki. Use --delete wiki_before"),
        "{}",
        stderr(&output)
    );
    assert!(sandbox.restore(&["--delete", "wiki_before"]).status.success());
    assert_eq!(mariadb.contents("wiki"), restored);
    assert_eq!(mariadb.databases(), ["wiki"]);
}

#[test]
fn a_current_mysql_database_with_errors_can_be_replaced() {
    let Some(mariadb) = MariaDb::new() else { return };
    let (sandbox, dump) = dumped_and_changed(&mariadb, "wiki");
    mariadb.sql("wiki", "DROP TABLE since; CREATE DEFINER=gone@nowhere VIEW orphan AS SELECT 1");
    let output = sandbox.restore(&[dump.to_str().unwrap()]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(mariadb.rows("wiki", REVISION), Some(3000));
    let kept = mariadb.databases().pop().unwrap();
    assert_eq!(mariadb.rows(&kept, REVISION), Some(10));
}

#[test]
fn units_that_use_a_mysql_database_are_started_again_also_after_a_failure() {
    let Some(mariadb) = MariaDb::new() else { return };
    let (sandbox, dump) = dumped_and_changed(&mariadb, "wiki");
    std::fs::write(sandbox.at("on-systemctl"), "[ \"$1\" != start ]").unwrap();
    sandbox.mysql_restore_fails(&dump, "could be started");
    assert_eq!(sandbox.systemctl_calls(), STOPPED_AND_STARTED);
    assert_eq!(mariadb.rows("wiki", REVISION), Some(3000));
    std::fs::remove_file(sandbox.at("on-systemctl")).unwrap();
    // A second restore at the same time is refused.
    sandbox.breaks("touch \"$HERE/begun\"; until [ -e \"$HERE/go\" ]; do sleep 0.02; done");
    std::thread::sleep(Duration::from_millis(1100));
    let first =
        sandbox.command(&["restore-mysql", "--yes", dump.to_str().unwrap()]).stdout(Stdio::null()).spawn();
    wait_for(|| sandbox.at("begun").exists());
    sandbox.mysql_restore_fails(&dump, "another restore is running");
    std::fs::write(sandbox.at("go"), "").unwrap();
    assert!(first.unwrap().wait().unwrap().success());
}

#[test]
fn a_row_that_exceeds_the_packet_limit_as_hexadecimal_digits_is_restored() {
    let Some(mariadb) = MariaDb::with(&["--max-allowed-packet=1M"]) else { return };
    mariadb.create("wiki");
    // The largest rows that the limit permits, one of them first.
    mariadb.sql("wiki", "CREATE TABLE file (id int PRIMARY KEY, content longblob)");
    for id in 1..4 {
        mariadb.sql("wiki", &format!("INSERT INTO file VALUES ({id}, repeat('\\0', 1040000))"));
    }
    let sandbox = sandbox_of(&mariadb, "wiki");
    let dump = sandbox.backup("dump-mysql");
    let before = mariadb.contents("wiki");
    sandbox.mysql_restores(&dump);
    assert_eq!(mariadb.contents("wiki"), before);
    assert_eq!(mariadb.sql("mysql", "SELECT @@GLOBAL.max_allowed_packet"), "1048576");
}

#[test]
fn clients_of_old_images_and_of_mysql_are_used_with_their_own_options() {
    let Some(mariadb) = MariaDb::new() else { return };
    mariadb.fill("wiki");
    let bin = mariadb.folder.path().join("bin");
    let sandbox = sandbox_of(&mariadb, "wiki");
    let calls = sandbox.at("calls");
    std::fs::write(bin.join("scan"), format!("echo \"${{0##*/}} $*\" >>'{}'", calls.display())).unwrap();
    let called = || {
        let calls = std::fs::read_to_string(&calls).unwrap();
        calls
            .lines()
            .find(|line| line.contains("--single-transaction") || line.contains("--lock-tables"))
            .unwrap()
            .to_owned()
    };
    sandbox.backup("dump-mysql");
    let line = called();
    assert!(
        line.starts_with("mariadb-dump ")
            && line.contains(" --dump-history ")
            && line.contains("--single-transaction"),
        "{line}"
    );
    assert!(!line.contains("gtid"), "{line}");
    // A client with an option of MySQL.
    for (old, new) in [("mariadb", "mysql"), ("mariadb-dump", "mysqldump")] {
        std::fs::rename(bin.join(old), bin.join(new)).unwrap();
    }
    let dump = std::fs::read_to_string(bin.join("mysqldump")).unwrap();
    let dump = dump.replace("exec /usr/bin/mariadb-dump --help", "{ echo --set-gtid-purged; exit; }");
    program(&bin.join("mysqldump"), &dump.replace("\"$@\"", "\"${@/--set-gtid-purged=OFF/--comments}\""));
    std::fs::remove_file(&calls).unwrap();
    std::thread::sleep(Duration::from_millis(1100));
    let backup = sandbox.backup("dump-mysql");
    let line = called();
    assert!(line.starts_with("mysqldump ") && line.contains(" --set-gtid-purged=OFF "), "{line}");
    assert!(!line.contains("--dump-history"), "{line}");
    sandbox.mysql_restores(&backup);
    // Tables without transactions are locked.
    mariadb.sql("wiki", "CREATE TABLE old (x int) ENGINE=MyISAM");
    std::fs::remove_file(&calls).unwrap();
    let output = sandbox.run(&["backup", "dump-mysql"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains("1 tables of wiki have no transactions"), "{stdout}");
    assert!(called().contains("--lock-tables"), "{}", called());
}

#[test]
fn a_dump_in_the_format_of_mysql_is_loaded() {
    let Some(mariadb) = MariaDb::new() else { return };
    let sandbox = sandbox_of(&mariadb, "wiki");
    // As mysqldump 8.0 writes it: an INSERT is one line.
    let dump = "-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
/*!40101 SET NAMES utf8mb4 */;
/*!50717 SELECT COUNT(*) INTO @x FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = 'performance_schema' */;
--
-- Table structure for table `page`
--
DROP TABLE IF EXISTS `page`;
CREATE TABLE `page` (
  `id` int NOT NULL,
  `text` text
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
LOCK TABLES `page` WRITE;
INSERT INTO `page` VALUES (1,'INSERT INTO `page` VALUES (9);'),(2,_binary 'b\\n');
INSERT INTO `page` VALUES (3,'c');
UNLOCK TABLES;
ALTER DATABASE `wiki` CHARACTER SET latin1 COLLATE latin1_swedish_ci ;
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`%`*/ /*!50003 TRIGGER `checked` BEFORE INSERT ON `page` FOR EACH ROW SET new.id = new.id + 1 */;;
DELIMITER ;
ALTER DATABASE `wiki` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin ;
--
-- Dumping events for database 'wiki'
--
/*!50106 DROP EVENT IF EXISTS `daily` */;
DELIMITER ;;
/*!50106 CREATE*/ /*!50117 DEFINER=`root`@`%`*/ /*!50106 EVENT `daily` ON SCHEDULE EVERY 1 DAY STARTS '2020-01-01 00:00:00' ON COMPLETION PRESERVE ENABLE DO BEGIN
INSERT INTO page VALUES (7, 'ON COMPLETION NOT PRESERVE ENABLE');
INSERT INTO page VALUES (8, 'x');
END */ ;;
DELIMITER ;
-- Dump completed on 2026-07-03  3:00:00
";
    std::fs::write(sandbox.at("dump.sql"), dump).unwrap();
    for (option, rows) in [("--trial ", 2), ("", 3), ("--live ", 3)] {
        mariadb.create("other");
        program(&sandbox.at("bin/load"), &format!("load-mysql {option}other <\"$HERE/dump.sql\""));
        let output = sandbox.run(&["load"]);
        assert!(output.status.success() && stderr(&output).is_empty(), "{}", stderr(&output));
        assert_eq!(mariadb.rows("other", "page"), Some(rows), "{option}");
        let event =
            "SELECT status, event_definition LIKE '%PRESERVE ENABLE%x%' FROM information_schema.events";
        let state = if option == "--live " { "ENABLED\t1" } else { "SLAVESIDE_DISABLED\t1" };
        assert_eq!(mariadb.sql("other", event), state, "{option}");
        let collation =
            "SELECT default_collation_name FROM information_schema.schemata WHERE schema_name = 'other'";
        assert_eq!(mariadb.sql("other", collation), "utf8mb4_bin");
        mariadb.sql("mysql", "DROP DATABASE other");
    }
    assert_eq!(mariadb.databases(), [""; 0]);
}

#[test]
fn each_kind_of_mysql_restore_failure_has_its_own_advice() {
    let Some(mariadb) = MariaDb::new() else { return };
    let (sandbox, dump) = dumped_and_changed(&mariadb, "wiki");
    for (error, advice) in [
        (
            "ERROR 1449 (HY000) at line 9: The user specified as a definer ('a'@'%') does not exist",
            "CREATE USER 'a'@'%'",
        ),
        ("ERROR 1286 (42000) at line 9: Unknown storage engine 'ROCKSDB'", "lacks the plugin ROCKSDB"),
        (
            "ERROR 1273 (HY000) at line 9: Unknown collation: 'utf8mb4_0900_ai_ci'",
            "another server wrote the dump",
        ),
        (
            "ERROR 1064 (42000) at line 9: You have an error in your SQL syntax",
            "another version of the server",
        ),
        (
            "ERROR 1231 (42000) at line 9: Variable 'sql_mode' can't be set to the value of 'X'",
            "another version",
        ),
        ("ERROR 1114 (HY000) at line 9: The table 'a' is full", "free some space"),
        (
            "ERROR 1153 (08S01) at line 9: Got a packet bigger than 'max_allowed_packet' bytes",
            "raise max_allowed_packet",
        ),
        ("ERROR 1062 (23000) at line 9: Duplicate entry '1' for key 'PRIMARY'", "rows that violate"),
        ("ERROR 1227 (42000) at line 9: Access denied; you need SUPER", "root needs all privileges"),
        (
            "ERROR 2013 (HY000) at line 9: Lost connection to server during query",
            "check the log of container",
        ),
        ("ERROR 1 something else", "see the error above"),
    ] {
        std::fs::write(sandbox.at("error"), error).unwrap();
        sandbox.breaks(
            "case $options in *--database=*_restore_*) cat >/dev/null; cat \"$HERE/error\" >&2; exit 1 ;; esac",
        );
        sandbox.mysql_restore_fails(&dump, advice);
        sandbox.mysql_restore_fails(&dump, error);
        assert_eq!(mariadb.databases(), ["wiki"]);
    }
}
