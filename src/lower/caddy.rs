//! Caddy: sites, certificates, firewall ports, and the dependency on the tailnet.
//!
//! ```yaml
//! site: { subdomain: notes, to: "server:8080" }
//! ```
//! ```nix
//! services.caddy.virtualHosts."notes.example.org".extraConfig = ''
//!   reverse_proxy 127.0.0.1:${toString homeserver.notes.port}
//! '';
//! ```

mod answer;
mod auth;
mod behind;
mod tunnel;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::net::IpAddr;

use indexmap::IndexMap;

use super::{address, context, tailscale};
use crate::acme_provider::token_variable;
use crate::form::Address;
use crate::hir::front::{Caddy, HEADERS};
use crate::hir::{Front, HaProxy, Host, Site};
use crate::nix::{Expr, Part, Set, parts, split_lines};
use crate::nixos::{Binding, Module, Output};
use crate::setting::{AcmeTls, Bind, Pairs, Tls};
use crate::tree::{Piece, Target, Text};
use crate::value::Value;

pub(super) fn lower(host: &Host, output: &mut Output) {
    let Some(front) = &host.front else { return };
    let Some(caddy) = front.caddy() else { return };
    let module = output.module("caddy.nix", "caddy");
    module.config.at(&["services", "caddy"]).set("enable", Expr::Bool(true));
    if host.haproxy.is_none() {
        super::keep_up(module.unit("caddy"));
    }
    let global = global(caddy);
    if !global.is_empty() {
        module.config.at(&["services", "caddy"]).set("globalConfig", Expr::Lines(global));
    }
    let shared = Shared::of(front);
    let mut extra = shared.snippets(front);
    extra.extend(tunnel::snippet(front, host));
    extra.extend(auth::snippets(front, host));
    extra.extend(caddy.extra.iter().flat_map(lines));
    if !extra.is_empty() || caddy.extra.is_some() {
        module.config.at(&["services", "caddy"]).set("extraConfig", Expr::Lines(extra));
    }
    let addresses = own_addresses(front, host);
    if addresses.len() > 1 {
        let addresses = addresses.iter().map(|address| Expr::text(&address.text));
        module.bindings.push((Binding::FrontAddresses, Expr::List(addresses.collect())));
    }
    let mut certificates: IndexMap<String, Certificate> = IndexMap::new();
    for site in &front.sites {
        let certificate = match &caddy.tls {
            Some(Tls::Acme(_)) if site.listen.is_none() => Some(match &front.domain {
                Some(domain) if site.below_domain => domain.text.clone(),
                _ => site.host.clone(),
            }),
            _ => None,
        };
        let set = virtual_host(site, front, host, &shared, certificate.as_ref());
        if let Some(name) = certificate {
            let one = certificates.entry(name.value()).or_insert_with(|| {
                let wildcard = front.domain.as_ref().is_some_and(|d| d.text.value() == name.value());
                Certificate { name, wildcard, more: Vec::new() }
            });
            one.more.extend(site.aliases.iter().map(|a| a.text.clone()));
        }
        let value = match site.service.as_ref().and_then(|id| host.service(id)) {
            Some(service) => Expr::call("lib.mkIf", [context::enable(&service.option), Expr::Set(set)]),
            None => Expr::Set(set),
        };
        module
            .config
            .at(&["services", "caddy", "virtualHosts"])
            .set_named(&site_name(&site.host, site), value);
    }
    redirect_to_https(front, host, module);
    certificates_of(caddy, host, &certificates, module);
    firewall(front, host, module);
    if front.notification.is_on() {
        super::notify::report_failure("caddy", module);
    }
    if matches!(front.bind.value, Bind::Tailscale) && caddy.behind.is_none() {
        let unit = Expr::str(format!("{}.service", tailscale::UNIT));
        let caddy = module.unit("caddy");
        caddy.append("after", [unit.clone()]);
        caddy.append("requires", [unit]);
    }
    if caddy.behind.is_some() {
        // With another unit, a switch stops Caddy before HAProxy needs the ports that Caddy had.
        module.unit("caddy").append("after", [Expr::str(format!("{}.service", HaProxy::UNIT))]);
    }
    wait(address::waits(late_addresses(front, host), host), module);
}

