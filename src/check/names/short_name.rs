//! A container's key resolves only on its service's own network. On other networks the container has its full name.

use std::cell::LazyCell;
use std::collections::{HashMap, HashSet};

use crate::check::networks::named_hosts::{Named, named_hosts};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host, Id, Network, Service};
use crate::podman::arguments::arguments;
use crate::setting::NetworkMode;
use crate::source::Span;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    // Collected on demand: few files name a host in a variable.
    let declared = LazyCell::new(|| declared_names(host));
    let full_names = LazyCell::new(|| Slips::of(host.containers().map(|c| (c.name.as_str(), c))));
    for service in &host.services {
        let by_short: HashMap<&str, &Container> =
            service.containers.iter().map(|c| (c.short.as_str(), c)).collect();
        let names = names(service);
        let short_names =
            LazyCell::new(|| Slips::of(service.containers.iter().map(|c| (c.short.as_str(), c))));
        for container in &service.containers {
            // A container that shares the network of another one uses its DNS.
            let other = container.shares_network_of.as_ref().and_then(|other| host.container(other));
            let networks = &other.unwrap_or(container).networks;
            for Named { host, span, .. } in named_hosts(container) {
                let is_declared = declared.contains(&host.to_lowercase()) || is_extra_host(container, &host);
                if !is_declared
                    && let Some(target) = short_names.target(&host).or_else(|| full_names.target(&host))
                    && target.name != container.name
                {
                    let is_on = |network: &Id<Network>| networks.iter().any(|n| n.network == *network);
                    let is_short =
                        names.get(&target.short).is_some_and(|on| on.iter().any(|network| is_on(network)));
                    if is_short || target.networks.iter().any(|attached| is_on(&attached.network)) {
                        let name = if is_short { &target.short } else { target.name.as_str() };
                        misspelled(container, (&host, span), target, name, diagnostics);
                    }
                }
                let Some(target) = by_short.get(host.as_str()).filter(|c| c.name.as_str() != c.short) else {
                    continue;
                };
                let resolves = names.get(&target.short);
                if resolves.is_some_and(|on| networks.iter().any(|n| on.contains(&n.network))) {
                    continue;
                }
                diagnostics.push(
                    Diagnostic::new(
                        Code::ShortName,
                        format!("`{}` does not resolve in `{}`", target.short, container.name),
                        span,
                        "a container's key resolves only on its service's own network",
                    )
                    .and(target.span, format!("its full name is `{}`", target.name))
                    .help(help(container, target)),
                );
            }
        }
    }
}

/// The networks on which each name of a service's containers resolves, without their full names.
fn names(service: &Service) -> HashMap<String, HashSet<&Id<Network>>> {
    let mut all: HashMap<String, HashSet<&Id<Network>>> = HashMap::new();
    for attached in service.containers.iter().flat_map(|c| c.networks.iter().map(move |n| (c, n))) {
        let (container, attached) = attached;
        for alias in container.aliases(attached) {
            all.entry(alias.value().to_lowercase()).or_default().insert(&attached.network);
        }
    }
    all
}

fn help(container: &Container, target: &Container) -> String {
    match (&container.network_mode, &target.shares_network_of) {
        (Some(NetworkMode::Host(_)), _) => format!(
            "publish the port of `{}`, and write 127.0.0.1: container names do not resolve on the host",
            target.name
        ),
        (Some(NetworkMode::None), _) => {
            "remove `network_mode: none`: the container has no network".to_owned()
        }
        (_, Some(other)) => format!("write `{other}`: the containers share its network"),
        _ if target.network_mode.is_some() => {
            format!("put `{}` on a network instead of its `network_mode`", target.name)
        }
        _ => format!("write `{}`, or add `aliases: [{}]` to that container", target.name, target.short),
    }
}

fn misspelled(
    container: &Container,
    (written, span): (&str, Span),
    target: &Container,
    name: &str,
    diagnostics: &mut Diagnostics,
) {
    diagnostics.push(
        Diagnostic::new(
            Code::ShortName,
            format!("`{written}` does not resolve in `{}`", container.name),
            span,
            "no container has this name",
        )
        .and(target.span, "a container with a similar name")
        .help(format!("did you mean `{name}`?")),
    );
}

