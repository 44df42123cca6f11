//! Pass: a command line of `podman run` or `docker run` → [`project`](crate::project), with one service.
//!
//! ```sh
//! docker run -d --name web -p 8080:80 -e TZ=UTC -v ./data:/data nginx:1.27 nginx -g 'daemon off;'
//! ```
//!
//! ```yaml
//! services:
//!   web:
//!     container_name: web
//!     ports: ["8080:80"]
//!     environment: { TZ: UTC }
//!     volumes: ["./data:/data"]
//!     image: nginx:1.27
//!     command: [nginx, -g, daemon off;]
//! ```
//!
//! Lists of `KEY=value` are mappings, as in Compose's canonical forms. Ports, volumes, devices and similar texts are in Compose's
//! short forms, which have the same grammar. An option of Podman without a key in Compose is a word of [`PODMAN_ARGS`].

mod words;

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::diag::{Code, Diagnostic, Diagnostics, suggestion};
use crate::limits::MAX_BYTES;
use crate::podman::arguments::{Argument, Mistake, before_image, fields, options};
use crate::project::{
    EnvFile, Kind, Node, Origin, Origins, PODMAN_ARGS, Part, Place, Project, ProjectFiles, Reference, Scalar,
    Service, Step, Unread, ValueSource, Variable,
};
use crate::source::{SourceId, Sources, Span};
use crate::tree::{Atom, Piece, Text};

/// The name of the text in diagnostics.
const NAME: &str = "command line";

/// The words before the program that run it as another user.
const AS_ROOT: &[&str] = &["sudo", "doas"];

/// The options of `docker run` that Podman does not have (docker run's reference, docs.docker.com).
const DOCKER_ONLY: &[&str] = &["domainname", "health-start-interval", "link"];

/// The form of an option's value in a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// A text. The last option wins.
    Text,
    /// A number.
    Number,
    /// A flag.
    Flag,
    /// A number of seconds. It becomes a duration.
    Seconds,
    /// An entry of a list.
    Item,
    /// A pair `NAME=value`. The last one of a name wins.
    Pair,
}

/// The options with a key in Compose: the name, the path of the key and the form. The keys are those of the Compose
/// Specification (05-services.md), the options those of docker-run and podman-run(1).
const KEYS: &[(&str, &str, Form)] = &[
    ("add-host", "extra_hosts", Form::Item),
    ("annotation", "annotations", Form::Pair),
    ("blkio-weight", "blkio_config.weight", Form::Number),
    ("cap-add", "cap_add", Form::Item),
    ("cap-drop", "cap_drop", Form::Item),
    ("cgroup-parent", "cgroup_parent", Form::Text),
    ("cgroupns", "cgroup", Form::Text),
    ("cpu-period", "cpu_period", Form::Text),
    ("cpu-quota", "cpu_quota", Form::Text),
    ("cpu-rt-period", "cpu_rt_period", Form::Text),
    ("cpu-rt-runtime", "cpu_rt_runtime", Form::Text),
    ("cpu-shares", "cpu_shares", Form::Number),
    ("cpus", "cpus", Form::Number),
    ("cpuset-cpus", "cpuset", Form::Text),
    ("device", "devices", Form::Item),
    ("device-cgroup-rule", "device_cgroup_rules", Form::Item),
    ("dns", "dns", Form::Item),
    ("dns-option", "dns_opt", Form::Item),
    ("dns-search", "dns_search", Form::Item),
    ("domainname", "domainname", Form::Text),
    ("env", "environment", Form::Pair),
    ("expose", "expose", Form::Item),
    ("group-add", "group_add", Form::Item),
    ("health-interval", "healthcheck.interval", Form::Text),
    ("health-retries", "healthcheck.retries", Form::Number),
    ("health-start-interval", "healthcheck.start_interval", Form::Text),
    ("health-start-period", "healthcheck.start_period", Form::Text),
    ("health-timeout", "healthcheck.timeout", Form::Text),
    ("hostname", "hostname", Form::Text),
    ("init", "init", Form::Flag),
    ("interactive", "stdin_open", Form::Flag),
    ("ipc", "ipc", Form::Text),
    ("label", "labels", Form::Pair),
    ("label-file", "label_file", Form::Item),
    ("link", "links", Form::Item),
    ("log-driver", "logging.driver", Form::Text),
    ("log-opt", "logging.options", Form::Pair),
    ("memory", "mem_limit", Form::Text),
    ("memory-reservation", "mem_reservation", Form::Text),
    ("memory-swap", "memswap_limit", Form::Text),
    ("memory-swappiness", "mem_swappiness", Form::Number),
    ("no-healthcheck", "healthcheck.disable", Form::Flag),
    ("oom-kill-disable", "oom_kill_disable", Form::Flag),
    ("oom-score-adj", "oom_score_adj", Form::Number),
    ("pid", "pid", Form::Text),
    ("pids-limit", "pids_limit", Form::Number),
    ("platform", "platform", Form::Text),
    ("privileged", "privileged", Form::Flag),
    ("publish", "ports", Form::Item),
    ("read-only", "read_only", Form::Flag),
    ("restart", "restart", Form::Text),
    ("runtime", "runtime", Form::Text),
    ("security-opt", "security_opt", Form::Item),
    ("shm-size", "shm_size", Form::Text),
    ("stop-signal", "stop_signal", Form::Text),
    ("stop-timeout", "stop_grace_period", Form::Seconds),
    ("storage-opt", "storage_opt", Form::Pair),
    ("sysctl", "sysctls", Form::Pair),
    ("tmpfs", "tmpfs", Form::Item),
    ("tty", "tty", Form::Flag),
    ("user", "user", Form::Text),
    ("userns", "userns_mode", Form::Text),
    ("uts", "uts", Form::Text),
    ("workdir", "working_dir", Form::Text),
];

/// The options that say how the terminal or the container's record is handled, which a service of a project does not have.
const WITHOUT_EFFECT: &[&str] = &[
    "attach",
    "cidfile",
    "detach",
    "detach-keys",
    "disable-content-trust",
    "help",
    "pidfile",
    "quiet",
    "replace",
    "rm",
    "sig-proxy",
];

