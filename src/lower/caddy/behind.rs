//! Caddy behind HAProxy, which passes connections on as they are: TLS stays with Caddy. A header of the PROXY protocol has the
//! address of the client (<https://caddyserver.com/docs/caddyfile/options#listener-wrappers>). Caddy accepts the header from
//! the host alone.
//!
//! ```yaml
//! caddy: { bind: [192.168.1.2], behind: haproxy }
//! ```
//! ```text
//! http_port 20080
//! https_port 20443
//! servers 127.0.0.1:20443 {
//!   protocols h1 h2
//!   listener_wrappers {
//!     proxy_protocol {
//!       allow 127.0.0.1/32
//!     }
//!     tls
//!   }
//! }
//! ```

use super::{block, line};
use crate::hir::front::Caddy;
use crate::nix::Part;

/// The global options.
pub(super) fn global() -> Vec<Vec<Part>> {
    let client = || block(line("proxy_protocol"), vec![line("allow 127.0.0.1/32")]);
    // Without `protocols`, Caddy would offer HTTP/3 on a port that other machines do not reach.
    let https = [client(), vec![line("tls")]].concat();
    let https = [vec![line("protocols h1 h2")], block(line("listener_wrappers"), https)].concat();
    let http = block(line("listener_wrappers"), client());
    [
        vec![line(format!("http_port {}", Caddy::HTTP)), line(format!("https_port {}", Caddy::HTTPS))],
        block(line(format!("servers 127.0.0.1:{}", Caddy::HTTPS)), https),
        block(line(format!("servers 127.0.0.1:{}", Caddy::HTTP)), http),
    ]
    .concat()
}
