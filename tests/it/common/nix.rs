//! Evaluates the output with the real Nix, and with a stub for the parts of NixOS that it uses.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use homegen::Outcome;
use serde_json::Value;

use super::report;

/// Returns true if Nix is installed. In CI, its absence is a failure.
pub fn nix_is_installed() -> bool {
    if Command::new("nix-instantiate").arg("--version").output().is_ok() {
        return true;
    }
    assert!(std::env::var_os("HOMEGEN_REQUIRE_TOOLS").is_none(), "nix-instantiate is not installed");
    println!("skipped: nix-instantiate is not installed");
    false
}

/// The value of an expression in Nix, or its error. Store paths are written to the disk.
pub fn nix(arguments: &[&str], folder: &Path) -> Result<String, String> {
    let state = folder.join(".nix-state");
    // A separate store and state: evaluation needs neither, and a build sandbox may have no writable store.
    let output = Command::new("nix-instantiate")
        .args(arguments)
        .current_dir(folder)
        .env("NIX_REMOTE", "")
        .env("NIX_STATE_DIR", &state)
        .env("NIX_LOG_DIR", &state)
        .env("NIX_STORE_DIR", folder.join(".nix-store"))
        .env("HOME", folder)
        .output()
        .map_err(|e| e.to_string())?;
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        return Err(stderr);
    }
    for line in stderr.lines() {
        let Some(json) = line.strip_prefix("trace: in the store: ") else { continue };
        let written: Value = serde_json::from_str(json).expect("JSON");
        let path = Path::new(written["path"].as_str().expect("a path"));
        std::fs::create_dir_all(path.parent().expect("a parent")).unwrap();
        std::fs::write(path, written["text"].as_str().expect("a text")).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    Ok(String::from_utf8(output.stdout).expect("JSON is UTF-8"))
}

