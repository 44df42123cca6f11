//! Maps paths in containers to paths on the host, and finds the containers that mount a host path. Functions of the
//! [`hir`](crate::hir).

use std::collections::HashMap;

use serde::Serialize;

use crate::hir::{Container, Host, Id, Service};
use crate::path::{Folders, ancestors, is_below, is_path};
use crate::podman::bind::binds;
use crate::setting::{Volume, VolumeSource};
use crate::source::Span;
use crate::tree::Text;

/// A mount of a host path or a Podman volume in a container. Both paths end with `/`, so that replacing one prefix with the
/// other maps every path below.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bound {
    /// The container's name on the host.
    pub container: String,
    /// The path in the container.
    pub from: String,
    /// The path on the host.
    pub to: String,
}

/// The reason for which a path has no unique path on the host.
#[derive(Debug, PartialEq, Eq)]
pub enum MapError {
    /// The path is not absolute, or has parts such as `..`, which only the container can resolve.
    NoPath,
    /// The service has no container with this name. The names of its containers.
    NoContainer(Vec<String>),
    /// No host path is mounted there. The mounts of the containers.
    Uncovered(Vec<Bound>),
    /// The containers map the path differently. Each container with its path on the host.
    Ambiguous(Vec<(String, String)>),
}

/// The mounts of a service's containers, the longest path first. `container` selects a container by its name on the host or
/// in the service.
pub fn bound(service: &Service, container: Option<&str>) -> Result<Vec<Bound>, MapError> {
    let mut all: Vec<Bound> = chosen(service, container)?.into_iter().flat_map(bound_in).collect();
    all.sort_by(|a, b| (b.from.len(), &a.from, &a.container).cmp(&(a.from.len(), &b.from, &b.container)));
    Ok(all)
}

/// Maps a path in the containers of a service to the host.
pub fn on_host(service: &Service, container: Option<&str>, path: &str) -> Result<String, MapError> {
    let path = squeezed(path);
    if !is_path(&path) {
        return Err(MapError::NoPath);
    }
    let mounted: Vec<(&Container, Mounted)> =
        chosen(service, container)?.into_iter().map(|c| (c, Mounted::of(c))).collect();
    match on_host_in(&mounted, &path) {
        Err(MapError::Uncovered(_)) => Err(MapError::Uncovered(bound(service, container)?)),
        found => found,
    }
}

/// Maps a path in these containers to the host. Suited for many paths of the same containers.
pub(crate) fn on_host_in(containers: &[(&Container, Mounted)], path: &str) -> Result<String, MapError> {
    let found = containers
        .iter()
        .filter_map(|(container, mounted)| Some((container.name.to_string(), mounted.on_host(path)?)));
    let found: Vec<(String, String)> = found.collect();
    match found.as_slice() {
        [] => Err(MapError::Uncovered(Vec::new())),
        [(_, first), rest @ ..] if rest.iter().all(|(_, other)| other == first) => Ok(first.clone()),
        _ => Err(MapError::Ambiguous(found)),
    }
}

/// The mounts of a container by path. As in the kernel, the innermost mount counts, and a tmpfs hides everything below it.
#[derive(Debug)]
pub struct Mounted(Folders<(String, Option<String>)>);

impl Mounted {
    /// The mounts of `container`.
    pub(crate) fn of(container: &Container) -> Mounted {
        let volumes = container.volumes.iter().map(|v| (squeezed(&v.target.value()), source(v)));
        let in_memory = container.settings.tmpfs.0.iter().map(|tmpfs| {
            let written = tmpfs.text.value();
            (squeezed(written.split(':').next().unwrap_or_default()), None)
        });
        let all = volumes.chain(in_memory);
        Mounted(Folders::of(all.map(|(target, source)| (target.clone(), (target, source)))))
    }

    /// Maps a path in the container to the host.
    pub fn on_host(&self, path: &str) -> Option<String> {
        let (target, source) = self.0.innermost(path)?;
        let rest = path.strip_prefix(target.trim_end_matches('/'))?;
        let on_host = format!("{}{rest}", squeezed(source.as_ref()?).trim_end_matches('/'));
        Some(if on_host.is_empty() { "/".to_owned() } else { on_host })
    }

    /// Reports whether a host path is visible through a volume of the container.
    pub fn shows(&self, volume: &Volume, path: &str) -> bool {
        let path = squeezed(path);
        let Some(source) = source(volume).map(|source| squeezed(&source)) else { return false };
        let Some(rest) = path.strip_prefix(source.trim_end_matches('/')).filter(|_| is_below(&path, &source))
        else {
            return false;
        };
        // Another mount may hide it.
        let target = squeezed(&volume.target.value());
        let inside = format!("{}{rest}", target.trim_end_matches('/'));
        self.on_host(&inside).as_deref() == Some(path.as_str())
    }
}

/// The host folders that containers write to. Not only root controls their content.
pub struct WritableFolders(HashMap<String, FolderWriter>);

