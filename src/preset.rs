//! Pass: [`syntax`](crate::syntax) → [`syntax`](crate::syntax). A service with a `preset` becomes the preset's definition,
//! merged with the user's values ([`mod@crate::merge`]).
//!
//! A preset is a file in `presets/`, in homegen's own language, that starts with its `parameters`.

mod condition;
mod constants;
mod parameter;

use std::collections::{BTreeSet, HashMap, HashSet};

use indexmap::IndexMap;

use crate::ast::Service;
use crate::data;
use crate::diag::{Code, Diagnostic, Diagnostics, closest, suggestion};
use crate::instance::Instance;
use crate::limits::MAX_EXPANDED;
use crate::merge;
use crate::source::{SourceId, Sources, Span};
use crate::syntax::{Entry, Kind, Layers, Node};
use crate::tree::{self, Piece, Step, Target, Text};

use condition::Conditions;
use constants::Constants;
use parameter::{Arguments, Binder, Declarer};

/// The presets that ship with homegen, by name.
pub const PRESETS: &[(&str, &str)] = &[
    ("immich", include_str!("../presets/immich.yaml")),
    ("plex", include_str!("../presets/plex.yaml")),
    ("uptime-kuma", include_str!("../presets/uptime-kuma.yaml")),
];

/// The images that belong to one preset alone, without their tags, each with the name of the preset. A database beside the
/// program is in many projects.
pub fn images() -> impl Iterator<Item = (&'static str, &'static str)> {
    PRESETS.iter().flat_map(|(preset, text)| {
        let images = text.lines().filter_map(|line| line.trim().strip_prefix("image: "));
        let images = images.map(|image| image.rsplit_once(':').map_or(image, |(repository, _)| repository));
        images.filter(|image| !image.contains("/library/")).map(|image| (image, *preset))
    })
}

/// Parses a text into a tree, and reports its mistakes.
pub type Parse = fn(&str, SourceId, &mut Diagnostics) -> Option<Node>;

