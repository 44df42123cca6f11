//! All that a file says is emitted into the world-readable store: no secret may be written there.

use std::collections::HashSet;

use crate::ast::{HealthTest, Pairs, Tls};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host};
use crate::podman::arguments::arguments;
use crate::secret::{
    Reason, has_two_halves, in_caddyfile, in_header, in_nix, in_text, in_words, is_hash_name, is_secret_name,
    may_be_secret,
};
use crate::source::{SourceId, Span};
use crate::tree::{Kind, Node, Piece, Target, Text, option_path};

pub(super) fn check(host: &Host, file: &Node, diagnostics: &mut Diagnostics) {
    let mut found = Found { places: HashSet::new(), diagnostics };
    for container in host.containers() {
        of_container(container, &mut found);
    }
    if let Some(front) = &host.front {
        let declared = &front.declared;
        let sites = front.sites.iter().map(|site| &site.declared);
        for headers in std::iter::once(&declared.headers).chain(sites.clone().map(|site| &site.headers)) {
            for (name, value) in &headers.0 {
                if in_header(&name.value(), &value.value()) {
                    found.push(Reason::Header, value.span, Some(name.span), CADDY);
                }
            }
        }
        let lines =
            declared.global.iter().chain(&declared.extra).chain(sites.filter_map(|s| s.extra.as_ref()));
        for text in lines {
            found.reason(in_caddyfile(&text.value()), text.span, CADDY);
        }
        if let Some(Tls::Plugin(plugin)) = &declared.tls {
            let line = format!("acme_dns {}", plugin.acme_dns.value());
            found.reason(in_caddyfile(&line), plugin.acme_dns.span, CADDY);
        }
    }
    for tree in host.raw_options() {
        of_options(tree, None, &mut found);
    }
    everywhere(file, &mut found);
}

/// What to do about a secret in Caddy's configuration.
const CADDY: &str = "write `{env.NAME}`, and give Caddy the variable from a secret through \
                     `systemd.services.caddy.serviceConfig.EnvironmentFile` under `nixos`";

/// What to do about a secret in a command.
const COMMAND: &str =
    "declare a secret, list it under the container's `secrets`, and name its file, /run/secrets/NAME";

/// What to do about a secret of a NixOS option.
const OPTION: &str = "set the option that takes the path of a file, such as `passwordFile`, to that of a secret, /run/agenix/NAME";

/// What to do about a secret anywhere else.
const ANYWHERE: &str = "declare a secret, and refer to it where this value is used";

/// Reports secrets, each place once.
struct Found<'a> {
    places: HashSet<Span>,
    diagnostics: &'a mut Diagnostics,
}

impl Found<'_> {
    fn reason(&mut self, reason: Option<Reason>, span: Span, help: &str) {
        if let Some(reason) = reason {
            self.push(reason, span, None, help);
        }
    }

    fn push(&mut self, reason: Reason, span: Span, name: Option<Span>, help: &str) {
        // A value that could not be read was reported.
        if !self.places.insert(span) || self.diagnostics.has_error_in(span) {
            return;
        }
        let message = match reason {
            Reason::Named(name) => format!("the value of `{name}` looks like a secret"),
            Reason::Address => "there is a password in this address".to_owned(),
            Reason::Key => "this looks like a secret key".to_owned(),
            Reason::Header => "the login in this header looks like a secret".to_owned(),
        };
        let label = "would be readable by everyone, in the Nix store";
        let mut diagnostic = Diagnostic::new(Code::LiteralSecret, message, span, label).help(help);
        if let Some(name) = name {
            diagnostic = diagnostic.and(name, "its name");
        }
        self.diagnostics.push(diagnostic);
    }
}

fn of_container(container: &Container, found: &mut Found) {
    let compose = &container.compose;
    for (name, value) in &compose.environment.0 {
        variable(name, value, found);
    }
    pairs(&compose.labels, found);
    if let Some(logging) = &compose.logging {
        pairs(&logging.options, found);
    }
    for command in [&compose.command, &compose.entrypoint].into_iter().flatten() {
        words(&command.0, found);
    }
    match compose.healthcheck.as_ref().and_then(|check| check.test.as_ref()) {
        Some(HealthTest::Shell(line)) => shell_line(line, found),
        Some(HealthTest::Exec(command)) => words(command, found),
        Some(HealthTest::None) | None => {}
    }
    for argument in arguments(&compose.podman_args) {
        let Some(value) = &argument.value else { continue };
        match argument.name.as_str() {
            "env" | "label" | "annotation" | "log-opt" => {
                let written = value.value();
                let Some((name, _)) = written.split_once('=') else { continue };
                let name = Text::literal(name, argument.span);
                let mut rest = value.split_at(name.value().len() + 1).1;
                rest.span = argument.span;
                match argument.name.as_str() {
                    "env" => variable(&name, &rest, found),
                    _ => pair(&name, &rest, found),
                }
            }
            "health-cmd" | "entrypoint" => shell_line(value, found),
            _ => {}
        }
    }
}

