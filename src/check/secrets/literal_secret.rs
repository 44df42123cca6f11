//! Every value of the file is emitted into the world-readable store, so that the file must not contain secrets.

use std::collections::HashSet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host, Id};
use crate::podman::arguments::arguments;
use crate::secret::{
    Argument, Reason, has_two_halves, in_caddyfile, in_header, in_lines, in_nix, in_text, in_words,
    is_hash_name, is_named_secret, is_public_name,
};
use crate::setting::{FileContent, HealthTest, Pairs, SecretStore, Tls, referenced};
use crate::source::{SourceId, Span};
use crate::tree::{Kind, Node, Piece, Step, Target, Text, option_path};

pub(super) fn check(host: &Host, file: &Node, diagnostics: &mut Diagnostics) {
    let store = host.secret_stores.declared().next().unwrap_or(SecretStore::Agenix);
    let decrypted = format!("{}/NAME", store.decrypted());
    let mut found = Found { positions: HashSet::new(), constants: HashSet::new(), decrypted, diagnostics };
    for container in host.containers() {
        of_container(container, &mut found);
        for content in container.settings.files.entries.iter().flat_map(|(_, file)| file.contents()) {
            match content {
                FileContent::Data(_, node) => of_options(node, None, Reader::File, &mut found),
                FileContent::Text(text) => of_option(text, None, Reader::File, &mut found),
                FileContent::Beside(_) => {}
            }
        }
    }
    if let Some(front) = &host.front {
        for (name, value) in front.all_headers() {
            if in_header(&name.value(), &value.value()) {
                found.push(Reason::Header, value.span, Some(name.span), Reader::Caddy);
            }
        }
        for (text, _) in front.caddy_lines() {
            found.reason(in_caddyfile(&text.value()), text.span, Reader::Caddy);
        }
        if let Some(Tls::Plugin(plugin)) = front.tls() {
            let line = format!("acme_dns {}", plugin.acme_dns.value());
            found.reason(in_caddyfile(&line), plugin.acme_dns.span, Reader::Caddy);
        }
    }
    for tree in host.raw_options() {
        of_options(tree, None, Reader::Option, &mut found);
    }
    if let Some(constants) = &host.constants {
        let uploads = host.clients.iter().map(|client| &client.upload);
        let others = uploads.flat_map(|upload| std::iter::once(&upload.api_key).chain(&upload.notify));
        let names =
            host.secrets.keys().map(Id::to_string).chain(others.map(|name| name.text.value())).collect();
        of_constants(constants, &mut Vec::new(), &names, &mut found);
    }
    for repository in host.backups().filter_map(|(_, backup)| backup.repository()) {
        if has_login(&repository.value()) {
            found.push(Reason::Address, repository.span, None, Reader::Restic);
        }
    }
    everywhere(file, &mut found);
}

/// True if the address of a restic repository contains a password: `rest:https://user:password@host`.
fn has_login(repository: &str) -> bool {
    let login = repository.split_once("://").and_then(|(_, rest)| rest.split('/').next()?.rsplit_once('@'));
    login.is_some_and(|(user, _)| user.contains(':'))
}

/// The reader of a text with a secret in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// A program in a container, with these arguments.
    Command,
    /// A shell in a container.
    Shell,
    /// Caddy.
    Caddy,
    /// A NixOS option.
    Option,
    /// A file in a container.
    File,
    /// restic, which takes the address of its repository.
    Restic,
    /// Anything else.
    Other,
}

