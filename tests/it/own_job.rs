//! The scripts that run jobs of the owner.

use crate::common::scripts::{Ran, Stage, scripts};

/// Runs a script behind its parameters, as `program` of scripts/default.nix does.
fn run(stage: &Stage, script: &str, parameters: &str) -> Ran {
    let text = std::fs::read_to_string(scripts().join(format!("{script}.sh"))).unwrap();
    let file = stage.file("program", format!("{parameters}\n{text}"));
    stage.run_to_end(&mut stage.program("bash", &["-o", "errexit", "-o", "nounset", "-o", "pipefail", &file]))
}

#[test]
fn a_script_gets_secrets_as_files_and_as_contents() {
    let mut stage = Stage::new();
    stage.file("api-key", "s3cret %h $x `id`\n\n");
    stage.set("CREDENTIALS_DIRECTORY", stage.path(""));
    stage.stand_in("job", r#"printf '%s|' "$#" "$KEY_FILE" "$TOKEN" "${SECRET_FILES-}" "${PROGRAM-}""#);
    let program = stage.path("bin/job");
    let both =
        "declare -A SECRET_FILES=(['KEY_FILE']='api-key')\ndeclare -A SECRET_CONTENTS=(['TOKEN']='api-key')";
    let ran = run(&stage, "with-secrets", &format!("PROGRAM={program}\n{both}"));
    assert_eq!(ran.out, format!("0|{}|s3cret %h $x `id`|||", stage.path("") + "/api-key"), "{ran:?}");
    stage.stand_in("job", "echo ran");
    let ran = run(&stage, "with-secrets", &format!("PROGRAM={program}"));
    assert_eq!(ran.out, "ran\n", "{ran:?}");
}

#[test]
fn a_script_does_not_run_without_its_secret() {
    let mut stage = Stage::new();
    stage.set("CREDENTIALS_DIRECTORY", stage.path("none"));
    stage.stand_in("job", "echo ran");
    let program = stage.path("bin/job");
    let ran = run(
        &stage,
        "with-secrets",
        &format!("PROGRAM={program}\ndeclare -A SECRET_CONTENTS=(['TOKEN']='api-key')"),
    );
    assert_ne!(ran.code, Some(0));
    assert_eq!(ran.out, "", "{ran:?}");
}

/// Names of variables that the scripts of homegen use, and of variables that change Podman or the dynamic linker.
const NAMES: &[&str] = &[
    "COMMAND",
    "CONTAINER",
    "CONTAINERS_CONF",
    "CONTAINERS_STORAGE_CONF",
    "CONTAINER_CONNECTION",
    "CONTAINER_HOST",
    "CONTAINER_USER",
    "GODEBUG",
    "HOME",
    "NAME",
    "PROGRAM",
    "READY_WITHIN",
    "SECRET_CONTENTS",
    "SECRET_FILES",
    "STORAGE_DRIVER",
    "TMPDIR",
    "VARIABLES",
    "XDG_RUNTIME_DIR",
    "content",
    "count",
    "exported",
    "file",
    "lines",
    "options",
    "patience",
    "program",
    "variable",
];

/// The parameter with a secret of its own for each variable: its content is `s3cret-NAME`.
fn contents(stage: &Stage, names: &[&str]) -> String {
    let entries = names.iter().map(|name| {
        stage.file(&format!("secret-{name}"), format!("s3cret-{name}"));
        format!("['{name}']='secret-{name}'")
    });
    format!("declare -A SECRET_CONTENTS=({})", entries.collect::<Vec<_>>().join(" "))
}

#[test]
fn a_script_gets_secrets_with_the_names_of_variables_of_its_wrapper() {
    let mut stage = Stage::new();
    stage.set("CREDENTIALS_DIRECTORY", stage.path(""));
    stage.stand_in("job", "env");
    let program = stage.path("bin/job");
    for names in NAMES.iter().map(std::slice::from_ref).chain([NAMES]) {
        let parameters = format!("PROGRAM={program}\n{}", contents(&stage, names));
        let ran = run(&stage, "with-secrets", &parameters);
        assert_eq!(ran.code, Some(0), "{names:?}: {ran:?}");
        for name in names {
            assert!(ran.out.lines().any(|line| line == format!("{name}=s3cret-{name}")), "{name}: {ran:?}");
        }
        assert_eq!(ran.err, "", "{ran:?}");
    }
}

/// A stand-in for Podman, with a container that runs if `running` exists. It prints its arguments, and writes the
/// variables of the container to `given`, as `podman exec` reads them, and its own environment to `own`.
const PODMAN: &str = r#"
case $1 in
  container) [ -e "$STAGE/running" ] && echo true || echo false ;;
  exec)
    printf '%s\n' "$@"
    env >"$STAGE/own"
    : >"$STAGE/given"
    for word; do
      case $word in
        --env-file=*) cat -- "${word#*=}" >>"$STAGE/given" ;;
        --env=*) name=${word#*=}; printf '%s=%s\n' "$name" "${!name}" >>"$STAGE/given" ;;
        --) break ;;
      esac
    done
    ;;
