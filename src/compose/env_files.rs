//! The env files of services.

use indexmap::IndexMap;

use super::environment::Environment;
use super::paths::plain;
use super::{Reader, dotenv};
use crate::project::{EnvFile, Node, Unread};

impl Reader<'_> {
    /// Reads the files of `env_file`, in canonical form. Values may refer to the project's variables, and to the service's
    /// `environment`.
    pub(super) fn env_files(
        &mut self,
        env_files: Option<Node>,
        keys: &IndexMap<String, Node>,
        is_active: bool,
        environment: &Environment,
    ) -> Vec<EnvFile> {
        let own = keys.get("environment");
        let lookup = |name: &str| {
            let own = || own.and_then(|own| own.get(name)).and_then(Node::text).map(String::from);
            environment.get(name).or_else(own)
        };
        let mut files = Vec::new();
        for entry in env_files.iter().flat_map(|list| list.items()) {
            let text = |key: &str| entry.get(key).and_then(Node::text);
            let Some(path) = text("path") else { continue };
            let is_raw = text("format").as_deref() == Some("raw");
            let variables = match self.files.read(plain(&path)) {
                Ok(text) if !self.budget.take(text.len()) => None,
                Ok(text) => {
                    // Services often share a file, which is one source.
                    let known = self.env_sources.get(&*path).copied();
                    let source = known.unwrap_or_else(|| self.sources.add(&path, text.clone()));
                    self.env_sources.insert(path.to_string(), source);
                    Some(match is_raw {
                        true => dotenv::parse_raw(&text, source, &lookup, self.diagnostics),
                        false => dotenv::parse(&text, source, &lookup, &self.budget, self.diagnostics),
                    })
                }
                // The converter asks for the file.
                Err(Unread::Absent | Unread::Outside) => None,
                Err(Unread::Failed(_)) if !is_active => None,
                Err(unread) => {
                    let at = self.origins.place(entry.origin).value;
                    self.report_unread(&path, &unread, Some(at));
                    None
                }
            };
            files.push(EnvFile {
                origin: entry.origin,
                path: path.into_owned(),
                is_required: text("required").as_deref() != Some("false"),
                variables,
            });
        }
        files
    }
}
