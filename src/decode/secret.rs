//! Decodes the uses of secrets.

use super::container::check_no_colon;
use super::{Decode, Reader, wrong_type};
use crate::diag::{Code, Diagnostic, closest};
use crate::setting::{EnvFile, EnvFiles, SecretEnvFile, SecretFile, SecretUse, SecretUses};
use crate::source::Span;
use crate::tree::{Entry, Kind, Node};
use crate::word::is_word;

impl Decode for SecretUses {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let mut uses = Vec::new();
        match &node.kind {
            Kind::Map(entries) => uses.extend(entries.iter().filter_map(|entry| in_variable(entry, reader))),
            Kind::List(items) => {
                for item in items {
                    let (secret, target) = match &item.kind {
                        Kind::Map(entries) if is_variable(entries) => {
                            uses.extend(in_variable(&entries[0], reader));
                            continue;
                        }
                        Kind::Map(_) => match SecretFile::decode(item, reader) {
                            Some(file) => {
                                let target = file.target.iter().map(|target| &target.text);
                                if check_no_colon(target, item, reader).is_none() {
                                    continue;
                                }
                                (file.source, file.target)
                            }
                            None => continue,
                        },
                        _ => match Decode::decode(item, reader) {
                            Some(name) => (name, None),
                            None => continue,
                        },
                    };
                    uses.push(SecretUse { variable: None, secret, target, span: item.span });
                }
            }
            _ => {
                wrong_type(node, "a mapping of `VARIABLE: SECRET` or a list of secrets", reader);
                return None;
            }
        }
        Some(SecretUses(uses))
    }

    fn absent(_: Span) -> Option<Self> {
        Some(SecretUses::default())
    }

    fn unreadable() -> Option<Self> {
        Some(SecretUses::default())
    }
}

/// Decodes `VARIABLE: secret`.
fn in_variable(entry: &Entry, reader: &mut Reader) -> Option<SecretUse> {
    let key = Node { span: entry.key.span, defined: None, kind: Kind::Scalar(entry.key.clone()) };
    let variable = Decode::decode(&key, reader);
    let secret = Decode::decode(&entry.value, reader)?;
    Some(SecretUse { variable: Some(variable?), secret, target: None, span: entry.key.span })
}

/// Reports whether an item of a list is `VARIABLE: secret`, and not a mounted secret.
fn is_variable(entries: &[Entry]) -> bool {
    matches!(entries, [entry] if closest(&entry.key.value(), SecretFile::KEYS.iter().copied()).is_none())
}

impl Decode for EnvFile {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        match node.kind {
            Kind::Map(_) => SecretEnvFile::decode(node, reader).map(|e| EnvFile::Secret(e.secret)),
            _ => {
                // A secret's name in the place of a path. Compose has no such short form either.
                if let Kind::Scalar(text) = &node.kind
                    && !text.value().contains('/')
                    && is_word(&text.value(), b"_-")
                {
                    reader.push(
                        Diagnostic::new(
                            Code::BadValue,
                            format!("`{}` is not a valid environment file", text.value()),
                            node.span,
                            "expected an absolute path, or a mapping with `secret`",
                        )
                        .help(format!("write `{{ secret: {} }}` for a secret of format `env`", text.value())),
                    );
                    return None;
                }
                Decode::decode(node, reader).map(EnvFile::Path)
            }
        }
    }
}

impl Decode for EnvFiles {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        match node.kind {
            Kind::List(_) => Vec::decode(node, reader).map(EnvFiles),
            _ => EnvFile::decode(node, reader).map(|one| EnvFiles(vec![one])),
        }
    }

    fn absent(_: Span) -> Option<Self> {
        Some(EnvFiles::default())
    }

    fn unreadable() -> Option<Self> {
        Some(EnvFiles::default())
    }
}
