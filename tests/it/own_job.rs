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

/// A stand-in for Podman, with a container that runs if `running` exists.
const PODMAN: &str = r#"
case $1 in
  container) [ -e "$STAGE/running" ] && echo true || echo false ;;
  exec) printf '%s\n' "$@" ;;
esac"#;

#[test]
fn a_command_in_a_container_gets_its_words_unchanged() {
    let mut stage = Stage::new();
    stage.stand_in("podman", PODMAN);
    stage.file("running", "");
    stage.set("TOKEN", "s3cret");
    let ran = run(
        &stage,
        "exec-in-container",
        "CONTAINER=app\nCONTAINER_USER=33:33\ndeclare -a VARIABLES=('TOKEN')\ndeclare -a COMMAND=('sh' '-c' 'echo $HOME; *' '--' '')",
    );
    let words = ["exec", "--user=33:33", "--env=TOKEN", "--", "app", "sh", "-c", "echo $HOME; *", "--", ""];
    assert_eq!(ran.out.trim_end_matches('\n').split('\n').collect::<Vec<_>>(), words[..9], "{ran:?}");
    assert!(ran.out.ends_with("--\n\n"), "the last word is empty: {ran:?}");
    let ran = run(&stage, "exec-in-container", "CONTAINER=app\ndeclare -a COMMAND=('id')");
    assert_eq!(ran.out, "exec\n--\napp\nid\n", "{ran:?}");
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
