//! The file, and services.

use super::{
    AuthProvider, Backup, Caddy, Cleanup, Client, Cloudflared, Container, HaProxy, Job, Site, Sites,
    SmokeTest, Update,
};
use crate::form::{AbsolutePath, SecretName, ServiceUnit};
use crate::setting::{
    Adguard, Agenix, Allow, Flag, Host, Limits, Map, NamedVolume, Network, Notify, NotifyOn, Number, Podman,
    Postgres, Raw, Secret, Sops, Spanned, Tailscale, Valkey, Zfs,
};
use crate::shape::mapping;
use crate::tree::Text;
use crate::value::Value;

mapping! {
    /// A home server in one file.
    File such as "{ homegen: 1, host: { name: nas, nixos: \"26.05\", timezone: Europe/Berlin } }" {
        /// The version of this language: `1`.
        homegen: Number,
        /// The machine.
        host: Host,
        /// Named values, as a tree of any shape. `${a.b}` refers to a value anywhere in the file. They become
        /// `constants.nix`.
        constants: Option<Raw>,
        /// The host's tailnet.
        tailscale: Option<Tailscale>,
        /// Caddy, the reverse proxy of all sites.
        caddy: Option<Caddy>,
        /// HAProxy, which serves sites in plain HTTP.
        haproxy: Option<HaProxy>,
        /// A tunnel of Cloudflare to sites.
        cloudflared: Option<Cloudflared>,
        /// DNS rewrites of AdGuard Home on the host.
        adguard: Option<Adguard>,
        /// Programs that decide who may use a site, by name.
        auth: Map<AuthProvider>,
        /// The folder of secrets that agenix decrypts.
        agenix: Option<Agenix>,
        /// The file of secrets that sops-nix decrypts.
        sops: Option<Sops>,
        /// The secrets, by name.
        secrets: Map<Secret>,
        /// The destinations of notifications.
        notify: Option<Notify>,
        /// A scheduled check of the host's sites, backups, disks and mounts.
        smoke_test: Option<SmokeTest>,
        /// Jobs of your own for the host, by name: scripts and commands on a schedule. The unit of a job is `job-NAME`.
        jobs: Map<Job>,
        /// Podman itself.
        podman: Option<Podman>,
        /// Postgres on the host.
        postgres: Option<Postgres>,
        /// Valkey on the host.
        valkey: Option<Valkey>,
        /// ZFS.
        zfs: Option<Zfs>,
        /// Networks that services share, by name.
        networks: Map<Network>,
        /// The services, by name.
        services: Map<Service>,
        /// Other machines that use the services, by name: Macs that upload to a service.
        clients: Map<Client>,
        /// NixOS options of the host, as nested values.
        nixos: Option<Raw>,
        /// Diagnostics that are accepted everywhere, by code, each with the reason.
        allow: Allow,
    }
}

mapping! {
    /// A service: containers that belong together, with their sites.
    Service such as "{ containers: { server: { image: docker.io/example/notes:1.2.3 } } }" called "notes" {
        /// A short description. Default: the name of the service.
        description: Option<Text>,
        /// Enables the service; your own configuration can override it.
        enable: Flag = "true",
        /// The port on the host behind the service's site: the default of `homeserver.NAME.port`. An unused port is
        /// an error.
        port: Option<Number>,
        /// The preset of the service.
        #[allow(dead_code, reason = "presets are expanded before")]
        preset: Option<Text>,
        /// The arguments for the preset's parameters.
        #[allow(dead_code, reason = "presets are expanded before")]
        with: Option<Raw>,
        /// The site of the service.
        site: Option<Site>,
        /// Several sites, in place of `site`.
        sites: Sites,
        /// Names of shared networks for the service's containers, in place of the service's own network.
        networks: Vec<Text>,
        /// The named volumes of the service that have a name of their own in Podman, such as volumes that exist already. Any
        /// other named volume needs no declaration.
        volumes: Map<NamedVolume>,
        /// The containers of the service, by name.
        containers: Map<Container>,
        /// Resource limits of all containers of the service together.
        limits: Limits,
        /// The backups of the service, by name. `database` is the main backup: its job is `SERVICE-backup`.
        backup: Map<Backup>,
        /// Updates of the service's images.
        update: Option<Update>,
        /// Further updates of the service's images, by name, each with a repository and containers of its own.
        updates: Map<Update>,
        /// The clean-up of the service's data.
        cleanup: Option<Cleanup>,
        /// Jobs of your own for the service, by name: scripts and commands on a schedule. The unit of a job is
        /// `SERVICE-job-NAME`.
        jobs: Map<Job>,
        /// Sends a notification when a container or a unit of the service fails. The `notify` of a container
        /// overrides it. Default: `never`.
        notify: Option<Spanned<NotifyOn>>,
        /// NixOS options that belong to the service, as nested values.
        nixos: Option<Raw>,
        /// Units of NixOS that belong to the service, without `.service`. They stop and start with the service, and a
        /// restore stops them.
        units: Vec<Value<ServiceUnit>>,
        /// Secrets that the units need before they start. A changed secret restarts them.
        secrets: Vec<Value<SecretName>>,
        /// Mount points of `host.mounts` that the units need before they start.
        mounts: Vec<Value<AbsolutePath>>,
        /// Diagnostics that are accepted in the service, by code, each with the reason.
        allow: Allow,
    }
}
