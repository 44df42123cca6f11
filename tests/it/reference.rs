//! The tables of keys in `docs/language.md` are made from the declarations of the keys. A table stands between two comments:
//!
//! - `<!-- keys of Backup -->` and `<!-- end -->`: all keys of the mapping `Backup`;
//! - `<!-- keys of Backup: at, ping -->`: these, in this order, for all mappings that have the same ones;
//! - `<!-- keys of Update without at, ping -->`: all keys except these, which a table of common keys has.
//!
//! A mapping without a table has its keys in the table of the mapping around it, as `postgres.user`.
//!
//! A row is made of a key's type and of the sentences of its doc comment. A last sentence `Default: ….`, `Required….` or
//! `Becomes ….` goes to a column of its own.

use std::collections::{BTreeMap, BTreeSet};

use homegen::shape::ORDER;
use serde_json::Value;

const PAGE: &str = "docs/language.md";
const START: &str = "<!-- keys of ";
const END: &str = "<!-- end -->";

/// The keys that a table has.
enum Selection {
    All,
    Only(Vec<String>),
    Without(Vec<String>),
}

/// The mapping and the keys that a line asks for, if it is the start of a table.
fn start(line: &str) -> Option<(&str, Selection)> {
    let asked = line.strip_prefix(START)?.strip_suffix(" -->")?;
    let keys = |list: &str| list.split(", ").map(str::to_owned).collect();
    Some(match (asked.split_once(": "), asked.split_once(" without ")) {
        (Some((name, only)), _) => (name, Selection::Only(keys(only))),
        (_, Some((name, without))) => (name, Selection::Without(keys(without))),
        _ => (asked, Selection::All),
    })
}

/// A row of a table.
struct Row {
    key: String,
    r#type: String,
    meaning: String,
    becomes: String,
}

/// The schema that the tables are generated from, and the documented keys.
struct Reference {
    /// The schema of each mapping by its name.
    mappings: BTreeMap<String, Value>,
    /// The heading above the table of a mapping, as it stands in a link.
    headings: BTreeMap<String, String>,
    /// The keys that stand in a table, each behind the name of its mapping.
    shown: BTreeSet<(String, String)>,
}

impl Reference {
    fn new(page: &str) -> Reference {
        let root = homegen::schema::declared().to_value();
        let definitions = root["$defs"].as_object().expect("definitions").clone();
        let mut mappings: BTreeMap<String, Value> = definitions.into_iter().collect();
        mappings.insert("File".to_owned(), root);
        let (mut headings, mut heading, mut is_code) = (BTreeMap::new(), String::new(), false);
        for line in page.lines() {
            is_code ^= line.starts_with("```");
            if line.starts_with('#') && !is_code {
                let title = line.trim_start_matches(['#', ' ']).to_lowercase().replace(' ', "-");
                heading = title.chars().filter(|c| c.is_alphanumeric() || *c == '-').collect();
            }
            match start(line) {
                Some((_, Selection::Only(_))) | None => {}
                Some((name, _)) => {
                    assert!(headings.insert(name.to_owned(), heading.clone()).is_none(), "{name}")
                }
            }
        }
        Reference { mappings, headings, shown: BTreeSet::new() }
    }

    /// The noun for one or several values of `schema`.
    fn noun(&self, schema: &Value, is_plural: bool) -> String {
        let several = |noun: &str| if is_plural { plural(noun) } else { noun.to_owned() };
        if let Some(title) = schema["title"].as_str() {
            let title = several(title);
            return match (title.split_once('['), self.heading(schema)) {
                _ if title.contains("](") => title,
                (Some((before, rest)), Some(heading)) => {
                    format!("{before}[{}", rest.replacen(']', &format!("](#{heading})"), 1))
                }
                _ => title.replace(['[', ']'], ""),
            };
        }
        if let Some(name) = mapping_of(schema) {
            return match self.headings.get(name) {
                Some(heading) if is_plural => format!("[{}](#{heading})", plural(&words_of(name))),
                Some(heading) => format!("[mapping](#{heading})"),
                None => several("mapping"),
            };
        }
        if let Some(words) = schema["enum"].as_array() {
            let words = words.iter().filter(|word| !word.is_null()).map(code).collect();
            return either(words);
        }
        if let Some(choices) = schema["anyOf"].as_array() {
            let choices: Vec<&Value> = choices.iter().filter(|choice| choice["type"] != "null").collect();
            return match choices.as_slice() {
                [one, many] if many["items"] == **one => format!("one or many {}", self.noun(one, true)),
                choices => either(choices.iter().map(|choice| self.noun(choice, is_plural)).collect()),
            };
        }
        if schema["items"].is_object() {
            return format!("list of {}", self.noun(&schema["items"], true));
        }
        assert!(schema["additionalProperties"].is_object(), "a type without a title: {schema}");
        format!("map of {}", self.noun(&schema["additionalProperties"], true))
    }

