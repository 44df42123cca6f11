//! The keys of a container. Keys that need more than a copy are in files by subject.

use super::{
    Context, command, dependency, deploy, environment, file, healthcheck, image, network, port, volume,
};
use crate::document::{Item, Map, Part, Value};
use crate::project::{self, Node, Origin, PODMAN_ARGS, Service};
use crate::report::{Kind, Path};
use crate::secret::is_in_line;

/// A container that is being converted.
pub(super) struct Container<'c, 'a> {
    pub(super) context: &'c mut Context<'a>,
    pub(super) service: &'c Service,
    /// The name in its homegen service.
    pub(super) name: String,
    /// Its place in the output.
    pub(super) place: Path,
    map: Map,
}

/// The order of the keys in the output.
const ORDER: &[&str] = &[
    "image",
    "platform",
    "pull_policy",
    "user",
    "command",
    "entrypoint",
    "working_dir",
    "hostname",
    "aliases",
    "networks",
    "network_mode",
    "depends_on",
    "environment",
    "env_file",
    "secrets",
    "files",
    "volumes",
    "tmpfs",
    "ports",
    "expose",
    "devices",
    "device_cgroup_rules",
    "group_add",
    "cap_add",
    "cap_drop",
    "privileged",
    "security_opt",
    "sysctls",
    "ulimits",
    "extra_hosts",
    "dns",
    "dns_search",
    "shm_size",
    "init",
    "read_only",
    "ipc",
    "pid",
    "userns_mode",
    "oom_score_adj",
    "labels",
    "logging",
    "healthcheck",
    "restart",
    "stop_signal",
    "stop_grace_period",
    "limits",
    "podman_args",
];

impl<'c, 'a> Container<'c, 'a> {
    pub(super) fn new(
        context: &'c mut Context<'a>,
        service: &'c Service,
        name: String,
        place: Path,
    ) -> Container<'c, 'a> {
        Container { context, service, name, place, map: Map::default() }
    }

    /// Converts all keys of the service.
    pub(super) fn convert(&mut self) {
        let service = self.service;
        image::convert(self);
        for (key, node) in &service.keys {
            self.key(key, node);
        }
        environment::env_files(self);
        network::names(self);
        self.restart();
        self.timezone();
    }

    /// The container in the conventional order of its keys.
    pub(super) fn finish(mut self) -> Map {
        let rank = |key: &str| ORDER.iter().position(|known| *known == key).unwrap_or(ORDER.len());
        self.map.entries.sort_by_key(|entry| rank(&entry.key));
        if self.map.get("limits").is_some() {
            self.map.map("limits").entries.sort_by(|a, b| a.key.cmp(&b.key));
        }
        self.map
    }

