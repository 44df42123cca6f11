//! Node → canonical node: compose-go's `transform/` and the casts of its loader, for one file before it is merged.
//!
//! ```yaml
//! ports: ["8080:80"]       # [{ mode: ingress, target: 80, published: "8080", protocol: tcp }]
//! environment: [A=1, B]    # { A: "1", B: null }
//! command: sh -c "a b"     # [sh, -c, a b]
//! ```
//!
//! The canonical forms differ from compose-go's in four respects. A range of ports stays one entry, with ranges as `target`
//! and `published`. `extra_hosts` is a mapping of lists. A size stays as it is written. The `mode` of a file is octal text.
//!
//! A value with a variable that has no value is not checked: the value is not known.

mod check;
pub(super) mod device;
pub(super) mod hosts;
pub(super) mod list;
pub(super) mod mode;
pub(super) mod number;
pub(super) mod port;
mod scalar;
pub(super) mod volume;
pub(super) mod words;

use indexmap::IndexMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::project::{Kind, Node, Origin, Origins, Scalar};
use crate::source::Span;

use super::keys::{self, Shape};

/// The state of the pass.
pub(super) struct Canon<'a> {
    /// The places of the nodes.
    origins: &'a Origins,
    /// The diagnostics.
    diagnostics: &'a mut Diagnostics,
    /// Entries of a list without effect, each with the later entry that has its name.
    replaced: &'a mut Vec<(Origin, Origin)>,
}

/// Brings a service into its canonical form.
pub(super) fn service(
    node: &mut Node,
    origins: &Origins,
    diagnostics: &mut Diagnostics,
    replaced: &mut Vec<(Origin, Origin)>,
) {
    Canon { origins, diagnostics, replaced }.shape(node, &Shape::Keys(&keys::SERVICE));
}

/// Brings an entry of the top-level `networks` into its canonical form.
pub(super) fn network(
    node: &mut Node,
    origins: &Origins,
    diagnostics: &mut Diagnostics,
    replaced: &mut Vec<(Origin, Origin)>,
) {
    Canon { origins, diagnostics, replaced }.shape(node, &keys::NETWORK_VALUE);
}

/// Brings an entry of the top-level `volumes` into its canonical form.
pub(super) fn volume(
    node: &mut Node,
    origins: &Origins,
    diagnostics: &mut Diagnostics,
    replaced: &mut Vec<(Origin, Origin)>,
) {
    Canon { origins, diagnostics, replaced }.shape(node, &keys::VOLUME_VALUE);
}

/// Brings an entry of the top-level `secrets` into its canonical form.
pub(super) fn secret(
    node: &mut Node,
    origins: &Origins,
    diagnostics: &mut Diagnostics,
    replaced: &mut Vec<(Origin, Origin)>,
) {
    Canon { origins, diagnostics, replaced }.shape(node, &keys::SECRET_VALUE);
}

/// Brings an entry of the top-level `configs` into its canonical form.
pub(super) fn config(
    node: &mut Node,
    origins: &Origins,
    diagnostics: &mut Diagnostics,
    replaced: &mut Vec<(Origin, Origin)>,
) {
    Canon { origins, diagnostics, replaced }.shape(node, &keys::CONFIG_VALUE);
}

/// Brings the other values of the top level into their canonical forms: `include`, `models`, `name` and `version`. Reports
/// unknown keys of the top level.
pub(super) fn file(
    node: &mut Node,
    origins: &Origins,
    diagnostics: &mut Diagnostics,
    replaced: &mut Vec<(Origin, Origin)>,
) {
    let mut canon = Canon { origins, diagnostics, replaced };
    canon.keys(node, &keys::FILE, &["services", "networks", "volumes", "secrets", "configs"]);
}

/// Completes the merged `depends_on` of a service: an entry of one file can lack the keys that another file has.
pub(super) fn complete(service: &mut Node, origins: &Origins, diagnostics: &mut Diagnostics) {
    let mut replaced = Vec::new();
    let mut canon = Canon { origins, diagnostics, replaced: &mut replaced };
    let Kind::Map(keys) = &mut service.kind else { return };
    let Some(Node { kind: Kind::Map(dependencies), .. }) = keys.get_mut("depends_on") else { return };
    for dependency in dependencies.values_mut() {
        let origin = dependency.origin;
        let Kind::Map(keys) = &mut dependency.kind else { continue };
        if !keys.contains_key("condition") {
            canon.missing_key(origin, "condition", keys::DEPENDENCY.noun);
        }
        keys.entry("required".to_owned()).or_insert_with(|| flag(origin, true));
    }
}

