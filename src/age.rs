//! The header of a file that age encrypted (<https://c2sp.org/age>): a stanza for each recipient. It shows the tag of an
//! SSH key; a key of age leaves no trace.

use std::collections::HashSet;

use data_encoding::BASE64;
use indexmap::IndexSet;

use crate::form::Recipient;

/// The most bytes of a file that [`header`] reads. A header with 500 keys of SSH is shorter.
pub(crate) const MAX_HEADER: usize = 64 << 10;

/// The header of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header(Vec<Stanza>);

/// The stanza of a recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stanza {
    /// The type, such as `X25519`.
    kind: String,
    /// The first argument, which is the tag of a key where the type has one.
    argument: String,
}

const FIRST_LINE: &str = "age-encryption.org/v1";
/// The least bytes after the header: a nonce, and the tag of an empty content.
const MIN_CONTENT: usize = 16 + 16;

const ARMOR: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";

/// Parses the header at the start of a file. Fails with the fact about the file.
pub(crate) fn header(file: &[u8]) -> Result<Header, &'static str> {
    if file.is_empty() {
        return Err("is empty");
    }
    let is_whole = file.len() < MAX_HEADER;
    let unarmored;
    let file = match file.trim_ascii_start().strip_prefix(ARMOR) {
        Some(rest) => {
            unarmored = unarmor(rest)?;
            unarmored.as_slice()
        }
        None => file,
    };
    let mut lines = file.split(|byte| *byte == b'\n');
    let mut line = || lines.next().map(|line| std::str::from_utf8(line).unwrap_or_default());
    match line() {
        Some(FIRST_LINE) => {}
        Some(first) if first.starts_with("age-encryption.org/") => return Err("has a newer format of age"),
        _ => return Err("was not encrypted by age"),
    }
    let mut stanzas = Vec::new();
    let mut text = line();
    loop {
        match text {
            Some(end) if end.starts_with("--- ") => break,
            Some(stanza) if stanza.starts_with("-> ") => {
                let mut words = stanza.split(' ').skip(1).map(str::to_owned);
                let kind = words.next().unwrap_or_default();
                stanzas.push(Stanza { kind, argument: words.next().unwrap_or_default() });
            }
            // A line of a stanza's body.
            Some(body) if !stanzas.is_empty() && !body.contains(' ') => {}
            _ => return Err("has a damaged header"),
        }
        text = line();
    }
    if stanzas.is_empty() {
        return Err("has a damaged header");
    }
    let content: usize = lines.map(|line| line.len() + 1).sum();
    match is_whole && content <= MIN_CONTENT {
        true => Err("ends too early"),
        false => Ok(Header(stanzas)),
    }
}

/// The decoded bytes of an armored file, as far as `text` has them.
fn unarmor(text: &[u8]) -> Result<Vec<u8>, &'static str> {
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).skip(1);
    let lines = lines.take_while(|line| !line.starts_with(b"-----"));
    let mut all = lines.collect::<Vec<_>>().concat();
    // The text may end inside a line.
    all.truncate(all.len() / 4 * 4);
    BASE64.decode(&all).map_err(|_| "has a damaged armor")
}

/// How the stanzas of a file differ from those for its recipients.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Difference<'a> {
    /// The recipients without a stanza.
    pub(crate) missing: Vec<&'a Recipient>,
    /// The stanzas without a recipient, by type and tag.
    pub(crate) others: Vec<String>,
    /// The recipients whose stanzas have no trace of the key, if there are as many as there should be.
    pub(crate) untraceable: Vec<&'a Recipient>,
    /// The number of stanzas without a trace, and the number of their recipients, where the two differ.
    pub(crate) counts: Option<(usize, usize)>,
}

impl Header {
    /// True if the file has a passphrase. It then has no other recipient.
    pub(crate) fn has_passphrase(&self) -> bool {
        self.0.iter().any(|stanza| stanza.kind == "scrypt")
    }