/// Expands every `preset:` of the file. `parse` parses the text of a preset.
pub fn expand(
    mut root: Node,
    parse: Parse,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> (Node, HashMap<SourceId, Instance>) {
    let mut instances = HashMap::new();
    let Kind::Map(entries) = &mut root.kind else { return (root, instances) };
    let (mut services, mut constants) = (None, None);
    for entry in entries {
        match entry.key.as_str() {
            "services" if services.is_none() => services = Some(&mut entry.value),
            "constants" if constants.is_none() => constants = Some(&entry.value),
            _ => {}
        }
    }
    let Some(Node { kind: Kind::Map(services), .. }) = services else { return (root, instances) };
    let mut constants = Constants::new(constants);
    let mut nodes = 0;
    for service in services {
        mend_keys(&mut service.value, diagnostics);
        let with = service.value.entry("with").cloned();
        let Some(preset) = service.value.entry("preset").cloned() else {
            if let Some(with) = with {
                diagnostics.push(
                    Diagnostic::new(
                        Code::BadParameter,
                        "`with` needs a `preset`",
                        with.key_span,
                        "the service has no `preset`",
                    )
                    .help("add a `preset`, or remove `with`"),
                );
            }
            continue;
        };
        let Kind::Scalar { text: preset_name, .. } = &preset.value.kind else { continue };
        let Some((_, text)) = PRESETS.iter().find(|(n, _)| n == preset_name) else {
            diagnostics.push(
                Diagnostic::new(
                    Code::UnknownPreset,
                    format!("there is no preset `{preset_name}`"),
                    preset.value.span,
                    "unknown preset",
                )
                .help(suggestion(preset_name, PRESETS.iter().map(|(n, _)| *n))),
            );
            diagnostics.mute(service.value.span);
            continue;
        };
        let source = sources.add_preset(preset_name, text, preset.value.span);
        let Some(definition) = parse(text, source, diagnostics) else { continue };
        nodes += definition.weight();
        if nodes > MAX_EXPANDED {
            diagnostics.push(
                Diagnostic::new(
                    Code::TooLarge,
                    "the presets expand to too many values",
                    preset.value.span,
                    format!("more than {MAX_EXPANDED} values up to here"),
                )
                .help("use fewer presets"),
            );
            break;
        }
        let kind = Kind::Scalar { text: service.key.clone(), plain: false };
        let name = Node { span: preset.value.span, kind };
        let declared = definition.get("parameters").map_or(&[][..], Node::entries);
        let required =
            declared.iter().filter(|p| p.value.get("default").is_none()).map(|p| p.key.clone()).collect();
        let given = with.as_ref().map_or(&[][..], |with| with.value.entries());
        let at = with.as_ref().map_or(preset.value.span, |with| with.key_span);
        let arguments = Binder { constants: &mut constants, diagnostics }.bind(
            Declarer::Preset(preset_name),
            declared,
            given,
            at,
        );
        let Kind::Map(mut entries) = definition.kind else { continue };
        entries.retain(|e| e.key != "parameters");
        let conditions = Conditions::apply(&mut entries, &arguments, &mut constants);
        let mut uses = HashMap::new();
        entries.iter().for_each(|entry| find_uses(&entry.value, &entry.key, false, &mut uses));
        let mut removed = Vec::new();
        let own = std::mem::replace(&mut service.value.kind, Kind::Map(entries));
        if let Kind::Map(mut own) = own {
            own.retain(|e| e.key != "preset" && e.key != "with");
            without_strangers(preset_name, &mut own, &service.value, &conditions, diagnostics);
            removed = removed_containers(&own, &service.value);
            merge(&mut service.value, own, &mut Vec::new());
        }
        let absent = removed.iter().map(|(name, _)| name).chain(conditions.containers.keys());
        forget_dependencies(&mut service.value, &absent.map(String::as_str).collect(), source);
        let Arguments { values: arguments, missing } = arguments;
        let Conditions { parameters: conditions, uses: conditional, .. } = conditions;
        let service = service.key.clone();
        let instance =
            Instance { service, name, arguments, missing, required, uses, conditions, conditional, removed };
        instances.insert(source, instance);
    }
    (root, instances)
}

/// Reports misspelled keys `preset` and `with` of a service, and corrects them: the rest of the service is valid only with
/// the preset.
fn mend_keys(service: &mut Node, diagnostics: &mut Diagnostics) {
    for key in ["preset", "with"] {
        if service.get(key).is_some() {
            continue;
        }
        let Kind::Map(entries) = &mut service.kind else { return };
        let known = Service::KEYS;
        let is_meant = |entry: &&mut Entry| {
            // Comparing names takes time, so the other keys are compared only with few.
            !known.contains(&entry.key.as_str())
                && closest(&entry.key, [key]).is_some()
                && closest(&entry.key, known.iter().copied()) == Some(key)
        };
        let Some(entry) = entries.iter_mut().find(is_meant) else { continue };
        let title = format!("`{}` is not a valid key here", entry.key);
        diagnostics.push(
            Diagnostic::new(Code::UnknownKey, title, entry.key_span, "unknown key")
                .help(format!("did you mean `{key}`?")),
        );
        entry.key = key.to_owned();
    }
}

/// Reports and removes containers that the preset does not have and that have no image: their names are probably
/// misspelled, or the conditions of the preset remove them.
fn without_strangers(
    preset: &str,
    own: &mut [Entry],
    base: &Node,
    conditions: &Conditions,
    diagnostics: &mut Diagnostics,
) {
    let known = base.get("containers").map_or(&[][..], Node::entries);
    let Some(containers) = own.iter_mut().find(|e| e.key == "containers") else { return };
    let Kind::Map(containers) = &mut containers.value.kind else { return };
    containers.retain(|container| {
        let value = match &container.value.kind {
            Kind::Replace(value) => value,
            _ => &container.value,
        };
        if let Some(absent) = conditions.containers.get(&container.key)
            && value.get("image").is_none()
        {
            let name = &container.key;
            let mut diagnostic = Diagnostic::new(
                Code::ContainerAbsent,
                format!("the preset `{preset}` has no container `{name}` with these parameters"),
                container.key_span,
                format!("exists only with {}", absent.condition),
            )
            .help(format!("remove `{name}`, or set {} under `with`", absent.condition));
            if let Some(argument) = absent.argument {
                diagnostic = diagnostic.and(argument, "set here");
            }
            diagnostics.push(diagnostic);
            return false;
        }
        let belongs = known.iter().any(|k| k.key == container.key)
            || container.value.get("image").is_some()
            || !matches!(container.value.kind, Kind::Map(_));
        if !belongs {
            diagnostics.push(
                Diagnostic::new(
                    Code::UnknownKey,
                    format!("the preset `{preset}` has no container `{}`", container.key),
                    container.key_span,
                    "this container has no `image`",
                )
                .help(diagnostics.suggestion(&container.key, known.iter().map(|k| k.key.as_str()))),
            );
        }
        belongs
    });
}

/// Records the first use of each parameter. `place` is the path of `node`: keys with dots between them. A use in a list has
/// the path of the list.
fn find_uses(node: &Node, place: &str, in_list: bool, uses: &mut HashMap<String, String>) {
    match &node.kind {
        Kind::Scalar { text, .. } => {
            for reference in text.split("${").skip(1) {
                let name = reference.strip_prefix("secrets.").unwrap_or(reference);
                let name = name.split(['.', '}']).next().unwrap_or_default();
                uses.entry(name.to_owned()).or_insert_with(|| place.to_owned());
            }
        }
        Kind::List(items) => items.iter().for_each(|item| find_uses(item, place, true, uses)),
        Kind::Map(entries) if in_list => {
            entries.iter().for_each(|entry| find_uses(&entry.value, place, true, uses));
        }
        Kind::Map(entries) => {
            for entry in entries {
                find_uses(&entry.value, &format!("{place}.{}", entry.key), false, uses);
            }
        }
        _ => {}
    }
}

/// The containers of the preset `base` that the user's entries `own` remove.
fn removed_containers(own: &[Entry], base: &Node) -> Vec<(String, Span)> {
    let known = base.get("containers").map_or(&[][..], Node::entries);
    let written = own.iter().find(|e| e.key == "containers").map_or(&[][..], |e| e.value.entries());
    let removed =
        written.iter().filter(|entry| entry.value.is_null() && known.iter().any(|k| k.key == entry.key));
    removed.map(|entry| (entry.key.clone(), entry.key_span)).collect()
}

/// Removes the names of `absent` containers from the preset's own lists.
fn forget_dependencies(service: &mut Node, absent: &HashSet<&str>, preset: SourceId) {
    let Kind::Map(entries) = &mut service.kind else { return };
    for entry in entries {
        match (entry.key.as_str(), &mut entry.value.kind) {
            ("containers", Kind::Map(containers)) => {
                for container in containers {
                    forget(&mut container.value, "depends_on", absent, preset);
                }
            }
            ("update", Kind::Map(_)) => forget(&mut entry.value, "restart", absent, preset),
            ("updates", Kind::Map(updates)) => {
                for update in updates {
                    forget(&mut update.value, "restart", absent, preset);
                }
            }
            _ => {}
        }
    }
}

/// Removes the preset's names from the list or mapping `key`.
fn forget(node: &mut Node, key: &str, absent: &HashSet<&str>, preset: SourceId) {
    let Kind::Map(members) = &mut node.kind else { return };
    let Some(member) = members.iter_mut().find(|member| member.key == key) else { return };
    let names = match &mut member.value.kind {
        Kind::Layers(layers) => &mut layers.base,
        _ => &mut member.value,
    };
    let is_absent = |name: &str, span: Span| span.source == preset && absent.contains(name);
    match &mut names.kind {
        Kind::Map(entries) => entries.retain(|entry| !is_absent(&entry.key, entry.key_span)),
        Kind::List(items) => items
            .retain(|item| !matches!(&item.kind, Kind::Scalar { text, .. } if is_absent(text, item.span))),
        _ => {}
    }
}

/// The keys of a container whose values may contain the name of another container.
const NAMING: &[&str] = &["environment", "command", "entrypoint", "healthcheck"];

/// Reports arguments that the resolved `file` does not use, and values of a preset that contain the name of a removed
/// container. `parameters` are the arguments of each service.
pub fn check(
    file: &tree::Node,
    instances: &HashMap<SourceId, Instance>,
    parameters: &HashMap<String, IndexMap<String, tree::Node>>,
    diagnostics: &mut Diagnostics,
) {
    let Some(tree::Kind::Map(services)) = file.get("services").map(|services| &services.kind) else { return };
    let services: HashMap<String, &tree::Node> =
        services.iter().map(|entry| (entry.key.value(), &entry.value)).collect();
    for (source, instance) in instances {
        let (Some(service), Some(arguments)) =
            (services.get(&instance.service), parameters.get(&instance.service))
        else {
            continue;
        };
        let mut used = Used { parameters: instance.conditions.clone(), ..Used::default() };
        used.below(service);
        // The default of another parameter may use an argument.
        let mut pending: Vec<String> = used.parameters.iter().cloned().collect();
        while let Some(name) = pending.pop() {
            let before = used.parameters.clone();
            arguments.get(&name).into_iter().for_each(|argument| used.below(argument));
            pending.extend(used.parameters.difference(&before).cloned());
        }
        // A value that could not be resolved may use any parameter.
        if !used.has_unknown {
            check_arguments(instance, arguments, &used.parameters, diagnostics);
        }
        for (container, removed) in &instance.removed {
            check_removed(service, *source, instance, container, *removed, diagnostics);
        }
    }
}

/// The parameters of a preset that the values of its service use.
#[derive(Default)]
struct Used {
    parameters: BTreeSet<String>,
    /// A value could not be resolved. It may use any parameter.
    has_unknown: bool,
}

impl Used {
    fn below(&mut self, node: &tree::Node) {
        match &node.kind {
            tree::Kind::Scalar(text) => self.text(text),
            tree::Kind::List(items) => items.iter().for_each(|item| self.below(item)),
            tree::Kind::Map(entries) => entries.iter().for_each(|entry| {
                self.text(&entry.key);
                self.below(&entry.value);
            }),
            tree::Kind::Unknown => self.has_unknown = true,
            tree::Kind::Nix(_) => {}
        }
    }

    fn text(&mut self, text: &Text) {
        for piece in &text.pieces {
            if let Piece::Reference(reference) = piece
                && let Target::Parameter { path, .. } | Target::Secret { parameter: Some(path), .. } =
                    &reference.target
                && let Some(Step::Key(name)) = path.first()
                && !self.parameters.contains(name)
            {
                self.parameters.insert(name.clone());
            }
        }
    }
}

fn check_arguments(
    instance: &Instance,
    arguments: &IndexMap<String, tree::Node>,
    used: &BTreeSet<String>,
    diagnostics: &mut Diagnostics,
) {
    let replaced = || "every value that uses it is removed or replaced".to_owned();
    for (name, argument) in arguments {
        let is_empty = match &argument.kind {
            tree::Kind::List(items) => items.is_empty(),
            tree::Kind::Map(entries) => entries.is_empty(),
            _ => argument.is_null(),
        };
        // Defaults are in the preset.
        let is_free = !instance.required.contains(name);
        if argument.span.source != SourceId::FILE || is_empty || used.contains(name) || !is_free {
            continue;
        }
        let (label, help) = match (instance.uses.get(name), instance.conditional.get(name)) {
            (None, Some(condition)) => (
                format!("has an effect only with {condition}"),
                format!("remove `{name}` from `with`, or set {condition}"),
            ),
            (Some(place), _) => {
                (replaced(), format!("remove `{name}` from `with`, or keep the preset's value of `{place}`"))
            }
            (None, None) => (replaced(), format!("remove `{name}` from `with`")),
        };
        diagnostics.push(
            Diagnostic::new(
                Code::ParameterUnused,
                format!("the parameter `{name}` has no effect"),
                argument.span,
                label,
            )
            .help(help),
        );
    }
}

/// Reports the preset's values in a service that contain the name of its removed `container`.
fn check_removed(
    service: &tree::Node,
    preset: SourceId,
    instance: &Instance,
    container: &str,
    removed: Span,
    diagnostics: &mut Diagnostics,
) {
    // The service's own name has other meanings besides its container.
    if container == instance.service {
        return;
    }
    let name = format!("{}-{container}", instance.service);
    let Some(tree::Kind::Map(containers)) = service.get("containers").map(|c| &c.kind) else { return };
    for other in containers {
        let tree::Kind::Map(members) = &other.value.kind else { continue };
        for member in members.iter().filter(|member| NAMING.contains(&member.key.value().as_str())) {
            let key = member.key.value();
            naming(&member.value, &key, preset, &name, &mut |place| {
                let key = place.rsplit('.').next().unwrap_or(place);
                let keys: Vec<&str> = place.split('.').collect();
                let path =
                    keys.iter().rev().fold("~".to_owned(), |inner, key| format!("{{ {key}: {inner} }}"));
                diagnostics.push(
                    Diagnostic::new(
                        Code::RemovedContainer,
                        format!(
                            "`{key}` of `{}` refers to the removed container `{name}`",
                            other.key.value()
                        ),
                        removed,
                        "removed here",
                    )
                    .help(instead(key, &other.key.value(), &path)),
                );
            });
        }
    }
}

/// The help for a value of `container` at `path` that contains the name of a removed container.
fn instead(variable: &str, container: &str, path: &str) -> String {
    let write = |value: &str| format!("`{container}: {}`", path.replacen('~', value, 1));
    match default_addresses().get(variable) {
        Some((other, value)) => format!("write {}", write(&format!("~, {other}: {value:?}"))),
        _ if path.starts_with("{ environment:") => {
            format!("write the replacement: {}", write("HOST"))
        }
        _ => format!("remove the value: {}", write("~")),
    }
}

/// Variables whose absence makes a program use a default address, each with the variable and the value that disable it.
fn default_addresses() -> &'static HashMap<String, (String, String)> {
    data::table!(HashMap<String, (String, String)>, "default-addresses")
}

