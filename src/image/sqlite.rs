//! The applications that keep their data in SQLite: where the database is, and what moves it elsewhere.
//!
//! A row is an image. Folders and files are those of the image's documentation and Dockerfile.

use super::{Kind, Known, PROGRAM};

/// The database files of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sqlite {
    /// The files, relative to the folder of the data, the most important one first. A `*` stands for any name.
    pub files: &'static [&'static str],
    /// The environment variables that put the database elsewhere: on a server, or in a file whose path they hold.
    pub moved_by: &'static [&'static str],
}

impl Sqlite {
    /// Whether a variable, or the one for a file with its value, is one of [`Sqlite::moved_by`].
    pub fn is_moved_by(self, variable: &str) -> bool {
        self.moved_by.contains(&variable)
            || variable.strip_suffix("_FILE").is_some_and(|v| self.moved_by.contains(&v))
    }
}

const fn row(
    name: &'static str,
    repositories: &'static [&'static str],
    data: &'static str,
    files: &'static [&'static str],
    moved_by: &'static [&'static str],
) -> Known {
    Known { repositories, name, kind: Kind::Sqlite(Sqlite { files, moved_by }), data: Some(data), ..PROGRAM }
}

impl Known {
    /// The same row, with the environment variables that name another folder for the data.
    const fn from(self, data_from: &'static [&'static str]) -> Known {
        Known { data_from, ..self }
    }
}

/// What moves the database of Gitea.
const GITEA: &[&str] = &["GITEA__database__DB_TYPE", "DB_TYPE", "GITEA__database__PATH"];

/// The same for Forgejo.
const FORGEJO: &[&str] = &[
    "FORGEJO__database__DB_TYPE",
    "GITEA__database__DB_TYPE",
    "DB_TYPE",
    "FORGEJO__database__PATH",
    "GITEA__database__PATH",
];

/// The variants of images with `rootless` in their tags.
pub(super) const ROOTLESS: &[Known] = &[
    row("Forgejo's SQLite", &["forgejo/forgejo"], "/var/lib/gitea", &["data/gitea.db"], FORGEJO)
        .starts_as(1000),
    row("Gitea's SQLite", &["gitea/gitea"], "/var/lib/gitea", &["data/gitea.db"], GITEA).starts_as(1000),
];

