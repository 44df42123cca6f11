//! The workflow of the template: its permissions, and its steps, run in a repository with stand-ins for Nix and GitHub.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_yaml::Value;

use crate::common::read;
use crate::common::scripts::are_installed;

const PATH: &str = "templates/flake/.github/workflows/homegen.yml";

fn workflow() -> Value {
    serde_yaml::from_str(&read(PATH)).expect("YAML")
}

/// The steps of a job.
fn steps<'a>(workflow: &'a Value, job: &str) -> &'a [Value] {
    workflow["jobs"][job]["steps"].as_sequence().expect("steps")
}

/// The scripts of a job, each with the name of its step.
fn scripts<'a>(workflow: &'a Value, job: &str) -> Vec<(&'a str, &'a str)> {
    let run = |step: &'a Value| Some((step["name"].as_str()?, step["run"].as_str()?));
    steps(workflow, job).iter().filter_map(run).collect()
}

fn script<'a>(workflow: &'a Value, job: &str, name: &str) -> &'a str {
    scripts(workflow, job).into_iter().find(|(step, _)| *step == name).expect("a step").1
}

#[test]
fn jobs_have_few_permissions_and_pinned_actions() {
    let workflow = workflow();
    // `pull_request_target` would run the code of a fork with the secrets of the repository.
    let events: Vec<&str> = workflow["on"].as_mapping().unwrap().keys().filter_map(Value::as_str).collect();
    assert_eq!(events, ["push", "pull_request"]);
    assert!(workflow["permissions"].as_mapping().unwrap().is_empty());
    for (job, expected) in [
        ("check", &[("contents", "read")][..]),
        ("report", &[("contents", "read"), ("pull-requests", "write"), ("security-events", "write")]),
    ] {
        let permissions = workflow["jobs"][job]["permissions"].as_mapping().unwrap();
        let permissions: Vec<_> =
            permissions.iter().map(|(key, value)| (key.as_str().unwrap(), value.as_str().unwrap())).collect();
        assert_eq!(permissions, expected, "{job}");
        for step in steps(&workflow, job) {
            match (step["uses"].as_str(), step["run"].as_str()) {
                (Some(action), None) => {
                    let (_, commit) = action.split_once('@').expect("a commit");
                    assert!(commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()), "{action}");
                    if action.starts_with("actions/checkout@") {
                        assert_eq!(step["with"]["persist-credentials"], Value::Bool(false), "{job}");
                    }
                }
                // GitHub would put a text of the pull request into the script.
                (None, Some(script)) => assert!(!script.contains("${{"), "{script}"),
                _ => panic!("{step:?}"),
            }
        }
    }
    assert_eq!(workflow["jobs"].as_mapping().unwrap().len(), 2);
    // A job that may write runs no program of the repository.
    assert!(scripts(&workflow, "report").iter().all(|(_, script)| !script.contains("nix")));
}

#[test]
fn the_scripts_pass_shellcheck() {
    if !are_installed(&["shellcheck"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let workflow = workflow();
    let mut count = 0;
    for (name, script) in ["check", "report"].iter().flat_map(|job| scripts(&workflow, job)) {
        let file = folder.path().join("script");
        fs::write(&file, script).unwrap();
        let output = Command::new("shellcheck").args(["--shell=bash"]).arg(&file).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stdout));
        count += 1;
    }
    assert!(count >= 7, "only {count} scripts");
}

/// A repository that GitHub has checked out for a pull request: the merge of a branch into the branch before it.
struct Checkout {
    folder: tempfile::TempDir,
}

/// Runs `nix develop --command PROGRAM…`.
const NIX: &str = r#"#!/bin/bash
case "$1 $2" in
"develop --command") exec "${@:3}" ;;
"flake check") echo "$*" >> ../nix.log ;;
*) exit 9 ;;
esac
"#;

/// Answers a list of comments, and records other calls.
const GH: &str = r#"#!/bin/bash
if [ "$1 $2" = "api --paginate" ]; then
  [ "$4" = --jq ] && echo "$3" >> ../gh.log && jq -r "$5" ../comments.json
else
  printf '<%s>' "$@" >> ../gh.log
fi
"#;

