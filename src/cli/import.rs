//! `homegen import`

mod disk;

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use homegen::compose::default_files;
use homegen::diag::Severity;
use homegen::import::{Options, Publish};
use homegen::project::ReadOptions;
use homegen::report::{Report, human, json};
use tempfile::Builder;

use super::{Stop, failed, print, print_diagnostics, shown};
use disk::Disk;

#[derive(Args)]
pub(super) struct Arguments {
    /// The Compose files, merged in this order [default: compose.yaml or docker-compose.yml, and its override]
    files: Vec<PathBuf>,
    /// An env file for variables of the Compose file, in place of .env
    #[arg(long, value_name = "FILE")]
    env_file: Vec<String>,
    /// The name of the service [default: the name of the project]
    #[arg(long)]
    name: Option<String>,
    /// The folder for relative paths of the Compose file [default: /var/lib/NAME]
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    /// An active profile
    #[arg(long)]
    profile: Vec<String>,
    /// The address of ports without one: keep (every address, as in Docker), local (127.0.0.1), or an address
    #[arg(long, default_value = "keep", value_name = "keep|local|ADDRESS", value_parser = publish)]
    publish: Publish,
    /// The domain of the sites, for services behind a proxy
    #[arg(long, value_name = "DOMAIN")]
    sites: Option<String>,
    /// Write the rest if services are refused
    #[arg(long)]
    partial: bool,
    /// The folder below which included files are read [default: the folder of the first file]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// The file to write
    #[arg(short, long, value_name = "FILE", default_value = "homeserver.yaml")]
    output: PathBuf,
    /// The form of the report
    #[arg(long, default_value = "human")]
    report: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text
    Human,
    /// JSON
    Json,
}

/// The release of NixOS in a new file.
const NIXOS: &str = "26.05";

fn publish(text: &str) -> Result<Publish, String> {
    match text {
        "keep" => Ok(Publish::Keep),
        "local" => Ok(Publish::Local),
        address => match address.parse::<std::net::IpAddr>() {
            Ok(_) => Ok(Publish::Address(address.to_owned())),
            Err(_) => Err("expected `keep`, `local` or an IP address".to_owned()),
        },
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Stop> {
    let folder = folder(&arguments.files);
    let root = arguments.root.clone().unwrap_or_else(|| folder.clone());
    let env_files = arguments.env_file.iter().map(|file| from_folder(&folder, Path::new(file)));
    let env_files = env_files.collect::<Result<Vec<String>, Stop>>()?;
    let disk =
        Disk::new(&folder, &root, env_files.clone()).map_err(|error| failed(shown(&folder), &error))?;
    let files = match arguments.files.as_slice() {
        [] => default_files(&disk),
        files => {
            files.iter().map(|file| from_folder(&folder, file)).collect::<Result<Vec<String>, Stop>>()?
        }
    };
    if files.is_empty() {
        return Err(Stop::Failed(
            "no Compose file here: name one, as in `homegen import compose.yaml`".to_owned(),
        ));
    }
    let real = folder.canonicalize().map_err(|error| failed(shown(&folder), &error))?;
    let options = ReadOptions {
        files,
        env_files,
        name: arguments.name.clone(),
        folder_name: real.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        profiles: arguments.profile.clone(),
        environment: std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect(),
    };
    let (mut sources, diagnostics, project) = homegen::read_compose(&disk, &options);
    let Some(project) = project else {
        match arguments.report {
            Format::Human => print_diagnostics(&diagnostics, &sources),
            Format::Json => print(&json::render(&Report::default(), None, &diagnostics, None, &sources))?,
        }
        return Err(Stop::Wrong);
    };
    let options = Options {
        data: arguments.data.clone(),
        publish: arguments.publish.clone(),
        sites: arguments.sites.clone(),
        is_partial: arguments.partial,
        nixos: NIXOS.to_owned(),
        existing: None,
    };
    let import = homegen::import(&project, &disk, &options);
    let mut checked = Vec::new();
    let written = match &import.document {
        Some(document) => {
            let text = document.print();
            write_new(&arguments.output, &text)?;
            let name = shown(&arguments.output);
            checked = homegen::check_import(&name, &text, &import.report, &project, &mut sources);
            Some(name)
        }
        None => None,
    };
    match arguments.report {
        Format::Json => {
            print(&json::render(&import.report, Some(&project), &diagnostics, written.as_deref(), &sources))?;
        }
        Format::Human => {
            if diagnostics.iter().any(|one| one.severity() == Severity::Warning) {
                print_diagnostics(&diagnostics, &sources);
            }
            print(&human::render(&import.report, &project, &sources))?;
            print_diagnostics(&checked, &sources);
        }
    }
    match import.document {
        Some(_) => Ok(()),
        None => Err(Stop::Wrong),
    }
}

/// The folder of a project: that of its first file.
fn folder(files: &[PathBuf]) -> PathBuf {
    match files.first().and_then(|file| file.parent()) {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

/// A path of the command line, relative to the folder of the project.
fn from_folder(folder: &Path, file: &Path) -> Result<String, Stop> {
    let text = file.to_str().ok_or_else(|| Stop::Failed(format!("{}: not UTF-8", shown(file))))?;
    if file.is_absolute() || folder == Path::new(".") {
        return Ok(text.to_owned());
    }
    match file.strip_prefix(folder) {
        Ok(below) => Ok(below.to_string_lossy().into_owned()),
        Err(_) => {
            let real = file.canonicalize().map_err(|error| failed(shown(file), &error))?;
            Ok(real.to_string_lossy().into_owned())
        }
    }
}

/// Writes a file that must not exist, whole or not at all.
fn write_new(path: &Path, text: &str) -> Result<(), Stop> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let fail = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Stop::Failed(format!("{}: the file exists; `--into` adds to it", shown(path)))
        }
        _ => failed(shown(path), &error),
    };
    let mut new = Builder::new().prefix(".homegen-").tempfile_in(parent).map_err(fail)?;
    new.write_all(text.as_bytes()).map_err(fail)?;
    new.as_file().sync_all().map_err(fail)?;
    new.persist_noclobber(path).map_err(|error| fail(error.error))?;
    Ok(())
}
