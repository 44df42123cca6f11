//! The predictions of `homegen plan`, compared with real switches of a booted host: 40 edits of the fixtures, which have each
//! key of the language that changes something on the host.
//!
//! The edits are in tests/it/switch-edits.jsonl. `INSTA_UPDATE=always cargo test switch::` generates them from the fixtures.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use homegen::deployment::Deployment;
use homegen::diag::Diagnostics;
use homegen::effect::{EffectKind, Effects};
use homegen::source::SourceId;
use homegen::syntax::{Kind, Node};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::common::edits::{choices, key, leaves, others, replaced};
use crate::common::{fixtures, read, root};
use crate::plan::deployment;

/// The fixtures whose values are edited. A key is taken from the first fixture that has it.
const BASES: &[&str] = &[
    "greenhead",
    "every-key",
    "every-key-jobs",
    "native-services",
    "host-databases",
    "secret-stores",
    "port-clients",
];

/// Keys whose value names a file, a folder or a user outside of the compiled file: a changed name is one that does not exist.
const OUTSIDE: &[&str] = &[
    "agenix.directory",
    "jobs.NAME.run",
    "jobs.NAME.user",
    "secrets.NAME.file",
    "services.NAME.containers.NAME.files.NAME.from",
    "services.NAME.jobs.NAME.run",
    "services.NAME.jobs.NAME.user",
    "services.NAME.units",
    "sops.file",
];

/// Units of the owner's options in the fixtures. A test host does not run them, so that each switch starts them.
const OF_OWNER: &[&str] = &["earlyoom.service", "suid-sgid-wrappers.service", "thermald.service"];

/// The number of edits.
const COUNT: usize = 40;

/// The file with the edits.
const EDITS: &str = "tests/it/switch-edits.jsonl";

/// An edit of a fixture.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Edit {
    /// The fixture.
    fixture: String,
    /// The new texts of values, by the paths of the values.
    values: BTreeMap<String, String>,
}

/// A fixture.
struct Base {
    name: &'static str,
    text: String,
    node: Node,
    deployment: Deployment,
}

impl Base {
    fn new(name: &'static str) -> Base {
        let text = read(&format!("fixtures/{name}/homeserver.yaml"));
        let node = homegen::parse::parse(&text, SourceId::FILE, &mut Diagnostics::default()).expect("YAML");
        let deployment = deployment(&text, &fixtures().join(name)).expect("it compiles");
        Base { name, text, node, deployment }
    }

    /// The text after an edit.
    fn edited(&self, values: &BTreeMap<String, String>) -> String {
        let values = values.iter().map(|(path, value)| (path.as_str(), value.as_str()));
        replaced(&self.text, &self.node, values).expect("the values exist")
    }

    /// Other values of the file that may be valid at a key: those of the same key, the secrets in place of a secret, and another
    /// time zone.
    fn alternatives(&self, schema: &Value, at: &str, leaf: &Node) -> Vec<String> {
        let Some(text) = scalar(leaf) else { return Vec::new() };
        let mut values = Vec::new();
        leaves(&self.node, "", &mut values);
        let same = values.iter().filter(|(path, _)| key(schema, path) == at);
        let mut all: BTreeSet<String> =
            same.filter_map(|(_, value)| Some(scalar(value)?.to_owned())).collect();
        let secrets: Vec<&str> =
            self.node.get("secrets").iter().flat_map(|all| all.entries()).map(|e| e.key.as_str()).collect();
        if secrets.contains(&text) {
            all.extend(secrets.iter().map(|&name| name.to_owned()));
        }
        if at == "host.timezone" {
            all.insert("Asia/Seoul".to_owned());
        }
        all.remove(text);
        all.into_iter().take(8).collect()
    }

    /// True if an edited file compiles, and changes something on the host.
    fn has_effect(&self, values: &BTreeMap<String, String>) -> bool {
        let new = deployment(&self.edited(values), &fixtures().join(self.name));
        new.is_some_and(|new| !homegen::effects(&self.deployment, &new).is_empty())
    }
}

/// The text of a scalar.
fn scalar(node: &Node) -> Option<&str> {
    match &node.kind {
        Kind::Scalar { text, .. } => Some(text),
        _ => None,
    }
}

