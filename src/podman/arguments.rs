//! The arguments of `podman run`, parsed as Podman does (pflag): `--name=value`, `--name value`, `-n value`,
//! `-nvalue` and `-itn value`. `data/podman-options.yaml` lists the options.

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;

use crate::data;
use crate::source::Span;
use crate::tree::Text;

/// The options with a value.
fn with_value() -> &'static BTreeSet<String> {
    data::section!(BTreeSet<String>, "podman-options", "values")
}

/// The options without a value.
fn switches() -> &'static BTreeSet<String> {
    data::section!(BTreeSet<String>, "podman-options", "switches")
}

/// The options with a value that every command of Podman accepts.
fn globals() -> &'static BTreeSet<String> {
    data::section!(BTreeSet<String>, "podman-options", "globals")
}

/// The long names of options, by short option and alias.
fn names() -> &'static BTreeMap<String, String> {
    data::section!(BTreeMap<String, String>, "podman-options", "names")
}

/// The options whose value is a comma-separated list.
fn lists() -> &'static BTreeSet<String> {
    data::section!(BTreeSet<String>, "podman-options", "lists")
}

/// The options that break the unit of a container.
fn harmful() -> &'static [Harmful] {
    data::section!(Vec<Harmful>, "podman-options", "harmful")
}

/// An option that breaks the unit of a container.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Harmful {
    option: String,
    /// The harmless values, without the part after a colon.
    #[serde(default)]
    except: Vec<String>,
    /// The only harmful values. `None` if all except `except` are harmful.
    only: Option<Vec<String>>,
    /// The effect.
    effect: String,
    /// The action for the user.
    help: String,
}

/// The long name of an option.
fn long_name(name: &str) -> &str {
    names().get(name).map_or(name, String::as_str)
}

impl Harmful {
    /// True if a value, without the part after a colon, is harmful.
    fn is_harmful(&self, value: &str) -> bool {
        let is_one_of = |values: &Vec<String>| values.iter().any(|known| known == value);
        self.only.as_ref().map_or(!is_one_of(&self.except), is_one_of)
    }
}

/// One option of `podman run`.
#[derive(Clone, Debug)]
pub(crate) struct Argument {
    /// The long name, without the dashes.
    pub name: String,
    /// The value. `None` for a switch without a value.
    pub value: Option<Text>,
    /// The span of the option and its value.
    pub span: Span,
}

impl Argument {
    /// True if Podman has an option of this name.
    pub(crate) fn is_known(&self) -> bool {
        [switches, with_value, globals].into_iter().any(|options| options().contains(&self.name))
    }

    /// True for a switch that is on.
    pub(crate) fn is_on(&self) -> bool {
        // pflag uses Go's strconv.ParseBool.
        let on = |text: &Text| matches!(text.value().as_str(), "1" | "t" | "T" | "true" | "TRUE" | "True");
        self.value.as_ref().is_none_or(on)
    }

    /// The values: several if Podman splits them.
    pub(crate) fn values(&self) -> Vec<String> {
        let Some(value) = &self.value else { return Vec::new() };
        if lists().contains(&self.name) { fields(&value.value()) } else { vec![value.value()] }
    }

    /// True for `--network` with a mode. Podman accepts no other network with it.
    pub(crate) fn is_network_mode(&self) -> bool {
        let mode = self.value.as_ref().map(|value| value.value()).unwrap_or_default();
        self.name == "network"
            && data::section!(BTreeSet<String>, "podman-options", "network_modes")
                .contains(mode.split(':').next().unwrap_or_default())
    }

    /// The effect and the action if the argument breaks the unit of the container `own_name`.
    pub(crate) fn harm(&self, own_name: &str) -> Option<(&'static str, &'static str)> {
        let row = harmful().iter().find(|row| row.option == self.name)?;
        let is_switch = switches().contains(&row.option);
        let value = self.value.as_ref().map(Text::value).or(is_switch.then(String::new))?;
        let is_own_name = self.name == "name" && value == own_name;
        // `on-failure:3` has a number of attempts after the colon, `keep-id:uid=1000` options.
        let word = value.split(':').next().unwrap_or_default();
        (!is_own_name && row.is_harmful(word)).then_some((&*row.effect, &*row.help))
    }
}

/// The long names of all options of `podman run`.
pub(crate) fn options() -> impl Iterator<Item = &'static str> {
    with_value().iter().chain(switches()).chain(globals()).map(String::as_str)
}

/// A mistake in the arguments that prevents the start of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mistake {
    /// A word that belongs to no option: Podman would read it as the image.
    Alone,
    /// An option and its value in one word.
    OneWord,
    /// A last option without its value: Podman would read the image as the value.
    NoValue,
}

/// The options in a list of words.
pub(crate) fn arguments(words: &[Text]) -> Vec<Argument> {
    read(words).0
}

/// The mistakes in a list of words.
pub(crate) fn mistakes(words: &[Text]) -> Vec<(Mistake, Span)> {
    read(words).1
}

fn read(words: &[Text]) -> (Vec<Argument>, Vec<(Mistake, Span)>) {
    let (mut found, mut mistakes) = (Vec::new(), Vec::new());
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        match word.value().starts_with('-') {
            true => option(word, &mut words, &mut found, &mut mistakes),
            false => mistakes.push((Mistake::Alone, word.span)),
        }
    }
    (found, mistakes)
}

