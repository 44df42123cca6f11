//! Comments of the Compose file at their values in the output, and the order of the top-level keys.

use super::Context;
use crate::document::{Comments, Map, Value};
use crate::project::{self, Step};
use crate::report::Path;
use crate::secret::is_in_line;

/// The order of the top-level keys.
const ORDER: &[&str] =
    &["homegen", "host", "caddy", "constants", "agenix", "secrets", "networks", "services"];

/// Attaches the comments of the Compose files. A comment with the value of a secret is left out.
pub(super) fn comments(context: &Context, document: &mut Map) {
    let places = context.ledger.places();
    let secrets = context.secrets.known();
    for (origin, comments) in &context.project.comments {
        let Some(place) = places.get(origin) else { continue };
        let is_public =
            |text: &&str| secrets.find(text).is_none() && !is_in_line(text) && !tells_secret(text);
        let text = |comment: &'_ project::Comment| {
            comment.text.strip_prefix(' ').unwrap_or(&comment.text).to_owned()
        };
        let above = comments.above.iter().map(text).filter(|text| is_public(&text.as_str()));
        let above: Vec<String> = above.collect();
        let beside = comments.beside.iter().map(text).find(|text| is_public(&text.as_str()));
        let below = comments.below.iter().map(text).filter(|text| is_public(&text.as_str()));
        let below: Vec<String> = below.collect();
        if let Some(found) = find(document, place) {
            found.above.extend(above);
            found.below.extend(below);
            if found.beside.is_none() {
                found.beside = beside;
            }
        }
    }
}

/// True for prose that may tell a secret: it has a word for one, and a word of letters and digits.
fn tells_secret(text: &str) -> bool {
    const WORDS: &[&str] = &["auth", "credential", "key", "login", "pass", "pw", "secret", "token"];
    const SHORTEST: usize = 6;
    let lower = text.to_ascii_lowercase();
    let is_irregular = |word: &str| {
        word.len() >= SHORTEST
            && word.bytes().any(|b| b.is_ascii_digit())
            && word.bytes().any(|b| b.is_ascii_alphabetic())
    };
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
    WORDS.iter().any(|word| lower.contains(word)) && words.any(is_irregular)
}

/// The comments at a place.
fn find<'a>(map: &'a mut Map, place: &Path) -> Option<&'a mut Comments> {
    let (first, rest) = place.0.split_first()?;
    let Step::Key(key) = first else { return None };
    let entry = map.entries.iter_mut().find(|entry| entry.key == *key)?;
    if rest.is_empty() {
        return Some(&mut entry.comments);
    }
    match (&mut entry.value, rest) {
        (Value::Map(map), _) => find(map, &Path(rest.to_vec())),
        (Value::List(items), [Step::Item(index)]) => Some(&mut items.get_mut(*index)?.comments),
        _ => None,
    }
}

/// The document with its top-level keys in the conventional order.
pub(super) fn in_order(mut document: Map) -> Map {
    let rank = |key: &str| ORDER.iter().position(|known| *known == key).unwrap_or(ORDER.len());
    document.entries.sort_by_key(|entry| rank(&entry.key));
    document
}
