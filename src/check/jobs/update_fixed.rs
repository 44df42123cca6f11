//! An automatic update gives the name of a container's image to the image of a release. The tag has to be one that stands
//! for several releases: `v3.0.1` as a name of 3.0.2 would be wrong.

use indexmap::IndexMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::job::Work;
use crate::hir::{Container, Host, Id};
use crate::source::{SourceId, Span};
use crate::tree::{Node, Piece, Reference, Step, Target};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for job in host.jobs() {
        let Work::Update(update) = &job.work else { continue };
        let Some(automatic) = update.automatic else { continue };
        // Images with the version of one parameter are one mistake.
        let mut fixed: IndexMap<Result<&Target, Span>, Vec<&Container>> = IndexMap::new();
        for container in update.containers.iter().filter_map(|id| host.container(id)) {
            let image = &container.settings.image;
            if image.value.follows().is_none() || is_local(container) {
                let version = version(container).map(|version| &version.target).ok_or(image.text.span);
                fixed.entry(version).or_default().push(container);
            }
        }
        for containers in fixed.values() {
            report(containers, automatic, host, diagnostics);
        }
    }
}

/// Reports containers whose images have one cause.
fn report(containers: &[&Container], automatic: Span, host: &Host, diagnostics: &mut Diagnostics) {
    let [container, others @ ..] = containers else { return };
    let image = &container.settings.image;
    let why = match &image.value {
        _ if is_local(container) => "is built on the host, and has no registry".to_owned(),
        named if named.digest.is_some() => "is pinned by its digest".to_owned(),
        named => format!("has the fixed tag `{}`", named.tag.as_deref().unwrap_or_default()),
    };
    let subject = match others {
        [] => format!("the image of `{}`", container.name),
        _ => {
            let names: Vec<String> = containers.iter().map(|one| format!("`{}`", one.name)).collect();
            format!("the images of {}", names.join(" and "))
        }
    };
    let version = version(container);
    let argument = version.and_then(|version| argument(&version.target, host));
    let span = argument.filter(|span| span.source == SourceId::FILE).unwrap_or(image.text.span);
    let help = match version.and_then(|version| Some((version, parameter(&version.target)?))) {
        Some((version, parameter)) => {
            let version = version.value.text();
            let major = version.split('.').next().unwrap_or_default();
            format!("write `{parameter}: {major}` under `with`, or remove `automatic`")
        }
        None if is_local(container) => {
            "remove the container from `restart`, or remove `automatic`".to_owned()
        }
        None => "write a tag that moves with the releases, such as `latest` or the major version, or remove \
                 `automatic`"
            .to_owned(),
    };
    diagnostics.push(
        Diagnostic::new(Code::UpdateFixed, format!("{subject} cannot be updated automatically"), span, why)
            .and(automatic, "installs the releases of the channel")
            .help(help),
    );
}

fn is_local(container: &Container) -> bool {
    container.settings.image.value.repository.starts_with("localhost/")
}

/// The parameter of a preset with the version at the end of an image, such as `v3.0.1`.
fn version(container: &Container) -> Option<&Reference> {
    let Some(Piece::Reference(reference)) = container.settings.image.text.pieces.last() else { return None };
    parameter(&reference.target)?;
    let value = reference.value.text();
    let numbers = value.strip_prefix('v').unwrap_or(&value);
    let is_version = numbers.contains('.') && numbers.split('.').all(|number| number.parse::<u32>().is_ok());
    (is_version && !is_local(container)).then_some(reference)
}

/// The name of a parameter.
fn parameter(target: &Target) -> Option<&str> {
    match target {
        Target::Parameter { path, .. } => match path.as_slice() {
            [Step::Key(name)] => Some(name),
            _ => None,
        },
        _ => None,
    }
}

/// The span of the argument of a parameter.
fn argument(target: &Target, host: &Host) -> Option<Span> {
    let Target::Parameter { service, .. } = target else { return None };
    let name = parameter(target)?;
    let parameters = &host.service(&Id::new(service.clone()))?.parameters;
    parameters.iter().find(|(known, _)| known == name).map(|(_, argument)| argument.span)
}
