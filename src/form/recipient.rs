//! Recipients: the public keys that age encrypts to.

use data_encoding::{BASE64, BASE64_NOPAD};
use sha2::{Digest, Sha256};

use super::{Advice, Form};

/// A public key that age encrypts to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Recipient {
    /// The key without its comment.
    key: String,
    /// The type of the stanza that age writes for the key, and its tag. `None` if a plugin decides.
    stanza: Option<(&'static str, Option<String>)>,
}

/// The least length of an RSA key that age encrypts to, in bytes.
const MIN_RSA: usize = 2048 / 8;

impl Recipient {
    /// The key without its comment.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// The type of the stanza that age writes for the key. `None` if a plugin decides.
    pub(crate) fn stanza(&self) -> Option<&'static str> {
        self.stanza.as_ref().map(|(stanza, _)| *stanza)
    }

    /// The tag of the key in a stanza. Only SSH keys have one.
    pub(crate) fn tag(&self) -> Option<&str> {
        self.stanza.as_ref().and_then(|(_, tag)| tag.as_deref())
    }

    /// The type of the stanza and the tag of an SSH key.
    pub(crate) fn tagged(&self) -> Option<(&str, &str)> {
        Some((self.stanza()?, self.tag()?))
    }

    /// The key in a message: SSH keys and long keys are shortened.
    pub(crate) fn short(&self) -> String {
        const SHOWN: usize = 24;
        match self.key.split_once(' ') {
            Some((kind, key)) => format!("{kind} …{}", &key[key.len().saturating_sub(SHOWN / 2)..]),
            None if self.key.len() > 2 * SHOWN => format!("{}…", &self.key[..SHOWN]),
            None => self.key.clone(),
        }
    }
}

impl Form for Recipient {
    const NOUN: &'static str = "a recipient";
    const LOOKS: &'static str = " such as `age1…` or `ssh-ed25519 AAAA…`";
    const EXPECTED: &'static str = "a public key of age, or an SSH key of the type ssh-ed25519 or ssh-rsa";
    const EXAMPLE: &'static str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPJDyIr/FSz1cJdcoW69R+NrWzwGK/+3gJpqD1t8L2zE";
    const PATTERN: &'static str = r"^(age1[0-9a-z]+|ssh-(ed25519|rsa) [A-Za-z0-9+/]+=*( .*)?)$";

    fn parse(text: &str) -> Option<Recipient> {
        if text.contains(char::is_control) {
            return None;
        }
        match text.split_once(' ') {
            None => age_key(text),
            Some((kind, rest)) => {
                let key = rest.split(' ').next().filter(|key| !key.is_empty())?;
                let (kind, wire) = ssh_key(kind, key)?;
                // The tag, as C2SP's age.md defines it: the start of the hash of the key.
                let tag = BASE64_NOPAD.encode(&Sha256::digest(wire)[..4]);
                Some(Recipient { key: format!("{kind} {key}"), stanza: Some((kind, Some(tag))) })
            }
        }
    }

    fn advice(text: &str) -> Option<Advice> {
        let lower = text.to_ascii_lowercase();
        if lower.starts_with("age-secret-key-") || lower.starts_with("age-plugin-") {
            return Advice::new(
                "is a private key, expected its public key",
                "write the public key: `age-keygen -y FILE` prints it",
            );
        }
        if lower.contains("private key") {
            return Advice::new(
                "is a private key",
                "write the public key, from the file that ends in `.pub`",
            );
        }
        if text.starts_with(['/', '~', '.']) || text.ends_with(".pub") {
            return Advice::new(
                "is a path, expected the key",
                "write the content of the file with the public key",
            );
        }
        let kind = text.split(' ').next().unwrap_or_default();
        if matches!(kind, "ssh-dss") || kind.starts_with("ecdsa-") || kind.starts_with("sk-") {
            return Advice::new(
                format!("age does not encrypt to keys of the type {kind}"),
                "write a key of the type ssh-ed25519, such as `/etc/ssh/ssh_host_ed25519_key.pub` of the host",
            );
        }
        if matches!(kind, "ssh-ed25519" | "ssh-rsa") {
            return Advice::new(
                "the SSH key is incomplete or damaged",
                "copy the whole line of the `.pub` file",
            );
        }
        if lower.starts_with("age1") {
            return Advice::new("the key is incomplete or has a typing error", "copy the whole key");
        }
        None
    }
}