/// The addresses in the file that Caddy waits for. A unit of its own waits for the address of a front in the tailnet.
fn late_addresses<'a>(front: &'a Front, host: &'a Host) -> impl Iterator<Item = IpAddr> {
    let own = own_addresses(front, host);
    let of_unit = match &front.bind.value {
        Bind::Tailscale if front.behind().is_none() => own,
        _ => &[],
    };
    let plain = front.sites.iter().filter(|site| site.listen.is_some());
    let all = own.iter().chain(plain.flat_map(|site| &site.addresses));
    let is_late = |address: &IpAddr| !of_unit.iter().any(|other| other.value.0 == *address);
    all.map(|address| address.value.0).filter(is_late)
}

/// The addresses of the front, if Caddy listens on them itself.
fn own_addresses<'a>(front: &'a Front, host: &'a Host) -> &'a [Value<Address>] {
    let listens = |site: &Site| !front.is_passed(site) && site.addresses.is_empty();
    match front.behind().is_none() || front.sites.iter().any(listens) {
        true => front.addresses(host),
        false => &[],
    }
}

/// A name of a site, in the form in which Caddy serves it: with `http://` in plain HTTP.
fn site_name(name: &Text, site: &Site) -> Text {
    let port = match site.plain_port() {
        None => return name.clone(),
        Some(80) => String::new(),
        Some(port) => format!(":{port}"),
    };
    let literal = |text: &str| Text::literal(text, name.span);
    Text::join(&[literal("http://"), name.clone(), literal(&port)], "", name.span)
}

/// Makes Caddy wait for addresses. It fails if it cannot bind one of them, and NixOS would give up after 10 starts.
fn wait(commands: Vec<Expr>, module: &mut Module) {
    if commands.is_empty() {
        return;
    }
    let unit = module.unit("caddy");
    let always = Expr::call("lib.mkOverride", [Expr::Int(90), Expr::Int(0)]);
    unit.set("startLimitIntervalSec", always);
    unit.at(&["serviceConfig"]).set("ExecStartPre", Expr::List(commands));
}

/// The global options of Caddy.
fn global(caddy: &Caddy) -> Vec<Vec<Part>> {
    let mut global = Vec::new();
    if let Some(Tls::Plugin(plugin)) = &caddy.tls {
        let mut line = vec![Part::Text("acme_dns ".into())];
        line.extend(parts(&plugin.acme_dns));
        global.push(line);
    }
    if caddy.behind.is_some() {
        global.extend(behind::global());
    }
    global.extend(caddy.global.iter().flat_map(lines));
    global
}

fn virtual_host(site: &Site, front: &Front, host: &Host, shared: &Shared, certificate: Option<&Text>) -> Set {
    let mut set = Set::default();
    set.append("serverAliases", site.aliases.iter().map(|a| Expr::text(&site_name(&a.text, site))));
    match front.is_passed(site) {
        true => set.append("listenAddresses", [Expr::str("127.0.0.1")]),
        false => listen_on(&mut set, &site.addresses, front, host),
    }
    if let Some(certificate) = certificate {
        set.set("useACMEHost", Expr::text(certificate));
    }
    let mut config = Vec::new();
    if matches!(front.tls(), Some(Tls::Internal)) && site.listen.is_none() {
        config.push(line("tls internal"));
    }
    for headers in [&front.headers, &site.headers] {
        match shared.name(headers) {
            Some(name) => config.push(line(format!("import {name}"))),
            None => config.extend(header_lines(headers)),
        }
    }
    config.extend(answer::lower(site, host));
    set.set("extraConfig", Expr::Lines(config));
    set
}

/// Limits a site to its addresses, or to those that Caddy listens on.
fn listen_on(set: &mut Set, own: &[Value<Address>], front: &Front, host: &Host) {
    let text = |address: &Value<Address>| Expr::text(&address.text);
    let all = front.addresses(host);
    match own.is_empty() {
        false => set.append("listenAddresses", own.iter().map(text)),
        true if all.len() > 1 => set.set("listenAddresses", Binding::FrontAddresses.into()),
        true => set.append("listenAddresses", all.iter().map(text)),
    }
}

/// Headers that several sites have in common, as a snippet that each of the sites imports
/// (<https://caddyserver.com/docs/caddyfile/concepts#snippets>).
struct Shared<'a>(IndexMap<Vec<HeaderPiece<'a>>, String>);

/// A piece of a header: a literal text, or the target of a reference.
type HeaderPiece<'a> = (Option<&'a str>, Option<&'a Target>);

