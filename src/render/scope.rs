//! The names in one file of the output for values of other files.
//!
//! A string of a group is bound by its own name, so that `${paths.mediaData}/immich` becomes
//! `"${mediaData}/immich"`. Other values are selected from their group, such as `ids.render`. If two strings would
//! have the same name, both are selected from their groups.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{OutputLocation, select};
use crate::nix::print::{Printed, Printer};
use crate::nix::{Expr, Name, Names, attribute, is_identifier};
use crate::nixos::{Binding, Module, Output, ServiceModule, node};
use crate::tree::{Atom, Kind, Node, Reference, Step, Target};

/// True if a name has another meaning in a module.
fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name) || Binding::NAMES.contains(&name)
}

/// Arguments of a module, sets that it inherits, and builtins of Nix.
const RESERVED: &[&str] = &[
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
    fn name(&self, target: &Target) -> Name {
        Name::Code(match target {
            Target::Constant(path) => match path.split_first() {
                Some((Step::Key(first), rest)) => select(attribute(first).into_owned(), rest),
                _ => String::new(),
            },
            // A constant can refer only to constants; other references were reported.
            _ => String::new(),
        })
    }

    fn directory(&self, folder: &str) -> (String, Option<String>) {
        (folder.to_owned(), None)
    }
}

/// The services of the output, by their names in the file.
pub(super) struct Services<'a>(HashMap<&'a str, &'a ServiceModule>);

impl<'a> Services<'a> {
    pub(super) fn of(output: &'a Output) -> Services<'a> {
        let services = output.modules.values().filter_map(|module| module.service.as_ref());
        Services(services.map(|service| (service.name.as_str(), service)).collect())
    }

    /// The value of a preset's argument, for files other than the service's.
    fn argument(&self, service: &str, path: &[Step]) -> Option<Expr> {
        let (Step::Key(first), rest) = path.split_first()? else { return None };
        let (_, value) = self.0.get(service)?.parameters.iter().find(|(name, _)| name == first)?;
        let value = rest.iter().try_fold(value, |value, step| match (step, &value.kind) {
            (Step::Key(key), _) => value.get(key),
            (Step::Item { index, .. }, Kind::List(items)) => items.get(*index),
            _ => None,
        })?;
        Some(node(value, false))
    }
}

/// The names in one module.
pub(super) struct Scope<'a> {
    module: &'a Module,
    services: &'a Services<'a>,
    location: &'a OutputLocation,
    /// The set from which the module inherits `secrets`.
    secrets: &'static str,
    /// The relative path from the module's folder to the output folder.
    up: String,
    /// Constants that are bound by the last part of their name.
    bare: BTreeMap<Vec<Step>, String>,
    /// Groups that are bound by name.
    groups: BTreeSet<String>,
}

