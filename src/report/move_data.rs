//! The script that moves the data of a project, from the steps of its import.

use shell_words::quote;

use super::HostStep;

/// The functions of the script.
const FUNCTIONS: &str = include_str!("../../templates/import/move-data.sh");

/// The line that loads functions for folders of other users, and these functions: the script is one file.
const LOADED: &str = "# shellcheck source=/dev/null\n. enter-folder.sh\n";
const ENTER_FOLDER: &str = include_str!("../../templates/scripts/enter-folder.sh");

/// The script for `steps`, or `None` if there is nothing to move. `project` is Docker's name of the project.
pub fn script(project: &str, steps: &[HostStep]) -> Option<String> {
    let mut lines = String::new();
    for step in steps {
        let line = match step {
            HostStep::CopyPath { from, to } => {
                let from = match from.strip_prefix("~/") {
                    Some(below) => format!("\"$home\"/{}", quote(below)),
                    None if from == "~" => "\"$home\"".to_owned(),
                    None => quote(from).into_owned(),
                };
                format!("copy_path {from} {}", quote(to))
            }
            HostStep::CopyVolume { from, to } => format!("copy_volume {} {}", quote(from), quote(to)),
        };
        lines.push_str(&line);
        lines.push('\n');
    }
    let functions = || FUNCTIONS.replace("@project@", &quote(project)).replacen(LOADED, ENTER_FOLDER, 1);
    (!lines.is_empty()).then(|| functions() + &lines + "exit \"$status\"\n")
}
