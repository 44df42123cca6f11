//! Fixtures with mistakes: the bytes say which, and which mistakes. These get past the YAML parser.

#![no_main]

mod hold;
#[path = "../../tests/common/mutate.rs"]
mod mutate;

use std::sync::LazyLock;

static FIXTURES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .expect("the fixtures are beside the fuzzer")
        .map(|entry| entry.expect("the folder can be read").path().join("homeserver.yaml"))
        .collect();
    paths.sort();
    paths.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect()
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let files: Vec<&str> = FIXTURES.iter().map(String::as_str).collect();
    let file = mutate::mutate(&files, bytes);
    // To see the file that a finding stands for.
    if std::env::var_os("HOMEGEN_SHOW").is_some() {
        eprintln!("{}", String::from_utf8_lossy(&file));
    }
    hold::hold(&file);
});
