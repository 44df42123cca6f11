//! Scalars and collections that the whole language uses.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::source::Span;
use crate::tree::{Node, Text};

/// A whole number.
#[derive(Clone, Debug)]
pub struct Number {
    /// Its value when the file is compiled.
    pub value: i64,
    /// How it is written.
    pub text: Text,
}

/// `true` or `false`.
#[derive(Clone, Debug)]
pub struct Flag {
    /// Its value when the file is compiled.
    pub value: bool,
    /// How it is written.
    pub text: Text,
}

/// A value, and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

/// A value of any shape, read by whoever needs it.
#[derive(Clone, Debug)]
pub struct Raw(pub Node);

/// A mapping whose keys the user chooses, in the order of the file.
#[derive(Clone, Debug)]
pub struct Map<T>(pub Vec<(Text, T)>);

impl<T> Default for Map<T> {
    fn default() -> Self {
        Map(Vec::new())
    }
}

impl<T> Map<T> {
    /// The value of `name`.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|(k, _)| k.value() == name).map(|(_, v)| v)
    }
}

/// `NAME: value` pairs, or a list of `NAME=value`.
#[derive(Clone, Debug, Default)]
pub struct Pairs(pub Vec<(Text, Text)>);

/// One value, or a list of them.
#[derive(Clone, Debug)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        OneOrMany(Vec::new())
    }
}

/// Implements `JsonSchema` by hand for a type with several spellings.
macro_rules! schema {
    ($type:ty, |$generator:ident| $body:expr) => {
        impl schemars::JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }
            fn json_schema($generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let _ = &$generator;
                $body
            }
        }
    };
}
pub(crate) use schema;

schema!(Text, |_g| json_schema!({ "type": ["string", "number", "boolean"] }));
schema!(Number, |_g| json_schema!({ "type": "integer" }));
schema!(Flag, |_g| json_schema!({ "type": "boolean" }));
schema!(Raw, |_g| json_schema!({ "type": ["object", "null"] }));
schema!(Pairs, |_g| json_schema!({
    "anyOf": [
        { "type": "object", "additionalProperties": { "type": ["string", "number", "boolean"] } },
        { "type": "array", "items": { "type": "string" } },
    ]
}));

impl<T: JsonSchema> JsonSchema for Map<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("MapOf{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        json_schema!({ "type": "object", "additionalProperties": value })
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMany{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [value, { "type": "array", "items": value }] })
    }
}

impl<T: JsonSchema> JsonSchema for Spanned<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

