//! The host's Valkey.

use super::{Format, Map, UsedSecret};
use crate::form::{AclPattern, AclWord, Count, SecretName};
use crate::shape::mapping;
use crate::value::Value;

mapping! {
    /// Valkey on the host, with a user for each service. It listens on a socket only.
    Valkey such as "{ users: { notes: { password: notes-valkey, keys: [\"notes:*\"], allow: [read, write] } } }" {
        /// The secret with the password of the user `default`, which may do everything. Without it, that user is off.
        admin: Option<Value<SecretName>>,
        /// The users, by name. No other user can connect.
        users: Map<ValkeyUser>,
    }
}

mapping! {
    /// A user of the host's Valkey.
    ValkeyUser such as "{ password: notes-valkey, keys: [\"notes:*\"], allow: [read, write] }" called "notes" {
        /// The secret with the password.
        password: Value<SecretName>,
        /// The patterns of the keys that the user reaches.
        keys: Vec<Value<AclPattern>>,
        /// The patterns of the channels that the user reaches. Default: all.
        channels: Vec<Value<AclPattern>>,
        /// The categories of commands, such as `read`, and the single commands, such as `info`, that the user may run.
        /// Dangerous commands of a category are denied; a single command is granted in any case. `eval` is also
        /// `evalsha`.
        allow: Vec<Value<AclWord>>,
        /// The number of the database, for the variables of a container.
        database: Option<Value<Count>>,
    }
}

impl Valkey {
    /// The unit that writes the ACL file from the passwords, without `.service`.
    pub(crate) const ACL: &'static str = "valkey-acl";

    /// The secrets with the passwords of the users.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = UsedSecret<'_>> {
        self.passwords().map(|password| UsedSecret::of(password, Some(Format::Raw)))
    }

    /// The names of the secrets with the passwords of the users.
    pub(crate) fn passwords(&self) -> impl Iterator<Item = &Value<SecretName>> {
        self.admin.iter().chain(self.users.entries.iter().map(|(_, user)| &user.password))
    }
}
