//! Work and output grow linearly with the file, not quadratically: every key that takes a list or a mapping is built
//! with 1,000 and with 4,000 entries. The keys are those of the JSON Schema, so a new key fails a test here.
//!
//! Work is counted, not timed: valgrind counts the blocks of code that the program executes, which is nearly the same
//! number in each run and on each machine. Allocations would not show a comparison of all pairs. The test counts in its
//! own build without debug assertions, because a debug build spends most of its work on the comparison of each file with
//! nixfmt. Run it with `cargo test growth -- --ignored`, as `.ci/run` does.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use crate::common::compile;
use crate::common::scripts::are_installed;
use serde_json::{Value, json};

/// The two numbers of entries of a key.
const FEW: usize = 1_000;
const MANY: usize = 4 * FEW;

/// The number of the first entry. All names have the same length, so they take the same work.
const FIRST: usize = 10_000;

/// The unit test that runs each command line of standard input.
const GUEST: &str = "cli::tests::runs_each_command_line_of_standard_input";

/// The greatest factor for work and output with four times the entries.
const MOST: f64 = 4.5;

/// An item of a list, or the name and the value of a member of a mapping.
enum Entry {
    Item(Value),
    Member(String, Value),
}

/// The `i`-th entry of the key at `path`: of a list if `list`, otherwise of a mapping. `None` if this test does not
/// define one yet.
fn entry(path: &str, list: bool, i: usize) -> Option<Entry> {
    let member = |name: String, value: Value| Some(Entry::Member(name, value));
    let item = |value: Value| Some(Entry::Item(value));
    let address = || format!("10.{}.{}.1", i / 250, i % 250);
    let image = || json!({ "image": "docker.io/example/a:1" });
    let key = last(path);
    let in_site = path.contains("site");
    match (key, list) {
        // Unknown codes: each is reported.
        ("allow", false) => member(format!("HG9{i:03}"), json!("reason")),
        ("aliases", true) if in_site => item(json!(format!("a{i}.example.org"))),
        ("aliases", true) => item(json!(format!("a{i}"))),
        ("allow_from", true) => item(json!(address())),
        ("auth", false) => member(format!("a{i}"), json!({ "to": "127.0.0.1:9091", "uri": "/x" })),
        ("copy_headers", true) => item(json!(format!("X-H{i}"))),
        ("except", true) => item(json!(format!("/p{i}/*"))),
        ("backup", false) => member(
            format!("b{i}"),
            json!({ "sqlite": format!("/srv/b{i}/x.db"), "to": "/srv/backups", "at": "daily" }),
        ),
        ("bind", true) => item(json!(address())),
        ("cap_add" | "cap_drop", true) => item(json!(format!("CAP_{i}"))),
        ("clients", false) => member(
            format!("c{i}"),
            json!({ "upload": { "to": "app", "folder": "~/Upload", "api_key": "key" } }),
        ),
        ("command" | "entrypoint" | "test", true) => item(json!(format!("w{i}"))),
        ("constants" | "with", false) => member(format!("c{i}"), json!(format!("x{i}"))),
        ("containers", false) => member(format!("c{i}"), image()),
        ("credentials", false) => member(format!("V{i}_FILE"), json!("key")),
        ("pools", true) => item(json!(format!("p{i}"))),
        ("snapshots", false) => member(format!("tank/d{i}"), json!({ "daily": 7 })),
        ("databases", false) => member(format!("d{i}"), json!({})),
        ("depends_on" | "restart" | "stop", true) => item(json!(format!("c{i}"))),
        ("depends_on", false) => member(format!("c{i}"), json!({ "condition": "started" })),
        ("recipients", true) => {
            // A key of SSH: strings with their lengths.
            let key = [&b"\0\0\0\x0bssh-ed25519\0\0\0\x20"[..], format!("{i:032}").as_bytes()].concat();
            item(json!(format!("ssh-ed25519 {}", data_encoding::BASE64.encode(&key))))
        }
        ("reaches", true) => item(json!(format!("s{i}.example.org"))),
        ("from", true) => item(json!(address())),
        ("devices", true) => item(json!(format!("/dev/d{i}"))),
        ("device_cgroup_rules", true) => item(json!(format!("c 13:{i} rwm"))),
        ("dns", true) => item(json!(address())),
        ("dns_search", true) => item(json!(format!("d{i}.example.org"))),
        ("options", true) if !path.contains("logging") => item(json!(format!("o{i}"))),
        ("driver_opts" | "labels" | "options" | "sysctls", false) => {
            member(format!("net.o{i}"), json!(format!("{i}")))
        }
        ("driver_opts" | "labels" | "options" | "sysctls", true) => item(json!(format!("net.o{i}={i}"))),
        ("env_file", true) => item(json!(format!("/srv/e{i}"))),
        ("environment", false) => member(format!("V{i}"), json!(format!("x{i}"))),
        ("environment", true) => item(json!(format!("V{i}=x{i}"))),
        ("users", false) => member(
            format!("u{i}"),
            json!({ "password": "key", "keys": [format!("u{i}:*")], "allow": ["read"] }),
        ),
        ("keys" | "channels", true) => item(json!(format!("k{i}:*"))),
        ("allow", true) => item(json!("read")),
        ("updates", false) => member(
            format!("u{i}"),
            json!({ "at": "daily", "repository": "a/b", "health": "/", "restart": [format!("c{i}")] }),
        ),
        ("files", false) => member(format!("/etc/f{i}"), json!({ "text": "x" })),
        ("extensions", true) => item(json!(format!("x{i}"))),
        ("exclude", true) => item(json!(format!("e{i}"))),
        ("expose" | "host_ports", true) => item(json!(1024 + i)),
        ("extra_hosts", false) => member(format!("h{i}"), json!(address())),
        ("extra_hosts", true) => item(json!(format!("h{i}:{}", address()))),
        ("firewall", true) => item(json!(format!("eth{i}"))),
        ("gateway", true) => item(json!(address())),
        ("group_add", true) => item(json!(format!("{}", 1000 + i))),
        ("headers", false) => member(format!("X-H{i}"), json!(format!("x{i}"))),
        ("headers", true) => item(json!(format!("X-H{i}=x{i}"))),
        ("jobs", false) => member(format!("j{i}"), json!({ "every": "1h", "run": "./j.sh" })),
        ("interfaces", true) => item(json!(format!("eth{i}"))),
        ("keep", true) => item(json!(format!("--keep-daily={}", i + 1))),
        ("mounts", true) => item(json!(format!("/mnt/d{i}"))),
        ("mounts", false) => member(format!("/mnt/d{i}"), json!({})),
        ("networks", false) => member(format!("n{i}"), json!({})),
        ("networks", true) => item(json!(format!("n{i}"))),
        ("nixos", false) => member(format!("o{i}"), json!({ "enable": true })),
        ("packages", true) => item(json!(format!("p{i}"))),
        ("paths", false) => member(format!("/p{i}/*"), json!(format!("main:{}", 1024 + i))),
        ("plugins", true) => item(json!(format!("github.com/example/p{i}@v1.0.0"))),
        ("podman_args", true) => item(json!(format!("--label=a{i}"))),
        ("ports", true) => item(json!(format!("{}:80", 1024 + i))),
        ("secrets", false) if path == "secrets" => member(format!("s{i}"), json!({})),
        ("secrets", false) => member(format!("V{i}_FILE"), json!(format!("s{i}"))),
        ("secrets", true) => item(json!(format!("s{i}"))),
        ("secrets[]", false) => member(format!("V{i}_FILE"), json!(format!("s{i}"))),
        ("security_opt", true) => item(json!(format!("label=type:t{i}"))),
        ("services", false) => member(format!("s{i}"), json!({ "containers": { "main": image() } })),
        ("rewrites", false) => member(format!("r{i}.example.org"), json!("192.168.1.9")),
        ("sites", true) if path == "caddy.sites" => {
            item(json!({ "host": format!("s{i}.example.org"), "redirect": "https://example.org" }))
        }
        ("sites", true) if path == "haproxy.sites" => {
            item(json!({ "listen": 8000, "host": format!("s{i}.example.org"), "to": "192.168.1.9:80" }))
        }
        ("sites", true) => item(json!({ "subdomain": format!("s{i}"), "to": "main:80", "port": 1024 + i })),
        ("subnet", true) => item(json!(format!("10.{}.{}.0/24", i / 250, i % 250))),
        ("tmpfs", true) => item(json!(format!("/t{i}"))),
        ("ip_range", true) => item(json!(format!("10.{}.{}.0/24", i / 250, i % 250))),
        ("ulimits", false) => member(format!("u{i}"), json!(i)),
        ("units", true) => item(json!(format!("u{i}"))),
        ("users", true) => item(json!(format!("u{i}"))),
        ("writes", true) => item(json!(format!("/srv/w{i}"))),
        ("volumes", false) => member(format!("v{i}"), json!({ "name": format!("v{i}") })),
        ("volumes", true) => item(json!(format!("/srv/v{i}:/v{i}"))),
        _ => None,
    }
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// Adds the parts of the file that an entry refers to.
fn add_context(path: &str, count: usize, file: &mut Value) {
    let mut many = |path: &str| {
        let entries = entries(path, false, count).expect("known");
        put(file, path, entries);
    };
    match last(path) {
        "networks" if path != "networks" => many("networks"),
        "depends_on" | "restart" | "stop" | "updates" => many("services.*.containers"),
        "secrets" | "secrets[]" if path != "secrets" => many("secrets"),
        _ => {}
    }
}

/// The parts of the file around the key at `path`, besides the required ones.
fn base(path: &str) -> Value {
    let mut file = json!({
        "homegen": 1,
        "host": { "name": "box", "nixos": "26.05", "timezone": "Europe/Berlin" },
        "agenix": { "directory": "secrets" },
        "secrets": { "key": {}, "env": { "format": "env" } },
        "services": { "app": { "containers": { "main": { "image": "docker.io/example/a:1" } } } },
    });
    let app = |key: &str, value: Value, file: &mut Value| file["services"]["app"][key] = value;
    if path.starts_with("caddy") || path.contains("site") || path == "clients" {
        file["caddy"] = json!({ "domain": "example.org", "bind": "all", "tls": "internal" });
        app("port", json!(8080), &mut file);
        app("site", json!({ "subdomain": "app", "to": "main:80" }), &mut file);
    }
    match path {
        "caddy.tls.credentials" => {
            file["caddy"]["tls"] = json!({ "acme": "acme-dns", "email": "me@example.org" });
        }
        "caddy.tls.plugins" => {
            file["caddy"]["tls"] = json!({
                "hash": "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                "acme_dns": "example {env.TOKEN}",
                "environment": "env",
            });
        }
        path if path.starts_with("caddy.sites[]") => {
            file["caddy"]["sites"] = json!([{ "host": "s.example.org", "redirect": "https://example.org" }]);
        }
        path if path.starts_with("haproxy.sites[]") => {
            file["haproxy"] =
                json!({ "interfaces": ["eth0"], "sites": [{ "listen": 8000, "to": "192.168.1.9:80" }] });
        }
        "haproxy.interfaces" => {
            file["haproxy"] = json!({ "sites": [{ "listen": 8000, "to": "192.168.1.9:80" }] });
        }
        "haproxy.sites" => file["haproxy"] = json!({ "interfaces": ["eth0"] }),
        path if path.starts_with("services.*.sites[]") => {
            app("sites", json!([{ "subdomain": "s", "to": "main:80" }]), &mut file);
        }
        path if path.starts_with("services.*.backup.*") => {
            let backup = json!({ "sqlite": "/srv/x.db", "to": "/srv/backups", "at": "daily" });
            app("backup", json!({ "database": backup }), &mut file);
        }
        path if path.starts_with("services.*.cleanup") => {
            let album = json!({ "album": "Temp", "api_key": "key" });
            app("cleanup", json!({ "at": "daily", "immich_album": album }), &mut file);
        }
        path if path.starts_with("services.*.update") => {
            let name = if path.starts_with("services.*.updates.") { "updates" } else { "update" };
            app("port", json!(8080), &mut file);
            file["services"]["app"]["containers"]["main"]["ports"] = json!(["${services.app.port}:80"]);
            let update = json!({ "at": "daily", "repository": "a/b", "health": "/", "restart": ["main"] });
            let update = if name == "updates" { json!({ "search": update }) } else { update };
            // The list of updates has entries of its own.
            if path != "services.*.updates" {
                app(name, update, &mut file);
            }
        }
        path if path.starts_with("notify") => {
            file["notify"] = json!({ "ntfy": { "url": "https://ntfy.sh/my-server" } });
        }
        path if path.starts_with("smoke_test") => file["smoke_test"] = json!({ "at": "daily" }),
        path if path.starts_with("tailscale") => file["tailscale"] = json!({ "address": "100.64.0.7" }),
        path if path.starts_with("services.*.containers.*.secrets[]") => {
            file["services"]["app"]["containers"]["main"]["secrets"] = json!([{}]);
        }
        path if path.starts_with("services.*.containers.*.ports[]") => {
            file["services"]["app"]["containers"]["main"]["ports"] =
                json!([{ "published": 8000, "target": 80, "host_ip": "0.0.0.0" }]);
        }
        path if path.starts_with("services.*.containers.*.volumes[]") => {
            file["services"]["app"]["containers"]["main"]["volumes"] =
                json!([{ "source": "/srv/v", "target": "/v" }]);
        }
        _ => {}
    }
    if path.ends_with("offsite.keep") {
        file["services"]["app"]["backup"]["database"]["offsite"] =
            json!({ "repository": "/mnt/usb/restic", "password": "key" });
    }
    if path.ends_with("firewall") {
        file["services"]["app"]["containers"]["main"]["expose"] = json!([80]);
    }
    if path.ends_with("expose") {
        file["services"]["app"]["containers"]["main"]["firewall"] = json!(["eth0"]);
    }
    if path.ends_with("firewall") || path.ends_with("expose") {
        file["services"]["app"]["containers"]["main"]["network_mode"] = json!("host");
    }
    file
}

/// Puts entries into the file at `path`, in which `*` is the member that [`base`] has.
fn put(file: &mut Value, path: &str, entries: Vec<Entry>) {
    let mut node = file;
    let mut above = "";
    for step in path.split('.') {
        let (name, first) = match step.strip_suffix("[]") {
            Some(list) => (list, true),
            None => (step, false),
        };
        let member = match (name, above) {
            ("*", "services") => "app",
            ("*", "containers") => "main",
            ("*", "backup") => "database",
            ("*", "networks") => "net",
            ("*", "mounts") => "/mnt/usb",
            ("*", "secrets") => "key",
            (name, _) => name,
        };
        if node.is_null() {
            *node = json!({});
        }
        node = &mut node[member];
        if first {
            assert!(node.is_array(), "say in `base` what stands around {path}");
            node = &mut node[0];
        }
        above = name;
    }
    for entry in entries {
        match entry {
            Entry::Item(value) => {
                if !node.is_array() {
                    *node = json!([]);
                }
                node.as_array_mut().expect("a list").push(value);
            }
            Entry::Member(name, value) => {
                if !node.is_object() {
                    *node = json!({});
                }
                node.as_object_mut().expect("a mapping").insert(name, value);
            }
        }
    }
}

fn entries(path: &str, list: bool, count: usize) -> Option<Vec<Entry>> {
    (FIRST..FIRST + count).map(|i| entry(path, list, i)).collect()
}

/// The file with `count` entries under one key. JSON is YAML.
fn file(key: &Key, count: usize) -> Option<String> {
    let mut file = base(&key.path);
    add_context(&key.path, count, &mut file);
    put(&mut file, &key.path, entries(&key.path, key.list, count)?);
    Some(serde_json::to_string_pretty(&file).expect("JSON"))
}

/// A file with `count` services, each of which refers to a secret, a database, a user and a network of its own: a search
/// of one list for each entry of another one does not show with one long list.
fn host_of_references(count: usize) -> String {
    let named = |value: fn(usize) -> Value, letter: &str| -> Value {
        (FIRST..FIRST + count)
            .map(|i| (format!("{letter}{i}"), value(i)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let service = |i: usize| {
        json!({
            "port": i,
            "networks": [format!("n{i}")],
            "site": { "subdomain": format!("a{i}"), "to": "app:80" },
            "backup": { "files": { "folder": format!("/srv/a{i}"), "to": "/srv/backups", "at": "daily" } },
            "containers": {
                "app": {
                    "image": "docker.io/example/a:1",
                    "uses": { "postgres": format!("d{i}"), "valkey": format!("u{i}") },
                    "environment": { "TOKEN": format!("x ${{secrets.s{i}}}") },
                    "volumes": [format!("/srv/a{i}:/data")],
                    "depends_on": ["other"],
                },
                "other": { "image": "docker.io/example/b:1" },
            },
        })
    };
    let user = |i: usize| json!({ "password": format!("s{i}"), "keys": [format!("k{i}:*")], "allow": ["read", "info"] });
    let file = json!({
        "homegen": 1,
        "host": { "name": "box", "nixos": "26.05", "timezone": "UTC" },
        "sops": { "file": "secrets.yaml" },
        "caddy": { "domain": "example.org", "bind": ["192.0.2.1"], "tls": "internal" },
        "secrets": named(|_| json!({}), "s"),
        "postgres": { "version": 17, "databases": named(|i| json!({ "password": format!("s{i}") }), "d") },
        "valkey": { "users": named(user, "u") },
        "networks": named(|i| json!({ "subnet": format!("10.{}.{}.0/24", i / 250, i % 250) }), "n"),
        "services": named(service, "a"),
    });
    serde_json::to_string_pretty(&file).expect("JSON")
}

/// A key that takes a list or a mapping.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    path: String,
    list: bool,
}

/// All such keys of the schema.
fn keys() -> BTreeSet<Key> {
    let schema: Value = serde_json::from_str(&homegen::schema::schema()).expect("JSON");
    let mut found = BTreeSet::new();
    below(&schema, &schema, "", &mut found);
    // Trees of any shape, which the schema does not describe.
    for path in ["constants", "nixos", "services.*.nixos"] {
        found.insert(Key { path: path.to_owned(), list: false });
    }
    found.insert(Key { path: "services.*.containers.*.healthcheck.test".to_owned(), list: true });
    found
}

fn below(node: &Value, schema: &Value, path: &str, found: &mut BTreeSet<Key>) {
    let Value::Object(node) = node else { return };
    if let Some(Value::String(reference)) = node.get("$ref") {
        let target = schema.pointer(reference.trim_start_matches('#')).expect("it is in the schema");
        below(target, schema, path, found);
    }
    for word in ["anyOf", "oneOf", "allOf"] {
        let all = node.get(word).and_then(Value::as_array).into_iter().flatten();
        all.for_each(|one| below(one, schema, path, found));
    }
    for (name, member) in node.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        below(member, schema, &path, found);
    }
    if let Some(member) = node.get("additionalProperties").filter(|member| **member != json!(false)) {
        found.insert(Key { path: path.to_owned(), list: false });
        below(member, schema, &format!("{path}.*"), found);
    }
    if let Some(item) = node.get("items") {
        found.insert(Key { path: path.to_owned(), list: true });
        below(item, schema, &format!("{path}[]"), found);
    }
}

/// Builds the unit tests of the program without debug assertions, and returns the path. One of them runs many command
/// lines. The dependencies are shared with the other tests, and are not built again.
fn build_to_count() -> PathBuf {
    let profile = Path::new(env!("CARGO_BIN_EXE_homegen")).parent().expect("the folder of a profile");
    let target = profile.parent().expect("the folder of all builds");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["test", "--no-run", "--bin=homegen", "--locked", "--message-format=json", "--target-dir"]);
    cargo.arg(target).args(["--config", "profile.dev.package.homegen.debug-assertions=false"]);
    let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).stderr(Stdio::inherit()).output();
    let output = output.expect("cargo runs");
    assert!(output.status.success());
    let messages = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Value>();
    let built = messages.filter_map(|message| {
        let message = message.expect("JSON");
        let is_test = message["profile"]["test"] == json!(true);
        is_test.then(|| message["executable"].as_str().map(PathBuf::from)).flatten()
    });
    built.last().expect("cargo names the program")
}

