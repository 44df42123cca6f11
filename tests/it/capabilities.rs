//! The programs of images with restricted capabilities start with these, and fail without any one of them. The tests
//! use Debian's programs, and a short script in place of the images' start scripts.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{PermissionsExt, chown};
use std::process::{Child, Command, Stdio};

use crate::common::scripts::are_installed;
use crate::common::{compile, file};

/// The user that the programs run as, and another user.
const USER: u32 = 65534;
const OTHER: u32 = 1234;

/// Gives the data to the program's user and becomes that user, as the start scripts of Postgres, MariaDB, Redis and Valkey
/// do. A secret may have any owner.
const START: &str = r#"
set -eu
read -r PASSWORD <"$SECRET"
[ "$PASSWORD" = hunter2 ]
cd "$DATA"
find . ! -user 65534 -exec chown 65534 {} +
exec setpriv --reuid 65534 --regid 65534 --clear-groups sh -euc "$PROGRAM"
"#;

/// The capabilities of a container with an image, as the output has them.
fn capabilities(image: &str) -> Vec<String> {
    let outcome = compile(format!(
        "homegen: 1\nhost: {{ name: nas, nixos: \"26.05\", timezone: Europe/Berlin }}\n\
         services: {{ app: {{ containers: {{ app: {{ image: \"{image}\" }} }} }} }}\n"
    ));
    let module = file(&outcome, "services/app.nix");
    assert!(module.contains("\"--security-opt=no-new-privileges\""), "{module}");
    let (_, set) = module.split_once("capabilities = {").expect("a set of capabilities");
    let (set, _) = set.split_once('}').expect("its end");
    let lines = || set.lines().map(str::trim);
    assert!(lines().any(|line| line == "ALL = false;"), "{module}");
    lines().filter_map(|line| line.strip_suffix(" = true;")).map(str::to_owned).collect()
}

/// A program with no other capabilities than these, and without a way to gain one.
fn limited(capabilities: &[String], program: &str) -> Command {
    let set = capabilities.iter().map(|name| format!(",+{}", name.to_lowercase()));
    let mut command = Command::new("setpriv");
    command.arg(format!("--bounding-set=-all{}", set.collect::<String>()));
    command.args(["--inh-caps=-all", "--no-new-privs", "--pdeathsig", "KILL", program]);
    command
}

/// Returns true if this test can run: as root, with these programs.
fn can_run(programs: &[&str]) -> bool {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: not root");
        return false;
    }
    are_installed(programs)
}

/// Starts a program on a data folder of `owner`, which contains a file of root. The secret belongs to another user.
fn starts(capabilities: &[String], owner: u32, program: &str) -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    let open = |mode| PermissionsExt::from_mode(mode);
    std::fs::set_permissions(folder.path(), open(0o755)).unwrap();
    let (data, secret) = (folder.path().join("data"), folder.path().join("secret"));
    std::fs::create_dir_all(data.join("store")).unwrap();
    std::fs::set_permissions(&data, open(0o700)).unwrap();
    for path in [&data, &data.join("store")] {
        chown(path, Some(owner), Some(owner)).unwrap();
    }
    std::fs::write(data.join("restored"), "").unwrap();
    std::fs::write(&secret, "hunter2\n").unwrap();
    std::fs::set_permissions(&secret, open(0o400)).unwrap();
    chown(&secret, Some(OTHER), Some(OTHER)).unwrap();
    let mut start = limited(capabilities, "sh");
    start.args(["-c", START]).env("DATA", &data).env("SECRET", &secret).env("PROGRAM", program);
    let output = start.output().expect("it runs");
    if !output.status.success() {
        println!("{capabilities:?}, folder of {owner}: {}", String::from_utf8_lossy(&output.stderr));
    }
    output.status.success()
}

/// Asserts that a program starts on folders of every owner, and that it needs each of its capabilities.
fn assert_needs_each_capability(images: &[&str], program: &str) {
    for image in images {
        let all = capabilities(image);
        for owner in [0, USER, OTHER] {
            assert!(starts(&all, owner, program), "{image} does not start on a folder of {owner}");
        }
        for without in &all {
            let rest: Vec<String> = all.iter().filter(|name| *name != without).cloned().collect();
            assert!(!starts(&rest, OTHER, program), "{image} starts without {without}");
        }
    }
}

#[test]
fn postgres_starts_with_its_capabilities_and_needs_each_of_them() {
    let newest = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().last();
    let programs = newest.map(|entry| entry.unwrap().path().join("bin").display().to_string());
    if !can_run(&["setpriv", "find"]) || programs.is_none() && !are_installed(&["initdb"]) {
        return;
    }
    let program = format!(
        "PATH=$PATH:{}; initdb --no-sync --auth=trust -D store >&2
         echo 'CREATE TABLE t (x int)' | postgres --single -D store postgres >&2",
        programs.unwrap_or_default()
    );
    assert_needs_each_capability(&["docker.io/library/postgres:17"], &program);
}

