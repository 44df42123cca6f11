//! Files that sops encrypts, and its configuration `.sops.yaml` (<https://getsops.io/docs/>). The names of keys and the
//! recipients of a file are in plain text.

use std::collections::BTreeSet;

use regex_lite::Regex;
use serde_yaml::{Mapping, Value};

use crate::form::{Form, Recipient};

/// The configuration of sops.
pub const CONFIGURATION: &str = ".sops.yaml";

/// A recipient of a file: a key of age, or the fingerprint of one of PGP. Those in a cloud are not compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SopsRecipient(pub(crate) String);

/// The format of a file in NixOS's options, by its ending. `None` for YAML, the default of sops-nix. sops itself decides
/// by the same endings.
pub(crate) fn format(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or_default();
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("yaml" | "yml") => None,
        Some("json") => Some("json"),
        Some("ini") => Some("ini"),
        Some("env") => Some("dotenv"),
        _ => Some("binary"),
    }
}

/// A path relative to `folder`, without `.` and `..`.
pub fn joined(folder: &str, path: &str) -> String {
    let mut steps: Vec<&str> = Vec::new();
    for step in folder.split('/').chain(path.split('/')).filter(|step| !matches!(*step, "" | ".")) {
        match step {
            ".." if steps.last().is_some_and(|last| *last != "..") => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    steps.join("/")
}

/// An encrypted file.
#[derive(Debug)]
pub(crate) struct SopsFile {
    /// The recipients.
    pub(crate) recipients: BTreeSet<SopsRecipient>,
    /// The content, in which the values are encrypted. `None` in the formats from which sops-nix takes the whole file.
    content: Option<Mapping>,
}

impl SopsFile {
    /// Parses the file at `path`. Fails with the fact about the file.
    pub(crate) fn parse(path: &str, file: &[u8]) -> Result<SopsFile, &'static str> {
        if file.is_empty() {
            return Err("is empty");
        }
        let text = std::str::from_utf8(file).map_err(|_| NOT_SOPS)?;
        let (metadata, content) = match format(path) {
            Some("dotenv") => (flat(text.lines().filter_map(|line| line.strip_prefix("sops_"))), None),
            Some("ini") => {
                let lines = text.lines().skip_while(|line| line.trim() != "[sops]").skip(1);
                (flat(lines.take_while(|line| !line.starts_with('['))), None)
            }
            format => {
                let Ok(Value::Mapping(mut all)) = serde_yaml::from_str(text) else { return Err(NOT_SOPS) };
                let metadata = all.remove("sops").ok_or(NOT_SOPS)?;
                (recipients(&metadata), (format != Some("binary")).then_some(all))
            }
        };
        // A file has at least one recipient.
        match metadata {
            Some(recipients) => Ok(SopsFile { recipients, content }),
            None => Err(NOT_SOPS),
        }
    }

    /// True if the file has the key, with `/` between nested keys, as sops-nix looks it up.
    pub(crate) fn has_key(&self, key: &str) -> bool {
        let Some(content) = &self.content else { return true };
        let mut words = key.split('/');
        let first = words.next().and_then(|word| content.get(word));
        words.try_fold(first, |value, word| Some(value?.as_mapping()?.get(word))).flatten().is_some()
    }
}

const NOT_SOPS: &str = "was not encrypted by sops";

/// The recipients in the metadata of a file. `None` if there are none of any kind.
fn recipients(metadata: &Value) -> Option<BTreeSet<SopsRecipient>> {
    let metadata = metadata.as_mapping()?;
    metadata.get("mac")?;
    let groups = metadata.get("key_groups").and_then(Value::as_sequence).into_iter().flatten();
    let groups = groups.filter_map(Value::as_mapping).chain([metadata]);
    let of_kind = |kind: &'static str, name: &'static str| {
        let lists = groups.clone().filter_map(move |group| group.get(kind)?.as_sequence()).flatten();
        lists.filter_map(move |entry| SopsRecipient::of(kind, entry.get(name)?.as_str()?))
    };
    Some(of_kind("age", "recipient").chain(of_kind("pgp", "fp")).collect())
}

/// The recipients in the metadata of a file without nested values: `age__list_0__map_recipient=age1…`.
fn flat<'a>(lines: impl Iterator<Item = &'a str> + Clone) -> Option<BTreeSet<SopsRecipient>> {
    let pairs = lines.filter_map(|line| line.split_once('=')).map(|(key, value)| (key.trim(), value.trim()));
    if !pairs.clone().any(|(key, _)| key == "mac") {
        return None;
    }
    let of_kind = |(key, value): (&str, &str)| {
        let kind = if key.ends_with("__map_recipient") { "age" } else { "pgp" };
        let is_recipient = kind == "age" || key.ends_with("__map_fp");
        SopsRecipient::of(kind, value).filter(|_| is_recipient)
    };
    Some(pairs.filter_map(of_kind).collect())
}

impl SopsRecipient {
    /// The recipient in a message.
    pub(crate) fn short(&self) -> String {
        match Recipient::parse(&self.0) {
            Some(recipient) => recipient.short(),
            None => self.0.clone(),
        }
    }

    fn of(kind: &str, name: &str) -> Option<SopsRecipient> {
        let name = name.trim();
        match kind {
            "age" => {
                let key = Recipient::parse(name).map(|recipient| recipient.key().to_owned());
                Some(SopsRecipient(key.unwrap_or_else(|| name.to_owned())))
            }
            _ => {
                let is_part = |c: &char| c.is_ascii_alphanumeric();
                Some(SopsRecipient(name.chars().filter(is_part).collect::<String>().to_ascii_uppercase()))
            }
        }
        .filter(|recipient| !recipient.0.is_empty())
    }
}

