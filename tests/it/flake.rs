//! The flake builds the program out of a part of the repository.

use std::fs;
use std::path::{Path, PathBuf};

/// The files and folders of the flake's source, which it lists as `./NAME` in a file set.
fn file_set(root: &Path) -> Vec<PathBuf> {
    let flake = fs::read_to_string(root.join("flake.nix")).expect("flake.nix");
    let list = flake.split("lib.fileset.unions [").nth(1).and_then(|rest| rest.split(']').next());
    let names = list.expect("a file set").split_whitespace();
    names.map(|name| root.join(name.strip_prefix("./").expect("a path"))).collect()
}

#[test]
fn the_file_set_has_every_file_that_the_build_reads() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let set = file_set(root);
    // Cargo lists the inputs of a program beside it.
    let program = Path::new(env!("CARGO_BIN_EXE_homegen"));
    let inputs = fs::read_to_string(program.with_extension("d")).expect("Cargo's list of inputs");
    let target = program.parent().and_then(Path::parent).expect("the folder of all builds");
    let inputs = inputs.split_whitespace().map(Path::new);
    let inputs: Vec<_> = inputs.filter(|path| path.starts_with(root) && !path.starts_with(target)).collect();
    assert!(inputs.iter().any(|path| path.ends_with("src/main.rs")), "{inputs:?}");
    for input in inputs {
        assert!(set.iter().any(|part| input.starts_with(part)), "{} is not in flake.nix", input.display());
    }
    // The manifest names its benchmark, and Cargo reads no manifest whose targets are missing.
    for part in ["Cargo.toml", "Cargo.lock", "benches"] {
        assert!(set.contains(&root.join(part)), "{part} is not in flake.nix");
    }
}
