//! The clients of published ports, with the real nft in namespaces of the network.

use std::process::Command;

use crate::common::compile;
use crate::common::nix::System;
use crate::common::scripts::are_installed;

/// A host with a table of the file, and Podman's rule that forwards the ports to another one, on which no program
/// listens. A client connects from each address: `refused` was forwarded, and `dropped` has no answer.
const SCRIPT: &str = r#"
set -e
ip link set lo up
unshare -n sleep 60 & client=$!
trap 'kill $client' EXIT
until [ "$(readlink /proc/$client/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do sleep 0.1; done
in_client() { nsenter -t "$client" -n "$@"; }
ip link add lan type veth peer name eth netns "$client"
ip address add 192.168.1.2/16 dev lan
ip address add fd00:1::2/64 dev lan nodad
ip link set lan up
in_client ip link set lo up
for address in 192.168.1.7/16 192.168.2.7/16 fd00:1::7/64 fd00:1::8/64; do
  in_client ip address add "$address" dev eth $(case $address in fd*) echo nodad ;; esac)
done
in_client ip link set eth up
nft -f - <<'RULES'
table inet netavark {
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    fib daddr type local tcp dport { 8096, 8097, 8100-8110, 9000 } redirect to :9
    fib daddr type local udp dport 53 redirect to :9
  }
}
RULES
nft -f "$1"
nft -f "$1"
sleep 0.5
connect() {
  in_client ip route replace "$3" dev eth src "$2"
  status=0
  in_client timeout 1 bash -c 'exec 3<>"/dev/$0/$1/$2" && echo x >&3 && read -r _ <&3' "$1" "$3" "$4" 2>/dev/null || status=$?
  case $status in 124) result=dropped ;; *) result=refused ;; esac
  echo "$1 $2 $4 $result"
}
for port in 8096 8105 9000; do
  connect tcp 192.168.1.7 192.168.1.2 $port
  connect tcp 192.168.2.7 192.168.1.2 $port
done
connect udp 192.168.1.7 192.168.1.2 53
connect udp 192.168.2.7 192.168.1.2 53
connect tcp fd00:1::7 fd00:1::2 8097
connect tcp fd00:1::8 fd00:1::2 8097
# A reply to the host's own connection, whose port of the host is a published one.
nft add table ip hidden '{ chain post { type nat hook postrouting priority srcnat; ip daddr 192.168.2.7 tcp dport 99 masquerade to :8096; }; }'
timeout 1 bash -c 'exec 3<>/dev/tcp/192.168.2.7/99' 2>/dev/null && status=0 || status=$?
[ $status = 124 ] && echo "reply dropped" || echo "reply passes"
"#;

#[test]
fn only_the_clients_of_a_published_port_reach_it() {
    if !are_installed(&["nft", "ip", "unshare", "nsenter", "nix-instantiate"]) {
        return;
    }
    let system = System::of(&compile(
        r#"
homegen: 1
host: { name: nas, nixos: "26.05", timezone: Europe/Berlin }
services:
  tv:
    containers:
      tv:
        image: docker.io/example/tv:1.2.3
        ports:
          - { published: 8096, target: 80, host_ip: 0.0.0.0, from: [192.168.1.0/24, tailnet, 192.168.0.0/24] }
          - { published: 8097, target: 80, host_ip: "fd00:1::2", from: ["fd00:1::7"] }
          - { published: 8100-8110, target: 8100-8110, host_ip: 192.168.1.2, from: [192.168.1.7] }
          - { published: 53, target: 53, protocol: udp, host_ip: 192.168.1.2, from: [192.168.1.7] }
          - { published: 9000, target: 90, host_ip: 192.168.1.2 }
"#
        .trim_start(),
    ));
    let table = system
        .eval("(module ./containers.nix).config.environment.etc.\"homeserver/published-ports.nft\".text");
    let file = system.folder().join("published-ports.nft");
    std::fs::write(&file, table.as_str().expect("a text")).unwrap();
    let output = Command::new("unshare")
        .args(["--map-root-user", "--net", "bash", "-c", SCRIPT, "bash"])
        .arg(&file)
        .output()
        .unwrap();
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    let expected = "tcp 192.168.1.7 8096 refused
tcp 192.168.2.7 8096 dropped
tcp 192.168.1.7 8105 refused
tcp 192.168.2.7 8105 dropped
tcp 192.168.1.7 9000 refused
tcp 192.168.2.7 9000 refused
udp 192.168.1.7 53 refused
udp 192.168.2.7 53 dropped
tcp fd00:1::7 8097 refused
tcp fd00:1::8 8097 dropped
reply passes
";
    assert_eq!(lines, expected, "{}", String::from_utf8_lossy(&output.stderr));
}
