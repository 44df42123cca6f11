//! Files of a container that the file contains.

use super::{Raw, ReferencedSecret, UsedSecret, referenced};
use crate::form::{Mode, Owner};
use crate::shape::mapping;
use crate::source::Span;
use crate::tree::{Kind, Node, Text};
use crate::value::Value;

mapping! {
    /// A file in a container. It has one content.
    ContainerFile such as "{ text: \"hello\" }" called "/etc/app/app.yml" {
        /// The content as YAML.
        yaml: Option<Raw>,
        /// The content as JSON.
        json: Option<Raw>,
        /// The content as TOML.
        toml: Option<Raw>,
        /// The content as INI: sections with keys.
        ini: Option<Raw>,
        /// The content as lines of `KEY=value`.
        env: Option<Raw>,
        /// The content itself.
        text: Option<Text>,
        /// A file beside this one, by its relative path.
        from: Option<Text>,
        /// The owner of the file, by number, or `uid:gid`. Default: root.
        owner: Option<Value<Owner>>,
        /// The group of the file, by number. Default: the number of the owner.
        group: Option<Value<Owner>>,
        /// The mode of the file. Default: `"0444"`, or `"0400"` with a secret in it.
        mode: Option<Value<Mode>>,
    }
}

/// The format of a file's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileFormat {
    /// YAML.
    Yaml,
    /// JSON.
    Json,
    /// TOML.
    Toml,
    /// INI.
    Ini,
    /// Lines of `KEY=value`.
    Env,
}

impl FileFormat {
    /// The key in the file.
    pub(crate) fn key(self) -> &'static str {
        match self {
            FileFormat::Yaml => "yaml",
            FileFormat::Json => "json",
            FileFormat::Toml => "toml",
            FileFormat::Ini => "ini",
            FileFormat::Env => "env",
        }
    }
}

/// The content of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FileContent<'a> {
    /// Data in a format.
    Data(FileFormat, &'a Node),
    /// A text.
    Text(&'a Text),
    /// A file beside the compiled file.
    Beside(&'a Text),
}

impl ContainerFile {
    /// The contents, of which there should be one.
    pub(crate) fn contents(&self) -> Vec<FileContent<'_>> {
        let data = [
            (FileFormat::Yaml, &self.yaml),
            (FileFormat::Json, &self.json),
            (FileFormat::Toml, &self.toml),
            (FileFormat::Ini, &self.ini),
            (FileFormat::Env, &self.env),
        ];
        let data =
            data.into_iter().filter_map(|(format, raw)| Some(FileContent::Data(format, &raw.as_ref()?.0)));
        let text = self.text.iter().map(FileContent::Text);
        data.chain(text).chain(self.from.iter().map(FileContent::Beside)).collect()
    }

    /// The secrets in the content.
    pub(crate) fn secrets(&self) -> Vec<ReferencedSecret<'_>> {
        let mut found = Vec::new();
        for content in self.contents() {
            match content {
                FileContent::Data(_, node) => in_node(node, &mut found),
                FileContent::Text(text) => found.extend(referenced(text)),
                FileContent::Beside(_) => {}
            }
        }
        found
    }

    /// The uses of secrets in the content.
    pub(crate) fn used_secrets(&self) -> impl Iterator<Item = UsedSecret<'_>> {
        self.secrets().into_iter().map(UsedSecret::in_text)
    }

    /// The span of a content.
    pub(crate) fn span_of(content: FileContent) -> Span {
        match content {
            FileContent::Data(_, node) => node.span,
            FileContent::Text(text) | FileContent::Beside(text) => text.span,
        }
    }
}

fn in_node<'a>(node: &'a Node, found: &mut Vec<ReferencedSecret<'a>>) {
    match &node.kind {
        Kind::Scalar(text) => found.extend(referenced(text)),
        Kind::List(items) => items.iter().for_each(|item| in_node(item, found)),
        Kind::Map(entries) => entries.iter().for_each(|entry| in_node(&entry.value, found)),
        Kind::Nix(_) | Kind::Unknown => {}
    }
}
