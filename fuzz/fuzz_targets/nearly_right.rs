//! Right files with mistakes: the bytes say which, and which mistakes. These get past the YAML parser.

#![no_main]

mod hold;
#[path = "../../tests/it/common/mutate.rs"]
mod mutate;

use std::sync::LazyLock;

/// The fixtures, and the files on the pages of the diagnostics.
static FILES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let in_folder = |name: &str| -> Vec<_> {
        let entries = std::fs::read_dir(root.join(name)).expect("the folder is beside the fuzzer");
        let mut paths: Vec<_> = entries.map(|e| e.expect("the folder can be read").path()).collect();
        paths.sort();
        paths
    };
    let fixtures = in_folder("fixtures").into_iter().map(|path| path.join("homeserver.yaml"));
    let mut files: Vec<String> = fixtures.filter_map(|path| std::fs::read_to_string(path).ok()).collect();
    for page in in_folder("docs/diagnostics").iter().filter_map(|path| std::fs::read_to_string(path).ok()) {
        let blocks = page.split("```yaml\n").skip(1).filter_map(|rest| rest.split_once("```"));
        files.extend(blocks.map(|(block, _)| block.to_owned()));
    }
    files
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let files: Vec<&str> = FILES.iter().map(String::as_str).collect();
    let file = mutate::mutate(&files, bytes);
    // To see the file that a finding stands for.
    if std::env::var_os("HOMEGEN_SHOW").is_some() {
        eprintln!("{}", String::from_utf8_lossy(&file));
    }
    hold::hold(&file);
});
