//! Rules about the front and its sites.

mod acme_token;
mod caddy_lines;
mod caddy_plugin;
mod caddy_value;
mod certificates;
mod named_upstream;
mod redirect;
mod unknown_snippet;

use super::Rule;

pub(super) const RULES: &[Rule] = &[
    acme_token::check,
    caddy_lines::check,
    caddy_plugin::check,
    caddy_value::check,
    certificates::check,
    named_upstream::check,
    redirect::check,
    unknown_snippet::check,
];
