//! `homegen import`: Compose files, and what they become. Each case is a file in `tests/it/import/`, with a snapshot of the
//! written file, its diagnostics, the report, the secrets and the script that moves the data.
//!
//! The options of a case are those of `tests/it/compose.rs`, and `data`, `publish`, `sites` and `partial` with their values.

use homegen::diag::human::{Style, render};
use homegen::import::{Import, Options, Publish};
use homegen::project::Project;
use homegen::report::{human, json, mask::Mask, move_data};
use homegen::source::Sources;

use crate::compose::{Case, cases};

/// The options of a case for the import itself.
fn options(case: &Case) -> Options {
    let mut options = Options {
        data: None,
        publish: Publish::Keep,
        sites: None,
        is_partial: false,
        nixos: "26.05".to_owned(),
        environment: case.options().environment.clone(),
        existing: None,
    };
    for line in &case.rest {
        match line.split_once(' ').unwrap_or((line, "")) {
            ("data", folder) => options.data = Some(folder.to_owned()),
            ("publish", "local") => options.publish = Publish::Local,
            ("publish", address) => options.publish = Publish::Address(address.to_owned()),
            ("sites", domain) => options.sites = Some(domain.to_owned()),
            ("partial", "") => options.is_partial = true,
            _ => panic!("{}: {line}", case.name()),
        }
    }
    options
}

/// The result of a case.
struct Imported {
    sources: Sources,
    /// The project and what it became, unless the files have errors.
    result: Option<(Project, Import)>,
    /// The diagnostics of the Compose files.
    errors: String,
}

fn import(case: &Case) -> Imported {
    let files = case.files();
    let (sources, diagnostics, project) = homegen::read_compose(&files, case.options());
    let style = Style { width: 100, color: false };
    let mask = Mask::new(&sources, &[]);
    let errors = render(&mask.diagnostics(&diagnostics), mask.sources(), style);
    let result = project.map(|project| {
        let import = homegen::import(&project, &files, &options(case));
        (project, import)
    });
    Imported { sources, result, errors }
}

/// Everything that a person sees of a case.
fn shown(case: &Case) -> String {
    let Imported { mut sources, result, errors } = import(case);
    let Some((project, import)) = result else { return errors };
    let mut text = errors;
    if let Some(document) = &import.document {
        let written = document.print();
        text.push_str(&format!("== homeserver.yaml\n{written}"));
        let found =
            homegen::check_import("homeserver.yaml", &written, &import.report, &project, &mut sources);
        let found: Vec<String> =
            found.iter().map(|one| format!("{} {}\n", one.code.code(), one.message)).collect();
        if !found.is_empty() {
            text.push_str(&format!("== check\n{}", found.concat()));
        }
    }
    text.push_str(&format!("== report{}", human::render(&import.report, &project, &sources)));
    if !import.secrets.is_empty() {
        text.push_str("== secrets\n");
        for secret in &import.secrets {
            let content =
                secret.content.as_ref().map_or("no content".to_owned(), |one| format!("{:?}", one.as_str()));
            let format = if secret.is_env { " (env)" } else { "" };
            text.push_str(&format!("{}{format}: {content}\n", secret.name));
        }
    }
    if let Some(script) = move_data::script(&project.name, &import.steps) {
        let calls = script.lines().filter(|line| line.starts_with("copy_") && !line.ends_with('{'));
        text.push_str(&format!("== move-data.sh\n{}\n", calls.collect::<Vec<_>>().join("\n")));
    }
    text
}

#[test]
fn each_imported_file_equals_its_snapshot() {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("import");
    settings.set_omit_expression(true);
    settings.bind(|| {
        for case in cases("import") {
            insta::assert_snapshot!(case.name().to_owned(), shown(&case));
        }
    });
}

/// The report in JSON, as a program reads it.
fn report(imported: &Imported) -> serde_json::Value {
    let (project, import) = imported.result.as_ref().expect("a project");
    let text = json::render(&import.report, Some(project), &[], &json::Output::default(), &imported.sources);
    serde_json::from_str(&text).expect("JSON")
}

