//! Matches containers and services with those of the last build, even after they were renamed.
//!
//! A container with the same name in the same service is the same container. A container whose name disappeared from its
//! service was renamed if a new container of that service has its image, is the same kind of database, or mounts the same
//! paths. A service that disappeared was renamed if a new service has its programs, even from another registry, or backs up
//! the same paths. Database images are the same in many services, so that they count only beside a matched program.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use crate::form::{Form, Image};
use crate::hir::{Host, Previous};
use crate::image::Kind;
use crate::path::normalized;
use crate::record::{self, Record};

/// A container of the last build.
struct Before<'a> {
    service: &'a str,
    name: &'a str,
    container: &'a record::Container,
    /// The whole service is absent from this build.
    without_service: bool,
}

/// A container by the indexes of its service and of itself.
type At = (usize, usize);

/// The properties by which two containers match.
#[derive(PartialEq, Eq, Hash)]
enum Likeness {
    /// The service and the image.
    OfService(String, String),
    /// The name in the service, the image, and the mounts.
    Whole(String, String, Vec<String>),
    /// The image alone.
    Image(String),
    /// The last part of the image's path, and the mounts: an image that is published in another place.
    Published(String, Vec<String>),
    /// The service, and the kind of database.
    Database(String, String),
    /// The service, and the mount paths in the container.
    Mounts(String, Vec<String>),
}

/// Sets the previous version of every container and service.
pub(super) fn link(host: &mut Host, last_build: &Record) {
    let names: HashSet<String> = host.services.iter().map(|service| service.name.to_string()).collect();
    let mut before: Vec<Before> = Vec::new();
    for (service, declared) in &last_build.services {
        for (name, container) in &declared.containers {
            before.push(Before { service, name, container, without_service: !names.contains(service) });
        }
    }
    let mut found: HashMap<At, &Before> = HashMap::new();
    let mut by_name: HashMap<(&str, &str), &Before> =
        before.iter().map(|b| ((b.service, b.name), b)).collect();
    let mut new: Vec<At> = Vec::new();
    for (s, service) in host.services.iter().enumerate() {
        for (c, container) in service.containers.iter().enumerate() {
            match by_name.remove(&(service.name.as_str(), container.short.as_str())) {
                Some(before) => drop(found.insert((s, c), before)),
                None => new.push((s, c)),
            }
        }
    }
    // Ordered by name, as in the record: of several equal matches, the first is paired with the first.
    new.sort_by_key(|(s, c)| {
        (host.services[*s].name.as_str(), host.services[*s].containers[*c].short.as_str())
    });
    let gone: HashSet<(&str, &str)> = by_name.into_keys().collect();
    let mut left: Vec<&Before> = before.iter().filter(|b| gone.contains(&(b.service, b.name))).collect();
    let is_new = |s: usize| !last_build.services.contains_key(host.services[s].name.as_str());

    let of_service =
        |service: &str, image: &str| Some(Likeness::OfService(service.to_owned(), repository(image)));
    pair(
        &mut left,
        &mut new,
        &mut found,
        |b| of_service(b.service, &b.container.image),
        |(s, c)| of_service(host.services[s].name.as_str(), &image(host, (s, c))),
    );
    pair(
        &mut left,
        &mut new,
        &mut found,
        |b| {
            let mounts = b.container.mounts.keys().cloned().collect();
            let program = !is_database(&b.container.image);
            program.then(|| Likeness::Whole(b.name.to_owned(), repository(&b.container.image), mounts))
        },
        |at| {
            let short = host.services[at.0].containers[at.1].short.clone();
            Some(Likeness::Whole(short, repository(&image(host, at)), mounts(host, at)))
        },
    );
    // A service that consists of databases is matched by them.
    let mut programs: HashSet<&str> = HashSet::new();
    programs.extend(before.iter().filter(|b| !is_database(&b.container.image)).map(|b| b.service));
    let has_program =
        |s: usize| host.services[s].containers.iter().any(|c| !is_database(&c.settings.image.text.value()));
    pair(
        &mut left,
        &mut new,
        &mut found,
        |b| {
            let counts = !is_database(&b.container.image) || !programs.contains(b.service);
            (counts && b.without_service).then(|| Likeness::Image(repository(&b.container.image)))
        },
        |at| {
            let image = image(host, at);
            let counts = !is_database(&image) || !has_program(at.0);
            (counts && is_new(at.0)).then(|| Likeness::Image(repository(&image)))
        },
    );
    pair(
        &mut left,
        &mut new,
        &mut found,
        |b| {
            let mounts: Vec<String> = b.container.mounts.keys().cloned().collect();
            let counts = b.without_service && !is_database(&b.container.image) && !mounts.is_empty();
            counts.then(|| Likeness::Published(program(&b.container.image), mounts))
        },
        |at| {
            let image = image(host, at);
            let counts = is_new(at.0) && !is_database(&image);
            counts.then(|| Likeness::Published(program(&image), mounts(host, at)))
        },
    );
    let mut renamed: HashMap<&str, usize> = HashMap::new();
    let mut pairs: Vec<(&At, &&Before)> = found.iter().collect();
    pairs.sort_by_key(|(at, _)| **at);
    for (at, before) in pairs.into_iter().filter(|(at, before)| before.without_service && is_new(at.0)) {
        renamed.entry(before.service).or_insert(at.0);
    }
    pair(
        &mut left,
        &mut new,
        &mut found,
        |b| {
            let service = renamed.get(b.service).map_or(b.service, |s| host.services[*s].name.as_str());
            Some(Likeness::Database(service.to_owned(), database(&b.container.image)?))
        },
        |at| Some(Likeness::Database(host.services[at.0].name.to_string(), database(&image(host, at))?)),
    );
    let with_mounts = |service: &str, mounts: Vec<String>| {
        (!mounts.is_empty()).then(|| Likeness::Mounts(service.to_owned(), mounts))
    };
    pair(
        &mut left,
        &mut new,
        &mut found,
        |b| with_mounts(b.service, b.container.mounts.keys().cloned().collect()),
        |at| with_mounts(host.services[at.0].name.as_str(), mounts(host, at)),
    );

    let found: Vec<(At, Previous)> = found
        .into_iter()
        .map(|(at, b)| (at, Previous { service: b.service.to_owned(), container: b.container.clone() }))
        .collect();
    let mut services: HashMap<usize, String> =
        renamed.iter().map(|(name, s)| (*s, name.to_string())).collect();
    let by_backup =
        renamed_by_backup(host, last_build, |name| names.contains(name) || renamed.contains_key(name));
    for (s, name) in by_backup {
        services.entry(s).or_insert(name);
    }
    for (at, previous) in found {
        host.services[at.0].containers[at.1].previous = Some(previous);
    }
    for (s, service) in host.services.iter_mut().enumerate() {
        let name = service.name.as_str();
        let same = last_build.services.contains_key(name).then(|| name.to_owned());
        service.previous = same.or_else(|| services.get(&s).cloned());
    }
}