/// The parts of a NixOS system that the modules use. Functions of lib return their argument unchanged, so the
/// result is the module system's input. Texts for the store are printed with a trace, so that tests can run them.
const STUB: &str = r#"
let
  lib = rec {
    mkOption = option: option;
    mkEnableOption = description: { inherit description; };
    mkIf = _: value: value;
    mkBefore = value: value;
    mkAfter = value: value;
    mkForce = value: value;
    mkDefault = value: value;
    mkOverride = _: value: value;
    mkMerge = values: values;
    optional = condition: value: if condition then [ value ] else [ ];
    optionals = condition: values: if condition then values else [ ];
    optionalAttrs = condition: set: if condition then set else { };
    inherit (builtins) any attrNames attrValues concatMap elem filter groupBy head isString mapAttrs partition replaceStrings tail;
    intersectLists = a: b: builtins.filter (item: builtins.elem item a) b;
    recursiveUpdate = a: b: a // builtins.mapAttrs (name: value: (a.${name} or { }) // value) b;
    hasInfix = part: text: builtins.length (lib.splitString part text) > 1;
    hasPrefix = prefix: text: builtins.substring 0 (builtins.stringLength prefix) text == prefix;
    hasSuffix = suffix: text: removeSuffix suffix text + suffix == text;
    nameValuePair = name: value: { inherit name value; };
    mapAttrs' = f: set: builtins.listToAttrs (mapAttrsToList f set);
    genAttrs = names: f: builtins.listToAttrs (map (name: { inherit name; value = f name; }) names);
    filterAttrs = f: set: builtins.listToAttrs (filter ({ name, value }: f name value) (mapAttrsToList nameValuePair set));
    zipAttrs = builtins.zipAttrsWith (_: values: values);
    attrByPath = path: default: set: builtins.foldl' (set: name: set.${name} or default) set path;
    splitString = separator: text: builtins.filter builtins.isString (builtins.split separator text);
    removeSuffix = suffix: text: builtins.substring 0 (builtins.stringLength text - builtins.stringLength suffix) text;
    toUpper = replaceStrings [ "b" "k" "m" "g" "t" ] [ "B" "K" "M" "G" "T" ];
    toShellVars = set: concatStringsSep "\n" (mapAttrsToList toShellVar set);
    escapeShellArgs = builtins.concatStringsSep " ";
    hm.dag.entryBetween = before: after: data: { inherit before after data; };
    mapAttrsToList = f: set: map (name: f name set.${name}) (builtins.attrNames set);
    concatStringsSep = builtins.concatStringsSep;
    types = {
      port = "port"; path = "path"; bool = "bool"; str = "str"; package = "package"; raw = "raw"; int = "int";
      lazyAttrsOf = type: type;
    };
    concatStrings = builtins.concatStringsSep "";
    flatten = items: if builtins.isList items then builtins.concatMap flatten items else [ items ];
    concatLines = lines: builtins.concatStringsSep "" (map (line: line + "\n") lines);
    toShellVar =
      name: value:
      let
        word = value: "'${builtins.replaceStrings [ "'" ] [ "'\\''" ] (toString value)}'";
        pair = key: value: "[${word key}]=${word value}";
      in
      if builtins.isList value then
        "declare -a ${name}=(${concatStringsSep " " (map word value)})"
      else if builtins.isAttrs value && !(value ? outPath) then
        "declare -A ${name}=(${concatStringsSep " " (mapAttrsToList pair value)})"
      else
        "${name}=${word value}";
  };
  utils = {
    escapeSystemdExecArgs =
      arguments:
      builtins.concatStringsSep " " (
        map (word: builtins.replaceStrings [ "%" "$" ] [ "%%" "$$" ] (builtins.toJSON (toString word))) arguments
      );
    escapeSystemdExecArg = builtins.toJSON;
    escapeSystemdPath = path: path;
  };
  written = name: file: text:
    let
      plain = builtins.unsafeDiscardStringContext text;
      out = "STORE/${builtins.hashString "sha256" plain}-${name}";
    in
    builtins.trace "in the store: ${builtins.toJSON { path = out + file; text = plain; }}" out;
  pkgs = {
    writeTextDir = path: text: builtins.seq text "/nix/store/${baseNameOf path}";
    writeText = name: text: written name "" text;
    writeShellApplication = application: {
      inherit (application) name;
      outPath = written application.name "/bin/${application.name}" ''
        #!/usr/bin/env bash
        set -o errexit -o nounset -o pipefail
        ${application.text}
      '';
    };
    findutils = "findutils";
    gnugrep = "gnugrep";
    gnused = "gnused";
    jq = "jq";
    restic = "restic";
    rsync = "rsync";
    sqlite = "sqlite";
    writeScriptBin = name: text: name + text;
    immich-cli = "immich-cli";
    coreutils = "coreutils";
    iproute2 = "iproute2";
    util-linux = "util-linux";
    git = "git";
    htop = "htop";
    curl = "curl";
    formats = builtins.listToAttrs (map (name: { inherit name; value = _: { generate = name: value: "/nix/store/${name}"; }; }) [ "env" "ini" "json" "keyValue" "toml" "yaml" ]);
    nftables = "nftables";
    valkey = "valkey";
    postgresql_16 = "postgresql_16";
    postgresql_17 = "postgresql_17";
    caddy.withPlugins = plugins: plugins;
  };
  config = {
    homeserver = HOMESERVER;
    boot.zfs.enabled = false;
    age.secrets = SECRETS // builtins.mapAttrs secret (declaredSecrets.age.secrets or { });
    sops.secrets = builtins.mapAttrs (name: _: { inherit name; path = "/run/secrets/${name}"; }) (declaredSecrets.sops.secrets or { });
    environment.etc."haproxy.cfg".source = "/nix/store/haproxy.conf";
    environment.etc."homeserver/published-ports.nft".source = "/nix/store/published-ports.nft";
    networking.nftables.enable = true;
    time.timeZone = "Europe/Berlin";
    networking.hostName = "box";
    programs.ssh.package = "openssh";
    users.groups = { render.gid = 303; video.gid = 26; users.gid = 100; };
    users.users = { root.uid = 0; };
    virtualisation.podman.package = "podman";
    systemd = {
      package = "systemd";
      slices = declared (config: config.systemd.slices or { });
      services = builtins.mapAttrs (_: _: { requires = [ ]; serviceConfig.ExecStart = "true"; }) config.homeserver.units;
    };
    home = { homeDirectory = "/Users/me"; profileDirectory = "/Users/me/.nix-profile"; };
    launchd.agents = AGENTS;
    services.postgresql.package = "postgresql";
    services.redis.package = "redis";
    services.haproxy.package = "haproxy";
    services.adguardhome.enable = true;
    services.caddy = { user = "caddy"; group = "caddy"; };
    services.restic.backups = { app-backup.package = "restic"; app-backup-files.package = "restic"; };
    virtualisation.oci-containers.containers = builtins.mapAttrs container (
      declared (config: config.virtualisation.oci-containers.containers or { })
    );
  };
  declaredSecrets =
    if !builtins.pathExists ./secrets.nix then { } else (module ./secrets.nix).config or (module ./secrets.nix);
  # JSON has no functions.
  plain = value:
    if builtins.isFunction value then "function"
    else if builtins.isList value then map plain value
    else if builtins.isAttrs value && !(value ? outPath) then builtins.mapAttrs (_: plain) value
    else value;
  secret = name: _: { inherit name; path = "/run/agenix/${name}"; file = "${name}.age"; };
  container = _: container: { autoStart = true; dependsOn = [ ]; networks = [ ]; } // container // {
    homeserver = {
      enable = container ? homeserver.service; service = null; restart = "always"; completes = false; notify = false; tailnet = false;
      servers = [ ]; portRules = [ ];
      secrets = [ ]; secretVariables = { }; mounts = [ ]; prepare = [ ]; podmanArgs = [ ];
    } // container.homeserver or { } // {
      files = builtins.mapAttrs (
        _: file: { secrets = [ ]; encoding = "text"; owner = "0"; group = "0"; mode = "0444"; } // file
      ) (container.homeserver.files or { });
      healthcheck = { test = null; readyWithin = "15min"; } // container.homeserver.healthcheck or { };
    };
  };
  # What all modules of services, networks and mounts declare.
  declared = part: builtins.foldl' (all: path: all // part (head (module path))) { } DECLARING;
  head = module:
    let
      config = module.config or module;
    in
    if builtins.isList config then builtins.head config else config;
  module =
    path:
    let
      content = import path;
    in
    if builtins.isFunction content then content { inherit config lib pkgs utils; options = { systemd.services.definitionsWithLocations = [ { file = "module"; value = config.systemd.services or { }; } ]; }; } else content;
