//! The source of a bind mount: decides whether homegen creates a folder there.

use crate::filesystem::SYSTEM;
use crate::path::is_below;
use crate::setting::Volume;

/// The treatment of the source of a bind mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Treatment {
    /// homegen creates a folder.
    Created,
    /// homegen creates nothing: the source is mounted read-only, is a file, or is a mount point.
    Left,
    /// The source is in a system folder, where homegen creates nothing.
    System,
    /// The name is ambiguous: a file or a folder.
    Unclear,
    /// The source is a file with an owner, a group or a mode, which homegen sets only for folders.
    OwnedFile,
}

/// The treatment of the source `path` of `volume`. `is_mount_point` reports that a disk is mounted there.
pub(crate) fn treatment(volume: &Volume, path: &str, is_mount_point: bool) -> Treatment {
    let kind = kind(path, &volume.target.value());
    // An owner or a mode marks an ambiguous name as a folder.
    if volume.owner.is_some() || volume.group.is_some() || volume.mode.is_some() {
        return if kind == Kind::File { Treatment::OwnedFile } else { Treatment::Created };
    }
    if is_mount_point || volume.options.iter().any(|option| option.value() == "ro") {
        return Treatment::Left;
    }
    match kind {
        Kind::File => Treatment::Left,
        _ if is_system(path) => Treatment::System,
        Kind::Unclear => Treatment::Unclear,
        Kind::Folder => Treatment::Created,
    }
}

/// The kind of a path, guessed from its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
    Unclear,
}

/// Guesses whether a file or a folder is mounted, from the paths on the host and in the container.
fn kind(source: &str, target: &str) -> Kind {
    if source.ends_with('/') {
        return Kind::Folder;
    }
    let (name, in_container) = (last_step(source), last_step(target));
    match (kind_of_name(name), kind_of_name(in_container)) {
        (Kind::File, _) => Kind::File,
        // `passwords` on the host is a file if it is `/mosquitto/config/passwd` in the container.
        (_, Kind::File) if !name.ends_with(".d") => Kind::File,
        _ if is_file_target(target) => Kind::File,
        (Kind::Folder, _) if is_below(target, "/etc") && AMBIGUOUS_IN_ETC.contains(&name) => Kind::Unclear,
        (kind, _) => kind,
    }
}

/// Reports whether a path in the container is a file. A secret of Compose is always a file.
fn is_file_target(target: &str) -> bool {
    FILE_TARGETS.contains(&target)
        || target.strip_prefix("/run/secrets/").is_some_and(|name| !name.is_empty())
}

/// Reports whether a path is in a folder that NixOS or the kernel fills.
pub(crate) fn is_system(path: &str) -> bool {
    SYSTEM.iter().any(|system| is_below(path, system))
}

/// Reports whether a file is mounted, judged by the names on the host and in the container.
pub(crate) fn is_file(source: &str, target: &str) -> bool {
    kind(source, target) == Kind::File
}

/// True if a source that is mounted on `target` can hold data of a container: a volume, or a folder outside the system
/// folders.
pub(crate) fn may_be_data(source: &str, target: &str) -> bool {
    let is_file = source.starts_with('/') && is_file(source, target);
    source != "/" && !is_file && !is_system_source(source)
}

/// True if a source is in a folder of the system, which holds no data of containers.
pub(crate) fn is_system_source(source: &str) -> bool {
    const SYSTEM: &[&str] =
        &["/boot", "/dev", "/etc", "/nix", "/proc", "/run", "/sys", "/tmp", "/usr", "/var/run"];
    SYSTEM.iter().any(|system| is_below(source, system))
}