    /// The difference from a file that is encrypted to `recipients`.
    pub(crate) fn difference<'a>(&self, recipients: &'a [Recipient]) -> Difference<'a> {
        let mut found = Difference::default();
        // Some implementations add a stanza that every reader ignores.
        let stanzas: Vec<&Stanza> =
            self.0.iter().filter(|stanza| !stanza.kind.ends_with("-grease")).collect();
        let is_ssh = |stanza: &&&Stanza| matches!(stanza.kind.as_str(), "ssh-ed25519" | "ssh-rsa");
        let (tagged, untagged): (Vec<&Recipient>, Vec<&Recipient>) =
            recipients.iter().partition(|recipient| recipient.tag().is_some());
        let wanted: HashSet<(&str, &str)> = tagged.iter().copied().filter_map(Recipient::tagged).collect();
        let in_header = stanzas.iter().filter(is_ssh).map(|one| (one.kind.as_str(), one.argument.as_str()));
        let in_header: IndexSet<(&str, &str)> = in_header.collect();
        let is_absent = |one: &&Recipient| one.tagged().is_some_and(|key| !in_header.contains(&key));
        found.missing = tagged.iter().copied().filter(is_absent).collect();
        let others = in_header.iter().filter(|key| !wanted.contains(*key));
        found.others = others.map(|(kind, tag)| format!("{kind} with the tag {tag}")).collect();
        // The types of stanzas that age itself writes are counted apart; each plugin has types of its own.
        let known = ["X25519", "mlkem768x25519", "p256tag", "mlkem768p256tag"];
        let kind_of = |kind: &str| known.iter().position(|known| *known == kind);
        for kind in (0..known.len()).map(Some).chain([None]) {
            let is_kind = |stanza: &&&Stanza| !is_ssh(stanza) && kind_of(&stanza.kind) == kind;
            let number = stanzas.iter().filter(is_kind).count();
            let expected: Vec<&Recipient> =
                untagged.iter().copied().filter(|one| one.stanza().and_then(kind_of) == kind).collect();
            match (number, expected.len()) {
                (number, wanted) if number == wanted => found.untraceable.extend(expected),
                (0, _) => found.missing.extend(expected),
                (number, wanted) => {
                    let (all, all_wanted) = found.counts.unwrap_or_default();
                    found.counts = Some((all + number, all_wanted + wanted));
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Form;

    const HOST: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPJDyIr/FSz1cJdcoW69R+NrWzwGK/+3gJpqD1t8L2zE";
    const KEY: &str = "age1wclp2ljyhe87fpqw4jg705wzll80z6gyrrtsjdd99xxl3vvewvlq3xehec";

    fn file(stanzas: &str) -> Vec<u8> {
        [format!("{FIRST_LINE}\n{stanzas}--- mac\n").as_bytes(), &[0xff; 32]].concat()
    }

    #[test]
    fn each_damage_of_a_header_is_named() {
        for (text, why) in [
            ("", "is empty"),
            ("hello\n", "was not encrypted by age"),
            ("age-encryption.org/v2\n", "has a newer format of age"),
            ("age-encryption.org/v1\n", "has a damaged header"),
            ("age-encryption.org/v1\n--- x\n", "has a damaged header"),
            ("age-encryption.org/v1\n-> X25519 a\nb\n", "has a damaged header"),
            ("age-encryption.org/v1\nb\n-> X25519 a\n--- x\n", "has a damaged header"),
            ("age-encryption.org/v1\n-> X25519 a\nb\n--- x\nshort", "ends too early"),
            ("-----BEGIN AGE ENCRYPTED FILE-----\n!!!!\n", "has a damaged armor"),
        ] {
            assert_eq!(header(text.as_bytes()), Err(why), "{text}");
        }
    }

    #[test]
    fn stanzas_are_compared_with_recipients() {
        let parse = |key: &str| Recipient::parse(key).unwrap();
        let both = [parse(HOST), parse(KEY)];
        let tag = both[0].tag().unwrap();
        let right =
            header(&file(&format!("-> ssh-ed25519 {tag} a\nb\n-> X25519 a\nb\n-> x-grease\n\n"))).unwrap();
        let difference = right.difference(&both);
        assert_eq!(difference, Difference { untraceable: vec![&both[1]], ..Difference::default() });
        assert_eq!(right.difference(&both[..1]).counts, Some((1, 0)));
        let wrong = header(&file("-> ssh-ed25519 AAAAAA a\nb\n")).unwrap();
        let difference = wrong.difference(&both);
        assert_eq!(difference.missing, [&both[0], &both[1]]);
        assert_eq!(difference.others, ["ssh-ed25519 with the tag AAAAAA"]);
        assert!(header(&file("-> scrypt a 18\nb\n")).unwrap().has_passphrase());
    }
}