/// The rules of [`CONFIGURATION`]: the recipients by the path of the file.
#[derive(Debug)]
pub(crate) struct SopsRules(Vec<(Option<Regex>, BTreeSet<SopsRecipient>)>);

impl SopsRules {
    /// Parses the configuration. Fails with the reason.
    pub(crate) fn parse(text: &str) -> Result<SopsRules, String> {
        let all: Value = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
        let rules = all.get("creation_rules").and_then(Value::as_sequence).into_iter().flatten();
        let rule = |rule: &Value| {
            let path = rule.get("path_regex").and_then(Value::as_str).filter(|path| !path.is_empty());
            let regex = path.map(Regex::new).transpose();
            let mut recipients = BTreeSet::new();
            of_rule(rule, 0, &mut recipients);
            regex.map(|regex| (regex, recipients)).map_err(|error| error.to_string())
        };
        rules.map(rule).collect::<Result<Vec<_>, String>>().map(SopsRules)
    }

    /// The recipients of the first rule for the file at `path`, which is relative to the folder of the configuration.
    pub(crate) fn recipients(&self, path: &str) -> Option<&BTreeSet<SopsRecipient>> {
        let is_for = |regex: &Option<Regex>| regex.as_ref().is_none_or(|regex| regex.is_match(path));
        self.0.iter().find(|(regex, _)| is_for(regex)).map(|(_, recipients)| recipients)
    }
}

/// The most levels of `merge` in a rule.
const MAX_LEVELS: usize = 8;

/// Collects the recipients of a rule or a group: a list, or names with commas between them.
fn of_rule(rule: &Value, level: usize, found: &mut BTreeSet<SopsRecipient>) {
    for kind in ["age", "pgp"] {
        match rule.get(kind) {
            Some(Value::String(names)) => {
                found.extend(names.split(',').filter_map(|name| SopsRecipient::of(kind, name)));
            }
            Some(Value::Sequence(names)) => {
                found.extend(names.iter().filter_map(|name| SopsRecipient::of(kind, name.as_str()?)));
            }
            _ => {}
        }
    }
    for key in ["key_groups", "merge"] {
        let groups = rule.get(key).and_then(Value::as_sequence).into_iter().flatten();
        groups.filter(|_| level < MAX_LEVELS).for_each(|group| of_rule(group, level + 1, found));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "age1wclp2ljyhe87fpqw4jg705wzll80z6gyrrtsjdd99xxl3vvewvlq3xehec";

    fn recipients_of(path: &str, text: &str) -> Result<Vec<String>, &'static str> {
        SopsFile::parse(path, text.as_bytes())
            .map(|file| file.recipients.into_iter().map(|one| one.0).collect())
    }

    #[test]
    fn the_first_rule_for_a_path_names_its_recipients() {
        let rules = SopsRules::parse(&format!(
            "creation_rules:\n- path_regex: ^a/.*\\.yaml$\n  age: '{KEY}, age1x'\n  pgp: [85d7 7543]\n- key_groups:\n  - merge: [{{ age: [{KEY}] }}]\n"
        ))
        .unwrap();
        let of = |path| rules.recipients(path).unwrap().iter().map(|one| one.0.as_str()).collect::<Vec<_>>();
        assert_eq!(of("a/x.yaml"), ["85D77543", KEY, "age1x"]);
        assert_eq!(of("b/a/x.yaml"), [KEY]);
        assert!(SopsRules::parse("creation_rules:\n- path_regex: '('\n").is_err());
        assert!(
            SopsRules::parse("creation_rules: [{ path_regex: x, age: y }]")
                .unwrap()
                .recipients("a")
                .is_none()
        );
    }

    #[test]
    fn metadata_is_found_in_each_format() {
        let yaml = format!(
            "db: ENC[x]\napp: {{ key: 'ENC[y]' }}\nsops:\n  mac: x\n  age: [{{ recipient: {KEY} }}]\n  pgp: [{{ fp: ab }}]\n"
        );
        assert_eq!(recipients_of("x.yaml", &yaml).unwrap(), ["AB", KEY]);
        let file = SopsFile::parse("x.yaml", yaml.as_bytes()).unwrap();
        assert!(file.has_key("db") && file.has_key("app/key"));
        assert!(
            !file.has_key("sops") && !file.has_key("db/x") && !file.has_key("app/x") && !file.has_key("x")
        );
        let json = format!(
            r#"{{"data":"ENC","sops":{{"mac":"x","key_groups":[{{"age":[{{"recipient":"{KEY}"}}]}}]}}}}"#
        );
        assert_eq!(recipients_of("x.bin", &json).unwrap(), [KEY]);
        let lines = "age__list_0__map_recipient=KEY\nmac=x\npgp__list_0__map_fp=ab\n".replace("KEY", KEY);
        let env: String = lines.lines().map(|line| format!("sops_{line}\n")).collect();
        assert_eq!(recipients_of("x.env", &env).unwrap(), ["AB", KEY]);
        let ini = format!("[a]\nmac = y\n[sops]\n{}", lines.replace('=', "   = "));
        assert_eq!(recipients_of("x.ini", &ini).unwrap(), ["AB", KEY]);
        for (path, text, why) in [
            ("x.yaml", "", "is empty"),
            ("x.yaml", "db: x", "was not encrypted by sops"),
            ("x.yaml", "sops: {}", "was not encrypted by sops"),
            ("x.env", "A=b", "was not encrypted by sops"),
            ("x.ini", "[a]\nb=c", "was not encrypted by sops"),
        ] {
            assert_eq!(recipients_of(path, text), Err(why), "{path}: {text}");
        }
    }
}