    /// The heading above the table of the first mapping in a value of `schema`.
    fn heading(&self, schema: &Value) -> Option<&String> {
        mappings_in(schema, "").into_iter().find_map(|(name, _)| self.headings.get(name))
    }

    /// Adds the rows of the mapping called `name`. Its keys stand behind `prefix`.
    fn rows(&mut self, name: &str, selection: &Selection, prefix: &str, rows: &mut Vec<Row>) {
        let schema = self.mappings.get(name).unwrap_or_else(|| panic!("there is no mapping {name}")).clone();
        let order = schema[ORDER].as_array().expect("the keys").iter();
        let declared: Vec<String> = order.map(|key| key.as_str().expect("a key").to_owned()).collect();
        if let Selection::Only(keys) | Selection::Without(keys) = selection {
            keys.iter().for_each(|key| assert!(declared.contains(key), "{name} has no key {key}"));
        }
        let keys = match selection {
            Selection::Only(keys) => keys.clone(),
            Selection::Without(keys) => declared.into_iter().filter(|key| !keys.contains(key)).collect(),
            Selection::All => declared,
        };
        for key in keys {
            let property = &schema["properties"][&key];
            let is_required = schema["required"].as_array().is_some_and(|all| all.iter().any(|k| *k == key));
            rows.push(self.row(format!("`{prefix}{key}`"), property, is_required));
            for (inner, way) in mappings_in(property, "") {
                if !self.headings.contains_key(inner) {
                    self.rows(inner, &Selection::All, &format!("{prefix}{key}{way}."), rows);
                }
            }
            self.shown.insert((name.to_owned(), key));
        }
    }

    /// The row of a key.
    fn row(&self, key: String, property: &Value, is_required: bool) -> Row {
        let doc = property["description"].as_str().expect("a key is described").replace('\n', " ");
        let (mut meaning, mut default, mut becomes) = (doc.as_str(), String::new(), String::new());
        while let Some((rest, word, tail)) = last_sentence(meaning) {
            assert!(!tail.contains(". "), "`{word}` does not begin the last sentence: {doc}");
            match word {
                "Becomes " => becomes = tail.to_owned(),
                "Required" => default = format!("required{tail}"),
                _ => default = tail.to_owned(),
            }
            meaning = rest;
        }
        if !property["default"].is_null() {
            default = code(&property["default"]);
        } else if is_required {
            default = "required".to_owned();
        }
        let noun = self.noun(property, false);
        let mark = if noun.contains(',') { ';' } else { ',' };
        let r#type = if default.is_empty() { noun } else { format!("{noun}{mark} {default}") };
        Row { key, r#type, meaning: linked(meaning), becomes }
    }

    /// The table of the mapping called `name`, as Markdown.
    fn table(&mut self, name: &str, selection: &Selection) -> String {
        let mut rows = Vec::new();
        self.rows(name, selection, "", &mut rows);
        let has_becomes = rows.iter().any(|row| !row.becomes.is_empty());
        let mut table = match has_becomes {
            true => "| Key | Type, default | Meaning | Becomes |\n|---|---|---|---|\n".to_owned(),
            false => "| Key | Type, default | Meaning |\n|---|---|---|\n".to_owned(),
        };
        for Row { key, r#type, meaning, becomes } in rows {
            let mut cells = vec![key, r#type, meaning];
            cells.extend(has_becomes.then_some(becomes));
            let cells = cells
                .iter()
                .map(|cell| format!(" {}", cell.replace('|', "\\|")).trim_end().to_owned() + " |");
            table.push_str(&format!("|{}\n", cells.collect::<String>()));
        }
        table
    }
}

/// The last sentence of a doc comment, if it has its own column: the text before it, its first word, and the rest without
/// the full stop.
fn last_sentence(doc: &str) -> Option<(&str, &'static str, &str)> {
    let words = ["Default: ", "Becomes ", "Required"].into_iter();
    let found = words.filter_map(|word| Some((doc.rfind(&format!(". {word}"))? + ". ".len(), word)));
    let (at, word) = found.max()?;
    Some((doc[..at].trim_end(), word, doc[at + word.len()..].trim_end_matches('.')))
}

/// The mapping that `schema` refers to.
fn mapping_of(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/$defs/")
}

/// The mappings in a value of `schema`, each with its path.
fn mappings_in<'s>(schema: &'s Value, way: &str) -> Vec<(&'s str, String)> {
    if let Some(name) = mapping_of(schema) {
        return vec![(name, way.to_owned())];
    }
    if !schema.is_object() {
        return Vec::new();
    }
    let choices = schema["anyOf"].as_array().into_iter().flatten().map(|choice| (choice, way.to_owned()));
    let items = [(&schema["items"], way.to_owned())];
    let members = [(&schema["additionalProperties"], format!("{way}.NAME"))];
    let inner = choices.chain(items).chain(members);
    let mut found: Vec<(&str, String)> = inner.flat_map(|(inner, way)| mappings_in(inner, &way)).collect();
    found.dedup();
    found
}

/// A value as code. A text that would be a number without its quotes has them.
fn code(value: &Value) -> String {
    match value.as_str() {
        Some(text) if text.parse::<f64>().is_err() => format!("`{text}`"),
        _ => format!("`{value}`"),
    }
}

/// `a, b or c`.
fn either(choices: Vec<String>) -> String {
    match choices.as_slice() {
        [all @ .., last] if !all.is_empty() => format!("{} or {last}", all.join(", ")),
        _ => choices.concat(),
    }
}

/// The words of the name of a type: `auth provider` for `AuthProvider`.
fn words_of(name: &str) -> String {
    let spaced = name.char_indices().flat_map(|(at, c)| {
        let space = (at > 0 && c.is_uppercase()).then_some(' ');
        space.into_iter().chain(c.to_lowercase())
    });
    spaced.collect()
}

/// The plural of a noun with what follows it, such as `rule for devices` or `name of a secret`.
fn plural(noun: &str) -> String {
    if let Some((one, other)) = noun.split_once(" or ") {
        return format!("{} or {}", plural(one), plural(other));
    }
    if noun.starts_with('`') {
        return noun.to_owned();
    }
    if let Some((head, owner)) = noun.split_once(" of a ") {
        return format!("{} of {}", plural(head), plural(owner));
    }
    if let Some((at, _)) = [" of ", " for ", " in "].iter().find_map(|word| noun.match_indices(word).next()) {
        return format!("{}{}", plural(&noun[..at]), &noun[at..]);
    }
    if let Some((inner, link)) = noun.split_once("](") {
        return format!("{}]({link}", plural(inner));
    }
    match (noun.strip_suffix(']'), noun.strip_suffix('y')) {
        (Some(inner), _) => format!("{}]", plural(inner)),
        (_, Some(stem)) => format!("{stem}ies"),
        _ if noun.ends_with('s') => format!("{noun}es"),
        _ => format!("{noun}s"),
    }
}

/// `text` with each code of a diagnostic as a link to its page.
fn linked(text: &str) -> String {
    let mut parts = text.split("HG");
    let mut all = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.get(..4).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit())) {
            Some(digits) => all.push_str(&format!("[HG{digits}](diagnostics/HG{digits}.md){}", &part[4..])),
            None => all.push_str(&format!("HG{part}")),
        }
    }
    all
}

