//! The flake: the source of its package, and its outputs with stand-ins for its inputs. Nix builds the output of
//! `generate` for real. `HOMEGEN_NIXPKGS` is a folder with the `lib` of nixpkgs, which then takes the place of its stand-in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::common::folder::tree;
use crate::common::nix::{nix, nix_is_installed};
use crate::common::{fixtures, read, root};

/// The files and folders of the package's source, which it lists as `../NAME` in a file set.
fn file_set(root: &Path) -> Vec<PathBuf> {
    let package = fs::read_to_string(root.join("nix/package.nix")).expect("nix/package.nix");
    let list = package.split("lib.fileset.unions [").nth(1).and_then(|rest| rest.split(']').next());
    let names = list.expect("a file set").split_whitespace();
    names.map(|name| root.join(name.strip_prefix("../").expect("a path"))).collect()
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
        assert!(
            set.iter().any(|part| source.starts_with(part)),
            "{} is not in nix/package.nix",
            source.display()
        );
    }
    // Cargo reads no manifest whose benchmark is missing, and the build script reads the tables.
    for part in ["Cargo.toml", "Cargo.lock", "build.rs", "data", "benches"] {
        assert!(set.contains(&root.join(part)), "{part} is not in nix/package.nix");
    }
}

/// A folder for a run of Nix, with a package that has this program.
struct Run {
    folder: tempfile::TempDir,
}

