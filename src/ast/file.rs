//! The file, and services.

use super::{Backup, Caddy, Cleanup, Client, Container, Site, Sites, SmokeTest, Update};
use crate::setting::{
    Agenix, Allow, Flag, Host, Map, Network, Notify, Number, Podman, Raw, Secret, Spanned, Tailscale, Tell,
};
use crate::shape::mapping;
use crate::tree::Text;

mapping! {
    /// A home server in one file.
    File such as "{ homegen: 1, host: { name: nas, nixos: \"26.05\", timezone: Europe/Berlin } }" {
        /// The version of this language: `1`.
        homegen: Number,
        /// The machine.
        host: Host,
        /// Values with names, in any tree. `${a.b}` refers to one from everywhere in the file. They become
        /// `constants.nix`.
        constants: Option<Raw>,
        /// The tailnet that the host is in.
        tailscale: Option<Tailscale>,
        /// Caddy, the front of all sites.
        caddy: Option<Caddy>,
        /// Where the encrypted secrets are.
        agenix: Option<Agenix>,
        /// The secrets, by name.
        secrets: Map<Secret>,
        /// Where notifications go.
        notify: Option<Notify>,
        /// A regular look at all that runs on the host.
        smoke_test: Option<SmokeTest>,
        /// Podman itself.
        podman: Option<Podman>,
        /// Networks that services share, by name.
        networks: Map<Network>,
        /// The services, by name.
        services: Map<Service>,
        /// Other machines that use the services, by name: Macs that upload to a service.
        clients: Map<Client>,
        /// NixOS options of the host, as nested values.
        nixos: Option<Raw>,
        /// Diagnostics that are accepted everywhere, each by its code and with the reason.
        allow: Allow,
    }
}

mapping! {
    /// A stack of containers, with its sites.
    Service such as "{ containers: { server: { image: docker.io/example/notes:1.2.3 } } }" called "notes" {
        /// What it is, in a few words. Default: its name.
        description: Option<Text>,
        /// Whether it is on until your own configuration says otherwise.
        enable: Flag = "true",
        /// The port on the host behind its site: the default of `homeserver.NAME.port`. An error where nothing uses it.
        port: Option<Number>,
        /// The preset that it starts from.
        #[allow(dead_code, reason = "presets are expanded before")]
        preset: Option<Text>,
        /// The preset's parameters.
        #[allow(dead_code, reason = "presets are expanded before")]
        with: Option<Raw>,
        /// Its site.
        site: Option<Site>,
        /// Its sites, if there are several.
        sites: Sites,
        /// Names of the shared networks that its containers are on, in place of its own.
        networks: Vec<Text>,
        /// Its containers, by name.
        containers: Map<Container>,
        /// Its backups, by name. `database` is the service's own.
        backup: Map<Backup>,
        /// Its updates.
        update: Option<Update>,
        /// Its clean-up.
        cleanup: Option<Cleanup>,
        /// Whether a notification is sent when one of its containers fails. The `notify` of a container wins. Default:
        /// `never`.
        notify: Option<Spanned<Tell>>,
        /// NixOS options that belong to it, as nested values.
        nixos: Option<Raw>,
        /// Diagnostics that are accepted in it, each by its code and with the reason.
        allow: Allow,
    }
}
