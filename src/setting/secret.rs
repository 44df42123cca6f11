//! Secrets, and their use in containers.

use std::borrow::Cow;

use schemars::json_schema;

use super::{Allow, ReferencedSecret, Spanned};
use crate::form::{
    AbsolutePath, Alphabet, Count, EnvironmentName, Mode, Owner, Recipient, Registry, SecretName,
};
use crate::shape::{keyword, mapping, schema};
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;

mapping! {
    /// A secret of the host.
    Secret such as "{ format: env }" or nothing called "pushover" {
        /// The encrypted file. For agenix, in the folder of `agenix`; default: `NAME.age`. For sops, relative to this
        /// file; default: the file of `sops`.
        file: Option<Text>,
        /// The key in the encrypted file of sops, with `/` between nested keys. Default: the name of the secret.
        key: Option<Text>,
        /// The store of the secret. Required if the file declares both `agenix` and `sops`.
        from: Option<Spanned<SecretStore>>,
        /// The decrypted file of a secret that another program creates on the host. Excludes the keys of the stores.
        path: Option<Value<AbsolutePath>>,
        /// The owner of the decrypted file.
        owner: Value<Owner> = "root",
        /// The group of the decrypted file. With a numeric owner, the same number. Default: `root`.
        group: Option<Value<Owner>>,
        /// The mode of the decrypted file.
        mode: Value<Mode> = "0400",
        /// The format of the content. `raw`: the value itself. `env`: lines of `KEY=value`.
        format: Format = "raw",
        /// The minimum number of characters. Containers and jobs that need a shorter secret do not start.
        min_length: Option<Value<Count>>,
        /// The public keys that the file of agenix is encrypted to, in place of those of `agenix`.
        recipients: Vec<Value<Recipient>>,
        /// Creates the content: `homegen secrets generate` encrypts a random one if the file is missing.
        generate: Option<Generate>,
        /// Diagnostics that are accepted here, by code, each with the reason.
        allow: Allow,
    }
}

mapping! {
    /// The random content of a secret.
    Generate such as "{ length: 32 }" or nothing {
        /// The number of characters.
        length: Value<Count> = "32",
        /// The characters: `alphanumeric`, `hex`, `digits`, or the characters themselves.
        alphabet: Value<Alphabet> = "alphanumeric",
    }
}

keyword! {
    /// The program that decrypts a secret.
    SecretStore is "a secret store" {
        /// agenix.
        Agenix = "agenix",
        /// sops-nix.
        Sops = "sops",
    }
}

keyword! {
    /// The format of a secret.
    Format is "a secret format" {
        /// The value.
        Raw = "raw",
        /// Lines of KEY=value.
        Env = "env",
    }
}

/// True if a variable of this name takes the path of a file instead of its content: `DB_PASSWORD_FILE`, Gluetun's
/// `WIREGUARD_PRIVATE_KEY_SECRETFILE`, `PGPASSFILE`, linuxserver.io's `FILE__PASSWORD`, `TLS_KEY_PATH`,
/// `SSH_KEY_FILEPATH`.
pub(crate) fn takes_path(variable: &str) -> bool {
    let name = variable.to_ascii_uppercase();
    (name.ends_with("FILE") && !name.ends_with("PROFILE"))
        || name.starts_with("FILE__")
        || name.ends_with("_PATH")
        || name.ends_with("FILEPATH")
}

/// A use of a secret.
#[derive(Clone, Debug)]
pub(crate) struct UsedSecret<'a> {
    /// The name of the secret.
    pub name: Cow<'a, str>,
    /// The span of the name.
    pub span: Span,
    /// The required format. `None` accepts any format.
    pub format: Option<Format>,
    /// The name as it is written, unless it is a part of a text.
    pub text: Option<&'a Text>,
}

impl<'a> UsedSecret<'a> {
    /// The use of a secret that a value names.
    pub(crate) fn of(name: &'a Value<SecretName>, format: Option<Format>) -> Self {
        UsedSecret { name: name.text.value().into(), span: name.text.span, format, text: Some(&name.text) }
    }

    /// The use of a secret whose content is a part of a text. A text has room for one value.
    pub(crate) fn in_text(secret: ReferencedSecret<'a>) -> Self {
        UsedSecret { name: secret.name.into(), span: secret.span, format: Some(Format::Raw), text: None }
    }
}

/// The use of a secret in a container.
#[derive(Clone, Debug)]
pub(crate) struct SecretUse {
    /// The variable that is set. `None` in the list form.
    pub variable: Option<Value<EnvironmentName>>,
    /// The secret's name.
    pub secret: Value<SecretName>,
    /// The path of the file in the container. Default: /run/secrets/NAME.
    pub target: Option<Value<AbsolutePath>>,
    /// The span of the use.
    pub span: Span,
}

/// `VARIABLE: secret` pairs, or a list of secrets that are only mounted.
#[derive(Clone, Debug, Default)]
pub(crate) struct SecretUses(pub Vec<SecretUse>);

mapping! {
    /// A secret that is mounted as a file, in Compose's long form.
    SecretFile such as "{ source: token }" {
        /// The secret's name.
        source: Value<SecretName>,
        /// The path of the file in the container. Default: `/run/secrets/NAME`.
        target: Option<Value<AbsolutePath>>,
    }
}

schema!(SecretUses, |g| {
    let name = g.subschema_for::<Value<SecretName>>();
    let file = g.subschema_for::<SecretFile>();
    json_schema!({ "title": "map of secrets by variable, or [list]", "anyOf": [
        { "type": "object", "additionalProperties": name },
        { "type": "array", "items": { "anyOf": [
            name,
            file,
            { "type": "object", "additionalProperties": name, "minProperties": 1, "maxProperties": 1 },
        ] } },
    ] })
});

mapping! {
    /// A secret of format `env` that is an environment file.
    SecretEnvFile such as "{ secret: settings }" {
        /// The secret, of format `env`.
        secret: Value<SecretName>,
    }
}

/// An environment file: a path on the host, or a secret of format `env`.
#[derive(Clone, Debug)]
pub(crate) enum EnvFile {
    /// An existing file on the host.
    Path(Value<AbsolutePath>),
    /// A secret.
    Secret(Value<SecretName>),
}

/// One environment file, or several.
#[derive(Clone, Debug, Default)]
pub(crate) struct EnvFiles(pub Vec<EnvFile>);

schema!(EnvFiles, |g| {
    let path = g.subschema_for::<Value<AbsolutePath>>();
    let secret = g.subschema_for::<SecretEnvFile>();
    let one = json_schema!({ "anyOf": [path, secret] });
    json_schema!({ "anyOf": [one, { "type": "array", "items": one }] })
});

mapping! {
    /// The login for the image's registry.
    Login such as "{ registry: ghcr.io, username: me, password: ghcr-token }" {
        /// The registry's address, with its port if it has one.
        registry: Value<Registry>,
        /// The user.
        username: Text,
        /// A secret of format `raw` with the password.
        password: Value<SecretName>,
    }
}