impl Run {
    /// `None` if Nix is not installed.
    fn new() -> Option<Run> {
        if !nix_is_installed() {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("homegen/bin")).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_homegen"), folder.path().join("homegen/bin/homegen"))
            .unwrap();
        Some(Run { folder })
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Copies a folder of the repository.
    fn copy(&self, from: &Path, to: &str) -> PathBuf {
        let to = self.at(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        let copied = Command::new("cp").arg("-r").args([from, &to]).status().unwrap();
        assert!(copied.success());
        to
    }

    /// Runs homegen, and asserts that it succeeds.
    fn homegen(&self, folder: &Path, arguments: &[&str]) -> Output {
        let mut homegen = Command::new(env!("CARGO_BIN_EXE_homegen"));
        let output = homegen.args(arguments).current_dir(folder).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        output
    }

    /// The value of an expression, in which `flake` has the outputs of the flake, and `inputs` the stand-ins.
    fn value(&self, expression: &str) -> Result<Value, String> {
        let lib = std::env::var("HOMEGEN_NIXPKGS").unwrap_or_else(|_| "null".to_owned());
        let text = format!(
            "let
              inputs = import {stand_ins} {{ homegen = {homegen:?}; nixpkgs = {lib}; }};
              flake = (import {root}/flake.nix).outputs (inputs // {{ self = flake; }});
            in
            {expression}",
            stand_ins = root().join("tests/it/common/nixpkgs.nix").display(),
            homegen = self.at("homegen"),
            root = root().display(),
        );
        let file = self.at("expression.nix");
        fs::write(&file, text).unwrap();
        let mut arguments = vec!["--eval", "--strict", "--json", "--read-write-mode", "--show-trace"];
        // There is neither a user to build as nor a network.
        for option in [["sandbox", "false"], ["build-users-group", ""], ["substitute", "false"]] {
            arguments.extend(["--option", option[0], option[1]]);
        }
        arguments.push(file.to_str().unwrap());
        Ok(serde_json::from_str(&nix(&arguments, self.folder.path())?).expect("JSON"))
    }
}

#[test]
fn every_system_has_the_outputs() {
    let Some(run) = Run::new() else { return };
    let outputs = run
        .value(
            "let
              names = builtins.mapAttrs (_: builtins.attrNames);
              package = flake.packages.x86_64-linux.homegen;
            in
            {
              packages = names flake.packages;
              apps = builtins.mapAttrs (_: apps: apps.default.program) flake.apps;
              shells = builtins.mapAttrs (_: shells: builtins.length shells.default.packages) flake.devShells;
              formatters = flake.formatter;
              checks = names flake.checks;
              lib = builtins.attrNames flake.lib;
              modules = builtins.attrNames flake.nixosModules;
              overlay = (flake.overlays.default inputs.nixpkgs.legacyPackages.aarch64-linux { }).homegen.pname;
              template = builtins.readDir flake.templates.default.path;
              package = { inherit (package) pname version meta nativeBuildInputs; source = builtins.readDir package.src; };
            }",
        )
        .unwrap();
    let systems = ["aarch64-darwin", "aarch64-linux", "x86_64-darwin", "x86_64-linux"];
    let of_each = |value: Value| -> Value {
        systems
            .iter()
            .map(|system| ((*system).to_owned(), value.clone()))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    assert_eq!(outputs["packages"], of_each(json!(["default", "homegen"])));
    assert_eq!(outputs["apps"], of_each(json!(format!("{}/bin/homegen", run.at("homegen").display()))));
    assert_eq!(outputs["formatters"], of_each(json!("nixfmt-tree")));
    assert_eq!(outputs["checks"], of_each(json!(["greenhead", "preset", "template"])));
    assert!(outputs["shells"]["aarch64-darwin"].as_u64() > Some(10));
    assert_eq!(outputs["lib"], json!(["checkGenerated", "generate"]));
    assert_eq!(outputs["modules"], json!(["default", "homegen"]));
    assert_eq!(outputs["overlay"], "homegen");
    assert_eq!(outputs["package"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(outputs["package"]["meta"]["mainProgram"], "homegen");
    assert_eq!(outputs["package"]["source"]["Cargo.lock"], "regular");
    let template = outputs["template"].as_object().unwrap();
    assert_eq!(template.keys().collect::<Vec<_>>(), [".github", "README.md", "flake.nix", "homeserver.yaml"]);
}

#[test]
fn the_package_installs_completions_and_manual_pages() {
    let Some(run) = Run::new() else { return };
    let scripts = run
        .value(
            "let
              script = system: build: (inputs.nixpkgs.legacyPackages.${system}.callPackage ../nix/package.nix {
                stdenv = {
                  hostPlatform = { inherit system; };
                  buildPlatform = { system = build; canExecute = host: host.system == build; };
                };
              }).postInstall;
            in
            { own = script \"x86_64-linux\" \"x86_64-linux\"; other = script \"aarch64-linux\" \"x86_64-linux\"; }"
                .replace("../nix", &format!("{}/nix", root().display()))
                .as_str(),
        )
        .unwrap();
    assert_eq!(scripts["other"], "", "an ARM program does not run on the machine that builds it");
    // The functions of installShellFiles, which take the files of the program.
    let hook =
        "installShellCompletion() { printf '<%s>' \"${@:1:3}\"; cat \"$4\" \"$6\" \"$8\" > completions; }
        installManPage() { printf '<%s>' \"$@\"; }\n";
    let output = Command::new("bash")
        .args(["-euc", &format!("{hook}{}", scripts["own"].as_str().unwrap())])
        .env("out", run.at("homegen"))
        .current_dir(run.folder.path())
        .output()
        .unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(
        printed.starts_with("<--cmd><homegen><--bash><man/homegen-build.1><man/homegen-check.1>"),
        "{printed}"
    );
    let completions = fs::read_to_string(run.at("completions")).unwrap();
    for shell in ["complete -F _homegen", "#compdef homegen", "complete -c homegen"] {
        assert!(completions.contains(shell), "{shell}");
    }
}

#[test]
fn generate_is_the_output_of_a_build() {
    let Some(run) = Run::new() else { return };
    let host = run.copy(&fixtures().join("greenhead"), "repository/hosts/a b");
    // Files beside the folder of the file belong to another host.
    fs::create_dir(run.at("repository/.git")).unwrap();
    run.homegen(&host, &["build", "-o", "../../out/generated"]);
    let path = run.at("repository").display().to_string();
    let file = format!("{path} + \"/hosts/a b/homeserver.yaml\"");
    let system = "system = builtins.currentSystem;";
    for arguments in [
        format!("{{ {system} file = {file}; }}"),
        format!("{{ {system} file = {file}; root = {path}; }}"),
        format!("{{ {system} file = {file}; root = {path}; output = {path} + \"/nix/made\"; }}"),
    ] {
        let found = run.value(&format!(
            "let
              generated = flake.lib.generate {arguments};
              secrets = import (generated + \"/secrets.nix\") {{ config = {{ }}; inherit (inputs.nixpkgs) lib; }};
            in
            {{
              folder = generated;
              names = builtins.readDir generated;
              secrets = builtins.readDir secrets.options.homeserver.secretsDirectory.default;
            }}"
        ));
        let found = found.unwrap_or_else(|error| panic!("{arguments}: {error}"));
        assert_eq!(found["names"]["default.nix"], "regular", "{found}");
        let folder = Path::new(found["folder"].as_str().unwrap()).to_path_buf();
        // Paths in the output lead to the source, which is beside it in the store.
        assert_eq!(found["secrets"]["immich-db-password.age"], "regular", "{found}");
        if !arguments.contains("output") {
            let here = run.at("again");
            run.copy(&host, "again");
            run.homegen(&here, &["build"]);
            let (built, expected) = (tree(&folder), tree(&here.join("generated")));
            assert!(built.keys().eq(expected.keys()));
            for (path, (_, text)) in expected {
                assert!(built[&path].1 == text, "{}", path.display());
            }
            fs::remove_dir_all(here).unwrap();
        }
    }
    // A mistake is in the log of the build.
    let text = read("fixtures/greenhead/homeserver.yaml").replace("containers:", "container:");
    fs::write(host.join("homeserver.yaml"), text).unwrap();
    let error = run
        .value(&format!("builtins.readDir (flake.lib.generate {{ {system} file = {file}; }})"))
        .unwrap_err();
    assert!(error.contains("`homegen explain HG0201` explains the first error"), "{error}");
}

#[test]
fn check_generated_fails_for_an_outdated_folder() {
    let Some(run) = Run::new() else { return };
    let host = run.copy(&fixtures().join("greenhead"), "host");
    let checked = || {
        let file = host.join("homeserver.yaml");
        let check = format!(
            "builtins.readFile (flake.lib.checkGenerated {{ system = builtins.currentSystem; file = {}; }})",
            file.display()
        );
        run.value(&check)
    };
    let missing = checked().unwrap_err();
    assert!(missing.contains("homegen: generated is out of date; run `homegen build`"), "{missing}");
    run.homegen(&host, &["build"]);
    assert_eq!(checked().unwrap(), "");
    let constants = host.join("generated/constants.nix");
    let text = fs::read_to_string(&constants).unwrap();
    fs::write(&constants, text.replace("/var/lib/docker-data", "/srv")).unwrap();
    let outdated = checked().unwrap_err();
    assert!(outdated.contains("+++ b/constants.nix"), "{outdated}");
}

#[test]
fn the_template_has_a_host_that_checks_its_output() {
    let Some(run) = Run::new() else { return };
    let folder = run.copy(&root().join("templates/flake"), "host");
    // The steps of its README.
    fs::write(folder.join("configuration.nix"), "{ }").unwrap();
    let checked = run.homegen(&folder, &["check", "--deny-warnings"]);
    assert_eq!(checked.stdout, b"homeserver.yaml: no problems found\n");
    run.homegen(&folder, &["build"]);
    let evaluate = |expression: &str| {
        run.value(&format!(
            "let
              template = (import {}/flake.nix).outputs (inputs // {{ self = template; homegen = flake; }});
              host = template.nixosConfigurations.homeserver;
              settings = builtins.elemAt host.modules 4;
              pkgs = inputs.nixpkgs.legacyPackages.${{builtins.currentSystem}};
              module = flake.nixosModules.default;
              functor = if builtins.isAttrs module then builtins.head module.imports else module;
              config = (functor {{ inherit pkgs; inherit (inputs.nixpkgs) lib; config = settings // {{
                programs.homegen = {{ package = \"homegen\"; }} // settings.programs.homegen;
              }}; }}).config;
            in
            {expression}",
            folder.display()
        ))
    };
    let found = evaluate(
        "{
          modules = builtins.length host.modules;
          files = map toString [ (builtins.head host.modules) (builtins.elemAt host.modules 1) ];
          generated = builtins.attrNames (builtins.functionArgs (import (builtins.elemAt host.modules 1 + \"/host.nix\")));
          shell = builtins.length template.devShells.x86_64-linux.default.packages;
          packages = config.environment.systemPackages.content or config.environment.systemPackages;
        }",
    )
    .unwrap();
    assert_eq!(found["modules"], 5, "{found}");
    let paths = ["configuration.nix", "generated"].map(|name| folder.join(name).display().to_string());
    assert_eq!(found["files"], json!(paths));
    assert_eq!(found["shell"], 2);
    assert_eq!(found["packages"], json!(["homegen"]));
    // The build of the system needs the check.
    let check = "map builtins.readFile (config.system.checks.content or config.system.checks)";
    assert_eq!(evaluate(check).unwrap(), json!([""]));
    let file = folder.join("homeserver.yaml");
    fs::write(&file, fs::read_to_string(&file).unwrap().replace("512m", "1g")).unwrap();
    let error = evaluate(check).unwrap_err();
    assert!(error.contains("--memory=1g"), "{error}");
}

/// The flakes on a page of the documentation.
fn flakes(page: &str) -> Vec<String> {
    let text = read(page);
    let blocks = text.split("```nix\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.filter(|block| block.contains("outputs =")).map(str::to_owned).collect()
}

#[test]
fn the_flakes_of_the_documentation_are_evaluated() {
    let Some(run) = Run::new() else { return };
    let folder = run.copy(&root().join("templates/flake"), "host");
    fs::write(folder.join("configuration.nix"), "{ }").unwrap();
    run.homegen(&folder, &["build"]);
    let mut count = 0;
    for page in ["README.md", "docs/guides/flake.md"] {
        for flake in flakes(page) {
            assert_eq!(nixfmt_rs::format(&flake).expect("it is Nix"), flake, "{page}");
            // Nix reads a file once.
            let file = format!("flake-{count}.nix");
            fs::write(folder.join(&file), &flake).unwrap();
            let found = run.value(&format!(
                "let
                  own = (import {}/{file}).outputs (inputs // {{ homegen = flake; }});
                  path = module: if builtins.isPath module || builtins.isString module then module else null;
                  paths = builtins.filter (module: module != null) (map path own.nixosConfigurations.homeserver.modules);
                in
                {{
                  modules = if own ? nixosConfigurations then map builtins.pathExists paths else [ ];
                  checks = map builtins.readFile (builtins.attrValues (own.checks.x86_64-linux or {{ }}));
                }}",
                folder.display()
            ));
            let found = found.unwrap_or_else(|error| panic!("{page}: {error}\n{flake}"));
            let has_host = flake.contains("nixosSystem");
            assert_eq!(found["modules"], if has_host { json!([true, true]) } else { json!([]) }, "{flake}");
            assert_eq!(found["checks"], if has_host { json!([]) } else { json!([""]) }, "{flake}");
            count += 1;
        }
    }
    assert_eq!(count, 4);
}

#[test]
fn the_files_of_the_flake_are_in_the_official_style() {
    for path in ["flake.nix", "nix/lib.nix", "nix/module.nix", "nix/package.nix", "templates/flake/flake.nix"]
    {
        let text = read(path);
        assert_eq!(nixfmt_rs::format(&text).expect("it is Nix"), text, "{path}");
    }
}
