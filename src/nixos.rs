//! The output before it is text: NixOS modules as trees.

use indexmap::IndexMap;

use crate::nix::{Expr, Set};
use crate::record::Record;
use crate::script::ShellFile;
use crate::tree::Node;

/// Everything that is emitted.
#[derive(Debug, Default)]
pub struct Output {
    /// The constants.
    pub constants: Option<Node>,
    /// The modules, by their paths below the output folder, such as `services/immich.nix`.
    pub modules: IndexMap<String, Module>,
    /// The services that are on by default, by the names of their options.
    pub enabled: Vec<String>,
    /// Whether the host has containers, or networks for them, and so needs containers.nix.
    pub containers: bool,
    /// Where decrypted secrets are.
    pub secrets: SecretOptions,
    /// What the next build compares with, without the files.
    pub record: Record,
}

/// The options of NixOS through which secrets are decrypted.
#[derive(Clone, Copy, Debug, Default)]
pub struct SecretOptions {
    /// The set whose `secrets` has each secret by its name, with its `name` and the `path` of the decrypted file.
    pub set: &'static str,
    /// The attribute of a secret with its encrypted file.
    pub encrypted: &'static str,
    /// The unit that decrypts, where it is not the activation of the system that does.
    pub unit: &'static str,
}

/// One file that is a NixOS module.
#[derive(Debug, Default)]
pub struct Module {
    /// The part of the file that it comes from, such as `services.immich`.
    pub origin: String,
    /// The option below `homeserver` that turns it on, if there is one.
    pub option: Option<String>,
    /// The service, where the module is a service's own.
    pub service: Option<ServiceModule>,
    /// What it declares below `options`.
    pub options: Set,
    /// What it defines.
    pub config: Set,
    /// Bindings of its own, in place of an expression that it would repeat.
    pub bindings: Vec<(Binding, Expr)>,
    /// What its `nixos` defines beside that.
    pub own: Set,
    /// Whether it is another system's, which imports it by itself.
    pub elsewhere: bool,
    /// Scripts that stand beside it.
    pub beside: Vec<ShellFile>,
}

macro_rules! bindings {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A name that a module binds by itself. No constant is bound by the same name beside it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Binding { $($(#[$doc])* $variant,)* }

        impl Binding {
            /// All names.
            pub const NAMES: &'static [&'static str] = &[$($name,)*];

            /// The name.
            pub fn name(self) -> &'static str {
                match self { $(Binding::$variant => $name,)* }
            }
        }
    };
}

bindings! {
    /// What launchd is told of an agent.
    Agent = "agent",
    /// A command for a person.
    Command = "command",
    /// The addresses that the front listens on, where there are several.
    FrontAddresses = "frontAddresses",
    /// The program that loads a dump, which a backup and its command use.
    LoadDump = "loadDump",
    /// The program that a job's unit runs.
    Program = "program",
    /// The command that restores a backup.
    Restore = "restore",
}

impl From<Binding> for Expr {
    fn from(binding: Binding) -> Expr {
        Expr::code(binding.name())
    }
}

/// What a module has because it is a service's.
#[derive(Debug)]
pub struct ServiceModule {
    /// The service's name in the file.
    pub name: String,
    /// The service's name below `homeserver`.
    pub option: String,
    /// The arguments of its preset.
    pub parameters: Vec<(String, Node)>,
}

impl Output {
    /// The module with this path, made where it is not there.
    pub fn module(&mut self, path: &str, origin: &str) -> &mut Module {
        self.modules
            .entry(path.to_owned())
            .or_insert_with(|| Module { origin: origin.to_owned(), ..Module::default() })
    }
}

impl Module {
    /// Whether it declares and defines nothing.
    pub fn is_empty(&self) -> bool {
        self.options.is_empty() && self.config.is_empty() && self.own.is_empty()
    }

    /// Where the unit of `name` is defined.
    pub fn unit(&mut self, name: &str) -> &mut Set {
        self.config.at(&["systemd", "services", name])
    }
}

/// A tree of the user's as an expression: what stands under `nixos`, and constants.
pub fn node(node: &Node, split_keys: bool) -> Expr {
    use crate::tree::{Kind, Text, option_path};
    match &node.kind {
        Kind::Scalar(text) => Expr::typed(text),
        Kind::Nix(code) => Expr::User(code.clone()),
        // Only a file with an error has one, and that is not lowered.
        Kind::Unknown => Expr::Null,
        Kind::List(items) => Expr::list(items.iter().map(|item| self::node(item, split_keys)).collect()),
        Kind::Map(entries) => {
            let mut set = Set::default();
            for entry in entries {
                let value = self::node(&entry.value, split_keys);
                let mut path = if split_keys { option_path(&entry.key) } else { vec![entry.key.clone()] };
                let Some(last) = path.pop() else { continue };
                let steps: Vec<String> = path.iter().map(Text::value).collect();
                let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
                set.at(&steps).merge(&last, value);
            }
            Expr::Set(set)
        }
    }
}

impl Set {
    /// Sets an attribute, or goes into the set that it is already.
    fn merge(&mut self, name: &crate::tree::Text, value: Expr) {
        let key = name.value();
        if let Some(attr) = self.0.get_mut(key.as_str())
            && let (Expr::Set(old), Expr::Set(new)) = (&mut attr.value, &value)
        {
            // Two ways to one option are refused before this, so nothing is lost.
            for (name, attr) in &new.0 {
                let text = crate::tree::Text::literal(name.clone(), Default::default());
                match attr.name {
                    None => old.merge(&text, attr.value.clone()),
                    Some(_) => {
                        old.0.insert(name.clone(), attr.clone());
                    }
                }
            }
            return;
        }
        self.set_named(name, value);
    }
}
