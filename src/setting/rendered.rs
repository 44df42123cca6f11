//! Texts with the content of secrets, which are rendered when a container starts.

use crate::source::Span;
use crate::tree::{Piece, Target, Text};

/// A part of a rendered text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RenderedPart<'a> {
    /// Text that is known at compile time.
    Text(Text),
    /// The content of a secret.
    Secret(ReferencedSecret<'a>),
}

/// A secret in a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ReferencedSecret<'a> {
    /// The name of the secret.
    pub name: &'a str,
    /// The span of the reference.
    pub span: Span,
    /// True if the text is a URL, in which the content is percent-encoded (RFC 3986, section 2.1).
    pub is_encoded: bool,
}

/// The parts of `text`. `None` if it has no secret.
pub(crate) fn rendered(text: &Text) -> Option<Vec<RenderedPart<'_>>> {
    referenced(text).next()?;
    let is_encoded = is_url(text);
    let mut parts = Vec::new();
    for piece in &text.pieces {
        match (secret(piece, is_encoded), parts.last_mut()) {
            (Some(secret), _) => parts.push(RenderedPart::Secret(secret)),
            (None, Some(RenderedPart::Text(last))) => last.push(piece.clone()),
            (None, _) => {
                parts
                    .push(RenderedPart::Text(Text { pieces: vec![piece.clone()], ..Text::empty(text.span) }));
            }
        }
    }
    Some(parts)
}

/// The secrets in `text`.
pub(crate) fn referenced(text: &Text) -> impl Iterator<Item = ReferencedSecret<'_>> {
    let is_encoded = is_url(text);
    text.pieces.iter().filter_map(move |piece| secret(piece, is_encoded))
}

fn secret(piece: &Piece, is_encoded: bool) -> Option<ReferencedSecret<'_>> {
    let Piece::Reference(reference) = piece else { return None };
    let Target::Secret { name, .. } = &reference.target else { return None };
    Some(ReferencedSecret { name, span: reference.span, is_encoded })
}

/// True if a text begins with a scheme and `//`, such as `postgres://` (RFC 3986, section 3.1), or `jdbc:postgresql://`.
fn is_url(text: &Text) -> bool {
    let value = text.value();
    let Some((scheme, _)) = value.split_once("://") else { return false };
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.:".contains(&b))
}
