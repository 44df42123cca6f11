//! The table of ports that serve other machines without Caddy. It is not a rule; rules use it.

use crate::form::Protocol;
use crate::setting::Port;

/// Ports inside containers, over TCP, whose clients are other machines (IANA's registry of ports, and the
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

/// Ports inside containers, over UDP, that programs of the host itself send to: logs, metrics and traces. Every
/// other UDP port is for other machines.
const UDP_OF_THE_HOST: &[u16] = &[514, 1514, 5140, 6831, 6832, 8125, 12201];

/// The use of `port`, if programs on other machines use it without HTTP.
pub(super) fn for_others(port: &Port) -> Option<&'static str> {
    let ports = port.target.value;
    match port.protocol.value {
        Protocol::Tcp => {
            FOR_OTHERS.iter().find(|(known, _)| ports.has(*known)).map(|(_, listener)| *listener)
        }
        Protocol::Udp => {
            let is_of_others = (ports.first..=ports.last).any(|port| !UDP_OF_THE_HOST.contains(&port));
            is_of_others.then_some("a UDP port")
        }
        // Neither Caddy nor browsers support SCTP.
        Protocol::Sctp => Some("an SCTP port"),
    }
}
