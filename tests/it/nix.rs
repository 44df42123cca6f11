//! The output in the real Nix: every file parses, every module evaluates, and every string evaluates to the text of the
//! user.

use crate::common::nix::{System, nix, nix_is_installed, words};
use crate::common::{compile, file, outcomes, report};
use homegen::nixos::Binding;
use proptest::prelude::*;
use serde_json::{Value, json};

#[test]
fn every_file_of_every_case_parses() {
    if !nix_is_installed() {
        return;
    }
    for (name, outcome) in outcomes() {
        let Some(files) = &outcome.files else { continue };
        let system = System::of(outcome);
        for file in files.iter().filter(|f| f.path.ends_with(".nix")) {
            if let Err(error) = nix(&["--parse", &file.path], &system.folder()) {
                panic!("{name}: {}: {error}", file.path);
            }
        }
    }
}

#[test]
fn every_module_of_every_case_evaluates() {
    if !nix_is_installed() {
        return;
    }
    // Only evaluation finds names that are unbound or shadowed. Parsing does not.
    let mut wrong = Vec::new();
    for (name, outcome) in outcomes() {
        let Some(files) = &outcome.files else { continue };
        let system = System::of(outcome);
        system.copy_beside(&crate::common::fixtures().join(name));
        for file in files.iter().filter(|f| {
            f.path.ends_with(".nix") && f.path != "constants.nix" && f.path != "scripts/default.nix"
        }) {
            std::fs::write(
                system.folder().join("eval.nix"),
                format!(
                    "{}let m = module ./{}; in plain (m.config or (removeAttrs m [ \"imports\" \"options\" ]))",
                    system.stub, file.path
                ),
            )
            .unwrap();
            if let Err(error) = nix(&["--eval", "--strict", "--json", "eval.nix"], &system.folder()) {
                wrong.push(format!("{name}: {}: {error}", file.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_container_checks_secrets_disks_folders_and_networks_in_this_order() {
    if !nix_is_installed() {
        return;
    }
    let text = std::fs::read_to_string(crate::common::fixtures().join("greenhead/homeserver.yaml")).unwrap();
    let found = System::of(&compile(text)).eval(
        "let units = builtins.foldl' (all: some: all // some) { } (module ./containers.nix).config.systemd.services; in
         builtins.mapAttrs (_: unit: unit // unit.serviceConfig) units",
    );
    let programs = |commands: &Value| -> Vec<String> {
        let name = |command: &Value| {
            let program = words(command).swap_remove(0);
            program.rsplit('/').next().expect("a name").to_owned()
        };
        commands.as_array().expect("commands").iter().map(name).collect()
    };
    let server = &found["podman-immich-server"];
    assert_eq!(
        programs(&server["ExecStartPre"]),
        ["require-secret", "require-mount", "make-folder", "ensure-network"]
    );
    assert_eq!(server["partOf"], json!(["mnt-data-containers.service", "immich-network.service"]));
    assert_eq!((&server["Restart"], &server["startLimitIntervalSec"]), (&json!("always"), &json!(0)));
    // The dependents start once the database is up, and those on a disk once the disk is mounted.
    let postgres = &found["podman-immich-postgres"];
    let start = words(&postgres["ExecStartPost"][0]);
    assert_eq!(start[1..], ["--no-block", "start", "podman-immich-server.service"]);
    assert_eq!(postgres["TimeoutStartSec"], "16min");
    let disk = &found["mnt-data-containers"]["ExecStart"];
    assert_eq!(programs(disk)[0], "require-mount");
    assert!(
        disk.as_array().unwrap()[1..]
            .iter()
            .any(|start| words(start) == words(&postgres["ExecStartPost"][0]))
    );
}

#[test]
fn a_container_starts_only_while_the_target_of_its_service_is_active() {
    if !nix_is_installed() {
        return;
    }
    let text = r#"
homegen: 1
host: { name: box, nixos: "26.05", timezone: Europe/Berlin }
services:
  photos:
    containers:
      db: { image: docker.io/example/db:1.2.3 }
      migrate: { image: docker.io/example/photos:1.2.3, depends_on: { db: started }, restart: "no" }
      server: { image: docker.io/example/photos:1.2.3, depends_on: { db: started, migrate: started } }
      shell: { image: docker.io/example/photos:1.2.3, auto_start: false }
  photos-archive: { containers: { photos-archive: { image: docker.io/example/archive:1.2.3 } } }
"#;
    let found = System::of(&compile(text)).eval(
        "let inherit ((module ./containers.nix).config) systemd; in
         { inherit (systemd) targets; services = builtins.foldl' (all: some: all // some) { } systemd.services; }",
    );
    let targets: Vec<String> = found["targets"].as_object().expect("targets").keys().cloned().collect();
    assert_eq!(targets, ["photos", "photos-archive"].map(|name| format!("homeserver-{name}")));
    let target = json!(["homeserver-photos.target"]);
    for container in ["db", "migrate", "server", "shell"] {
        let unit = &found["services"][format!("podman-photos-{container}")];
        assert_eq!(unit["requisite"], target, "{container}");
        assert!(unit["after"].as_array().unwrap().contains(&target[0]), "{container}");
        assert!(unit["wants"].as_array().unwrap().contains(&json!("homeserver-photos-start.service")));
        // The target does not start a container that starts by hand.
        let wanted = if container == "shell" { json!([]) } else { target.clone() };
        assert_eq!(unit["wantedBy"], wanted, "{container}");
    }
    // No target wants the target: a switch starts every active target again, with the units that it wants.
    assert_eq!(found["targets"]["homeserver-photos"], json!({ "description": "Containers of photos" }));
    let start = &found["services"]["homeserver-photos-start"];
    assert_eq!(start["before"], target);
    assert!(start.get("wantedBy").is_none() && start["restartIfChanged"] == json!(false));
    let command = words(&start["serviceConfig"]["ExecStart"]);
    assert_eq!(command[1..], ["--no-block", "start", "homeserver-photos.target"]);
}

#[test]
fn a_client_module_is_separate_from_the_host_and_has_its_parameters() {
    if !nix_is_installed() {
        return;
    }
    let text = std::fs::read_to_string(crate::common::fixtures().join("client/homeserver.yaml")).unwrap();
    let outcome = compile(text);
    assert!(!file(&outcome, "default.nix").contains("client"));
    let system = System::of(&outcome);
    let found = system.eval("(module ./clients/macbook/default.nix).launchd.agents.upload-immich.config");
    let variables = &found["EnvironmentVariables"];
    assert_eq!(variables["URL"], "https://photos.example.org");
    assert_eq!(variables["API_KEY_FILE"], "/run/agenix/immich-api-key");
    assert_eq!(variables["PUSHOVER_FILE"], "/run/agenix/pushover-immich");
    assert_eq!(found["WatchPaths"], json!(["/Users/me/FolderActions/upload-immich"]));
    assert!(found["ProgramArguments"][1].as_str().unwrap().ends_with("-upload-immich.sh"));
    // Values of the host are written out here, and the user's text is unchanged.
    let found = system.eval("(module ./clients/mac-mini/default.nix).launchd.agents.upload-second.config");
    assert_eq!(found["EnvironmentVariables"]["URL"], "https://photos.box.example.org");
    assert_eq!(found["WatchPaths"], json!(["/Users/me/Ein \"Ordner\"/$HOME"]));
    assert!(found["EnvironmentVariables"].get("PUSHOVER_FILE").is_none());
}

#[test]
fn a_changed_constant_changes_the_strings_that_refer_to_it() {
    if !nix_is_installed() {
        return;
    }
    let text = r#"
homegen: 1
host: { name: box, nixos: "26.05", timezone: Europe/Berlin }
constants: { paths: { data: /srv/old }, count: 3, on: true, share: 0.5 }
services:
  x:
    containers:
      x:
        image: docker.io/library/nginx:1.27
        environment: { PATH_OF: "${paths.data}/x", COUNT: "${count}", ON: "is ${on}", SHARE: "${share}" }
        volumes: ["${paths.data}/x:/x"]
"#;
    let outcome = compile(text);
    let system = System::of(&outcome);
    let constants = file(&outcome, "constants.nix");
    let changed = constants
        .replace("/srv/old", "/srv/new")
        .replace("= 3;", "= 4;")
        .replace("= true;", "= false;")
        .replace("0.5", "0.25");
    std::fs::write(system.folder().join("constants.nix"), changed).unwrap();
    let found = system.eval(
        "let c = (module ./services/x.nix).config; in { inherit (c.virtualisation.oci-containers.containers.x) environment volumes; rules = c.systemd.tmpfiles.rules; }",
    );
    assert_eq!(
        found,
        json!({
            "environment": { "PATH_OF": "/srv/new/x", "COUNT": "4", "ON": "is false", "SHARE": "0.25" },
            "volumes": ["/srv/new/x:/x"],
            "rules": ["d \"/srv/new/x\" - - - -"],
        })
    );
}

#[test]
fn constants_named_like_nix_identifiers_evaluate_or_are_refused() {
    if !nix_is_installed() {
        return;
    }
    // Keywords, builtins and homegen's own bindings; each is referred to from another constant, where
    // `constants.nix` is recursive, and from a module.
    let names = ["map", "import", "lib", "config", "pkgs", "utils", "cfg", "scripts", "data", "self"];
    let refused = [
        "with", "in", "or", "if", "then", "else", "let", "rec", "inherit", "assert", "true", "false", "null",
        "toString", "builtins",
    ];
    for name in refused {
        let host = "host: { name: box, nixos: \"26.05\", timezone: Europe/Berlin }";
        let outcome = crate::common::compile(format!("homegen: 1\n{host}\nconstants: {{ \"{name}\": a }}\n"));
        assert!(outcome.files.is_none(), "`{name}` would capture what `constants.nix` means by it");
    }
    let constants: String =
        names.iter().map(|n| format!("  {n}: value of {n}\n  {n}2: \"through ${{{n}}}\"\n")).collect();
    let environment: String =
        names.iter().map(|n| format!("          {n}: ${{{n}}}\n          {n}2: ${{{n}2}}\n")).collect();
    let text = format!(
        r#"homegen: 1
host: {{ name: box, nixos: "26.05", timezone: Europe/Berlin }}
constants:
  flag: true
  number: 3
{constants}
  flagged: "${{flag}} ${{number}}"
services:
  x:
    containers:
      x:
        image: docker.io/library/nginx:1.27
        environment:
          FLAGGED: ${{flagged}}
          FLAG: is ${{flag}}
          NUMBER: is ${{number}}
{environment}"#
    );
    let outcome = compile(&text);
    let system = System::of(&outcome);
    let found = system
        .eval("(module ./services/x.nix).config.virtualisation.oci-containers.containers.x.environment");
    for name in names {
        assert_eq!(found[name], format!("value of {name}"), "{name}");
        assert_eq!(found[format!("{name}2")], format!("through value of {name}"), "{name}");
    }
    assert_eq!(found["FLAGGED"], "true 3");
    assert_eq!((&found["FLAG"], &found["NUMBER"]), (&json!("is true"), &json!("is 3")));
}

#[test]
fn a_constant_may_have_the_name_of_a_binding() {
    if !nix_is_installed() {
        return;
    }
    let constants: String = Binding::NAMES.iter().map(|name| format!("  {name}: x\n")).collect();
    let all: String = Binding::NAMES.iter().map(|name| format!("/${{{name}}}")).collect();
    // Every module that has bindings refers to all of the constants.
    let outcome = compile(format!(
        r#"homegen: 1
host: {{ name: box, nixos: "26.05", timezone: Europe/Berlin }}
constants:
{constants}
caddy: {{ domain: example.org, bind: [192.0.2.1, 192.0.2.2], tls: internal, headers: {{ X-All: "{all}" }} }}
services:
  photos:
    port: 2283
    site: {{ subdomain: photos, to: "server:2283" }}
    backup:
      database: {{ postgres: {{ container: db, database: photos, user: photos }}, to: "/srv{all}", at: daily }}
    update: {{ repository: example/photos, restart: server, health: "{all}", at: daily }}
    containers:
      server: {{ image: "ghcr.io/immich-app/immich-server:v3.3.1", volumes: ["/srv/photos:/data"] }}
      db: {{ image: "docker.io/library/postgres:17", volumes: ["data:/var/lib/postgresql/data"], env_file: /srv/db.env }}
clients:
  macbook: {{ upload: {{ to: photos, folder: "~{all}", api_key: key }} }}
"#
    ));
    let system = System::of(&outcome);
    let modules = outcome.files.iter().flatten().filter(|file| file.path.ends_with(".nix"));
    for file in modules {
        let mut command = std::process::Command::new("nix-instantiate");
        let output = command.arg("--parse").arg(system.folder().join(&file.path)).output().expect("nix runs");
        assert!(output.status.success(), "{}: {}", file.path, String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_number_in_yaml_is_the_same_number_in_nix_or_an_error() {
    if !nix_is_installed() {
        return;
    }
    let mut accepted = Vec::new();
    for written in [
        "0",
        "-1",
        "007",
        "+5",
        "0.5",
        ".5",
        "5.",
        "-0.5",
        "1.0",
        "1e3",
        "1E3",
        "1.5e-7",
        "-1e-3",
        "12e+3",
        "9223372036854775807",
        "-9223372036854775808",
        "99999999999999999999",
        "1e400",
    ] {
        let outcome = homegen::compile(
            "homeserver.yaml",
            format!("homegen: 1\nhost: {{ name: box, nixos: \"26.05\", timezone: Europe/Berlin }}\nnixos: {{ a.number: {written} }}\n").as_bytes(),
            &homegen::output::OutputLocation { source: "homeserver.yaml".to_owned(), to_source: "..".to_owned() },
            &Default::default(),
        )
        .unwrap_or_else(|bug| panic!("{written}: homegen wrote what is not Nix: {}", bug.0));
        if outcome.files.is_none() {
            continue;
        }
        let found = System::of(&outcome).eval("(module ./nixos.nix).a.number");
        assert_eq!(found.as_f64(), written.parse().ok(), "{written}");
        accepted.push(written);
    }
    for written in ["0", "-1", "0.5", "-0.5", "9223372036854775807", "-9223372036854775808"] {
        assert!(accepted.contains(&written), "{written} is refused; accepted: {accepted:?}");
    }
}

#[test]
fn dotted_and_nested_spellings_of_one_option_are_merged() {
    if !nix_is_installed() {
        return;
    }
    // `a.b` and `a: { b: … }` may be in one mapping, as in Nix.
    let text = "homegen: 1\nhost: { name: box, nixos: \"26.05\", timezone: Europe/Berlin }\nnixos: { a.b: { c: 1 }, a: { b: { d: 2 } }, a.e: 3 }\n";
    let found = System::of(&compile(text)).eval("(module ./nixos.nix).a");
    assert_eq!(found, json!({ "b": { "c": 1, "d": 2 }, "e": 3 }));
}

/// A string with characters that are special in YAML, Nix, systemd, a shell or a Caddyfile. It has no NUL, which is not
/// valid in Nix and in the arguments of a process.
fn any_text() -> impl Strategy<Value = String> {
    let special = prop::sample::select(vec![
        "\"", "'", "''", "'''", "${", "$${", "$", "$$", "\\", "\\${", "\n", "\r", "\r\n", "\t", "%", "%%",
        "{", "}", "{{", "`", " ", "  ", "#", ": ", ",", "=", "-", "~", "null", "true", "0.50", "08", "é",
        "사진", "🎉", "\u{1}", "\u{7f}", "\u{85}", "\u{a0}", "\u{2028}", "\u{feff}", "/*", "*/", "a", "b c",
        "${x}", "''${x}", "@", "!", "|", ">",
    ]);
    let mixed = prop::collection::vec(special, 0..8).prop_map(|parts| parts.concat());
    let lines = "[a '$\\{}]{1,6}(\n[a '$\\{}]{0,6}){1,3}\n?";
    prop_oneof![4 => mixed, 2 => lines, 1 => any::<String>()].prop_map(|text| text.replace('\0', ""))
}

/// The text as a scalar in double quotes, with everything escaped.
fn quoted(text: &str) -> String {
    let json = serde_json::to_string(&text.replace("${", "$${")).expect("a string");
    // These characters may be unescaped in JSON, and not in YAML.
    json.chars()
        .map(|c| {
            if matches!(c, '\u{7f}'..='\u{9f}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}') {
                format!("\\u{:04x}", c as u32)
            } else {
                c.to_string()
            }
        })
        .collect()
}

/// Returns true if Caddy accepts the text unchanged. Other texts are errors, as `bad-sites` shows.
fn caddy_takes(text: &str) -> bool {
    !text.contains("{$")
        && !text.contains('`')
        && !text.chars().any(char::is_control)
        && !matches!(text, "{" | "}")
}

fn list(texts: impl Iterator<Item = String>) -> String {
    format!("[{}]", texts.collect::<Vec<_>>().join(", "))
}

fn mapping(pairs: impl Iterator<Item = (String, String)>) -> String {
    format!("{{ {} }}", pairs.map(|(k, v)| format!("{k}: {v}")).collect::<Vec<_>>().join(", "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 300, failure_persistence: None, ..ProptestConfig::default() })]

    // Each case puts dozens of strings into every field, so that one call of Nix checks hundreds.
    #[test]
    fn every_string_evaluates_to_the_text_of_the_file(texts in prop::collection::vec(any_text(), 1..40)) {
        if !nix_is_installed() {
            return Ok(());
        }
        let numbered = |prefix: &'static str| texts.iter().enumerate().map(move |(i, t)| (format!("{prefix}{i}"), t.clone()));
        let pairs = |prefix: &'static str| mapping(numbered(prefix).map(|(name, text)| (name, quoted(&text))));
        let all = list(texts.iter().map(|t| quoted(t)));
        // Values with a required form contain the text after a valid prefix.
        let behind = |start: &str| -> Vec<String> { texts.iter().map(|text| format!("{start}{text}")).collect() };
        let (words, arguments) = (behind("x"), behind("--annotation=x="));
        let of = |texts: &[String]| list(texts.iter().map(|text| quoted(text)));
        let headers: Vec<(String, String)> = numbered("X-").filter(|(_, t)| caddy_takes(t)).collect();
        let path: String = headers.first().map_or(String::new(), |(_, t)| t.split_whitespace().collect());
        let path = Some(path).filter(|path| caddy_takes(path)).unwrap_or_default();
        let redirect = format!("https://moved.example.org/{path}");
        let keys: std::collections::BTreeSet<String> = texts.iter().cloned().collect();
        let labels = mapping(keys.iter().map(|key| (quoted(key), quoted(key))));
        let mut environment: Vec<(String, String)> = numbered("V").map(|(name, text)| (name, quoted(&text))).collect();
        environment.extend((0..texts.len()).map(|i| (format!("R{i}"), format!("\"${{k{i}}}\""))));
        environment.extend((0..texts.len()).map(|i| (format!("I{i}"), format!("\"$<${{k{i}}}${{k{i}}}$\""))));
        let yaml = format!(
            r#"homegen: 1
host: {{ name: box, nixos: "26.05", timezone: Europe/Berlin }}
constants: {constants}
caddy:
  bind: all
  sites:
    - {{ host: headers.example.org, redirect: {redirect}, headers: {headers} }}
services:
  x:
    description: {first}
    containers:
      x:
        image: docker.io/library/nginx:1.27
        environment: {environment}
        labels: {labels}
        command: {command}
        entrypoint: {entrypoint}
        security_opt: {security_opt}
        podman_args: {podman_args}
        logging: {{ options: {options} }}
        sysctls: {sysctls}
    nixos:
      homegen.list: {all}
      homegen.set: {labels}
"#,
            constants = pairs("k"),
            redirect = quoted(&redirect),
            headers = mapping(headers.iter().map(|(name, text)| (name.clone(), quoted(text)))),
            first = quoted(&texts[0]),
            environment = mapping(environment.into_iter()),
            command = of(&words),
            entrypoint = list(std::iter::once("/x".to_owned()).chain(words.iter().map(|word| quoted(word)))),
            security_opt = of(&behind("label=user:")),
            podman_args = of(&arguments),
            options = pairs("o"),
            sysctls = mapping(numbered("net.o").map(|(name, text)| (name, quoted(&format!("x{text}"))))),
        );
        let outcome = compile(&yaml);
        prop_assert!(outcome.files.is_some(), "does not compile:\n{}\n{yaml}", report(&outcome));
        let system = System::of(&outcome);
        let found = system.eval(
            r#"
let
  m = module ./services/x.nix;
  parts = if builtins.isList m.config then m.config else [ m.config ];
  c = (builtins.head parts).virtualisation.oci-containers.containers.x;
in
{
  inherit (c) environment labels cmd extraOptions;
  entrypoint = builtins.fromJSON c.entrypoint;
  arguments = c.homeserver.podmanArgs;
  inherit (m.options.homeserver.x.enable) description;
  own = (builtins.elemAt parts 1).homegen;
  headers = (module ./caddy.nix).services.caddy.virtualHosts."headers.example.org".extraConfig;
}"#,
        );
        for (i, text) in texts.iter().enumerate() {
            prop_assert_eq!(&found["environment"][format!("V{i}")], text);
            prop_assert_eq!(&found["environment"][format!("R{i}")], text, "through a constant");
            prop_assert_eq!(&found["environment"][format!("I{i}")], &format!("$<{text}{text}$"), "inside of a string");
            prop_assert_eq!(&found["cmd"][i], &words[i]);
            prop_assert_eq!(&found["entrypoint"][i + 1], &words[i]);
            prop_assert_eq!(&found["own"]["list"][i], text);
        }
        prop_assert_eq!(found["cmd"].as_array().map(Vec::len), Some(texts.len()));
        for key in &keys {
            prop_assert_eq!(&found["labels"][key], key);
            prop_assert_eq!(&found["own"]["set"][key], key);
        }
        prop_assert_eq!(&found["description"], &texts[0]);
        let mut options: Vec<String> = numbered("net.o").map(|(name, text)| format!("--sysctl={name}=x{text}")).collect();
        options.extend(behind("--security-opt=label=user:"));
        options.extend(numbered("o").map(|(name, text)| format!("--log-opt={name}={text}")));
        let found_options: Vec<String> = found["extraOptions"].as_array().expect("a list").iter().map(|o| o.as_str().expect("text").to_owned()).collect();
        // A repeated flag with the same value is written once. The words of podman_args come last, unchanged.
        let mut seen = std::collections::HashSet::new();
        options.retain(|option| seen.insert(option.clone()));
        prop_assert_eq!(found_options, options);
        prop_assert_eq!(&found["arguments"], &json!(arguments));
        let mut lines: String = headers.iter().map(|(name, text)| format!("header {name} `{text}`\n")).collect();
        lines.push_str(&format!("redir `{redirect}` permanent\n"));
        prop_assert_eq!(&found["headers"], &lines);
    }
}
