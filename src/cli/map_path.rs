//! `homegen map-path`

use std::path::PathBuf;

use clap::Args;
use homegen::diag::suggestion;
use homegen::hir::Service;
use homegen::map::{self, Bound, Nowhere};
use homegen::printable::printable_json;

use super::{Input, Stop, complain, print_data};

#[derive(Args)]
pub(super) struct Arguments {
    /// The service
    service: String,
    /// The path in its container, such as an API gives it
    #[arg(required_unless_present = "json", conflicts_with = "json")]
    path: Option<String>,
    /// Print the whole map instead, for a program that replaces the beginning of a path
    #[arg(long)]
    json: bool,
    /// The container, where two of the service see different things at the path
    #[arg(long, value_name = "NAME")]
    container: Option<String>,
    /// The file, or - for standard input
    #[arg(short, long, default_value = "homeserver.yaml")]
    file: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Stop> {
    let host = Input { file: arguments.file.clone() }.host()?;
    let Some(service) = host.services().iter().find(|s| s.name() == arguments.service) else {
        let names = host.services().iter().map(Service::name);
        return wrong(&format!(
            "there is no service `{}`; {}",
            arguments.service,
            suggestion(&arguments.service, names)
        ));
    };
    let container = arguments.container.as_deref();
    let found = match &arguments.path {
        Some(path) => map::on_host(service, container, path).map(|found| found + "\n"),
        None => map::bound(service, container)
            .map(|all| printable_json(&serde_json::to_string_pretty(&all).expect("text is JSON")) + "\n"),
    };
    match found {
        Ok(found) => print_data(&found),
        Err(why) => wrong(&said(&why, service, arguments)),
    }
}

/// Says why nothing was found, which is no failure of homegen's.
fn wrong(why: &str) -> Result<(), Stop> {
    complain(why);
    Err(Stop::Wrong)
}

fn said(why: &Nowhere, service: &Service, arguments: &Arguments) -> String {
    let path = arguments.path.as_deref().unwrap_or_default();
    let of_whom = match &arguments.container {
        Some(container) => format!("the container `{container}` of {}", service.name()),
        None => service.name().to_owned(),
    };
    let list = |lines: Vec<String>| lines.iter().map(|line| format!("\n  {line}")).collect::<String>();
    match why {
        Nowhere::NoPath => format!("`{path}` is no path; write an absolute one, without `.` and `..`"),
        Nowhere::NoContainer(names) => {
            let container = arguments.container.as_deref().unwrap_or_default();
            let names = names.iter().map(String::as_str);
            format!("{} has no container `{container}`; {}", service.name(), suggestion(container, names))
        }
        Nowhere::Uncovered(all) if all.is_empty() => {
            format!("{path} is not on the host; {of_whom} sees none of its folders")
        }
        Nowhere::Uncovered(all) => {
            let line = |b: &Bound| format!("{}: {} is {}", b.container, b.from, b.to);
            format!("{path} is not on the host; {of_whom} sees:{}", list(all.iter().map(line).collect()))
        }
        Nowhere::Ambiguous(found) => {
            let line = |(container, path): &(String, String)| format!("{container}: {path}");
            format!(
                "{path} is not the same in every container; choose one with --container:{}",
                list(found.iter().map(line).collect())
            )
        }
    }
}
