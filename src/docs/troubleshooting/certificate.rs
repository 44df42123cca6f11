//! A certificate is not valid.

use crate::docs::commands;
use crate::inventory::{Certificates, Inventory};
use crate::word::shell_word;

pub(super) fn section(inventory: &Inventory) -> String {
    let Some(certificates) = &inventory.host.certificates else { return String::new() };
    let secure = |url: &&String| url.starts_with("https://") && !url.contains('*');
    let url = inventory.sites.iter().filter_map(|site| site.urls.first()).find(secure);
    let mut text = "### A certificate is not valid\n\n".to_owned();
    if let Some(url) = url {
        text.push_str(&commands([(
            "The names and the dates of the certificate",
            format!("curl -svo /dev/null {} 2>&1 | grep -A 8 'Server certificate'", shell_word(url)),
        )]));
    }
    match certificates {
        Certificates::Acme(names) => {
            text.push_str(
                "`security.acme` gets the certificates with a DNS challenge, and renews them daily if they are due. The log of its \
                 unit names the reason: a wrong token of the DNS provider, no network, or a limit of the authority.\n\n",
            );
            for name in names {
                let unit = shell_word(&format!("acme-order-renew-{name}.service"));
                text.push_str(&commands([
                    ("", format!("journalctl -u {unit} -n 50 --no-pager")),
                    ("Try again", format!("systemctl start {unit}")),
                ]));
            }
        }
        Certificates::Caddy => {
            text.push_str(
                "Caddy gets the certificates itself, and tries again by itself. Its log names the reason.\n\n",
            );
            text.push_str(&commands([
                ("", "journalctl -u caddy.service -g certificate -n 50 --no-pager".to_owned()),
                ("Try again now", "systemctl restart caddy.service".to_owned()),
            ]));
        }
        Certificates::Tailscale => {
            text.push_str(
                "tailscaled gets the certificates. HTTPS has to be on in the admin console of the tailnet.\n\n",
            );
            text.push_str(&commands([
                ("", "journalctl -u tailscaled.service -n 50 --no-pager".to_owned()),
                ("", "tailscale status".to_owned()),
            ]));
        }
        Certificates::Internal => {
            text.push_str(
                "The certificates are from Caddy's own authority. Each client has to trust its root once; a client that shows an \
                 error does not have it. The root is this file:\n\n",
            );
            text.push_str(&commands([(
                "",
                "ls -l /var/lib/caddy/.local/share/caddy/pki/authorities/local/root.crt".to_owned(),
            )]));
        }
    }
    text
}