/// The pull policies that Compose has.
const PULL: &[&str] = &["always", "missing", "never"];

/// The modes of `--network` without a name of a network.
const MODES: &[&str] = &["bridge", "default", "host", "none"];

/// Reads a command line. Reports all its mistakes, and returns `None` if there is an error.
pub fn read(
    line: &str,
    files: &dyn ProjectFiles,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Option<Project> {
    let source = sources.add(NAME, line.to_owned());
    let whole = Span::new(source, 0..line.trim_end().len());
    let not_run = |at: Span, title: &str, label: &str, help: &str| {
        Diagnostic::new(Code::NotRunCommand, title, at, label).help(help)
    };
    if line.len() > MAX_BYTES {
        let title = format!("the command line is larger than {} MiB", MAX_BYTES >> 20);
        let start = Span::new(source, 0..0);
        diagnostics.push(not_run(
            start,
            &title,
            "too large",
            "write one `podman run` or `docker run` command",
        ));
        return None;
    }
    let command = match words::command(line, source) {
        Ok(command) => command,
        Err(at) => {
            let help = "close the quote or the bracket";
            diagnostics.push(not_run(
                at,
                "the command line ends in an open quote or bracket",
                "opened here",
                help,
            ));
            return None;
        }
    };
    if let Some(rest) = command.rest {
        let help = "import one command at a time, without pipes and redirections";
        diagnostics.push(not_run(
            rest,
            "the text has more than one command",
            "is not a part of the first one",
            help,
        ));
    }
    let mut given = IndexMap::new();
    let Some(start) = program(&command.words, &mut given) else {
        let help = "write the whole command, such as `podman run -p 8080:80 nginx`";
        let label = "expected `podman run` or `docker run`";
        diagnostics.push(not_run(whole, "the command is not `podman run` or `docker run`", label, help));
        return None;
    };
    let words = &command.words[start..];
    let (arguments, mistakes, count) = before_image(words);
    let mut origins = Origins::default();
    let root = origins.add(Place { parent: None, step: Step::Root, at: whole, value: whole, is_leaf: false });
    let mut reader = Reader {
        files,
        sources,
        diagnostics,
        origins,
        root,
        given,
        name: None,
        keys: IndexMap::new(),
        env_files: Vec::new(),
        networks: IndexMap::new(),
        volumes: IndexMap::new(),
        replaced: Vec::new(),
        addresses: BTreeMap::new(),
        last_network: None,
    };
    for (mistake, at) in mistakes {
        reader.mistake(mistake, at);
    }
    let mut has_unknown = false;
    for argument in &arguments {
        has_unknown |= !reader.option(argument);
    }
    reader.address_networks();
    match &words[count..] {
        [image, rest @ ..] => reader.image(image, rest),
        // An unknown option may have taken the image for its value.
        [] if has_unknown => {}
        [] => {
            let end = Span { start: whole.end, ..whole };
            let help = "add the image at the end of the options, such as `docker.io/library/nginx:1.27`";
            reader.diagnostics.push(not_run(end, "the command has no image", "expected an image", help));
        }
    }
    reader.finish()
}

/// The index of the first word behind `podman run`, and the variables that the line sets before the program.
fn program(words: &[Text], given: &mut IndexMap<String, String>) -> Option<usize> {
    let mut at = 0;
    let word = |at: usize| words.get(at).map(Text::value);
    loop {
        let this = word(at)?;
        match this.split_once('=') {
            Some((name, value)) if is_name(name) => {
                given.insert(name.to_owned(), value.to_owned());
            }
            _ if AS_ROOT.contains(&this.as_str()) => {}
            // An option of `sudo` without a value, such as `-E`.
            _ if at > 0 && this.starts_with('-') => {}
            _ => break,
        }
        at += 1;
    }
    let program = word(at)?;
    if !matches!(program.rsplit('/').next(), Some("podman" | "docker" | "docker.exe" | "nerdctl")) {
        return None;
    }
    at += 1;
    if word(at)? == "container" {
        at += 1;
    }
    matches!(word(at)?.as_str(), "run" | "create").then_some(at + 1)
}

/// True for the name of a variable.
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

struct Reader<'a> {
    files: &'a dyn ProjectFiles,
    sources: &'a mut Sources,
    diagnostics: &'a mut Diagnostics,
    origins: Origins,
    root: Origin,
    /// The variables that the command line sets before the program.
    given: IndexMap<String, String>,
    /// The name of the service.
    name: Option<String>,
    keys: IndexMap<String, Node>,
    env_files: Vec<EnvFile>,
    networks: IndexMap<String, Node>,
    volumes: IndexMap<String, Node>,
    replaced: Vec<(Origin, Origin)>,
    /// The keys of the only network that have options of their own: `--ip`, `--network-alias`, ….
    addresses: BTreeMap<&'static str, Node>,
    last_network: Option<String>,
}