#[test]
fn mariadb_starts_with_its_capabilities_and_needs_each_of_them() {
    if !can_run(&["setpriv", "find", "mariadbd", "mariadb-install-db"]) {
        return;
    }
    let program = "mariadb-install-db --no-defaults --datadir=$PWD/store --skip-test-db --auth-root-authentication-method=normal >&2
         echo 'CREATE TABLE mysql.t (x int);' | mariadbd --no-defaults --datadir=$PWD/store --bootstrap >&2";
    assert_needs_each_capability(&["docker.io/library/mariadb:11"], program);
}

#[test]
fn redis_starts_with_its_capabilities_and_needs_each_of_them() {
    if !can_run(&["setpriv", "find", "redis-server", "redis-cli"]) {
        return;
    }
    // Redis saves its data when it is stopped.
    let program = "redis-server --port 0 --unixsocket $PWD/socket --dir $PWD/store --save 60 1 >&2 &
         until redis-cli -s socket incr n >&2; do kill -0 $!; done
         redis-cli -s socket shutdown >&2; wait $!; [ -s store/dump.rdb ]";
    assert_needs_each_capability(&["docker.io/library/redis:7", "docker.io/valkey/valkey:9"], program);
}

/// Runs Caddy on ports 80 and 443 of its own network, with a site of another user. Returns true if it starts.
fn caddy_starts(capabilities: &[String]) -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    // Caddy's file in the image has this capability.
    let program = folder.path().join("caddy");
    let found = Command::new("sh").args(["-c", "command -v caddy"]).output().expect("sh runs");
    std::fs::copy(String::from_utf8_lossy(&found.stdout).trim(), &program).expect("a copy of Caddy");
    let set =
        Command::new("setcap").arg("cap_net_bind_service=+ep").arg(&program).status().expect("setcap runs");
    assert!(set.success());
    let site = folder.path().join("site");
    std::fs::create_dir(&site).unwrap();
    std::fs::set_permissions(&site, PermissionsExt::from_mode(0o700)).unwrap();
    let lines = site.join("Caddyfile");
    std::fs::write(&lines, "{\n admin off\n skip_install_trust\n}\n:80 {\n respond ok\n}\n:443 {\n tls internal\n respond ok\n}\n").unwrap();
    chown(&site, Some(OTHER), Some(OTHER)).unwrap();
    let mut command = Command::new("unshare");
    command.arg("--net").arg("--").arg("setpriv");
    command.args(limited(capabilities, program.to_str().expect("text")).get_args());
    command.arg("run").arg("--config").arg(&lines).env("HOME", folder.path());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("unshare runs");
    let is_up = prints(&mut child, "serving initial configuration");
    let _ = child.kill();
    child.wait().expect("it ends");
    is_up
}

/// Returns true if a program prints the text before it exits.
fn prints(child: &mut Child, text: &str) -> bool {
    let lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let mut out = std::io::stdout();
    for line in lines.map_while(Result::ok) {
        let _ = writeln!(out, "{line}");
        if line.contains(text) {
            return true;
        }
    }
    false
}

#[test]
fn caddy_starts_with_its_capabilities_and_needs_each_of_them() {
    if !can_run(&["setpriv", "unshare", "setcap", "caddy"]) {
        return;
    }
    let all = capabilities("docker.io/library/caddy:2");
    assert!(caddy_starts(&all));
    for without in &all {
        let rest: Vec<String> = all.iter().filter(|name| *name != without).cloned().collect();
        assert!(!caddy_starts(&rest), "Caddy starts without {without}");
    }
}

#[test]
fn a_container_that_sets_its_privileges_gets_no_restricted_capabilities() {
    for key in [
        "cap_add: [SYS_NICE]",
        "cap_drop: [KILL]",
        "security_opt: [label=disable]",
        "user: 999",
        "entrypoint: /start",
        "privileged: false",
        "podman_args: [--cap-add, SYS_NICE]",
        "podman_args: [--user=999]",
    ] {
        let outcome = compile(format!(
            "homegen: 1\nhost: {{ name: nas, nixos: \"26.05\", timezone: Europe/Berlin }}\n\
             services: {{ db: {{ containers: {{ db: {{ image: docker.io/library/postgres:17, {key} }} }} }} }}\n"
        ));
        let module = file(&outcome, "services/db.nix");
        assert!(!module.contains("ALL = false") && !module.contains("no-new-privileges"), "{key}: {module}");
    }
}