    fn key(&mut self, key: &str, node: &Node) {
        match key {
            // `image` and `build` are read together.
            "image" | "build" => {}
            "annotations" => self.each(node, "--annotation"),
            "attach" => self.left_out(node, "the output is in the journal"),
            "blkio_config" => deploy::block_io(self, node),
            "dns" | "dns_search" | "extra_hosts" | "hostname" | "domainname"
                if network::shares_network(self) =>
            {
                self.dropped(node, "the container has the network of another one, whose settings apply");
            }
            "cap_add"
            | "cap_drop"
            | "device_cgroup_rules"
            | "group_add"
            | "security_opt"
            | "dns"
            | "dns_search" => self.list(key, node),
            "cgroup" => self.argument("--cgroupns", node),
            "cgroup_parent" => self.argument("--cgroup-parent", node),
            "command" | "entrypoint" => command::convert(self, key, node),
            "configs" => file::configs(self, node),
            "container_name" => network::container_name(self, node),
            "cpu_count" | "cpu_percent" | "credential_spec" | "isolation" => {
                self.dropped(node, "a key for Windows containers has no equivalent");
            }
            "cpu_period" => self.argument("--cpu-period", node),
            "cpu_quota" => self.argument("--cpu-quota", node),
            "cpu_rt_period" => self.argument("--cpu-rt-period", node),
            "cpu_rt_runtime" => self.argument("--cpu-rt-runtime", node),
            "cpu_shares" | "cpuset" => self.limit(key, node),
            "cpus" => self.limit("cpus", node),
            "depends_on" => dependency::depends_on(self, node),
            "deploy" => deploy::convert(self, node),
            "develop" => {
                self.context.ledger.left_out_whole(node.origin, "only `docker compose watch` uses it")
            }
            "devices" => deploy::devices(self, node),
            "dns_opt" => self.each(node, "--dns-option"),
            "domainname" => self.podman_text("--dns-search", node),
            "environment" => environment::convert(self, node),
            "expose" => port::expose(self, node),
            "extends" => self.context.ledger.left_out_whole(
                node.origin,
                "the values of the extended service are a part of the container",
            ),
            "external_links" => self.refused(node, "a container links to a container of another project"),
            "extra_hosts" => network::extra_hosts(self, node),
            "gpus" => deploy::gpus(self, node),
            "healthcheck" => healthcheck::convert(self, node),
            "hostname" | "working_dir" | "stop_signal" | "shm_size" | "userns_mode" => self.copy(key, node),
            "init" | "privileged" | "read_only" => self.flag(key, node),
            "ipc" | "pid" => dependency::namespace(self, key, node),
            "uts" => self.argument("--uts", node),
            "labels" => self.labels(node),
            "links" => dependency::links(self, node),
            "logging" => self.logging(node),
            "mac_address" => network::mac_address(self, node),
            "mem_limit" => self.limit("memory", node),
            "mem_reservation" => self.limit("memory_reservation", node),
            "mem_swappiness" => self.dropped(node, "control groups of version 2 have no swappiness"),
            "memswap_limit" => self.limit("memory_swap", node),
            "network_mode" => network::mode(self, node),
            "networks" => network::attachments(self, node),
            "oom_kill_disable" => self.flag_argument("--oom-kill-disable", node),
            "oom_score_adj" => self.copy(key, node),
            "pids_limit" => self.limit("pids", node),
            "platform" => self.platform(node),
            "ports" => port::convert(self, node),
            "profiles" => {
                self.context.ledger.left_out_whole(node.origin, "a profile of the service is active");
            }
            "post_start" | "pre_stop" => self.refused(node, "a container has hooks that run in it"),
            "pull_policy" => self.pull_policy(node),
            "restart" => {}
            "runtime" => self.refused(node, "a container needs another OCI runtime"),
            "scale" => deploy::replicas(self, node),
            "secrets" => file::secrets(self, node),
            "stdin_open" | "tty" => self.terminal(node),
            "stop_grace_period" => self.unless(key, node, "10s", "it is the default"),
            "storage_opt" => self.each(node, "--storage-opt"),
            "sysctls" => self.pairs(key, node),
            "tmpfs" => volume::tmpfs(self, node),
            "ulimits" => deploy::ulimits(self, node),
            "user" => self.user(node),
            "volumes" => volume::mounts(self, node),
            "volumes_from" => self.refused(node, "a container uses the volumes of another one"),
            PODMAN_ARGS => self.podman_args(node),
            _ if key.starts_with("x-") => self.left_out(node, "an extension, used where it is referred to"),
            _ => self.dropped(node, format!("homegen has no equivalent of `{key}`")),
        }
    }

    /// Sets `keys` of the container to `value`, which comes from `origin`.
    pub(super) fn set(&mut self, keys: &[&str], value: Value, origin: Origin) {
        let (last, groups) = keys.split_last().expect("a path has a key");
        groups.iter().fold(&mut self.map, |map, group| map.map(group)).set(*last, value);
        let place = keys.iter().fold(self.place.clone(), |place, key| place.key(key));
        self.context.ledger.mapped(origin, place);
    }

    /// Adds `value`, which comes from `origin`, to the list at `keys`.
    pub(super) fn append(&mut self, keys: &[&str], value: Value, origin: Origin) {
        let (last, groups) = keys.split_last().expect("a path has a key");
        let list = groups.iter().fold(&mut self.map, |map, group| map.map(group)).list(last);
        list.push(Item::from(value));
        let index = list.len() - 1;
        let place = keys.iter().fold(self.place.clone(), |place, key| place.key(key));
        self.context.ledger.mapped(origin, place.item(index));
    }

    /// Sets a variable to the content of a secret.
    pub(super) fn secret_variable(&mut self, variable: &str, secret: &str, origin: Origin) {
        // With mounted secrets the list form has both.
        if self.service.keys.get("secrets").is_some_and(|node| !node.items().is_empty()) {
            let mut value = Map::default();
            value.push(variable, Value::text(secret));
            let is_equal = |item: &Item| item.value == Value::Map(value.clone());
            if !self.map.list("secrets").iter().any(is_equal) {
                self.append(&["secrets"], Value::Map(value), origin);
            }
            return;
        }
        self.set(&["secrets", variable], Value::text(secret), origin);
    }