impl Reader<'_> {
    /// Adds the node of an argument.
    fn add(&mut self, step: &str, at: Span) -> Origin {
        let step = Step::Key(step.to_owned());
        self.origins.add(Place { parent: Some(self.root), step, at, value: at, is_leaf: true })
    }

    /// Reports an invalid value.
    fn invalid(&mut self, argument: &Argument, expected: &str) {
        let value = argument.value.as_ref().map(Text::value).unwrap_or_default();
        let title = format!("`{value}` is not a valid value for `--{}`", argument.name);
        let label = format!("expected {expected}");
        self.diagnostics.push(
            Diagnostic::new(Code::RunValue, title, argument.span, label)
                .help(format!("correct the value: {expected}")),
        );
    }

    /// Reports a mistake in the words of the options.
    fn mistake(&mut self, mistake: Mistake, at: Span) {
        let (title, label, help) = match mistake {
            Mistake::NoValue => {
                ("an option has no value", "expected a value", "add the value behind the option")
            }
            Mistake::OneWord => (
                "an option and its value are one word",
                "the quotes join both",
                "put the quotes around the value alone",
            ),
            // The words stop at the image.
            Mistake::Alone => return,
        };
        self.diagnostics.push(Diagnostic::new(Code::RunValue, title, at, label).help(help));
    }

    /// Reads an option. Returns false for an unknown one.
    fn option(&mut self, argument: &Argument) -> bool {
        let name = argument.name.as_str();
        if !argument.is_known() && !DOCKER_ONLY.contains(&name) {
            let dashes = if name.chars().count() == 1 { "-" } else { "--" };
            let help = suggestion(name, options().chain(DOCKER_ONLY.iter().copied()));
            self.diagnostics.push(
                Diagnostic::new(
                    Code::UnknownRunOption,
                    format!("there is no option `{dashes}{name}`"),
                    argument.span,
                    "neither `podman run` nor `docker run` has it",
                )
                .help(help),
            );
            return false;
        }
        let origin = self.add(&format!("--{name}"), argument.span);
        let none = Text::empty(argument.span);
        let value = argument.value.as_ref().unwrap_or(&none);
        match name {
            _ if WITHOUT_EFFECT.contains(&name) => self.replaced.push((origin, origin)),
            "name" => {
                self.name = Some(value.value());
                self.set(&["container_name"], scalar(origin, value));
            }
            "entrypoint" => {
                let words = match json_words(&value.value()) {
                    Some(words) => words.into_iter().map(|word| text(origin, word)).collect(),
                    None if value.value().is_empty() && value.is_literal() => Vec::new(),
                    None => vec![scalar(origin, value)],
                };
                self.set(&["entrypoint"], Node { origin, kind: Kind::List(words) });
            }
            "health-cmd" => match value.value().as_str() {
                "none" => self.set(&["healthcheck", "disable"], flag(origin, true)),
                written => {
                    let words = match json_words(written) {
                        Some(words) => words.into_iter().map(|word| text(origin, word)).collect(),
                        None => vec![text(origin, "CMD-SHELL"), scalar(origin, value)],
                    };
                    self.set(&["healthcheck", "test"], Node { origin, kind: Kind::List(words) });
                }
            },
            "pull" if PULL.contains(&value.value().as_str()) => {
                self.set(&["pull_policy"], scalar(origin, value))
            }
            "pull" if argument.value.is_none() => self.set(&["pull_policy"], text(origin, "always")),
            "env-file" => self.env_file(argument, value, origin),
            "volume" => self.volume(value, origin),
            "mount" => self.mount(argument, value, origin),
            "network" => self.network(argument, value, origin),
            "ip" => self.address("ipv4_address", scalar(origin, value)),
            "ip6" => self.address("ipv6_address", scalar(origin, value)),
            "mac-address" => self.address("mac_address", scalar(origin, value)),
            "link-local-ip" => self.address_item("link_local_ips", scalar(origin, value)),
            "network-alias" => self.address_item("aliases", scalar(origin, value)),
            "ulimit" => self.ulimit(argument, value, origin),
            "gpus" => self.gpus(value, origin),
            _ => match KEYS.iter().find(|(option, ..)| *option == name) {
                Some((_, path, form)) => self.key(argument, value, path, *form, origin),
                None => self.podman(argument, origin),
            },
        }
        true
    }

    /// Sets the value of an option with a key in Compose.
    fn key(&mut self, argument: &Argument, value: &Text, path: &str, form: Form, origin: Origin) {
        let path: Vec<&str> = path.split('.').collect();
        match form {
            Form::Text => self.set(&path, scalar(origin, value)),
            Form::Number => self.set(&path, plain(origin, value)),
            Form::Seconds => {
                let mut seconds = value.clone();
                seconds.push(Piece::Literal("s".to_owned()));
                match !value.is_literal() || value.value().parse::<u32>().is_ok() {
                    true => self.set(&path, scalar(origin, &seconds)),
                    false => self.invalid(argument, "a number of seconds"),
                }
            }
            // strconv.ParseBool of Go
            Form::Flag => match value.value().as_str() {
                "" | "1" | "t" | "T" | "true" | "TRUE" | "True" => self.set(&path, flag(origin, true)),
                "0" | "f" | "F" | "false" | "FALSE" | "False" => self.set(&path, flag(origin, false)),
                _ => self.invalid(argument, "true or false"),
            },
            Form::Item => {
                // Podman splits these at commas, and Compose has entries.
                for part in list(argument, value) {
                    self.items(&path, origin).push(scalar(origin, &part));
                }
            }
            Form::Pair => {
                for part in list(argument, value) {
                    self.pair(&path, &part, origin);
                }
            }
        }
    }

    fn pair(&mut self, path: &[&str], pair: &Text, origin: Origin) {
        let (name, value) = match pair.split_once('=') {
            Some((name, value)) => (name.value(), scalar(origin, &value)),
            // A variable takes its value from the environment of the program.
            None if path == ["environment"] => {
                let name = pair.value();
                let kind = match self.given.get(&name) {
                    Some(value) => Kind::Scalar(Scalar::text(value.clone())),
                    None => Kind::Null,
                };
                (name, Node { origin, kind })
            }
            None => (pair.value(), text(origin, "")),
        };
        let path: Vec<&str> = path.iter().copied().chain([name.as_str()]).collect();
        self.set(&path, value);
    }

    /// The mapping at a path of keys.
    fn map(&mut self, path: &[&str], origin: Origin) -> &mut IndexMap<String, Node> {
        let mut map = &mut self.keys;
        for key in path {
            let node = map
                .entry((*key).to_owned())
                .or_insert_with(|| Node { origin, kind: Kind::Map(IndexMap::new()) });
            if !matches!(node.kind, Kind::Map(_)) {
                node.kind = Kind::Map(IndexMap::new());
            }
            let Kind::Map(entries) = &mut node.kind else { unreachable!("a mapping since the line above") };
            map = entries;
        }
        map
    }

    /// The list at a path of keys.
    fn items(&mut self, path: &[&str], origin: Origin) -> &mut Vec<Node> {
        let (last, path) = path.split_last().expect("a path has a key");
        let node = self
            .map(path, origin)
            .entry((*last).to_owned())
            .or_insert_with(|| Node { origin, kind: Kind::List(Vec::new()) });
        match &mut node.kind {
            Kind::List(items) => items,
            _ => unreachable!("a key has one form"),
        }
    }

    /// Sets a key. The last option wins.
    fn set(&mut self, path: &[&str], node: Node) {
        let (last, path) = path.split_last().expect("a path has a key");
        let origin = node.origin;
        if let Some(old) = self.map(path, origin).insert((*last).to_owned(), node) {
            self.replaced.push((old.origin, origin));
        }
    }

    /// Keeps an option of Podman without a key in Compose.
    fn podman(&mut self, argument: &Argument, origin: Origin) {
        let mut word = Text::literal(format!("--{}", argument.name), argument.span);
        if let Some(value) = &argument.value {
            word = Text::join(&[word, value.clone()], "=", argument.span);
        }
        self.items(&[PODMAN_ARGS], origin).push(scalar(origin, &word));
    }

    fn env_file(&mut self, argument: &Argument, value: &Text, origin: Origin) {
        if !value.is_literal() {
            return self.invalid(argument, "the path of a file, without variables");
        }
        for path in fields(&value.value()) {
            let variables = match self.files.read(path.strip_prefix("./").unwrap_or(&path)) {
                Ok(text) => {
                    let source = self.sources.add(&path, text.clone());
                    Some(self.variables(&text, source))
                }
                // The converter asks for the file.
                Err(Unread::Absent | Unread::Outside) => None,
                Err(Unread::Failed(reason)) => {
                    self.diagnostics.push(
                        Diagnostic::new(
                            Code::UnreadableFile,
                            format!("`{path}` cannot be read: {reason}"),
                            argument.span,
                            "this file",
                        )
                        .help("correct the file, or its permissions"),
                    );
                    None
                }
            };
            self.env_files.push(EnvFile { origin, path, is_required: true, variables });
        }
    }

    /// The variables of an env file: lines `NAME=value`, whose values stand for themselves (docker run's reference and
    /// podman-run(1), --env-file).
    fn variables(&mut self, text: &str, source: SourceId) -> Vec<(String, Variable)> {
        let mut found = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let at = start;
            start += line.len();
            let written = line.trim_end_matches(['\n', '\r']);
            let trimmed = written.trim_start();
            if trimmed.is_empty() || trimmed.starts_with('#') {
                continue;
            }
            let begin = at + (written.len() - trimmed.len());
            let span = Span::new(source, begin..at + written.len());
            let (name, value) = match trimmed.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (trimmed.trim_end(), self.given.get(trimmed.trim_end()).cloned()),
            };
            found.push((name.to_owned(), Variable { value, span }));
        }
        found
    }

    fn volume(&mut self, value: &Text, origin: Origin) {
        let value = in_folder(value);
        let written = value.value();
        let source = written.split_once(':').map(|(source, _)| source).filter(|_| value.split(':').len() > 1);
        if let Some(source) = source.filter(|_| matches!(value.pieces.first(), Some(Piece::Literal(_)))) {
            self.declare_volume(source, origin);
        }
        self.items(&["volumes"], origin).push(scalar(origin, &value));
    }

    /// Declares a volume that has a name. Its data exist under this name, without the prefix of a project.
    fn declare_volume(&mut self, name: &str, origin: Origin) {
        if name.is_empty() || name.contains('/') || name.starts_with(['.', '~']) {
            return;
        }
        self.volumes.entry(name.to_owned()).or_insert_with(|| external(name, origin));
    }

    /// Reads `type=bind,src=/a,dst=/b,ro` (podman-run(1), docs.docker.com/engine/storage/bind-mounts). A mount with an option
    /// that Compose does not have is an option of Podman.
    fn mount(&mut self, argument: &Argument, value: &Text, origin: Origin) {
        let value = in_source(value);
        let mut mount: IndexMap<String, Node> = IndexMap::new();
        let mut kind = "volume".to_owned();
        let mut below: Vec<(&str, &str, Node)> = Vec::new();
        let mut others = false;
        for field in value.split(',') {
            let (name, content) =
                field.split_once('=').unwrap_or_else(|| (field.clone(), Text::empty(field.span)));
            let node = scalar(origin, &content);
            let is_true = matches!(content.value().as_str(), "" | "true" | "1");
            match name.value().as_str() {
                "type" => kind = content.value(),
                "source" | "src" => drop(mount.insert("source".to_owned(), node)),
                "target" | "destination" | "dst" => drop(mount.insert("target".to_owned(), node)),
                "readonly" | "ro" => drop(mount.insert("read_only".to_owned(), flag(origin, is_true))),
                "rw" => drop(mount.insert("read_only".to_owned(), flag(origin, !is_true))),
                "bind-propagation" => below.push(("bind", "propagation", node)),
                "relabel" => match content.value().as_str() {
                    "shared" => below.push(("bind", "selinux", text(origin, "z"))),
                    "private" => below.push(("bind", "selinux", text(origin, "Z"))),
                    _ => others = true,
                },
                "volume-nocopy" => below.push(("volume", "nocopy", flag(origin, is_true))),
                "volume-subpath" => below.push(("volume", "subpath", node)),
                "tmpfs-size" => below.push(("tmpfs", "size", node)),
                "tmpfs-mode" => below.push(("tmpfs", "mode", node)),
                _ => others = true,
            }
        }
        if others || value.value().contains('"') || !matches!(kind.as_str(), "bind" | "volume" | "tmpfs") {
            return self.podman(argument, origin);
        }
        if !mount.contains_key("target") {
            return self.invalid(argument, "a `target`");
        }
        if kind == "bind" && !mount.contains_key("source") {
            return self.invalid(argument, "a `source`");
        }
        for (group, key, node) in below {
            let group = mount
                .entry(group.to_owned())
                .or_insert_with(|| Node { origin, kind: Kind::Map(IndexMap::new()) });
            if let Kind::Map(keys) = &mut group.kind {
                keys.insert(key.to_owned(), node);
            }
        }
        if kind == "volume"
            && let Some(name) = mount.get("source").and_then(Node::text).map(String::from)
        {
            self.declare_volume(&name, origin);
        }
        mount.shift_insert(0, "type".to_owned(), text(origin, kind));
        self.items(&["volumes"], origin).push(Node { origin, kind: Kind::Map(mount) });
    }

    /// Reads `--network=NAME`, Podman's `NAME:ip=10.0.0.2,alias=a` and Docker's `name=NAME,ip=10.0.0.2`.
    fn network(&mut self, argument: &Argument, value: &Text, origin: Origin) {
        let written = value.value();
        let (name, options) = match written.strip_prefix("name=") {
            Some(rest) => rest.split_once(',').unwrap_or((rest, "")),
            None => written.split_once(':').unwrap_or((&written, "")),
        };
        if !value.is_literal() {
            return self.invalid(argument, "the name of a network, without variables");
        }
        if argument.is_network_mode() {
            return match (name, options.is_empty()) {
                ("container", _) => self.set(&["network_mode"], scalar(origin, value)),
                (mode, true) if MODES.contains(&mode) => self.set(&["network_mode"], scalar(origin, value)),
                _ => self.podman(argument, origin),
            };
        }
        let mut keys = IndexMap::new();
        let mut aliases = Vec::new();
        for option in options.split(',').filter(|option| !option.is_empty()) {
            let (key, content) = option.split_once('=').unwrap_or((option, ""));
            let node = text(origin, content);
            match key {
                "alias" => aliases.push(node),
                "ip" if content.contains(':') => drop(keys.insert("ipv6_address".to_owned(), node)),
                "ip" => drop(keys.insert("ipv4_address".to_owned(), node)),
                "ip6" => drop(keys.insert("ipv6_address".to_owned(), node)),
                "mac" | "mac-address" => drop(keys.insert("mac_address".to_owned(), node)),
                "interface_name" => drop(keys.insert("interface_name".to_owned(), node)),
                _ => return self.invalid(argument, "the options alias, ip, mac and interface_name"),
            }
        }
        if !aliases.is_empty() {
            keys.insert("aliases".to_owned(), Node { origin, kind: Kind::List(aliases) });
        }
        let kind = if keys.is_empty() { Kind::Null } else { Kind::Map(keys) };
        self.last_network = Some(name.to_owned());
        self.networks.entry(name.to_owned()).or_insert_with(|| external(name, origin));
        self.set(&["networks", name], Node { origin, kind });
    }

    fn address(&mut self, key: &'static str, node: Node) {
        let origin = node.origin;
        if let Some(old) = self.addresses.insert(key, node) {
            self.replaced.push((old.origin, origin));
        }
    }

    fn address_item(&mut self, key: &'static str, node: Node) {
        let list = Node { origin: node.origin, kind: Kind::List(Vec::new()) };
        if let Kind::List(items) = &mut self.addresses.entry(key).or_insert(list).kind {
            items.push(node);
        }
    }

    /// Adds the options of the network to the network, or to the project's own one.
    fn address_networks(&mut self) {
        let addresses = std::mem::take(&mut self.addresses);
        let Some(origin) = addresses.values().map(|node| node.origin).next() else { return };
        // A container that shares another network has its MAC address only.
        let name = self.last_network.clone().unwrap_or_else(|| "default".to_owned());
        self.networks.entry(name.clone()).or_insert(Node { origin, kind: Kind::Null });
        for (key, node) in addresses {
            self.set(&["networks", &name, key], node);
        }
    }

    /// Reads `nofile=1024:2048`.
    fn ulimit(&mut self, argument: &Argument, value: &Text, origin: Origin) {
        for part in list(argument, value) {
            let Some((name, limit)) = part.split_once('=') else {
                // Podman's `host` copies the limits of the host.
                return self.podman(argument, origin);
            };
            let node = match limit.split_once(':') {
                Some((soft, hard)) => {
                    let keys = [("soft", plain(origin, &soft)), ("hard", plain(origin, &hard))];
                    Node { origin, kind: Kind::Map(keys.map(|(key, node)| (key.to_owned(), node)).into()) }
                }
                None => plain(origin, &limit),
            };
            self.set(&["ulimits", &name.value()], node);
        }
    }

    /// Reads `all`, a number, and `device=0,1` (docker run's reference, --gpus).
    fn gpus(&mut self, value: &Text, origin: Origin) {
        let written = value.value().trim_matches('"').to_owned();
        if written == "all" {
            return self.set(&["gpus"], text(origin, "all"));
        }
        let (key, node) = match written.strip_prefix("device=") {
            Some(ids) => {
                let ids = ids.split(',').map(|id| text(origin, id)).collect();
                ("device_ids", Node { origin, kind: Kind::List(ids) })
            }
            None => ("count", plain(origin, value)),
        };
        let gpu = Node { origin, kind: Kind::Map(IndexMap::from([(key.to_owned(), node)])) };
        self.items(&["gpus"], origin).push(gpu);
    }

    fn image(&mut self, image: &Text, rest: &[Text]) {
        let origin = self.add("image", image.span);
        self.set(&["image"], scalar(origin, image));
        let mut words = Vec::new();
        for word in rest {
            let origin = self.add("command", word.span);
            words.push(scalar(origin, word));
        }
        if let Some(first) = words.first() {
            let origin = first.origin;
            self.set(&["command"], Node { origin, kind: Kind::List(words) });
        }
        if self.name.is_none() {
            let written = image.value();
            let last = written.rsplit('/').next().unwrap_or_default();
            let end = last.find([':', '@']).unwrap_or(last.len());
            self.name = Some(last[..end].to_owned());
        }
    }

    fn finish(self) -> Option<Project> {
        if self.diagnostics.has_errors() {
            return None;
        }
        let name = self.name.filter(|name| !name.is_empty()).unwrap_or_else(|| "app".to_owned());
        let service = Service {
            name: name.clone(),
            origin: self.root,
            keys: self.keys,
            env_files: self.env_files,
            is_active: true,
        };
        Some(Project {
            name,
            services: vec![service],
            networks: self.networks,
            volumes: self.volumes,
            secrets: IndexMap::new(),
            configs: IndexMap::new(),
            others: Vec::new(),
            variables: IndexMap::new(),
            replaced: self.replaced,
            comments: BTreeMap::new(),
            origins: self.origins,
        })
    }
}

