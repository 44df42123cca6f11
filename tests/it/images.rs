//! `homegen images lock`, against a real registry: docker-registry of Debian, with images that skopeo copies to it.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use crate::common::http::unused_address;
use crate::common::scripts::are_installed;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A registry, and a folder with a homeserver.yaml.
struct Registry {
    folder: tempfile::TempDir,
    address: String,
    server: Child,
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Registry {
    /// `None` if a program is not installed.
    fn new() -> Option<Registry> {
        if !are_installed(&["docker-registry", "skopeo", "curl"]) {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let address = unused_address().trim_start_matches("http://").to_owned();
        let port = address.rsplit_once(':').unwrap().1.to_owned();
        let here = folder.path().display();
        let configuration = format!(
            "version: 0.1\nstorage: {{ filesystem: {{ rootdirectory: {here}/data }} }}\nhttp: {{ addr: \"{address}\" }}\n"
        );
        std::fs::write(folder.path().join("registry.yml"), configuration).unwrap();
        let insecure = format!("[[registry]]\nlocation = \"localhost:{port}\"\ninsecure = true\n");
        let home = folder.path().join(".config/containers");
        std::fs::create_dir_all(&home).unwrap();
        std::fs::write(home.join("registries.conf"), insecure).unwrap();
        let server = Command::new("docker-registry")
            .args(["serve", "registry.yml"])
            .current_dir(&folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let registry = Registry { folder, address: format!("localhost:{port}"), server };
        let is_up = || {
            let url = format!("http://{address}/v2/");
            Command::new("curl")
                .args(["--silent", "--fail", &url])
                .stdout(Stdio::null())
                .status()
                .unwrap()
                .success()
        };
        for _ in 0..100 {
            if is_up() {
                return Some(registry);
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("the registry did not start");
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Writes a blob of an OCI layout (the OCI image specification), and returns its descriptor.
    fn blob(&self, kind: &str, content: &Value) -> Value {
        let bytes = serde_json::to_vec(content).unwrap();
        let digest = digest(&bytes);
        self.write(&format!("oci/blobs/sha256/{digest}"), &bytes);
        json!({
            "mediaType": format!("application/vnd.oci.image.{kind}.v1+json"),
            "digest": format!("sha256:{digest}"), "size": bytes.len(),
        })
    }

    /// Pushes an image for two architectures, and returns the digest of its index.
    fn push(&self, name: &str, version: &str) -> String {
        let mut manifests = Vec::new();
        for architecture in ["amd64", "arm64"] {
            let config = self.blob(
                "config",
                &json!({
                    "architecture": architecture, "os": "linux", "config": { "Env": [format!("V={version}")] },
                    "rootfs": { "type": "layers", "diff_ids": [] },
                }),
            );
            let manifest = json!({
                "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": config, "layers": [],
            });
            let mut manifest = self.blob("manifest", &manifest);
            manifest["platform"] = json!({ "architecture": architecture, "os": "linux" });
            manifests.push(manifest);
        }
        let index = json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": manifests,
        });
        let mut index = self.blob("index", &index);
        let digest = index["digest"].as_str().unwrap().to_owned();
        index["annotations"] = json!({ "org.opencontainers.image.ref.name": "it" });
        self.write("oci/oci-layout", r#"{"imageLayoutVersion":"1.0.0"}"#);
        self.write("oci/index.json", json!({ "schemaVersion": 2, "manifests": [index] }).to_string());
        let pushed = Command::new("skopeo")
            .args(["copy", "--insecure-policy", "--all", "--dest-tls-verify=false", "oci:oci:it"])
            .arg(format!("docker://{}/{name}", self.address))
            .current_dir(&self.folder)
            .output()
            .unwrap();
        assert!(pushed.status.success(), "{pushed:?}");
        digest
    }

    fn homegen(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_homegen"))
            .args(arguments)
            .current_dir(&self.folder)
            .env("HOME", self.folder.path())
            .output()
            .unwrap()
    }

    /// Writes the homeserver.yaml with a container for each image.
    fn file(&self, images: &[&str]) {
        let containers: String = images
            .iter()
            .enumerate()
            .map(|(i, image)| format!("      c{i}: {{ image: \"{}/{image}\" }}\n", self.address))
            .collect();
        self.write(
            "homeserver.yaml",
            format!("homegen: 1\nhost: {{ name: box, nixos: \"26.05\", timezone: Europe/Berlin }}\nservices:\n  app:\n    containers:\n{containers}"),
        );
    }

    fn lock(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("compose.lock.yaml")).unwrap_or_default()
    }
}

fn assert_code(output: &Output, code: i32, expected: &str) {
    let all =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{all}");
    assert!(all.contains(expected), "{expected}: {all}");
}

#[test]
fn a_lock_has_the_digests_of_the_registry_and_a_build_uses_them() {
    let Some(registry) = Registry::new() else { return };
    let (a, b) = (registry.push("b/app:v1", "a"), registry.push("a/db:2", "b"));
    registry.file(&["b/app:v1", "a/db:2", "b/app:v1"]);
    let address = &registry.address;
    assert_code(
        &registry.homegen(&["images", "lock"]),
        0,
        "compose.lock.yaml: 2 images; run `homegen build`",
    );
    assert_eq!(
        registry.lock(),
        format!(
            "# Generated by `homegen images lock`. The digests of the images in homeserver.yaml.\nservices:\n  \
             {address}/a/db:2:\n    image: {address}/a/db:2@{b}\n  {address}/b/app:v1:\n    image: {address}/b/app:v1@{a}\n"
        )
    );
    assert_code(&registry.homegen(&["images", "lock"]), 0, "up to date, 2 images");
    let built = registry.homegen(&["build", "--stdout"]);
    assert_code(&built, 0, &format!("image = \"{address}/b/app:v1@{a}\";"));
    assert_code(&built, 0, &format!("image = \"{address}/a/db:2@{b}\";"));
    assert!(built.stderr.is_empty(), "{built:?}");

    // The tag moves: the build keeps the digest until the next lock.
    let new = registry.push("b/app:v1", "new");
    assert_code(&registry.homegen(&["build", "--stdout"]), 0, &a);
    assert_code(&registry.homegen(&["images", "lock"]), 0, "2 images; run `homegen build`");
    assert!(registry.lock().contains(&new) && !registry.lock().contains(&a));

    // Another tag in the file is reported until it is locked.
    registry.push("b/app:v2", "two");
    registry.file(&["b/app:v2", "a/db:2"]);
    let checked = registry.homegen(&["check"]);
    assert_code(&checked, 0, "HG1206");
    assert_code(&checked, 0, "HG1207");
    assert_code(&registry.homegen(&["images", "lock"]), 0, "2 images");
    assert_code(&registry.homegen(&["check"]), 0, "no problems found");
}

#[test]
fn a_lock_that_fails_changes_no_file() {
    let Some(registry) = Registry::new() else { return };
    registry.push("b/app:v1", "a");
    registry.file(&["b/app:v1"]);
    assert_code(&registry.homegen(&["images", "lock"]), 0, "1 image;");
    let before = registry.lock();
    registry.file(&["b/app:v1", "b/app:missing", "b/other:1"]);
    let ran = registry.homegen(&["images", "lock"]);
    assert_code(&ran, 2, "b/app:missing: ");
    assert_code(&ran, 2, "b/other:1: ");
    assert_code(&ran, 2, "compose.lock.yaml was not changed");
    assert_eq!(registry.lock(), before);
    let names = std::fs::read_dir(&registry.folder).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(!names.into_iter().any(|name| name.to_string_lossy().starts_with(".compose")));

    // Without skopeo.
    let ran = Command::new(env!("CARGO_BIN_EXE_homegen"))
        .args(["images", "lock"])
        .current_dir(&registry.folder)
        .env("PATH", registry.folder.path())
        .output()
        .unwrap();
    assert_code(&ran, 2, "run this in `nix shell nixpkgs#skopeo`");

    // A file that is not a lock file is neither used nor overwritten.
    registry.write("compose.lock.yaml", "services:\n  web:\n    image: nginx\n");
    for arguments in [&["images", "lock"][..], &["build"], &["check"]] {
        assert_code(
            &registry.homegen(arguments),
            2,
            "compose.lock.yaml: not a lock file: `web` is not an image with a digest",
        );
    }
    assert!(!Path::new(&registry.folder.path().join("generated")).exists());
    assert_code(&registry.homegen(&["images", "lock", "-"]), 2, "standard input has none");
}