in
"#;

/// The output in a folder of a temporary folder, and the stub for it.
pub struct System {
    root: tempfile::TempDir,
    pub stub: String,
}

impl System {
    pub fn of(outcome: &Outcome) -> System {
        let root = tempfile::tempdir().expect("a folder");
        let folder = root.path().join("generated");
        let mut homeserver = String::from(
            "{ secretsDirectory = \"/secrets\"; notify = \"notify\"; inherit ((module ./scripts).config.homeserver) scripts; \
             networks = builtins.mapAttrs (_: network: { external = false; options = [ ]; } // network) \
             (declared (config: config.homeserver.networks or { })); \
             mounts = builtins.mapAttrs (_: mount: { followed = true; } // mount) \
             (declared (config: config.homeserver.mounts or { })); \
             units = builtins.mapAttrs (_: unit: { secrets = [ ]; mounts = [ ]; notify = false; } // unit) \
             (declared (config: config.homeserver.units or { })); ",
        );
        let mut secrets = std::collections::BTreeSet::new();
        for file in outcome.files.as_ref().unwrap_or_else(|| panic!("does not compile:\n{}", report(outcome)))
        {
            let path = folder.join(&file.path);
            std::fs::create_dir_all(path.parent().expect("a parent")).unwrap();
            std::fs::write(&path, &file.text).unwrap();
            for line in file.text.lines() {
                if let Some(option) = line.trim().strip_prefix("cfg = config.homeserver.") {
                    homeserver.push_str(&format!(
                        "{} = {{ enable = true; port = 8080; at = \"05:30\"; every = \"5min\"; }}; ",
                        option.trim_end_matches(';')
                    ));
                }
            }
            for piece in file.text.split("secrets.").skip(1) {
                let name: String = piece
                    .chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
                    .collect();
                secrets.insert(name);
            }
        }
        homeserver.push('}');
        let secrets: String = secrets
            .iter()
            .filter(|name| !name.is_empty())
            .map(|name| format!("{name} = {{ name = \"{name}\"; path = \"/run/agenix/{name}\"; file = \"{name}.age\"; }}; "))
            .collect();
        // A client's module reads the launchd configuration that it defines itself.
        let clients = outcome.files.iter().flatten().filter(|f| f.path.starts_with("clients/"));
        let agents: String = clients
            .filter(|f| f.path.ends_with(".nix"))
            .map(|f| format!(" // (module ./{}).launchd.agents", f.path))
            .collect();
        let stub = STUB.replace("HOMESERVER", &homeserver).replace("AGENTS", &format!("{{ }}{agents}"));
        let declaring =
            outcome.files.iter().flatten().map(|file| file.path.as_str()).filter(|path| {
                path.starts_with("services/") || matches!(*path, "networks.nix" | "mounts.nix")
            });
        let declaring: String = declaring.map(|path| format!("./{path} ")).collect();
        let stub = stub.replace("DECLARING", &format!("[ {declaring}]"));
        let stub = stub.replace("SECRETS", &format!("{{ {secrets} }}"));
        let stub = stub.replace("STORE", folder.join("store").to_str().expect("text"));
        System { root, stub }
    }

    /// The folder of the output.
    pub fn folder(&self) -> PathBuf {
        self.root.path().join("generated")
    }

    /// Copies the folders beside a file, such as encrypted secrets, beside the output.
    pub fn copy_beside(&self, from: &Path) {
        for entry in walk(from) {
            let to = self.root.path().join(entry.strip_prefix(from).expect("below it"));
            std::fs::create_dir_all(to.parent().expect("a folder")).unwrap();
            std::fs::copy(&entry, to).unwrap();
        }
    }

    /// The value of an expression in which `module ./services/x.nix` is a module of the output.
    pub fn eval(&self, expression: &str) -> Value {
        let path = self.folder().join("eval.nix");
        std::fs::write(&path, format!("{}{expression}", self.stub)).unwrap();
        let json = nix(&["--eval", "--strict", "--json", "eval.nix"], &self.folder())
            .unwrap_or_else(|e| panic!("{e}"));
        serde_json::from_str(&json).expect("JSON")
    }
}

/// The files in a folder and below it.
fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

/// The words of an emitted command line of systemd.
pub fn words(line: &Value) -> Vec<String> {
    let line = line.as_str().expect("a command line");
    if !line.starts_with('"') {
        return line.split_whitespace().map(str::to_owned).collect();
    }
    let quoted = serde_json::Deserializer::from_str(line).into_iter::<String>();
    quoted.map(|word| word.expect("a word").replace("$$", "$").replace("%%", "%")).collect()
}
