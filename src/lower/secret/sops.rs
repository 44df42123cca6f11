//! Secrets of sops-nix, <https://github.com/Mic92/sops-nix#readme>.
//!
//! ```yaml
//! sops: { file: secrets.yaml }
//! secrets: { db-password: { owner: 1000 } }
//! ```
//! ```nix
//! sops.defaultSopsFile = lib.mkDefault ../secrets.yaml;
//! sops.secrets.db-password = { uid = 1000; gid = 1000; };
//! ```

use crate::form::{Account, Owner};
use crate::hir::Host;
use crate::lower::owners_default;
use crate::nix::{Expr, Set};
use crate::nixos::Output;
use crate::setting::{SecretStore, Sops};
use crate::sops::format;
use crate::tree::Atom;
use crate::value::Value;

/// The set with the secrets, and the unit that decrypts them.
pub(super) const OPTIONS: (&str, &str) = ("config.sops", "sops-install-secrets.service");

pub(super) fn lower(sops: &Sops, host: &Host, output: &mut Output) {
    let module = output.module("secrets.nix", "secrets");
    let options = module.config.at(&["sops"]);
    options.set("defaultSopsFile", owners_default(Expr::Directory(sops.file.value())));
    if let Some(format) = format(&sops.file.value()) {
        options.set("defaultSopsFormat", owners_default(Expr::str(format)));
    }
    for (name, secret) in host.secrets.iter().filter(|(_, secret)| secret.store == Some(SecretStore::Sops)) {
        let declared = &secret.settings;
        let mut set = Set::default();
        if let Some(file) = &secret.file {
            set.set("sopsFile", Expr::Directory(file.value()));
            set.set("format", Expr::str(format(&file.value()).unwrap_or("yaml")));
        }
        if let Some(key) = &declared.key {
            set.set("key", Expr::text(key));
        }
        let owner = declared.owner.text.written().map(|_| &declared.owner);
        let by_number = owner.filter(|owner| matches!(owner.value.user, Account::Id(_)));
        let accounts = [("uid", "owner", owner), ("gid", "group", declared.group.as_ref().or(by_number))];
        for (number, name, account) in accounts {
            let Some(account) = account else { continue };
            match account.value.user {
                Account::Id(id) => set.set(number, id_of(account, id)),
                Account::Name(_) => set.set(name, Expr::text(&account.text)),
            }
        }
        if let Some(mode) = declared.mode.text.written() {
            set.set("mode", Expr::text(mode));
        }
        let secrets = module.config.at(&["sops", "secrets"]);
        secrets.set(name.to_string(), if set.is_empty() { Expr::code("{ }") } else { Expr::Set(set) });
    }
}

/// The number of a user or group, which the options take as a number.
fn id_of(account: &Value<Owner>, id: u32) -> Expr {
    match account.text.atom() {
        Atom::Int(_) => Expr::typed(&account.text),
        _ => Expr::Int(id.into()),
    }
}