impl Reader {
    /// The help for a secret that this reader gets.
    fn help(self, reason: &Reason, decrypted: &str) -> String {
        let argument = match reason {
            Reason::Argument(argument) => Some(argument),
            _ => None,
        };
        let (path, declare) = match self {
            Reader::Caddy => return CADDY.to_owned(),
            Reader::Restic => return RESTIC.to_owned(),
            Reader::File => {
                return "declare a secret, and write `${secrets.NAME}` in place of this value".to_owned();
            }
            Reader::Other => return "declare a secret, and use it instead of this value".to_owned(),
            Reader::Option => (decrypted, "declare a secret"),
            Reader::Command | Reader::Shell => {
                ("/run/secrets/NAME", "declare a secret, list it under the container's `secrets`")
            }
        };
        let Some(line) = argument.and_then(|argument| argument.in_shell(path)) else {
            return match self {
                Reader::Option => format!(
                    "use the option that takes a file, such as `passwordFile`, with the path of a secret: `{decrypted}`"
                ),
                _ => format!("{declare}, and pass its path, `{path}`"),
            };
        };
        let read = match self {
            Reader::Command => format!("let a shell read its file: `[sh, -c, 'exec {line}']`"),
            _ => format!("read its file in the shell command: `{line}`"),
        };
        match argument.is_some_and(|argument| argument.path.is_some()) {
            true => read,
            false => format!("{declare}, and {read}"),
        }
    }
}

/// The help for a secret in Caddy's configuration.
const CADDY: &str = "write `{env.NAME}`, and set the variable from a secret with \
                     `systemd.services.caddy.serviceConfig.EnvironmentFile` under `nixos`";

/// The help for a secret in the address of a repository.
const RESTIC: &str = "put the whole address into a secret, and name the secret under `repository_secret`";

/// Reports secrets, once for each position.
struct Found<'a> {
    positions: HashSet<Span>,
    /// Constants whose use is already reported.
    constants: HashSet<Vec<Step>>,
    /// The path of the decrypted secret NAME.
    decrypted: String,
    diagnostics: &'a mut Diagnostics,
}

impl Found<'_> {
    fn reason(&mut self, reason: Option<Reason>, span: Span, reader: Reader) {
        if let Some(reason) = reason {
            self.push(reason, span, None, reader);
        }
    }

    /// Remembers the constants that a reported text names.
    fn remember(&mut self, text: &Text) {
        for piece in &text.pieces {
            if let Piece::Reference(reference) = piece
                && let Target::Constant(path) = &reference.target
            {
                self.constants.insert(path.clone());
            }
        }
    }

    fn push(&mut self, reason: Reason, span: Span, name: Option<Span>, reader: Reader) {
        if !self.positions.insert(span) {
            return;
        }
        let help = reader.help(&reason, &self.decrypted);
        let mut label = "would be world-readable in the Nix store";
        let message = match reason {
            Reason::Argument(Argument { name, path: Some(_), .. }) => {
                label = "the path itself would be the password";
                format!("`{name}` takes the password itself, not its file")
            }
            Reason::Named(name) | Reason::Argument(Argument { name, .. }) => {
                format!("the value of `{name}` looks like a secret")
            }
            Reason::Address => "the address contains a password".to_owned(),
            Reason::Webhook => "the address contains a token".to_owned(),
            Reason::Key => "the value looks like a secret key".to_owned(),
            Reason::Header => "the value of this header looks like a secret".to_owned(),
            Reason::Hash(option) => return self.hash(&option, span),
        };
        let mut diagnostic = Diagnostic::new(Code::LiteralSecret, message, span, label).help(help).yields();
        if let Some(name) = name {
            diagnostic = diagnostic.and(name, "the name suggests a secret");
        }
        self.diagnostics.push(diagnostic);
    }

    fn hash(&mut self, option: &str, span: Span) {
        self.diagnostics.push(
            Diagnostic::new(
                Code::PasswordHash,
                format!("`{option}` puts a password hash into the Nix store"),
                span,
                "every user of the host can try passwords against it",
            )
            .help(format!("set `hashedPasswordFile` to the path of a secret: `{}`", self.decrypted))
            .yields(),
        );
    }
}

