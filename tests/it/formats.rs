//! The output of `homegen check` in each format.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::common::{cases, compile, fixtures, outcomes};
use homegen::Outcome;
use homegen::diag::human::{self, Style};
use homegen::diag::{Code, github, json, sarif};
use serde_json::Value;

/// A format that a machine reads.
type Render = fn(&[homegen::diag::Diagnostic], &homegen::source::Sources) -> String;

fn fixture(name: &str) -> Outcome {
    compile(std::fs::read_to_string(fixtures().join(name).join("homeserver.yaml")).expect("a fixture"))
}

fn rendered(render: Render, outcome: &Outcome) -> String {
    render(&outcome.diagnostics, &outcome.sources)
}

fn parsed(render: Render, outcome: &Outcome) -> Value {
    serde_json::from_str(&rendered(render, outcome)).expect("JSON")
}

/// Runs `homegen` in a folder, with `input` for standard input.
fn homegen(folder: &Path, arguments: &[&str], columns: Option<&str>, input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_homegen"));
    command.args(arguments).current_dir(folder).env_remove("NO_COLOR").env_remove("COLUMNS");
    if let Some(columns) = columns {
        command.env("COLUMNS", columns);
    }
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().expect("homegen runs");
    // The program may have ended without reading its input.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    child.wait_with_output().expect("homegen ends")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

// ── JSON ──

#[test]
fn json_is_one_object_with_every_label() {
    insta::assert_snapshot!(rendered(json::render, &fixture("duplicate-key")), @r#"
    {
      "file": "homeserver.yaml",
      "diagnostics": [
        {
          "code": "HG0103",
          "severity": "error",
          "title": "a key is defined twice",
          "message": "`volumes` is written twice",
          "help": "remove one of the two",
          "labels": [
            {
              "text": "declared again here",
              "start": {
                "line": 11,
                "column": 9,
                "offset": 302
              },
              "end": {
                "line": 11,
                "column": 16,
                "offset": 309
              }
            },
            {
              "text": "first declared here",
              "start": {
                "line": 10,
                "column": 9,
                "offset": 266
              },
              "end": {
                "line": 10,
                "column": 16,
                "offset": 273
              }
            }
          ]
        }
      ]
    }
    "#);
}

#[test]
fn columns_count_characters_after_korean_and_emoji() {
    let file = "homegen: 1\nhost: { name: box, nixos: \"26.05\", timezone: Europe/Berlin }\nservices:\n  web: { description: \"사진 🎞️ 백업 𝕏\", prot: 1, containers: { web: { image: docker.io/library/nginx:1.27.5 } } }\n";
    let outcome = compile(file);
    let line = file.lines().nth(3).expect("a fourth line");
    let before: Vec<char> = line.split("prot").next().expect("what is before it").chars().collect();
    let label = &parsed(json::render, &outcome)["diagnostics"][0]["labels"][0];
    let (start, end) = (&label["start"], &label["end"]);
    assert_eq!((&start["line"], &start["column"]), (&Value::from(4), &Value::from(before.len() + 1)));
    assert_eq!((&end["line"], &end["column"]), (&Value::from(4), &Value::from(before.len() + 5)));
    let offset = |position: &Value| position["offset"].as_u64().expect("a number") as usize;
    assert_eq!(&file[offset(start)..offset(end)], "prot");
    // The other formats have the same position.
    let region = &parsed(sarif::render, &outcome)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
        ["region"];
    assert_eq!(region["startColumn"], start["column"]);
    assert_eq!(region["endColumn"], end["column"]);
    let position = format!(",line=4,col={},endLine=4,endColumn={},", before.len() + 1, before.len() + 5);
    assert!(rendered(github::render, &outcome).contains(&position));
}

#[test]
fn offsets_and_columns_agree_in_every_case() {
    for (name, file) in cases() {
        let outcome = compile(&file);
        for diagnostic in parsed(json::render, &outcome)["diagnostics"].as_array().expect("a list") {
            let labels = diagnostic["labels"].as_array().expect("a list");
            assert!(!labels.is_empty(), "{name}: {diagnostic}");
            for position in labels.iter().flat_map(|label| [&label["start"], &label["end"]]) {
                let number = |key: &str| position[key].as_u64().expect("a number") as usize;
                let before = &file[..number("offset")];
                assert_eq!(number("line"), before.matches('\n').count() + 1, "{name}: {diagnostic}");
                let column = before.rsplit('\n').next().expect("a line").chars().count() + 1;
                assert_eq!(number("column"), column, "{name}: {diagnostic}");
            }
        }
    }
}

#[test]
fn labels_of_a_mistake_in_a_preset_lie_within_the_file() {
    let outcome = fixture("missing-parameter");
    let file = &outcome.sources.file().text;
    let found = parsed(json::render, &outcome);
    let diagnostics = found["diagnostics"].as_array().expect("a list");
    let offset = |position: &Value| position["offset"].as_u64().expect("a number") as usize;
    for label in diagnostics.iter().flat_map(|one| one["labels"].as_array().expect("a list")) {
        assert!(offset(&label["start"]) < offset(&label["end"]), "{label}");
        assert!(offset(&label["end"]) <= file.len(), "{label}");
    }
    // The site is in the preset. Its diagnostic is at the name of the preset in the file.
    let site = diagnostics.iter().find(|one| one["code"] == "HG0901").expect("a diagnostic of the site");
    let label = &site["labels"][0];
    assert_eq!(&file[offset(&label["start"])..offset(&label["end"])], "uptime-kuma");
    assert_eq!(label["start"]["line"], 5);
}

#[test]
fn a_diagnostic_of_an_empty_file_has_a_position() {
    for bytes in [&b""[..], b"\n\n", b"\xff", b"# only this\n"] {
        let outcome = compile(bytes);
        let label = &parsed(json::render, &outcome)["diagnostics"][0]["labels"][0];
        assert!(label["start"]["line"].as_u64() >= Some(1), "{bytes:?}: {label}");
        assert!(label["start"]["column"].as_u64() >= Some(1), "{bytes:?}: {label}");
        assert!(rendered(github::render, &outcome).starts_with("::error file=homeserver.yaml,line="));
        assert_sarif(&parsed(sarif::render, &outcome));
    }
}

// ── GitHub ──

#[test]
fn github_output_has_one_command_for_each_diagnostic() {
    insta::assert_snapshot!(rendered(github::render, &fixture("five-mistakes")), @r#"
    ::error file=homeserver.yaml,line=4,col=23,endLine=4,endColumn=35,title=HG0204::`100.64.0.300` is not a valid IP address%0Aexpected an IPv4 or IPv6 address%0Ahelp: write an IP address such as 192.168.1.20
    ::error file=homeserver.yaml,line=12,col=16,endLine=12,endColumn=26,title=HG1202::the image `nginx:1.27` has no registry%0Aexpected `REGISTRY/NAME:TAG`%0Ahelp: for the image on Docker Hub, write `docker.io/library/nginx:1.27`
    ::error file=homeserver.yaml,line=13,col=38,endLine=13,endColumn=48,title=HG0601::there is no secret `db-pasword`%0Anot declared%0Ahelp: declare it under `secrets`; did you mean `db-password`?
    ::error file=homeserver.yaml,line=14,col=22,endLine=14,endColumn=29,title=HG0801::there is no container `databse`%0Anot declared%0Ahelp: did you mean `database`?
    ::error file=homeserver.yaml,line=17,col=9,endLine=17,endColumn=17,title=HG0201::`shm_sice` is not a valid key here%0Aunknown key%0Ahelp: did you mean `shm_size`?
    "#);
    insta::assert_snapshot!(rendered(github::render, &fixture("published-wide")), @r#"
    ::warning file=homeserver.yaml,line=7,col=59,endLine=7,endColumn=76,title=HG0506::port 8080 on 0.0.0.0 bypasses the firewall%0APodman forwards the port before the firewall filters it%0Ahelp: name the clients: `{ published: 8080, target: 80, host_ip: 0.0.0.0, from: [192.168.1.0/24] }`; for HTTP, publish it on 127.0.0.1 behind a site
    "#);
    insta::assert_snapshot!(rendered(github::render, &fixture("duplicate-key")), @r#"
    ::error file=homeserver.yaml,line=11,col=9,endLine=11,endColumn=16,title=HG0103::`volumes` is written twice%0Adeclared again here%0Aline 10: first declared here%0Ahelp: remove one of the two
    "#);
    for (name, outcome) in outcomes() {
        let commands = rendered(github::render, outcome);
        assert_eq!(commands.lines().count(), outcome.diagnostics.len(), "{name}:\n{commands}");
        for command in commands.lines() {
            let rest = command.strip_prefix("::error file=").or(command.strip_prefix("::warning file="));
            let (properties, message) = rest.and_then(|r| r.split_once("::")).expect(command);
            let keys: Vec<&str> =
                properties.split(',').skip(1).map(|p| p.split('=').next().expect("a key")).collect();
            assert_eq!(keys, ["line", "col", "endLine", "endColumn", "title"], "{name}: {command}");
            assert!(!message.is_empty() && !message.contains('\r'), "{name}: {command}");
        }
    }
}

// ── SARIF ──

/// Asserts that a log conforms to the schema of SARIF 2.1.0 (OASIS, with errata 01), and to the demands of GitHub:
/// <https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning>.
fn assert_sarif(log: &Value) {
    static SCHEMA: std::sync::LazyLock<jsonschema::Validator> = std::sync::LazyLock::new(|| {
        let schema = serde_json::from_str(include_str!("schemas/sarif-2.1.0.json")).expect("JSON");
        jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema")
    });
    let errors: Vec<String> =
        SCHEMA.iter_errors(log).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");

    let demand = |value: &Value, path: &str, most: usize| {
        let found = value.pointer(path).and_then(Value::as_str).unwrap_or_default();
        assert!(!found.is_empty() && found.chars().count() <= most, "{path} of {value:#}");
    };
    demand(log, "/$schema", 1024);
    let run = &log["runs"][0];
    demand(run, "/tool/driver/name", 1024);
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    for rule in rules {
        demand(rule, "/id", 255);
        demand(rule, "/shortDescription/text", 1024);
        demand(rule, "/fullDescription/text", 1024);
        demand(rule, "/help/text", usize::MAX);
        demand(rule, "/help/markdown", usize::MAX);
    }
    let results = run["results"].as_array().expect("results");
    // Required by section 3.14.17 if there are results.
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    for result in results {
        demand(result, "/message/text", usize::MAX);
        demand(result, "/partialFingerprints/primaryLocationLineHash", 255);
        let rule = &rules[result["ruleIndex"].as_u64().expect("an index") as usize];
        assert_eq!(
            (&rule["id"], &rule["defaultConfiguration"]["level"]),
            (&result["ruleId"], &result["level"])
        );
        let locations = result["locations"].as_array().expect("locations");
        assert_eq!(locations.len(), 1);
        let related = result["relatedLocations"].as_array();
        for location in locations.iter().chain(related.into_iter().flatten()) {
            demand(location, "/physicalLocation/artifactLocation/uri", 1024);
            // The schema's draft does not know `uri-reference`.
            let uri = location["physicalLocation"]["artifactLocation"]["uri"].as_str().expect("text");
            assert!(uri.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~/%".contains(&b)), "{uri}");
            for key in ["startLine", "startColumn", "endLine", "endColumn"] {
                let region = &location["physicalLocation"]["region"];
                assert!(region[key].as_u64() >= Some(1), "{key} of {location:#}");
            }
        }
        // The text has a link to each related location.
        let message = result["message"]["text"].as_str().expect("text");
        for location in related.into_iter().flatten() {
            let link = format!("]({})", location["id"]);
            assert!(message.contains(&link), "no {link} in {message}");
        }
    }
}

#[test]
fn sarif_conforms_to_its_schema_and_to_the_demands_of_github() {
    for (name, outcome) in outcomes() {
        let log = parsed(sarif::render, outcome);
        assert_sarif(&log);
        let results = log["runs"][0]["results"].as_array().expect("results");
        assert_eq!(results.len(), outcome.diagnostics.len(), "{name}");
    }
}

#[test]
fn invalid_sarif_is_detected() {
    let log = parsed(sarif::render, &fixture("duplicate-key"));
    for (pointer, wrong) in [
        ("/version", "2.0.0"),
        ("/runs/0/results/0/level", "fatal"),
        ("/runs/0/results/0/message/text", ""),
        ("/runs/0/results/0/ruleId", "HG0101"),
        ("/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri", "a b.yaml"),
    ] {
        let mut broken = log.clone();
        *broken.pointer_mut(pointer).expect("it is there") = Value::from(wrong);
        assert!(std::panic::catch_unwind(|| assert_sarif(&broken)).is_err(), "{pointer} may be `{wrong}`");
    }
}

#[test]
fn a_diagnostic_is_one_sarif_result() {
    let log = parsed(sarif::render, &fixture("duplicate-key"));
    insta::assert_snapshot!(format!("{:#}", log["runs"][0]["results"][0]), @r#"
    {
      "level": "error",
      "locations": [
        {
          "message": {
            "text": "declared again here"
          },
          "physicalLocation": {
            "artifactLocation": {
              "uri": "homeserver.yaml"
            },
            "region": {
              "endColumn": 16,
              "endLine": 11,
              "startColumn": 9,
              "startLine": 11
            }
          }
        }
      ],
      "message": {
        "text": "`volumes` is written twice.\nHelp: remove one of the two\nSee: [first declared here](1)"
      },
      "partialFingerprints": {
        "primaryLocationLineHash": "67df600d4af920f3:1"
      },
      "relatedLocations": [
        {
          "id": 1,
          "message": {
            "text": "first declared here"
          },
          "physicalLocation": {
            "artifactLocation": {
              "uri": "homeserver.yaml"
            },
            "region": {
              "endColumn": 16,
              "endLine": 10,
              "startColumn": 9,
              "startLine": 10
            }
          }
        }
      ],
      "ruleId": "HG0103",
      "ruleIndex": 2
    }
    "#);
}

#[test]
fn every_rule_is_in_the_sarif_log_with_its_page() {
    let log = parsed(sarif::render, &fixture("minimal"));
    assert_eq!(log["runs"][0]["results"], Value::Array(Vec::new()));
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules");
    assert_eq!(rules.len(), Code::ALL.len());
    for (rule, code) in rules.iter().zip(Code::ALL) {
        assert_eq!(rule["id"], code.code());
        let markdown = rule["help"]["markdown"].as_str().expect("text");
        assert!(code.page().ends_with(markdown) && markdown.contains("## Passes"));
        let text = rule["help"]["text"].as_str().expect("text");
        assert!(!text.contains('#') || code.page().contains(text), "{text}");
        assert!(!text.contains("```"), "{text}");
    }
}

#[test]
fn braces_in_a_sarif_message_are_escaped() {
    let log = parsed(sarif::render, &fixture("secrets-without-agenix"));
    let message = log["runs"][0]["results"][0]["message"]["text"].as_str().expect("text");
    assert!(message.contains("agenix: {{ directory: secrets }}"), "{message}");
}

// ── Human ──

#[test]
fn lines_are_wrapped_to_the_terminal_and_urls_are_not_broken() {
    let outcome = fixture("bad-tls");
    let url = "https://go-acme.github.io/lego/dns";
    for width in [40, 60, 80, 100, 200] {
        let text = human::render(&outcome.diagnostics, &outcome.sources, Style { width, color: false });
        assert!(text.contains(url), "{width} columns:\n{text}");
        // Lines of the file and the markers below them are not wrapped.
        let prose = text.lines().filter(|l| !l.contains(['│', '·', '╭', '╰']) && !l.contains(url));
        for line in prose {
            assert!(line.chars().count() <= width, "{width} columns: {line}");
        }
    }
}

#[test]
fn the_variable_columns_sets_the_width() {
    let folder = fixtures().join("bad-tls");
    let longest = |columns| {
        let output = homegen(&folder, &["check"], columns, "");
        let prose =
            text(&output.stderr).lines().filter(|l| l.starts_with("  help") || l.starts_with("        "));
        prose.map(|line| line.chars().count()).max().expect("help")
    };
    let (narrow, usual, wide) = (longest(Some("50")), longest(None), longest(Some("200")));
    assert!(narrow <= 50 && narrow < usual && usual <= 100 && usual < wide, "{narrow} {usual} {wide}");
    // An invalid width, and one that is too small for a snippet.
    assert_eq!(longest(Some("wide")), usual);
    assert_eq!(longest(Some("0")), usual);
    assert!(longest(Some("5")) <= 50);
}

#[test]
fn the_last_line_counts_the_errors_and_names_the_explain_command() {
    let output = homegen(&fixtures().join("duplicate-key"), &["check"], None, "");
    let stderr = text(&output.stderr);
    assert!(!stderr.contains('\u{1b}'), "colour where no terminal reads it");
    let last = stderr.lines().last().expect("a line");
    assert_eq!(last, "1 error in homeserver.yaml; `homegen explain HG0103` explains the first error");
    assert_eq!(stderr.matches("homegen explain").count(), 1);
}

// ── Hostile text ──

/// A mistake whose texts have control and bidirectional characters, and commands of GitHub Actions.
const HOSTILE: &str = "homegen: 1\nhost: { name: nas, nixos: \"26.05\", timezone: Europe/Berlin }\nservices:\n  \
    app: { containers: { app: { image: docker.io/example/app:1, restrt: always, \"\\e[2J\\u202e\\x9b\\n::error::x ##[error]y\": 1 } } } # \u{202e} \u{2066} ##[error]z\n";

#[test]
fn no_format_prints_a_control_character_or_a_workflow_command_of_the_file() {
    let outcome = compile(HOSTILE);
    assert_eq!(outcome.diagnostics.len(), 2, "{:?}", outcome.diagnostics);
    let human = |width| human::render(&outcome.diagnostics, &outcome.sources, Style { width, color: false });
    let renders = [json::render, github::render, sarif::render].map(|render| rendered(render, &outcome));
    for text in renders.iter().cloned().chain([40, 60, 100].map(human)) {
        let raw = |c: char| c != '\n' && (c.is_control() || "\u{202e}\u{2066}".contains(c));
        assert!(!text.contains(raw), "{text:?}");
        assert!(!text.contains("##["), "{text}");
        let commands = text.lines().filter(|line| line.trim_start().starts_with("::"));
        assert!(commands.clone().all(|line| line.starts_with("::error file=")), "{text}");
    }
    assert!(renders[1].lines().count() == 2, "{}", renders[1]);
}

#[test]
fn labels_are_aligned_after_an_escaped_character() {
    let outcome = compile(
        "homegen: 1\nhost: { name: nas, nixos: \"26.05\", timezone: Europe/Berlin }\nservices:\n  \
        app: { description: \u{202e}x\u{202c}, prot: 1 }\n",
    );
    insta::assert_snapshot!(human::render(&outcome.diagnostics, &outcome.sources, Style { width: 100, color: false }), @r"
    HG0201

      × `prot` is not a valid key here
       ╭─[homeserver.yaml:4:28]
     3 │ services:
     4 │   app: { description: \u{202e}x\u{202c}, prot: 1 }
       ·                                          ──┬─
       ·                                            ╰── unknown key
       ╰────
      help: did you mean `port`?
    ");
    let label = &parsed(json::render, &outcome)["diagnostics"][0]["labels"][0];
    assert_eq!(label["start"]["column"], 28, "columns count characters of the file");
}

#[test]
fn a_wrapped_message_does_not_become_a_workflow_command() {
    let key = format!("{} ::error::x", "a".repeat(60));
    let outcome = compile(format!(
        "homegen: 1\nhost: {{ name: nas, nixos: \"26.05\", timezone: Europe/Berlin }}\nservices: {{}}\n\"{key}\": 1\n"
    ));
    for width in 40..110 {
        let text = human::render(&outcome.diagnostics, &outcome.sources, Style { width, color: false });
        assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{width} columns:\n{text}");
    }
}

#[test]
fn control_characters_in_names_and_arguments_are_escaped() {
    let folder = tempfile::tempdir().expect("a folder");
    for arguments in [
        &["check", "x\n::error::\u{1b}[1m\u{202e}"][..],
        &["check", "--format", "\n::error::\u{1b}[1m"],
        &["explain", "\u{1b}[1m\n::error::x"],
        &["build", "-o", "x\n::error::y"],
        &["map-path", "\n::error::x", "/data"],
    ] {
        std::fs::write(folder.path().join("homeserver.yaml"), HOSTILE).expect("a file");
        let output = homegen(folder.path(), arguments, None, "");
        let printed = format!("{}{}", text(&output.stdout), text(&output.stderr));
        assert_ne!(output.status.code(), Some(0), "{arguments:?}");
        assert!(!printed.contains(|c: char| c != '\n' && (c.is_control() || c == '\u{202e}')), "{printed:?}");
        assert!(!printed.lines().any(|line| line.trim_start().starts_with("::")), "{printed}");
    }
}

// ── The command ──

#[test]
fn machine_formats_write_only_to_standard_output() {
    for (case, ends) in [("duplicate-key", 1), ("published-wide", 0), ("minimal", 0)] {
        let folder = fixtures().join(case);
        for format in ["json", "github", "sarif"] {
            let output = homegen(&folder, &["check", "--format", format], None, "");
            assert_eq!(output.status.code(), Some(ends), "{case} {format}");
            assert_eq!(text(&output.stderr), "", "{case} {format}");
            if format == "github" {
                assert_eq!(output.stdout.is_empty(), case == "minimal");
            } else {
                serde_json::from_slice::<Value>(&output.stdout).expect("JSON");
            }
        }
    }
    let denied = homegen(
        &fixtures().join("published-wide"),
        &["check", "--format", "sarif", "--deny-warnings"],
        None,
        "",
    );
    assert_eq!(denied.status.code(), Some(1));
}

#[test]
fn a_missing_file_exits_with_2_and_prints_no_output() {
    let folder = tempfile::tempdir().expect("a folder");
    for format in ["human", "json", "github", "sarif"] {
        let output = homegen(folder.path(), &["check", "--format", format], None, "");
        assert_eq!(output.status.code(), Some(2), "{format}");
        assert_eq!(text(&output.stdout), "", "{format}");
        assert!(text(&output.stderr).contains("file not found"), "{format}");
    }
    assert_eq!(homegen(folder.path(), &["check", "--format", "xml"], None, "").status.code(), Some(2));
}

#[test]
fn standard_input_is_homeserver_yaml_for_github_and_sarif() {
    let folder = tempfile::tempdir().expect("a folder");
    let printed = |format| {
        let output = homegen(folder.path(), &["check", "-", "--format", format], None, "homegen: 1\n");
        assert_eq!(output.status.code(), Some(1));
        text(&output.stdout).to_owned()
    };
    let json: Value = serde_json::from_str(&printed("json")).expect("JSON");
    assert_eq!(json["file"], "standard input");
    assert!(printed("github").starts_with("::error file=homeserver.yaml,"));
    let sarif: Value = serde_json::from_str(&printed("sarif")).expect("JSON");
    let uri = sarif.pointer("/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri");
    assert_eq!(uri, Some(&Value::from("homeserver.yaml")));
}

#[test]
fn a_path_is_escaped_for_each_format() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("my hosts")).expect("a folder");
    std::fs::write(folder.path().join("my hosts/a,b.yaml"), "homegen: 1\n").expect("a file");
    let printed = |format| {
        let output = homegen(folder.path(), &["check", "./my hosts/a,b.yaml", "--format", format], None, "");
        text(&output.stdout).to_owned()
    };
    assert!(printed("github").starts_with("::error file=my hosts/a%2Cb.yaml,line=1,"));
    assert!(printed("sarif").contains("\"uri\": \"my%20hosts/a%2Cb.yaml\""));
    assert!(printed("json").contains("\"file\": \"./my hosts/a,b.yaml\""));
}

#[test]
fn explain_prints_the_page_of_a_code() {
    let folder = tempfile::tempdir().expect("a folder");
    for written in ["HG0201", "hg0201", "0201"] {
        let output = homegen(folder.path(), &["explain", written], None, "");
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(text(&output.stdout), Code::UnknownKey.page());
    }
    let output = homegen(folder.path(), &["explain"], None, "");
    assert_eq!(output.status.code(), Some(0));
    let lines: Vec<&str> = text(&output.stdout).lines().collect();
    assert_eq!(lines.len(), Code::ALL.len());
    assert_eq!(lines[0], "HG0101  error    the file is not valid YAML");
    for (written, expected) in [("HG0211", "did you mean HG0201?"), ("banana", "`homegen explain` lists all")]
    {
        let output = homegen(folder.path(), &["explain", written], None, "");
        assert_eq!(output.status.code(), Some(2), "{written}");
        assert_eq!(text(&output.stdout), "");
        assert!(text(&output.stderr).contains(expected), "{}", text(&output.stderr));
    }
}
