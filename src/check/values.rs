//! Rules about values: those that Podman or NixOS cannot use, and those that other tools read differently.

mod ambiguous_number;
mod bridge_option;
mod capability_twice;
mod command_lines;
mod compose_dollar;
mod language_version;
mod long_argument;
mod missing_braces;
mod mount_point;
mod podman_arguments;
mod port_number;
mod security_options;
mod surprising_yaml;
mod sysctls;
mod time_zone;
mod ulimits;
mod unused_words;

use super::Rule;

pub(super) const RULES: &[Rule] = &[
    ambiguous_number::check,
    bridge_option::check,
    capability_twice::check,
    command_lines::check,
    compose_dollar::check,
    language_version::check,
    long_argument::check,
    missing_braces::check,
    mount_point::check,
    podman_arguments::check,
    port_number::check,
    security_options::check,
    surprising_yaml::check,
    sysctls::check,
    time_zone::check,
    ulimits::check,
    unused_words::check,
];
