//! homegen compiles one `homeserver.yaml` into NixOS modules.
//!
//! The pipeline: [`parse`] → [`preset`] → [`resolve`] → [`decode`] → [`repetition`] → [`mod@link`] → [`check`] →
//! [`accept`] → [`lower`] → [`render`]; for a plan also [`evaluate`] → [`units`] → [`switch`] → [`compare`]; for lists [`survey`]. The data types have modules of their own: [`syntax`], [`tree`], [`ast`],
//! [`setting`], [`hir`], [`nix`], [`nixos`]. A pass depends on its data and on no other pass; only [`compile`]
//! calls them all. [`link()`] ends before the output, for `homegen check` and [`map`]. The library does not access
//! the disk: the binary does, and clippy.toml lists the functions that are forbidden here.

#![warn(clippy::missing_docs_in_private_items, unreachable_pub)]
// Contributors read the documentation with the private items.
#![allow(rustdoc::private_intra_doc_links)]
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod accept;
mod acme_provider;
mod age;
mod application;
mod ast;
mod auth_program;
mod bind;
pub mod caddyfile;
mod check;
mod command;
pub mod command_line;
mod compare;
pub mod compose;
pub mod configuration;
pub mod coverage;
mod data;
mod databases;
mod decode;
pub mod deployment;
pub mod diag;
pub mod docs;
pub mod document;
mod edit;
pub mod effect;
mod evaluate;
pub mod file_context;
mod filesystem;
mod foreign_key;
mod form;
pub mod graph;
mod hardening;
pub mod hir;
mod image;
pub mod import;
mod instance;
pub mod inventory;
mod isolation;
pub mod limits;
mod link;
mod listener;
pub mod lock;
mod lower;
pub mod map;
mod markdown;
mod merge;
pub mod nix;
pub mod nixos;
mod nixos_service;
mod origin;
pub mod output;
pub mod parse;
mod path;
pub mod plan;
mod podman;
pub mod preset;
pub mod printable;
pub mod project;
pub mod recipient_record;
pub mod record;
mod relocate;
mod render;
mod repetition;
pub mod report;
mod resolve;
mod retention;
mod risk;
pub mod schema;
mod script;
mod secret;
mod setting;
pub mod shape;
pub mod sops;
pub mod source;
mod subnet;
mod survey;
mod switch;
pub mod syntax;
mod trace;
pub mod tree;
pub mod unit;
mod units;
mod value;
mod word;

use std::sync::LazyLock;
use std::thread::available_parallelism;

use decode::Decode;
use deployment::Deployment;
use diag::region::Regions;
use diag::{Bug, Code, Diagnostic, Diagnostics};
use effect::Effects;
use file_context::{FileContext, HashOf};
use inventory::Inventory;
use limits::MAX_BYTES;
use output::{File, OutputLocation};
use plan::Plan;
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};
use source::{SourceId, Sources, Span};

/// The result of compiling a file.
#[derive(Debug)]
pub struct Outcome {
    /// The source texts that the diagnostics refer to.
    pub sources: Sources,
    /// The diagnostics, in the order of the file's lines.
    pub diagnostics: Vec<Diagnostic>,
    /// The output, unless a diagnostic is an error.
    pub files: Option<Vec<File>>,
}

/// A file that was read, linked and checked, without output.
#[derive(Debug)]
pub struct Linked {
    /// The source texts that the diagnostics refer to.
    pub sources: Sources,
    /// The diagnostics, in the order of the file's lines.
    pub diagnostics: Vec<Diagnostic>,
    /// The host, unless a diagnostic is an error.
    pub host: Option<hir::Host>,
    /// The values of the file, if there is a host.
    pub file: Option<tree::Node>,
}

/// The stack size of a compilation, in bytes. Nested values of a file recurse on it, and parsing Nix needs the most:
/// a debug build took between 8 and 16 MiB for the deepest nesting within the limits.
const STACK: usize = 16 << 20;

/// The maximum number of compiling threads. Half of the passes use one thread, so more would be idle.
const MAX_THREADS: usize = 4;

/// The compiling threads.
static THREADS: LazyLock<Result<ThreadPool, ThreadPoolBuildError>> = LazyLock::new(|| {
    let processors = available_parallelism().map_or(1, usize::from);
    ThreadPoolBuilder::new().num_threads(processors.min(MAX_THREADS)).stack_size(STACK).build()
});

/// Compiles the bytes of the file `name`, for an output at `location`. Fails only on an internal error of homegen, or
/// if no thread can be started.
pub fn compile(
    name: &str,
    bytes: &[u8],
    location: &OutputLocation,
    context: &FileContext,
) -> Result<Outcome, Bug> {
    on_threads(|| {
        let Linked { sources, diagnostics, host, file } = link_here(name, bytes, context);
        let Some(host) = host else { return Ok(Outcome { sources, diagnostics, files: None }) };
        let output = lower::lower(&host);
        let files = render::render(&output, location)?;
        // Freed in the background, so that the caller does not wait.
        rayon::spawn(move || drop((host, file, output)));
        Ok(Outcome { sources, diagnostics, files: Some(files) })
    })
}