/// A public key of age or of a plugin: Bech32 (BIP 173) without its limit on the length, in lower case.
fn age_key(text: &str) -> Option<Recipient> {
    const LETTERS: &str = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    let (kind, data) = text.rsplit_once('1')?;
    let values = data.chars().map(|letter| LETTERS.find(letter)).collect::<Option<Vec<usize>>>()?;
    let all = kind.bytes().map(|byte| usize::from(byte >> 5));
    let all = all.chain([0]).chain(kind.bytes().map(|byte| usize::from(byte & 31))).chain(values);
    let sum = all.fold(1usize, |sum, value| {
        let next = (sum & 0x1ff_ffff) << 5 ^ value;
        let factors = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
        let of_bit = |(bit, factor): (usize, usize)| if sum >> 25 >> bit & 1 == 1 { factor } else { 0 };
        next ^ factors.into_iter().enumerate().map(of_bit).fold(0, |all, factor| all ^ factor)
    });
    if sum != 1 || data.len() <= 6 {
        return None;
    }
    // The keys that age has without a plugin: filippo.io/age, and its recipients of hardware (age-plugin-tag).
    let stanza = match kind {
        // 32 bytes in characters of 5 bits, and the sum.
        "age" if data.len() == 52 + 6 => Some("X25519"),
        "age1pq" => Some("mlkem768x25519"),
        "age1tag" => Some("p256tag"),
        "age1tagpq" => Some("mlkem768p256tag"),
        _ if kind.strip_prefix("age1").is_some_and(|name| !name.is_empty()) => None,
        _ => return None,
    };
    Some(Recipient { key: text.to_owned(), stanza: stanza.map(|stanza| (stanza, None)) })
}

/// The type and the bytes of an SSH key that age can encrypt to.
fn ssh_key(kind: &str, key: &str) -> Option<(&'static str, Vec<u8>)> {
    let wire = BASE64.decode(key.as_bytes()).or_else(|_| BASE64_NOPAD.decode(key.as_bytes())).ok()?;
    // RFC 4253, section 6.6: strings, each with its length.
    let mut parts = Vec::new();
    let mut rest = wire.as_slice();
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (part, after) = after.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        parts.push(part);
        rest = after;
    }
    let kind = match (kind, parts.as_slice()) {
        ("ssh-ed25519", [b"ssh-ed25519", key]) if key.len() == 32 => "ssh-ed25519",
        // A leading zero keeps the number positive.
        ("ssh-rsa", [b"ssh-rsa", _, modulus]) if modulus.len() > MIN_RSA => "ssh-rsa",
        _ => return None,
    };
    Some((kind, wire))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::*;

    const HOST: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPJDyIr/FSz1cJdcoW69R+NrWzwGK/+3gJpqD1t8L2zE";
    const KEY: &str = "age1wclp2ljyhe87fpqw4jg705wzll80z6gyrrtsjdd99xxl3vvewvlq3xehec";

    #[test]
    fn recipients_are_complete_public_keys_of_age_and_ssh() {
        let commented = format!("{HOST} root@box");
        // The plugin's key is the example of age-plugin-yubikey.
        let plugin = "age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t";
        parses::<Recipient>(
            &[HOST, KEY, &commented, plugin],
            &[
                "",
                "age1",
                &KEY[..KEY.len() - 1],
                &KEY.replace('w', "e"),
                &KEY.to_uppercase(),
                &HOST[..HOST.len() - 4],
                &HOST.replace("ssh-ed25519 ", "ssh-rsa "),
                &HOST.replace(' ', "  "),
                "ssh-ed25519 AAAA",
                "ssh-ed25519",
                "root@box",
            ],
        );
        assert_eq!(Recipient::parse(&commented), Recipient::parse(HOST));
        advises::<Recipient>(&[
            (
                "AGE-SECRET-KEY-14JD85N6KCRJ7J6GRTXHUV3CLVGNY9TS0V4247GVGXXKYXF9AS0KQSWMK4X",
                "write the public key: `age-keygen -y FILE` prints it",
            ),
            ("/etc/ssh/ssh_host_ed25519_key.pub", "write the content of the file with the public key"),
            ("age1qqq", "copy the whole key"),
            ("me", ""),
        ]);
    }
}
