//! Pass: [`syntax`](crate::syntax) → [`syntax`](crate::syntax). A service that starts from a preset
//! becomes that preset's definition, with what the user wrote beside it on top.
//!
//! A preset is a file in `presets/`, in homegen's own language, that opens with its `parameters`.

use std::collections::HashMap;

use indexmap::IndexMap;

use crate::diag::{Code, Diagnostic, Diagnostics, suggestion};
use crate::limits::MAX_EXPANDED;
use crate::source::{SourceId, Sources, Span};
use crate::syntax::{Entry, Kind, Node};

/// The presets that ship with homegen, by name.
pub const PRESETS: &[(&str, &str)] = &[
    ("immich", include_str!("../presets/immich.yaml")),
    ("plex", include_str!("../presets/plex.yaml")),
    ("uptime-kuma", include_str!("../presets/uptime-kuma.yaml")),
];

/// One use of a preset.
#[derive(Debug)]
pub struct Instance {
    /// The service that starts from it.
    pub service: String,
    /// Its name as a value, which the preset calls `${service}`.
    pub name: Node,
    /// Every parameter with its argument or default.
    pub arguments: IndexMap<String, Node>,
    /// The parameters that were not given, or are not what the preset takes. It was said.
    pub missing: Vec<String>,
}

/// Reads a text into a tree, and says what is wrong with it.
pub type Parse = fn(&str, SourceId, &mut Diagnostics) -> Option<Node>;

