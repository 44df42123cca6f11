//! Secrets of agenix, <https://github.com/ryantm/agenix#reference>.
//!
//! ```yaml
//! secrets: { db-password: {} }
//! ```
//! ```nix
//! age.secrets.db-password.file = config.homeserver.secretsDirectory + "/db-password.age";
//! ```

use crate::hir::Host;
use crate::nix::{Expr, Set};
use crate::nixos::Output;
use crate::setting::{Agenix, SecretStore};

/// The set with the secrets, and the unit that decrypts them.
pub(super) const OPTIONS: (&str, &str) = ("config.age", "agenix-install-secrets.service");

pub(super) fn lower(agenix: &Agenix, host: &Host, output: &mut Output) {
    let module = output.module("secrets.nix", "secrets");
    let option = Set::of([
        ("type", Expr::code("lib.types.path")),
        ("default", Expr::Directory(agenix.directory.value())),
        ("description", Expr::str("Folder of the encrypted secrets.")),
    ]);
    module
        .options
        .at(&["homeserver"])
        .set("secretsDirectory", Expr::call("lib.mkOption", [Expr::Set(option)]));
    for (name, secret) in host.secrets.iter().filter(|(_, secret)| secret.store == Some(SecretStore::Agenix))
    {
        let Some(file) = &secret.file else { continue };
        let declared = &secret.settings;
        let set = module.config.at(&["age", "secrets", name.as_str()]);
        set.set(
            "file",
            Expr::Infix(
                Box::new(Expr::code("config.homeserver.secretsDirectory")),
                "+",
                Box::new(Expr::flag("/", file)),
            ),
        );
        let owner = declared.owner.text.written();
        let group = declared
            .group
            .as_ref()
            .map(|g| &g.text)
            .or(owner.filter(|o| o.value().bytes().all(|b| b.is_ascii_digit())));
        for (name, text) in [("owner", owner), ("group", group), ("mode", declared.mode.text.written())] {
            if let Some(text) = text {
                set.set(name, Expr::text(text));
            }
        }
    }
}
