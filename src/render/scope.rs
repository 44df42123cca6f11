//! The names that one file of the output uses for what stands elsewhere.
//!
//! A string of a group is bound by itself, so that `${paths.mediaData}/immich` reads
//! `"${mediaData}/immich"`; everything else is named from its group on, `ids.render`. Where two would
//! have one name, both are named from their group on.

use std::collections::{BTreeMap, BTreeSet};

use super::{Place, select};
use crate::nix::{Expr, Names, attribute, is_identifier};
use crate::nixos::{Module, Output, node};
use crate::tree::{Atom, Node, Reference, Step, Target};

/// Names that mean something already: arguments of a module, bindings of homegen's, builtins of Nix.
pub(crate) const RESERVED: &[&str] = &[
    "abort",
    "baseNameOf",
    "break",
    "builtins",
    "cfg",
    "config",
    "constants",
    "derivation",
    "derivationStrict",
    "dirOf",
    "ensureNetwork",
    "false",
    "fetchGit",
    "fetchMercurial",
    "fetchTarball",
    "fetchTree",
    "fromTOML",
    "homeserver",
    "import",
    "isNull",
    "lib",
    "map",
    "modulesPath",
    "null",
    "options",
    "pkgs",
    "placeholder",
    "removeAttrs",
    "scopedImport",
    "scripts",
    "secrets",
    "throw",
    "toString",
    "true",
    "utils",
];

/// The names in `constants.nix`, which is one recursive set.
pub(super) struct ConstantsFile;

impl Names for ConstantsFile {
    fn code(&self, target: &Target) -> String {
        match target {
            Target::Constant(path) => match path.split_first() {
                Some((Step::Key(first), rest)) => select(attribute(first), rest),
                _ => String::new(),
            },
            // A constant that depends on anything else was refused.
            _ => String::new(),
        }
    }

    fn directory(&self, folder: &str) -> String {
        folder.to_owned()
    }
}

/// The names in one module.
pub(super) struct Scope<'a> {
    module: &'a Module,
    output: &'a Output,
    place: &'a Place,
    /// Constants that are bound by their last name.
    bare: BTreeMap<Vec<Step>, String>,
    /// Groups that are bound by their name.
    groups: BTreeSet<String>,
}