impl<'a> Scope<'a> {
    pub(super) fn of(
        path: &str,
        module: &'a Module,
        services: &'a Services<'a>,
        location: &'a OutputLocation,
        secrets: &'static str,
    ) -> Scope<'a> {
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
        let taken = |name: &str| is_reserved(name) || parameters.iter().any(|(p, _)| p == name);
        let parents: BTreeSet<String> =
            constants.keys().filter(|path| path.len() > 1).map(|path| first(path)).collect();
        let (mut bare, mut groups) = (BTreeMap::new(), BTreeSet::new());
        for (path, value) in &constants {
            let name = last(path);
            if is_text(path, value)
                && count[&name] == 1
                && is_identifier(&name)
                && !taken(&name)
                && !parents.contains(&name)
            {
                bare.insert((*path).clone(), name);
            }
        }
        let bound: BTreeSet<&String> = bare.values().collect();
        for path in constants.keys() {
            let name = first(path);
            if !bare.contains_key(*path) && is_identifier(&name) && !taken(&name) && !bound.contains(&name) {
                groups.insert(name);
            }
        }
        let up = "../".repeat(path.matches('/').count());
        Scope { module, services, location, secrets, up, bare, groups }
    }

    /// Prints the bindings for a printed body, in dependency order. Adds the names and scripts that they use to the
    /// body's.
    pub(super) fn bindings(&self, body: &mut Printed) -> Printed {
        let Printed { used, scripts, .. } = body;
        let mut printed = |name: &str, value: &Expr, used: &mut BTreeSet<String>| {
            let mut printer = Printer::new(self, 2);
            printer.bind(name, value);
            let printed = printer.finish();
            used.extend(printed.used);
            scripts.extend(printed.scripts);
            (printed.text, printed.certain)
        };
        let own: Vec<_> =
            self.module.bindings.iter().map(|(name, value)| printed(name.name(), value, used)).collect();
        let service = self.module.service.as_ref();
        let parameters: &[(String, Node)] = service.map_or(&[], |service| &service.parameters);
        let mut arguments: Vec<Option<(String, bool)>> = vec![None; parameters.len()];
        // An argument may refer to another one.
        while let Some(next) =
            (0..parameters.len()).find(|i| arguments[*i].is_none() && used.contains(&parameters[*i].0))
        {
            let (name, value) = &parameters[next];
            arguments[next] = Some(printed(name, &node(value, false), used));
        }

        let mut printer = Printer::new(self, 2);
        let mut inherited: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for name in self.groups.iter().filter(|g| used.contains(*g)) {
            inherited.entry("constants".to_owned()).or_default().push(name);
        }
        for (path, name) in self.bare.iter().filter(|(_, name)| used.contains(*name)) {
            let group = select("constants".to_owned(), &path[..path.len() - 1]);
            inherited.entry(group).or_default().push(name);
        }
        if !inherited.is_empty() || used.contains("constants") {
            let here = if self.up.is_empty() { "./" } else { &self.up };
            printer.line(&format!("constants = import {here}constants.nix;"));
        }
        for (group, mut names) in inherited {
            names.sort_unstable();
            printer.inherit(&group, &names);
        }
        if used.contains("homeserver") {
            printer.line("inherit (config) homeserver;");
            used.insert("config".to_owned());
        }
        if used.contains("secrets") {
            printer.inherit(self.secrets, &["secrets"]);
            used.insert("config".to_owned());
        }
        if used.contains("scripts") {
            printer.line("inherit (config.homeserver) scripts;");
            used.insert("config".to_owned());
        }
        let mut all = printer.finish();
        let mut add = |texts: Vec<(String, bool)>| {
            if !texts.is_empty() && !all.text.is_empty() {
                all.text.push('\n');
            }
            for (text, certain) in texts {
                all.text.push_str(&text);
                all.certain &= certain;
            }
        };
        add(arguments.into_iter().flatten().collect());
        add(own);
        if let Some(option) = self.module.option.as_ref().filter(|_| used.contains("cfg")) {
            add(vec![(format!("  cfg = config.homeserver.{};\n", attribute(option)), true)]);
            used.insert("config".to_owned());
        }
        all
    }
}

impl Names for Scope<'_> {
    fn name(&self, target: &Target) -> Name {
        Name::Code(match target {
            Target::Constant(path) => match (self.bare.get(path), path.split_first()) {
                (Some(name), _) => name.clone(),
                (None, Some((Step::Key(first), rest))) if self.groups.contains(first) => {
                    select(first.clone(), rest)
                }
                _ => select("constants".to_owned(), path),
            },
            Target::Parameter { service, path } => match (&self.module.service, path.split_first()) {
                (Some(own), Some((Step::Key(first), rest))) if own.name == *service => {
                    select(attribute(first).into_owned(), rest)
                }
                _ => return Name::Value(self.services.argument(service, path).unwrap_or(Expr::Null)),
            },
            // The content is known only on the host: `resolve.rs` accepts it only in texts that are rendered there.
            Target::Secret { .. } => "(throw \"a secret outside of a rendered text\")".to_owned(),
            Target::HostName => "config.networking.hostName".to_owned(),
            Target::TimeZone => "config.time.timeZone".to_owned(),
            Target::Port(name) => match &self.module.service {
                Some(own) if own.name == *name => "cfg.port".to_owned(),
                _ => {
                    let option = self.services.0.get(name.as_str()).map_or(name, |service| &service.option);
                    format!("homeserver.{}.port", attribute(option))
                }
            },
        })
    }

    fn directory(&self, folder: &str) -> (String, Option<String>) {
        let path = match folder.strip_prefix('/') {
            Some(_) => folder.to_owned(),
            None => format!("{}{}/{folder}", self.up, self.location.to_source),
        };
        let path = path.trim_end_matches('/').replace("/./", "/");
        let plain =
            path.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-+/".contains(&b)) && !path.contains("//");
        match (plain, path.starts_with(['.', '/'])) {
            (true, true) => (path, None),
            (true, false) => (format!("./{path}"), None),
            (false, _) => ("./.".to_owned(), Some(format!("/{path}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_reserved;
    use crate::diag::Diagnostics;
    use crate::nix::is_identifier;
    use crate::preset::PRESETS;
    use crate::source::SourceId;

    #[test]
    fn preset_parameters_are_valid_nix_bindings() {
        for (preset, text) in PRESETS {
            let root = crate::parse::parse(text, SourceId::FILE, &mut Diagnostics::default()).unwrap();
            for parameter in root.get("parameters").unwrap().entries() {
                let name = parameter.key.as_str();
                assert!(is_identifier(name) && !is_reserved(name), "{preset}: {name}");
            }
        }
    }
}
