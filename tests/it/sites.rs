//! Requests to sites through the real Caddy, which reads the emitted configuration.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::compile;
use crate::common::http::{Answer, Server};
use crate::common::nix::System;
use crate::common::scripts::are_installed;

const HEAD: &str = r#"homegen: 1
host: { name: box, nixos: "26.05", timezone: Europe/Berlin }
"#;

/// Caddy with the sites of a file, until it is dropped. It listens on free ports in place of 80 and 443.
struct Caddy {
    process: Child,
    folder: tempfile::TempDir,
    https: u16,
}

/// A free port.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .expect("a port is free")
        .local_addr()
        .expect("an address")
        .port()
}

/// The Caddyfile that NixOS writes for the emitted virtual hosts (`mkVHostConf` in nixos/modules/services/web-servers/caddy).
fn caddyfile(text: &str, global: &str) -> String {
    let outcome = compile(text);
    let system = System::of(&outcome);
    system
        .eval(&format!(
            r#"let
  module' = module ./caddy.nix;
  caddy = (module'.config or module').services.caddy;
  host = name: site: ''
    ${{name}} ${{builtins.concatStringsSep " " (site.serverAliases or [ ])}} {{
      ${{if (site.listenAddresses or [ ]) != [ ] then "bind " + builtins.concatStringsSep " " site.listenAddresses else ""}}
      ${{site.extraConfig}}
    }}
  '';
in
''
  {{
    {global}
    ${{caddy.globalConfig or ""}}
  }}
  ${{caddy.extraConfig or ""}}
  ${{builtins.concatStringsSep "\n" (builtins.attrValues (builtins.mapAttrs host caddy.virtualHosts))}}
''"#
        ))
        .as_str()
        .expect("a text")
        .to_owned()
}

impl Caddy {
    fn start(text: &str) -> Caddy {
        let folder = tempfile::tempdir().expect("a folder");
        let (http, https) = (free_port(), free_port());
        let global = format!(
            "admin off\nhttp_port {http}\nhttps_port {https}\nskip_install_trust\nstorage file_system {}",
            folder.path().join("storage").display()
        );
        let path = folder.path().join("Caddyfile");
        std::fs::write(&path, caddyfile(text, &global)).unwrap();
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let process = Command::new("caddy")
            .args(["run", "--adapter", "caddyfile", "--config"])
            .arg(&path)
            .env("HOME", folder.path())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("caddy runs");
        let mut caddy = Caddy { process, folder, https };
        let end = Instant::now() + Duration::from_secs(60);
        while std::net::TcpStream::connect(("127.0.0.1", https)).is_err() {
            let over = caddy.process.try_wait().expect("a process").is_some() || Instant::now() > end;
            assert!(!over, "{}\n{}", read(&path), read(&caddy.folder.path().join("log")));
            std::thread::sleep(Duration::from_millis(50));
        }
        caddy
    }