impl<'a> Scope<'a> {
    pub(super) fn of(module: &'a Module, output: &'a Output, place: &'a Place) -> Scope<'a> {
        let mut references: Vec<&Reference> = Vec::new();
        for set in [&module.options, &module.config, &module.own] {
            set.references(&mut references);
        }
        for (_, value) in &module.bindings {
            value.references(&mut references);
        }
        let parameters: &[(String, Node)] = module.service.as_ref().map_or(&[], |s| &s.parameters);
        let arguments: Vec<Expr> = parameters.iter().map(|(_, value)| node(value, false)).collect();
        for argument in &arguments {
            argument.references(&mut references);
        }
        let constants: BTreeMap<&Vec<Step>, &Atom> = references
            .iter()
            .filter_map(|r| match &r.target {
                Target::Constant(path) => Some((path, &r.value)),
                _ => None,
            })
            .collect();
        let is_text = |path: &[Step], value: &Atom| {
            path.len() <= 2 && matches!(value, Atom::Str(_)) && path.iter().all(|s| matches!(s, Step::Key(_)))
        };
        let last = |path: &[Step]| match path.last() {
            Some(Step::Key(name)) => name.clone(),
            _ => String::new(),
        };
        let mut count: BTreeMap<String, usize> = BTreeMap::new();
        for (path, value) in &constants {
            if is_text(path, value) {
                *count.entry(last(path)).or_default() += 1;
            }
        }
        let first = |path: &[Step]| match path.first() {
            Some(Step::Key(name)) => name.clone(),
            _ => String::new(),
        };
        let taken = |name: &str| RESERVED.contains(&name) || parameters.iter().any(|(p, _)| p == name);
        let (mut bare, mut groups) = (BTreeMap::new(), BTreeSet::new());
        for (path, value) in &constants {
            let name = last(path);
            let is_group = constants.keys().any(|p| p.len() > 1 && first(p) == name);
            if is_text(path, value) && count[&name] == 1 && is_identifier(&name) && !taken(&name) && !is_group
            {
                bare.insert((*path).clone(), name);
            }
        }
        for path in constants.keys() {
            let name = first(path);
            if !bare.contains_key(*path)
                && is_identifier(&name)
                && !taken(&name)
                && !bare.values().any(|b| *b == name)
            {
                groups.insert(name);
            }
        }
        Scope { module, output, place, bare, groups }
    }

    /// The bindings that a file which uses these identifiers needs, in the order of their need.
    pub(super) fn bindings(&self, used: &BTreeSet<String>) -> Vec<String> {
        let up = "../".repeat(self.module.path.matches('/').count());
        let here = if up.is_empty() { "./" } else { up.as_str() };
        let mut parameters = Vec::new();
        let service = self.module.service.as_ref();
        for (name, value) in
            service.iter().flat_map(|s| &s.parameters).filter(|(name, _)| used.contains(name))
        {
            let mut code = String::new();
            node(value, false).print(self, &mut code);
            parameters.push(format!("{} = {code};", attribute(name)));
        }
        let mut own = Vec::new();
        for (name, value) in &self.module.bindings {
            let mut code = String::new();
            value.print(self, &mut code);
            own.push(format!("{name} = {code};"));
        }
        let mut used = used.clone();
        for parameter in parameters.iter().chain(&own) {
            used.extend(crate::nix::identifiers(&format!("let {parameter} in 0")));
        }
        let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for name in self.groups.iter().filter(|g| used.contains(*g)) {
            groups.entry("constants".to_owned()).or_default().push(name);
        }
        for (path, name) in self.bare.iter().filter(|(_, name)| used.contains(*name)) {
            groups.entry(select("constants".to_owned(), &path[..path.len() - 1])).or_default().push(name);
        }
        let mut bindings = Vec::new();
        if !groups.is_empty() || used.contains("constants") {
            bindings.push(format!("constants = import {here}constants.nix;"));
        }
        for (group, mut names) in groups {
            names.sort_unstable();
            bindings.push(format!("inherit ({group}) {};", names.join(" ")));
        }
        if used.contains("homeserver") {
            bindings.push("inherit (config) homeserver;".to_owned());
        }
        if used.contains("secrets") {
            bindings.push("inherit (config.age) secrets;".to_owned());
        }
        if used.contains("scripts") {
            bindings.push(format!("scripts = import {here}scripts {{ inherit config lib pkgs utils; }};"));
        }
        if !parameters.is_empty() {
            bindings.push(String::new());
            bindings.append(&mut parameters);
        }
        if !own.is_empty() {
            bindings.push(String::new());
            bindings.append(&mut own);
        }
        if used.contains("cfg")
            && let Some(service) = service
        {
            bindings.push(String::new());
            bindings.push(format!("cfg = config.homeserver.{};", attribute(&service.option)));
        }
        if bindings.first().is_some_and(String::is_empty) {
            bindings.remove(0);
        }
        bindings
    }

    /// The argument of a preset where its service's file is not at hand.
    fn argument(&self, service: &str, path: &[Step]) -> String {
        let parameters = self
            .output
            .modules
            .iter()
            .filter_map(|m| m.service.as_ref())
            .find(|s| s.name == service)
            .map(|s| &s.parameters);
        let Some((Step::Key(first), rest)) = path.split_first() else { return String::new() };
        let Some((_, value)) = parameters.and_then(|p| p.iter().find(|(name, _)| name == first)) else {
            return String::new();
        };
        let mut code = String::new();
        node(value, false).print(self, &mut code);
        if rest.is_empty() { code } else { select(format!("({code})"), rest) }
    }
}

impl Names for Scope<'_> {
    fn code(&self, target: &Target) -> String {
        match target {
            Target::Constant(path) => match (self.bare.get(path), path.split_first()) {
                (Some(name), _) => name.clone(),
                (None, Some((Step::Key(first), rest))) if self.groups.contains(first) => {
                    select(first.clone(), rest)
                }
                _ => select("constants".to_owned(), path),
            },
            Target::Parameter { service, path } => match (&self.module.service, path.split_first()) {
                (Some(own), Some((Step::Key(first), rest))) if own.name == *service => {
                    select(attribute(first), rest)
                }
                _ => self.argument(service, path),
            },
            Target::HostName => "config.networking.hostName".to_owned(),
            Target::TimeZone => "config.time.timeZone".to_owned(),
            Target::Port(name) => match &self.module.service {
                Some(own) if own.name == *name => "cfg.port".to_owned(),
                _ => {
                    let services = self.output.modules.iter().filter_map(|m| m.service.as_ref());
                    let option = services
                        .into_iter()
                        .find(|s| s.name == *name)
                        .map_or(name.as_str(), |s| s.option.as_str());
                    format!("homeserver.{}.port", attribute(option))
                }
            },
        }
    }

    fn directory(&self, folder: &str) -> String {
        let up = "../".repeat(self.module.path.matches('/').count());
        let path = match folder.strip_prefix('/') {
            Some(_) => folder.to_owned(),
            None => format!("{up}{}/{folder}", self.place.to_source),
        };
        let path = path.trim_end_matches('/').replace("/./", "/");
        let plain =
            path.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-+/".contains(&b)) && !path.contains("//");
        match (plain, path.starts_with(['.', '/'])) {
            (true, true) => path,
            (true, false) => format!("./{path}"),
            (false, _) => {
                let mut code = String::from("(./. + ");
                Expr::str(format!("/{path}")).print(self, &mut code);
                code.push(')');
                code
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RESERVED;
    use crate::diag::Diagnostics;
    use crate::nix::is_identifier;
    use crate::preset::PRESETS;
    use crate::source::SourceId;

    #[test]
    fn parameters_of_presets_can_be_bound_in_a_module() {
        for (preset, text) in PRESETS {
            let root = crate::parse::parse(text, SourceId::FILE, &mut Diagnostics::default()).unwrap();
            for parameter in root.get("parameters").unwrap().entries() {
                let name = parameter.key.as_str();
                assert!(is_identifier(name) && !RESERVED.contains(&name), "{preset}: {name}");
            }
        }
    }
}