/// The page with newly generated tables.
fn renewed(page: &str) -> String {
    let mut reference = Reference::new(page);
    let (mut lines, mut all) = (page.lines(), String::new());
    let (mut common, mut left_out) = (BTreeSet::new(), Vec::new());
    while let Some(line) = lines.next() {
        all.push_str(line);
        all.push('\n');
        let Some((name, selection)) = start(line) else { continue };
        all.push_str(&reference.table(name, &selection));
        all.push_str(END);
        all.push('\n');
        assert!(lines.any(|line| line == END), "`{line}` has no end");
        match selection {
            Selection::All => {}
            Selection::Only(keys) => common.extend(keys),
            Selection::Without(keys) => left_out.extend(keys.into_iter().map(|key| (name.to_owned(), key))),
        }
    }
    reference.shown.extend(left_out.into_iter().filter(|(_, key)| common.contains(key)));
    let missing: Vec<String> = reference
        .mappings
        .iter()
        .flat_map(|(name, schema)| schema[ORDER].as_array().into_iter().flatten().map(move |key| (name, key)))
        .map(|(name, key)| (name.clone(), key.as_str().expect("a key").to_owned()))
        .filter(|key| !reference.shown.contains(key))
        .map(|(name, key)| format!("{name}.{key}"))
        .collect();
    assert!(missing.is_empty(), "{PAGE} has no table with these keys: {missing:?}");
    all
}

#[test]
fn the_tables_of_keys_match_the_declarations() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = std::fs::read_to_string(&path).expect("the page is there");
    let renewed = renewed(&page);
    if page != renewed && std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(path, renewed).expect("the page can be written");
        return;
    }
    let different = page.lines().zip(renewed.lines()).find(|(old, new)| old != new);
    assert!(
        page == renewed,
        "{PAGE} is not what the declarations say, and `INSTA_UPDATE=always cargo test reference` writes it: {different:#?}"
    );
}
