//! Words of names, and lists of words in a sentence.

/// Reports whether `text` is not empty and has only ASCII letters, digits and `more`.
pub(crate) fn is_word(text: &str, more: &[u8]) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || more.contains(&b))
}

/// A word for a command line of a shell, in single quotes if the shell would change it.
pub(crate) fn shell_word(text: &str) -> String {
    match is_word(text, b"/._-+@:,=%") {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// `a`, `a and b`, or `a, b and c`.
pub(crate) fn listed(words: &[String]) -> String {
    match words {
        [all @ .., last] if !all.is_empty() => format!("{} and {last}", all.join(", ")),
        words => words.concat(),
    }
}

/// Lists keys in code quotes: `` `a`, `b` and `c` ``.
pub(crate) fn listed_keys(keys: &[&str]) -> String {
    listed(&keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>())
}