/// The new services that back up a path of a service of the last build, each with that service's name. Services of the last
/// build that are `known` are excluded.
fn renamed_by_backup(host: &Host, last_build: &Record, known: impl Fn(&str) -> bool) -> Vec<(usize, String)> {
    let gone = last_build.services.iter().filter(|(name, _)| !known(name));
    let saved = gone.flat_map(|(name, service)| service.backups.values().map(move |backup| (backup, name)));
    let mut by_source: HashMap<(&str, String), &String> = HashMap::new();
    // The name of a database is less specific than a path.
    for (backup, name) in saved.filter(|(backup, _)| backup.source.starts_with('/')) {
        by_source.entry((&backup.kind, backup.source.clone())).or_insert(name);
    }
    let is_new = |name: &str| !last_build.services.contains_key(name);
    let new = host.services.iter().enumerate().filter(|(_, service)| is_new(service.name.as_str()));
    new.filter_map(|(s, service)| {
        let sources = service.jobs.iter().filter_map(|job| Some(job.backup()?.source.recorded()));
        let mut names = sources.filter_map(|source| by_source.get(&source));
        names.next().map(|name| (s, name.to_string()))
    })
    .collect()
}

/// Pairs matching containers in order, and removes them from the remaining ones.
fn pair<'a>(
    left: &mut Vec<&'a Before<'a>>,
    new: &mut Vec<At>,
    found: &mut HashMap<At, &'a Before<'a>>,
    of_left: impl Fn(&Before) -> Option<Likeness>,
    of_new: impl Fn(At) -> Option<Likeness>,
) {
    let mut waiting: HashMap<Likeness, VecDeque<At>> = HashMap::new();
    for at in new.iter() {
        if let Some(likeness) = of_new(*at) {
            waiting.entry(likeness).or_default().push_back(*at);
        }
    }
    left.retain(|before| {
        let alike = of_left(before).and_then(|likeness| waiting.get_mut(&likeness)?.pop_front());
        alike.is_none_or(|at| {
            found.insert(at, before);
            false
        })
    });
    new.retain(|at| !found.contains_key(at));
}

fn image(host: &Host, at: At) -> String {
    host.services[at.0].containers[at.1].settings.image.text.value()
}

/// The mount paths in a container, as in the record.
fn mounts(host: &Host, at: At) -> Vec<String> {
    let volumes = host.services[at.0].containers[at.1].volumes.iter();
    let volumes = volumes.filter(|volume| volume.recorded_source().is_some());
    let paths: BTreeSet<String> = volumes.map(|volume| normalized(&volume.target.value())).collect();
    paths.into_iter().collect()
}

/// The registry and path of an image. An invalid name, from an edited record, matches no other.
fn whole(image: &str) -> String {
    Image::parse(image).map_or_else(|| image.to_owned(), |image| image.repository)
}

/// The path of an image in its registry. Mirrors have the same path.
fn repository(image: &str) -> String {
    let repository = whole(image);
    repository.split_once('/').map_or(repository.clone(), |(_, path)| path.to_owned())
}

/// The last part of an image's path. It is the same for most images that are published in several places.
fn program(image: &str) -> String {
    let repository = whole(image);
    repository.rsplit('/').next().unwrap_or_default().to_owned()
}

fn is_database(image: &str) -> bool {
    database(image).is_some()
}

/// The kind of database of an image, if it is a database.
fn database(image: &str) -> Option<String> {
    match Image::parse(image)?.known()?.kind {
        Kind::Postgres => Some("Postgres".to_owned()),
        Kind::Mysql | Kind::Database | Kind::Store | Kind::Cache => Some(repository(image)),
        Kind::Program | Kind::Sqlite(_) => None,
    }
}