    /// Sets a variable to the content of a secret for a command, and returns its name: `wanted`, or a numbered one if the
    /// container has another value in that variable.
    pub(super) fn command_variable(
        &mut self,
        wanted: &str,
        secret: &str,
        value: &str,
        origin: Origin,
    ) -> String {
        let numbered = (2..).map(|number| format!("{wanted}_{number}"));
        let mut names = std::iter::once(wanted.to_owned()).chain(numbered);
        let name = names.find(|name| match self.secret_of(name) {
            Some(known) => known == secret,
            None => self.variable(name).is_none_or(|known| known == value),
        });
        let name = name.expect("a number is free");
        self.secret_variable(&name, secret, origin);
        name
    }

    /// The secret in a variable.
    fn secret_of(&self, variable: &str) -> Option<String> {
        let text = |value: &Value| value.literal().map(str::to_owned);
        match self.map.get("secrets")? {
            Value::Map(map) => text(map.get(variable)?),
            Value::List(items) => items.iter().find_map(|item| match &item.value {
                Value::Map(map) => text(map.get(variable)?),
                _ => None,
            }),
            _ => None,
        }
    }

    /// The value of a variable in the Compose file and its env files.
    fn variable(&self, name: &str) -> Option<String> {
        if let Some(node) = self.service.keys.get("environment").and_then(|node| node.get(name)) {
            return Some(node.text().unwrap_or_default().into_owned());
        }
        let variables = self.service.env_files.iter().rev().filter_map(|file| file.variables.as_ref());
        let mut values = variables.flat_map(|variables| variables.iter().rev());
        values.find(|(known, _)| known == name).and_then(|(_, variable)| variable.value.clone())
    }

    /// Adds `value`, which comes from no node, to the list at `key`.
    pub(super) fn add(&mut self, key: &str, value: Value) {
        self.map.list(key).push(Item::from(value));
    }

    /// States that the collection from `origin` is at `key`.
    pub(super) fn placed(&mut self, origin: Origin, key: &str) {
        let place = self.place.key(key);
        self.context.ledger.placed(origin, place);
    }

    /// The value of a key that is already converted.
    pub(super) fn converted(&self, key: &str) -> Option<&Value> {
        self.map.get(key)
    }

    pub(super) fn left_out(&mut self, node: &Node, why: &'static str) {
        self.context.ledger.left_out_whole(node.origin, why);
    }

    pub(super) fn dropped(&mut self, node: &Node, cause: impl Into<String>) {
        self.context.ledger.dropped(node.origin, cause);
    }

    pub(super) fn changed(&mut self, node: &Node, cause: impl Into<String>, detail: Option<String>) {
        self.context.ledger.line(Kind::Changed, Some(node.origin), cause, detail);
    }

    pub(super) fn refused(&mut self, node: &Node, cause: impl Into<String>) {
        self.context.ledger.refused(node.origin, cause);
    }

    /// Copies a scalar.
    pub(super) fn copy(&mut self, key: &str, node: &Node) {
        if let Some(value) = self.context.value(node) {
            self.set(&[key], value, node.origin);
        }
    }

    /// Copies a scalar that needs its literal value: homegen checks a number or a duration where it stands.
    pub(super) fn copy_literal(&mut self, keys: &[&str], node: &Node) {
        if let Some(text) = node.text() {
            let value = super::text_or_number(vec![Part::Text(text.into_owned())]);
            self.set(keys, value, node.origin);
        }
    }

    /// Copies a scalar, unless it is the default.
    fn unless(&mut self, key: &str, node: &Node, default: &str, why: &'static str) {
        match node.text().as_deref() == Some(default) {
            true => self.changed(node, why, None),
            false => self.copy_literal(&[key], node),
        }
    }

    /// Copies a list of scalars.
    pub(super) fn list(&mut self, key: &str, node: &Node) {
        self.placed(node.origin, key);
        for item in node.items() {
            if let Some(value) = self.context.value(item) {
                self.append(&[key], value, item.origin);
            }
        }
    }

