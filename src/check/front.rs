//! Rules about the front and its sites.

mod acme_token;
mod auth;
mod caddy_lines;
mod caddy_plugin;
mod caddy_value;
mod certificates;
mod guarded_lines;
mod https_port;
mod named_upstream;
mod paths;
mod program;
mod redirect;
mod rewrite;
mod site_clients;
mod tunnel;
mod tunnel_login;
mod unknown_snippet;
mod unverified_certificate;

use super::Rule;

pub(super) const RULES: &[Rule] = &[
    acme_token::check,
    auth::check,
    caddy_lines::check,
    caddy_plugin::check,
    caddy_value::check,
    certificates::check,
    guarded_lines::check,
    https_port::check,
    named_upstream::check,
    paths::check,
    redirect::check,
    rewrite::check,
    site_clients::check,
    tunnel::check,
    tunnel_login::check,
    unknown_snippet::check,
    unverified_certificate::check,
];