/// Expands every `preset:` of the file, whose text `parse` reads.
pub fn expand(
    mut root: Node,
    parse: Parse,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> (Node, HashMap<SourceId, Instance>) {
    let mut instances = HashMap::new();
    let Kind::Map(entries) = &mut root.kind else { return (root, instances) };
    let Some(services) = entries.iter_mut().find(|e| e.key == "services") else { return (root, instances) };
    let Kind::Map(services) = &mut services.value.kind else { return (root, instances) };
    let mut nodes = 0;
    for service in services {
        let with = service.value.entry("with").cloned();
        let Some(preset) = service.value.entry("preset").cloned() else {
            if let Some(with) = with {
                diagnostics.push(
                    Diagnostic::new(
                        Code::BadParameter,
                        "`with` without a `preset`",
                        with.key_span,
                        "parameters of nothing",
                    )
                    .help("name a `preset` beside it, or take it out"),
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
            continue;
        };
        let source = sources.add_preset(preset_name, text, preset.value.span);
        let Some(definition) = parse(text, source, diagnostics) else { continue };
        nodes += definition.weight();
        if nodes > MAX_EXPANDED {
            diagnostics.push(
                Diagnostic::new(
                    Code::TooLarge,
                    "the presets expand to too much",
                    preset.value.span,
                    format!("by here there are more than {MAX_EXPANDED} values"),
                )
                .help("use fewer of them"),
            );
            break;
        }
        let kind = Kind::Scalar { text: service.key.clone(), plain: false };
        let name = Node { span: preset.value.span, kind };
        let (arguments, missing) =
            arguments(preset_name, &definition, with.as_ref(), preset.value.span, diagnostics);
        instances.insert(source, Instance { service: service.key.clone(), name, arguments, missing });
        let Kind::Map(mut entries) = definition.kind else { continue };
        entries.retain(|e| e.key != "parameters");
        let own = std::mem::replace(&mut service.value.kind, Kind::Map(entries));
        if let Kind::Map(mut own) = own {
            own.retain(|e| e.key != "preset" && e.key != "with");
            without_strangers(preset_name, &mut own, &service.value, diagnostics);
            merge(&mut service.value, own);
        }
    }
    (root, instances)
}

/// Takes out the containers that were meant to be one of the preset's: they have no image of their own.
fn without_strangers(preset: &str, own: &mut [Entry], base: &Node, diagnostics: &mut Diagnostics) {
    let known = base.get("containers").map_or(&[][..], Node::entries);
    let Some(containers) = own.iter_mut().find(|e| e.key == "containers") else { return };
    let Kind::Map(containers) = &mut containers.value.kind else { return };
    containers.retain(|container| {
        let belongs = known.iter().any(|k| k.key == container.key)
            || container.value.get("image").is_some()
            || !matches!(container.value.kind, Kind::Map(_));
        if !belongs {
            diagnostics.push(
                Diagnostic::new(
                    Code::UnknownKey,
                    format!("the preset `{preset}` has no container `{}`", container.key),
                    container.key_span,
                    "and this one has no `image`",
                )
                .help(diagnostics.suggestion(&container.key, known.iter().map(|k| k.key.as_str()))),
            );
        }
        belongs
    });
}

/// Binds the parameters that `definition` declares to what `with` gives. Those that could not be bound
/// come back apart.
fn arguments(
    preset: &str,
    definition: &Node,
    with: Option<&Entry>,
    used: Span,
    diagnostics: &mut Diagnostics,
) -> (IndexMap<String, Node>, Vec<String>) {
    let declared = definition.get("parameters").map_or(&[][..], Node::entries);
    let given = with.map_or(&[][..], |w| w.value.entries());
    for argument in given {
        if !declared.iter().any(|p| p.key == argument.key) {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadParameter,
                    format!("the preset `{preset}` has no parameter `{}`", argument.key),
                    argument.key_span,
                    "unknown parameter",
                )
                .help(diagnostics.suggestion(&argument.key, declared.iter().map(|p| p.key.as_str()))),
            );
        }
    }
    let (mut arguments, mut missing) = (IndexMap::new(), Vec::new());
    for parameter in declared {
        let scalar = |key: &str| match parameter.value.get(key).map(|n| &n.kind) {
            Some(Kind::Scalar { text, .. }) => text.as_str(),
            _ => "",
        };
        let value = match given.iter().find(|a| a.key == parameter.key) {
            Some(argument) if check_type(&parameter.key, scalar("type"), &argument.value, diagnostics) => {
                argument.value.clone()
            }
            Some(_) => {
                missing.push(parameter.key.clone());
                continue;
            }
            None => match parameter.value.get("default") {
                Some(default) => default.clone(),
                None => {
                    let at = with.map_or(used, |w| w.key_span);
                    diagnostics.push(
                        Diagnostic::new(
                            Code::BadParameter,
                            format!("the preset `{preset}` needs `{}`", parameter.key),
                            at,
                            "not given here",
                        )
                        .help(format!(
                            "write `with: {{ {}: … }}`: {}",
                            parameter.key,
                            scalar("description")
                        )),
                    );
                    missing.push(parameter.key.clone());
                    continue;
                }
            },
        };
        arguments.insert(parameter.key.clone(), value);
    }
    (arguments, missing)
}

/// Whether an argument is of its declared type. What a reference stands for is seen where it is used.
fn check_type(name: &str, kind: &str, value: &Node, diagnostics: &mut Diagnostics) -> bool {
    let fits = match (&value.kind, kind) {
        (Kind::Scalar { text, .. }, _) if text.contains("${") => true,
        (Kind::Scalar { text, .. }, "path") => text.starts_with('/'),
        (Kind::Scalar { text, plain: true }, "integer") => text.parse::<i64>().is_ok(),
        (Kind::Scalar { text, plain: true }, "boolean") => matches!(text.as_str(), "true" | "false"),
        (Kind::Scalar { .. }, "string") => !value.is_null(),
        (Kind::List(_), "list") | (Kind::Map(_), "mapping") => true,
        // That was said.
        (Kind::Unreadable, _) => return false,
        _ => false,
    };
    if !fits {
        let wanted = match kind {
            "path" => "an absolute path",
            "integer" => "a whole number",
            "boolean" => "true or false",
            "string" => "text",
            "list" => "a list",
            _ => "a mapping",
        };
        diagnostics.push(
            Diagnostic::new(
                Code::BadParameter,
                format!("`{name}` is not {wanted}"),
                value.span,
                format!("{wanted} is needed here"),
            )
            .help(format!("write {wanted}")),
        );
    }
    fits
}

/// Lays `over` on top of the mapping `base`: mappings merge, null takes away, all else replaces.
fn merge(base: &mut Node, over: Vec<Entry>) {
    let Kind::Map(entries) = &mut base.kind else { return };
    // No key is twice in `over`, so that what was added has not to be looked through.
    let mut own = entries.len();
    for entry in over {
        let Some(at) = entries[..own].iter().position(|e| e.key == entry.key) else {
            entries.push(entry);
            continue;
        };
        if entry.value.is_null() {
            entries.remove(at);
            own -= 1;
            continue;
        }
        let old = &mut entries[at];
        old.key_span = entry.key_span;
        match (&old.value.kind, entry.value.kind) {
            (Kind::Map(_), Kind::Map(over)) => {
                old.value.span = entry.value.span;
                merge(&mut old.value, over);
            }
            (_, kind) => old.value = Node { span: entry.value.span, kind },
        }
    }
}
