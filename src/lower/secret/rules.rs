//! The rules of agenix: the recipients of each encrypted file.
//!
//! ```yaml
//! agenix: { directory: secrets, recipients: [age1…] }
//! secrets: { db-password: {} }
//! ```
//! ```nix
//! "db-password.age".publicKeys = recipients;
//! ```

use crate::form::Recipient;
use crate::hir::Host;
use crate::nix::Expr;
use crate::nixos::{AgenixRules, Encoding};
use crate::setting::SecretStore;
use crate::value::Value;

/// The rules for the secrets of agenix with recipients. `wanted` returns the encoding of a file, or `None` for a file without a
/// rule.
pub(crate) fn rules(host: &Host, wanted: &dyn Fn(&str) -> Option<Encoding>) -> AgenixRules {
    let mut rules = AgenixRules::default();
    let of_agenix = |secret: &&crate::hir::Secret| secret.store == Some(SecretStore::Agenix);
    for secret in host.secrets.values().filter(of_agenix) {
        let (Some(file), recipients) = (&secret.file, host.recipients_of(secret)) else { continue };
        let Some(encoding) = wanted(&file.value()).filter(|_| !recipients.is_empty()) else { continue };
        let keys = match secret.settings.recipients.is_empty() {
            true => {
                rules.recipients = Some(list(recipients));
                Expr::code("recipients")
            }
            false => list(recipients),
        };
        let rule = rules.files.at(&[&file.value()]);
        rule.set("publicKeys", keys);
        if encoding == Encoding::Armor {
            rule.set("armor", Expr::Bool(true));
        }
    }
    rules
}

/// The keys as they are written, with their comments: age ignores them, and they name the owner.
fn list(recipients: &[Value<Recipient>]) -> Expr {
    Expr::List(recipients.iter().map(|one| Expr::str(one.text.value())).collect())
}
