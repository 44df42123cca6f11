//! `tls: { acme: PROVIDER, token: … }` works for providers that take one token.

use crate::acme_provider::{self, token_variable};
use crate::data::Row;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Front, Host};
use crate::setting::Tls;
use crate::source::Span;
use crate::tree::Node;

/// What to add for a provider that does not take one token.
const CREDENTIALS: &str =
    "add `credentials: { VARIABLE_FILE: SECRET }`, with the variables of https://go-acme.github.io/lego/dns";

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(Tls::Acme(acme)) = host.front.as_ref().and_then(Front::tls) else { return };
    let provider = acme.acme.text.value();
    let variable = token_variable(&provider);
    match &acme.token {
        Some(token) if variable.is_none() => diagnostics.push(
            Diagnostic::new(
                Code::BadTls,
                format!("which variable takes the token of `{provider}` is not known"),
                token.text.span,
                "a token",
            )
            .and(acme.acme.text.span, "for this provider")
            .help(match misspelt(&provider) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("remove `token`, and {CREDENTIALS}"),
            }),
        ),
        Some(token) => {
            let same =
                acme.credentials.entries.iter().find(|(name, _)| Some(name.value().as_str()) == variable);
            if let Some((name, _)) = same {
                diagnostics.push(
                    Diagnostic::new(
                        Code::VariableTwice,
                        format!("`{}` is set twice", name.value()),
                        token.text.span,
                        "set by the token",
                    )
                    .and(name.span, "set again here")
                    .help("keep one of the two"),
                );
            }
        }
        // Without a provider the challenge is not described at all, which was reported.
        None if acme.credentials.entries.is_empty() && acme.acme.text.span != Span::NOWHERE => diagnostics
            .push(
                Diagnostic::new(
                    Code::BadTls,
                    "a DNS challenge without credentials",
                    acme.span,
                    "has neither `token` nor `credentials`",
                )
                .help(match variable {
                    Some(_) => "add `token: SECRET`",
                    None => CREDENTIALS,
                }),
            ),
        _ => {}
    }
}

/// The provider that a name was probably meant to be. Most providers are not among those of one token, so that only a
/// slip counts: a letter, or its case.
fn misspelt(provider: &str) -> Option<&'static str> {
    let provider = provider.to_lowercase();
    let is_near = |known: &str| match known.len() {
        ..6 => known == provider,
        _ => strsim::osa_distance(known, &provider) < 2,
    };
    acme_provider::all().iter().flat_map(Row::names).find(|known| is_near(known))
}