    /// The status and the body of a request to a site: `NAME/PATH`. `from` is the client's address.
    fn get_from(&self, from: &str, name: &str, path: &str, more: &[&str]) -> (u16, String) {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let output = Command::new("curl")
                .args(["--disable", "--silent", "--insecure", "--path-as-is", "--max-time", "20"])
                .args(["--noproxy", "*", "--interface", from, "--write-out", "\n%{http_code}"])
                .args(["--resolve", &format!("{name}:{}:127.0.0.1", self.https)])
                .args(more)
                .arg(format!("https://{name}:{}{path}", self.https))
                .output()
                .expect("curl runs");
            let text = String::from_utf8(output.stdout).expect("text");
            let (body, status) = text.rsplit_once('\n').expect("a status");
            // Caddy signs the certificates after it has started.
            if output.status.code() != Some(35) || Instant::now() > end {
                return (status.parse().expect("a status"), body.to_owned());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn get(&self, name: &str, path: &str) -> (u16, String) {
        self.get_from("127.0.0.1", name, path, &[])
    }
}

impl Drop for Caddy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn tools() -> bool {
    are_installed(&["caddy", "curl", "nix-instantiate"])
}

/// A program behind a site. It answers with its name and the path.
fn program(name: &'static str) -> Server {
    Server::new(move |request| Answer::text(format!("{name} {}", request.path)))
}

#[test]
fn the_most_specific_path_chooses_the_target() {
    if !tools() {
        return;
    }
    let [main, api, v2, one] = ["main", "api", "v2", "one"].map(program);
    let caddy = Caddy::start(&format!(
        r#"{HEAD}caddy:
  domain: example.org
  bind: all
  tls: internal
  sites:
    - subdomain: app
      to: "127.0.0.1:{}"
      paths: {{ /api*: "127.0.0.1:{}", /api/v2/*: "127.0.0.1:{}", /api: "127.0.0.1:{}" }}
      extra: respond /extra hello
    - subdomain: old
      redirect: "https://example.com"
      paths: {{ /api/*: "127.0.0.1:{}" }}
"#,
        main.port(),
        api.port(),
        v2.port(),
        one.port(),
        api.port(),
    ));
    for (path, body) in [
        ("/", "main /"),
        ("/x/api", "main /x/api"),
        ("/api", "one /api"),
        ("/api/x", "api /api/x"),
        ("/apis", "api /apis"),
        ("/api/v2/x", "v2 /api/v2/x"),
        ("/API/V2/x", "v2 /API/V2/x"),
        ("/extra", "hello"),
    ] {
        assert_eq!(caddy.get("app.example.org", path), (200, body.to_owned()), "{path}");
    }
    assert_eq!(caddy.get("old.example.org", "/api/x"), (200, "api /api/x".to_owned()));
    assert_eq!(caddy.get("old.example.org", "/x").0, 301);
}

#[test]
fn only_the_clients_of_allow_from_get_an_answer() {
    if !tools() {
        return;
    }
    let main = program("main");
    let caddy = Caddy::start(&format!(
        r#"{HEAD}caddy:
  domain: example.org
  bind: all
  tls: internal
  sites:
    - subdomain: app
      to: "127.0.0.1:{0}"
      allow_from: [127.0.0.2, 127.0.1.0/24]
      paths: {{ /api/*: "127.0.0.1:{0}" }}
      extra: |
        log {{
          output discard
        }}
        handle /public/* {{
          respond public
        }}
        redir /old /new
        respond /hello `hello,
        world`
    - {{ subdomain: redirect, redirect: "https://example.com", allow_from: [127.0.0.2] }}
    - {{ subdomain: lines, extra: "respond lines", allow_from: [127.0.0.2] }}
"#,
        main.port()
    ));
    let app = "app.example.org";
    for path in ["/", "/api/x", "/public/x", "/old", "/hello", "//", "/%2e"] {
        assert_eq!(caddy.get_from("127.0.0.1", app, path, &[]), (403, String::new()), "{path}");
        let spoofed = ["--header", "X-Forwarded-For: 127.0.0.2", "--header", "Forwarded: for=127.0.0.2"];
        assert_eq!(caddy.get_from("127.0.0.1", app, path, &spoofed).0, 403, "{path}");
    }
    assert_eq!(caddy.get("redirect.example.org", "/").0, 403);
    assert_eq!(caddy.get("lines.example.org", "/").0, 403);
    assert!(main.requests().is_empty());
    for from in ["127.0.0.2", "127.0.1.9"] {
        let get = |path: &str| caddy.get_from(from, app, path, &[]);
        assert_eq!(get("/"), (200, "main /".to_owned()));
        assert_eq!(get("/api/x"), (200, "main /api/x".to_owned()));
        assert_eq!(get("/public/x"), (200, "public".to_owned()));
        assert_eq!(get("/hello"), (200, "hello,\nworld".to_owned()));
        assert_eq!(get("/old").0, 302);
    }
    assert_eq!(caddy.get_from("127.0.0.2", "redirect.example.org", "/", &[]).0, 301);
    assert_eq!(caddy.get_from("127.0.0.2", "lines.example.org", "/", &[]), (200, "lines".to_owned()));
}

#[test]
fn the_certificate_of_a_target_is_verified_unless_the_site_is_insecure() {
    if !tools() {
        return;
    }
    // A program with a certificate of its own: another Caddy.
    let device = Caddy::start(&format!(
        r#"{HEAD}caddy:
  domain: example.net
  bind: all
  tls: internal
  sites:
    - {{ subdomain: device, extra: "respond `{{host}}`" }}
  global: default_sni device.example.net
"#
    ));
    let caddy = Caddy::start(&format!(
        r#"{HEAD}allow: {{ HG0907: "the certificate is not for it" }}
caddy:
  domain: example.org
  bind: all
  tls: internal
  sites:
    - {{ subdomain: verified, to: "https://127.0.0.1:{0}" }}
    - {{ subdomain: named, to: "https://127.0.0.1:{0}", server_name: device.example.net }}
    - {{ subdomain: insecure, to: "https://127.0.0.1:{0}", insecure: true, paths: {{ /x: {{ to: "https://127.0.0.1:{0}" }} }} }}
    - {{ subdomain: device, to: "https://127.0.0.1:{0}", insecure: true, server_name: device.example.net }}
"#,
        device.https
    ));
    assert_eq!(caddy.get("verified.example.org", "/").0, 502);
    // The name is right, and the authority is unknown.
    assert_eq!(caddy.get("named.example.org", "/").0, 502);
    assert_eq!(caddy.get("insecure.example.org", "/x").0, 502);
    // A site of Caddy answers its own name only, and the target gets the name of the site.
    assert_eq!(caddy.get("insecure.example.org", "/").0, 200);
    assert_eq!(caddy.get("device.example.org", "/").0, 200);
}

/// Every Caddyfile of a fixture that compiles is accepted by the real Caddy.
#[test]
fn caddy_accepts_the_sites_of_the_fixtures() {
    if !tools() {
        return;
    }
    for case in ["site-options", "caddy-internal", "caddy-interfaces"] {
        let text = crate::common::read(&format!("fixtures/{case}/homeserver.yaml"));
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("Caddyfile");
        std::fs::write(&path, caddyfile(&text, "admin off")).unwrap();
        let run = Command::new("caddy")
            .args(["validate", "--adapter", "caddyfile", "--config"])
            .arg(&path)
            .output();
        let run = run.expect("caddy runs");
        assert!(run.status.success(), "{case}:\n{}\n{}", read(&path), String::from_utf8_lossy(&run.stderr));
    }
}