/// The edits: the first value of each key that has an effect, in groups of `size` values of one fixture.
fn generate(size: usize, bases: &[Base]) -> Vec<Edit> {
    let schema: Value = serde_json::from_str(&homegen::schema::schema()).expect("JSON");
    let mut seen = BTreeSet::new();
    let mut all: Vec<Edit> = Vec::new();
    for base in bases {
        let first = all.len();
        let mut values = Vec::new();
        leaves(&base.node, "", &mut values);
        for (path, leaf) in values {
            let key = key(&schema, &path);
            let (start, end) = (leaf.span.start as usize, leaf.span.end as usize);
            // A plan lists the options of the owner, and does not know their units.
            let is_of_owner = path.split('.').any(|step| step == "nixos");
            if is_of_owner
                || seen.contains(&key)
                || OUTSIDE.contains(&key.as_str())
                || base.text[start..end].contains('\n')
            {
                continue;
            }
            let words = choices(&schema, &path).into_iter().chain(base.alternatives(&schema, &key, &leaf));
            let words = words.filter(|word| word != base.text[start..end].trim());
            let mut is_known = false;
            // A word of the file is more likely to work on the host: a user, a path or an image that exists.
            for other in words.chain(others(&base.text[start..end], &leaf)) {
                let one = BTreeMap::from([(path.clone(), other.clone())]);
                if !base.has_effect(&one) {
                    continue;
                }
                seen.insert(key.clone());
                is_known = true;
                // The groups of the fixture that still compile with the value.
                let group = all[first..].iter_mut().filter(|edit| edit.values.len() < size).find(|edit| {
                    let mut values = edit.values.clone();
                    values.extend(one.clone());
                    base.has_effect(&values)
                });
                match group {
                    Some(edit) => edit.values.extend(one),
                    None => all.push(Edit { fixture: base.name.to_owned(), values: one }),
                }
                break;
            }
            if !is_known {
                println!("{}: no edit of {key}: {path}", base.name);
            }
        }
    }
    all
}

#[test]
#[ignore = "generates the edits"]
fn edits_are_generated_from_the_keys_of_the_language() {
    let bases: Vec<Base> = BASES.iter().map(|name| Base::new(name)).collect();
    let mut edits =
        (1..).map(|size| generate(size, &bases)).find(|edits| edits.len() <= COUNT).expect("a size");
    // The largest groups are divided until the number is exact.
    while edits.len() < COUNT {
        let largest = edits.iter_mut().max_by_key(|edit| edit.values.len()).expect("edits");
        let base = bases.iter().find(|base| base.name == largest.fixture).expect("a fixture");
        let middle = largest.values.keys().nth(largest.values.len() / 2).expect("several values").clone();
        let values = largest.values.split_off(&middle);
        assert!(base.has_effect(&largest.values) && base.has_effect(&values), "{largest:?} {values:?}");
        let fixture = largest.fixture.clone();
        edits.push(Edit { fixture, values });
    }
    edits.sort_by_key(|edit| BASES.iter().position(|name| *name == edit.fixture));
    let lines: Vec<String> =
        edits.iter().map(|edit| serde_json::to_string(edit).expect("text is JSON")).collect();
    std::fs::write(root().join(EDITS), lines.join("\n") + "\n").expect("written");
    let keys: usize = edits.iter().map(|edit| edit.values.len()).sum();
    println!("{keys} keys in {} edits", edits.len());
}

/// The predicted effects in the words of the program that switches.
fn predicted(effects: &Effects) -> BTreeMap<&str, &'static str> {
    let word = |kind| match kind {
        EffectKind::Stopped => Some("stopped"),
        EffectKind::StoppedAndStarted | EffectKind::Restarted => Some("restarted"),
        EffectKind::Reloaded => Some("reloaded"),
        EffectKind::Started => Some("started"),
        EffectKind::MayRestart | EffectKind::LeftAlone => None,
    };
    effects.iter().filter_map(|(unit, effect)| Some((unit.as_str(), word(effect.kind)?))).collect()
}

