//! A published port without an address is on 127.0.0.1, where other machines do not reach it.

use crate::ast::container::Port;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::{Node, Text};

/// Ports inside of containers, over TCP, whose clients are other machines (IANA's registry of ports, and the
/// defaults of the programs).
const FOR_OTHERS: &[(u16, &str)] = &[
    (21, "FTP"),
    (22, "SSH"),
    (25, "mail"),
    (53, "DNS"),
    (110, "mail"),
    (139, "SMB"),
    (143, "mail"),
    (389, "LDAP"),
    (445, "SMB"),
    (465, "mail"),
    (548, "AFP"),
    (554, "RTSP"),
    (587, "mail"),
    (631, "printing"),
    (636, "LDAP"),
    (853, "DNS"),
    (873, "rsync"),
    (990, "FTP"),
    (993, "mail"),
    (995, "mail"),
    (1194, "a VPN"),
    (1883, "MQTT"),
    (1935, "RTMP"),
    (2049, "NFS"),
    (2222, "SSH"),
    (3260, "iSCSI"),
    (3389, "a remote desktop"),
    (3478, "TURN"),
    (4190, "mail"),
    (5060, "SIP"),
    (5061, "SIP"),
    (5222, "XMPP"),
    (5269, "XMPP"),
    (5349, "TURN"),
    (5900, "a remote desktop"),
    (6667, "IRC"),
    (6697, "IRC"),
    (6881, "BitTorrent"),
    (7777, "a game"),
    (8554, "RTSP"),
    (8555, "WebRTC"),
    (8883, "MQTT"),
    (22000, "Syncthing"),
    (25565, "Minecraft"),
    (27015, "a game"),
    (51413, "BitTorrent"),
    (64738, "Mumble"),
];

/// Ports inside of containers, over UDP, that programs of the host itself send to: logs, metrics and traces. Every
/// other UDP port is for other machines.
const UDP_OF_THE_HOST: &[u16] = &[514, 1514, 5140, 6831, 6832, 8125, 12201];

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers().filter(|c| c.compose.network_mode.is_none()) {
        let mut found = container.compose.ports.iter().filter_map(|port| Some((port, for_others(port)?)));
        let Some((port, what)) = found.next() else { continue };
        let published = port.published.value();
        let diagnostic = Diagnostic::new(
            Code::LoopbackPort,
            format!("port {published} of `{}` is published on 127.0.0.1 only", container.name),
            port.span,
            format!("{what}, and no address"),
        );
        diagnostics.push(
            found
                .fold(diagnostic, |diagnostic, (port, what)| {
                    diagnostic.and(port.span, format!("{what}, and no address"))
                })
                .help(help(host, port)),
        );
    }
}

/// What a port without an address is for, if other machines use it.
fn for_others(port: &Port) -> Option<String> {
    if port.address.is_some() {
        return None;
    }
    let target = port.target.value();
    let first: u16 = target.split('-').next()?.parse().ok()?;
    match port.protocol.as_ref().map(Text::value).as_deref() {
        None | Some("tcp") => {
            FOR_OTHERS.iter().find(|(known, _)| *known == first).map(|(_, what)| (*what).to_owned())
        }
        Some("udp") => (!UDP_OF_THE_HOST.contains(&first)).then(|| "a UDP port".to_owned()),
        Some(_) => None,
    }
}

fn help(host: &Host, port: &Port) -> String {
    let address = if host.tailscale.is_some() { "${tailscale.address}" } else { "192.168.1.2" };
    let protocol = match port.protocol.as_ref().map(Text::value).as_deref() {
        None | Some("tcp") => String::new(),
        Some(protocol) => format!("/{protocol}"),
    };
    let (published, target) = (port.published.value(), port.target.value());
    format!(
        "write the host's address that other machines use, such as \"{address}:{published}:{target}{protocol}\", or 127.0.0.1 if only the host needs it"
    )
}
