//! The smoke test, with its list of checks.
//!
//! ```yaml
//! smoke_test: { at: hourly }
//! ```
//! ```nix
//! CHECKS = lib.concatLines (lib.flatten [ "mount=10=/mnt/disk" "disk=10=/" … ]);
//! ```

use std::collections::HashSet;
use std::net::IpAddr;

use indexmap::IndexMap;

use super::{Confinement, Unit, backup, on_path};
use crate::hir::job::{Job, SmokeTest};
use crate::hir::{Answer, Front, Host, PlainSite, Site};
use crate::lower::context;
use crate::nix::{Expr, Part, Set, parts};
use crate::nixos::{Binding, Module};
use crate::script::Script;
use crate::setting::Tls;
use crate::tree::Text;

/// The hours that a backup may be late: it takes time, and its start has a random delay.
const LATE: u32 = 12;

pub(super) fn lower(job: &Job, test: &SmokeTest, host: &Host, module: &mut Module) -> Unit {
    // Checks depend on the option of their service or job, so that disabled ones are not checked.
    let mut of_option: IndexMap<&str, Vec<Expr>> = IndexMap::new();
    let mut checks: Vec<Expr> = Vec::new();
    if let Some(front) = &host.front {
        for one in &front.sites {
            let Some(check) = site(one, front, host) else { continue };
            match one.service.as_ref().and_then(|id| host.service(id)) {
                Some(service) => of_option.entry(&service.option).or_default().push(check),
                None => checks.push(check),
            }
        }
    }
    for one in host.haproxy.iter().flat_map(|haproxy| &haproxy.sites) {
        let check = plain_site(one, host);
        match one.service.as_ref().and_then(|id| host.service(id)) {
            Some(service) => of_option.entry(&service.option).or_default().push(check),
            None => checks.push(check),
        }
    }
    for (job, backup) in host.backups() {
        let hours = job.schedule.longest_pause() + LATE;
        let mut check = vec![Part::Text(format!("backup={hours}=").into())];
        check.extend(backup::folder(job, backup));
        check.push(Part::Text(format!("/{}", backup.stem).into()));
        of_option.entry(&job.option).or_default().push(Expr::Str(check));
    }
    let root = Text::literal("/", job.span);
    let mounts =
        || host.machine.mounts.entries.iter().map(|(path, _)| path).filter(|path| path.value() != "/");
    // The free space of an unmounted mount point belongs to another disk, so the mount is checked too.
    for mount in mounts() {
        let mut check = vec![Part::Text("mount=10=".into())];
        check.extend(parts(mount));
        checks.push(Expr::Str(check));
    }
    for disk in std::iter::once(&root).chain(mounts()) {
        let mut check = vec![Part::Text("disk=".into())];
        check.extend(parts(&test.free_percent));
        check.push(Part::Text("=".into()));
        check.extend(parts(disk));
        checks.push(Expr::Str(check));
    }
    let pools = pools(test, host);
    for pool in &pools {
        let mut check = vec![Part::Text("pool=".into())];
        check.extend(parts(&test.free_percent));
        check.push(Part::Text("=".into()));
        check.extend(parts(pool));
        checks.push(Expr::Str(check));
    }
    checks.extend(of_option.into_iter().map(|(option, checks)| {
        let enable = context::enable(option);
        Expr::call("lib.optionals", [enable, Expr::List(checks)])
    }));
    let all = Expr::call("lib.flatten", [Expr::List(checks)]);
    let parameters = Set::of([("CHECKS", Expr::call("lib.concatLines", [all]))]);
    on_path(Binding::Program.into(), module);
    let mut more = vec![
        // With `true`, a disk below /home would not be visible.
        ("ProtectHome", Expr::str("read-only")),
        ("StateDirectory", Expr::str(job.unit.clone())),
        // Status 3: checks failed, and the notification was sent.
        ("SuccessExitStatus", Expr::Int(3)),
    ];
    if !pools.is_empty() {
        // zpool reads the state of a pool from /dev/zfs.
        more.push(("PrivateDevices", Expr::Bool(false)));
        more.push(("DeviceAllow", Expr::List(vec![Expr::str("/dev/zfs rw")])));
    }
    Unit {
        about: "look at every site, backup, disk and network mount".to_owned(),
        program: Expr::run(Script::SmokeTest, [Expr::str(job.name.to_string()), Expr::Set(parameters)]),
        name: job.name.to_string(),
        after: vec!["multi-user.target".to_owned()],
        paths: vec![],
        confinement: Confinement::Confined,
        before: vec![],
        secrets: vec![],
        timeout: Expr::str("10min"),
        persistent: false,
        finally: None,
        more,
    }
}

