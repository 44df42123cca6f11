//! `homegen import`

mod disk;
mod private_folder;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use homegen::compose::default_files;
use homegen::document::insert::{self, Reason};
use homegen::import::{Existing, Import, Options, Publish};
use homegen::project::ReadOptions;
use homegen::report::json::Output;
use homegen::report::mask::Mask;
use homegen::report::{Report, human, json, move_data, next_steps};
use indexmap::IndexMap;
use tempfile::Builder;

use super::{Stop, failed, print, print_diagnostics, shown};
use disk::Disk;
use private_folder::PrivateFolder;

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
    /// Read a command line in place of files: run is `podman run …` or `docker run …` in one argument, or `-` for standard
    /// input
    #[arg(long, value_name = "run", requires = "files")]
    from: Option<From>,
    /// Add the service to an existing file
    #[arg(long, value_name = "FILE", conflicts_with = "output")]
    into: Option<PathBuf>,
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

/// The kind of the arguments, if they are not Compose files.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum From {
    /// A command line
    Run,
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
    let folder = match arguments.from {
        Some(From::Run) => PathBuf::from("."),
        None => folder(&arguments.files),
    };
    let env_files = arguments.env_file.iter().map(|file| from_folder(&folder, Path::new(file)));
    let env_files = env_files.collect::<Result<Vec<String>, Stop>>()?;
    let root = arguments.root.as_ref().unwrap_or(&folder);
    let disk = Disk::new(&folder, root, env_files.clone()).map_err(|error| failed(shown(&folder), &error))?;
    let (mut sources, diagnostics, mut project) = match arguments.from {
        Some(From::Run) => homegen::read_command_line(&command_line(&arguments.files)?, &disk),
        None => homegen::read_compose(&disk, &read_options(arguments, &folder, &disk, env_files)?),
    };
    if let (Some(From::Run), Some(name), Some(project)) = (arguments.from, &arguments.name, &mut project) {
        project.name.clone_from(name);
    }
    let Some(project) = project else {
        let mask = Mask::new(&sources, &[]);
        let diagnostics = mask.diagnostics(&diagnostics);
        match arguments.report {
            Format::Human => print_diagnostics(&diagnostics, mask.sources()),
            Format::Json => {
                let output = Output::default();
                print(&json::render(&Report::default(), None, &diagnostics, &output, &sources))?;
            }
        }
        return Err(Stop::Wrong);
    };
    let existing = arguments.into.as_ref().map(|path| read_existing(path)).transpose()?;
    let options = Options {
        data: arguments.data.clone(),
        publish: arguments.publish.clone(),
        sites: arguments.sites.clone(),
        is_partial: arguments.partial,
        nixos: NIXOS.to_owned(),
        environment: environment(),
        existing: existing.as_deref().map(names).transpose()?,
    };
    let import = homegen::import(&project, &disk, &options);
    let mut checked = Vec::new();
    let mut output = Output { secrets: &import.secrets, ..Output::default() };
    if let Some(document) = &import.document {
        let path = arguments.into.as_ref().unwrap_or(&arguments.output);
        let text = match &existing {
            Some(text) => added(path, text, document)?,
            None => document.print(),
        };
        let script = move_data::script(&project.name, &import.steps);
        let folder = write(path, existing.as_deref(), &text, &import, script.as_deref())?;
        checked = homegen::check_import(&shown(path), &text, &import.report, &project, &mut sources);
        output.written = Some(shown(path));
        output.folder = folder.as_deref().map(shown);
        output.script = script.is_some().then(|| private_folder::SCRIPT.to_owned());
    }
    let mask = Mask::new(&sources, &import.secrets);
    match arguments.report {
        Format::Json => {
            let text = json::render(&import.report, Some(&project), &checked, &output, &sources);
            print(&mask.text(&text))?;
        }
        Format::Human => {
            print_diagnostics(&mask.diagnostics(&diagnostics), mask.sources());
            print(&mask.text(&human::render(&import.report, &project, &sources)))?;
            print_diagnostics(&mask.diagnostics(&checked), mask.sources());
            let has_store = options.existing.as_ref().is_some_and(|existing| existing.has_secret_store);
            print(&next_steps::render(&import.report, &output, has_store, &shown(&folder)))?;
        }
    }
    if output.written.is_some() { Ok(()) } else { Err(Stop::Wrong) }
}

/// Writes the file and the folder beside it, or neither. Returns the path of the folder.
fn write(
    path: &Path,
    existing: Option<&str>,
    text: &str,
    import: &Import,
    script: Option<&str>,
) -> Result<Option<PathBuf>, Stop> {
    if existing.is_none() && path.symlink_metadata().is_ok() {
        return Err(file_exists(path));
    }
    let mut folder = PrivateFolder::stage(import, script, path)?;
    // The folder comes first: the next run finds it if this one is killed before the file is written.
    if let Some(folder) = &mut folder {
        folder.publish()?;
    }
    match existing {
        Some(before) => super::fix::replace(path, before.as_bytes(), text.as_bytes())?,
        None => write_new(path, text)?,
    }
    Ok(folder.map(PrivateFolder::keep))
}