/// The paths of all values of a file without a value below them. An extension is one value.
fn leaves(value: &serde_yaml::Value, path: &str, found: &mut Vec<String>) {
    match value {
        serde_yaml::Value::Mapping(map) if !map.is_empty() => {
            for (key, value) in map {
                let key = key
                    .as_str()
                    .map(str::to_owned)
                    .unwrap_or_else(|| serde_json::to_string(key).expect("a key"));
                let is_plain = key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
                let path = match (path, is_plain) {
                    ("", _) => key.clone(),
                    (_, true) => format!("{path}.{key}"),
                    (_, false) => format!("{path}[{}]", serde_json::Value::from(key.as_str())),
                };
                match key.starts_with("x-") {
                    true => found.push(path),
                    false => leaves(value, &path, found),
                }
            }
        }
        serde_yaml::Value::Sequence(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                leaves(item, &format!("{path}[{index}]"), found);
            }
        }
        serde_yaml::Value::Tagged(tagged) => leaves(&tagged.value, path, found),
        _ => found.push(path.to_owned()),
    }
}

/// True if `path` is `of` or below it.
fn is_below(path: &str, of: &str) -> bool {
    path.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

#[test]
fn every_value_is_in_the_output_or_in_the_report() {
    let mut lost = Vec::new();
    for case in cases("import") {
        let imported = import(&case);
        // A refused project has no output, and its report only the reasons.
        if imported.result.as_ref().is_none_or(|(_, import)| import.document.is_none()) {
            continue;
        }
        let report = report(&imported);
        let main = case.options().files.first().expect("a file");
        // An independent parser.
        let text = homegen::project::ProjectFiles::read(&case.files(), main).expect("the first file");
        let mut file: serde_yaml::Value = serde_yaml::from_str(&text).expect("YAML");
        file.apply_merge().expect("merge keys");
        let mut all = Vec::new();
        leaves(&file, "", &mut all);
        let entries = |key: &str| report[key].as_array().expect("a list").clone();
        let accounts: Vec<(String, bool)> = entries("report")
            .iter()
            .chain(&entries("mapped"))
            .filter(|entry| entry.get("file").is_none())
            .map(|entry| {
                let has_all = match entry["kind"].as_str() {
                    Some(kind) => {
                        matches!(kind, "dropped" | "refused")
                            || entry["path"].as_str().is_some_and(|path| path.ends_with(']'))
                    }
                    None => !entry["to"].is_null(),
                };
                (entry["path"].as_str().expect("a path").to_owned(), has_all)
            })
            .collect();
        for leaf in all {
            let is_covered = accounts.iter().any(|(path, has_all)| match has_all {
                true => !path.is_empty() && is_below(&leaf, path),
                false => leaf == *path,
            });
            if !is_covered {
                lost.push(format!("{}: {leaf}", case.name()));
            }
        }
    }
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}

#[test]
fn no_secret_is_in_the_file_or_the_report() {
    let mut leaked = Vec::new();
    for case in cases("import") {
        let imported = import(&case);
        let Some((project, import)) = &imported.result else { continue };
        let written = import.document.as_ref().map(|document| document.print()).unwrap_or_default();
        let human = human::render(&import.report, project, &imported.sources);
        let json = report(&imported).to_string();
        let contents = import.secrets.iter().filter_map(|secret| secret.content.as_deref());
        for value in contents.flat_map(|content| content.lines()) {
            // In an env file, only values with the names of secrets are secret; the cases call theirs `…-canary`.
            if value.contains("canary") && [&written, &human, &json].iter().any(|text| text.contains(value)) {
                leaked.push(format!("{}: {value}", case.name()));
            }
        }
        for text in [&written, &human, &json] {
            if text.contains("-canary") {
                leaked.push(format!("{}: {text}", case.name()));
            }
        }
    }
    assert!(leaked.is_empty(), "{}", leaked.join("\n"));
}
