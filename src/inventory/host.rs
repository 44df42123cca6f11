//! The host itself.

/// The host itself.
#[derive(Debug)]
pub(crate) struct Host {
    /// The name.
    pub name: String,
    /// The NixOS release.
    pub release: &'static str,
    /// The time zone.
    pub timezone: String,
    /// The file.
    pub file: String,
    /// True if the command `homeserver` is installed.
    pub has_command: bool,
    /// True if a container of the host runs Postgres, or the host does.
    pub has_postgres: bool,
    /// True if a container of the host runs Valkey or Redis, or the host runs Valkey.
    pub has_valkey: bool,
    /// True if the host runs Postgres.
    pub runs_postgres: bool,
    /// True if the host runs Valkey.
    pub runs_valkey: bool,
    /// The address in the tailnet.
    pub tailnet: Option<String>,
    /// True if the unit `tailscale-address` waits for that address, for Caddy.
    pub caddy_waits_for_tailnet: bool,
    /// The destinations of notifications.
    pub notify: Vec<&'static str>,
    /// The unit of Caddy, if it serves sites.
    pub caddy: Option<&'static str>,
    /// The certificates of Caddy.
    pub certificates: Option<Certificates>,
    /// True if HAProxy serves sites.
    pub haproxy: bool,
    /// The unit of the tunnel of Cloudflare.
    pub tunnel: Option<String>,
    /// The datasets of ZFS with snapshots.
    pub datasets: Vec<String>,
    /// The schedule of `podman system prune`.
    pub prune: Option<String>,
}

/// The source of the certificates.
#[derive(Debug)]
pub(crate) enum Certificates {
    /// `security.acme`, with the names of the certificates.
    Acme(Vec<String>),
    /// Caddy itself.
    Caddy,
    /// The tailnet.
    Tailscale,
    /// An authority of Caddy's own.
    Internal,
}
