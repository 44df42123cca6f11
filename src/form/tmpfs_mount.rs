//! tmpfs mounts.

use super::{Advice, Form, text_form};
use crate::path::is_path;
use crate::podman::{BadOption, bad_option, closest_option, is_tmpfs_owner};

text_form! {
    /// A tmpfs mount and its options: `/path`, or `/path:option,option`.
    TmpfsMount
}

impl Form for TmpfsMount {
    const NOUN: &'static str = "a tmpfs mount";
    const LOOKS: &'static str = " such as /tmp or /tmp:size=64m,mode=1777";
    const EXPECTED: &'static str = "PATH or PATH:OPTION,OPTION";
    const EXAMPLE: &'static str = "/tmp";
    const PATTERN: &'static str = r"^/[^:]+(:[a-zA-Z0-9=%,]+)?$";

    fn parse(text: &str) -> Option<TmpfsMount> {
        let (path, options) = text.split_once(':').unwrap_or((text, ""));
        let options: Vec<&str> = options.split(',').filter(|_| text.contains(':')).collect();
        let fits =
            is_path(path) && !path.trim_end_matches('/').is_empty() && bad_option(&options, true).is_none();
        fits.then(|| TmpfsMount(text.to_owned()))
    }

    /// `tmp`, and `/tmp:size=lots`.
    fn advice(text: &str) -> Option<Advice> {
        if bad_option(&[text], true).is_none() {
            let help = "put the whole tmpfs mount in quotes, as in \"/tmp:size=64m,mode=1777\": a comma ends an item of `[ ]`";
            return Advice::new("is an option of a tmpfs mount, expected a path", help);
        }
        let (folder, options) = text.split_once(':')?;
        is_path(folder).then_some(())?;
        match bad_option(&options.split(',').collect::<Vec<_>>(), true)?.1 {
            BadOption::Both(one, other) => {
                Advice::new(format!("`{one}` and `{other}` exclude each other"), "remove one of the two")
            }
            BadOption::Value(option) => Advice::new(
                format!("`{option}` has an invalid value"),
                "write a value such as in `size=64m` and `mode=1777`",
            ),
            BadOption::Unknown(option) if is_tmpfs_owner(option) => Advice::new(
                format!("Podman has no option `{option}` for tmpfs: root owns the mount"),
                "write `mode=1777` instead: any user may write to the mount",
            ),
            BadOption::Unknown(option) => Advice::new(
                format!("Podman has no option `{option}` for tmpfs"),
                match closest_option(option, true) {
                    Some(suggested) => format!("did you mean `{suggested}`?"),
                    None => "remove it: the options are size=, mode=, ro, noexec, nosuid, nodev and others"
                        .to_owned(),
                },
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::TmpfsMount;

    #[test]
    fn a_tmpfs_mount_is_an_absolute_path_with_valid_options() {
        parses::<TmpfsMount>(
            &["/tmp", "/tmp:size=64m,mode=1777"],
            &["", "tmp", "/", "/tmp:", "/tmp:size=lots"],
        );
        advises::<TmpfsMount>(&[
            ("/tmp:noexek", "did you mean `noexec`?"),
            ("/tmp:size=lots", "write a value such as in `size=64m` and `mode=1777`"),
            ("/tmp:uid=1000", "write `mode=1777` instead: any user may write to the mount"),
        ]);
    }
}