impl<'a> Shared<'a> {
    fn of(front: &'a Front) -> Shared<'a> {
        let mut shared = IndexMap::new();
        if front.sites.len() > 1 && !front.headers.0.is_empty() {
            shared.insert(written(&front.headers), HEADERS.to_owned());
        }
        let mut uses: IndexMap<Vec<HeaderPiece>, usize> = IndexMap::new();
        // An import of a single line is not shorter than the line.
        for site in front.sites.iter().filter(|site| site.headers.0.len() > 1) {
            *uses.entry(written(&site.headers)).or_default() += 1;
        }
        for (headers, _) in uses.into_iter().filter(|(_, uses)| *uses > 1) {
            let name = format!("{HEADERS}-{}", shared.len() + 1);
            shared.entry(headers).or_insert(name);
        }
        Shared(shared)
    }

    fn name(&self, headers: &'a Pairs) -> Option<&str> {
        self.0.get(&written(headers)).map(String::as_str)
    }

    /// The snippets, for `extraConfig`. NixOS writes that before the sites (caddy/default.nix, `Caddyfile`).
    fn snippets(&self, front: &'a Front) -> Vec<Vec<Part>> {
        let mut headers: IndexMap<&str, &Pairs> = IndexMap::new();
        for all in std::iter::once(&front.headers).chain(front.sites.iter().map(|s| &s.headers)) {
            if let Some(name) = self.name(all) {
                headers.entry(name).or_insert(all);
            }
        }
        let snippet = |(name, headers): (&str, &Pairs)| {
            block(vec![Part::Text(format!("({name})").into())], header_lines(headers))
        };
        headers.into_iter().flat_map(snippet).collect()
    }
}

fn piece(piece: &Piece) -> HeaderPiece<'_> {
    match piece {
        Piece::Literal(text) => (Some(text), None),
        Piece::Reference(reference) => (None, Some(&reference.target)),
    }
}

/// Headers in a form that is equal for headers with the same text.
fn written(headers: &Pairs) -> Vec<HeaderPiece<'_>> {
    let texts = headers.0.iter().flat_map(|(name, value)| [name, value]);
    texts.flat_map(|text| text.pieces.iter().map(piece).chain([(None, None)])).collect()
}

/// Emits the redirect to https, because Caddy's own one would listen on every address.
fn redirect_to_https(front: &Front, host: &Host, module: &mut Module) {
    let mut set = Set::default();
    match front.behind() {
        Some(_) => set.append("listenAddresses", [Expr::str("127.0.0.1")]),
        None => listen_on(&mut set, &[], front, host),
    }
    set.set("logFormat", Expr::str("output discard"));
    set.set("extraConfig", Expr::Lines(vec![vec![Part::Text("redir https://{host}{uri} permanent".into())]]));
    module.config.at(&["services", "caddy", "virtualHosts"]).set("http://", Expr::Set(set));
}

fn header_lines(headers: &Pairs) -> Vec<Vec<Part>> {
    headers
        .0
        .iter()
        .map(|(name, value)| {
            let mut line = vec![Part::Text("header ".into())];
            line.extend(parts(name));
            // `-Name` removes a header, and has no value.
            if !name.value().starts_with('-') {
                line.push(Part::Text(" ".into()));
                line.extend(quoted(value));
            }
            line
        })
        .collect()
}

/// A line without values of the file.
fn line(text: impl Into<Cow<'static, str>>) -> Vec<Part> {
    vec![Part::Text(text.into())]
}

/// A block of a Caddyfile, with its lines indented.
fn block(mut head: Vec<Part>, inside: Vec<Vec<Part>>) -> Vec<Vec<Part>> {
    head.push(Part::Text(" {".into()));
    std::iter::once(head).chain(indented(inside)).chain([line("}")]).collect()
}

fn indented(mut lines: Vec<Vec<Part>>) -> Vec<Vec<Part>> {
    lines.iter_mut().for_each(|line| line.insert(0, Part::Text("  ".into())));
    lines
}

/// One token of a Caddyfile, in backticks, which need no escapes. A rule reports a backtick in the value.
fn quoted(text: &Text) -> Vec<Part> {
    let mut all = vec![Part::Text("`".into())];
    all.extend(parts(text));
    all.push(Part::Text("`".into()));
    all
}

/// The lines of a multi-line text, without empty lines at the end.
fn lines(text: &Text) -> Vec<Vec<Part>> {
    let mut all = split_lines(&parts(text));
    while all.last().is_some_and(Vec::is_empty) {
        all.pop();
    }
    all
}