/// The names that the file declares for the host, containers and addresses, in lower case.
fn declared_names(host: &Host) -> HashSet<String> {
    let mut all = HashSet::from([host.machine.name.text.value().to_lowercase()]);
    for container in host.containers() {
        all.insert(container.name.as_str().to_lowercase());
        all.insert(container.short.to_lowercase());
        let aliases = container.networks.iter().flat_map(|attached| container.aliases(attached));
        all.extend(aliases.map(|alias| alias.value().to_lowercase()));
        all.extend(container.settings.hostname.iter().map(|name| name.text.value().to_lowercase()));
        let given = arguments(&container.settings.podman_args).into_iter();
        let given = given.filter(|argument| matches!(argument.name.as_str(), "network-alias" | "add-host"));
        all.extend(given.filter_map(|argument| {
            Some(argument.value?.value().split(':').next().unwrap_or_default().to_lowercase())
        }));
    }
    all
}

/// True if a container may resolve a name by other means: `extra_hosts`, or the DNS of a search domain.
fn is_extra_host(container: &Container, name: &str) -> bool {
    let settings = &container.settings;
    !settings.dns_search.0.is_empty() || settings.extra_hosts.0.iter().any(|(extra, _)| extra.value() == name)
}

/// The names of containers by their misspellings: with `_` instead of `-`, which is not valid in another host's name,
/// or with one typing error.
struct Slips<'a> {
    /// Each name with `-` for `_`, and each variant without one of its letters.
    by_form: HashMap<String, (&'a str, &'a Container)>,
}

impl<'a> Slips<'a> {
    fn of(names: impl Iterator<Item = (&'a str, &'a Container)>) -> Self {
        let mut by_form = HashMap::new();
        for (name, container) in names {
            for form in forms(name) {
                by_form.entry(form).or_insert((name, container));
            }
        }
        Slips { by_form }
    }

    /// Returns the container whose name is misspelled as `written`.
    fn target(&self, written: &str) -> Option<&'a Container> {
        // Names of public hosts contain a dot.
        if written.contains('.') || written.len() > 63 {
            return None;
        }
        let mut found = forms(written).filter_map(|form| self.by_form.get(&form).copied());
        found.find(|(name, _)| is_slip(written, name)).map(|(_, container)| container)
    }
}

/// The forms of a name. Two names with one typing error between them share a form.
fn forms(name: &str) -> impl Iterator<Item = String> {
    let name = name.to_lowercase().replace('_', "-");
    let letters: Vec<usize> = name.char_indices().map(|(at, _)| at).collect();
    let without = |at: usize| name[..at].chars().chain(name[at..].chars().skip(1)).collect();
    let shorter: Vec<String> = letters.into_iter().map(without).collect();
    std::iter::once(name.clone()).chain(shorter)
}

/// True if a name is another one with `_` instead of `-`, or with one letter that is extra, missing, wrong or swapped.
/// Different digits mean another host, and so does another letter in a short name, unless a letter is doubled.
fn is_slip(written: &str, name: &str) -> bool {
    let (written, name) = (written.to_lowercase().replace('_', "-"), name.to_lowercase().replace('_', "-"));
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let once = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.dedup();
        letters
    };
    let is_near = strsim::osa_distance(&written, &name) == 1 && digits(&written) == digits(&name);
    written == name || is_near && (name.len() >= 4 && written.len() >= 4 || once(&written) == once(&name))
}

#[cfg(test)]
mod tests {
    use super::{forms, is_slip};

    #[test]
    fn misspelled_names_are_recognized() {
        for (written, name, slips) in [
            ("my_app", "my-app", true),
            ("postgress", "postgres", true),
            ("postgers", "postgres", true),
            ("dbb", "db", true),
            ("db2", "db", false),
            ("app", "api", false),
            ("redis-1", "redis-2", false),
            ("mail", "main", true),
        ] {
            assert_eq!(is_slip(written, name), slips, "{written}");
            assert!(!slips || forms(written).any(|form| forms(name).any(|other| form == other)), "{written}");
        }
    }
}