/// Finds the preset's values that contain the word `name`, and passes the path of each to `found`.
fn naming(node: &tree::Node, place: &str, preset: SourceId, name: &str, found: &mut impl FnMut(&str)) {
    match &node.kind {
        tree::Kind::Scalar(text) if text.span.source == preset => {
            let value = text.value();
            let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            let mut words = value.split(|c| !is_letter(c));
            if words.any(|word| word == name) {
                found(place);
            }
        }
        tree::Kind::List(items) => items.iter().for_each(|item| naming(item, place, preset, name, found)),
        tree::Kind::Map(entries) => entries.iter().for_each(|entry| {
            naming(&entry.value, &format!("{place}.{}", entry.key.value()), preset, name, found);
        }),
        _ => {}
    }
}

/// Merges `over` into the mapping `base`, whose path from the service is `place`. Mappings merge, `~` removes and
/// `!replace` replaces. Values whose merge depends on references become [`Layers`].
fn merge(base: &mut Node, over: Vec<Entry>, place: &mut Vec<String>) {
    let Kind::Map(entries) = &mut base.kind else { return };
    // The keys of `over` are unique, so that added entries need no search.
    let mut own = entries.len();
    for entry in over {
        let Some(at) = entries[..own].iter().position(|e| e.key == entry.key) else {
            entries.push(entry);
            continue;
        };
        let (value, replaces) = match entry.value.kind {
            Kind::Replace(value) => (*value, true),
            kind => (Node { span: entry.value.span, kind }, false),
        };
        if value.is_null() {
            entries.remove(at);
            own -= 1;
            continue;
        }
        let old = &mut entries[at];
        old.key_span = entry.key_span;
        place.push(entry.key);
        match (&old.value.kind, value.kind) {
            (Kind::Map(_), Kind::Map(over)) if !replaces && !merge::is_one_or_many(place) => {
                old.value.span = value.span;
                merge(&mut old.value, over, place);
            }
            (base, over)
                if replaces || (is_plain(base) && is_plain(&over) && !merge::is_one_or_many(place)) =>
            {
                old.value = Node { span: value.span, kind: over };
            }
            (_, over) => {
                let over = Node { span: value.span, kind: over };
                let base =
                    std::mem::replace(&mut old.value, Node { span: over.span, kind: Kind::Unreadable });
                old.value.kind = Kind::Layers(Box::new(Layers { place: place.clone(), base, over }));
            }
        }
        place.pop();
    }
}