/// Text of one form: a newtype of [`Text`] whose form [`decode`](crate::decode::scalar) holds it to.
macro_rules! text_of_form {
    ($($(#[$doc:meta])* $name:ident: $pattern:literal, $noun:literal + $form:literal, numbers: $numbers:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name(pub Text);

        impl $name {
            /// What it is, for a message.
            pub const NOUN: &'static str = $noun;
            /// The same with what it has to look like.
            pub const WHAT: &'static str = concat!($noun, $form);
            /// The same as a regular expression, for the JSON Schema.
            pub const PATTERN: &'static str = $pattern;
        }

        schema!($name, |_g| if $numbers {
            json_schema!({ "anyOf": [{ "type": "string", "pattern": $pattern }, { "type": "number" }] })
        } else {
            json_schema!({ "type": "string", "pattern": $pattern })
        });
    )*};
}

text_of_form! {
    /// A size in bytes as Podman takes it: a number with `b`, `k`, `m`, `g` or `t` (podman-run(1)).
    Size: r"^[0-9]+(\.[0-9]+)?([bkmgtBKMGT]([iI]?[bB])?)?$", "a size" + " such as 512m or 2g", numbers: true;
    /// A size, or -1 for no limit (podman-run(1), --memory-swap).
    SwapSize: r"^(-1|[0-9]+(\.[0-9]+)?([bkmgtBKMGT]([iI]?[bB])?)?)$", "a size" + " such as 512m or 2g, or -1 for no limit", numbers: true;
    /// A time span as Go and systemd both take it.
    Duration: r"^([0-9]+(ms|s|m|h))+$", "a time span" + " such as 30s or 1m30s", numbers: false;
    /// An octal file mode, in quotes because YAML would take it for a number.
    Mode: r"^[0-7]{3,4}$", "an octal mode" + " in quotes, such as \"0750\"", numbers: false;
    /// A user or group by number or name.
    Owner: r"^[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?$", "a user" + " or user:group, by number or name", numbers: true;
    /// An absolute path.
    AbsolutePath: r"^/", "a plain absolute path" + " such as /srv/data", numbers: false;
    /// A path in a user's own folder.
    HomePath: r"^~/", "a path in the user's folder" + " such as ~/Pictures/upload", numbers: false;
    /// A number that may have a fraction.
    Decimal: r"^[0-9]+(\.[0-9]+)?$", "a number" + " such as 2 or 0.5", numbers: true;
    /// The name of a secret, which is a file name and an attribute of the output.
    SecretName: r"^[A-Za-z_][A-Za-z0-9_-]*$", "the name of a secret" + ": letters, digits, - and _", numbers: false;
    /// The name of a variable in an environment.
    Variable: r"^[A-Za-z_][A-Za-z0-9_]*$", "the name of a variable" + ": letters, digits and _", numbers: false;
    /// The name of a variable in an environment file, which Podman takes up to the `=`.
    EnvironmentName: r"^[^\s=#][^\s=]*$", "the name of a variable" + " without white space and `=`", numbers: false;
    /// A DNS name.
    Domain: r"^(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$", "a domain name" + " such as cloud.example.de", numbers: false;
    /// The name of a network interface: at most 15 characters (IFNAMSIZ in linux/if.h).
    Interface: r"^[A-Za-z0-9_.-]{1,15}$", "an interface's name" + ": at most 15 letters, digits, _, - and .", numbers: false;
    /// An IPv4 or IPv6 address.
    Address: r"^[0-9A-Fa-f.:]+$", "an IP address" + " such as 192.168.1.20", numbers: false;
    /// An export of an NFS server (nfs(5)). It becomes a field of /etc/fstab.
    NfsExport: r"^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\]):/[^\\]*$", "an NFS export" + " such as nas.lan:/export", numbers: false;
    /// An option of a mount, which becomes a part of a field of /etc/fstab (fstab(5)).
    MountOption: r"^[A-Za-z0-9._@%/:+=-]+$", "a mount option" + " such as ro or nfsvers=4.2", numbers: false;
    /// A MAC address.
    Mac: r"^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$", "a MAC address" + " such as 02:42:ac:11:00:02", numbers: false;
    /// An e-mail address.
    Email: r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+$", "an e-mail address" + " such as me@example.de", numbers: false;
    /// A network in CIDR notation.
    Subnet: r"^[0-9A-Fa-f.:]+/[0-9]{1,3}$", "a subnet" + " such as 172.20.0.0/16", numbers: false;
    /// An image, with its registry. It reaches a shell unquoted in NixOS, hence the narrow form.
    Image: r"^([a-z0-9-]+(\.[a-z0-9-]+)+|localhost|[a-z0-9-]+:[0-9]+)(:[0-9]+)?(/[a-z0-9._-]+)+(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?(@sha256:[0-9a-f]{64})?$", "an image" + " with its registry, such as docker.io/library/redis:7", numbers: false;
    /// A time span that is longer than nothing.
    Period: r"^([0-9]+(ms|s|m|h))*[0-9]*[1-9][0-9]*(ms|s|m|h)([0-9]+(ms|s|m|h))*$", "a time span" + " above 0 such as 30s", numbers: false;
    /// A number of things, or of times.
    Count: r"^[1-9][0-9]*$", "a number from 1 on" + ", such as 3", numbers: true;
    /// A part of a hundred.
    Percent: r"^[1-9][0-9]?$", "a percentage" + " from 1 to 99, such as 10", numbers: true;
    /// A registry, with its port if it has one.
    Registry: r"^[A-Za-z0-9.-]+(:[0-9]+)?$", "a registry" + " such as ghcr.io or reg.example.de:5000", numbers: false;
    /// A capability of capabilities(7), with or without its CAP_, or ALL.
    Capability: r"^[A-Za-z_]+$", "a capability" + " of capabilities(7), such as NET_ADMIN, or ALL", numbers: false;
    /// A signal by name or number.
    Signal: r"^[A-Za-z0-9+-]+$", "a signal" + " such as SIGTERM, INT or RTMIN+3", numbers: true;
    /// A device of the host by its path, or by its name in the Container Device Interface.
    Device: r"^(/dev/|[A-Za-z0-9._-]+/[A-Za-z0-9._-]+=)", "a device" + ": a path such as /dev/dri, or a CDI name such as nvidia.com/gpu=all", numbers: false;
    /// A rule of the device cgroup (podman-run(1), --device-cgroup-rule).
    DeviceCgroupRule: r"^[abc] ([0-9]+|\*):([0-9]+|\*) [rwm]{1,3}$", "a rule for devices" + " such as `c 189:* rmw`", numbers: false;
    /// A folder in memory, and its options.
    TmpfsMount: r"^/[^:]+(:[a-zA-Z0-9=%,]+)?$", "a folder in memory" + " such as /tmp or /tmp:size=64m,mode=1777", numbers: false;
    /// A mode of the IPC namespace (podman-run(1), --ipc).
    Ipc: r"^(host|none|private|shareable|container:.+|ns:/.+)$", "a mode of the IPC namespace" + ": host, none, private, shareable, container:NAME or ns:PATH", numbers: false;
    /// A mode of the PID namespace (podman-run(1), --pid).
    Pid: r"^(host|private|container:.+|ns:/.+)$", "a mode of the PID namespace" + ": host, private, container:NAME or ns:PATH", numbers: false;
    /// A mode of the user namespace (podman-run(1), --userns).
    Userns: r"^(auto(:.+)?|host|container:.+|ns:/.+)$", "a mode of the user namespace" + ": auto, host, container:NAME or ns:PATH", numbers: false;
    /// A unit of systemd's that is a service, without `.service` (systemd.unit(5)).
    ServiceUnit: r"^[A-Za-z0-9_][A-Za-z0-9:_.@-]{0,199}$", "a unit" + " as `systemctl` shows it, without .service, such as plex", numbers: false;
    /// A number of whole days.
    Days: r"^[1-9][0-9]{0,3}d$", "a number of days" + " such as 30d", numbers: false;
    /// A name that somebody else gave.
    Name: r"\S", "a name" + " that is not empty", numbers: true;
    /// A repository on GitHub.
    Repository: r"^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$", "a repository" + " of GitHub, such as immich-app/immich", numbers: false;
    /// A repository of restic. NixOS writes it into a script without quotes, hence the narrow form.
    ResticRepository: r"^(/|(azure|b2|gs|rclone|rest|s3|sftp|swift):)[A-Za-z0-9@:/._~+=-]*$", "a repository of restic" + " such as sftp:me@nas:/backups", numbers: false;
    /// A rule of `restic forget`. NixOS writes it into a unit without quotes, hence the narrow form.
    KeepRule: r"^--keep-(last|hourly|daily|weekly|monthly|yearly|within(-(hourly|daily|weekly|monthly|yearly))?|tag)[ =][A-Za-z0-9_.:,-]+$", "a rule of restic forget" + " such as --keep-daily 14", numbers: false;
    /// A path in an address of the web.
    HttpPath: r"^/[A-Za-z0-9/._~%?&=+-]*$", "a path" + " in an address, such as /health", numbers: false;
    /// An address of the web.
    WebAddress: r"^[hH][tT][tT][pP][sS]?://[A-Za-z0-9.-]+(:[0-9]+)?/[A-Za-z0-9/._~%?&=+-]+$", "an address" + " such as https://ntfy.example.de/server", numbers: false;
    /// When a job runs, as systemd.time(7) writes it.
    Calendar: r"^[A-Za-z0-9*:,./~ _+-]+$", "a time" + " such as daily, 05:30 or Mon *-*-* 04:00", numbers: false;
}

/// A choice between words.
macro_rules! keyword {
    ($(#[$doc:meta])* $name:ident $(else $advice:path)? { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// The words, and what they mean.
            pub const WORDS: &'static [(&'static str, $name)] = &[$(($word, $name::$variant),)*];
        }

        $crate::ast::scalar::schema!($name, |_g| schemars::json_schema!({ "enum": [$($word,)*] }));
        $crate::decode::keyword_decode!($name $(else $advice)?);
    };
}
pub(crate) use keyword;
