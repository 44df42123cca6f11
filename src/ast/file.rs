//! The file, the host, and services.

use schemars::json_schema;

use super::scalar::*;
use super::{
    Allow, Backup, Caddy, Cleanup, Client, Container, Network, Notify, Secret, Site, Sites, SmokeTest, Tell,
    Update,
};
use crate::form::{Address, Calendar, Domain, Duration, Interface, MountOption, NfsExport, Owner, Size};
use crate::shape::{keyword, mapping, schema};
use crate::tree::Text;
use crate::value::Value;

mapping! {
    /// A home server in one file.
    File such as "{ homegen: 1, host: { name: nas, nixos: \"26.05\", timezone: Europe/Berlin } }" {
        /// The version of this language: 1.
        homegen: Number,
        /// The machine.
        host: Host,
        /// Values with names: any tree. `${a.b}` refers to them from everywhere in the file.
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
        /// A regular look at what runs here.
        smoke_test: Option<SmokeTest>,
        /// Podman itself.
        podman: Option<Podman>,
        /// Networks that services share, by name.
        networks: Map<Network>,
        /// The services, by name.
        services: Map<Service>,
        /// The Macs that upload to a service, by name.
        clients: Map<Client>,
        /// NixOS options of the host, as nested values.
        nixos: Option<Raw>,
        /// Diagnostics that are accepted everywhere, each by its code and with the reason.
        allow: Allow,
    }
}

mapping! {
    /// The machine that the output is for.
    Host such as "{ name: nas, nixos: \"26.05\", timezone: Europe/Berlin }" {
        /// Its name, `networking.hostName`.
        name: Value<Domain>,
        /// The NixOS release.
        nixos: Release,
        /// The time zone of the host and of every container, such as `Europe/Berlin`.
        timezone: TimeZone,
        /// Its memory, which the limits are held against.
        memory: Option<Value<Size>>,
        /// Its file systems, by mount point.
        mounts: Map<Mount>,
        /// Diagnostics that are accepted here, each by its code and with the reason.
        allow: Allow,
    }
}

keyword! {
    /// The releases of NixOS that homegen writes for.
    Release {
        /// November 2025.
        R2511 = "25.11",
        /// May 2026.
        R2605 = "26.05",
        /// November 2026.
        R2611 = "26.11",
    }
}

/// The name of a time zone.
#[derive(Clone, Debug)]
pub struct TimeZone(pub Text);

schema!(
    TimeZone,
    |_g| json_schema!({ "type": "string", "pattern": r"^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$" })
);

mapping! {
    /// A file system. With `nfs` it is emitted; otherwise the host's own configuration mounts it, and
    /// this describes it.
    Mount such as "{ nfs: nas.lan:/export }" or nothing called "/mnt/nas" {
        /// `server:/path` of an NFS export.
        nfs: Option<Value<NfsExport>>,
        /// Options of the mount, for NFS.
        options: Vec<Value<MountOption>>,
        /// Mount on first access, for NFS.
        automount: Flag = "false",
        /// Whether the host boots without it. Containers that need it wait either way.
        nofail: Option<Flag>,
    }
}

mapping! {
    /// The tailnet.
    Tailscale such as "{ address: 100.64.0.7 }" {
        /// The host's address in it.
        address: Value<Address>,
        /// How long one attempt waits for the address after boot.
        wait: Value<Duration> = "60s",
        /// The interface.
        interface: Value<Interface> = "tailscale0",
        /// Diagnostics that are accepted here, each by its code and with the reason.
        allow: Allow,
    }
}

mapping! {
    /// agenix, <https://github.com/ryantm/agenix>.
    Agenix such as "{ directory: secrets }" {
        /// The folder of the `.age` files, relative to this file.
        directory: Text,
    }
}

mapping! {
    /// Podman.
    Podman such as "{ prune: weekly }" or nothing {
        /// When unused images, containers and networks are removed: `false`, or a time.
        prune: Prune = "weekly",
        /// Whether `docker` is an alias of `podman`.
        docker_compat: Flag = "false",
        /// Whether there is a Docker-compatible socket at /run/docker.sock.
        docker_socket: Flag = "false",
        /// Whether there is the command `homeserver`, for logs, a shell in a container, and psql.
        commands: Flag = "false",
        /// The users in the group `podman`, who may talk to that socket.
        users: Vec<Value<Owner>>,
    }
}

/// `false`, or when to prune.
#[derive(Clone, Debug)]
pub enum Prune {
    /// Never.
    Never,
    /// At these times.
    At(Value<Calendar>),
}

schema!(Prune, |g| {
    let at = g.subschema_for::<Value<Calendar>>();
    json_schema!({ "anyOf": [{ "const": false }, at] })
});

mapping! {
    /// A stack of containers, with its sites.
    Service such as "{ containers: { server: { image: docker.io/example/notes:1.2.3 } } }" called "notes" {
        /// What it is, in a few words.
        description: Option<Text>,
        /// Whether it is on until the owner says otherwise.
        enable: Flag = "true",
        /// The port on the host behind its site.
        port: Option<Number>,
        /// The preset that it starts from.
        preset: Option<Text>,
        /// The preset's parameters.
        with: Option<Raw>,
        /// Its site.
        site: Option<Site>,
        /// Its sites, if there are several.
        sites: Sites,
        /// The shared networks its containers are on, in place of one of its own.
        networks: Vec<Text>,
        /// Its containers, by name.
        containers: Map<Container>,
        /// Its backups, by name. The one called `database` is the service's own.
        backup: Map<Backup>,
        /// Its updates.
        update: Option<Update>,
        /// Its clean-up.
        cleanup: Option<Cleanup>,
        /// Whether somebody is told when one of its containers fails. What a container says wins. Default: never.
        notify: Option<Spanned<Tell>>,
        /// NixOS options that belong to it, as nested values.
        nixos: Option<Raw>,
        /// Diagnostics that are accepted in it, each by its code and with the reason.
        allow: Allow,
    }
}