#[test]
#[ignore = "switches a booted host 40 times: HOMEGEN_SWITCH is the program, HOMEGEN_EDITS some numbers of edits"]
fn predictions_agree_with_real_switches() {
    let program = std::env::var("HOMEGEN_SWITCH").expect("HOMEGEN_SWITCH");
    let bases: BTreeMap<&str, Base> = BASES.iter().map(|name| (*name, Base::new(name))).collect();
    let lines = read(EDITS);
    let mut disagreeing = Vec::new();
    let only = std::env::var("HOMEGEN_EDITS").ok();
    let only: Option<Vec<&str>> = only.as_ref().map(|only| only.split(' ').collect());
    for (number, line) in lines.lines().enumerate() {
        if only.as_ref().is_some_and(|only| !only.contains(&(number + 1).to_string().as_str())) {
            continue;
        }
        let edit: Edit = serde_json::from_str(line).expect("an edit");
        let base = &bases[edit.fixture.as_str()];
        let work = tempfile::tempdir().expect("a folder");
        let build = |name: &str, text: &str| -> PathBuf {
            let folder = work.path().join(name);
            let copied = Command::new("cp").arg("-rT").args([&fixtures().join(base.name), &folder]).status();
            assert!(copied.expect("cp").success());
            std::fs::write(folder.join("homeserver.yaml"), text).expect("written");
            let built =
                Command::new(env!("CARGO_BIN_EXE_homegen")).arg("build").current_dir(&folder).output();
            assert!(built.expect("homegen").status.success(), "{line}");
            folder.join("generated/default.nix")
        };
        let text = base.edited(&edit.values);
        let (old, new) = (build("old", &base.text), build("new", &text));
        let ran = Command::new(&program)
            .args([&old, &new])
            .arg("--with")
            .arg(root().join("tests/it/switch-host.nix"))
            .arg("--json")
            .output()
            .expect("the program runs");
        let Ok(report) = serde_json::from_slice::<Value>(&ran.stdout) else {
            let why = String::from_utf8_lossy(&ran.stderr).into_owned();
            println!(
                "{}: {}: no result: {}",
                number + 1,
                edit.fixture,
                why.lines().last().unwrap_or_default()
            );
            disagreeing.push(number + 1);
            continue;
        };
        let after = deployment(&text, &fixtures().join(base.name)).expect("it compiles");
        let effects = homegen::effects(&base.deployment, &after);
        let predicted = predicted(&effects);
        let units = report["real"].as_object().expect("units");
        let mut differences = Vec::new();
        let names: BTreeSet<&str> =
            units.keys().map(String::as_str).chain(predicted.keys().copied()).collect();
        let mut failed: BTreeSet<&str> = units
            .iter()
            .filter(|(_, unit)| ["activating", "failed"].iter().any(|state| unit["after"] == *state))
            .map(|(name, _)| name.as_str())
            .collect();
        while let Some((name, _)) = after.units.iter().find(|(name, unit)| {
            !failed.contains(name.as_str()) && unit.bound_to.iter().any(|to| failed.contains(to.as_str()))
        }) {
            failed.insert(name);
        }
        let mut compared = 0;
        for name in names {
            let Some(unit) = units.get(name).filter(|_| !OF_OWNER.contains(&name)) else { continue };
            let is_up = |moment: &str| unit[moment] == "active";
            let is_known = base.deployment.units.get(name).is_none_or(|unit| unit.is_active);
            // A program that does not run here says nothing.
            let in_model = base.deployment.units.contains_key(name) || after.units.contains_key(name);
            let is_down =
                if in_model { is_known && base.deployment.units.contains_key(name) } else { !is_up("after") };
            if is_down && !is_up("before") {
                continue;
            }
            // A plan assumes that no unit fails. Some values, such as a folder that does not exist, make one fail.
            if failed.contains(name) {
                println!("    {name} fails, or requires a unit that fails");
                continue;
            }
            compared += 1;
            let real = unit["effect"].as_str().filter(|effect| *effect != "none");
            let plan = predicted.get(name).copied();
            if real != plan {
                differences.push(format!("    {name}: predicted {plan:?}, real {real:?}"));
            }
        }
        let verdict = if differences.is_empty() { "agrees" } else { "differs" };
        println!("{}: {}: {verdict}, {compared} units", number + 1, edit.fixture);
        for difference in &differences {
            println!("{difference}");
        }
        if !differences.is_empty() {
            disagreeing.push(number + 1);
        }
    }
    let count = only.map_or(lines.lines().count(), |only| only.len());
    println!("{} of {count} edits agree", count - disagreeing.len());
    assert!(disagreeing.is_empty(), "{disagreeing:?}");
}