    /// Copies a mapping of scalars.
    pub(super) fn pairs(&mut self, key: &str, node: &Node) {
        self.placed(node.origin, key);
        for (name, value) in node.entries() {
            let text = self.context.value(value).unwrap_or_else(|| Value::text(""));
            self.set(&[key, name], text, value.origin);
        }
    }

    /// Copies a flag, unless it is false.
    fn flag(&mut self, key: &str, node: &Node) {
        match node.text().as_deref() {
            Some("true") => self.set(&[key], Value::Plain("true".to_owned()), node.origin),
            _ => self.left_out(node, "it is the default"),
        }
    }

    /// Copies a scalar to a key of `limits`. `-1` and 0 mean that there is no limit.
    pub(super) fn limit(&mut self, key: &str, node: &Node) {
        match node.text().as_deref() {
            Some("0" | "-1") if key != "memory_swap" => self.changed(node, "there is no limit", None),
            _ => self.copy_literal(&["limits", key], node),
        }
    }

    /// Adds an option of `podman run` with the value of a scalar.
    pub(super) fn argument(&mut self, option: &str, node: &Node) {
        self.podman_text(option, node);
    }

    fn podman_text(&mut self, option: &str, node: &Node) {
        let project::Kind::Scalar(scalar) = &node.kind else { return };
        let mut parts = vec![Part::Text(format!("{option}="))];
        parts.extend(self.context.parts(scalar, node.origin));
        self.append(&["podman_args"], Value::Text(joined(parts)), node.origin);
    }

    fn flag_argument(&mut self, option: &str, node: &Node) {
        match node.text().as_deref() {
            Some("true") => self.append(&["podman_args"], Value::text(option), node.origin),
            _ => self.changed(node, "it is the default", None),
        }
    }

    /// Adds an option of `podman run` for each item or pair.
    fn each(&mut self, node: &Node, option: &str) {
        for item in node.items() {
            self.podman_text(option, item);
        }
        for (name, value) in node.entries() {
            if super::secrets::is_secret_variable(name, &value.text().unwrap_or_default()) || is_in_line(name)
            {
                self.dropped(value, "a value has a secret, which would be readable by everyone on the host");
                continue;
            }
            let mut parts = vec![Part::Text(format!("{option}={name}="))];
            if let project::Kind::Scalar(scalar) = &value.kind {
                parts.extend(self.context.parts(scalar, value.origin));
            }
            self.append(&["podman_args"], Value::Text(joined(parts)), value.origin);
        }
    }

    /// Adds arguments of `podman run` that have no key.
    fn podman_args(&mut self, node: &Node) {
        for item in node.items() {
            if let Some(value) = self.context.value(item) {
                self.append(&["podman_args"], value, item.origin);
            }
        }
    }

    fn labels(&mut self, node: &Node) {
        self.placed(node.origin, "labels");
        let mut is_proxied = false;
        for (name, value) in node.entries() {
            if self.context.sites.replace(value.origin) {
                continue;
            }
            if let Some(text) = value.text()
                && (super::secrets::is_secret_variable(name, &text) || is_in_line(name))
            {
                self.dropped(value, "a label has a secret, which would be readable by everyone on the host");
                continue;
            }
            is_proxied |= name.starts_with("traefik.") && self.context.options.sites.is_none();
            let text = self.context.value(value).unwrap_or_else(|| Value::text(""));
            self.set(&["labels", name], text, value.origin);
        }
        if is_proxied {
            self.changed(node, "the labels stay for Traefik: `--sites DOMAIN` writes sites of homegen", None);
        }
    }

    fn logging(&mut self, node: &Node) {
        let driver = node.get("driver").and_then(Node::text).unwrap_or_else(|| "json-file".into());
        let is_file = driver == "json-file";
        if let Some(written) = node.get("driver") {
            match &*driver {
                "json-file" | "none" => {
                    self.set(&["logging", "driver"], Value::text(&*driver), written.origin);
                }
                "journald" => self.left_out(written, "it is the default"),
                _ => self.changed(written, "the output goes to the journal", None),
            }
        }
        for (name, value) in node.get("options").into_iter().flat_map(Node::entries) {
            match name.as_str() {
                "max-size" if is_file => self.copy_literal(&["logging", "options", "max-size"], value),
                "tag" => self.changed(value, "the journal has the name of the container", None),
                "max-file" | "compress" => {
                    self.dropped(value, "Podman has no such option of a log driver");
                }
                _ if is_file => self.dropped(value, "Podman has no such option of a log driver"),
                _ => self.changed(value, "the output goes to the journal", None),
            }
        }
    }

