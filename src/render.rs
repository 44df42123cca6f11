//! Pass: [`nixos`](crate::nixos) → files. Chooses the names in each file, prints in the official style and fills in
//! the templates.

mod scope;

use std::collections::{BTreeMap, BTreeSet};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};
use rayon::prelude::*;

use crate::diag::Bug;
use crate::nix::print::Printer;
use crate::nix::{Expr, ITEM, Set, attribute, identifiers, is_call, quoted};
use crate::nixos::{AgenixRules, Module, Output, node};
use crate::output::{File, OutputLocation};
use crate::record::{self, hash};
use crate::script::{SOURCED, Script, ShellFile};
use scope::{ConstantsFile, Scope, Services};

/// Renders the whole output, in the order of the paths.
pub(crate) fn render(output: &Output, location: &OutputLocation) -> Result<Vec<File>, Bug> {
    let templates = templates();
    let services = Services::of(output);
    let mut files = Vec::with_capacity(output.modules.len() + Script::ALL.len() + 3);
    let mut scripts = BTreeSet::new();
    let modules: Vec<(&String, &Module)> = output.modules.iter().filter(|(_, m)| !m.is_empty()).collect();
    // In parallel, because files do not depend on each other.
    let rendered: Result<Vec<_>, Bug> = modules
        .into_par_iter()
        .map(|(path, module)| {
            // Another system, such as a Mac, has its own agenix.
            let own = output.secrets.set.filter(|_| !module.is_external);
            let scope = Scope::of(path, module, &services, location, own.unwrap_or("config.age"));
            self::module(path, module, &scope, location, &templates)
        })
        .collect();
    for (file, used) in rendered? {
        files.push(file);
        scripts.extend(used);
    }
    let is_imported = |file: &&File| !output.modules[&file.path].is_external;
    let mut imports: Vec<String> =
        files.iter().filter(is_imported).map(|file| format!("./{}", file.path)).collect();
    for (path, module) in output.modules.iter().filter(|(_, m)| !m.is_empty()) {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        files.extend(module.beside.iter().map(|(name, text)| File {
            path: format!("{folder}/{name}").trim_start_matches('/').to_owned(),
            text: (*text).to_owned(),
        }));
    }
    if let Some(constants) = &output.constants {
        let value = node(constants, false);
        let mut references = Vec::new();
        value.references(&mut references);
        let mut printer = Printer::new(&ConstantsFile, 0);
        printer.expression(&value);
        let mut code = printer.finish();
        if !references.is_empty() {
            code.text.insert_str(0, "rec ");
        }
        files.push(fill(
            &templates,
            "constants.nix.j2",
            "constants.nix",
            code.certain,
            context! { source => safe(comment(&location.source)), constants => safe(code.text) },
        )?);
    }
    if output.containers {
        let file = containers(output, location, &templates)?;
        scripts.extend(calls(&file.text));
        imports.push(format!("./{}", file.path));
        files.push(file);
    }
    if !scripts.is_empty() {
        let functions: Vec<Value> = scripts.iter().map(|script| safe(indented(script.code()))).collect();
        // Parsing is the slowest step here. Scripts without the word are skipped, and the first match usually has
        // the name.
        let has_name = |code: &str, name: &str| {
            code.contains(name) && identifiers(&format!("{{\n{code}\n}}")).contains(name)
        };
        let names = |name: &str| scripts.iter().any(|script| has_name(script.code(), name));
        let is_sourced = |file: &str| {
            let sources = format!(". {file}\n");
            scripts.iter().filter_map(|script| script.shell()).any(|(_, text)| text.contains(&sources))
        };
        let sourced: Vec<ShellFile> = SOURCED.iter().copied().filter(|(file, _)| is_sourced(file)).collect();
        let mut list = Set::default();
        list.append("sourced", sourced.iter().map(|(file, _)| Expr::str(*file)));
        let mut printer = Printer::new(&ConstantsFile, 2);
        printer.body(&[], &list);
        let list = printer.finish();
        files.push(fill(
            &templates,
            "scripts.nix.j2",
            "scripts/default.nix",
            true,
            context! {
                source => safe(comment(&location.source)),
                sourced => safe(list.text.trim_end().to_owned()),
                commands => names("command"),
                programs => names("program"),
                restrictions => names("common"),
                postgres => names("postgresClients"),
                scripts => functions,
            },
        )?);
        let own = scripts.iter().filter_map(|script| script.shell());
        // Two attributes may run the same script.
        let texts: BTreeMap<&str, &str> = own.chain(sourced).collect();
        files.extend(
            texts
                .into_iter()
                .map(|(file, text)| File { path: format!("scripts/{file}"), text: text.to_owned() }),
        );
    }
    if !scripts.is_empty() {
        imports.push("./scripts".to_owned());
    }
    imports.sort();
    let mut enabled = Printer::new(&ConstantsFile, 2);
    for option in &output.enabled {
        let mut services = Set::default();
        services.at(&[option]).set("enable", Expr::call("lib.mkDefault", [Expr::Bool(true)]));
        enabled.body(&["homeserver"], &services);
    }
    let enabled = enabled.finish();
    let imports: Vec<Value> = imports.into_iter().map(safe).collect();
    files.push(fill(
        &templates,
        "default.nix.j2",
        "default.nix",
        enabled.certain,
        context! { source => safe(comment(&location.source)), modules => imports, enabled => safe(enabled.text) },
    )?);
    let mut record = output.record.clone();
    record.files = files.par_iter().map(|f| (f.path.clone(), hash(f.text.as_bytes()))).collect();
    files.push(File { path: record::PATH.to_owned(), text: record.text(&location.source) });
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// Renders the rules of agenix. `source` is the name of the compiled file.
pub(crate) fn rules(rules: &AgenixRules, source: &str) -> Result<String, Bug> {
    let mut recipients = Printer::new(&ConstantsFile, 2);
    if let Some(list) = &rules.recipients {
        recipients.bind("recipients", list);
    }
    let mut files = Printer::new(&ConstantsFile, 2);
    files.body(&[], &rules.files);
    let (recipients, files) = (recipients.finish(), files.finish());
    let values = context! {
        source => safe(comment(source)),
        recipients => safe(recipients.text),
        rules => safe(files.text),
    };
    let certain = recipients.certain && files.certain && !rules.files.is_empty();
    Ok(fill(&templates(), "rules.nix.j2", "secrets.nix", certain, values)?.text)
}

/// The file with the settings of all containers.
fn containers(output: &Output, location: &OutputLocation, templates: &Environment) -> Result<File, Bug> {
    let secrets = &output.secrets;
    let servers = output.servers.iter().map(|server| {
        context! { name => safe(server.name.to_owned()), unit => server.unit, check => safe(server.check.selection().to_owned()) }
    });
    let mut binding = Printer::new(&ConstantsFile, 2);
    match &secrets.all {
        Some(all) => binding.bind("secrets", all),
        None => binding.inherit(secrets.set.unwrap_or("config.age"), &["secrets"]),
    }
    let binding = binding.finish();
    let mut restarted = Printer::new(&ConstantsFile, 8);
    let names = secrets.restarted_by_sops.iter().map(|name| Expr::str(name.clone()));
    restarted.bind("ofSops", &Expr::List(names.collect()));
    let restarted = restarted.finish();
    let values = context! {
        source => safe(comment(&location.source)),
        secrets => safe(binding.text),
        units => &secrets.units,
        files => secrets.has_files,
        several => secrets.all.is_some(),
        servers => servers.collect::<Vec<_>>(),
        container_files => output.container_files,
        completions => output.completions,
        port_rules => output.port_rules,
        native_units => output.native_units,
        restarted => (!secrets.restarted_by_sops.is_empty()).then(|| safe(restarted.text)),
    };
    fill(templates, "containers.nix.j2", "containers.nix", binding.certain && restarted.certain, values)
}

/// The scripts that generated code calls.
fn calls(code: &str) -> impl Iterator<Item = Script> {
    let is_called = |script: &Script| {
        let mut calls = code.split(script.selection()).skip(1);
        calls.any(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
    };
    Script::ALL.iter().copied().filter(is_called)
}

/// The file of a module, and the scripts that it runs.
fn module(
    path: &str,
    module: &Module,
    scope: &Scope,
    location: &OutputLocation,
    templates: &Environment,
) -> Result<(File, BTreeSet<Script>), Bug> {
    let mut printer = Printer::new(scope, 2);
    printer.body(&["options"], &module.options);
    config(module, &mut printer);
    let mut body = printer.finish();
    let bindings = scope.bindings(&mut body);
    let arguments: Vec<&str> =
        ["config", "lib", "pkgs", "utils"].into_iter().filter(|name| body.used.contains(*name)).collect();
    // nixfmt puts three or more arguments on separate lines.
    let head = match arguments.as_slice() {
        [] => "{ ... }".to_owned(),
        [_] | [_, _] => format!("{{ {}, ... }}", arguments.join(", ")),
        _ => format!("{{\n  {},\n  ...\n}}", arguments.join(",\n  ")),
    };
    let file = fill(
        templates,
        "module.nix.j2",
        path,
        body.certain && bindings.certain,
        context! {
            source => safe(comment(&location.source)),
            origin => safe(comment(&module.origin)),
            arguments => safe(head),
            bindings => safe(bindings.text),
            body => safe(body.text),
        },
    )?;
    Ok((file, body.scripts))
}

/// The definitions of a module, for a service with a condition on its `enable`.
fn config(module: &Module, printer: &mut Printer) {
    let stanzas = |set: &Set, printer: &mut Printer| printer.stanzas(set, STANZAS);
    let defines = !(module.config.is_empty() && module.own.is_empty());
    if defines && !module.options.is_empty() {
        printer.gap();
    }
    let rest = match (module.config.is_empty(), module.own.is_empty()) {
        (true, true) => return,
        (false, true) => &module.config,
        (true, false) => &module.own,
        // `nixos` may define an option that is already defined: the module system merges the two.
        (false, false) => {
            let merge = |open: &str, printer: &mut Printer, close: &str| {
                printer.uses("lib");
                printer.block(
                    open,
                    |printer| {
                        printer.block("{", |printer| stanzas(&module.config, printer), "}");
                        printer.block("{", |printer| stanzas(&module.own, printer), "}");
                    },
                    close,
                );
            };
            match module.option {
                None => merge("config = lib.mkMerge [", printer, "];"),
                Some(_) => {
                    printer.uses("cfg");
                    printer.block(
                        "config = lib.mkIf cfg.enable (",
                        |printer| merge("lib.mkMerge [", printer, "]"),
                        ");",
                    );
                }
            }
            return;
        }
    };
    match &module.option {
        Some(_) => {
            printer.uses("lib");
            printer.uses("cfg");
            printer.block("config = lib.mkIf cfg.enable {", |printer| stanzas(rest, printer), "};");
        }
        None if !module.options.is_empty() => {
            printer.block("config = {", |printer| stanzas(rest, printer), "};");
        }
        None => stanzas(rest, printer),
    }
}

/// Code with an indentation of two levels.
fn indented(code: &str) -> String {
    format!("    {}", code.replace('\n', "\n    "))
}

/// Text for a comment: on one line.
fn comment(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Marks code to be inserted into a template unchanged. Other values become quoted Nix strings.
fn safe(code: String) -> Value {
    Value::from_safe_string(code)
}

fn templates() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.expect("only white space differs from the default"));
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("nix".into()));
    environment.set_formatter(|out, _, value| {
        if value.is_safe() {
            return out.write_str(value.as_str().unwrap_or_default()).map_err(Into::into);
        }
        out.write_str(&quoted(&value.to_string())).map_err(Into::into)
    });
    environment.remove_filter("safe");
    for (name, text) in TEMPLATES {
        environment
            .add_template(name, text)
            .expect("the templates are homegen's own, and a test compiles them");
    }
    environment
}