/// Reports whether a value is a scalar that no reference can turn into a list or a mapping.
fn is_plain(kind: &Kind) -> bool {
    match kind {
        Kind::Scalar { text, .. } => !(text.starts_with("${") && text.ends_with('}')),
        Kind::Nix(_) | Kind::Unreadable => true,
        Kind::List(_) | Kind::Map(_) | Kind::Replace(_) | Kind::Layers(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;

    /// The types of parameters.
    const TYPES: &[&str] =
        &["string", "integer", "boolean", "list", "path", "url", "secret", "choice", "mapping"];

    fn text<'n>(node: &'n Node, key: &str) -> &'n str {
        match node.get(key).map(|value| &value.kind) {
            Some(Kind::Scalar { text, .. }) => text,
            _ => "",
        }
    }

    /// Checks the declarations of parameters.
    fn check_parameters(place: &str, parameters: &[Entry]) {
        for parameter in parameters {
            let (place, value) = (format!("{place}.{}", parameter.key), &parameter.value);
            assert!(TYPES.contains(&text(value, "type")), "{place} has no valid type");
            assert!(!text(value, "description").is_empty(), "{place} has no description");
            let (is_choice, choices) = (text(value, "type") == "choice", value.get("choices"));
            assert_eq!(is_choice, choices.is_some(), "{place}: only a choice has `choices`");
            if let (Some(Kind::List(choices)), Some(default)) =
                (choices.map(|node| &node.kind), value.get("default"))
            {
                let is_default = |choice: &Node| match &choice.kind {
                    Kind::Scalar { text: choice, .. } => choice == text(value, "default"),
                    _ => false,
                };
                assert!(default.is_null() || choices.iter().any(is_default), "{place} has another default");
            }
            check_parameters(&place, value.get("keys").map_or(&[], Node::entries));
        }
    }

    #[test]
    fn presets_declare_valid_parameters() {
        for (preset, definition) in PRESETS {
            let mut diagnostics = Diagnostics::default();
            let definition = parse(definition, SourceId::FILE, &mut diagnostics).expect("a preset is YAML");
            check_parameters(preset, definition.get("parameters").map_or(&[][..], Node::entries));
        }
    }

    #[test]
    fn presets_use_each_parameter_and_have_valid_conditions() {
        for (preset, definition) in PRESETS {
            let mut diagnostics = Diagnostics::default();
            let definition = parse(definition, SourceId::FILE, &mut diagnostics).expect("a preset is YAML");
            let declared = definition.get("parameters").map_or(&[][..], Node::entries);
            let values = declared.iter().map(|p| (p.key.clone(), p.value.clone())).collect();
            let arguments = Arguments { values, missing: declared.iter().map(|p| p.key.clone()).collect() };
            let Kind::Map(mut entries) = definition.kind else { panic!("{preset} is a mapping") };
            entries.retain(|entry| entry.key != "parameters");
            // Every condition holds for arguments that are reported.
            let conditions = Conditions::apply(&mut entries, &arguments, &mut Constants::new(None));
            assert!(
                !format!("{entries:?}").contains("key: \"when\""),
                "{preset} has a condition that is not valid"
            );
            for parameter in &conditions.parameters {
                assert!(arguments.values.contains_key(parameter), "{preset} has no parameter {parameter}");
            }
            let mut uses = HashMap::new();
            entries.iter().for_each(|entry| find_uses(&entry.value, &entry.key, false, &mut uses));
            for parameter in arguments.values.keys() {
                let is_used = uses.contains_key(parameter) || conditions.parameters.contains(parameter);
                assert!(is_used, "{preset} does not use {parameter}");
            }
        }
    }
}
