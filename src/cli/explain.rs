//! `homegen explain`

use clap::Args;
use homegen::diag::Code;

use super::{Stop, print};

#[derive(Args)]
pub(super) struct Arguments {
    /// The code of a diagnostic, such as HG0201; without it, all codes are listed
    code: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Stop> {
    let Some(written) = &arguments.code else {
        let line =
            |code: &Code| format!("{}  {:<7}  {}\n", code.code(), code.severity().name(), code.title());
        return print(&Code::ALL.iter().map(line).collect::<String>());
    };
    // `0201` and `hg0201` are unambiguous.
    let upper = written.to_uppercase();
    let wanted = if upper.starts_with("HG") { upper } else { format!("HG{upper}") };
    match Code::from_code(&wanted) {
        Some(code) => print(code.page()),
        None => Err(Stop::Failed(format!("`{written}` is not a diagnostic code; {}", suggestion(&wanted)))),
    }
}

fn suggestion(wanted: &str) -> String {
    let distance = |code: &&str| strsim::levenshtein(wanted, code);
    match Code::ALL.iter().map(|code| code.code()).min_by_key(distance).filter(|code| distance(code) <= 2) {
        Some(code) => format!("did you mean {code}? `homegen explain` lists all codes"),
        None => "`homegen explain` lists all codes".to_owned(),
    }
}