/// Reads, links and checks the bytes of the file `name`, without output: for `homegen check`, and for queries about
/// the host.
pub fn link(name: &str, bytes: &[u8], context: &FileContext) -> Linked {
    // These passes run on one thread, and allocating a stack is faster than starting threads.
    stacker::grow(STACK, || link_here(name, bytes, context))
}

/// Reads the encrypted files of a host that was linked without them, for the commands that create and encrypt them.
pub fn read_encrypted_files(host: &mut hir::Host, files: &dyn file_context::EncryptedFiles) {
    host.encrypted = Some(link::encrypted::link(host, files));
}

/// The rules of agenix for a host, as `secrets.nix`. `wanted` returns the encoding of a file by its path in the folder of agenix,
/// or `None` for a file without a rule. `source` is the name of the compiled file. Fails only on an internal error of
/// homegen.
pub fn agenix_rules(
    host: &hir::Host,
    source: &str,
    wanted: &dyn Fn(&str) -> Option<nixos::Encoding>,
) -> Result<String, Bug> {
    render::rules(&lower::rules(host, wanted), source)
}

/// Lowers a host for a comparison with another one. `file` has the values of its file, and `hash` returns the hash of a file
/// beside it.
pub fn deploy(host: &hir::Host, file: tree::Node, hash: HashOf) -> Deployment {
    stacker::grow(STACK, || {
        let output = lower::lower(host);
        let configuration = evaluate::evaluate(&output, hash);
        let units = units::units(&configuration);
        let origins = origin::origins(host);
        let coverage = coverage::coverage(host);
        let predecessors = host.containers().filter_map(|container| {
            Some((container.name.to_string(), container.previous.as_ref()?.container.clone()))
        });
        let arguments = host.services.iter().filter(|service| !service.parameters.is_empty());
        let arguments = arguments.map(|service| (service.name().to_owned(), service.parameters.clone()));
        Deployment {
            record: output.record,
            configuration,
            units,
            coverage,
            inventory: survey::survey(host, ""),
            retention: retention::retention(host),
            predecessors: predecessors.collect(),
            file,
            arguments: arguments.collect(),
            origins,
        }
    })
}

/// Predicts what a switch from `old` to `new` does. `diagnostics` are those of the new file, compared with the record of the old
/// one.
pub fn plan(old: &Deployment, new: &Deployment, diagnostics: &[Diagnostic], sources: &Sources) -> Plan {
    let regions = Regions::new(sources);
    let edits = trace::trace(&old.file, &new.file, [&old.arguments, &new.arguments], &regions);
    let risks = risk::risks(old, new, &edits, diagnostics, &regions);
    compare::compare(old, new, effects(old, new), &edits, risks, diagnostics, &regions)
}

/// Predicts the effects of a switch from `old` to `new` on units.
pub fn effects(old: &Deployment, new: &Deployment) -> Effects {
    switch::switch(&old.units, &new.units)
}

/// Finds the parts of a host. `file` is the name of the compiled file.
pub fn inventory(host: &hir::Host, file: &str) -> Inventory {
    survey::survey(host, file)
}

/// The texts of a Compose project, its mistakes, and the project unless there is an error.
pub fn read_compose(
    files: &dyn project::ProjectFiles,
    options: &project::ReadOptions,
) -> (Sources, Vec<Diagnostic>, Option<project::Project>) {
    stacker::grow(STACK, || {
        let mut sources = Sources::default();
        let mut diagnostics = Diagnostics::default();
        let project = compose::read(files, options, &mut sources, &mut diagnostics);
        let diagnostics = diagnostics.into_sorted(&sources);
        (sources, diagnostics, project)
    })
}

/// Reads a command line of `podman run` or `docker run` as a project with one service, as [`read_compose`] does.
pub fn read_command_line(
    line: &str,
    files: &dyn project::ProjectFiles,
) -> (Sources, Vec<Diagnostic>, Option<project::Project>) {
    stacker::grow(STACK, || {
        let mut sources = Sources::default();
        let mut diagnostics = Diagnostics::default();
        let mut project = command_line::read(line, files, &mut sources, &mut diagnostics);
        if let Some(project) = &mut project {
            compose::canonicalize(project, &mut diagnostics);
        }
        let project = project.filter(|_| !diagnostics.has_errors());
        let diagnostics = diagnostics.into_sorted(&sources);
        (sources, diagnostics, project)
    })
}

/// Converts a Compose project into the text of a homeserver.yaml.
pub fn import(
    project: &project::Project,
    files: &dyn project::ProjectFiles,
    options: &import::Options,
) -> import::Import {
    let presets = preset::images().collect();
    stacker::grow(STACK, || import::import(project, files, options, &presets))
}

