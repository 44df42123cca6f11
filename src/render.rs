//! Pass: [`nixos`](crate::nixos) → files. Chooses the names that a file uses, fills in the templates,
//! formats, and holds the result against a second reader of Nix.

mod scope;

use std::collections::BTreeSet;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};

use crate::nix::{Expr, attribute, identifiers};
use crate::nixos::{Module, Output, node};
use scope::{ConstantsFile, Scope};

/// One file of the output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path below the output folder, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// A mistake of homegen's own: what it wrote is not Nix.
#[derive(Debug)]
pub struct Bug(pub String);

/// A command for units, that scripts/NAME.sh is behind.
struct Script {
    /// Its name in Nix.
    function: &'static str,
    /// Its file and text, unless it is a program of the system.
    script: Option<(&'static str, &'static str)>,
    /// What it is in Nix: a function to a command line.
    code: &'static str,
}

/// The scripts, by name. Only those in use are emitted.
const SCRIPTS: &[Script] = &[
    Script {
        function: "ensureNetwork",
        script: Some(("ensure-network.sh", include_str!("../templates/scripts/ensure-network.sh"))),
        code: "ensureNetwork = name: options: command \"ensure-network\" [ config.virtualisation.podman.package ] ([ name ] ++ options);",
    },
    Script {
        function: "makeFolder",
        script: Some(("make-folder.sh", include_str!("../templates/scripts/make-folder.sh"))),
        code: "makeFolder = path: mode: owner: group: command \"make-folder\" [ ] [ path mode owner group ];",
    },
    Script {
        function: "renderEnvironment",
        script: Some(("render-environment.sh", include_str!("../templates/scripts/render-environment.sh"))),
        code: "renderEnvironment = file: variables: command \"render-environment\" [ ] ([ file ] ++ lib.mapAttrsToList (variable: path: \"${variable}=${path}\") variables);",
    },
    Script {
        function: "requireMount",
        script: Some(("require-mount.sh", include_str!("../templates/scripts/require-mount.sh"))),
        code: "requireMount = path: command \"require-mount\" [ pkgs.util-linux ] [ path ];",
    },
    Script {
        function: "requireNetwork",
        script: Some(("require-network.sh", include_str!("../templates/scripts/require-network.sh"))),
        code: "requireNetwork = name: command \"require-network\" [ config.virtualisation.podman.package ] [ name ];",
    },
    Script {
        function: "requireSecret",
        script: Some(("require-secret.sh", include_str!("../templates/scripts/require-secret.sh"))),
        code: "requireSecret = secret: command \"require-secret\" [ ] [ secret.name secret.path ];",
    },
    Script {
        function: "start",
        script: None,
        code: "# Goes on where it fails: at shutdown nothing can be started.\nstart = units: utils.escapeSystemdExecArgs ([ \"-${config.systemd.package}/bin/systemctl\" \"--no-block\" \"start\" ] ++ units);",
    },
    Script {
        function: "waitForAddress",
        script: Some(("wait-for-address.sh", include_str!("../templates/scripts/wait-for-address.sh"))),
        code: "waitForAddress = address: interface: command \"wait-for-address\" [ pkgs.iproute2 ] [ address interface ];",
    },
];

/// Where the output stands.
#[derive(Clone, Debug)]
pub struct Place {
    /// The name of the file that is compiled, for the comments.
    pub source: String,
    /// The way from the output folder to the folder of that file, such as `..`.
    pub to_source: String,
}