fn certificates_of(
    caddy: &Caddy,
    host: &Host,
    certificates: &IndexMap<String, Certificate>,
    module: &mut Module,
) {
    match &caddy.tls {
        Some(Tls::Tailscale) => {
            module.config.at(&["services", "tailscale"]).set("permitCertUid", Expr::str("caddy"))
        }
        Some(Tls::Plugin(plugin)) => {
            let options = module.config.at(&["services", "caddy"]);
            let build = Set::of([
                ("plugins", Expr::List(plugin.plugins.iter().map(Expr::text).collect())),
                ("hash", Expr::text(&plugin.hash)),
            ]);
            options.set("package", Expr::call("pkgs.caddy.withPlugins", [Expr::Set(build)]));
            if let Some(email) = &plugin.email {
                options.set("email", Expr::text(&email.text));
            }
            let unit = module.unit("caddy");
            unit.append("after", super::secret::units(host).map(Expr::str));
            unit.at(&["serviceConfig"])
                .set("EnvironmentFile", super::secret::path(&plugin.environment, host));
            super::secret::restarts("caddy", std::iter::once(&plugin.environment), host, module);
        }
        Some(Tls::Acme(acme)) => {
            let security = module.config.at(&["security", "acme"]);
            security.set("acceptTerms", Expr::Bool(true));
            security.at(&["defaults"]).set("email", Expr::text(&acme.email.text));
            for one in certificates.values() {
                security.at(&["certs"]).set_named(&one.name, Expr::Set(certificate(acme, one, host)));
            }
            for one in certificates.values() {
                // The unit that reads the credentials (nixos/modules/security/acme).
                let span = one.name.span;
                let unit =
                    Text::join(&[Text::literal("acme-order-renew", span), one.name.clone()], "-", span);
                let units = module.config.at(&["systemd", "services"]);
                units.at_named(&unit).append("after", super::secret::units(host).map(Expr::str));
            }
        }
        Some(Tls::Internal) | None => {}
    }
}

/// A certificate, and its additional names.
struct Certificate {
    name: Text,
    /// True if it also covers all names one label below.
    wildcard: bool,
    more: Vec<Text>,
}

fn certificate(acme: &AcmeTls, one: &Certificate, host: &Host) -> Set {
    let mut set = Set::default();
    if one.wildcard {
        set.append("extraDomainNames", [Expr::flag("*.", &one.name)]);
    }
    let covered = |name: &str| {
        let below = name.strip_suffix(&one.name.value()).and_then(|n| n.strip_suffix('.'));
        name == one.name.value() || (one.wildcard && below.is_some_and(|label| !label.contains('.')))
    };
    set.append("extraDomainNames", one.more.iter().filter(|n| !covered(&n.value())).map(Expr::text));
    set.set("dnsProvider", Expr::text(&acme.acme.text));
    let credentials = set.at(&["credentialFiles"]);
    if let Some(token) = &acme.token
        && let Some(variable) = token_variable(&acme.acme.text.value())
    {
        credentials.set(variable, super::secret::path(token, host));
    }
    for (variable, secret) in &acme.credentials.entries {
        credentials.set(variable.value(), super::secret::path(secret, host));
    }
    set.set("group", Expr::code("config.services.caddy.group"));
    set
}

/// Opens Caddy's ports in the firewall, on the interfaces that Caddy listens on. NixOS closes all ports by default.
fn firewall(front: &Front, host: &Host, module: &mut Module) {
    let everywhere = Text::literal("", front.span);
    let interfaces: Vec<Text> = match &front.bind.value {
        Bind::Tailscale => vec![tailscale::interface(host)],
        Bind::All => vec![everywhere],
        Bind::On { interfaces, .. } if !interfaces.is_empty() => {
            interfaces.iter().map(|interface| interface.text.clone()).collect()
        }
        Bind::On { addresses, .. } => {
            let outside = addresses.iter().any(|address| !address.value.0.is_loopback());
            outside.then_some(everywhere).into_iter().collect()
        }
    };
    let outside = front.sites.iter().filter(|site| match site.addresses.as_slice() {
        [] => true,
        addresses => addresses.iter().any(|address| !address.value.0.is_loopback()),
    });
    let ports: BTreeSet<u16> = outside.filter_map(Site::plain_port).chain([80, 443]).collect();
    let firewall = module.config.at(&["networking", "firewall"]);
    for interface in interfaces {
        let set = match interface.value().is_empty() {
            true => &mut *firewall,
            false => firewall.at(&["interfaces"]).at_named(&interface),
        };
        set.append("allowedTCPPorts", ports.iter().map(|port| Expr::Int(i64::from(*port))));
        // HTTP/3, which HAProxy does not pass on.
        if front.behind().is_none() {
            set.append("allowedUDPPorts", [Expr::Int(443)]);
        }
    }
}