/// Checks the text that an import wrote to the file `name`. The diagnostics are at the places of the Compose files, whose
/// texts are `sources`; the text is added to them if a diagnostic is about a value that no Compose file has.
pub fn check_import(
    name: &str,
    text: &str,
    report: &report::Report,
    project: &project::Project,
    sources: &mut Sources,
) -> Vec<Diagnostic> {
    let linked = link(name, text.as_bytes(), &FileContext::default());
    let root = parse::parse(text, SourceId::FILE, &mut Diagnostics::default());
    let Some(root) = root else { return Vec::new() };
    let mut diagnostics = linked.diagnostics;
    for label in diagnostics.iter_mut().flat_map(|diagnostic| &mut diagnostic.labels) {
        label.span = linked.sources.in_file(label.span);
    }
    relocate::relocate(diagnostics, &root, (name, text), report, project, sources)
}

/// Runs `work` on a thread with a stack of [`STACK`] bytes.
fn on_threads<T: Send>(work: impl FnOnce() -> Result<T, Bug> + Send) -> Result<T, Bug> {
    match &*THREADS {
        Ok(threads) => threads.install(work),
        Err(error) => Err(Bug(format!("cannot start threads: {error}"))),
    }
}

/// [`link()`], on the current stack.
fn link_here(name: &str, bytes: &[u8], context: &FileContext) -> Linked {
    let mut diagnostics = Diagnostics::default();
    if bytes.len() > MAX_BYTES {
        diagnostics.push(
            Diagnostic::new(
                Code::TooLarge,
                format!("the file is larger than {} MiB", MAX_BYTES >> 20),
                Span::default(),
                "too large",
            )
            .help("check that this is the right file: 1,000 services take about 0.4 MiB"),
        );
        let sources = Sources::new(name, String::new());
        let diagnostics = diagnostics.into_sorted(&sources);
        return Linked { sources, diagnostics, host: None, file: None };
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(error) => {
            let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned();
            let end = valid.len();
            diagnostics.push(
                Diagnostic::new(
                    Code::NotUtf8,
                    "the file is not UTF-8 text",
                    Span::new(SourceId::FILE, end..end),
                    "text up to here",
                )
                .help("save the file as UTF-8"),
            );
            let sources = Sources::new(name, valid);
            let diagnostics = diagnostics.into_sorted(&sources);
            return Linked { sources, diagnostics, host: None, file: None };
        }
    };
    let mut sources = Sources::new(name, text.to_owned());
    let linked = front_end(&mut sources, context, &mut diagnostics);
    let (host, file) = linked.filter(|_| !diagnostics.has_errors()).unzip();
    let diagnostics = diagnostics.into_sorted(&sources);
    Linked { sources, diagnostics, host, file }
}

/// Turns the text into a checked host, and the values of the file. A pass whose input is unusable ends the run; the diagnostics so far are
/// reported.
fn front_end(
    sources: &mut Sources,
    context: &FileContext,
    diagnostics: &mut Diagnostics,
) -> Option<(hir::Host, tree::Node)> {
    let text = sources.file().text.clone();
    let Some(root) = parse::parse(&text, SourceId::FILE, diagnostics) else {
        if !diagnostics.has_errors() {
            let end = text.len();
            diagnostics.push(
                Diagnostic::new(
                    Code::MissingKey,
                    "the file is empty",
                    Span::new(SourceId::FILE, end..end),
                    "expected `homegen: 1`",
                )
                .help("`homegen init` writes a file to start from"),
            );
        }
        return None;
    };
    if !matches!(root.kind, syntax::Kind::Map(_)) {
        diagnostics.push(
            Diagnostic::new(
                Code::WrongType,
                "the file is not a mapping",
                root.span,
                "expected keys such as `host` and `services`",
            )
            .help("begin with `homegen: 1`; `homegen init` writes a file to start from"),
        );
        return None;
    }
    let (root, instances) = preset::expand(root, parse::parse, sources, diagnostics);
    // A size limit was exceeded; later passes could be slow.
    if diagnostics.has(Code::TooLarge) {
        return None;
    }
    let resolved = resolve::resolve(&root, &instances, ast::File::KEYS, sources, diagnostics);
    drop(root);
    if diagnostics.has(Code::TooLarge) {
        return None;
    }
    let file = ast::File::decode(&resolved.file, &mut decode::Reader::new(diagnostics));
    preset::check(&resolved.file, &instances, &resolved.parameters, diagnostics);
    let file = file?;
    repetition::check(&file, diagnostics);
    if diagnostics.has(Code::TooLarge) {
        return None;
    }
    let host = link::link(file, resolved.parameters, resolved.misplaced_secrets, context, diagnostics);
    check::check(&host, &resolved.file, diagnostics);
    accept::accept(&host.accepted, sources, diagnostics);
    Some((host, resolved.file))
}
