//! A redirect needs a valid address, and must not lead back to its own site, directly or through other sites.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Answer, Host, Site};
use crate::tree::{Node, Text};
use crate::word::is_word;

/// The maximum number of further redirects of a loop that a message shows.
const MAX_SHOWN: usize = 8;

/// Caddy's placeholders for the host or the path of the requested address, with or without `orig_` and `%`
/// (placeholderShorthands in caddyconfig/httpcaddyfile/shorthands.go).
const OWN_ADDRESS: &[&str] = &["dir", "file", "host", "hostport", "path", "uri"];

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(front) = &host.front else { return };
    for site in &front.sites {
        if let Answer::Redirect(to) = &site.answer {
            check_one(to, &names(site).collect::<Vec<_>>(), site.plain_port(), diagnostics);
        }
    }
    check_circles(&front.sites, diagnostics);
}

/// Reports an invalid address, and a redirect to its own site: Caddy redirects before it does anything else, so that
/// such a redirect never ends.
fn check_one(to: &Text, names: &[String], plain: Option<u16>, diagnostics: &mut Diagnostics) {
    let value = to.value();
    let (title, label, help) = if value.is_empty() || value.contains(char::is_whitespace) {
        let help = "write a full address such as `https://example.org`, with `%20` for a space".to_owned();
        ("the redirect target is not a valid address", "expected an address without spaces", help)
    } else if leads_to(&value, names, plain) {
        let name = names.first().map_or("example.org", String::as_str);
        let help = match value.starts_with('/') {
            true => {
                format!("write `to` instead of `redirect`, and `redir / {value} permanent` under `extra`")
            }
            // Caddy reads a site name without a scheme as a path.
            false if !leads_to(&format!("https://{value}"), names, None) && is_name_of_site(&value) => {
                format!("write `https://{value}`")
            }
            false => format!("write the address of a site other than {name}"),
        };
        ("the redirect leads back to its own site", "redirects to the same site without end", help)
    } else {
        return;
    };
    diagnostics.push(Diagnostic::new(Code::BadSite, title, to.span, label).help(help));
}

/// True if an address begins with the name of a site.
fn is_name_of_site(address: &str) -> bool {
    let name = address.split(['/', '?', '#', '{']).next().unwrap_or_default();
    name.contains('.') && is_word(name, b".-")
}

/// Reports sites that redirect to each other. A site has at most one redirect, so each loop is visited once.
fn check_circles(sites: &[Site], diagnostics: &mut Diagnostics) {
    // A site in plain HTTP usually redirects to the site with a certificate.
    let redirects: HashMap<String, (&Text, Option<String>)> = sites
        .iter()
        .filter(|site| site.listen.is_none())
        .filter_map(|site| match &site.answer {
            Answer::Redirect(to) => Some((site, to)),
            _ => None,
        })
        .flat_map(|(site, to)| names(site).map(move |name| (name, (to, target(&to.value())))))
        .collect();
    let mut walked: HashMap<&str, usize> = HashMap::new();
    for (walk, site) in sites.iter().enumerate() {
        let name = site.host.value().to_lowercase();
        let mut next = redirects.get_key_value(&name);
        let mut route: Vec<(&str, &Text)> = Vec::new();
        while let Some((name, (to, target))) = next {
            match walked.insert(name, walk) {
                None => route.push((name, to)),
                Some(earlier) => {
                    let begin = route.iter().position(|(seen, _)| *seen == name.as_str());
                    if let (true, Some(begin)) = (earlier == walk, begin) {
                        report_circle(&route[begin..], diagnostics);
                    }
                    break;
                }
            }
            next = target.as_ref().and_then(|target| redirects.get_key_value(target));
        }
    }
}

fn report_circle(circle: &[(&str, &Text)], diagnostics: &mut Diagnostics) {
    // A redirect to its own site is already reported.
    let [(first, to), others @ ..] = circle else { return };
    if others.is_empty() {
        return;
    }
    let chain: Vec<&str> = circle.iter().map(|(name, _)| *name).chain([*first]).collect();
    let title = format!("redirects form a loop: {}", chain.join(" → "));
    let diagnostic = Diagnostic::new(Code::BadSite, title, to.span, "redirects to the next site");
    let others = others.iter().take(MAX_SHOWN);
    diagnostics.push(
        others
            .fold(diagnostic, |diagnostic, (_, to)| diagnostic.and(to.span, "redirects to the next site"))
            .help(format!("write `to` instead of `redirect` at one of the sites, such as {first}")),
    );
}

/// The names of a site, in lower case.
fn names(site: &Site) -> impl Iterator<Item = String> {
    site.names().map(|name| name.value().to_lowercase())
}

/// The host that a redirect leads to, unless it contains a placeholder.
fn target(to: &str) -> Option<String> {
    let rest = to.split_once("://").map_or_else(|| to.strip_prefix("//"), |(_, rest)| Some(rest))?;
    let host = rest.split(['/', '?', '#', '{']).next()?.to_lowercase();
    Some(host.strip_suffix(":443").unwrap_or(&host).to_owned())
}

/// True if a text begins with a placeholder of [`OWN_ADDRESS`].
fn begins_with_own_address(text: &str) -> bool {
    let placeholder = text.strip_prefix('{').and_then(|rest| rest.split_once('}')).map(|(name, _)| name);
    placeholder.is_some_and(|name| {
        let short = name.strip_prefix("http.request.").unwrap_or(name);
        let short = short.strip_prefix("orig_").unwrap_or(short);
        OWN_ADDRESS.contains(&short.strip_prefix('%').unwrap_or(short))
    })
}

/// True if a redirect leads to a site with one of these names. Other placeholders at its beginning may lead anywhere.
fn leads_to(to: &str, names: &[String], plain: Option<u16>) -> bool {
    let rest = match to.split_once("://") {
        Some((scheme, rest))
            if ["https", "http", "{scheme}", "{http.request.scheme}"]
                .iter()
                .any(|web| scheme.eq_ignore_ascii_case(web)) =>
        {
            rest
        }
        // `mailto:` and addresses of apps.
        Some((scheme, _)) if is_word(scheme, b"+.-") => return false,
        _ => match to.strip_prefix("//") {
            Some(rest) => rest,
            // Without a scheme the host is a part of the path.
            None if to.starts_with('{') => return begins_with_own_address(to),
            None => return !to.split(['/', '?', '#']).next().is_some_and(|s| s.contains(':')),
        },
    };
    let is_https = to.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"));
    // A placeholder such as `{uri}` may follow the host at once.
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let end = rest[..end].rfind('{').filter(|at| *at > 0).unwrap_or(end);
    let authority = &rest[..end];
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let default = if plain.is_some() { ":80" } else { ":443" };
    let host = host.strip_suffix(default).unwrap_or(host).to_lowercase();
    let with_port = ["{hostport}", "{http.request.hostport}"];
    let without_port = ["{host}", "{http.request.host}"];
    match plain {
        // From plain HTTP to HTTPS.
        Some(_) if is_https => false,
        Some(port) if port != 80 => {
            let own = host.strip_suffix(&format!(":{port}"));
            with_port.contains(&host.as_str())
                || own.is_some_and(|own| without_port.contains(&own) || names.iter().any(|name| name == own))
        }
        _ => {
            with_port.contains(&host.as_str())
                || without_port.contains(&host.as_str())
                || names.contains(&host)
        }
    }
}
