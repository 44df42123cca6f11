//! `homegen map-path`

use std::path::PathBuf;

use clap::Args;
use homegen::diag::suggestion;
use homegen::hir::Service;
use homegen::map::{self, Bound, MapError};
use homegen::printable::printable_json;

use super::{Input, Stop, complain, print_data};

#[derive(Args)]
pub(super) struct Arguments {
    /// The service
    service: String,
    /// The path in its container, for example from an API of the service
    #[arg(required_unless_present = "json", conflicts_with = "json")]
    path: Option<String>,
    /// Print all mounts as JSON, for programs that translate paths by prefix
    #[arg(long)]
    json: bool,
    /// The container, if two containers of the service mount different folders at the path
    #[arg(long, value_name = "NAME")]
    container: Option<String>,
    /// The homeserver.yaml to read, or - for standard input
    #[arg(short, long, default_value = "homeserver.yaml")]
    file: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Stop> {
    let host = Input::of(arguments.file.clone()).host(None)?;
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
        Err(why) => wrong(&reason(&why, service, arguments)),
    }
}

/// Reports that nothing was found. The exit code is 1, because homegen itself did not fail.
fn wrong(why: &str) -> Result<(), Stop> {
    complain(why);
    Err(Stop::Wrong)
}

fn reason(why: &MapError, service: &Service, arguments: &Arguments) -> String {
    let path = arguments.path.as_deref().unwrap_or_default();
    let subject = match &arguments.container {
        Some(container) => format!("the container `{container}` of {}", service.name()),
        None => service.name().to_owned(),
    };
    let list = |lines: Vec<String>| lines.iter().map(|line| format!("\n  {line}")).collect::<String>();
    match why {
        MapError::NoPath => {
            format!("`{path}` is not a valid path; write an absolute path without `.` and `..`")
        }
        MapError::NoContainer(names) => {
            let container = arguments.container.as_deref().unwrap_or_default();
            let names = names.iter().map(String::as_str);
            format!("{} has no container `{container}`; {}", service.name(), suggestion(container, names))
        }
        MapError::Uncovered(all) if all.is_empty() => {
            format!("{path} is not on the host: {subject} mounts no folder of the host")
        }
        MapError::Uncovered(all) => {
            let line = |b: &Bound| format!("{}: {} is {}", b.container, b.from, b.to);
            format!("{path} is not on the host; mounts of {subject}:{}", list(all.iter().map(line).collect()))
        }
        MapError::Ambiguous(found) => {
            let line = |(container, path): &(String, String)| format!("{container}: {path}");
            format!(
                "{path} differs between the containers; choose one with --container:{}",
                list(found.iter().map(line).collect())
            )
        }
    }
}