/// The values of an option, of which Podman splits some at commas.
fn list(argument: &Argument, value: &Text) -> Vec<Text> {
    match value.is_literal() {
        true => argument.values().into_iter().map(|part| Text::literal(part, value.span)).collect(),
        false => vec![value.clone()],
    }
}

/// A volume or network that exists outside of the project under this name.
fn external(name: &str, origin: Origin) -> Node {
    let keys = [("name", text(origin, name)), ("external", flag(origin, true))];
    Node { origin, kind: Kind::Map(keys.map(|(key, node)| (key.to_owned(), node)).into()) }
}

/// A path in which the working folder is the project's folder.
fn in_folder(path: &Text) -> Text {
    match path.pieces.split_first() {
        Some((Piece::Reference(first), rest)) if words::variable(first).0 == "PWD" => {
            let mut inside = Text::literal(".", path.span);
            rest.iter().for_each(|piece| inside.push(piece.clone()));
            inside
        }
        _ => path.clone(),
    }
}

/// A mount whose source has the working folder as the project's folder.
fn in_source(mount: &Text) -> Text {
    let fields = mount.split(',').into_iter().map(|field| match field.split_once('=') {
        Some((name, value)) if matches!(name.value().as_str(), "source" | "src") => {
            Text::join(&[name, in_folder(&value)], "=", mount.span)
        }
        _ => field,
    });
    Text::join(&fields.collect::<Vec<_>>(), ",", mount.span)
}

