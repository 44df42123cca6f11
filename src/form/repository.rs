//! Repositories on GitHub.

use super::{Advice, Form, text_form};
use crate::word::is_word;

text_form! {
    /// A repository on GitHub: an owner and a name (docs.github.com, "Repository limits"). GitHub takes `.git` for the end of
    /// an address.
    Repository
}

impl Form for Repository {
    const NOUN: &'static str = "a repository";
    const LOOKS: &'static str = " of GitHub, such as immich-app/immich";
    const EXAMPLE: &'static str = "immich-app/immich";
    const PATTERN: &'static str = r"^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$";

    fn parse(text: &str) -> Option<Repository> {
        let (owner, name) = text.split_once('/')?;
        let fits = is_word(owner, b"-")
            && !owner.starts_with('-')
            && is_word(name, b"._-")
            && !matches!(name, "." | "..")
            && !name.ends_with(".git");
        fits.then(|| Repository(text.to_owned()))
    }

    /// `https://github.com/immich-app/immich`.
    fn advice(text: &str) -> Option<Advice> {
        let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
        let rest = rest.strip_prefix("git@").unwrap_or(rest);
        let rest = rest.strip_prefix("www.").unwrap_or(rest);
        let way =
            rest.strip_prefix("github.com").and_then(|way| way.strip_prefix(['/', ':'])).unwrap_or(rest);
        let mut steps = way.split('/');
        let (owner, name) = (steps.next()?, steps.next()?);
        let meant = format!("{owner}/{}", name.strip_suffix(".git").unwrap_or(name));
        if Repository::parse(&meant).is_some() {
            return Advice::write("is more than an owner and a name", meant);
        }
        // Another forge, whose name has a dot, as no owner's has.
        owner.contains('.').then(|| {
            let help = "name its mirror on GitHub, or take `update` out";
            Advice::new("is not on GitHub, which alone is asked for releases", help)
        })?
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::Repository;

    #[test]
    fn repositories() {
        parses::<Repository>(&["immich-app/immich", "a/.b"], &["", "a", "-a/b", "a/b/c", "a/..", "a/b.git"]);
    }

    #[test]
    fn what_was_meant() {
        advises::<Repository>(&[
            ("https://github.com/immich-app/immich", "write `immich-app/immich`"),
            ("https://www.github.com/a/b.git", "write `a/b`"),
            ("git@github.com:a/b.git", "write `a/b`"),
            ("github.com/a/b/releases", "write `a/b`"),
            ("https://codeberg.org/a/b", "name its mirror on GitHub, or take `update` out"),
        ]);
    }
}
