//! A secret is encrypted to its recipients, and to no other key: without the host among them it cannot be decrypted, and
//! with a stranger among them it is no secret.

use indexmap::IndexMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{EncryptedFile, Host, Mismatch, Recipients};
use crate::setting::SecretStore;
use crate::source::Span;
use crate::tree::Node;

/// The most places of files, and of recipients, in a diagnostic.
const PLACES: usize = 4;

/// Files with the same mismatch.
#[derive(Default)]
struct Alike<'a> {
    mismatch: Mismatch,
    files: Vec<(&'a EncryptedFile, Span)>,
}

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(found) = &host.encrypted else { return };
    // One new recipient concerns all files of a store, and one command corrects them.
    let mut alike: IndexMap<(bool, String), Alike> = IndexMap::new();
    for file in found.files.values() {
        let Some(secret) = file.secret(host) else { continue };
        let Some(Recipients::Wrong(mismatch)) = host.recipients_in(file, &found.identities) else { continue };
        let entry = (file, secret.span);
        match secret.settings.allow.0.iter().any(|(code, _)| *code == Code::WrongRecipients) {
            // Accepted by its own secret, and not with others.
            true => report(mismatch, &[entry], diagnostics),
            false => {
                let key = (file.store == SecretStore::Sops, mismatch.state.clone());
                let alike = alike.entry(key).or_default();
                alike.mismatch.merge(mismatch);
                alike.files.push(entry);
            }
        }
    }
    alike.into_values().for_each(|alike| report(alike.mismatch, &alike.files, diagnostics));
}

fn report(mismatch: Mismatch, files: &[(&EncryptedFile, Span)], diagnostics: &mut Diagnostics) {
    let Some(((first, span), others)) = files.split_first() else { return };
    let title = match others.len() {
        0 => format!("`{}` is {}", first.path, mismatch.state),
        more => format!("`{}` and {more} more are {}", first.path, mismatch.state),
    };
    let mut diagnostic = Diagnostic::new(Code::WrongRecipients, title, *span, mismatch.fact);
    for (file, span) in others.iter().take(PLACES) {
        diagnostic = diagnostic.and(*span, format!("the same for `{}`", file.path));
    }
    for span in mismatch.missing.into_iter().take(PLACES) {
        diagnostic = diagnostic.and(span, "this key cannot decrypt it");
    }
    diagnostics.push(diagnostic.help("run `homegen secrets rekey`"));
}