impl Canon<'_> {
    /// The span of a value.
    fn value(&self, origin: Origin) -> Span {
        self.origins.place(origin).value
    }

    /// Reports a value that has no valid form.
    fn invalid(&mut self, origin: Origin, title: impl Into<String>, label: &str, help: &str) {
        let at = self.value(origin);
        self.diagnostics.push(Diagnostic::new(Code::ComposeValue, title, at, label).help(help));
    }

    /// Reports a mapping without a key that it needs.
    fn missing_key(&mut self, origin: Origin, key: &str, noun: &str) {
        let at = self.value(origin);
        let title = format!("{noun} has no `{key}`");
        self.diagnostics.push(
            Diagnostic::new(Code::ComposeValue, title, at, format!("`{key}` is missing"))
                .help(format!("add `{key}`")),
        );
    }
}

/// A value in a message.
fn shown(value: &str) -> String {
    if value.is_empty() { "an empty string".to_owned() } else { format!("`{value}`") }
}

/// A mapping at the place of a value.
fn mapping<const N: usize>(origin: Origin, entries: [(&str, Node); N]) -> Node {
    let entries = entries.into_iter().map(|(key, node)| (key.to_owned(), node));
    Node { origin, kind: Kind::Map(entries.collect::<IndexMap<String, Node>>()) }
}

/// A text at the place of a value.
fn text(origin: Origin, text: impl Into<String>) -> Node {
    Node { origin, kind: Kind::Scalar(Scalar::text(text)) }
}

