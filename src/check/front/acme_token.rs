//! `tls: { acme: PROVIDER, token: … }` works for providers that take one token.

use crate::acme_provider::{self, token_variable};
use crate::data::Row;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Front, Host};
use crate::setting::Tls;
use crate::source::Span;
use crate::tree::Node;

/// The help for a provider that needs several variables.
const CREDENTIALS: &str =
    "`credentials: { VARIABLE_FILE: SECRET }`; https://go-acme.github.io/lego/dns lists the variables";

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(Tls::Acme(acme)) = host.front.as_ref().and_then(Front::tls) else { return };
    let provider = acme.acme.text.value();
    let variable = token_variable(&provider);
    match &acme.token {
        Some(token) if variable.is_none() => diagnostics.push(
            Diagnostic::new(
                Code::BadTls,
                format!("homegen knows no token variable for `{provider}`"),
                token.text.span,
                "expected `credentials` for this provider",
            )
            .and(acme.acme.text.span, "the provider")
            .help(match misspelt(&provider) {
                Some(known) => format!("did you mean `{known}`?"),
                None => format!("replace `token` with {CREDENTIALS}"),
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
                        "`token` sets it",
                    )
                    .and(name.span, "set again here")
                    .help(format!("remove `{}` from `credentials`: `token` sets it", name.value())),
                );
            }
        }
        // A missing provider is already reported.
        None if acme.credentials.entries.is_empty() && acme.acme.text.span != Span::PLACEHOLDER => {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadTls,
                    "the DNS challenge has no credentials",
                    acme.span,
                    "expected `token` or `credentials`",
                )
                .help(match variable {
                    Some(_) => "add `token: SECRET`".to_owned(),
                    None => format!("add {CREDENTIALS}"),
                }),
            )
        }
        _ => {}
    }
}

/// The provider that a misspelled name most likely stands for. Most providers need several variables and are not in
/// this table, so that only one wrong letter, or its case, counts as a misspelling.
fn misspelt(provider: &str) -> Option<&'static str> {
    let provider = provider.to_lowercase();
    let is_near = |known: &str| match known.len() {
        ..6 => known == provider,
        _ => strsim::osa_distance(known, &provider) < 2,
    };
    acme_provider::all().iter().flat_map(Row::names).find(|known| is_near(known))
}
