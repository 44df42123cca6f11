//! The end of the report as text: what was written, and what a person does next.

use shell_words::quote;

use super::json::Output;
use super::{Kind, Report};
use crate::printable::printable;

/// Renders what was written and the next steps, or nothing for a refused project. `has_store` is true if the file had a store
/// for secrets before. `project` is the folder of the Compose file.
pub fn render(report: &Report, output: &Output, has_store: bool, project: &str) -> String {
    let Some(file) = &output.written else { return String::new() };
    let mut text = format!("\nWritten:\n  {}\n", printable(file));
    if let Some(folder) = &output.folder {
        text.push_str(&format!("  {}/: {}\n", printable(folder), contents(output)));
    }
    text.push_str("\nNext:\n");
    for (index, step) in steps(report, output, has_store, file, project).iter().enumerate() {
        text.push_str(&format!("  {}. {}\n", index + 1, printable(step)));
    }
    text
}

/// The content of the folder.
fn contents(output: &Output) -> String {
    let count = output.secrets.iter().filter(|secret| secret.content.is_some()).count();
    let secrets = match count {
        0 => None,
        1 => Some("1 secret in plain text".to_owned()),
        count => Some(format!("{count} secrets in plain text")),
    };
    let script = output.script.as_ref().map(|name| format!("{name} for the data"));
    let parts: Vec<String> = secrets.into_iter().chain(script).collect();
    match parts.is_empty() {
        true => "no secret has a value yet".to_owned(),
        false => parts.join(", "),
    }
}

fn steps(report: &Report, output: &Output, has_store: bool, file: &str, project: &str) -> Vec<String> {
    let mut steps = Vec::new();
    // The default file needs no argument.
    let argument = if file == "homeserver.yaml" { String::new() } else { format!(" {}", quoted(file)) };
    if !has_store || report.lines.iter().any(|line| line.kind == Kind::FillIn) {
        steps.push(format!("fill in the values marked `# import:` in {file}"));
    }
    if let (Some(folder), false) = (&output.folder, output.secrets.is_empty()) {
        if !has_store {
            steps.push(format!(
                "add `recipients` to `agenix` in {file}: your public key and the key of the host (`cat /etc/ssh/ssh_host_ed25519_key.pub`)"
            ));
        }
        let secrets = format!("{folder}/secrets");
        let missing = output.secrets.iter().filter(|secret| secret.content.is_none());
        let missing: Vec<&str> = missing.map(|secret| secret.name.as_str()).collect();
        if !missing.is_empty() {
            steps
                .push(format!("write secrets without a value to files in {secrets}: {}", missing.join(", ")));
        }
        steps.push(format!("homegen secrets encrypt {}{argument}", quoted(&secrets)));
    }
    steps.push(format!("homegen check{argument}"));
    steps.push(format!("homegen build{argument}"));
    if let (Some(folder), Some(script)) = (&output.folder, &output.script) {
        let path = quoted(&format!("{folder}/{script}"));
        steps.push(match project {
            "." => format!("on the host, stop Docker and copy the data: sudo bash {path}"),
            project => {
                format!("on the host, in {project}, stop Docker and copy the data: sudo bash {path}")
            }
        });
    }
    steps.push("on the host: sudo nixos-rebuild switch --flake .".to_owned());
    steps
}

/// A word for a shell that is no option.
fn quoted(path: &str) -> String {
    match path.starts_with('-') {
        true => quote(&format!("./{path}")).into_owned(),
        false => quote(path).into_owned(),
    }
}