/// The options of the reader of Compose files, from the command line and the environment.
fn read_options(
    arguments: &Arguments,
    folder: &Path,
    disk: &Disk,
    env_files: Vec<String>,
) -> Result<ReadOptions, Stop> {
    let files = match arguments.files.as_slice() {
        [] => default_files(disk),
        files => files.iter().map(|file| from_folder(folder, file)).collect::<Result<Vec<String>, Stop>>()?,
    };
    if files.is_empty() {
        return Err(Stop::Failed(
            "no Compose file here: name one, as in `homegen import compose.yaml`".to_owned(),
        ));
    }
    let real = folder.canonicalize().map_err(|error| failed(shown(folder), &error))?;
    Ok(ReadOptions {
        files,
        env_files,
        name: arguments.name.clone(),
        folder_name: real.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        profiles: arguments.profile.clone(),
        environment: environment(),
    })
}

/// The variables of the process.
fn environment() -> IndexMap<String, String> {
    let variables = std::env::vars_os();
    variables
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// The command line in the arguments, or from standard input.
fn command_line(words: &[PathBuf]) -> Result<String, Stop> {
    match words {
        [one] if one.as_os_str() == "-" => {
            let mut text = String::new();
            let read = std::io::stdin().lock().take(super::MAX_BYTES + 1).read_to_string(&mut text);
            read.map_err(|error| failed("standard input", &error))?;
            Ok(text)
        }
        [one] => one
            .to_str()
            .map(str::to_owned)
            .ok_or_else(|| Stop::Failed("the command line is not UTF-8".to_owned())),
        _ => Err(Stop::Failed("put the command line in quotes, as one argument".to_owned())),
    }
}

/// The text of the file of `--into`.
fn read_existing(path: &Path) -> Result<String, Stop> {
    let bytes = super::Input::of(path.to_path_buf()).read()?;
    String::from_utf8(bytes).map_err(|_| Stop::Failed(format!("{}: not UTF-8 text", shown(path))))
}

/// The names in an existing file.
fn names(text: &str) -> Result<Existing, Stop> {
    let file = insert::Existing::read(text, homegen::parse::parse)
        .map_err(|collision| Stop::Failed(shown_collision(text, &collision)))?;
    let list = |key: &str| file.names(key).map(str::to_owned).collect::<Vec<String>>();
    let has = |key: &str| file.names(key).next().is_some();
    Ok(Existing {
        constants: file.constants().into_iter().map(|(path, value)| (path, Some(value.to_owned()))).collect(),
        services: list("services"),
        secrets: list("secrets"),
        networks: list("networks"),
        timezone: file.scalar("host", "timezone").map(str::to_owned),
        has_secret_store: has("agenix") || has("sops"),
        has_front: has("caddy") || has("haproxy"),
    })
}

/// The text of an existing file with the additions.
fn added(path: &Path, text: &str, document: &homegen::document::Map) -> Result<String, Stop> {
    match insert::insert(text, document, homegen::parse::parse) {
        Ok(inserted) => Ok(inserted.text),
        Err(collisions) => {
            let lines: Vec<String> = collisions
                .iter()
                .map(|one| format!("{}:{}", shown(path), shown_collision(text, one)))
                .collect();
            Err(Stop::Failed(format!("nothing was added\n{}", lines.join("\n"))))
        }
    }
}

/// A collision with its line in the file.
fn shown_collision(text: &str, collision: &insert::Collision) -> String {
    let start = (collision.span.start as usize).min(text.len());
    let line = text.as_bytes()[..start].iter().filter(|b| **b == b'\n').count() + 1;
    let reason = match &collision.reason {
        Reason::OtherValue => "exists with another value".to_owned(),
        Reason::NoMapping => "is not a mapping".to_owned(),
        Reason::Brackets => "is written in brackets: write it in lines".to_owned(),
        Reason::Invalid(why) => format!("the file is not valid: {why}"),
        Reason::Form => "cannot be extended in this form: add the entries by hand".to_owned(),
    };
    match collision.path.as_str() {
        "" => format!("{line}: {reason}"),
        path => format!("{line}: `{path}` {reason}"),
    }
}

/// The folder of a project, which has its first file.
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
        std::io::ErrorKind::AlreadyExists => file_exists(path),
        _ => failed(shown(path), &error),
    };
    let mut new = Builder::new().prefix(".homegen-").tempfile_in(parent).map_err(fail)?;
    new.write_all(text.as_bytes()).map_err(fail)?;
    new.as_file().sync_all().map_err(fail)?;
    new.persist_noclobber(path).map_err(|error| fail(error.error))?;
    Ok(())
}

fn file_exists(path: &Path) -> Stop {
    Stop::Failed(format!("{}: the file exists; `--into` adds to it", shown(path)))
}