/// A boolean at the place of a value.
fn flag(origin: Origin, is_true: bool) -> Node {
    let scalar = Scalar { is_plain: true, ..Scalar::text(if is_true { "true" } else { "false" }) };
    Node { origin, kind: Kind::Scalar(scalar) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::project::{
        FileKind, Part, Place, ProjectFiles, ReadOptions, Reference, Step, Unread, ValueSource,
    };
    use crate::source::Sources;

    /// A project of one file.
    struct OneFile(String);

    impl ProjectFiles for OneFile {
        fn read(&self, path: &str) -> Result<String, Unread> {
            if path == "compose.yaml" { Ok(self.0.clone()) } else { Err(Unread::Absent) }
        }

        fn kind(&self, path: &str) -> Option<FileKind> {
            (path == "compose.yaml").then_some(FileKind::File)
        }
    }

    /// The project with these lines, and the titles of the errors.
    fn read(file: &str) -> (Option<crate::project::Project>, Vec<String>) {
        let options = ReadOptions { files: vec!["compose.yaml".to_owned()], ..ReadOptions::default() };
        let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::default());
        let project =
            crate::compose::read(&OneFile(file.to_owned()), &options, &mut sources, &mut diagnostics);
        let titles = diagnostics.into_sorted(&sources).into_iter().map(|d| d.message).collect();
        (project, titles)
    }

    /// The keys of a service with this line.
    fn service_with(line: &str) -> (Option<IndexMap<String, Node>>, Vec<String>) {
        let (project, titles) = read(&format!("services:\n  web:\n    image: web\n    {line}\n"));
        (project.and_then(|mut project| Some(project.services.pop()?.keys)), titles)
    }

    /// A value with plain numbers and booleans as such.
    fn value(node: &Node) -> Value {
        match &node.kind {
            Kind::Null => Value::Null,
            Kind::Scalar(scalar) if scalar.is_plain => {
                serde_json::from_str(&scalar.value()).unwrap_or_else(|_| scalar.value().into())
            }
            Kind::Scalar(scalar) => scalar.value().into(),
            Kind::List(items) => items.iter().map(value).collect(),
            Kind::Map(entries) => entries.iter().map(|(key, node)| (key.clone(), value(node))).collect(),
        }
    }

    /// The forms are those that compose-go prints, except for the four that the module names.
    #[test]
    fn written_forms_become_canonical() {
        for (line, expected) in [
            ("read_only: yes", json!(true)),
            ("init: \"off\"", json!(false)),
            ("cpus: \"0.5\"", json!(0.5)),
            ("scale: \"2\"", json!(2)),
            ("pids_limit: 0x10", json!(16)),
            ("mem_limit: 512m", json!("512m")),
            (
                "environment: {A: 010, B: 1.50, C: 1e6, D: true, E: , F: \"010\"}",
                json!({"A": 8, "B": 1.5, "C": "1e+06", "D": true, "E": null, "F": "010"}),
            ),
            ("environment: [A=1, B, C=, A=2=3]", json!({"A": "2=3", "B": null, "C": ""})),
            ("labels: [a, b=c]", json!({"a": "", "b": "c"})),
            ("labels: {a: , b: 2001-01-01}", json!({"a": "", "b": "2001-01-01 00:00:00 +0000 UTC"})),
            ("sysctls: [a=1]", json!({"a": "1"})),
            ("build: ./app", json!({"context": "./app", "dockerfile": "Dockerfile"})),
            ("command: sh -c \"a b\"", json!(["sh", "-c", "a b"])),
            ("command: \"\"", json!([])),
            ("entrypoint: [a b]", json!(["a b"])),
            ("healthcheck: {test: a b, retries: \"3\"}", json!({"test": ["CMD-SHELL", "a b"], "retries": 3})),
            ("healthcheck: {test: [NONE]}", json!({"test": ["NONE"]})),
            (
                "devices: [/dev/a, \"/dev/a:/dev/b:r\", \"/dev/c::r\"]",
                json!([
                    {"source": "/dev/a", "target": "/dev/a", "permissions": "rwm"},
                    {"source": "/dev/a", "target": "/dev/b", "permissions": "r"},
                    {"source": "/dev/c", "target": "/dev/c", "permissions": "r"},
                ]),
            ),
            ("dns: 1.1.1.1", json!(["1.1.1.1"])),
            ("dns: [\"\", 1.1.1.1]", json!(["1.1.1.1"])),
            ("tmpfs: /run", json!(["/run"])),
            ("expose: [80, \"81\"]", json!([80, "81"])),
            (
                "extra_hosts: [\"a=1.1.1.1,1.1.1.2\", \"b:[::1]\", \"a:1.1.1.3\"]",
                json!({"a": ["1.1.1.1", "1.1.1.2", "1.1.1.3"], "b": ["::1"]}),
            ),
            ("extra_hosts: {a: 1.1.1.1, b: [\"[::1]\"]}", json!({"a": ["1.1.1.1"], "b": ["::1"]})),
            ("gpus: all", json!([{"count": "all"}])),
            (
                "gpus: [{driver: nvidia}, {count: \"2\"}]",
                json!([{"driver": "nvidia", "count": "all"}, {"count": 2}]),
            ),
            ("networks: {default: {priority: 1}}", json!({"default": {"priority": 1}})),
            ("networks: [default]", json!({"default": null})),
            (
                "ulimits: {nofile: \"5\", core: {soft: 1, hard: \"2\"}}",
                json!({"nofile": 5, "core": {"soft": 1, "hard": 2}}),
            ),
            (
                "logging: {options: {max-file: 3, labels: }}",
                json!({"options": {"max-file": 3, "labels": ""}}),
            ),
            (
                "ports: [80, \"8080:80\"]",
                json!([
                    {"mode": "ingress", "target": 80, "protocol": "tcp"},
                    {"mode": "ingress", "target": 80, "published": "8080", "protocol": "tcp"},
                ]),
            ),
            (
                "ports: [\"127.0.0.1::80/UDP\"]",
                json!([{"mode": "ingress", "host_ip": "127.0.0.1", "target": 80, "protocol": "udp"}]),
            ),
            (
                "ports: [\"[::1]:81:80\", \"::1:82:80\"]",
                json!([
                    {"mode": "ingress", "host_ip": "::1", "target": 80, "published": "81", "protocol": "tcp"},
                    {"mode": "ingress", "host_ip": "::1", "target": 80, "published": "82", "protocol": "tcp"},
                ]),
            ),
            (
                "ports: [\"8000-8001:80-81\", \"9000-9009:90\", \"05-5\"]",
                json!([
                    {"mode": "ingress", "target": "80-81", "published": "8000-8001", "protocol": "tcp"},
                    {"mode": "ingress", "target": 90, "published": "9000-9009", "protocol": "tcp"},
                    {"mode": "ingress", "target": 5, "protocol": "tcp"},
                ]),
            ),
            (
                "ports: [{target: \"80\", published: 8080, mode: host}]",
                json!([{"target": 80, "published": "8080", "mode": "host", "protocol": "tcp"}]),
            ),
            (
                "volumes: [\"./a:/b/../c:ro,z\", /d/]",
                json!([
                    {"type": "bind", "source": "./a", "target": "/c", "read_only": true, "bind": {"selinux": "z", "create_host_path": true}},
                    {"type": "volume", "target": "/d", "volume": {}},
                ]),
            ),
            (
                "volumes: [\"d:/x\", \"d:/x:/y\", a]",
                json!([
                    {"type": "volume", "target": "d:/x", "volume": {}},
                    {"type": "bind", "source": "d:/x", "target": "/y", "bind": {"create_host_path": true}},
                    {"type": "volume", "target": "a"},
                ]),
            ),
            (
                "volumes: [{type: bind, source: /a, target: /b/, bind: {propagation: shared}}]",
                json!([
                    {"type": "bind", "source": "/a", "target": "/b", "bind": {"propagation": "shared", "create_host_path": true}},
                ]),
            ),
            (
                "volumes: [{type: tmpfs, target: /a, tmpfs: {size: 64m, mode: 01777}}]",
                json!([
                    {"type": "tmpfs", "target": "/a", "tmpfs": {"size": "64m", "mode": "01777"}},
                ]),
            ),
        ] {
            let (service, titles) = service_with(line);
            assert!(titles.is_empty(), "{line}: {titles:?}");
            let key = line.split_once(':').map_or(line, |(key, _)| key);
            let written = service.as_ref().and_then(|keys| keys.get(key)).map(value);
            assert_eq!(written, Some(expected), "{line}");
        }
    }

    #[test]
    fn secrets_have_targets_and_modes() {
        let file = "services:\n  web:\n    image: web\n    secrets: [a, {source: a, target: /x, mode: 0440}, {source: a, target: /y, mode: \"440\"}]\nsecrets:\n  a: {file: ./a}\n  b: {external: {name: c}}\n";
        let (project, titles) = read(file);
        assert!(titles.is_empty(), "{titles:?}");
        let project = project.expect("the file is valid");
        assert_eq!(
            value(&project.services[0].keys["secrets"]),
            json!([
                {"source": "a", "target": "/run/secrets/a"},
                {"source": "a", "target": "/x", "mode": "0440"},
                {"source": "a", "target": "/y", "mode": "0440"},
            ])
        );
        assert_eq!(value(&project.secrets["b"]), json!({"external": true, "name": "c"}));
    }

    #[test]
    fn each_mistake_is_reported_once() {
        for (line, title) in [
            ("user: 1000", "expected a string, found a number"),
            ("restart: false", "expected a string, found a boolean"),
            ("hostname: 2001-01-01", "expected a string, found a date"),
            ("environment:", "expected a mapping or a list, found an empty value"),
            ("init: maybe", "`maybe` is not a valid boolean"),
            ("use_api_socket: \"true\"", "expected a boolean, found a string"),
            ("scale: -1", "`-1` is not a valid number"),
            ("cpus: x", "`x` is not a valid number"),
            ("mem_limit: 1x", "`1x` is not a valid size"),
            ("stop_grace_period: 10", "expected a duration, found a number"),
            ("stop_grace_period: \"10\"", "`10` is not a valid duration"),
            ("healthcheck: {test: [a]}", "a health check begins with `a`"),
            ("imge: x", "unknown key `imge` in a service"),
            ("healthcheck: {retry: {a: [1]}}", "unknown key `retry` in `healthcheck`"),
            ("cgroup: other", "`other` is not a valid value"),
            ("environment: [\"A =1\"]", "`A ` ends in a space"),
            ("security_opt: [a, b, a]", "`a` is listed twice"),
            ("ports: [\"80:x\"]", "`80:x` is not a valid port"),
            ("ports: [\"1-2:1-3\"]", "`1-2:1-3` is not a valid port"),
            ("ports: [\"80/icmp\"]", "`80/icmp` is not a valid port"),
            ("ports: [\"\"]", "an empty string is not a valid port"),
            ("ports: [{published: 80}]", "a port has no `target`"),
            ("ports: [{target: 80, host_ip: x}]", "`x` is not a valid IP address"),
            ("volumes: [\"/a:\"]", "`/a:` is not a valid volume"),
            ("volumes: [\"/a:/b:ro:x\"]", "`/a:/b:ro:x` is not a valid volume"),
            ("volumes: [{target: /a}]", "a volume has no `type`"),
            ("command: \"a 'b\"", "the command has an open quote or parenthesis"),
            ("devices: [\"a:b:c:d\"]", "`a:b:c:d` is not a valid device"),
            ("extra_hosts: [a]", "`a` has no address"),
            ("gpus: [{count: 1, device_ids: [a]}]", "a device has both `count` and `device_ids`"),
            ("build: {ssh: [key]}", "`key` has no path"),
            ("depends_on: {web: {restart: true}}", "an entry of `depends_on` has no `condition`"),
        ] {
            let (_, mut titles) = service_with(line);
            // `web` depends on itself.
            titles.retain(|title| !title.contains("itself"));
            assert_eq!(titles, [title], "{line}");
        }
    }

    fn variable(name: &str, value: &str, source: ValueSource) -> Part {
        Part::Variable(Reference { name: name.to_owned(), value: value.to_owned(), source })
    }

    #[test]
    fn fields_of_short_forms_keep_their_variables() {
        let of = |line: &str, key: &str, field: &str| {
            let (service, titles) = service_with(line);
            assert!(titles.is_empty(), "{line}: {titles:?}");
            let service = service.expect("the file is valid");
            let node = &service[key];
            let node = node.items().first().unwrap_or(node);
            match node.get(field).unwrap_or(node).kind.clone() {
                Kind::Scalar(scalar) => scalar.parts,
                other => panic!("{line}: {other:?}"),
            }
        };
        let default = |value: &str| vec![variable("A", value, ValueSource::Default)];
        assert_eq!(of("ports: [\"${A:-8080}:80\"]", "ports", "published"), default("8080"));
        assert_eq!(of("ports: [\"${A:-}:8080:80\"]", "ports", "host_ip"), default(""));
        assert_eq!(of("volumes: [\"${A:-./a}:/b\"]", "volumes", "source"), default("./a"));
        assert_eq!(of("environment: [\"X=${A:-1}\"]", "environment", "X"), default("1"));
        assert_eq!(of("command: \"'${A:-a b}' c\"", "command", ""), default("a b"));
        assert_eq!(of("read_only: \"${A:-true}\"", "read_only", ""), default("true"));
        // The variable is more than one field, or is written anew.
        assert_eq!(of("ports: [\"${A:-8080:80}\"]", "ports", "published"), [Part::Text("8080".to_owned())]);
        assert_eq!(of("read_only: \"${A:-yes}\"", "read_only", ""), [Part::Text("true".to_owned())]);
        // A value that is not known is not checked.
        let unset = vec![variable("A", "", ValueSource::Unset)];
        assert_eq!(of("ports: [\"$A:$A\"]", "ports", "target"), unset);
        assert_eq!(of("volumes: [\"$A:/b\"]", "volumes", "source"), unset);
        assert_eq!(of("cpus: $A", "cpus", ""), unset);
    }

    fn any_scalar() -> impl Strategy<Value = Kind> {
        let texts = prop_oneof![
            r"[-a-z0-9:/.=,$\[\]{}'\\| ]{0,12}",
            Just("8080:80/udp".to_owned()),
            Just("./a:/b:ro".to_owned()),
            Just("all".to_owned()),
            Just("0440".to_owned()),
        ];
        let source = prop_oneof![Just(ValueSource::Unset), Just(ValueSource::Default)];
        (texts.clone(), texts, source, any::<bool>()).prop_map(|(text, value, source, is_plain)| {
            let parts = vec![Part::Text(text), variable("A", &value, source)];
            Kind::Scalar(Scalar { parts, is_plain })
        })
    }

    fn any_node() -> impl Strategy<Value = Node> {
        let names: Vec<&str> = keys::SERVICE.keys.iter().map(|(name, _)| *name).collect();
        let inner =
            ["target", "published", "type", "source", "bind", "mode", "count", "test", "path", "name", "a"];
        let names: Vec<&str> = names.into_iter().chain(inner).collect();
        let node = |kind| Node { origin: Origin(0), kind };
        let leaf = prop_oneof![Just(Kind::Null), any_scalar()].prop_map(node);
        leaf.prop_recursive(4, 40, 6, move |inner| {
            let entries = prop::collection::vec((prop::sample::select(names.clone()), inner.clone()), 0..8);
            prop_oneof![
                prop::collection::vec(inner, 0..6).prop_map(Kind::List),
                entries.prop_map(|entries| {
                    Kind::Map(entries.into_iter().map(|(key, node)| (key.to_owned(), node)).collect())
                }),
            ]
            .prop_map(node)
        })
    }

    proptest! {
        #[test]
        fn no_value_panics(mut node in any_node()) {
            let mut origins = Origins::default();
            let span = Span::default();
            origins.add(Place { parent: None, step: Step::Root, at: span, value: span, is_leaf: true });
            let (mut diagnostics, mut replaced) = (Diagnostics::default(), Vec::new());
            for form in [service, network, volume, secret, config, file] {
                form(&mut node.clone(), &origins, &mut diagnostics, &mut replaced);
            }
            service(&mut node, &origins, &mut diagnostics, &mut replaced);
            complete(&mut node, &origins, &mut diagnostics);
        }

        #[test]
        fn short_forms_never_panic(text in r"[-a-z0-9:/.,~$\[\]{}é]{0,20}") {
            service_with(&format!("ports: [{text:?}]"));
            service_with(&format!("volumes: [{text:?}]"));
            service_with(&format!("command: {text:?}"));
        }
    }
}
