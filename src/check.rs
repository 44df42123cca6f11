//! Rules over the whole host. One rule is one file here and a line in [`RULES`].

mod absent_path;
mod acl_order;
mod acme_token;
mod address_taken;
mod alias_ambiguous;
mod alias_taken;
mod alias_without_network;
mod ambiguous_number;
mod auto_start;
mod auto_update_label;
mod backup_in_source;
mod backup_in_volume;
mod backup_lost;
mod backup_of_running;
mod backup_on_disk;
mod backup_unseen;
mod backups_left;
mod bridge_option;
mod caddy_lines;
mod caddy_plugin;
mod caddy_value;
mod capability_twice;
mod certificates;
mod check_interval;
mod client_other;
mod command_lines;
mod compose_dollar;
mod contradicted_option;
mod created_paths;
mod data_folder;
mod data_in_memory;
mod data_unmounted;
mod database_on_nfs;
mod database_other;
mod databases;
mod default_gateway;
mod dns_port;
mod docker_socket;
mod exchanged_volumes;
mod firewall_pattern;
mod first_password;
mod fixed_address;
mod floating_image;
mod folder_in_folder;
mod folder_left;
mod folder_owners;
mod folder_users;
mod grants;
mod healthy_without_check;
mod host_capability;
mod host_closed;
mod host_device;
mod host_group;
mod host_namespace;
mod host_path;
mod host_privileges;
mod image_pair;
mod image_user;
mod internal_port;
mod ipv4_chosen;
mod ipv6_publish;
mod lan_ports;
mod limits_contradict;
mod linked_file;
mod listeners;
mod literal_secret;
mod long_argument;
mod loopback_port;
mod memory_small;
mod memory_sum;
mod missing_braces;
mod mount_left;
mod mount_point;
mod mount_propagation;
mod moves;
mod named_hosts;
mod named_upstream;
mod namespace_container;
mod network_addresses;
mod network_mode;
mod nftables_flush;
mod nix_syntax;
mod no_shared_network;
mod notify_address;
mod notify_own_site;
mod option_twice;
mod own_localhost;
mod path_in_container;
mod ping_twice;
mod podman_arguments;
mod port_number;
mod port_taken;
mod postgres_major;
mod postgres_volume;
mod published_wide;
mod redirect;
mod repository_password;
mod restic_path;
mod root_user;
mod run_folder;
mod secret_file;
mod secret_file_missing;
mod secret_unreadable;
mod secrets_folder;
mod security_options;
mod shared_data;
mod short_name;
mod sqlite_other;
mod subnet_overlap;
mod subnet_small;
mod surprising_yaml;
mod swapped_volume;
mod sysctls;
mod tailnet_address;
mod tailnet_among_others;
mod tailscale_missing;
mod target_twice;
mod time_zone;
mod ulimits;
mod unclear_bind;
mod unconfined;
mod uncreated_folder;
mod undescribed_disk;
mod unknown_snippet;
mod unmarked_nix;
mod unqualified_image;
mod unused_port;
mod unused_secret;
mod unused_words;
mod update_pull;
mod variable_name;
mod variable_twice;
mod volume_left;
mod volumes_on_late_disk;

use crate::diag::Diagnostics;
use crate::hir::Host;
use crate::tree::Node;

/// The rules. Each sees the host, and the tree that it was read from.
const RULES: &[fn(&Host, &Node, &mut Diagnostics)] = &[
    absent_path::check,
    acl_order::check,
    acme_token::check,
    address_taken::check,
    alias_ambiguous::check,
    alias_taken::check,
    alias_without_network::check,
    ambiguous_number::check,
    auto_start::check,
    auto_update_label::check,
    backup_in_source::check,
    backup_in_volume::check,
    backup_lost::check,
    backup_of_running::check,
    backup_on_disk::check,
    backup_unseen::check,
    backups_left::check,
    bridge_option::check,
    caddy_lines::check,
    caddy_plugin::check,
    caddy_value::check,
    capability_twice::check,
    certificates::check,
    check_interval::check,
    client_other::check,
    command_lines::check,
    compose_dollar::check,
    contradicted_option::check,
    data_folder::check,
    data_in_memory::check,
    data_unmounted::check,
    database_on_nfs::check,
    database_other::check,
    default_gateway::check,
    dns_port::check,
    docker_socket::check,
    exchanged_volumes::check,
    firewall_pattern::check,
    first_password::check,
    fixed_address::check,
    floating_image::check,
    folder_in_folder::check,
    folder_left::check,
    folder_owners::check,
    folder_users::check,
    healthy_without_check::check,
    host_capability::check,
    host_closed::check,
    host_device::check,
    host_group::check,
    host_namespace::check,
    host_path::check,
    host_privileges::check,
    image_pair::check,
    image_user::check,
    internal_port::check,
    ipv4_chosen::check,
    ipv6_publish::check,
    limits_contradict::check,
    linked_file::check,
    literal_secret::check,
    long_argument::check,
    loopback_port::check,
    memory_small::check,
    memory_sum::check,
    missing_braces::check,
    mount_left::check,
    mount_point::check,
    mount_propagation::check,
    named_upstream::check,
    namespace_container::check,
    network_addresses::check,
    network_mode::check,
    nftables_flush::check,
    nix_syntax::check,
    no_shared_network::check,
    notify_address::check,
    notify_own_site::check,
    option_twice::check,
    own_localhost::check,
    path_in_container::check,
    ping_twice::check,
    podman_arguments::check,
    port_number::check,
    port_taken::check,
    postgres_major::check,
    postgres_volume::check,
    published_wide::check,
    redirect::check,
    repository_password::check,
    restic_path::check,
    root_user::check,
    run_folder::check,
    secret_file::check,
    secret_file_missing::check,
    secret_unreadable::check,
    secrets_folder::check,
    security_options::check,
    shared_data::check,
    short_name::check,
    sqlite_other::check,
    subnet_overlap::check,
    subnet_small::check,
    surprising_yaml::check,
    swapped_volume::check,
    sysctls::check,
    tailnet_address::check,
    tailnet_among_others::check,
    tailscale_missing::check,
    target_twice::check,
    time_zone::check,
    ulimits::check,
    unclear_bind::check,
    unconfined::check,
    uncreated_folder::check,
    undescribed_disk::check,
    unknown_snippet::check,
    unmarked_nix::check,
    unqualified_image::check,
    unused_port::check,
    unused_secret::check,
    unused_words::check,
    update_pull::check,
    variable_name::check,
    variable_twice::check,
    volume_left::check,
    volumes_on_late_disk::check,
];

/// Checks a host.
pub fn check(host: &Host, file: &Node, diagnostics: &mut Diagnostics) {
    for rule in RULES {
        rule(host, file, diagnostics);
    }
}
