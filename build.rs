//! Turns the files of `data/` from YAML, which people read, into JSON, which the program reads faster. A list gets a line
//! for each row, and a mapping one for each key.

use std::path::{Path, PathBuf};

use serde_yaml::Value;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=data");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("Cargo sets it")).join("data");
    std::fs::create_dir_all(&out).expect("the folder can be made");
    for entry in std::fs::read_dir("data").expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        let name = path.file_stem().expect("a file has a name");
        std::fs::write(out.join(name).with_extension("json"), json(&path)).expect("the file can be written");
    }
}

fn json(path: &Path) -> String {
    let text = std::fs::read_to_string(path).expect("the file can be read");
    let file: Value =
        serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let write = |value: &Value| serde_json::to_string(value).expect("the value has a form in JSON");
    let (open, lines, close) = match &file {
        Value::Sequence(rows) => ('[', rows.iter().map(write).collect::<Vec<_>>(), ']'),
        Value::Mapping(keys) => {
            ('{', keys.iter().map(|(key, value)| format!("{}:{}", write(key), write(value))).collect(), '}')
        }
        _ => panic!("{}: expected a list or a mapping", path.display()),
    };
    format!("{open}\n{}\n{close}\n", lines.join(",\n"))
}
