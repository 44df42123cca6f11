//! A file of a container has one content, in the shape of its format.

use super::beside;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::{AbsolutePath, Form};
use crate::hir::Host;
use crate::setting::{ContainerFile, FileContent, FileFormat};
use crate::tree::{Kind, Node, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        for (target, file) in &container.settings.files.entries {
            check_target(target, diagnostics);
            check_contents(target, file, diagnostics);
        }
        for path in &container.missing_files {
            beside::report_missing(path, diagnostics);
        }
    }
}

fn check_target(target: &Text, diagnostics: &mut Diagnostics) {
    let path = target.value();
    if AbsolutePath::parse(&path).is_some_and(|_| !path.ends_with('/') && !path.contains(':')) {
        return;
    }
    diagnostics.push(
        Diagnostic::new(
            Code::BadValue,
            format!("`{path}` is not a valid path for a file in the container"),
            target.span,
            "expected an absolute path without `:`, `.`, `..` and a slash at the end",
        )
        .help("write the path of the file in the container, such as `/etc/app/app.yml`"),
    );
}

fn check_contents(target: &Text, file: &ContainerFile, diagnostics: &mut Diagnostics) {
    let contents = file.contents();
    match contents.as_slice() {
        [] if file.unreadable.is_empty() => diagnostics.push(
            Diagnostic::new(
                Code::MissingKey,
                format!("the file `{}` has no content", target.value()),
                target.span,
                "expected one of yaml, json, toml, ini, env, text and from",
            )
            .help("add a line such as `text: \"…\"` or `from: ./app.yml`"),
        ),
        [] => {}
        [content] => check_content(*content, diagnostics),
        [first, second, ..] => diagnostics.push(
            Diagnostic::new(
                Code::Contradiction,
                format!("the file `{}` has several contents", target.value()),
                ContainerFile::span_of(*second),
                "the second content",
            )
            .and(ContainerFile::span_of(*first), "the first content")
            .help("keep one of them"),
        ),
    }
}

fn check_content(content: FileContent, diagnostics: &mut Diagnostics) {
    let mut refuse = |node: &Node, expected: &str, format: FileFormat, help: &str| {
        diagnostics.push(
            Diagnostic::new(
                Code::BadValue,
                format!("{} is not valid in the format `{}`", node.type_name(), format.key()),
                node.span,
                format!("expected {expected}"),
            )
            .help(help),
        );
    };
    match content {
        FileContent::Data(format @ FileFormat::Ini, data) => {
            for section in values(data, |node| refuse(node, "sections", format, INI)) {
                for value in values(section, |node| refuse(node, "a section", format, INI)) {
                    if !is_scalar(value) {
                        refuse(value, "a text, a number or a boolean", format, INI);
                    }
                }
            }
        }
        FileContent::Data(format @ FileFormat::Env, data) => {
            for value in values(data, |node| refuse(node, "a mapping", format, ENV)) {
                if !is_scalar(value) {
                    refuse(value, "a text, a number or a boolean", format, ENV);
                }
            }
        }
        FileContent::Data(format @ FileFormat::Toml, data) => {
            let _ = values(data, |node| refuse(node, "a mapping", format, "write `toml: { KEY: VALUE }`"));
            nulls(data, &mut |node| refuse(node, "a value", format, "remove the key: TOML has no null"));
        }
        FileContent::Beside(path) => beside::check_relative(path, "./app.yml", diagnostics),
        FileContent::Data(FileFormat::Yaml | FileFormat::Json, _) | FileContent::Text(_) => {}
    }
}

const INI: &str = "write `ini: { SECTION: { KEY: VALUE } }`";
const ENV: &str = "write `env: { KEY: VALUE }`";

/// The values of a mapping. Calls `refuse` for any other node, except an expression of Nix, whose value is unknown.
fn values(node: &Node, mut refuse: impl FnMut(&Node)) -> Vec<&Node> {
    match &node.kind {
        Kind::Map(entries) => entries.iter().map(|entry| &entry.value).collect(),
        Kind::Nix(_) | Kind::Unknown => Vec::new(),
        _ => {
            refuse(node);
            Vec::new()
        }
    }
}

fn is_scalar(node: &Node) -> bool {
    matches!(node.kind, Kind::Scalar(_) | Kind::Nix(_) | Kind::Unknown) && !node.is_null()
}

fn nulls(node: &Node, refuse: &mut impl FnMut(&Node)) {
    match &node.kind {
        Kind::Map(entries) => entries.iter().for_each(|entry| nulls(&entry.value, refuse)),
        Kind::List(items) => items.iter().for_each(|item| nulls(item, refuse)),
        Kind::Scalar(_) if node.is_null() => refuse(node),
        _ => {}
    }
}
