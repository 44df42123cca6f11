//! A list of recipients has each key once, and secrets in one file have the same recipients.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::Recipient;
use crate::hir::{Host, Secret};
use crate::setting::SecretStore;
use crate::tree::Node;
use crate::value::Value;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let shared = host.secret_stores.agenix.iter().map(|agenix| agenix.recipients.as_slice());
    let own = host.secrets.values().map(|secret| secret.settings.recipients.as_slice());
    for list in shared.chain(own) {
        let mut first: HashMap<&Recipient, &Value<Recipient>> = HashMap::new();
        for recipient in list {
            match first.entry(&recipient.value) {
                Entry::Vacant(entry) => {
                    entry.insert(recipient);
                }
                Entry::Occupied(entry) => diagnostics.push(
                    Diagnostic::new(
                        Code::Contradiction,
                        "a recipient is listed twice",
                        recipient.span(),
                        "the same key",
                    )
                    .and(entry.get().span(), "listed here")
                    .help("remove one of the two"),
                ),
            }
        }
    }
    let mut files: HashMap<String, &Secret> = HashMap::new();
    for secret in host.secrets.values().filter(|secret| secret.store == Some(SecretStore::Agenix)) {
        let Some(path) = secret.encrypted(&host.secret_stores) else { continue };
        let list = |secret| host.recipients_of(secret).as_ptr();
        let keys = |secret| host.recipients_of(secret).iter().map(|one: &Value<Recipient>| &one.value);
        let other = *files.entry(path).or_insert(secret);
        if list(secret) == list(other) || keys(secret).eq(keys(other)) {
            continue;
        }
        diagnostics.push(
            Diagnostic::new(
                Code::Contradiction,
                "two secrets in one file have different recipients",
                secret.span,
                "this secret has other recipients",
            )
            .and(other.span, "the first secret in the file")
            .help("give both the same `recipients`, or each a `file` of its own"),
        );
    }
}