/// A container that writes to a host folder.
pub struct FolderWriter {
    /// The folder.
    pub folder: Text,
    /// The container.
    pub(crate) container: Id<Container>,
    /// The declared user of the container.
    pub user: Option<String>,
    /// The volume.
    pub span: Span,
}

impl WritableFolders {
    /// Collects the folders of a host. A container that writes to `/` controls the host anyway, and is left out.
    pub fn of(host: &Host) -> WritableFolders {
        let mut all = HashMap::new();
        for container in host.containers() {
            for (folder, span) in written_by(container) {
                let path = folder.value().trim_end_matches('/').to_owned();
                if path.is_empty() {
                    continue;
                }
                all.entry(path).or_insert_with(|| FolderWriter {
                    folder,
                    container: container.name.clone(),
                    user: container.settings.user.as_ref().map(|user| user.text.value()),
                    span,
                });
            }
        }
        WritableFolders(all)
    }

    /// The outermost folder that is or contains a path.
    pub fn holding(&self, path: &str) -> Option<&FolderWriter> {
        ancestors(path).filter_map(|folder| self.0.get(folder)).last()
    }

    /// The outermost folder that contains a path, excluding the path itself.
    pub fn above(&self, path: &str) -> Option<&FolderWriter> {
        ancestors(path).skip(1).filter_map(|folder| self.0.get(folder)).last()
    }
}

/// The folders of the host that a container mounts and can write to, with the spans of the mounts.
pub(crate) fn written_by(container: &Container) -> impl Iterator<Item = (Text, Span)> {
    let is_writable = |volume: &&Volume| volume.options.iter().all(|option| option.value() != "ro");
    let volumes = container.volumes.iter().filter(is_writable);
    let volumes = volumes.filter_map(|volume| match &volume.source {
        VolumeSource::Bind(folder) => Some((folder.clone(), volume.span)),
        VolumeSource::Named(_) | VolumeSource::Tmpfs => None,
    });
    let arguments = binds(&container.settings.podman_args).filter(|bind| !bind.is_read_only());
    let arguments = arguments.map(|bind| (Text::literal(bind.source, bind.span), bind.span));
    volumes.chain(arguments)
}

fn chosen<'a>(service: &'a Service, name: Option<&str>) -> Result<Vec<&'a Container>, MapError> {
    let Some(name) = name else { return Ok(service.containers.iter().collect()) };
    match service.containers.iter().find(|c| c.short == name || c.name.as_str() == name) {
        Some(container) => Ok(vec![container]),
        None => Err(MapError::NoContainer(service.containers.iter().map(|c| c.short.clone()).collect())),
    }
}

fn bound_in(container: &Container) -> impl Iterator<Item = Bound> {
    container.volumes.iter().filter_map(|volume| {
        Some(Bound {
            container: container.name.to_string(),
            from: folder(&volume.target.value()),
            to: folder(&source(volume)?),
        })
    })
}

/// The path of a volume on the host. `None` for a tmpfs.
pub fn source(volume: &Volume) -> Option<String> {
    match &volume.source {
        VolumeSource::Bind(source) => Some(source.value()),
        VolumeSource::Named(name) => Some(volume_folder(&name.value())),
        VolumeSource::Tmpfs => None,
    }
}

/// The path of a Podman volume on the host.
pub fn volume_folder(name: &str) -> String {
    format!("{VOLUMES}/{name}/_data")
}

/// The folder of the volumes of rootful containers (containers-storage.conf(5), graphroot). NixOS sets the same
/// (virtualisation.containers.storage.settings).
pub const VOLUMES: &str = "/var/lib/containers/storage/volumes";

/// Removes repeated slashes. A trailing slash stays, as the user may want it for a folder.
fn squeezed(path: &str) -> String {
    let mut squeezed = String::with_capacity(path.len());
    for c in path.chars() {
        if c != '/' || !squeezed.ends_with('/') {
            squeezed.push(c);
        }
    }
    squeezed
}