/// The pools of the file, and those of datasets with snapshots, without duplicates.
fn pools(test: &SmokeTest, host: &Host) -> Vec<Text> {
    let datasets = host.zfs.iter().flat_map(|zfs| zfs.snapshots.entries.iter());
    let of_datasets = datasets.filter_map(|(dataset, _)| dataset.split('/').into_iter().next());
    let mut seen = HashSet::new();
    let all = test.pools.iter().map(|pool| pool.text.clone()).chain(of_datasets);
    all.filter(|pool| seen.insert(pool.value())).collect()
}

/// The check of a site of HAProxy. A site that does not answer the host says nothing about the program behind it.
fn plain_site(site: &PlainSite, host: &Host) -> Expr {
    let listen = site.listen.value;
    let address = match listen.address {
        Some(IpAddr::V6(address)) => format!("[{address}]"),
        Some(address) => address.to_string(),
        None => "127.0.0.1".to_owned(),
    };
    let mut check = vec![Part::Text("site=".into())];
    match (site.names.first(), site.upstream.host_port()) {
        (_, Some(port)) if site.allow_from.is_some() => {
            check.push(Part::Text("=http://127.0.0.1:".into()));
            check.extend(parts(&context::port(port, host)));
        }
        (Some(name), _) => {
            check.push(Part::Text(format!("{address}=http://").into()));
            check.extend(parts(name));
            check.push(Part::Text(format!(":{}", listen.port).into()));
        }
        (None, _) => check.push(Part::Text(format!("=http://{address}:{}", listen.port).into())),
    }
    check.push(Part::Text("/ ".into()));
    match site.names.first() {
        Some(name) => check.extend(parts(name)),
        None => check.push(Part::Text(format!("port {} of HAProxy", listen.port).into())),
    }
    Expr::Str(check)
}

/// The check of a site: a request to Caddy's address, with the site's name.
fn site(site: &Site, front: &Front, host: &Host) -> Option<Expr> {
    if site.host.value().starts_with('*') {
        return None;
    }
    let mut check = vec![Part::Text("site=".into())];
    let port = match &site.answer {
        Answer::Proxy(upstream) if !upstream.https => upstream.host_port(),
        _ => None,
    };
    match (front.tls(), port) {
        // The host does not trust the certificate of Caddy's own authority. A site that does not answer the host says
        // nothing about the program behind it.
        (tls, Some(port))
            if matches!(tls, Some(Tls::Internal)) && site.listen.is_none() || site.is_guarded() =>
        {
            check.push(Part::Text("=http://127.0.0.1:".into()));
            check.extend(parts(&context::port(port, host)));
        }
        (Some(Tls::Internal), _) if site.listen.is_none() => return None,
        _ => {
            let address = front.local_address(site, host);
            check.extend(address.into_iter().flat_map(|address| parts(&address.text)));
            let (scheme, port) = match site.plain_port() {
                Some(port) => ("http", format!(":{port}")),
                None => ("https", String::new()),
            };
            check.push(Part::Text(format!("={scheme}://").into()));
            check.extend(parts(&site.host));
            check.push(Part::Text(port.into()));
        }
    }
    check.push(Part::Text("/ ".into()));
    check.extend(parts(&site.host));
    Some(Expr::Str(check))
}