/// A variable of a container's environment.
fn variable(name: &Text, value: &Text, found: &mut Found) {
    let (variable, text) = (name.value(), value.value());
    let hidden = may_be_secret(&text) && !is_fact(value);
    // `user:password` is what basic authentication takes.
    let basic = variable.to_uppercase().ends_with("BASIC_AUTH") && has_two_halves(&text);
    let by_name = hidden && (is_secret_name(&variable) || basic);
    if !by_name && in_text(&text).is_none() {
        return;
    }
    if found.places.insert(value.span) {
        found.diagnostics.push(
            Diagnostic::new(
                Code::LiteralSecret,
                format!("`{variable}` looks like a secret"),
                value.span,
                "would be readable by everyone, in the Nix store",
            )
            .and(name.span, "this variable")
            .help(format!("declare a secret, and write `secrets: {{ {variable}: NAME }}` in place of this")),
        );
    }
}

/// Labels, and options of a log driver.
fn pairs(pairs: &Pairs, found: &mut Found) {
    pairs.0.iter().for_each(|(name, value)| pair(name, value, found));
}

fn pair(name: &Text, value: &Text, found: &mut Found) {
    let text = value.value();
    if is_secret_name(&name.value()) && may_be_secret(&text) && !is_fact(value) {
        found.push(Reason::Named(name.value()), value.span, Some(name.span), COMMAND);
    } else {
        found.reason(in_text(&text), value.span, COMMAND);
    }
}

/// A program and its arguments. The place is that of the word with the secret where one word has it.
fn words(command: &[Text], found: &mut Found) {
    let values: Vec<String> = command.iter().map(Text::value).collect();
    let Some(reason) = in_words(&values) else { return };
    let alone = command.iter().find(|word| in_words(std::slice::from_ref(&word.value())).is_some());
    let named = match &reason {
        Reason::Named(name) => {
            values.iter().position(|value| value == name).and_then(|at| command.get(at + 1))
        }
        _ => None,
    };
    if let Some(place) = alone.or(named).or(command.first()) {
        found.push(reason, place.span, None, COMMAND);
    }
}

fn shell_line(line: &Text, found: &mut Found) {
    let words = shell_words::split(&line.value()).unwrap_or_default();
    found.reason(in_words(&words), line.span, COMMAND);
}

/// The options of NixOS in a tree, each with the name that leads to it.
fn of_options(node: &Node, name: Option<&Text>, found: &mut Found) {
    match &node.kind {
        Kind::Map(entries) => {
            for entry in entries {
                let last = option_path(&entry.key).pop();
                of_options(&entry.value, last.as_ref(), found);
            }
        }
        Kind::List(items) => items.iter().for_each(|item| of_options(item, name, found)),
        Kind::Scalar(text) => of_option(text, name, found),
        Kind::Nix(code) => found.reason(in_nix(code), node.span, OPTION),
        Kind::Unknown => {}
    }
}

fn of_option(text: &Text, name: Option<&Text>, found: &mut Found) {
    let value = text.value();
    let hidden = may_be_secret(&value) && !is_fact(text);
    let named = name.filter(|_| hidden);
    if let Some(name) = name.filter(|name| is_hash_name(&name.value()) && value.starts_with('$')) {
        if found.places.insert(text.span) {
            found.diagnostics.push(
                Diagnostic::new(
                    Code::PasswordHash,
                    format!("`{}` puts the hash of a password into the Nix store", name.value()),
                    text.span,
                    "everyone on the host can try passwords against it",
                )
                .help("set `hashedPasswordFile` to the path of a secret, /run/agenix/NAME"),
            );
        }
    } else if let Some(name) = named.filter(|name| is_secret_name(&name.value())) {
        found.push(Reason::Named(name.value()), text.span, Some(name.span), OPTION);
    } else if name.is_none_or(|name| name.value() != "description") {
        let words: Vec<String> = value.split_whitespace().map(str::to_owned).collect();
        let assigned = words.iter().find_map(|word| in_words(std::slice::from_ref(word)));
        found.reason(assigned, text.span, OPTION);
    }
}

/// Addresses with a password and keys of providers, in any value of the file.
fn everywhere(node: &Node, found: &mut Found) {
    match &node.kind {
        Kind::Map(entries) => entries.iter().for_each(|entry| everywhere(&entry.value, found)),
        Kind::List(items) => items.iter().for_each(|item| everywhere(item, found)),
        // A value that came by reference is reported where it is defined.
        Kind::Scalar(text) if node.defined.is_none() && text.span.source == SourceId::FILE => {
            found.reason(in_text(&text.value()), text.span, ANYWHERE);
        }
        _ => {}
    }
}

/// Whether a value is what the host says of itself to everyone.
fn is_fact(value: &Text) -> bool {
    value.pieces.iter().all(|piece| match piece {
        Piece::Literal(_) => false,
        Piece::Reference(reference) => {
            matches!(reference.target, Target::HostName | Target::TimeZone | Target::Port(_))
        }
    })
}
