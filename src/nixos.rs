//! The output as data: NixOS modules as trees.

use indexmap::IndexMap;

use crate::nix::{Expr, Set};
use crate::record::Record;
use crate::script::{Script, ShellFile};
use crate::tree::Node;

/// The whole output.
#[derive(Debug, Default)]
pub struct Output {
    /// The constants.
    pub constants: Option<Node>,
    /// The modules, by path below the output folder, such as `services/immich.nix`.
    pub modules: IndexMap<String, Module>,
    /// The options of the services that are enabled by default.
    pub enabled: Vec<String>,
    /// True if the host has containers or networks, and needs containers.nix.
    pub containers: bool,
    /// The secrets in the options of NixOS.
    pub secrets: SecretOptions,
    /// The servers of the host that containers can use.
    pub servers: Vec<Server>,
    /// True if a container has files whose content is in the file.
    pub container_files: bool,
    /// True if a container has to end before its dependents start.
    pub completions: bool,
    /// True if a published port has clients of its own.
    pub port_rules: bool,
    /// True if units of NixOS belong to services.
    pub native_units: bool,
    /// The record for the next build, without the hashes of the files.
    pub record: Record,
}

/// A server of the host that containers can use.
#[derive(Clone, Copy, Debug)]
pub struct Server {
    /// The name in `uses`.
    pub name: &'static str,
    /// The unit that is active once the server is ready.
    pub unit: &'static str,
    /// The script that fails if the server does not answer.
    pub check: Script,
}

/// The secrets of the host in the options of NixOS.
#[derive(Clone, Debug, Default)]
pub struct SecretOptions {
    /// The set whose `secrets` contains the secrets of the first store by name, each with its `name` and the `path` of the
    /// decrypted file. `None` without a store.
    pub set: Option<&'static str>,
    /// The set of all secrets, if `set` does not have all of them.
    pub all: Option<Expr>,
    /// The units that decrypt the secrets, if the activation of the system does not.
    pub units: Vec<&'static str>,
    /// True if secrets have a `file` of their own, whose change restarts their readers.
    pub has_files: bool,
    /// The secrets whose readers sops-nix restarts when the content changes.
    pub restarted_by_sops: Vec<String>,
}

/// The encoding of a file of age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Binary data, the default of agenix.
    Binary,
    /// Text, as `age --armor` writes it.
    Armor,
}

/// The rules of agenix, which `agenix` reads as `secrets.nix`.
#[derive(Debug, Default)]
pub struct AgenixRules {
    /// The list of recipients that the rules share, as `recipients`.
    pub recipients: Option<Expr>,
    /// The `publicKeys` and `armor` of each file.
    pub files: Set,
}

/// One file with a NixOS module.
#[derive(Debug, Default)]
pub struct Module {
    /// The part of homeserver.yaml that it is generated from, such as `services.immich`.
    pub origin: String,
    /// The option below `homeserver` that enables it, if there is one.
    pub option: Option<String>,
    /// The service of a service's module.
    pub service: Option<ServiceModule>,
    /// The declared options.
    pub options: Set,
    /// The defined options.
    pub config: Set,
    /// Bindings for repeated expressions.
    pub bindings: Vec<(Binding, Expr)>,
    /// The additional definitions from `nixos`.
    pub own: Set,
    /// True if it belongs to another system, which imports it by itself.
    pub is_external: bool,
    /// Scripts in the same folder.
    pub beside: Vec<ShellFile>,
}

macro_rules! bindings {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A name that a module binds itself. Constants get other names.
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
    /// The launchd configuration of an agent.
    Agent = "agent",
    /// The client of a database server, for a backup and its restore command.
    Client = "client",
    /// A command for the command line.
    Command = "command",
    /// The addresses that the front listens on, if there are several.
    FrontAddresses = "frontAddresses",
    /// The program that loads a dump, for a backup and its restore command.
    LoadDump = "loadDump",
    /// The program of a job's unit.
    Program = "program",
    /// The program that runs restic with the repository of a backup.
    Restic = "restic",
    /// The command that restores a backup.
    Restore = "restore",
}

impl From<Binding> for Expr {
    fn from(binding: Binding) -> Expr {
        Expr::code(binding.name())
    }
}

/// The additional properties of a service's module.
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
    /// The module with this path. Creates it if it does not exist.
    pub fn module(&mut self, path: &str, origin: &str) -> &mut Module {
        self.modules
            .entry(path.to_owned())
            .or_insert_with(|| Module { origin: origin.to_owned(), ..Module::default() })
    }
}

impl Module {
    /// True if it declares and defines no options.
    pub fn is_empty(&self) -> bool {
        self.options.is_empty() && self.config.is_empty() && self.own.is_empty()
    }

    /// The definition of the unit `name`.
    pub fn unit(&mut self, name: &str) -> &mut Set {
        self.config.at(&["systemd", "services", name])
    }
}

/// A tree of the user as an expression: the value of `nixos`, or constants.
pub fn node(node: &Node, split_keys: bool) -> Expr {
    use crate::tree::{Kind, Text, option_path};
    match &node.kind {
        Kind::Scalar(text) => Expr::typed(text),
        Kind::Nix(code) => Expr::User(code.clone()),
        // Only a file with errors has unknown nodes, and it is not lowered.
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
    /// Sets an attribute, or merges a set into an existing set.
    fn merge(&mut self, name: &crate::tree::Text, value: Expr) {
        let key = name.value();
        if let Some(attr) = self.0.get_mut(key.as_str())
            && let (Expr::Set(old), Expr::Set(new)) = (&mut attr.value, &value)
        {
            // A rule reports two definitions of one option, so no value is lost.
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