/// The words of a JSON list.
fn json_words(text: &str) -> Option<Vec<String>> {
    text.starts_with('[').then(|| serde_json::from_str(text).ok()).flatten()
}

/// A word as a value.
fn scalar(origin: Origin, text: &Text) -> Node {
    let parts = text.pieces.iter().map(|piece| match piece {
        Piece::Literal(text) => Part::Text(text.clone()),
        Piece::Reference(reference) => {
            let (name, default) = words::variable(reference);
            let source = if default.is_some() { ValueSource::Default } else { ValueSource::Unset };
            let (name, value) = (name.to_owned(), default.unwrap_or_default());
            Part::Variable(Reference { name, value, source })
        }
    });
    Node { origin, kind: Kind::Scalar(Scalar { parts: parts.collect(), is_plain: false }) }
}

/// A word as a number, if it is one.
fn plain(origin: Origin, text: &Text) -> Node {
    let mut node = scalar(origin, text);
    if let Kind::Scalar(scalar) = &mut node.kind {
        scalar.is_plain = !matches!(Atom::from_plain(&text.value()), Atom::Str(_));
    }
    node
}

/// A literal text as a value.
fn text(origin: Origin, text: impl Into<String>) -> Node {
    Node { origin, kind: Kind::Scalar(Scalar::text(text)) }
}