fn last_step(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

/// Guesses the kind of a name with a table of names and extensions, because a text after a dot may also be a version
/// (`search_v1.12`), a domain (`example.org`) or the `.d` of a folder of fragments (`conf.d`).
fn kind_of_name(name: &str) -> Kind {
    if FILES.contains(&name) {
        return Kind::File;
    }
    // `db_password`, and `pskfile` or `Vagrantfile`, but not `profile`.
    let is_marked = FILE_SUFFIXES.iter().any(|suffix| name.ends_with(suffix));
    if is_marked || name.ends_with("file") && name != "file" && !name.ends_with("profile") {
        return Kind::File;
    }
    if AMBIGUOUS.contains(&name) {
        return Kind::Unclear;
    }
    let Some((stem, ending)) = name.rsplit_once('.') else { return Kind::Folder };
    if is_ending(ending) && !stem.is_empty() || stem.ends_with(".so") {
        return Kind::File;
    }
    let is_version = ending.starts_with(|c: char| c.is_ascii_digit());
    // `.config` and `.ssh` are folders.
    if stem.is_empty() || ending == "d" || is_version { Kind::Folder } else { Kind::Unclear }
}

fn is_ending(ending: &str) -> bool {
    ENDINGS.binary_search(&ending.to_ascii_lowercase().as_str()).is_ok()
}

/// The suffixes of file names that follow variables such as `DB_PASSWORD_FILE`.
const FILE_SUFFIXES: &[&str] =
    &["_key", "_passphrase", "_passwd", "_password", "_psk", "_secret", "_token", "credentials"];

/// Names that are common for both files and folders.
const AMBIGUOUS: &[&str] =
    &["allowlist", "blacklist", "blocklist", "denylist", "entrypoint", "jwt", "pw", "whitelist", "zone"];

/// Names of folders that are often files in /etc.
const AMBIGUOUS_IN_ETC: &[&str] =
    &["aliases", "canonical", "exports", "relay_domains", "transport", "users", "virtual"];

/// The paths of files of Unix, NFS and Postfix without an extension.
const FILE_TARGETS: &[&str] = &[
    "/etc/aliases",
    "/etc/environment",
    "/etc/exports",
    "/etc/postfix/access",
    "/etc/postfix/aliases",
    "/etc/postfix/canonical",
    "/etc/postfix/relay_domains",
    "/etc/postfix/transport",
    "/etc/postfix/virtual",
];

/// The names of files without a stem or without an extension.
const FILES: &[&str] = &[
    ".bashrc",
    ".env",
    ".erlang.cookie",
    ".gitconfig",
    ".htaccess",
    ".htpasswd",
    ".netrc",
    ".npmrc",
    ".pgpass",
    ".profile",
    ".vimrc",
    ".zshrc",
    "LICENSE",
    "README",
    "acl",
    "authorized_keys",
    "crontab",
    "dhparam",
    "dhparams",
    "fstab",
    "group",
    "gshadow",
    "hostname",
    "hosts",
    "htpasswd",
    "id_ecdsa",
    "id_ed25519",
    "id_rsa",
    "known_hosts",
    "localtime",
    "machine-id",
    "mime.types",
    "motd",
    "mtab",
    "os-release",
    "passphrase",
    "passwd",
    "password",
    "passwords",
    "psk",
    "shadow",
    "smbpasswd",
    "ssh_config",
    "ssh_host_ecdsa_key",
    "ssh_host_ed25519_key",
    "ssh_host_rsa_key",
    "sshd_config",
    "subgid",
    "subuid",
    "sudoers",
    "timezone",
    "token",
];

/// File extensions, in order.
const ENDINGS: &[&str] = &[
    "7z",
    "acl",
    "age",
    "asc",
    "avi",
    "bak",
    "bash",
    "bin",
    "bz2",
    "ca-bundle",
    "cer",
    "cert",
    "cfg",
    "cgi",
    "cnf",
    "conf",
    "config",
    "cookie",
    "crl",
    "crt",
    "css",
    "csv",
    "dat",
    "db",
    "db3",
    "deb",
    "der",
    "dump",
    "env",
    "example",
    "exe",
    "flac",
    "gif",
    "gpg",
    "graphql",
    "gz",
    "hcl",
    "htm",
    "html",
    "htpasswd",
    "ico",
    "img",
    "ini",
    "iso",
    "j2",
    "jar",
    "jks",
    "jpeg",
    "jpg",
    "js",
    "json",
    "json5",
    "jsonc",
    "jwt",
    "kdbx",
    "key",
    "keystore",
    "ldif",
    "list",
    "lock",
    "log",
    "lua",
    "md",
    "mjs",
    "mkv",
    "mmdb",
    "mp3",
    "mp4",
    "onnx",
    "ovpn",
    "p12",
    "passwd",
    "password",
    "patch",
    "pdf",
    "pem",
    "pfx",
    "pgpass",
    "php",
    "pid",
    "pl",
    "png",
    "policy",
    "properties",
    "ps1",
    "pub",
    "py",
    "qcow2",
    "rb",
    "rego",
    "repo",
    "rs",
    "rules",
    "secret",
    "service",
    "sh",
    "so",
    "sock",
    "socket",
    "sql",
    "sqlite",
    "sqlite3",
    "svg",
    "sys",
    "tar",
    "tgz",
    "tmpl",
    "token",
    "toml",
    "tpl",
    "ts",
    "ttf",
    "txt",
    "vcl",
    "war",
    "webp",
    "woff",
    "woff2",
    "xml",
    "xsl",
    "xz",
    "yaml",
    "yml",
    "zip",
    "zone",
    "zsh",
    "zst",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_are_sorted() {
        assert!(ENDINGS.windows(2).all(|w| w[0] < w[1]));
    }

    #[test]
    fn files_and_folders_are_distinguished_by_their_names() {
        for (source, target, expected) in [
            ("/srv/app", "/data", Kind::Folder),
            ("/srv/conf.d", "/etc/nginx/conf.d", Kind::Folder),
            ("/srv/conf.d", "/etc/app.conf", Kind::Folder),
            ("/srv/search_v1.12", "/data", Kind::Folder),
            ("/srv/.config/", "/config", Kind::Folder),
            ("/srv/mqtt/passwd", "/mosquitto/config/passwd", Kind::File),
            ("/srv/mqtt/users", "/mosquitto/config/passwd", Kind::File),
            ("/srv/caddy/Caddyfile", "/etc/caddy/Caddyfile", Kind::File),
            ("/srv/app/.env", "/app/.env", Kind::File),
            ("/srv/libcuda.so.1", "/usr/lib/libcuda.so.1", Kind::File),
            ("/srv/dump.7z", "/dump.7z", Kind::File),
            ("/srv/app/config.YAML", "/config.yml", Kind::File),
            ("/srv/example.org", "/var/www/html", Kind::Unclear),
            ("/srv/rules.xyz", "/etc/app.conf", Kind::File),
            ("/srv/example.org/", "/var/www/html", Kind::Folder),
            ("/srv/mqtt/pskfile", "/mosquitto/psk", Kind::File),
            ("/srv/firefox/profile", "/config", Kind::Folder),
            ("/srv/app/db_password", "/app/pw", Kind::File),
            ("/srv/self-service-password", "/var/www/conf", Kind::Folder),
            ("/srv/app/postgres-password", "/run/secrets/db", Kind::File),
            ("/srv/mail/virtual", "/etc/postfix/virtual", Kind::File),
            ("/srv/app/users", "/data/users", Kind::Folder),
            ("/srv/app/users", "/etc/app/users", Kind::Unclear),
            ("/srv/dns/zone", "/zones/home", Kind::Unclear),
        ] {
            assert_eq!(kind(source, target), expected, "{source}:{target}");
        }
    }
}
