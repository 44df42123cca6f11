//! A generated secret can be encrypted, fits its other keys, and is hard to guess.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Host, Secret};
use crate::setting::{Format, Generate, SecretStore};
use crate::tree::Node;

/// The most characters of a secret.
const MAX_LENGTH: u32 = 4096;

/// The entropy in bits below which a secret is reported: what a key of AES-128 has.
const MIN_BITS: f64 = 128.0;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for secret in host.secrets.values() {
        let Some(generate) = &secret.settings.generate else { continue };
        let recipients = host.recipients_of(secret);
        let are_unread =
            host.secret_stores.agenix.as_ref().is_some_and(|a| a.unreadable.may_hold(&["recipients"]))
                || secret.settings.unreadable.may_hold(&["recipients"]);
        if secret.store == Some(SecretStore::Agenix) && recipients.is_empty() && !are_unread {
            diagnostics.push(
                Diagnostic::new(
                    Code::MissingKey,
                    "`recipients` is missing in `agenix`",
                    host.secret_stores.location(SecretStore::Agenix).map(|text| text.span).unwrap_or_default(),
                    "expected the public keys to encrypt to",
                )
                .and(generate.span, "needs them")
                .help("add `recipients: [ssh-ed25519 …]` with the key in `/etc/ssh/ssh_host_ed25519_key.pub` of the host, and your own")
                .once(),
            );
        }
        check_content(secret, generate, diagnostics);
    }
}

fn check_content(secret: &Secret, generate: &Generate, diagnostics: &mut Diagnostics) {
    let length = &generate.length;
    if secret.settings.format == Format::Env {
        diagnostics.push(
            Diagnostic::new(
                Code::Contradiction,
                "a secret of format `env` cannot be generated",
                generate.span,
                "creates one value, not lines of KEY=value",
            )
            .help(
                "remove `format: env`, and name the variable where the secret is used; or remove `generate`",
            ),
        );
    }
    if let Some(least) = secret.settings.min_length.as_ref().filter(|least| least.value.0 > length.value.0) {
        diagnostics.push(
            Diagnostic::new(
                Code::Contradiction,
                format!("a generated secret of {} characters is shorter than `min_length`", length.value.0),
                if length.text.written().is_some() { length.span() } else { generate.span },
                format!("expected at least {}", least.value.0),
            )
            .and(least.span(), "required here")
            .help(format!("write `length: {}`", least.value.0)),
        );
        return;
    }
    if length.value.0 > MAX_LENGTH {
        diagnostics.push(
            Diagnostic::new(
                Code::BadValue,
                format!("{} characters are too many for a generated secret", length.value.0),
                length.span(),
                format!("expected at most {MAX_LENGTH}"),
            )
            .help("write `length: 64`"),
        );
        return;
    }
    let bits = f64::from(length.value.0) * generate.alphabet.value.bits();
    if bits >= MIN_BITS {
        return;
    }
    let enough = (MIN_BITS / generate.alphabet.value.bits()).ceil();
    diagnostics.push(
        Diagnostic::new(
            Code::WeakSecret,
            format!("a generated secret of {} characters has only {bits:.0} bits of entropy", length.value.0),
            generate.span,
            format!("expected at least {MIN_BITS:.0} bits"),
        )
        .help(format!("write `length: {enough:.0}` or more")),
    );
}