/// A flag.
fn flag(origin: Origin, is_true: bool) -> Node {
    let scalar = Scalar::text(if is_true { "true" } else { "false" });
    Node { origin, kind: Kind::Scalar(Scalar { is_plain: true, ..scalar }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::FileKind;

    struct Files;

    impl ProjectFiles for Files {
        fn read(&self, path: &str) -> Result<String, Unread> {
            match path {
                "app.env" => Ok("# comment\nA=1=2\nB='x' # y\n\n C\r\n".to_owned()),
                "broken.env" => Err(Unread::Failed("not UTF-8 text".to_owned())),
                _ => Err(Unread::Absent),
            }
        }

        fn kind(&self, _: &str) -> Option<FileKind> {
            None
        }
    }

    fn read_line(line: &str) -> (Option<Project>, Vec<Diagnostic>) {
        let (_, diagnostics, project) = crate::read_command_line(line, &Files);
        (project, diagnostics)
    }

    fn project(line: &str) -> Project {
        let (project, diagnostics) = read_line(line);
        project.unwrap_or_else(|| panic!("{line}: {diagnostics:?}"))
    }

    /// A value as JSON, with `<NAME>` for a variable.
    fn json(node: &Node) -> serde_json::Value {
        match &node.kind {
            Kind::Null => serde_json::Value::Null,
            Kind::Scalar(scalar) => {
                let parts = scalar.parts.iter().map(|part| match part {
                    Part::Text(text) => text.clone(),
                    Part::Variable(reference) => format!("<{}>{}", reference.name, reference.value),
                });
                parts.collect::<String>().into()
            }
            Kind::List(items) => items.iter().map(json).collect(),
            Kind::Map(keys) => keys
                .iter()
                .map(|(key, node)| (key.clone(), json(node)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }

    fn keys(line: &str) -> serde_json::Value {
        let project = project(line);
        let [service] = project.services.as_slice() else { panic!("one service") };
        let keys = service.keys.iter().filter(|(key, _)| *key != "image");
        keys.map(|(key, node)| (key.clone(), json(node))).collect::<serde_json::Map<_, _>>().into()
    }

    #[test]
    fn every_option_with_a_key_becomes_this_key() {
        let run = |options: &str| keys(&format!("podman run {options} app:1"));
        let port = serde_json::json!([{ "mode": "ingress", "target": "80", "published": "8080", "protocol": "tcp" }]);
        for (options, expected) in [
            ("-p8080:80", serde_json::json!({ "ports": port })),
            ("--publish=8080:80/tcp", serde_json::json!({ "ports": port })),
            (
                "-e A=1 -e A=b=c -eB= --env C",
                serde_json::json!({ "environment": { "A": "b=c", "B": "", "C": null } }),
            ),
            ("-it", serde_json::json!({ "stdin_open": "true", "tty": "true" })),
            ("-l a=b --label c", serde_json::json!({ "labels": { "a": "b", "c": "" } })),
            ("--restart unless-stopped", serde_json::json!({ "restart": "unless-stopped" })),
            (
                "--cap-add NET_ADMIN,SYS_TIME --cap-drop=ALL",
                serde_json::json!({ "cap_add": ["NET_ADMIN", "SYS_TIME"], "cap_drop": ["ALL"] }),
            ),
            (
                "-u 1000:1000 -w /app -h box",
                serde_json::json!({ "user": "1000:1000", "working_dir": "/app", "hostname": "box" }),
            ),
            (
                "-m 512m --cpus 1.5 --pids-limit 100 --shm-size=1g",
                serde_json::json!({ "mem_limit": "512m", "cpus": "1.5", "pids_limit": "100", "shm_size": "1g" }),
            ),
            (
                "--memory-swap -1 --memory-reservation 1g",
                serde_json::json!({ "memswap_limit": "-1", "mem_reservation": "1g" }),
            ),
            (
                "--stop-timeout 30 --stop-signal SIGINT",
                serde_json::json!({ "stop_grace_period": "30s", "stop_signal": "SIGINT" }),
            ),
            (
                "--read-only --init --privileged=false",
                serde_json::json!({ "read_only": "true", "init": "true", "privileged": "false" }),
            ),
            (
                "--log-driver json-file --log-opt max-size=10m",
                serde_json::json!({ "logging": { "driver": "json-file", "options": { "max-size": "10m" } } }),
            ),
            (
                "--ulimit nofile=1024:2048 --ulimit nproc=5",
                serde_json::json!({ "ulimits": { "nofile": { "soft": "1024", "hard": "2048" }, "nproc": "5" } }),
            ),
            (
                "--sysctl net.core.somaxconn=1024",
                serde_json::json!({ "sysctls": { "net.core.somaxconn": "1024" } }),
            ),
            (
                "--tmpfs /run:size=64m --dns 9.9.9.9",
                serde_json::json!({ "tmpfs": ["/run:size=64m"], "dns": ["9.9.9.9"] }),
            ),
            (
                "--device /dev/dri",
                serde_json::json!({ "devices": [{ "source": "/dev/dri", "target": "/dev/dri", "permissions": "rwm" }] }),
            ),
            ("--add-host nas:192.168.1.2", serde_json::json!({ "extra_hosts": { "nas": ["192.168.1.2"] } })),
            (
                "--security-opt no-new-privileges --group-add video",
                serde_json::json!({ "security_opt": ["no-new-privileges"], "group_add": ["video"] }),
            ),
            (
                "--pull always --platform linux/amd64",
                serde_json::json!({ "pull_policy": "always", "platform": "linux/amd64" }),
            ),
            (
                "--annotation a=b --userns auto",
                serde_json::json!({ "annotations": { "a": "b" }, "userns_mode": "auto" }),
            ),
            (
                "--pull newer --umask 0022 --secret a,type=env",
                serde_json::json!({ "x-podman-args": ["--pull=newer", "--umask=0022", "--secret=a,type=env"] }),
            ),
            ("--entrypoint /bin/sh", serde_json::json!({ "entrypoint": ["/bin/sh"] })),
            ("--entrypoint '[\"/bin/sh\",\"-c\"]'", serde_json::json!({ "entrypoint": ["/bin/sh", "-c"] })),
            ("--entrypoint ''", serde_json::json!({ "entrypoint": [] })),
            (
                "--health-cmd 'curl -f http://a || exit 1' --health-interval=30s --health-retries 3 --health-start-period 5s --health-timeout 2s",
                serde_json::json!({ "healthcheck": { "test": ["CMD-SHELL", "curl -f http://a || exit 1"], "interval": "30s", "retries": "3", "start_period": "5s", "timeout": "2s" } }),
            ),
            ("--no-healthcheck", serde_json::json!({ "healthcheck": { "disable": "true" } })),
            ("--network host", serde_json::json!({ "network_mode": "host" })),
            ("--network container:vpn", serde_json::json!({ "network_mode": "container:vpn" })),
            (
                "--net front --ip 10.0.0.2 --network-alias a --network-alias b --mac-address 02:00:00:00:00:05",
                serde_json::json!({ "networks": { "front": { "aliases": ["a", "b"], "ipv4_address": "10.0.0.2", "mac_address": "02:00:00:00:00:05" } } }),
            ),
            (
                "--network front:ip=10.0.0.2,alias=a --network back",
                serde_json::json!({ "networks": { "front": { "ipv4_address": "10.0.0.2", "aliases": ["a"] }, "back": null } }),
            ),
            (
                "--network name=front,ip=10.0.0.2",
                serde_json::json!({ "networks": { "front": { "ipv4_address": "10.0.0.2" } } }),
            ),
            (
                "-v /a:/b:ro",
                serde_json::json!({ "volumes": [{ "type": "bind", "source": "/a", "target": "/b", "read_only": "true", "bind": { "create_host_path": "true" } }] }),
            ),
            (
                "-v $(pwd)/a:/b",
                serde_json::json!({ "volumes": [{ "type": "bind", "source": "./a", "target": "/b", "bind": { "create_host_path": "true" } }] }),
            ),
            (
                "--mount type=bind,src=/a,dst=/b,ro",
                serde_json::json!({ "volumes": [{ "type": "bind", "source": "/a", "target": "/b", "read_only": "true" }] }),
            ),
            (
                "--mount type=tmpfs,destination=/t,tmpfs-size=64m",
                serde_json::json!({ "volumes": [{ "type": "tmpfs", "target": "/t", "tmpfs": { "size": "64m" } }] }),
            ),
            (
                "--mount type=image,source=a,target=/b",
                serde_json::json!({ "x-podman-args": ["--mount=type=image,source=a,target=/b"] }),
            ),
            ("--gpus all", serde_json::json!({ "gpus": [{ "count": "all" }] })),
            ("--gpus '\"device=0,1\"'", serde_json::json!({ "gpus": [{ "device_ids": ["0", "1"] }] })),
            ("-e A=$A -e B=${B:-c}", serde_json::json!({ "environment": { "A": "<A>", "B": "<B>c" } })),
            ("-d --rm --quiet --sig-proxy=false", serde_json::json!({})),
        ] {
            assert_eq!(run(options), expected, "{options}");
        }
    }

    #[test]
    fn the_program_the_image_and_the_command_are_found() {
        let line = "sudo -E A=1 /usr/bin/docker container run -d \\\n  --name web -e A \\\n  ghcr.io/example/app:1 serve --name x \"$HOME/y\"\n";
        let project = project(line);
        let service = &project.services[0];
        assert_eq!((project.name.as_str(), service.name.as_str()), ("web", "web"));
        assert_eq!(json(&service.keys["image"]), "ghcr.io/example/app:1");
        assert_eq!(json(&service.keys["command"]), serde_json::json!(["serve", "--name", "x", "<HOME>/y"]));
        assert_eq!(json(&service.keys["environment"]), serde_json::json!({ "A": "1" }));
        let name = project.origins.place(service.keys["container_name"].origin);
        assert_eq!(&line[name.at.start as usize..name.at.end as usize], "--name web");
        for (image, name) in [
            ("nginx", "nginx"),
            ("docker.io/library/nginx@sha256:ab", "nginx"),
            ("localhost:5000/a/b:c", "b"),
        ] {
            assert_eq!(self::project(&format!("podman create {image}")).services[0].name, name);
        }
        assert_eq!(keys("docker run -- app -d"), serde_json::json!({ "command": ["-d"] }));
    }

    #[test]
    fn named_volumes_and_networks_exist_outside_of_the_project() {
        let project = project(
            "docker run -v data:/data -v ./a:/a -v /b --mount src=more,dst=/more --network front app",
        );
        assert_eq!(project.volumes.keys().collect::<Vec<_>>(), ["data", "more"]);
        assert_eq!(json(&project.volumes["data"]), serde_json::json!({ "name": "data", "external": "true" }));
        assert_eq!(
            json(&project.networks["front"]),
            serde_json::json!({ "name": "front", "external": "true" })
        );
    }

    #[test]
    fn an_env_file_keeps_quotes_in_its_values() {
        let project = project("C=3 docker run --env-file ./app.env --env-file missing.env app");
        let [file, missing] = project.services[0].env_files.as_slice() else { panic!("two files") };
        let found = file.variables.as_ref().expect("read").iter();
        let found: Vec<_> =
            found.map(|(name, variable)| (name.as_str(), variable.value.as_deref())).collect();
        assert_eq!(found, [("A", Some("1=2")), ("B", Some("'x' # y")), ("C", Some("3"))]);
        assert!(missing.variables.is_none());
    }

    #[test]
    fn every_mistake_of_a_line_is_reported_once() {
        let found = |line: &str| {
            let (project, diagnostics) = read_line(line);
            assert!(project.is_none(), "{line}");
            assert!(
                diagnostics.iter().all(|found| found.help.is_some() || found.code == Code::ComposeValue),
                "{line}"
            );
            diagnostics
                .iter()
                .map(|found| format!("{}: {}", found.code.code(), found.message))
                .collect::<Vec<_>>()
        };
        for (line, expected) in [
            ("", &["HG1831: the command is not `podman run` or `docker run`"][..]),
            ("docker compose up -d", &["HG1831: the command is not `podman run` or `docker run`"]),
            ("docker run -d", &["HG1831: the command has no image"]),
            ("docker run app 'x", &["HG1831: the command line ends in an open quote or bracket"]),
            ("docker run app && rm -rf /", &["HG1831: the text has more than one command"]),
            ("docker run --volum ./a:/a app", &["HG1832: there is no option `--volum`"]),
            (
                "docker run -X --foo app",
                &["HG1832: there is no option `-X`", "HG1832: there is no option `--foo`"],
            ),
            (
                "docker run --stop-timeout 30s --init=2 app",
                &[
                    "HG1833: `30s` is not a valid value for `--stop-timeout`",
                    "HG1833: `2` is not a valid value for `--init`",
                ],
            ),
            ("docker run '-p 80:80' app", &["HG1833: an option and its value are one word"]),
            ("docker run -p", &["HG1833: an option has no value", "HG1831: the command has no image"]),
            ("docker run -p a:b app", &["HG1821: `a:b` is not a valid port"]),
            (
                "docker run --env-file broken.env app",
                &["HG1801: `broken.env` cannot be read: not UTF-8 text"],
            ),
            (
                "docker run --mount type=bind,src=/a app",
                &["HG1833: `type=bind,src=/a` is not a valid value for `--mount`"],
            ),
        ] {
            assert_eq!(found(line), expected, "{line}");
        }
    }

    #[test]
    fn every_known_option_is_in_the_project_or_reported() {
        for option in options().chain(DOCKER_ONLY.iter().copied()) {
            let line = format!("podman run --{option}=1=2 app");
            let (project, diagnostics) = read_line(&line);
            let Some(project) = project else {
                assert!(!diagnostics.is_empty(), "{option}");
                continue;
            };
            let service = &project.services[0];
            let is_value = service.keys.len() > 1 || !service.env_files.is_empty();
            assert!(is_value || !project.replaced.is_empty(), "{option}");
        }
        assert!(KEYS.is_sorted_by_key(|(name, ..)| *name));
        let is_known =
            |name: &&str| options().chain(DOCKER_ONLY.iter().copied()).any(|known| *known == **name);
        assert!(KEYS.iter().map(|(name, ..)| name).chain(WITHOUT_EFFECT).all(is_known));
    }
}
