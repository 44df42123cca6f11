//! GitHub repositories.

use super::{Advice, Form, text_form};
use crate::word::is_word;

text_form! {
    /// A GitHub repository: an owner and a name (docs.github.com, "Repository limits"). A name cannot end with `.git`,
    /// which is a part of clone URLs.
    Repository
}

impl Form for Repository {
    const NOUN: &'static str = "a GitHub repository";
    const LOOKS: &'static str = " such as immich-app/immich";
    const EXPECTED: &'static str = "OWNER/NAME";
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
        let path =
            rest.strip_prefix("github.com").and_then(|path| path.strip_prefix(['/', ':'])).unwrap_or(rest);
        let mut steps = path.split('/');
        let (owner, name) = (steps.next()?, steps.next()?);
        let suggested = format!("{owner}/{}", name.strip_suffix(".git").unwrap_or(name));
        if Repository::parse(&suggested).is_some() {
            return Advice::write("expected only OWNER/NAME", suggested);
        }
        // Another forge: its host name has a dot, and owners of GitHub have none.
        owner.contains('.').then(|| {
            let help = "write its mirror on GitHub, or remove `update`";
            Advice::new("homegen looks for releases on GitHub only", help)
        })?
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::Repository;

    #[test]
    fn a_repository_is_an_owner_and_a_name() {
        parses::<Repository>(&["immich-app/immich", "a/.b"], &["", "a", "-a/b", "a/b/c", "a/..", "a/b.git"]);
    }

    #[test]
    fn near_misses_get_advice() {
        advises::<Repository>(&[
            ("https://github.com/immich-app/immich", "write `immich-app/immich`"),
            ("https://www.github.com/a/b.git", "write `a/b`"),
            ("git@github.com:a/b.git", "write `a/b`"),
            ("github.com/a/b/releases", "write `a/b`"),
            ("https://codeberg.org/a/b", "write its mirror on GitHub, or remove `update`"),
        ]);
    }
}