/// The images, in the order of their names.
pub(super) const KNOWN: &[Known] = &[
    row(
        "Actual's SQLite",
        &["actualbudget/actual-server", "actualbudget/actual"],
        "/data",
        &["server-files/account.sqlite", "user-files/*"],
        &[],
    )
    .from(&["ACTUAL_DATA_DIR"]),
    row("Audiobookshelf's SQLite", &["advplyr/audiobookshelf"], "/config", &["absdatabase.sqlite"], &[])
        .from(&["CONFIG_PATH"]),
    row(
        "Authelia's SQLite",
        &["authelia/authelia"],
        "/config",
        &["db.sqlite3"],
        &[
            "AUTHELIA_STORAGE_LOCAL_PATH",
            "AUTHELIA_STORAGE_MYSQL_ADDRESS",
            "AUTHELIA_STORAGE_MYSQL_HOST",
            "AUTHELIA_STORAGE_MYSQL_PASSWORD",
            "AUTHELIA_STORAGE_POSTGRES_ADDRESS",
            "AUTHELIA_STORAGE_POSTGRES_HOST",
            "AUTHELIA_STORAGE_POSTGRES_PASSWORD",
        ],
    ),
    row(
        "Bazarr's SQLite",
        &["linuxserver/bazarr", "hotio/bazarr"],
        "/config",
        &["db/bazarr.db"],
        &["POSTGRES_ENABLED"],
    ),
    row("Beszel's SQLite", &["henrygd/beszel", "henrygd/beszel/beszel"], "/beszel_data", &["data.db"], &[]),
    row("Calibre-Web's SQLite", &["linuxserver/calibre-web"], "/config", &["app.db"], &[]),
    // An agent without the local API has no database.
    row(
        "CrowdSec's SQLite",
        &["crowdsecurity/crowdsec"],
        "/var/lib/crowdsec/data",
        &["crowdsec.db"],
        &["DISABLE_LOCAL_API"],
    ),
    row("Emby's SQLite", &["emby/embyserver", "linuxserver/emby"], "/config", &["data/library.db"], &[]),
    row("Forgejo's SQLite", &["forgejo/forgejo"], "/data", &["gitea/gitea.db"], FORGEJO),
    row("FreshRSS's SQLite", &["freshrss/freshrss"], "/var/www/FreshRSS/data", &["users/*"], &["DB_HOST"]),
    row(
        "FreshRSS's SQLite",
        &["linuxserver/freshrss"],
        "/config",
        &["www/freshrss/data/users/*"],
        &["DB_HOST"],
    ),
    row("Frigate's SQLite", &["blakeblackshear/frigate"], "/config", &["frigate.db"], &[]),
    row("Gitea's SQLite", &["gitea/gitea"], "/data", &["gitea/gitea.db"], GITEA),
    row("Gotify's SQLite", &["gotify/server"], "/app/data", &["gotify.db"], &["GOTIFY_DATABASE_DIALECT"]),
    row(
        "Grafana's SQLite",
        &["grafana/grafana", "grafana/grafana-oss"],
        "/var/lib/grafana",
        &["grafana.db"],
        &["GF_DATABASE_TYPE", "GF_DATABASE_URL"],
    )
    .from(&["GF_PATHS_DATA"])
    .starts_as(472),
    row("Grocy's SQLite", &["linuxserver/grocy"], "/config", &["data/grocy.db"], &[]),
    row(
        "Headscale's SQLite",
        &["headscale/headscale", "juanfont/headscale"],
        "/var/lib/headscale",
        &["db.sqlite"],
        &["HEADSCALE_DATABASE_TYPE", "HEADSCALE_DATABASE_SQLITE_PATH"],
    ),
    row("Heimdall's SQLite", &["linuxserver/heimdall"], "/config", &["www/app.sqlite"], &[]),
    row("Homarr's SQLite", &["homarr-labs/homarr"], "/appdata", &["db/db.sqlite"], &["DB_URL", "DB_HOST"]),
    row(
        "Home Assistant's SQLite",
        &["home-assistant/home-assistant", "homeassistant/home-assistant", "linuxserver/homeassistant"],
        "/config",
        &["home-assistant_v2.db"],
        &[],
    ),
    row(
        "Homebox's SQLite",
        &["sysadminsmedia/homebox", "hay-kot/homebox"],
        "/data",
        &["homebox.db"],
        &["HBOX_DATABASE_DRIVER", "HBOX_DATABASE_SQLITE_PATH"],
    ),
    row(
        "Jellyfin's SQLite",
        &["jellyfin/jellyfin"],
        "/config",
        &["data/jellyfin.db", "data/library.db"],
        &[],
    )
    .from(&["JELLYFIN_DATA_DIR"]),
    row(
        "Jellyfin's SQLite",
        &["linuxserver/jellyfin"],
        "/config",
        &["data/data/jellyfin.db", "data/data/library.db"],
        &[],
    ),
    row(
        "Jellyseerr's SQLite",
        &["fallenbagel/jellyseerr", "seerr-team/seerr"],
        "/app/config",
        &["db/db.sqlite3"],
        &["DB_TYPE"],
    )
    .from(&["CONFIG_DIRECTORY"]),
    row(
        "Kanboard's SQLite",
        &["kanboard/kanboard"],
        "/var/www/app/data",
        &["db.sqlite"],
        &["DATABASE_URL", "DB_DRIVER"],
    ),
    row("Karakeep's SQLite", &["karakeep-app/karakeep", "hoarder-app/hoarder"], "/data", &["db.db"], &[])
        .from(&["DATA_DIR"]),
    row("Kavita's SQLite", &["jvmilazz0/kavita", "kareadita/kavita"], "/kavita/config", &["kavita.db"], &[]),
    row("Komga's SQLite", &["gotson/komga"], "/config", &["database.sqlite", "tasks.sqlite"], &[])
        .from(&["KOMGA_CONFIGDIR"]),
    row(
        "Lidarr's SQLite",
        &["linuxserver/lidarr", "hotio/lidarr"],
        "/config",
        &["lidarr.db"],
        &["LIDARR__POSTGRES__HOST", "LIDARR__POSTGRES_HOST"],
    ),
    row(
        "Linkding's SQLite",
        &["sissbruecker/linkding"],
        "/etc/linkding/data",
        &["db.sqlite3"],
        &["LD_DB_ENGINE"],
    ),
    row("LLDAP's SQLite", &["lldap/lldap"], "/data", &["users.db"], &["LLDAP_DATABASE_URL"]),
    row("Mealie's SQLite", &["mealie-recipes/mealie"], "/app/data", &["mealie.db"], &["DB_ENGINE"])
        .from(&["DATA_DIR"]),
    row(
        "Memos' SQLite",
        &["neosmemo/memos", "usememos/memos"],
        "/var/opt/memos",
        &["memos_prod.db"],
        &["MEMOS_DRIVER"],
    )
    .from(&["MEMOS_DATA"]),
    row("n8n's SQLite", &["n8nio/n8n"], "/home/node/.n8n", &["database.sqlite"], &["DB_TYPE"])
        .from(&["N8N_USER_FOLDER/.n8n"])
        .starts_as(1000),
    row(
        "Navidrome's SQLite",
        &["deluan/navidrome", "navidrome/navidrome"],
        "/data",
        &["navidrome.db"],
        &["ND_DBPATH"],
    )
    .from(&["ND_DATAFOLDER"]),
    row(
        "Nginx Proxy Manager's SQLite",
        &["jc21/nginx-proxy-manager"],
        "/data",
        &["database.sqlite"],
        &["DB_MYSQL_HOST", "DB_POSTGRES_HOST", "DB_SQLITE_FILE"],
    ),
    row(
        "Open WebUI's SQLite",
        &["open-webui/open-webui"],
        "/app/backend/data",
        &["webui.db"],
        &["DATABASE_URL"],
    )
    .from(&["DATA_DIR"]),
    row("Overseerr's SQLite", &["sctx/overseerr"], "/app/config", &["db/db.sqlite3"], &[])
        .from(&["CONFIG_DIRECTORY"]),
    row("Overseerr's SQLite", &["linuxserver/overseerr"], "/config", &["db/db.sqlite3"], &[]),
    row(
        "Paperless' SQLite",
        &["paperless-ngx/paperless-ngx", "paperlessngx/paperless-ngx"],
        "/usr/src/paperless/data",
        &["db.sqlite3"],
        &["PAPERLESS_DBHOST", "PAPERLESS_DBENGINE"],
    )
    .from(&["PAPERLESS_DATA_DIR"]),
    row(
        "PhotoPrism's SQLite",
        &["photoprism/photoprism"],
        "/photoprism/storage",
        &["index.db"],
        &["PHOTOPRISM_DATABASE_DRIVER", "PHOTOPRISM_DATABASE_SERVER"],
    )
    .from(&["PHOTOPRISM_STORAGE_PATH"]),
    row("Pi-hole's SQLite", &["pihole/pihole"], "/etc/pihole", &["gravity.db", "pihole-FTL.db"], &[]),
    row(
        "Plex's SQLite",
        &["plexinc/pms-docker", "linuxserver/plex"],
        "/config",
        &[
            "Library/Application Support/Plex Media Server/Plug-in Support/Databases/com.plexapp.plugins.library.db",
        ],
        &[],
    ),
    row(
        "Pocket ID's SQLite",
        &["pocket-id/pocket-id"],
        "/app/data",
        &["pocket-id.db"],
        &["DB_CONNECTION_STRING", "DB_PROVIDER"],
    ),
    row(
        "Prowlarr's SQLite",
        &["linuxserver/prowlarr", "hotio/prowlarr"],
        "/config",
        &["prowlarr.db"],
        &["PROWLARR__POSTGRES__HOST", "PROWLARR__POSTGRES_HOST"],
    ),
    row(
        "Radarr's SQLite",
        &["linuxserver/radarr", "hotio/radarr"],
        "/config",
        &["radarr.db"],
        &["RADARR__POSTGRES__HOST", "RADARR__POSTGRES_HOST"],
    ),
    row(
        "Readarr's SQLite",
        &["linuxserver/readarr", "hotio/readarr"],
        "/config",
        &["readarr.db"],
        &["READARR__POSTGRES__HOST"],
    ),
    row(
        "Sonarr's SQLite",
        &["linuxserver/sonarr", "hotio/sonarr"],
        "/config",
        &["sonarr.db"],
        &["SONARR__POSTGRES__HOST", "SONARR__POSTGRES_HOST"],
    ),
    row(
        "Tautulli's SQLite",
        &["tautulli/tautulli", "linuxserver/tautulli"],
        "/config",
        &["tautulli.db"],
        &[],
    ),
    row(
        "Trilium's SQLite",
        &["triliumnext/notes", "triliumnext/trilium", "zadam/trilium"],
        "/home/node/trilium-data",
        &["document.db"],
        &[],
    )
    .from(&["TRILIUM_DATA_DIR"]),
    row(
        "Uptime Kuma's SQLite",
        &["louislam/uptime-kuma"],
        "/app/data",
        &["kuma.db"],
        &["UPTIME_KUMA_DB_TYPE"],
    )
    .from(&["DATA_DIR"]),
    row(
        "Vaultwarden's SQLite",
        &["vaultwarden/server", "dani-garcia/vaultwarden"],
        "/data",
        &["db.sqlite3"],
        &["DATABASE_URL"],
    )
    .from(&["DATA_FOLDER"]),
    row(
        "Vikunja's SQLite",
        &["vikunja/vikunja"],
        "/db",
        &["vikunja.db"],
        &["VIKUNJA_DATABASE_TYPE", "VIKUNJA_DATABASE_PATH"],
    )
    .starts_as(1000),
    // Until 14 it has no database.
    Known {
        major: Some(15),
        ..row("wg-easy's SQLite", &["wg-easy/wg-easy"], "/etc/wireguard", &["wg-easy.db"], &[])
    },
    row(
        "Whisparr's SQLite",
        &["hotio/whisparr"],
        "/config",
        &["whisparr2.db"],
        &["WHISPARR__POSTGRES__HOST"],
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::KNOWN;

    #[test]
    fn rows_are_in_order_and_an_image_has_one() {
        assert!(KNOWN.windows(2).all(|w| w[0].name.to_lowercase() <= w[1].name.to_lowercase()));
        let mut seen = HashSet::new();
        assert!(KNOWN.iter().flat_map(|k| k.repositories).all(|image| seen.insert(image)));
    }
}
