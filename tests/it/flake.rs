//! The flake builds the program from a part of the repository.

use std::fs;
use std::path::{Path, PathBuf};

/// The files and folders of the flake's source, which it lists as `./NAME` in a file set.
fn file_set(root: &Path) -> Vec<PathBuf> {
    let flake = fs::read_to_string(root.join("flake.nix")).expect("flake.nix");
    let list = flake.split("lib.fileset.unions [").nth(1).and_then(|rest| rest.split(']').next());
    let names = list.expect("a file set").split_whitespace();
    names.map(|name| root.join(name.strip_prefix("./").expect("a path"))).collect()
}

/// The sources of the library, which rustc lists for Cargo at each build, and the files that they include.
fn sources(root: &Path) -> Vec<PathBuf> {
    let program = Path::new(env!("CARGO_BIN_EXE_homegen"));
    let lists = fs::read_dir(program.with_file_name("deps")).expect("Cargo's folder of dependencies");
    let lists = lists.map(|entry| entry.expect("an entry").path()).filter(|path| {
        let name = path.file_name().expect("a name").to_string_lossy();
        name.starts_with("homegen-") && name.ends_with(".d")
    });
    let lists = lists
        .filter_map(|path| Some((path.metadata().ok()?.modified().ok()?, fs::read_to_string(path).ok()?)));
    // The lists of earlier builds, of the program, of the unit tests and of checks without a library are there too.
    let newest = lists
        .filter(|(_, list)| list.contains("libhomegen-") && list.contains(".rlib: src/lib.rs"))
        .max()
        .expect("a list of the library");
    let rule = newest.1.lines().find(|line| line.contains("src/lib.rs")).expect("a rule").to_owned();
    let (_, paths) = rule.split_once(": ").expect("a rule");
    // A path of `include_str!` has `..` in it.
    paths.split(' ').map(|path| root.join(path).canonicalize().expect("a file")).collect()
}

#[test]
fn the_file_set_has_every_file_that_the_build_reads() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let set = file_set(root);
    let target =
        Path::new(env!("CARGO_BIN_EXE_homegen")).ancestors().nth(2).expect("the folder of all builds");
    let sources = sources(root);
    assert!(sources.contains(&root.join("docs/diagnostics/HG0101.md")), "{sources:?}");
    for source in sources.iter().filter(|path| !path.starts_with(target)) {
        assert!(set.iter().any(|part| source.starts_with(part)), "{} is not in flake.nix", source.display());
    }
    // Cargo reads no manifest whose benchmark is missing, and the build script reads the tables.
    for part in ["Cargo.toml", "Cargo.lock", "build.rs", "data", "benches"] {
        assert!(set.contains(&root.join(part)), "{part} is not in flake.nix");
    }
}
