//! Volumes: folders and files of the host, named volumes, and folders in memory.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::Context;
use super::container::{Container, joined};
use super::names::{Taken, slug};
use crate::document::{Item, Map, Part, Value};
use crate::filesystem;
use crate::form::{Form, VolumeName};
use crate::project::{self, Node, Origin};
use crate::report::{HostStep, Path};

/// The named volumes of the project, by key.
#[derive(Debug, Default)]
pub(super) struct Volumes {
    volumes: HashMap<String, Source>,
    /// The keys of volumes in the output.
    taken: Taken,
    /// The mounted volumes with names of their own, by key in the output.
    own_names: IndexMap<String, String>,
    /// The values of `name`, each with the key of its volume in the output.
    given: Vec<(Origin, String)>,
    /// The names below the folder of the data, by the folder that a path begins in and its first step from there.
    tops: HashMap<(String, String), String>,
    names: Taken,
}

impl Volumes {
    /// The path below the folder of the data: `./db` is `db`, and so is `~/db` or `../db`, unless another one has the name.
    fn below_data(&mut self, path: &str) -> String {
        let (start, steps) = split(path);
        let Some((first, rest)) = steps.split_first() else {
            return match start.as_str() {
                "" => String::new(),
                "~" => self.top(start, "home"),
                _ => self.top(start, "parent"),
            };
        };
        let top = self.top(start, first);
        std::iter::once(top.as_str()).chain(rest.iter().copied()).collect::<Vec<_>>().join("/")
    }

    fn top(&mut self, start: String, first: &str) -> String {
        let names = &mut self.names;
        self.tops.entry((start, first.to_owned())).or_insert_with(|| names.take(first)).clone()
    }
}

