//! restic repositories.

use super::advice::{contains, stray};
use super::{Advice, Form, text_form};
use crate::diag::suggestion;
use crate::word::is_word;

text_form! {
    /// A restic repository: a path, or a backend with a location in it (restic's documentation, "Preparing a new
    /// repository"). NixOS writes it into a script without quotes, hence the narrow form.
    ResticRepository
}

/// The characters that a repository may contain besides letters and digits.
const SIGNS: &[u8] = b"@:/._~+=-";

/// The backends of restic besides a local folder.
const BACKENDS: &[&str] = &["azure", "b2", "gs", "rclone", "rest", "s3", "sftp", "swift"];

impl Form for ResticRepository {
    const NOUN: &'static str = "a restic repository";
    const LOOKS: &'static str = " such as sftp:me@nas:/backups";
    const EXPECTED: &'static str = "an absolute path, or a backend such as `sftp:` with a location";
    const EXAMPLE: &'static str = "sftp:me@nas:/backups";
    const PATTERN: &'static str = r"^(/|(azure|b2|gs|rclone|rest|s3|sftp|swift):)[A-Za-z0-9@:/._~+=-]*$";

    fn parse(text: &str) -> Option<ResticRepository> {
        let is_stored = |(kind, place): (&str, &str)| BACKENDS.contains(&kind) && !place.is_empty();
        let fits =
            is_word(text, SIGNS) && (text.starts_with('/') || text.split_once(':').is_some_and(is_stored));
        fits.then(|| ResticRepository(text.to_owned()))
    }

    /// `me@nas:/backups`, and `sftp:me@nas:/my backups`.
    fn advice(text: &str) -> Option<Advice> {
        if let Some(letter) = stray(text, SIGNS) {
            return Advice::new(
                contains(letter),
                "put the repository into a secret, and write the secret's name as `repository_secret`",
            );
        }
        let Some((kind, place)) = text.split_once(':') else {
            return Advice::new(
                "is neither an absolute path nor a backend",
                "write the whole path, starting with `/`",
            );
        };
        let suggested = match kind {
            "ssh" => match place.strip_prefix("//").and_then(|rest| rest.split_once('/')) {
                Some((host, path)) => format!("sftp:{host}:/{path}"),
                None => format!("sftp:{place}"),
            },
            "http" | "https" => format!("rest:{text}"),
            "local" | "file" => place.replacen("//", "", 1),
            _ if kind.contains(['@', '.']) || place.starts_with('/') && !place.starts_with("//") => {
                format!("sftp:{text}")
            }
            _ => String::new(),
        };
        let why = "restic has no such backend";
        if ResticRepository::parse(&suggested).is_some() {
            return Advice::write(why, suggested);
        }
        Advice::new(why, suggestion(kind, BACKENDS.iter().copied()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, explains, parses};
    use super::ResticRepository;

    #[test]
    fn a_repository_is_an_absolute_path_or_has_a_backend() {
        parses::<ResticRepository>(
            &["/srv/restic", "sftp:me@nas:/backups", "s3:s3.example.org/x"],
            &["", "x", "s3:", "/a b"],
        );
    }

    #[test]
    fn near_misses_get_advice() {
        advises::<ResticRepository>(&[
            ("me@nas:/backups", "write `sftp:me@nas:/backups`"),
            ("nas:/backups", "write `sftp:nas:/backups`"),
            ("ssh://me@nas/backups", "write `sftp:me@nas:/backups`"),
            ("https://nas:8000/me", "write `rest:https://nas:8000/me`"),
            ("local:/srv/x", "write `/srv/x`"),
            ("backups", "write the whole path, starting with `/`"),
        ]);
        explains::<ResticRepository>(&[("sftp:me@nas:/a\u{200b}b", "contains U+200B")]);
    }
}
