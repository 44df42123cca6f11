//! Values that become secrets. They are never in the document, in a comment or in the report.

use std::collections::HashMap;

use indexmap::IndexMap;
use zeroize::Zeroizing;

use super::names::{Taken, slug};
use crate::document::{Map, Value};
use crate::report::ImportedSecret;
use crate::secret::{KnownSecrets, in_lines, in_text, is_named_secret, is_public_name, is_secret_name};

/// The secrets so far.
#[derive(Debug)]
pub(super) struct Secrets {
    secrets: IndexMap<String, ImportedSecret>,
    /// The names, by format and content: equal values are one secret.
    by_content: HashMap<(bool, String), String>,
    /// The owners of the decrypted files, by the names of the secrets.
    owners: HashMap<String, String>,
    /// The names of secrets without a value, by what asked for them.
    missing: HashMap<String, String>,
    taken: Taken,
    project: String,
}

impl Secrets {
    pub(super) fn new(project: &str, taken: Taken) -> Secrets {
        Secrets {
            secrets: IndexMap::new(),
            by_content: HashMap::new(),
            owners: HashMap::new(),
            missing: HashMap::new(),
            taken,
            project: project.to_owned(),
        }
    }

    /// The secret with this content. `hint` names it if it is new: the name of a variable or a file.
    pub(super) fn of_content(&mut self, hint: &str, content: &str, is_env: bool) -> String {
        let key = (is_env, content.to_owned());
        if let Some(name) = self.by_content.get(&key) {
            return name.clone();
        }
        let name = self.add(hint, Some(Zeroizing::new(content.to_owned())), is_env);
        self.by_content.insert(key, name.clone());
        name
    }

    /// The secret without a value that `hint` names.
    pub(super) fn without_value(&mut self, hint: &str, is_env: bool) -> String {
        if let Some(name) = self.missing.get(hint) {
            return name.clone();
        }
        let name = self.add(hint, None, is_env);
        self.missing.insert(hint.to_owned(), name.clone());
        name
    }

    /// Gives the decrypted file of a secret to the user with a number. False if it belongs to another user.
    pub(super) fn give_to(&mut self, name: &str, user: &str) -> bool {
        let owner = self.owners.entry(name.to_owned()).or_insert_with(|| user.to_owned());
        owner == user
    }

    fn add(&mut self, hint: &str, content: Option<Zeroizing<String>>, is_env: bool) -> String {
        let hint = slug(hint);
        let name = match hint.starts_with(&self.project) {
            true => hint,
            false => format!("{}-{hint}", self.project),
        };
        let name = self.taken.take(&name);
        self.secrets.insert(name.clone(), ImportedSecret { name: name.clone(), content, is_env });
        name
    }

    /// The values of all secrets, and of all variables in them.
    pub(super) fn known(&self) -> KnownSecrets<'_> {
        KnownSecrets::new(self.values())
    }

    /// The values of all secrets: their lines, and the values of the secret variables in env files.
    pub(super) fn values(&self) -> impl Iterator<Item = &str> {
        let secrets = self.secrets.values().filter_map(|secret| Some((secret, secret.content.as_deref()?)));
        secrets.flat_map(|(secret, content)| {
            content.lines().filter_map(|line| match line.split_once('=') {
                Some((name, value)) if secret.is_env => is_secret_variable(name, value).then_some(value),
                _ => Some(line),
            })
        })
    }

    /// Writes `secrets` and the folder of agenix.
    pub(super) fn write(&self, document: &mut Map, has_store: bool) {
        if self.secrets.is_empty() {
            return;
        }
        if !has_store {
            document.map("agenix").push("directory", Value::text("secrets"));
        }
        let secrets = document.map("secrets");
        for secret in self.secrets.values() {
            let mut value = Map::default();
            if secret.is_env {
                value.push("format", Value::text("env"));
            }
            if let Some(owner) = self.owners.get(&secret.name) {
                value.push("owner", Value::Plain(owner.clone()));
            }
            secrets.push(&secret.name, Value::Map(value));
        }
    }

    /// All secrets, in the order in which they were found.
    pub(super) fn into_list(self) -> Vec<ImportedSecret> {
        self.secrets.into_values().collect()
    }
}

/// True if a variable of this name with this value holds a secret.
pub(super) fn is_secret_variable(name: &str, value: &str) -> bool {
    if is_public_name(name) {
        return false;
    }
    let is_option = || value.starts_with('-') && in_lines(value).is_some();
    let is_file = || value.contains('\n') && in_lines(value).is_some();
    is_named_secret(name, value)
        || is_basic_auth(name, value)
        || in_text(value).is_some()
        || is_option()
        || is_file()
}

/// True if a variable of this name without a value holds a secret.
pub(super) fn is_secret_without_value(name: &str) -> bool {
    is_secret_name(name) && !is_public_name(name)
}

/// Basic authentication takes `user:password`.
fn is_basic_auth(name: &str, value: &str) -> bool {
    name.to_uppercase().ends_with("BASIC_AUTH") && crate::secret::has_two_halves(value)
}

/// True for values that stand for a password that has to be chosen.
pub(super) fn is_placeholder(value: &str) -> bool {
    let value = value.to_ascii_lowercase().replace(['-', '_', ' '], "");
    const WORDS: &[&str] = &[
        "changeme",
        "changethis",
        "replaceme",
        "replacethis",
        "yourpassword",
        "yoursecret",
        "yourtoken",
        "yourkey",
        "insecure",
        "example",
        "xxxxx",
        "placeholder",
        "todo",
    ];
    value.is_empty() || WORDS.iter().any(|word| value.contains(word)) || value.starts_with('<')
}