/// The folder that a path begins in, and the steps from there: the project's folder is the empty text.
fn split(path: &str) -> (String, Vec<&str>) {
    let mut start = Vec::new();
    let mut steps: Vec<&str> = Vec::new();
    if path.starts_with('/') {
        start.push("/");
    }
    for step in path.split('/') {
        match step {
            "" | "." => {}
            "~" if start.is_empty() && steps.is_empty() => start.push("~"),
            ".." if steps.is_empty() => start.push(".."),
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    (start.join("/"), steps)
}

/// The source of a named volume.
#[derive(Clone, Debug)]
enum Source {
    /// A volume of Podman. Its name is `SERVICE_KEY`, as in Docker, unless it has a name of its own.
    Named { key: String, own_name: Option<String> },
    /// A folder of the host, which the options of the driver bind.
    Folder(Vec<Part>),
}

/// Docker's socket, and the path of the socket that Podman has in its place.
const SOCKETS: &[&str] = &["/var/run/docker.sock", "/run/docker.sock"];
const PODMAN_SOCKET: &str = "/run/podman/podman.sock";

/// Converts the top-level volumes.
pub(super) fn convert(context: &mut Context, document: &mut Map) {
    let project = context.project;
    for (key, node) in &project.volumes {
        let text = |key: &str| node.get(key).and_then(Node::text).map(|text| text.into_owned());
        let is_external = text("external").as_deref() == Some("true");
        let given = node.get("name").filter(|name| name.origin != node.origin);
        let own_name = text("name").filter(|_| given.is_some()).or_else(|| is_external.then(|| key.clone()));
        let in_docker = own_name.clone().unwrap_or_else(|| format!("{}_{key}", project.name));
        let named = named(context, key, own_name);
        let source = driver(context, node, document).unwrap_or(named);
        if let Source::Named { key, own_name } = &source {
            let to = in_podman(context, key, own_name.as_deref());
            context.steps.add(HostStep::CopyVolume { from: in_docker, to });
            context.volumes.given.extend(given.map(|name| (name.origin, key.clone())));
        } else if let Some(name) = given {
            context.ledger.changed(name.origin, "a volume that binds a folder is the folder");
        }
        context.volumes.volumes.insert(key.clone(), source);
        for (member, value) in node.entries().filter(|(_, value)| value.origin != node.origin) {
            match member.as_str() {
                "driver" | "driver_opts" | "name" => {}
                "external" if is_external => {
                    context.ledger.changed(
                        value.origin,
                        "Podman creates the volume: copy the data of Docker's volume into it",
                    );
                }
                "external" => context.ledger.left_out(value.origin, "it is the default"),
                "labels" => context.ledger.dropped(value.origin, "homegen's volumes have no labels"),
                key if key.starts_with("x-") => context.ledger.left_out(value.origin, "an extension"),
                key => context.ledger.dropped(value.origin, format!("homegen's volumes have no `{key}`")),
            }
        }
        if context.is_leaf(node) {
            context.ledger.left_out(node.origin, "Podman creates a volume at its first use");
        }
    }
}

/// A volume of Podman. It has the key of the project, unless no volume can have that key.
fn named(context: &mut Context, key: &str, own_name: Option<String>) -> Source {
    let is_name = VolumeName::parse(key).is_some();
    let key = context.volumes.taken.take(&if is_name { key.to_owned() } else { slug(key) });
    let own_name = own_name.filter(|name| *name != in_podman(context, &key, None));
    Source::Named { key, own_name }
}

/// The name of a volume in Podman.
fn in_podman(context: &Context, key: &str, own_name: Option<&str>) -> String {
    own_name.map_or_else(|| format!("{}_{key}", context.service), str::to_owned)
}

/// Writes the volumes with names of their own, those that a container mounts.
pub(super) fn write(context: &mut Context, document: &mut Map) {
    let own_names = std::mem::take(&mut context.volumes.own_names);
    for (origin, key) in std::mem::take(&mut context.volumes.given) {
        match own_names.contains_key(&key) {
            true => {
                let place = Path::of(&["services", &context.service, "volumes", &key, "name"]);
                context.ledger.mapped(origin, place);
            }
            false => context.ledger.changed(origin, "the volume has this name, or no container mounts it"),
        }
    }
    let own = document.map("services").map(&context.service);
    for (key, name) in own_names {
        own.map("volumes").map(&key).set("name", Value::text(name));
    }
}

/// Converts the driver of a volume. `None` for a volume of Podman.
fn driver(context: &mut Context, node: &Node, document: &mut Map) -> Option<Source> {
    let driver = node.get("driver");
    if let Some(driver) = driver {
        match driver.text().as_deref() {
            Some("local" | "") | None => context.ledger.left_out(driver.origin, "it is the default"),
            Some(other) => {
                context.ledger.refused(driver.origin, format!("a volume has the driver `{other}`"))
            }
        }
    }
    let options = node.get("driver_opts")?;
    let text = |key: &str| options.get(key).and_then(Node::text).unwrap_or_default().into_owned();
    if options.entries().next().is_none() {
        context.ledger.left_out(options.origin, "it is the default");
        return None;
    }
    let (kind, device) = (text("type"), text("device"));
    let is_bind = text("o").split(',').any(|option| matches!(option, "bind" | "rbind"));
    let place = Path::of(&["services", &context.service, "containers"]);
    match kind.as_str() {
        _ if is_bind && device.starts_with(['/', '.', '~']) => {
            let device = options.get("device").expect("a device");
            let parts = path_of(context, device);
            for (_, value) in options.entries() {
                context.ledger.changed(value.origin, "a volume that binds a folder is the folder");
            }
            let _ = place;
            Some(Source::Folder(parts))
        }
        "nfs" | "nfs4" => {
            let option = |name: &str| {
                text("o").split(',').find_map(|option| option.strip_prefix(name).map(str::to_owned))
            };
            let server = option("addr=").unwrap_or_default();
            let export = device.strip_prefix(':').unwrap_or(&device).to_owned();
            let path = format!("/mnt/{}", slug(&export));
            let mut mount = Map::default();
            mount.push("nfs", Value::text(format!("{server}:{export}")));
            document.map("host").map("mounts").set(&path, Value::Map(mount));
            for (_, value) in options.entries() {
                context.ledger.changed(value.origin, "a volume on NFS is a mount of the host");
            }
            Some(Source::Folder(vec![Part::Text(path)]))
        }
        "tmpfs" => {
            context.ledger.refused(options.origin, "a volume in memory is shared by containers");
            None
        }
        kind => {
            context
                .ledger
                .refused(options.origin, format!("a volume has a file system of the type `{kind}`"));
            None
        }
    }
}

/// Converts the volumes of a container.
pub(super) fn mounts(container: &mut Container, node: &Node) {
    container.placed(node.origin, "volumes");
    let items = node.items();
    for (index, item) in items.iter().enumerate() {
        let target = target(item);
        // Of two mounts on one target, the later one stands.
        if items[index + 1..].iter().any(|later| self::target(later) == target) {
            container.changed(item, "a later volume replaces it", None);
            continue;
        }
        mount(container, item, &target);
    }
}

fn target(item: &Node) -> String {
    let target = item.get("target").and_then(Node::text).unwrap_or_default().into_owned();
    match target.trim_end_matches('/') {
        "" => "/".to_owned(),
        path => path.to_owned(),
    }
}

fn mount(container: &mut Container, item: &Node, target: &str) {
    let text = |key: &str| item.get(key).and_then(Node::text).unwrap_or_default().into_owned();
    let option = |group: &str, key: &str| {
        item.get(group).and_then(|group| group.get(key)).and_then(Node::text).map(|text| text.into_owned())
    };
    let mut options: Vec<String> = Vec::new();
    if text("read_only") == "true" {
        options.push("ro".to_owned());
    }
    options.extend(option("bind", "propagation").filter(|propagation| propagation != "rprivate"));
    options.extend(option("bind", "selinux"));
    if option("volume", "nocopy").as_deref() == Some("true") {
        options.push("nocopy".to_owned());
    }
    for key in ["consistency"] {
        if let Some(value) = item.get(key).filter(|value| value.origin != item.origin) {
            container.left_out(value, "it has no effect on Linux");
        }
    }
    let source = text("source");
    match text("type").as_str() {
        "bind" => bind(container, item, &source, target, options),
        "volume" if source.is_empty() => {
            let name = container.context.volumes.taken.take(&format!("{}-{}", container.name, slug(target)));
            container.changed(item, "an anonymous volume has a name", Some(format!("`{name}`")));
            add(container, item, vec![Part::Text(name)], target, &options);
        }
        "volume" => {
            let key = text("source");
            let declared = container.context.volumes.volumes.get(&key).cloned();
            let from = declared.unwrap_or_else(|| {
                let step = HostStep::CopyVolume { from: key.clone(), to: key.clone() };
                container.context.steps.add(step);
                let source = named(container.context, &key, Some(key.clone()));
                container.context.volumes.volumes.insert(key.clone(), source.clone());
                source
            });
            if let Some(subpath) = option("volume", "subpath")
                && let Source::Named { key, own_name } = &from
            {
                let name = in_podman(container.context, key, own_name.as_deref());
                let options = options.iter().map(|option| format!(",{option}")).collect::<String>();
                let argument =
                    format!("--mount=type=volume,source={name},target={target},subpath={subpath}{options}");
                container.append(&["podman_args"], Value::text(argument), item.origin);
                return;
            }
            let parts = match from {
                Source::Named { key, own_name } => {
                    if let Some(name) = own_name {
                        container.context.volumes.own_names.insert(key.clone(), name);
                    }
                    vec![Part::Text(key)]
                }
                Source::Folder(parts) => parts,
            };
            add(container, item, parts, target, &options);
        }
        "tmpfs" => {
            let mut value = target.to_owned();
            let size = option("tmpfs", "size").map(|size| format!("size={size}"));
            let mode = option("tmpfs", "mode").map(|mode| format!("mode={}", octal(&mode)));
            let options: Vec<String> = size.into_iter().chain(mode).chain(options).collect();
            if !options.is_empty() {
                value.push(':');
                value.push_str(&options.join(","));
            }
            container.append(&["tmpfs"], Value::text(value), item.origin);
        }
        kind => container.refused(item, format!("a container has a mount of the type `{kind}`")),
    }
}

/// The mode of a tmpfs in octal digits. Compose's number is decimal once YAML has read it.
fn octal(mode: &str) -> String {
    match mode.parse::<u32>() {
        Ok(number) if !mode.starts_with('0') => format!("{number:o}"),
        _ => mode.to_owned(),
    }
}

fn bind(container: &mut Container, item: &Node, source: &str, target: &str, mut options: Vec<String>) {
    if matches!(source, "/etc/timezone") {
        container.changed(
            item,
            "NixOS has no /etc/timezone: the container has the time zone of the host in TZ",
            None,
        );
        return;
    }
    if SOCKETS.contains(&source) {
        container.changed(item, "Podman's socket takes the place of Docker's", None);
        add(container, item, vec![Part::Text(PODMAN_SOCKET.to_owned())], target, &options);
        return;
    }
    if let Some(modules) = filesystem::replacement(source) {
        container.changed(item, "NixOS has this folder in another place", Some(format!("`{modules}`")));
        add(container, item, vec![Part::Text(modules.to_owned())], target, &options);
        return;
    }
    if let Some(create) =
        item.get("bind").and_then(|bind| bind.get("create_host_path")).filter(|one| one.origin != item.origin)
    {
        container.left_out(create, "homegen creates a folder that a container writes to");
    }
    let Some(node) = item.get("source") else { return };
    let mut parts = host_path(container, node);
    if filesystem::absent_on_nixos(source).is_some() {
        parts = moved(container, source);
        container.changed(
            item,
            "NixOS has no such folder: the data is below the folder of the project",
            None,
        );
    }
    if source.ends_with(".sock") && !options.iter().any(|option| option == "ro") {
        options.retain(|option| option != "rw");
    }
    add(container, item, parts, target, &options);
}

/// The path on the host of a bind mount. A relative one is below the folder of the project, and its data has to be copied.
pub(super) fn host_path(container: &mut Container, node: &Node) -> Vec<Part> {
    path_of(container.context, node)
}

fn path_of(context: &mut Context, node: &Node) -> Vec<Part> {
    let project::Kind::Scalar(scalar) = &node.kind else { return Vec::new() };
    let written = scalar.value().into_owned();
    if written.starts_with('/') {
        let trimmed = clean(&written);
        // A path that has to be cleaned is written without its variables.
        return match trimmed == written {
            true => context.parts(scalar, node.origin),
            false => vec![Part::Text(trimmed)],
        };
    }
    let below = context.volumes.below_data(&written);
    let constant = context.constants.at(&format!("paths.{}", context.service), &context.data.clone());
    let to = if below.is_empty() { context.data.clone() } else { format!("{}/{below}", context.data) };
    context.steps.add(HostStep::CopyPath { from: written.clone(), to });
    let mut parts = vec![match constant {
        Some(constant) => Part::Reference(constant),
        None => Part::Text(context.data.clone()),
    }];
    if !below.is_empty() {
        parts.push(Part::Text(format!("/{below}")));
    }
    joined(parts)
}

/// The path below the folder of the project for a folder that NixOS does not have.
fn moved(container: &mut Container, source: &str) -> Vec<Part> {
    let context = &mut *container.context;
    let data = context.data.clone();
    let below = context.volumes.below_data(source);
    context.steps.add(HostStep::CopyPath { from: source.to_owned(), to: format!("{data}/{below}") });
    let constant = context.constants.at(&format!("paths.{}", context.service), &data);
    vec![constant.map_or(Part::Text(data), Part::Reference), Part::Text(format!("/{below}"))]
}

/// An absolute path without `.`, `..`, and slashes at its end.
fn clean(path: &str) -> String {
    let mut steps: Vec<&str> = Vec::new();
    for step in path.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    format!("/{}", steps.join("/"))
}

fn add(container: &mut Container, item: &Node, mut parts: Vec<Part>, target: &str, options: &[String]) {
    let is_ambiguous = parts.iter().any(|part| part_text(part).contains(':')) || target.contains(':');
    if is_ambiguous {
        let mut long = Map::default();
        long.push("source", Value::Text(joined(parts)));
        long.push("target", Value::text(target));
        if !options.is_empty() {
            long.push(
                "options",
                Value::List(options.iter().map(|option| Item::from(Value::text(option))).collect()),
            );
        }
        container.append(&["volumes"], Value::Map(long), item.origin);
        return;
    }
    let target = match item.get("target").map(|node| (&node.kind, node.origin)) {
        Some((project::Kind::Scalar(scalar), origin)) if scalar.value() == target => {
            container.context.parts(scalar, origin)
        }
        _ => vec![Part::Text(target.to_owned())],
    };
    parts.push(Part::Text(":".to_owned()));
    parts.extend(target);
    if !options.is_empty() {
        parts.push(Part::Text(format!(":{}", options.join(","))));
    }
    container.append(&["volumes"], Value::Text(joined(parts)), item.origin);
}

fn part_text(part: &Part) -> &str {
    match part {
        Part::Text(text) | Part::Reference(text) => text,
    }
}

/// Converts `tmpfs`.
pub(super) fn tmpfs(container: &mut Container, node: &Node) {
    container.list("tmpfs", node);
}
