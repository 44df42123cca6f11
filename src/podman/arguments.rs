//! The arguments of `podman run`, read as Podman reads them (pflag): `--name=value`, `--name value`, `-n value`,
//! `-nvalue` and `-itn value`.

use crate::source::Span;
use crate::tree::Text;

/// The options without a value (podman-run(1), and `podman run --help`). Every other one takes the next word.
const SWITCHES: &[&str] = &[
    "detach",
    "disable-content-trust",
    "env-host",
    "help",
    "http-proxy",
    "init",
    "interactive",
    "no-healthcheck",
    "no-hostname",
    "no-hosts",
    "no-session",
    "oom-kill-disable",
    "passwd",
    "privileged",
    "publish-all",
    "quiet",
    "read-only",
    "read-only-tmpfs",
    "replace",
    "rm",
    "rmi",
    "rootfs",
    "sig-proxy",
    "tls-verify",
    "tty",
    "unsetenv-all",
];

/// The options of one letter, and other names of one option.
const NAMES: &[(&str, &str)] = &[
    ("a", "attach"),
    ("c", "cpu-shares"),
    ("d", "detach"),
    ("e", "env"),
    ("h", "hostname"),
    ("i", "interactive"),
    ("l", "label"),
    ("m", "memory"),
    ("p", "publish"),
    ("P", "publish-all"),
    ("q", "quiet"),
    ("t", "tty"),
    ("u", "user"),
    ("v", "volume"),
    ("w", "workdir"),
    ("dns-opt", "dns-option"),
    ("healthcheck-command", "health-cmd"),
    ("net", "network"),
];

/// One option of `podman run`.
#[derive(Clone, Debug)]
pub struct Argument {
    /// Its long name, without the dashes.
    pub name: String,
    /// Its value, unless it is a switch that stands alone.
    pub value: Option<Text>,
    /// Where it stands, with its value.
    pub span: Span,
}

impl Argument {
    /// Whether it is a switch that is on.
    pub fn is_on(&self) -> bool {
        // strconv.ParseBool of Go, which pflag uses.
        let on = |text: &Text| matches!(text.value().as_str(), "1" | "t" | "T" | "true" | "TRUE" | "True");
        self.value.as_ref().is_none_or(on)
    }
}

/// The options in a list of words.
pub fn arguments(words: &[Text]) -> Vec<Argument> {
    let mut found = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let written = word.value();
        let (names, value) = match (written.strip_prefix("--"), written.strip_prefix('-')) {
            (Some(long), _) => match long.split_once('=') {
                Some((name, _)) => (vec![name.to_owned()], Some(after(word, name.len() + 3))),
                None => (vec![long.to_owned()], None),
            },
            (None, Some(short)) => letters(word, short),
            (None, None) => continue,
        };
        for (i, name) in names.iter().enumerate() {
            let long = NAMES.iter().find(|(other, _)| other == name).map_or(name.as_str(), |(_, long)| long);
            let mut argument = Argument { name: long.to_owned(), value: None, span: word.span };
            if i + 1 == names.len() {
                argument.value = value.clone();
                if argument.value.is_none() && !SWITCHES.contains(&long) {
                    let next = words.next();
                    argument.span = next.map_or(word.span, |next| both(word.span, next.span));
                    argument.value = next.cloned();
                }
            }
            found.push(argument);
        }
    }
    found
}

/// The letters of `-itv…`, of which the last may take a value, and the value that stands right behind it.
fn letters(word: &Text, short: &str) -> (Vec<String>, Option<Text>) {
    let mut names = Vec::new();
    for (at, letter) in short.char_indices() {
        names.push(letter.to_string());
        let rest = &short[at + letter.len_utf8()..];
        let long = NAMES.iter().find(|(name, _)| *name == letter.to_string()).map(|(_, long)| *long);
        if rest.starts_with('=') {
            return (names, Some(after(word, 1 + at + letter.len_utf8() + 1)));
        }
        if !rest.is_empty() && !long.is_some_and(|long| SWITCHES.contains(&long)) {
            return (names, Some(after(word, 1 + at + letter.len_utf8())));
        }
    }
    (names, None)
}

/// The text from a byte of its value on.
fn after(text: &Text, at: usize) -> Text {
    text.split_at(at).1
}

fn both(first: Span, second: Span) -> Span {
    match first.source == second.source && first.start <= second.start {
        true => Span { end: second.end, ..first },
        false => second,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Vec<(String, Option<String>)> {
        let words: Vec<Text> = words.iter().map(|word| Text::literal(*word, Span::default())).collect();
        arguments(&words).into_iter().map(|a| (a.name, a.value.map(|v| v.value()))).collect()
    }

    #[test]
    fn every_spelling_of_an_option() {
        let one = |name: &str, value: &str| vec![(name.to_owned(), Some(value.to_owned()))];
        assert_eq!(read(&["--pid=host"]), one("pid", "host"));
        assert_eq!(read(&["--pid", "host"]), one("pid", "host"));
        assert_eq!(read(&["--net=host"]), one("network", "host"));
        assert_eq!(read(&["-v", "/:/host"]), one("volume", "/:/host"));
        assert_eq!(read(&["-v/:/host"]), one("volume", "/:/host"));
        assert_eq!(read(&["-e=A=b"]), one("env", "A=b"));
        assert_eq!(read(&["--annotation", "--privileged"]), one("annotation", "--privileged"));
        assert_eq!(read(&["--privileged"]), vec![("privileged".to_owned(), None)]);
        assert_eq!(
            read(&["-itu", "root"]),
            vec![
                ("interactive".to_owned(), None),
                ("tty".to_owned(), None),
                ("user".to_owned(), Some("root".to_owned()))
            ]
        );
        assert_eq!(read(&["--pid"]), vec![("pid".to_owned(), None)]);
    }
}