fn of_container(container: &Container, found: &mut Found) {
    let settings = &container.settings;
    let by_secret: HashSet<String> =
        settings.secrets.0.iter().filter_map(|used| Some(used.variable.as_ref()?.text.value())).collect();
    // `variable_twice.rs` reports a variable that a secret sets too.
    let literals = settings.environment.0.iter().filter(|(_, value)| referenced(value).next().is_none());
    for (name, value) in literals.filter(|(name, _)| !by_secret.contains(&name.value())) {
        variable(name, value, found);
    }
    pairs(&settings.labels, found);
    pairs(&settings.logging.options, found);
    for command in [&settings.command, &settings.entrypoint].into_iter().flatten() {
        words(&command.0, Reader::Command, found);
    }
    match settings.healthcheck.as_ref().and_then(|check| check.test.as_ref()) {
        Some(HealthTest::Shell(line)) => shell_line(line, found),
        Some(HealthTest::Exec(command)) => words(command, Reader::Shell, found),
        Some(HealthTest::None) | None => {}
    }
    for argument in arguments(&settings.podman_args) {
        let Some(value) = &argument.value else { continue };
        match argument.name.as_str() {
            "env" | "label" | "annotation" | "log-opt" => {
                let written = value.value();
                let Some((name, _)) = written.split_once('=') else { continue };
                let name = Text::literal(name, argument.span);
                let mut rest = value.split_at(name.value().len() + 1).1;
                rest.span = argument.span;
                match argument.name.as_str() {
                    "env" if by_secret.contains(&name.value()) => {}
                    "env" => variable(&name, &rest, found),
                    _ => pair(&name, &rest, found),
                }
            }
            "health-cmd" | "entrypoint" => shell_line(value, found),
            "creds" if has_two_halves(&value.value()) => {
                found.push(Reason::Named("--creds".to_owned()), argument.span, None, Reader::Command);
            }
            _ => {}
        }
    }
}

/// A variable of a container's environment.
fn variable(name: &Text, value: &Text, found: &mut Found) {
    let (variable, text) = (name.value(), value.value());
    if is_public_name(&variable) {
        found.positions.insert(value.span);
        return;
    }
    // Basic authentication takes `user:password`, and a value with options is part of a command line.
    let basic = variable.to_uppercase().ends_with("BASIC_AUTH") && has_two_halves(&text);
    let by_name = !is_fact(value) && (is_named_secret(&variable, &text) || basic);
    let options = || text.starts_with('-').then(|| in_lines(&text)).flatten();
    if !by_name && in_text(&text).or_else(options).is_none() {
        return;
    }
    found.remember(value);
    if found.positions.insert(value.span) {
        found.diagnostics.push(
            Diagnostic::new(
                Code::LiteralSecret,
                format!("the value of `{variable}` looks like a secret"),
                value.span,
                "would be world-readable in the Nix store",
            )
            .and(name.span, "this variable")
            .help(format!("declare a secret, and write `secrets: {{ {variable}: NAME }}` instead")),
        );
    }
}

/// Labels, and options of a log driver.
fn pairs(pairs: &Pairs, found: &mut Found) {
    pairs.0.iter().for_each(|(name, value)| pair(name, value, found));
}

fn pair(name: &Text, value: &Text, found: &mut Found) {
    let text = value.value();
    if is_named_secret(&name.value(), &text) && !is_fact(value) {
        found.remember(value);
        found.push(Reason::Named(name.value()), value.span, Some(name.span), Reader::Command);
    } else {
        found.reason(in_text(&text), value.span, Reader::Command);
    }
}

/// A program and its arguments. The position is the word with the secret, if one word contains it.
fn words(command: &[Text], reader: Reader, found: &mut Found) {
    let values: Vec<String> = command.iter().map(Text::value).collect();
    let Some(reason) = in_words(&values) else { return };
    // The end of the shortest prefix with the secret: a longer prefix contains it too.
    let ends: Vec<usize> = (1..=values.len()).collect();
    let word = command.get(ends.partition_point(|end| in_words(&values[..*end]).is_none()));
    if let Some(word) = word.or(command.first()) {
        found.push(reason, word.span, None, reader);
    }
}