esac"#;

#[test]
fn a_command_in_a_container_gets_its_words_unchanged() {
    let stage = Stage::new();
    stage.stand_in("podman", PODMAN);
    stage.file("running", "");
    let ran = run(
        &stage,
        "exec-in-container",
        "CONTAINER=app\nCONTAINER_USER=33:33\ndeclare -a COMMAND=('sh' '-c' 'echo $HOME; *' '--' '')",
    );
    let words = ["exec", "--user=33:33", "--", "app", "sh", "-c", "echo $HOME; *", "--", ""];
    assert_eq!(ran.out.trim_end_matches('\n').split('\n').collect::<Vec<_>>(), words[..8], "{ran:?}");
    assert!(ran.out.ends_with("--\n\n"), "the last word is empty: {ran:?}");
    let ran = run(&stage, "exec-in-container", "CONTAINER=app\ndeclare -a COMMAND=('id')");
    assert_eq!(ran.out, "exec\n--\napp\nid\n", "{ran:?}");
}

#[test]
fn a_command_in_a_container_gets_secrets_that_podman_does_not_see() {
    let mut stage = Stage::new();
    stage.set("CREDENTIALS_DIRECTORY", stage.path(""));
    stage.stand_in("podman", PODMAN);
    stage.file("running", "");
    let more = [NAMES, &["BASH_ENV", "IFS", "LC_ALL", "LD_PRELOAD", "PATH", "SECONDS", "UID", "_"]].concat();
    for names in more.iter().map(std::slice::from_ref).chain([&more[..]]) {
        let parameters = format!("CONTAINER=app\ndeclare -a COMMAND=('id')\n{}", contents(&stage, names));
        let ran = run(&stage, "exec-in-container", &parameters);
        assert_eq!(ran.code, Some(0), "{names:?}: {ran:?}");
        assert_eq!(ran.out, "exec\n--env-file=/dev/fd/3\n--\napp\nid\n", "{names:?}: {ran:?}");
        assert_eq!(ran.err, "", "{names:?}: {ran:?}");
        let given = stage.read("given");
        let mut given: Vec<&str> = given.lines().collect();
        given.sort_unstable();
        let mut expected: Vec<String> = names.iter().map(|name| format!("{name}=s3cret-{name}")).collect();
        expected.sort_unstable();
        assert_eq!(given, expected);
        assert!(!stage.read("own").contains("s3cret"), "{names:?}: {}", stage.read("own"));
    }
}

#[test]
fn a_command_in_a_container_gets_a_secret_of_several_lines() {
    let mut stage = Stage::new();
    stage.set("CREDENTIALS_DIRECTORY", stage.path(""));
    stage.stand_in("podman", PODMAN);
    stage.file("running", "");
    let long = "x".repeat(70_000);
    for content in ["one\ntwo", "one\r", &long, " # 'quoted\" $x "] {
        for name in ["KEY", "COMMAND", "CONTAINER", "SECRET_CONTENTS", "exported", "lines", "options"] {
            stage.file("key", content);
            let parameters = format!(
                "CONTAINER=app\ndeclare -a COMMAND=('id')\ndeclare -A SECRET_CONTENTS=(['{name}']='key')"
            );
            let ran = run(&stage, "exec-in-container", &parameters);
            assert_eq!(ran.code, Some(0), "{name}: {ran:?}");
            assert!(ran.out.ends_with("--\napp\nid\n") && !ran.out.contains(content), "{name}: {ran:?}");
            assert_eq!(stage.read("given"), format!("{name}={content}\n"));
        }
    }
}

#[test]
fn a_command_does_not_run_without_its_secret() {
    let mut stage = Stage::new();
    stage.set("CREDENTIALS_DIRECTORY", stage.path("none"));
    stage.stand_in("podman", PODMAN);
    stage.file("running", "");
    let parameters = "CONTAINER=app\ndeclare -a COMMAND=('id')\ndeclare -A SECRET_CONTENTS=(['TOKEN']='key')";
    let ran = run(&stage, "exec-in-container", parameters);
    assert_ne!(ran.code, Some(0));
    assert_eq!(ran.out, "", "{ran:?}");
}

#[test]
fn a_command_fails_if_its_container_does_not_run() {
    let mut stage = Stage::new();
    stage.stand_in("podman", PODMAN);
    stage.set("READY_WITHIN", "0");
    let ran = run(&stage, "exec-in-container", "CONTAINER=app\ndeclare -a COMMAND=('id')");
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{ran:?}");
    assert_eq!(ran.err, "container app is not running: start it, and check its log\n");
}
