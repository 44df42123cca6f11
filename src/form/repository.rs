//! Repositories with releases.

use super::web_address::web_parts;
use super::{Advice, Form, text_form};
use crate::word::is_word;

text_form! {
    /// A repository on GitHub, or on a Forgejo. Both need an owner and a name (docs.github.com, "Repository limits"; a
    /// Forgejo has the same form). A name cannot end with `.git`, which is a part of clone URLs.
    Repository
}

/// The hosts of forges whose releases have another API.
const OTHER_FORGES: &[&str] = &["gitlab.", "bitbucket.", "git.sr.ht", "sr.ht"];

impl Form for Repository {
    const NOUN: &'static str = "a repository";
    const LOOKS: &'static str = " such as immich-app/immich";
    const EXPECTED: &'static str = "OWNER/NAME on GitHub, or https://HOST/OWNER/NAME on a Forgejo";
    const EXAMPLE: &'static str = "immich-app/immich";
    const PATTERN: &'static str =
        r"^(https?://[A-Za-z0-9.-]+(:[0-9]+)?/[A-Za-z0-9._-]+|[A-Za-z0-9][A-Za-z0-9-]*)/[A-Za-z0-9._-]+$";

    fn parse(text: &str) -> Option<Repository> {
        let path = match web_parts(text) {
            Some((host, path)) => on_forgejo(host, path.strip_prefix('/')?)?,
            None => text,
        };
        is_path(path, if path == text { b"-" } else { b"._-" }).then(|| Repository(text.to_owned()))
    }

    /// `https://github.com/immich-app/immich`, and `codeberg.org/forgejo/forgejo`.
    fn advice(text: &str) -> Option<Advice> {
        let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
        let rest = rest.strip_prefix("git@").unwrap_or(rest);
        let rest = rest.strip_prefix("www.").unwrap_or(rest);
        let on_github = rest.strip_prefix("github.com").and_then(|path| path.strip_prefix(['/', ':']));
        // The host name of another forge has a dot, and owners of GitHub have none.
        let (host, path) = match on_github {
            Some(path) => ("", path),
            None => rest.split_once(['/', ':']).filter(|(host, _)| host.contains('.')).unwrap_or(("", rest)),
        };
        if OTHER_FORGES.iter().any(|forge| host.starts_with(forge)) {
            let help = "write its mirror on GitHub or Codeberg, or remove `update`";
            return Advice::new("homegen reads releases of GitHub and Forgejo only", help);
        }
        // The port of an address such as `https://git.example.org:3000/a/b`.
        let (port, path) = match path.split_once('/') {
            Some((port, path)) if !host.is_empty() && is_word(port, b"") && port.parse::<u16>().is_ok() => {
                (format!(":{port}"), path)
            }
            _ => (String::new(), path),
        };
        let mut steps = path.split('/');
        let (owner, name) = (steps.next()?, steps.next()?);
        let suggested = format!("{owner}/{}", name.strip_suffix(".git").unwrap_or(name));
        if host.is_empty() {
            Repository::parse(&suggested)?;
            return Advice::write("expected only OWNER/NAME", suggested);
        }
        let scheme = if text.starts_with("http://") { "http" } else { "https" };
        let suggested = format!("{scheme}://{host}{port}/{suggested}");
        Repository::parse(&suggested)?;
        Advice::write("expected https://HOST/OWNER/NAME", suggested)
    }
}

/// The path of a repository on a Forgejo at `host`, which may have a port.
fn on_forgejo<'a>(host: &str, path: &'a str) -> Option<&'a str> {
    let (name, port) = host.split_once(':').unwrap_or((host, "443"));
    let fits = is_word(name, b".-")
        && port.parse::<u16>().is_ok_and(|port| port > 0)
        && !matches!(name, "github.com" | "www.github.com")
        && !OTHER_FORGES.iter().any(|forge| name.starts_with(forge));
    fits.then_some(path)
}

/// True for an owner, which may have the given signs besides letters and digits, and a name.
fn is_path(path: &str, owner_signs: &[u8]) -> bool {
    let Some((owner, name)) = path.split_once('/') else { return false };
    let is_step = |step: &str, signs: &[u8]| is_word(step, signs) && !matches!(step, "." | "..");
    is_step(owner, owner_signs) && !owner.starts_with('-') && is_step(name, b"._-") && !name.ends_with(".git")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::Repository;

    #[test]
    fn a_repository_is_an_owner_and_a_name() {
        parses::<Repository>(
            &["immich-app/immich", "a/.b", "https://codeberg.org/a.b/c", "http://git.lan:3000/a/b"],
            &[
                "",
                "a",
                "-a/b",
                "a/b/c",
                "a/..",
                "a/b.git",
                "a.b/c",
                "https://a",
                "https://a/b",
                "https://a/b/c/d",
                "https://me@a/b/c",
                "https://a:0/b/c",
                "ftp://a/b/c",
                "https://a/../c",
                "https://gitlab.com/a/b",
                "https://github.com/a/b",
                "https://a/b/c?d",
            ],
        );
    }

    #[test]
    fn near_misses_get_advice() {
        advises::<Repository>(&[
            ("https://github.com/immich-app/immich", "write `immich-app/immich`"),
            ("https://www.github.com/a/b.git", "write `a/b`"),
            ("git@github.com:a/b.git", "write `a/b`"),
            ("github.com/a/b/releases", "write `a/b`"),
            ("codeberg.org/a/b", "write `https://codeberg.org/a/b`"),
            ("git@codeberg.org:a/b.git", "write `https://codeberg.org/a/b`"),
            ("https://codeberg.org/a/b/releases", "write `https://codeberg.org/a/b`"),
            ("http://git.lan:3000/a/b.git", "write `http://git.lan:3000/a/b`"),
            ("https://gitlab.com/a/b", "write its mirror on GitHub or Codeberg, or remove `update`"),
        ]);
    }
}