fn shell_line(line: &Text, found: &mut Found) {
    let words = shell_words::split(&line.value()).unwrap_or_default();
    found.reason(in_words(&words), line.span, Reader::Shell);
}

/// The options of NixOS in a tree, each with the name of its last step.
fn of_options(node: &Node, name: Option<&Text>, reader: Reader, found: &mut Found) {
    match &node.kind {
        Kind::Map(entries) => {
            for entry in entries {
                let last = option_path(&entry.key).pop();
                of_options(&entry.value, last.as_ref(), reader, found);
            }
        }
        Kind::List(items) => {
            items.iter().for_each(|item| of_options(item, name, reader, found));
            of_arguments(items, reader, found);
        }
        Kind::Scalar(text) => of_option(text, name, reader, found),
        Kind::Nix(code) => found.reason(in_nix(code), node.span, reader),
        Kind::Unknown => {}
    }
}

/// A list under `nixos` may be a command line: an option, and its value in the next item.
fn of_arguments(items: &[Node], reader: Reader, found: &mut Found) {
    let texts = |item: &Node| match &item.kind {
        Kind::Scalar(text) => Some(text.clone()),
        _ => None,
    };
    for run in items.split(|item| texts(item).is_none()) {
        let command: Vec<Text> = run.iter().filter_map(texts).collect();
        words(&command, reader, found);
    }
}

fn of_option(text: &Text, name: Option<&Text>, reader: Reader, found: &mut Found) {
    // A text with a secret is rendered at start.
    if referenced(text).next().is_some() {
        return;
    }
    let value = text.value();
    let named = name.filter(|_| !is_fact(text));
    if let Some(name) = name.filter(|name| is_hash_name(&name.value()) && value.starts_with('$')) {
        found.push(Reason::Hash(name.value()), text.span, None, reader);
    } else if let Some(name) = named.filter(|name| is_named_secret(&name.value(), &value)) {
        found.remember(text);
        found.push(Reason::Named(name.value()), text.span, Some(name.span), reader);
    } else if name.is_none_or(|name| name.value() != "description") {
        found.reason(in_lines(&value), text.span, reader);
    }
}

/// Constants that are named like secrets, unless the value is the name of a secret.
fn of_constants(node: &Node, path: &mut Vec<Step>, names: &HashSet<String>, found: &mut Found) {
    let Kind::Map(entries) = &node.kind else { return };
    for entry in entries {
        let name = entry.key.value();
        path.push(Step::Key(name.clone()));
        if let Kind::Scalar(text) = &entry.value.kind {
            let value = text.value();
            let is_literal = is_named_secret(&name, &value) && text.is_literal();
            if is_literal && !names.contains(&value) && !found.constants.contains(path) {
                found.push(Reason::Named(name), text.span, Some(entry.key.span), Reader::Other);
            }
        }
        of_constants(&entry.value, path, names, found);
        path.pop();
    }
}

/// Addresses with a password and keys of providers, in any value of the file.
fn everywhere(node: &Node, found: &mut Found) {
    match &node.kind {
        Kind::Map(entries) => entries.iter().for_each(|entry| everywhere(&entry.value, found)),
        Kind::List(items) => items.iter().for_each(|item| everywhere(item, found)),
        // A referenced value is reported at its definition.
        Kind::Scalar(text) if node.defined.is_none() && text.span.source == SourceId::FILE => {
            found.reason(in_text(&text.value()), text.span, Reader::Other);
        }
        _ => {}
    }
}

/// True if a value is public: the name, the time zone or a port of the host.
fn is_fact(value: &Text) -> bool {
    value.pieces.iter().all(|piece| match piece {
        Piece::Literal(_) => false,
        Piece::Reference(reference) => {
            matches!(reference.target, Target::HostName | Target::TimeZone | Target::Port(_))
        }
    })
}