/// A process that builds one file after the other under valgrind. Valgrind first translates the code of a process, which
/// takes longer than the build of most files, so one process builds many files.
struct Counted {
    folder: tempfile::TempDir,
    process: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// The count after the last build.
    before: usize,
}

impl Counted {
    fn new(program: &Path) -> Counted {
        let folder = tempfile::tempdir().expect("a folder");
        let mut process = Command::new("valgrind")
            .args(["--tool=none", "--vex-guest-max-insns=20", "--log-file=log", "--vgdb-prefix=./vgdb"])
            .arg(program)
            .args(["--ignored", "--exact", "--nocapture", GUEST])
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("valgrind runs");
        let commands = process.stdin.take().expect("piped");
        let answers = BufReader::new(process.stdout.take().expect("piped"));
        let mut counted = Counted { folder, process, commands, answers, before: 0 };
        // Work that happens once per process does not count for a file.
        counted.work(&file(&Key { path: "services".to_owned(), list: false }, 1).expect("known"));
        counted
    }

    /// The blocks of code that the program executes to build a file.
    fn work(&mut self, text: &str) -> usize {
        let output = self.folder.path().join("generated");
        if output.exists() {
            std::fs::remove_dir_all(output).unwrap();
        }
        std::fs::write(self.folder.path().join("homeserver.yaml"), text).unwrap();
        writeln!(self.commands, "build").unwrap();
        let mut answer = Vec::new();
        while !answer.starts_with(b"done") {
            answer.clear();
            let length = self.answers.read_until(b'\n', &mut answer).unwrap();
            assert!(length > 0, "the program ended");
        }
        let mut vgdb = Command::new("vgdb");
        vgdb.args(["--vgdb-prefix=./vgdb", &format!("--pid={}", self.process.id()), "v.info", "stats"]);
        let stats = vgdb.current_dir(self.folder.path()).output().expect("vgdb runs");
        let stats = String::from_utf8_lossy(&stats.stdout).into_owned();
        let line = stats.lines().find_map(|line| line.strip_suffix(" event checks."));
        let count =
            line.and_then(|line| line.rsplit(' ').next()).unwrap_or_else(|| panic!("no count: {stats}"));
        let count: usize = count.replace(',', "").parse().expect("a number");
        let work = count - self.before;
        self.before = count;
        work
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// True if four times the entries cause more than [`MOST`] times the work, minus the work for one entry. A file
/// without entries may compile although one with entries is refused.
fn grows_too_fast(one: usize, few: usize, many: usize) -> bool {
    let (few, many) = (few.saturating_sub(one), many.saturating_sub(one));
    few > 0 && many as f64 / few as f64 > MOST
}

/// Calls `work` for each key, on all processors. Returns the results in the order of the keys.
fn with_each<T: Send>(work: impl Fn(&Key) -> T + Sync) -> Vec<(Key, T)> {
    let keys: Vec<Key> = keys().into_iter().collect();
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(Key, T)>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(key) = keys.get(next.fetch_add(1, SeqCst)) {
                    let one = work(key);
                    done.lock().unwrap().push((key.clone(), one));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by(|a, b| a.0.cmp(&b.0));
    done
}

#[test]
fn every_list_and_mapping_of_the_schema_has_an_entry_here() {
    let missing: Vec<Key> = keys().into_iter().filter(|key| file(key, 1).is_none()).collect();
    assert!(missing.is_empty(), "say in `entry` what an entry of these keys looks like: {missing:?}");
}

#[test]
fn output_grows_linearly_with_the_entries_of_each_key() {
    let output =
        |text: &str| -> usize { compile(text).files.iter().flatten().map(|file| file.text.len()).sum() };
    let sizes = with_each(|key| [1, FEW, MANY].map(|count| output(&file(key, count).expect("known"))));
    let accepted = sizes.iter().filter(|(_, [_, few, many])| *few > 0 && *many > 0).count();
    assert!(accepted > sizes.len() / 2, "only {accepted} of {} files compile", sizes.len());
    let fast: Vec<_> =
        sizes.iter().filter(|(_, [one, few, many])| grows_too_fast(*one, *few, *many)).collect();
    assert!(fast.is_empty(), "output grows too fast with these keys: {fast:#?}");
}

#[test]
#[ignore = "makes a build of its own, and counts with valgrind"]
fn work_grows_linearly_with_the_entries_of_each_key() {
    if !are_installed(&["valgrind", "vgdb"]) {
        return;
    }
    let program = build_to_count();
    let idle: Mutex<Vec<Counted>> = Mutex::default();
    // A mapping that several keys share, and `allow`, which every part has, are counted once.
    let is_repeated = |key: &Key| {
        let of_site = key.path.starts_with("caddy.sites[]")
            || key.path.starts_with("haproxy.sites[]")
            || key.path.starts_with("services.*.site.");
        of_site || (last(&key.path) == "allow" && key.path != "allow")
    };
    let costs = with_each(|key| {
        if is_repeated(key) {
            return [0; 3];
        }
        let other = idle.lock().unwrap().pop();
        let mut counted = other.unwrap_or_else(|| Counted::new(&program));
        let mut count = || [1, FEW, MANY].map(|count| counted.work(&file(key, count).expect("known")));
        let mut one = count();
        // Threads that wait for others are counted too, and wait longer on a busy machine: the least count is the work.
        for _ in 0..3 {
            if grows_too_fast(one[0], one[1], one[2]) {
                let again = count();
                one = std::array::from_fn(|at| one[at].min(again[at]));
            }
        }
        idle.lock().unwrap().push(counted);
        println!("{one:>12?} {key:?}");
        one
    });
    let fast: Vec<_> =
        costs.iter().filter(|(_, [one, few, many])| grows_too_fast(*one, *few, *many)).collect();
    assert!(fast.is_empty(), "work grows too fast with these keys: {fast:#?}");
    let references = host_of_references(1);
    assert!(compile(&references).files.is_some(), "the file has to compile: {references}");
    let mut counted = Counted::new(&program);
    let [one, few, many] = [1, FEW / 4, MANY / 4].map(|count| counted.work(&host_of_references(count)));
    println!("{:>12?} a host of references", [one, few, many]);
    assert!(!grows_too_fast(one, few, many), "work grows too fast with references: {one}, {few}, {many}");
}