/// Renders the whole output, in the order of the paths.
pub fn render(output: &Output, place: &Place) -> Result<Vec<File>, Bug> {
    let templates = templates();
    let mut files = Vec::new();
    let mut imports = Vec::new();
    for module in &output.modules {
        if module.config.is_empty() && module.options.is_empty() && module.own.is_empty() {
            continue;
        }
        imports.push(format!("./{}", module.path));
        files
            .push(File { path: module.path.clone(), text: self::module(module, output, place, &templates)? });
    }
    if let Some(constants) = &output.constants {
        let value = node(constants, false);
        let mut code = String::new();
        value.print(&ConstantsFile, &mut code);
        let mut references = Vec::new();
        value.references(&mut references);
        if !references.is_empty() {
            code.insert_str(0, "rec ");
        }
        files.push(fill(
            &templates,
            "constants.nix.j2",
            "constants.nix",
            context! { source => safe(comment(&place.source)), constants => safe(code) },
        )?);
    }
    let used: Vec<&Script> = SCRIPTS
        .iter()
        .filter(|s| files.iter().any(|f| f.text.contains(&format!("scripts.{} ", s.function))))
        .collect();
    if !used.is_empty() {
        let functions: Vec<Value> = used.iter().map(|s| safe(s.code.to_owned())).collect();
        files.push(fill(
            &templates,
            "scripts.nix.j2",
            "scripts/default.nix",
            context! { source => safe(comment(&place.source)), scripts => functions },
        )?);
        files.extend(
            used.iter()
                .filter_map(|s| s.script)
                .map(|(file, text)| File { path: format!("scripts/{file}"), text: text.to_owned() }),
        );
    }
    imports.sort();
    let enabled: Vec<Value> = output.enabled.iter().map(|o| safe(attribute(o))).collect();
    let imports: Vec<Value> = imports.into_iter().map(safe).collect();
    files.push(fill(
        &templates,
        "default.nix.j2",
        "default.nix",
        context! { source => safe(comment(&place.source)), modules => imports, enabled => enabled },
    )?);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn module(module: &Module, output: &Output, place: &Place, templates: &Environment) -> Result<String, Bug> {
    let scope = Scope::of(module, output, place);
    let body = |set: &crate::nix::Set| {
        let mut code = String::new();
        set.print_body(&scope, &mut code);
        code
    };
    let stanzas = |set: &crate::nix::Set| set.split(STANZAS).iter().map(body).collect::<Vec<_>>().join("\n");
    let mut code = stanzas(&module.config);
    let own = stanzas(&module.own);
    code = match (code.is_empty(), own.is_empty()) {
        (_, true) => code,
        (true, false) => own,
        // What stands under `nixos` may define what is defined already: the module system merges the two.
        (false, false) => format!("lib.mkMerge [ {{ {code} }} {{ {own} }} ]"),
    };
    let merged = code.starts_with("lib.mkMerge");
    let config = match (&module.service, module.options.is_empty(), merged) {
        _ if code.is_empty() => String::new(),
        (Some(_), _, false) => format!("config = lib.mkIf cfg.enable {{\n{code}}};"),
        (Some(_), _, true) => format!("config = lib.mkIf cfg.enable ({code});"),
        (None, false, false) => format!("config = {{\n{code}}};"),
        (None, _, true) => format!("config = {code};"),
        (None, true, false) => code,
    };
    let mut options = body(&module.options);
    if !options.is_empty() && !config.is_empty() {
        options.push('\n');
    }
    let text = format!(
        "{{ {} {config} }}",
        if options.is_empty() { String::new() } else { format!("options.{options}") }
    );
    let used = identifiers(&text);
    let bindings = scope.bindings(&used);
    let mut all_used: BTreeSet<String> = used;
    for binding in &bindings {
        all_used.extend(identifiers(&format!("let {binding} in 0")));
    }
    let arguments: Vec<Value> = ["config", "lib", "pkgs", "utils"]
        .into_iter()
        .filter(|a| all_used.contains(*a))
        .map(|a| safe(a.to_owned()))
        .collect();
    let bindings: Vec<Value> = bindings.into_iter().map(safe).collect();
    let file = fill(
        templates,
        "module.nix.j2",
        &module.path,
        context! {
            source => safe(comment(&place.source)),
            origin => safe(comment(&module.origin)),
            arguments => arguments,
            bindings => bindings,
            options => safe(options),
            config => safe(config.trim_end().to_owned()),
        },
    )?;
    Ok(file.text)
}

/// Text inside of a comment: on one line.
fn comment(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Code goes into a template as it is; everything else becomes a quoted string of Nix.
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
        let mut quoted = String::new();
        Expr::str(value.to_string()).print(&ConstantsFile, &mut quoted);
        out.write_str(&quoted).map_err(Into::into)
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
    ("constants.nix.j2", include_str!("../templates/constants.nix.j2")),
    ("default.nix.j2", include_str!("../templates/default.nix.j2")),
    ("module.nix.j2", include_str!("../templates/module.nix.j2")),
    ("scripts.nix.j2", include_str!("../templates/scripts.nix.j2")),
];

/// The sets of NixOS whose members stand each by itself, with a blank line between them.
const STANZAS: &[&[&str]] =
    &[&["systemd"], &["systemd", "services"], &["services"], &["virtualisation"], &["networking"]];

/// Fills a template in, formats the result and reads it once more.
fn fill(templates: &Environment, template: &str, path: &str, values: Value) -> Result<File, Bug> {
    let bug = |what: &str, said: &dyn std::fmt::Display| Bug(format!("{path}: {what}: {said}"));
    let template = templates.get_template(template).map_err(|e| bug("no template", &e))?;
    let code = template.render(values).map_err(|e| bug("the template does not fit", &e))?;
    let text = nixfmt_rs::format(&code).map_err(|e| bug("cannot be formatted", &format!("{e:?}\n{code}")))?;
    match rnix::Root::parse(&text).errors().first() {
        None => Ok(File { path: path.to_owned(), text }),
        Some(error) => Err(bug("is not Nix", error)),
    }
}

/// A constant's path as code, below `start`.
fn select(start: String, steps: &[crate::tree::Step]) -> String {
    use crate::tree::Step;
    steps.iter().fold(start, |code, step| match step {
        Step::Key(key) => format!("{code}.{}", attribute(key)),
        Step::Index(i) => format!("(builtins.elemAt {code} {i})"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_escape_what_is_not_code() {
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

    #[test]
    fn every_script_is_in_the_templates_folder_and_has_its_file() {
        for script in SCRIPTS {
            let Some((file, text)) = script.script else { continue };
            assert!(text.starts_with("# Generated by homegen."), "{file}");
            assert!(script.code.contains(file.trim_end_matches(".sh")), "{}", script.function);
        }
    }
}