fn folder(path: &str) -> String {
    format!("{}/", squeezed(path).trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file_context::FileContext;

    fn host(containers: &str) -> Host {
        let text = format!(
            "homegen: 1\nhost: {{ name: box, nixos: \"26.05\", timezone: Europe/Berlin }}\nconstants: {{ data: /srv }}\nservices:\n  app:\n    containers:\n{containers}"
        );
        let linked = crate::link("homeserver.yaml", text.as_bytes(), &FileContext::default());
        linked.host.unwrap_or_else(|| panic!("{:?}", linked.diagnostics))
    }

    fn map_path(host: &Host, container: Option<&str>, path: &str) -> Result<String, MapError> {
        on_host(&host.services[0], container, path)
    }

    const NESTED: &str = r#"
      web:
        image: docker.io/library/nginx:1.27
        tmpfs: [/up/tmp]
        volumes:
          - "${data}/up:/up"
          - "${data}/cache/:/up/up/"
          - "kept:/up/kept"
          - "/etc/localtime:/etc/localtime:ro"
"#;

    #[test]
    fn a_path_maps_through_its_longest_mount_path() {
        let host = host(NESTED);
        for (path, on_host) in [
            ("/up/a.png", "/srv/up/a.png"),
            ("/up", "/srv/up"),
            ("/up/", "/srv/up/"),
            ("/up/up", "/srv/cache"),
            ("/up/up/x/y.png", "/srv/cache/x/y.png"),
            ("/up//up///x", "/srv/cache/x"),
            ("/up/upper/x", "/srv/up/upper/x"),
            ("/up/kept/x", "/var/lib/containers/storage/volumes/app_kept/_data/x"),
            ("/etc/localtime", "/etc/localtime"),
        ] {
            assert_eq!(map_path(&host, None, path).as_deref(), Ok(on_host), "{path}");
        }
    }

    #[test]
    fn paths_outside_of_the_mounts_and_invalid_paths_are_errors() {
        let host = host(NESTED);
        for path in ["/", "/upper", "/up/tmp/x", "/etc"] {
            assert!(matches!(map_path(&host, None, path), Err(MapError::Uncovered(_))), "{path}");
        }
        for path in ["", "up/a.png", "/up/../etc/passwd", "/up/./a", "/up/a\nb"] {
            assert_eq!(map_path(&host, None, path), Err(MapError::NoPath), "{path}");
        }
    }

    #[test]
    fn a_file_is_visible_unless_another_mount_hides_it() {
        let host = host(
            r#"
      whole: { image: "docker.io/library/nginx:1.27", volumes: ["/:/host:ro"] }
      file: { image: "docker.io/library/nginx:1.27", volumes: ["${data}/a/db:/db"] }
      hides: { image: "docker.io/library/nginx:1.27", tmpfs: [/data/a], volumes: ["/srv/:/data/"] }
      twice: { image: "docker.io/library/nginx:1.27", tmpfs: [/data/a], volumes: ["/srv:/data", "/srv/a:/again"] }
      other: { image: "docker.io/library/nginx:1.27", volumes: ["/srv/ab:/data", "/srv/a/db-wal:/wal"] }
      named: { image: "docker.io/library/nginx:1.27", volumes: ["kept:/kept"] }
"#,
        );
        let seen = |path: &str| {
            let sees = |container: &&Container| {
                let mounted = Mounted::of(container);
                container.volumes.iter().any(|volume| mounted.shows(volume, path))
            };
            let seeing = host.containers().filter(sees);
            seeing.map(|container| container.short.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(seen("/srv/a/db"), ["whole", "file", "twice"]);
        assert_eq!(seen("/srv/b"), ["whole", "hides", "twice"]);
        assert_eq!(seen("/var/lib/containers/storage/volumes/app_kept/_data/db"), ["whole", "named"]);
        assert_eq!(seen("/var/db"), ["whole"]);
    }

    #[test]
    fn the_map_lists_the_longest_path_first() {
        let all = bound(&host(NESTED).services[0], None).unwrap();
        let pairs: Vec<(&str, &str)> = all.iter().map(|b| (b.from.as_str(), b.to.as_str())).collect();
        assert_eq!(
            pairs,
            [
                ("/etc/localtime/", "/etc/localtime/"),
                ("/up/kept/", "/var/lib/containers/storage/volumes/app_kept/_data/"),
                ("/up/up/", "/srv/cache/"),
                ("/up/", "/srv/up/")
            ]
        );
        assert!(all.iter().all(|b| b.container == "app-web"));
    }

    #[test]
    fn a_mount_of_the_root_folder_adds_no_slash() {
        let host =
            host("      web: { image: \"docker.io/library/nginx:1.27\", volumes: [\"/:/host:ro\"] }\n");
        assert_eq!(map_path(&host, None, "/host/etc/fstab").as_deref(), Ok("/etc/fstab"));
        assert_eq!(map_path(&host, None, "/host").as_deref(), Ok("/"));
        let all = bound(&host.services[0], None).unwrap();
        assert_eq!((all[0].from.as_str(), all[0].to.as_str()), ("/host/", "/"));
    }

    #[test]
    fn ambiguous_paths_need_the_name_of_a_container() {
        let host = host(
            r#"
      one: { image: "docker.io/library/nginx:1.27", volumes: ["/srv/one:/data", "/srv/both:/both"] }
      two: { image: "docker.io/library/nginx:1.27", volumes: ["/srv/two:/data", "/srv/both:/both"] }
"#,
        );
        let differ = [("app-one", "/srv/one/x"), ("app-two", "/srv/two/x")];
        let differ = differ.map(|(name, path)| (name.to_owned(), path.to_owned())).to_vec();
        assert_eq!(map_path(&host, None, "/data/x"), Err(MapError::Ambiguous(differ)));
        assert_eq!(map_path(&host, None, "/both/x").as_deref(), Ok("/srv/both/x"));
        assert_eq!(map_path(&host, Some("two"), "/data/x").as_deref(), Ok("/srv/two/x"));
        assert_eq!(map_path(&host, Some("app-one"), "/data/x").as_deref(), Ok("/srv/one/x"));
        let names = vec!["one".to_owned(), "two".to_owned()];
        assert_eq!(map_path(&host, Some("three"), "/data/x"), Err(MapError::NoContainer(names)));
    }
}