    /// An interactive terminal, which no unit has.
    fn terminal(&mut self, node: &Node) {
        match node.text().as_deref() {
            Some("true") => {
                self.dropped(node, "a unit has no terminal: `podman_args: [--interactive, --tty]` for a program that needs one");
            }
            _ => self.left_out(node, "it is the default"),
        }
    }

    fn platform(&mut self, node: &Node) {
        let is_usual = node
            .text()
            .is_some_and(|text| matches!(&*text, "linux/amd64" | "linux/x86_64" | "linux" | "amd64"));
        match is_usual {
            true => self.left_out(node, "it is the platform of the host"),
            false => self.dropped(node, "Podman pulls the image for the host's platform"),
        }
    }

    fn pull_policy(&mut self, node: &Node) {
        match node.text().as_deref() {
            Some("always" | "never" | "newer") => self.copy("pull_policy", node),
            Some("daily" | "weekly") => self.set(&["pull_policy"], Value::text("newer"), node.origin),
            Some(every) if every.starts_with("every_") => {
                self.set(&["pull_policy"], Value::text("newer"), node.origin);
            }
            _ => self.left_out(node, "it is the default"),
        }
    }

    /// A user. One that only a shell could compute is left to a person.
    fn user(&mut self, node: &Node) {
        let text = node.text().unwrap_or_default().into_owned();
        if text.is_empty() {
            self.changed(node, "an empty user is the user of the image", None);
        } else if text.contains("$(") || text.contains('`') {
            let constant = self
                .context
                .constants
                .without_value("USER_ID", &format!("fill in the user that `{text}` prints"));
            let cause = "the user is a command of a shell, which Compose does not run: fill in its constant";
            self.context.ledger.line(Kind::FillIn, Some(node.origin), cause, Some(text));
            self.set(&["user"], Value::reference(constant), node.origin);
        } else {
            self.copy("user", node);
        }
    }

    /// Reports the time zone of a container that sets none.
    pub(super) fn timezone(&mut self) {
        let service = self.service;
        let environment = service.keys.get("environment").and_then(|node| node.get("TZ"));
        let in_file = || {
            service
                .env_files
                .iter()
                .flat_map(|file| file.variables.iter().flatten())
                .any(|(name, _)| name == "TZ")
        };
        if environment.is_none() && !in_file() && self.context.timezone != "Etc/UTC" {
            let cause = "every container has the time zone of the host; Compose leaves it to the image, which mostly has UTC";
            self.context.ledger.changed(service.origin, cause);
        }
    }

    fn restart(&mut self) {
        let service = self.service;
        let policy = service.keys.get("deploy").and_then(|deploy| deploy.get("restart_policy"));
        if let Some(policy) = policy {
            deploy::restart_policy(self, policy);
            if let Some(node) = service.keys.get("restart") {
                self.changed(node, "`deploy.restart_policy` replaces it", None);
            }
            return;
        }
        let Some(node) = service.keys.get("restart") else {
            if self.context.completed.contains(&service.name) {
                self.map.set("restart", Value::text("no"));
            } else {
                let cause = "homegen restarts a container that stops, and Compose does not without `restart`";
                self.context.ledger.changed(service.origin, cause);
            }
            return;
        };
        let text = node.text().unwrap_or_default().into_owned();
        match text.split(':').next().unwrap_or_default() {
            "always" | "unless-stopped" => self.left_out(node, "it is the default"),
            "on-failure" => {
                if text.contains(':') {
                    let cause = "systemd has no limit of attempts: the container restarts on every failure";
                    self.dropped(node, cause);
                }
                self.set(&["restart"], Value::text("on-failure"), node.origin);
            }
            _ => self.set(&["restart"], Value::text("no"), node.origin),
        }
    }
}

/// Joins neighboring texts.
pub(super) fn joined(parts: Vec<Part>) -> Vec<Part> {
    let mut joined: Vec<Part> = Vec::new();
    for part in parts {
        match (joined.last_mut(), part) {
            (Some(Part::Text(last)), Part::Text(text)) => last.push_str(&text),
            (_, part) => joined.push(part),
        }
    }
    joined
}
