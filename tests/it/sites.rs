//! Requests to sites through the real Caddy and the real HAProxy, which read the emitted configuration.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
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
    http: u16,
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
        let (http, https) = (free_port(), free_port());
        let global = format!("http_port {http}\nhttps_port {https}\n");
        Caddy::run("caddy".as_ref(), http, https, |more| caddyfile(text, &format!("{global}{more}")))
    }

    /// Caddy behind HAProxy. It listens on free ports in place of its own.
    fn start_behind(text: &str, program: &Path) -> Caddy {
        let (http, https) = (free_port(), free_port());
        Caddy::run(program, http, https, |more| {
            caddyfile(text, more).replace("20443", &https.to_string()).replace("20080", &http.to_string())
        })
    }

    fn run(program: &Path, http: u16, https: u16, caddyfile: impl FnOnce(&str) -> String) -> Caddy {
        let folder = tempfile::tempdir().expect("a folder");
        let storage = folder.path().join("storage");
        let global = format!("admin off\nskip_install_trust\nstorage file_system {}", storage.display());
        let path = folder.path().join("Caddyfile");
        std::fs::write(&path, caddyfile(&global)).unwrap();
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let process = Command::new(program)
            .args(["run", "--adapter", "caddyfile", "--config"])
            .arg(&path)
            .env("HOME", folder.path())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("caddy runs");
        let mut caddy = Caddy { process, folder, http, https };
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

    /// The answer to a request to one of Caddy's addresses.
    fn get_at(&self, address: &str, name: &str, more: &[&str]) -> (u16, String) {
        let connect = format!("{name}:{}:{address}:{}", self.https, self.https);
        self.get_from(address, name, "/", &[&["--connect-to", &connect], more].concat())
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

/// A provider that admits whoever sends the cookie `user=NAME`, as Authelia does. It names the user and no groups.
fn provider() -> Server {
    Server::new(|request| {
        assert_eq!(request.path, "/api/authz/forward-auth");
        match request.header("cookie").and_then(|cookie| cookie.strip_prefix("user=")) {
            Some(user) => {
                let mut answer = Answer::status(200);
                answer.headers.push(("Remote-User".to_owned(), user.to_owned()));
                answer
            }
            None => {
                let mut answer = Answer::status(302);
                answer.headers.push(("Location".to_owned(), "https://auth.example.org/".to_owned()));
                answer
            }
        }
    })
}

/// A file with a site behind a login.
fn behind(provider: &str, application: u16) -> String {
    format!(
        r#"{HEAD}auth: {{ authelia: {{ to: "{provider}" }} }}
caddy:
  domain: example.org
  bind: all
  tls: internal
  sites:
    - subdomain: app
      to: "127.0.0.1:{application}"
      auth: {{ provider: authelia, except: [/api/*, /status] }}
      paths: {{ /files/*: "127.0.0.1:{application}" }}
      extra: |
        handle /lines/* {{
          respond lines
        }}
        redir /old /new
    - {{ subdomain: all, to: "127.0.0.1:{application}", auth: authelia }}
"#
    )
}

/// Headers with which a client pretends to be the administrator, in every spelling that programs read alike.
const SPOOFED: &[&str] = &[
    "Remote-User: admin",
    "remote-user: admin",
    "REMOTE-USER: admin",
    "Remote_User: admin",
    "REMOTE_USER: admin",
    "Remote.User: admin",
    "Remote-Groups: admins",
    "Remote_Groups: admins",
    "Remote-Name: admin",
    "Remote-Email: admin@example.org",
    "Remote_Email: admin@example.org",
    "X-Original-URL: /admin",
    "X-Rewrite-URL: /admin",
];

fn spoofed(more: &[&'static str]) -> Vec<&'static str> {
    SPOOFED.iter().flat_map(|header| ["--header", header]).chain(more.iter().copied()).collect()
}

/// The headers of a request that may name a user or another path.
fn identity(request: &crate::common::http::Request) -> Vec<(String, String)> {
    let is_identity = |name: &str| {
        let name = name.to_lowercase().replace(['_', '.'], "-");
        name.starts_with("remote-") || name.starts_with("x-original") || name.starts_with("x-rewrite")
    };
    request.headers.iter().filter(|(name, _)| is_identity(name)).cloned().collect()
}

#[test]
fn a_request_without_a_login_never_reaches_the_application() {
    if !tools() {
        return;
    }
    let (provider, main) = (provider(), program("main"));
    let caddy = Caddy::start(&behind(&format!("127.0.0.1:{}", provider.port()), main.port()));
    for (name, paths) in [
        (
            "app.example.org",
            &[
                "/",
                "/admin",
                "/files/x",
                "/lines/x",
                "/old",
                "/statusx",
                "/api",
                "/api/../admin",
                "/api/%2e%2e/admin",
                "/api/..%2fadmin",
                "/api/..;/admin",
                "/api/..%5cadmin",
                "//",
                "/x/api/y",
                "/api/a/%2e%2e/%2e%2e/admin",
            ][..],
        ),
        ("all.example.org", &["/", "/api/x", "/status"]),
    ] {
        for path in paths {
            for method in ["GET", "POST", "PUT", "OPTIONS"] {
                let more = spoofed(&["--request", method]);
                assert_eq!(caddy.get_from("127.0.0.1", name, path, &more).0, 302, "{method} {name}{path}");
            }
        }
    }
    assert_eq!(main.asked(), Vec::<String>::new());
    // The paths without a login.
    for path in ["/api/x", "/status", "/API/x"] {
        let answer = caddy.get_from("127.0.0.1", "app.example.org", path, &spoofed(&[]));
        assert_eq!(answer, (200, format!("main {path}")));
    }
    assert_eq!(main.requests().len(), 3);
    for request in main.requests() {
        assert_eq!(identity(&request), [], "{}", request.path);
    }
}

#[test]
fn the_application_gets_the_user_from_the_provider_alone() {
    if !tools() {
        return;
    }
    let (provider, main) = (provider(), program("main"));
    let caddy = Caddy::start(&behind(&format!("127.0.0.1:{}", provider.port()), main.port()));
    let more = spoofed(&["--header", "Cookie: user=anna"]);
    for path in ["/", "/files/x"] {
        let (status, body) = caddy.get_from("127.0.0.1", "app.example.org", path, &more);
        assert_eq!((status, body), (200, format!("main {path}")));
    }
    assert_eq!(caddy.get_from("127.0.0.1", "app.example.org", "/lines/x", &more), (200, "lines".to_owned()));
    assert_eq!(main.requests().len(), 2);
    for request in main.requests() {
        // Caddy before 2.10 sets a header that the answer does not have to the name of its placeholder.
        let is_unset = |value: &str| value.starts_with("{http.reverse_proxy.header.");
        let found: Vec<(String, String)> =
            identity(&request).into_iter().filter(|(_, value)| !is_unset(value)).collect();
        assert_eq!(found, [("Remote-User".to_owned(), "anna".to_owned())]);
    }
    // The provider knows which request it decides about, whatever the client claims.
    let asked = provider.requests();
    let last = asked.iter().find(|request| request.header("x-forwarded-uri") == Some("/files/x"));
    let last = last.expect("a request about the path");
    assert_eq!(last.header("x-forwarded-host"), Some(format!("app.example.org:{}", caddy.https).as_str()));
    assert_eq!(last.header("x-forwarded-method"), Some("GET"));
}

#[test]
fn a_provider_that_is_down_or_broken_closes_the_site() {
    if !tools() {
        return;
    }
    let main = program("main");
    let unused = crate::common::http::unused_address();
    let broken = Server::new(|_| Answer::raw("not HTTP"));
    let failing = Server::new(|_| Answer::status(500));
    let addresses = [
        unused.trim_start_matches("http://").to_owned(),
        format!("127.0.0.1:{}", broken.port()),
        format!("127.0.0.1:{}", failing.port()),
    ];
    for address in addresses {
        let caddy = Caddy::start(&behind(&address, main.port()));
        for (name, path) in
            [("app.example.org", "/"), ("app.example.org", "/files/x"), ("all.example.org", "/api/x")]
        {
            let (status, _) = caddy.get_from("127.0.0.1", name, path, &["--header", "Cookie: user=anna"]);
            assert!((500..600).contains(&status), "{address} {name}{path}: {status}");
        }
    }
    assert_eq!(main.asked(), Vec::<String>::new());
}

#[test]
fn the_paths_of_authentik_reach_it_without_a_login() {
    if !tools() {
        return;
    }
    let main = program("main");
    let provider = Server::new(|request| match request.path.as_str() {
        "/outpost.goauthentik.io/auth/caddy" => Answer::status(401),
        _ => Answer::text(format!("authentik {}", request.path)),
    });
    let caddy = Caddy::start(&format!(
        r#"{HEAD}auth: {{ authentik: {{ to: "127.0.0.1:{}" }} }}
caddy:
  domain: example.org
  bind: all
  tls: internal
  sites:
    - {{ subdomain: app, to: "127.0.0.1:{}", auth: authentik }}
"#,
        provider.port(),
        main.port()
    ));
    let start = "/outpost.goauthentik.io/start";
    assert_eq!(caddy.get("app.example.org", start), (200, format!("authentik {start}")));
    assert_eq!(caddy.get("app.example.org", "/").0, 401);
    assert_eq!(caddy.get("app.example.org", "/outpost.goauthentik.io/../").0, 401);
    assert_eq!(main.asked(), Vec::<String>::new());
}

#[test]
fn the_application_and_the_login_get_the_address_of_a_visitor_from_the_tunnel_alone() {
    if !tools() {
        return;
    }
    let (provider, main) = (provider(), program("main"));
    let caddy = Caddy::start(&format!(
        r#"{HEAD}agenix: {{ directory: secrets }}
secrets: {{ tunnel: {{}} }}
cloudflared: {{ tunnel: 6ff42ae2-765d-4adf-8112-31c55c1551ef, credentials: tunnel }}
auth: {{ authelia: {{ to: "127.0.0.1:{0}" }} }}
caddy:
  domain: example.org
  bind: all
  tls: internal
  sites:
    - {{ subdomain: app, to: "127.0.0.1:{1}", paths: {{ /files/*: "127.0.0.1:{1}" }}, tunnel: true }}
    - {{ subdomain: login, to: "127.0.0.1:{1}", auth: authelia, tunnel: true }}
    - {{ subdomain: lan, to: "127.0.0.1:{1}", auth: authelia }}
"#,
        provider.port(),
        main.port()
    ));
    let spoofed = ["--header", "X-Forwarded-For: 127.0.0.9", "--header", "Cookie: user=anna"];
    let visitor = ["--header", "Cf-Connecting-Ip: 203.0.113.9"];
    let address = ["--header", "Cf-Connecting-Ip: {remote_port}"];
    for (from, header, found) in [
        ("127.0.0.1", visitor.as_slice(), "203.0.113.9"),
        ("127.0.0.1", ["--header", "Cf-Connecting-Ip: 2001:db8::9"].as_slice(), "2001:db8::9"),
        ("127.0.0.1", [].as_slice(), "127.0.0.1"),
        ("127.0.0.1", address.as_slice(), "127.0.0.1"),
        // Other clients cannot name an address.
        ("127.0.0.2", visitor.as_slice(), "127.0.0.2"),
    ] {
        for (name, path) in [("app", "/"), ("app", "/files/x"), ("login", "/"), ("lan", "/")] {
            let name = format!("{name}.example.org");
            let (status, _) = caddy.get_from(from, &name, path, &[spoofed.as_slice(), header].concat());
            assert_eq!(status, 200, "{name}{path} from {from}");
            // A site without a tunnel passes the address of the connection on.
            let expected = if name.starts_with("lan") { from } else { found };
            let requests = main.requests();
            let last = requests.last().expect("a request");
            assert_eq!(last.header("x-forwarded-for"), Some(expected), "{name}{path} from {from}");
        }
    }
    let asked = provider.requests();
    assert_eq!(asked.len(), 10);
    for (request, found) in asked.iter().zip(
        ["203.0.113.9", "2001:db8::9", "127.0.0.1", "127.0.0.1", "127.0.0.2"].iter().flat_map(|a| [a, a]),
    ) {
        assert_eq!(request.header("x-forwarded-for"), Some(*found));
    }
}

#[test]
fn a_tunnel_passes_the_visitor_on_to_a_site_with_an_address_of_its_own() {
    if !tools() {
        return;
    }
    let main = program("main");
    let caddy = Caddy::start(&format!(
        r#"{HEAD}agenix: {{ directory: secrets }}
secrets: {{ tunnel: {{}} }}
cloudflared: {{ tunnel: 6ff42ae2-765d-4adf-8112-31c55c1551ef, credentials: tunnel }}
caddy:
  domain: example.org
  bind: [127.0.0.1, 127.0.0.3, 127.0.0.4]
  tls: internal
  sites:
    - {{ subdomain: all, to: "127.0.0.1:{0}", tunnel: true }}
    - {{ subdomain: bound, to: "127.0.0.1:{0}", tunnel: true, bind: 127.0.0.3 }}
"#,
        main.port(),
    ));
    let visitor = ["--header", "Cf-Connecting-Ip: 203.0.113.9"];
    for (address, name, found) in [
        ("127.0.0.1", "all", "203.0.113.9"),
        ("127.0.0.3", "bound", "203.0.113.9"),
        // No connection of the tunnel comes from this address.
        ("127.0.0.4", "all", "127.0.0.4"),
    ] {
        let name = format!("{name}.example.org");
        assert_eq!(caddy.get_at(address, &name, &visitor).0, 200, "{name}");
        let requests = main.requests();
        let last = requests.last().expect("a request");
        assert_eq!(last.header("x-forwarded-for"), Some(found), "{name}");
    }
}

#[test]
fn a_site_answers_on_its_addresses_alone() {
    if !tools() {
        return;
    }
    let [all, admin, vault] = ["all", "admin", "vault"].map(program);
    let caddy = Caddy::start(&format!(
        r#"{HEAD}caddy:
  domain: example.org
  bind: [127.0.0.1, 127.0.0.2, 127.0.0.3]
  tls: internal
  sites:
    - {{ subdomain: all, to: "127.0.0.1:{}" }}
    - {{ host: "*.wild.example.org", to: "127.0.0.1:{0}" }}
    - {{ subdomain: admin, aliases: [root.example.org], to: "127.0.0.1:{}", bind: 127.0.0.2 }}
    - {{ subdomain: vault, to: "127.0.0.1:{}", bind: [127.0.0.2, 127.0.0.3], paths: {{ /all/*: "127.0.0.1:{0}" }} }}
"#,
        all.port(),
        admin.port(),
        vault.port(),
    ));
    for (address, of_admin, of_vault) in
        [("127.0.0.1", "", ""), ("127.0.0.2", "admin /", "vault /"), ("127.0.0.3", "", "vault /")]
    {
        let get = |name: &str| caddy.get_at(address, &format!("{name}.example.org"), &[]);
        assert_eq!(get("all"), (200, "all /".to_owned()), "{address}");
        assert_eq!(get("x.wild"), (200, "all /".to_owned()), "{address}");
        // Caddy answers a name that no site on the address has with an empty page.
        assert_eq!(get("admin"), (200, of_admin.to_owned()), "{address}");
        assert_eq!(get("root"), (200, of_admin.to_owned()), "{address}");
        assert_eq!(get("vault"), (200, of_vault.to_owned()), "{address}");
        for name in ["all", "admin", "vault"] {
            let name = format!("{name}.example.org");
            let output = Command::new("curl")
                .args(["--disable", "--silent", "--noproxy", "*", "--max-time", "20", "--header"])
                .arg(format!("Host: {name}"))
                .args(["--write-out", "%{redirect_url}", &format!("http://{address}:{}/x", caddy.http)])
                .output()
                .expect("curl runs");
            assert_eq!(String::from_utf8_lossy(&output.stdout), format!("https://{name}/x"), "{address}");
        }
    }
    assert_eq!(admin.requests().len(), 2);
    assert_eq!(vault.requests().len(), 2);
}

#[test]
fn a_site_in_plain_http_answers_on_its_port_without_a_certificate() {
    if !tools() {
        return;
    }
    let [all, lan, secure] = ["all", "lan", "secure"].map(program);
    let (port, local) = (free_port(), free_port());
    let caddy = Caddy::start(&format!(
        r#"{HEAD}caddy:
  domain: example.org
  bind: [127.0.0.2, 127.0.0.1]
  tls: internal
  sites:
    - {{ subdomain: all, to: "127.0.0.1:{all}", listen: {port}, allow_from: [127.0.0.1] }}
    - {{ subdomain: lan, aliases: [lan.home.arpa], to: "127.0.0.1:{lan}", listen: "127.0.0.2:{port}" }}
    - {{ subdomain: local, to: "127.0.0.1:{lan}", listen: "127.0.0.3:{local}" }}
    - {{ subdomain: eighty, to: "127.0.0.1:{lan}", listen: 80 }}
    - {{ subdomain: eighty, to: "127.0.0.1:{secure}" }}
    - {{ subdomain: secure, to: "127.0.0.1:{secure}" }}
"#,
        all = all.port(),
        lan = lan.port(),
        secure = secure.port(),
    ));
    let get = |address: &str, port: u16, name: &str| {
        let connect = format!("::{address}:{port}");
        get_plain(address, name, port, "/", &["--connect-to", &connect])
    };
    assert_eq!(get("127.0.0.1", port, "all.example.org"), (200, "all /".to_owned()));
    assert_eq!(get("127.0.0.2", port, "all.example.org").0, 403);
    assert_eq!(get("127.0.0.2", port, "lan.example.org"), (200, "lan /".to_owned()));
    assert_eq!(get("127.0.0.2", port, "lan.home.arpa"), (200, "lan /".to_owned()));
    assert_eq!(get("127.0.0.1", port, "lan.example.org"), (200, String::new()));
    assert_eq!(get("127.0.0.3", local, "local.example.org"), (200, "lan /".to_owned()));
    for address in ["127.0.0.1", "127.0.0.2"] {
        // Port 80 of this Caddy is another port.
        assert_eq!(get(address, caddy.http, "eighty.example.org"), (200, "lan /".to_owned()));
        assert_eq!(caddy.get_at(address, "eighty.example.org", &[]), (200, "secure /".to_owned()));
        assert_eq!(caddy.get_at(address, "secure.example.org", &[]), (200, "secure /".to_owned()));
        assert!(matches!(get(address, caddy.http, "secure.example.org").0, 301 | 308));
        // A site in plain HTTP has no certificate.
        assert_eq!(caddy.get_at(address, "all.example.org", &["--retry", "0"]).0, 0);
    }
}

/// Every Caddyfile of a fixture that compiles is accepted by the real Caddy.
#[test]
fn caddy_accepts_the_sites_of_the_fixtures() {
    if !tools() {
        return;
    }
    let cases = ["site-options", "login", "caddy-addresses", "caddy-internal", "caddy-interfaces", "tunnel"];
    for case in cases {
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

/// HAProxy with the sites of a file, until it is dropped.
struct HaProxy {
    process: Child,
    folder: tempfile::TempDir,
}

/// The file that NixOS writes (`haproxyCfg` in nixos/modules/services/networking/haproxy.nix).
fn haproxy_cfg(text: &str, socket: &Path) -> String {
    let system = System::of(&compile(text));
    let config = system.eval(
        r#"let
  module' = module ./haproxy.nix;
  config = (module'.config or module').services.haproxy.config;
in
if builtins.isList config then builtins.concatStringsSep "\n" config else config"#,
    );
    format!(
        "global\n  stats socket {} mode 600 expose-fd listeners level user\n\n{}",
        socket.display(),
        config.as_str().expect("a text")
    )
}

impl HaProxy {
    fn start(text: &str, port: u16) -> HaProxy {
        HaProxy::start_with(text, ("127.0.0.1", port), |config| config)
    }

    /// HAProxy with a changed configuration, once it listens on an address and port.
    fn start_with(text: &str, at: (&str, u16), change: impl FnOnce(String) -> String) -> HaProxy {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("haproxy.cfg");
        std::fs::write(&path, change(haproxy_cfg(text, &folder.path().join("socket")))).unwrap();
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let process = Command::new("haproxy")
            .arg("-Ws")
            .arg("-f")
            .arg(&path)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("haproxy runs");
        let mut haproxy = HaProxy { process, folder };
        let end = Instant::now() + Duration::from_secs(60);
        while std::net::TcpStream::connect(at).is_err() {
            let over = haproxy.process.try_wait().expect("a process").is_some() || Instant::now() > end;
            assert!(!over, "{}\n{}", read(&path), read(&haproxy.folder.path().join("log")));
            std::thread::sleep(Duration::from_millis(50));
        }
        haproxy
    }
}

impl Drop for HaProxy {
    fn drop(&mut self) {
        // The master ends its workers.
        let id = self.process.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status();
        let _ = self.process.wait();
    }
}

/// The status and the body of a request in plain HTTP, with the name as `Host`.
fn get_plain(from: &str, name: &str, port: u16, path: &str, more: &[&str]) -> (u16, String) {
    let output = Command::new("curl")
        .args(["--disable", "--silent", "--path-as-is", "--max-time", "60", "--noproxy", "*"])
        .args(["--interface", from, "--write-out", "\n%{http_code}"])
        .args(["--header", &format!("Host: {name}")])
        .args(more)
        .arg(format!("http://127.0.0.1:{port}{path}"))
        .output()
        .expect("curl runs");
    let text = String::from_utf8(output.stdout).expect("text");
    let (body, status) = text.rsplit_once('\n').expect("a status");
    (status.parse().expect("a status"), body.to_owned())
}

fn haproxy_tools() -> bool {
    are_installed(&["haproxy", "curl", "nix-instantiate"])
}

#[test]
fn haproxy_routes_by_name_and_path_and_admits_only_the_clients_of_allow_from() {
    if !haproxy_tools() {
        return;
    }
    let [a, b, api, other] = ["a", "b", "api", "other"].map(program);
    let (port, strict, stats) = (free_port(), free_port(), free_port());
    let _haproxy = HaProxy::start(
        &format!(
            r#"{HEAD}haproxy:
  interfaces: [eth0]
  stats: 127.0.0.1:{stats}
  sites:
    - {{ listen: {port}, to: "127.0.0.1:{}", paths: {{ /other/*: "127.0.0.1:{2}" }} }}
    - {{ listen: {port}, host: a.lan, aliases: [A2.lan], to: "127.0.0.1:{1}", paths: {{ /api*: "127.0.0.1:{2}", /api: "127.0.0.1:{3}" }} }}
    - {{ listen: {port}, host: b.lan, to: "127.0.0.1:{3}", allow_from: [127.0.0.2, 127.0.1.0/24], paths: {{ /api/*: "127.0.0.1:{2}" }} }}
    - {{ listen: "127.0.0.1:{strict}", host: a.lan, to: "127.0.0.1:{1}" }}
"#,
            other.port(),
            a.port(),
            api.port(),
            b.port(),
        ),
        port,
    );
    let get = |name: &str, path: &str| get_plain("127.0.0.1", name, port, path, &[]);
    for (name, path, body) in [
        ("a.lan", "/", "a /"),
        ("A.LAN:8080", "/x", "a /x"),
        ("a2.lan", "/x", "a /x"),
        ("a.lan", "/api", "b /api"),
        ("a.lan", "/api/x", "api /api/x"),
        ("a.lan", "/API/x", "api /API/x"),
        ("xa.lan", "/api", "other /api"),
        ("127.0.0.1", "/", "other /"),
        ("127.0.0.1", "/other/x", "api /other/x"),
        ("a.lan", "/other/x", "a /other/x"),
    ] {
        assert_eq!(get(name, path), (200, body.to_owned()), "{name}{path}");
    }
    let spoofed = ["--header", "X-Forwarded-For: 127.0.0.2"];
    for path in ["/", "/api/x"] {
        assert_eq!(get_plain("127.0.0.1", "b.lan", port, path, &spoofed).0, 403);
        assert_eq!(get_plain("127.0.0.2", "b.lan", port, path, &[]).0, 200);
        assert_eq!(get_plain("127.0.1.9", "B.lan", port, path, &[]).0, 200);
    }
    // Without a site for every name, other names are refused.
    assert_eq!(get_plain("127.0.0.1", "a.lan", strict, "/", &[]).0, 200);
    assert_eq!(get_plain("127.0.0.1", "127.0.0.1", strict, "/", &[]).0, 404);
    assert_eq!(get_plain("127.0.0.1", "x", stats, "/", &[]).0, 200);
}

#[test]
fn haproxy_reads_every_name_and_every_client_of_a_site_with_many() {
    if !haproxy_tools() {
        return;
    }
    let a = program("a");
    let port = free_port();
    let names: Vec<String> = (1..130).map(|number| format!("{}{number}.lan", "n".repeat(50))).collect();
    let clients: Vec<String> = (2..132).map(|number| format!("127.0.{number}.0/24")).collect();
    let _haproxy = HaProxy::start(
        &format!(
            r#"{HEAD}haproxy:
  sites:
    - {{ listen: {port}, host: a.lan, aliases: [{}], to: "127.0.0.1:{}", allow_from: [{}] }}
"#,
            names.join(", "),
            a.port(),
            clients.join(", "),
        ),
        port,
    );
    let get = |from: &str, name: &str| get_plain(from, name, port, "/", &[]).0;
    for name in ["a.lan", &names[48], &names[49], &names[128]] {
        for (from, status) in
            [("127.0.2.1", 200), ("127.0.60.1", 200), ("127.0.131.1", 200), ("127.0.0.1", 403)]
        {
            assert_eq!(get(from, name), status, "{name} from {from}");
        }
    }
    assert_eq!(get("127.0.2.1", "b.lan"), 404);
}

#[test]
fn haproxy_sets_the_headers_about_the_client_and_removes_those_of_the_client() {
    if !haproxy_tools() {
        return;
    }
    let main = program("main");
    let port = free_port();
    let _haproxy = HaProxy::start(
        &format!(
            "{HEAD}haproxy: {{ interfaces: [eth0], sites: [{{ listen: {port}, to: \"127.0.0.1:{}\" }}] }}\n",
            main.port()
        ),
        port,
    );
    let spoofed = [
        "X-Forwarded-For: 10.0.0.1",
        "X-FORWARDED-PROTO: https",
        "X_Forwarded_For: 10.0.0.1",
        "X.Forwarded.For: 10.0.0.1",
        "X-Forwarded-Host: evil.lan",
        "X-Forwarded-Port: 1",
        "X-Forwarded_Proto: https",
        "Forwarded: for=10.0.0.1",
        "X-Real-IP: 10.0.0.1",
        "X_Real_IP: 10.0.0.1",
    ];
    let more: Vec<&str> = spoofed.iter().flat_map(|header| ["--header", header]).collect();
    assert_eq!(get_plain("127.0.0.5", "photos.lan", port, "/", &more).0, 200);
    let requests = main.requests();
    let mut found: Vec<(String, String)> = requests[0]
        .headers
        .iter()
        .map(|(name, value)| (name.to_lowercase(), value.clone()))
        .filter(|(name, _)| name.contains("forwarded") || name.contains("real"))
        .collect();
    found.sort();
    let expected = [
        ("x-forwarded-for", "127.0.0.5"),
        ("x-forwarded-host", "photos.lan"),
        ("x-forwarded-proto", "http"),
        ("x-real-ip", "127.0.0.5"),
    ];
    assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

/// The port of a program that switches protocols, and then repeats each line.
fn echo() -> u16 {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = socket.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in socket.incoming().flatten() {
            let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
            let mut stream = stream;
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                line.clear();
            }
            let answer = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
            let _ = stream.write_all(answer.as_bytes());
            for line in reader.lines().map_while(Result::ok) {
                let _ = stream.write_all(format!("{line}\n").as_bytes());
            }
        }
    });
    port
}

#[test]
fn haproxy_forwards_uploads_and_websockets() {
    if !haproxy_tools() {
        return;
    }
    let main = Server::new(|request| Answer::text(request.body.len().to_string()));
    let echo = echo();
    let port = free_port();
    let _haproxy = HaProxy::start(
        &format!(
            "{HEAD}haproxy: {{ interfaces: [eth0], sites: [{{ listen: {port}, to: \"127.0.0.1:{}\", paths: {{ /ws: \"127.0.0.1:{echo}\" }} }}] }}\n",
            main.port()
        ),
        port,
    );
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("upload");
    std::fs::write(&file, vec![7; 64 << 20]).unwrap();
    let upload = format!("@{}", file.display());
    let (status, body) = get_plain("127.0.0.1", "x", port, "/", &["--data-binary", &upload]);
    assert_eq!((status, body), (200, (64 << 20).to_string()));

    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).expect("haproxy listens");
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let request = "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert!(line.starts_with("HTTP/1.1 101"), "{line}");
    while line.len() > 2 {
        line.clear();
        reader.read_line(&mut line).unwrap();
    }
    for text in ["one\n", "two\n"] {
        stream.write_all(text.as_bytes()).unwrap();
        line.clear();
        reader.read_line(&mut line).unwrap();
        assert_eq!(line, text);
    }
}

/// A Caddy with the PROXY protocol. The package of Debian 12 is too old: `.ci/run` installs this one with pip.
fn current_caddy() -> Option<PathBuf> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/caddy/bin/caddy");
    if !program.is_file() {
        assert!(std::env::var_os("HOMEGEN_REQUIRE_TOOLS").is_none(), "Caddy 2.11 is not installed");
        println!("skipped: Caddy 2.11 is not installed");
        return None;
    }
    Some(program)
}

#[test]
fn caddy_behind_haproxy_sees_the_clients() {
    if !tools() || !haproxy_tools() {
        return;
    }
    let Some(program) = current_caddy() else { return };
    let (main, echo) = (self::program("main"), echo());
    let text = format!(
        r#"{HEAD}haproxy: {{}}
caddy:
  domain: example.org
  bind: [127.0.0.5, 127.0.0.6]
  behind: haproxy
  tls: internal
  sites:
    - {{ subdomain: app, to: "127.0.0.1:{0}", paths: {{ /ws: "127.0.0.1:{echo}" }} }}
    - {{ subdomain: some, to: "127.0.0.1:{0}", allow_from: [127.0.0.3] }}
    - {{ subdomain: lines, extra: "respond `{{remote_host}} {{http.request.proto}}`" }}
    - {{ subdomain: plain, to: "127.0.0.1:{0}", listen: 80 }}
"#,
        main.port()
    );
    let caddy = Caddy::start_behind(&text, &program);
    let (http, https) = (free_port(), free_port());
    let _haproxy = HaProxy::start_with(&text, ("127.0.0.6", https), |config| {
        [(":80\n", http), (":443\n", https), (":20080 ", caddy.http), (":20443 ", caddy.https)]
            .into_iter()
            .fold(config, |config, (from, to)| {
                config.replace(from, &format!(":{to}{}", &from[from.len() - 1..]))
            })
    });
    let get = |from: &str, name: &str, more: &[&str]| {
        let name = format!("{name}.example.org");
        let connect = format!("{name}:{}:127.0.0.5:{https}", caddy.https);
        caddy.get_from(from, &name, "/", &[&["--connect-to", &connect], more].concat())
    };
    // TLS ends at Caddy: HAProxy has no certificate. HTTP/2 reaches Caddy too.
    for from in ["127.0.0.3", "127.0.0.4"] {
        assert_eq!(get(from, "lines", &[]), (200, format!("{from} HTTP/2.0")));
        let spoofed = ["--header", "X-Forwarded-For: 127.0.0.9"];
        assert_eq!(get(from, "app", &spoofed), (200, "main /".to_owned()));
        assert_eq!(main.requests().last().unwrap().header("x-forwarded-for"), Some(from));
    }
    assert_eq!(get("127.0.0.3", "some", &[]).0, 200);
    assert_eq!(get("127.0.0.4", "some", &[]).0, 403);
    // HTTP/3 is not offered.
    assert!(!get("127.0.0.3", "lines", &["--include"]).1.to_lowercase().contains("alt-svc"));

    // A client cannot name an address: Caddy reads only the header of HAProxy.
    let before = main.requests().len();
    let mut spoof = std::net::TcpStream::connect(("127.0.0.5", http)).expect("haproxy listens");
    let header = "PROXY TCP4 127.0.0.3 127.0.0.5 1000 80\r\nGET / HTTP/1.1\r\nHost: plain.example.org\r\nConnection: close\r\n\r\n";
    spoof.write_all(header.as_bytes()).unwrap();
    let mut answer = String::new();
    let _ = spoof.read_to_string(&mut answer);
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    // Caddy takes the second header for a broken TLS handshake.
    let spoof = Command::new("curl")
        .args(["--disable", "--silent", "--insecure", "--max-time", "20", "--noproxy", "*"])
        .args(["--interface", "127.0.0.4", "--haproxy-protocol"])
        .args(["--connect-to", &format!("::127.0.0.5:{https}"), "https://some.example.org/"])
        .output()
        .expect("curl runs");
    assert_eq!(spoof.status.code(), Some(35));
    assert_eq!(main.requests().len(), before);

    let plain = |name: &str, more: &[&str]| {
        let connect = format!("::127.0.0.5:{http}");
        get_plain("127.0.0.4", name, http, "/x", &[&["--connect-to", &connect], more].concat())
    };
    assert_eq!(plain("plain.example.org", &[]), (200, "main /x".to_owned()));
    assert_eq!(main.requests().last().unwrap().header("x-forwarded-for"), Some("127.0.0.4"));
    let redirect = ["--output", "/dev/null", "--write-out", "%{redirect_url}\n%{http_code}"];
    let (status, location) = plain("app.example.org", &redirect);
    assert!(matches!(status, 301 | 308), "{status}");
    assert_eq!(location, "https://app.example.org/x");

    let upgrade = ["--http1.1", "--max-time", "3", "--header", "Connection: Upgrade", "--header"];
    let name = "app.example.org";
    let connect = format!("{name}:{}:127.0.0.5:{https}", caddy.https);
    let upgrade = [upgrade.as_slice(), &["Upgrade: websocket", "--connect-to", &connect]].concat();
    let key =
        ["--header", "Sec-WebSocket-Version: 13", "--header", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="];
    assert_eq!(caddy.get_from("127.0.0.3", name, "/ws", &[upgrade.as_slice(), &key].concat()).0, 101);
}

#[test]
fn haproxy_accepts_the_configuration_of_the_fixture_without_warnings() {
    if !haproxy_tools() {
        return;
    }
    for case in ["haproxy", "haproxy-before-caddy", "every-key"] {
        let text = crate::common::read(&format!("fixtures/{case}/homeserver.yaml"));
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("haproxy.cfg");
        std::fs::write(&path, haproxy_cfg(&text, &folder.path().join("socket"))).unwrap();
        let run =
            Command::new("haproxy").args(["-c", "-dW", "-f"]).arg(&path).output().expect("haproxy runs");
        assert!(run.status.success(), "{case}:\n{}\n{}", read(&path), String::from_utf8_lossy(&run.stderr));
    }
}