/// The options before the image, their mistakes, and the number of their words. As in pflag, `--` ends the options.
pub(crate) fn before_image(words: &[Text]) -> (Vec<Argument>, Vec<(Mistake, Span)>, usize) {
    let (mut found, mut mistakes) = (Vec::new(), Vec::new());
    let mut left = words.iter().peekable();
    while let Some(word) = left.next_if(|word| word.value().len() > 1 && word.value().starts_with('-')) {
        if word.value() == "--" {
            break;
        }
        option(word, &mut left, &mut found, &mut mistakes);
    }
    (found, mistakes, words.len() - left.len())
}

/// Reads one word with options, and the next one if it is a value.
fn option<'a>(
    word: &'a Text,
    words: &mut Peekable<std::slice::Iter<'a, Text>>,
    found: &mut Vec<Argument>,
    mistakes: &mut Vec<(Mistake, Span)>,
) {
    let written = word.value();
    let name_ends = written.find('=').unwrap_or(written.len());
    if written[..name_ends].contains(char::is_whitespace) {
        mistakes.push((Mistake::OneWord, word.span));
        return;
    }
    let (names, value) = match written.strip_prefix("--") {
        Some(long) => match long.split_once('=') {
            Some((name, _)) => (vec![name.to_owned()], Some(after(word, name.len() + 3))),
            None => (vec![long.to_owned()], None),
        },
        None => letters(word, &written[1..]),
    };
    for (i, name) in names.iter().enumerate() {
        let long = long_name(name);
        let mut argument = Argument { name: long.to_owned(), value: None, span: word.span };
        if i + 1 == names.len() {
            argument.value = value.clone();
            if argument.value.is_none() && !switches().contains(long) {
                // An unknown option may be a switch.
                let is_known = argument.is_known();
                let next = words.next_if(|next| is_known || !next.value().starts_with('-'));
                argument.span = next.map_or(word.span, |next| both(word.span, next.span));
                argument.value = next.cloned();
                mistakes.extend((is_known && next.is_none()).then_some((Mistake::NoValue, word.span)));
            }
        }
        found.push(argument);
    }
}

/// The fields of a CSV line, the format of Podman's lists and mounts: `type=bind,"src=/a,b",dst=/c`.
pub(crate) fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        let field = fields.last_mut().expect("there is one from the start");
        match character {
            // Two quotes in a quoted field are one quote.
            '"' if quoted && characters.next_if_eq(&'"').is_some() => field.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            other => field.push(other),
        }
    }
    fields
}

/// The letters of `-itv…`, and the value directly after the last letter, if that takes one.
fn letters(word: &Text, short: &str) -> (Vec<String>, Option<Text>) {
    let mut names = Vec::new();
    for (at, letter) in short.char_indices() {
        let name = letter.to_string();
        let is_switch = switches().contains(long_name(&name));
        names.push(name);
        let rest = &short[at + letter.len_utf8()..];
        if rest.starts_with('=') {
            return (names, Some(after(word, 1 + at + letter.len_utf8() + 1)));
        }
        if !rest.is_empty() && !is_switch {
            return (names, Some(after(word, 1 + at + letter.len_utf8())));
        }
    }
    (names, None)
}

/// The text from a byte offset of its value.
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
    fn every_spelling_of_an_option_is_parsed() {
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

    #[test]
    fn invalid_podman_arguments_are_found() {
        for (words, mistake) in [
            (&["--pid host"][..], Some(Mistake::OneWord)),
            (&["-v /a:/b"], Some(Mistake::OneWord)),
            (&["--label a=b"], Some(Mistake::OneWord)),
            (&["--pid=host", "host"], Some(Mistake::Alone)),
            (&["--privileged", "true"], Some(Mistake::Alone)),
            (&["--init", "--pid"], Some(Mistake::NoValue)),
            (&["-v"], Some(Mistake::NoValue)),
            (&["--health-cmd", "curl -f http://x", "--init", "-it", "--label=a=b c"], None),
        ] {
            let words: Vec<Text> = words.iter().map(|word| Text::literal(*word, Span::default())).collect();
            assert_eq!(mistakes(&words).first().map(|(mistake, _)| *mistake), mistake, "{words:?}");
        }
        assert_eq!(fields("type=bind,\"src=/a,b\",\"x\"\"y\""), ["type=bind", "src=/a,b", "x\"y"]);
    }
    #[test]
    fn the_option_lists_are_sorted_and_name_known_options() {
        let text = data::file!("podman-options");
        data::tests::assert_lists_are_sorted(text);
        let keys = ["values", "switches", "globals", "names", "lists", "network_modes", "harmful"];
        data::tests::assert_keys(text, &keys);
        let (values, switches, globals) = (with_value(), switches(), globals());
        let (names, lists, harmful) = (names(), lists(), harmful());
        let is_option = |name: &str| [values, switches, globals].iter().any(|options| options.contains(name));
        let count = values.len() + switches.len() + globals.len();
        assert_eq!(options().collect::<BTreeSet<_>>().len(), count, "an option is in one list");
        assert!(options().all(|name| !name.starts_with('-') && !name.contains(['=', ' '])));
        assert!(names.iter().all(|(other, name)| is_option(name) && !is_option(other)));
        assert!(lists.iter().all(|name| values.contains(name)));
        assert!(harmful.is_sorted_by(|one, next| one.option < next.option));
        assert!(
            harmful.iter().all(|row| is_option(&row.option) && (row.only.is_none() || row.except.is_empty()))
        );
    }
}