impl Checkout {
    /// The template with its output, and a commit for each edit of the text of the file.
    fn of(before: impl Fn(&str) -> Option<String>, after: impl Fn(&str) -> String) -> Option<Checkout> {
        if !are_installed(&["git", "bash", "jq"]) {
            return None;
        }
        let checkout = Checkout { folder: tempfile::tempdir().unwrap() };
        for folder in ["bin", "repository", "temporary/homegen"] {
            fs::create_dir_all(checkout.at(folder)).unwrap();
        }
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_homegen"), checkout.at("bin/homegen")).unwrap();
        for (program, text) in [("nix", NIX), ("gh", GH)] {
            let file = checkout.at("bin").join(program);
            fs::write(&file, text).unwrap();
            fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let text = read("templates/flake/homeserver.yaml");
        checkout.runs("git init -q -b main && git config user.name a && git config user.email a@example.org");
        checkout.commit(before(&text));
        checkout.runs("git checkout -q -b change");
        checkout.commit(Some(after(&text)));
        checkout.runs("git checkout -q main && git merge -q --no-ff -m merge change");
        Some(checkout)
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Commits a text of the file with its output, as far as it compiles.
    fn commit(&self, text: Option<String>) {
        let repository = self.at("repository");
        match text {
            Some(text) => fs::write(repository.join("homeserver.yaml"), text).unwrap(),
            None => fs::write(repository.join("README.md"), "").unwrap(),
        }
        self.runs("{ homegen build || true; } 2> /dev/null > /dev/null; git add -A; git commit -q --allow-empty -m x");
    }

    /// Runs a script as GitHub does.
    fn run(&self, script: &str) -> Output {
        let path = format!("{}:{}", self.at("bin").display(), std::env::var("PATH").unwrap());
        Command::new("bash")
            .args(["-e", "-c", script])
            .current_dir(self.at("repository"))
            .env("PATH", path)
            .env("GITHUB_STEP_SUMMARY", self.at("summary.md"))
            .env("GITHUB_REPOSITORY", "owner/server")
            .env("RUNNER_TEMP", self.at("temporary"))
            .env("NUMBER", "7")
            .output()
            .unwrap()
    }

    fn runs(&self, script: &str) -> String {
        let output = self.run(script);
        assert!(output.status.success(), "{script}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs the scripts of the job `check`. Returns the names of those that fail.
    fn failures(&self) -> Vec<String> {
        let workflow = workflow();
        let scripts = scripts(&workflow, "check").into_iter();
        scripts
            .filter(|(_, script)| !self.run(script).status.success())
            .map(|(name, _)| name.to_owned())
            .collect()
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }
}

#[test]
fn a_change_is_checked_and_its_plan_is_written() {
    let change = |text: &str| text.replace("uptime-kuma:2", "uptime-kuma:2.1.0");
    let Some(checkout) = Checkout::of(|text| Some(text.to_owned()), change) else { return };
    assert_eq!(checkout.failures(), [""; 0]);
    let plan = checkout.read("repository/plan.md");
    assert!(plan.starts_with("<!-- homegen plan -->\n### Plan of homeserver.yaml\n\n"), "{plan}");
    assert!(plan.contains("`podman-uptime-kuma.service`") && plan.contains("2.1.0"), "{plan}");
    assert_eq!(checkout.read("summary.md"), plan);
    assert_eq!(checkout.read("nix.log"), "flake check --no-build\n");
    let sarif: serde_json::Value = serde_json::from_str(&checkout.read("repository/homegen.sarif")).unwrap();
    assert_eq!(sarif["runs"][0]["results"], serde_json::json!([]));
}

#[test]
fn mistakes_and_an_outdated_output_fail_and_the_reports_are_written() {
    let wrong = |text: &str| text.replace("image:", "imag:");
    let Some(checkout) = Checkout::of(|text| Some(text.to_owned()), wrong) else { return };
    // GitHub runs the audit only after a check that succeeds.
    let failing = ["Check the file", "Audit the secrets", "Compare the output folder with the file"];
    assert_eq!(checkout.failures(), failing);
    assert!(
        checkout
            .read("repository/plan.md")
            .ends_with("There is no plan: this version or the one before it has errors.\n")
    );
    let sarif: serde_json::Value = serde_json::from_str(&checkout.read("repository/homegen.sarif")).unwrap();
    assert!(!sarif["runs"][0]["results"].as_array().unwrap().is_empty());
    // A version before the change that has errors is no failure of the change.
    let fixed = Checkout::of(|text| Some(wrong(text)), str::to_owned).unwrap();
    assert_eq!(fixed.failures(), [""; 0]);
    assert!(fixed.read("repository/plan.md").contains("There is no plan"));
    // Neither is a file that is new.
    let new = Checkout::of(|_| None, str::to_owned).unwrap();
    assert_eq!(new.failures(), [""; 0]);
    assert!(
        new.read("repository/plan.md").ends_with("The file is new: there is no version to compare with.\n")
    );
    // The output was edited.
    new.runs("echo '# edited' >> generated/host.nix");
    assert_eq!(new.failures(), ["Compare the output folder with the file"]);
}

#[test]
fn a_plan_that_is_too_long_for_a_comment_is_only_in_the_summary() {
    let Some(checkout) = Checkout::of(|text| Some(text.to_owned()), str::to_owned) else { return };
    fs::remove_file(checkout.at("bin/homegen")).unwrap();
    let long = "#!/bin/bash\nhead -c 70000 /dev/zero | tr '\\0' x\n";
    fs::write(checkout.at("bin/homegen"), long).unwrap();
    fs::set_permissions(checkout.at("bin/homegen"), fs::Permissions::from_mode(0o755)).unwrap();
    checkout.runs(script(&workflow(), "check", "Write the plan"));
    assert!(checkout.read("summary.md").len() > 70_000);
    let plan = checkout.read("repository/plan.md");
    assert!(plan.starts_with("<!-- homegen plan -->\n") && plan.len() < 200, "{plan}");
}

#[test]
fn the_comment_of_an_earlier_run_is_replaced() {
    let Some(checkout) = Checkout::of(|text| Some(text.to_owned()), str::to_owned) else { return };
    let workflow = workflow();
    let comment = script(&workflow, "report", "Comment the plan");
    let by = |id: u64, user: &str, body: &str| serde_json::json!({ "id": id, "user": { "login": user }, "body": body });
    let (bot, mark) = ("github-actions[bot]", "<!-- homegen plan -->\n### Plan");
    let others = [by(1, "attacker", mark), by(2, bot, "another workflow")];
    let list = "repos/owner/server/issues/7/comments\n";
    let body = format!("<--field><body=@{}>", checkout.at("temporary/homegen/plan.md").display());
    for (mine, call) in [
        (vec![], "<--method><POST><repos/owner/server/issues/7/comments>"),
        (vec![by(3, bot, mark), by(4, bot, mark)], "<--method><PATCH><repos/owner/server/issues/comments/3>"),
    ] {
        let comments = serde_json::Value::Array(others.iter().cloned().chain(mine).collect());
        fs::write(checkout.at("comments.json"), comments.to_string()).unwrap();
        let _ = fs::remove_file(checkout.at("gh.log"));
        checkout.runs(comment);
        assert_eq!(checkout.read("gh.log"), format!("{list}<api><--silent>{call}{body}"));
    }
}