/// The templates, one for each kind of file.
const TEMPLATES: &[(&str, &str)] = &[
    ("containers.nix.j2", include_str!("../templates/containers.nix.j2")),
    ("constants.nix.j2", include_str!("../templates/constants.nix.j2")),
    ("default.nix.j2", include_str!("../templates/default.nix.j2")),
    ("rules.nix.j2", include_str!("../templates/rules.nix.j2")),
    ("module.nix.j2", include_str!("../templates/module.nix.j2")),
    ("scripts.nix.j2", include_str!("../templates/scripts.nix.j2")),
];

/// The NixOS option sets whose members are separated by blank lines.
const STANZAS: &[&[&str]] =
    &[&["systemd"], &["systemd", "services"], &["services"], &["virtualisation"], &["networking"]];

/// Fills in a template. An uncertain text, with an expression of the user or an unusually long line, is formatted.
fn fill(
    templates: &Environment,
    template: &str,
    path: &str,
    certain: bool,
    values: Value,
) -> Result<File, Bug> {
    let bug = |action: &str, detail: &dyn std::fmt::Display| Bug(format!("{path}: {action}: {detail}"));
    let template = templates.get_template(template).map_err(|e| bug("no template", &e))?;
    let mut text = template.render(values).map_err(|e| bug("the template does not fit", &e))?;
    text.push('\n');
    // Two Nix parsers would take most of the run time, so certain texts are checked only in debug builds and tests.
    if !certain || cfg!(debug_assertions) {
        let formatted =
            nixfmt_rs::format(&text).map_err(|e| bug("cannot be formatted", &format!("{e:?}\n{text}")))?;
        if certain && formatted != text {
            return Err(bug("is not in the official style", &format!("\n{text}\nbut\n{formatted}")));
        }
        if let Some(error) = rnix::Root::parse(&formatted).errors().first() {
            return Err(bug("is not Nix", error));
        }
        text = formatted;
    }
    Ok(File { path: path.to_owned(), text })
}

/// A constant's path as code, below `start`: a selection, or a call that selects an item of a list.
fn select(start: String, steps: &[crate::tree::Step]) -> String {
    use crate::tree::Step;
    let apart = |code: String| if is_call(&code) { format!("({code})") } else { code };
    steps.iter().fold(start, |code, step| match step {
        Step::Key(key) => format!("{}.{}", apart(code), attribute(key)),
        Step::Item { index, .. } => format!("{ITEM}{} {index}", apart(code)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_escape_values_that_are_not_code() {
        let mut environment = templates();
        environment.add_template("t", "{{ value }}").unwrap();
        let text = environment.get_template("t").unwrap().render(context! { value => "a\"${b}\n" }).unwrap();
        assert_eq!(text, r#""a\"\${b}\n""#);
        for (name, text) in TEMPLATES {
            assert!(
                !text.contains("autoescape") && !text.contains("safe"),
                "{name} goes around the escaping"
            );
        }
    }
}
