//! `smoke-test`: what is wrong is told in one message, and nothing that hangs holds it up.

mod common;

use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use common::http::{Answer, Server, nobody};
use common::scripts::{Ran, Stage, here};

fn server() -> Server {
    Server::new(|request| match request.path.split('/').nth(1).unwrap().parse() {
        Ok(status) => Answer::status(status),
        Err(_) => Answer::raw("nonsense"),
    })
}

/// All is well, in one line.
fn right(stage: &Stage, check: &str, says: &str) {
    let before = stage.told();
    let ran = stage.run("smoke-test", &[check]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{check}: {ran:?}");
    assert_eq!(ran.out, format!("ok      {says}\n"));
    assert_eq!(stage.told(), before, "{check}");
}

/// Something is wrong, and a person is told what.
fn wrong(stage: &Stage, check: &str, says: &str) {
    let ran = stage.run("smoke-test", &[check]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(1), ""), "{check}: {ran:?}");
    assert!(ran.out.starts_with("WRONG   ") && ran.out.contains(says), "{says}: {ran:?}");
    let told = stage.told().pop().expect("a person is told");
    assert!(told[0].ends_with(": 1 of 1 checks fail"), "{told:?}");
    assert_eq!(format!("WRONG   {}", told[1]), ran.out);
}

#[test]
fn a_site_lives_that_answers_with_no_error_of_its_own() {
    if !here(&["curl"]) {
        return;
    }
    let (server, stage) = (server(), Stage::new());
    for status in [200, 204, 302, 401, 404, 499] {
        right(
            &stage,
            &format!("site=={}/{status}/?a=b&c=[d] Immich", server.url()),
            &format!("Immich answers {status}"),
        );
    }
    assert_eq!(server.asked()[0], "GET /200/?a=b&c=[d]");
    for status in [500, 502, 503] {
        let check = format!("site=={}/{status} a=b c", server.url());
        wrong(&stage, &check, &format!("a=b c answers {status}: look at its log"));
    }
    wrong(&stage, &format!("site=={} dead", nobody()), "dead: nobody answers at http://127.0.0.1:");
    wrong(&stage, "site==http://no-such-host.invalid/ gone", "gone: nobody knows the address of");
    wrong(&stage, &format!("site=={}/x broken", server.url()), "broken: asking");
    wrong(&stage, "site==file:///etc/passwd file", "file: asking");
    wrong(&stage, "site==--help option", "option: ");
}

#[test]
fn a_site_is_asked_at_its_address_by_its_name() {
    if !here(&["curl"]) {
        return;
    }
    let (server, mut stage) = (server(), Stage::new());
    // What a person has set up for their own programs is not what a browser in the house has.
    stage.set("http_proxy", nobody());
    let url = format!("http://immich.example:{}/200", server.port());
    right(&stage, &format!("site=127.0.0.1={url} Immich"), "Immich answers 200");
    assert_eq!(
        server.requests()[0].header("host"),
        Some(format!("immich.example:{}", server.port()).as_str())
    );
    for address in ["::1", "[::1]"] {
        // Nobody listens there, and it is understood.
        wrong(&stage, &format!("site={address}={url} Immich"), "Immich: nobody answers");
    }
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_site_that_says_nothing_is_given_up() {
    let stage = Stage::new();
    // As curl says it after its time.
    stage.stand_in("curl", "printf '%s ' \"$@\" >\"$STAGE/given\"; printf 000; exit 28");
    wrong(&stage, "site==https://immich.example/ Immich", "Immich does not answer within 20 seconds");
    assert!(stage.read("given").contains("--connect-timeout 10 --max-time 20"));
    stage.stand_in("curl", "printf 000; exit 60");
    wrong(&stage, "site=127.0.0.1=https://immich.example/ Immich", "Immich: its certificate is not valid");
}

/// A file of some age.
fn aged(stage: &Stage, path: &str, hours: u64) {
    stage.file(path, "x");
    let file = std::fs::File::options().write(true).open(stage.at(path)).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(hours * 3600 + 60)).unwrap();
}

#[test]
fn a_backup_is_as_old_as_its_newest() {
    let stage = Stage::new();
    let folder = "back ups=[1]";
    std::fs::create_dir(stage.at(folder)).unwrap();
    let check = |hours| format!("backup={hours}={}/immich", stage.path(folder));
    wrong(&stage, &check("26"), "backup immich: there is none in");
    // Neither what is not whole, nor what belongs to another, nor something else.
    for other in [".immich-2026-01-03.dump.new", "immich-ml-2026-01-03.dump", "immich.txt", "x-immich-2026"] {
        aged(&stage, &format!("{folder}/{other}"), 0);
    }
    wrong(&stage, &check("26"), "backup immich: there is none in");
    aged(&stage, &format!("{folder}/immich-2026-01-01 a.dump"), 50);
    aged(&stage, &format!("{folder}/immich-2026-01-02\nb.dump"), 25);
    aged(&stage, &format!("{folder}/immich-2025-01-02.dump"), 900);
    right(&stage, &check("26"), "backup immich is 25 hours old");
    right(&stage, &check("026"), "backup immich is 25 hours old");
    wrong(&stage, &check("25"), "backup immich is 25 hours old, more than 25: ");
    wrong(&stage, &check("x"), "no number of hours");
    wrong(&stage, &check("a[$(touch x)]"), "no number of hours");
    wrong(&stage, &format!("backup=26={}/immich", stage.path("missing")), "its folder cannot be read");
    assert!(!stage.at("x").exists());
}

#[test]
fn a_disk_has_space_and_inodes_left() {
    let stage = Stage::new();
    let folder = stage.path("a=b c");
    std::fs::create_dir(&folder).unwrap();
    assert_eq!(stage.run("smoke-test", &[&format!("disk=0={folder}")]).code, Some(0));
    wrong(&stage, &format!("disk=101={folder}"), "of its space left, less than 101 %");
    wrong(&stage, &format!("disk=10={}", stage.path("missing")), "nobody knows how full it is");
    wrong(&stage, &format!("disk=ten={folder}"), "no percentage");
    let df = |line: &str| stage.stand_in("df", &format!("echo Use% IUse%; echo '{line}'"));
    let check = "disk=10=/data";
    df(" 90%   90%");
    right(&stage, check, "disk /data has 10 % of its space left");
    df("   -     -");
    right(&stage, check, "disk /data has 100 % of its space left");
    df(" 91%   90%");
    wrong(&stage, check, "disk /data has 9 % of its space left, less than 10 %");
    df(" 90%   91%");
    wrong(&stage, check, "disk /data has 9 % of its inodes left, less than 10 %");
}

#[test]
fn a_mount_is_one_and_answers() {
    let stage = Stage::new();
    right(&stage, "mount=5=/proc", "mount /proc answers");
    right(&stage, "mount==/proc", "mount /proc answers");
    wrong(&stage, &format!("mount=5={}", stage.path("state")), "nothing is mounted there");
    wrong(&stage, "mount=5=/no/such=place", "mount /no/such=place cannot be read");
    wrong(&stage, "mount=x=/proc", "no number of seconds");
    // An automount whose other side is away.
    stage.stand_in("stat", "echo autofs");
    wrong(&stage, "mount=5=/proc", "nothing is mounted there");
}

#[test]
fn a_mount_that_hangs_holds_nothing_up() {
    let stage = Stage::new();
    stage.stand_in("stat", "trap '' TERM; while :; do sleep 1; done");
    let start = Instant::now();
    wrong(&stage, "mount=1=/proc", "mount /proc does not answer within 1 seconds");
    // Where not even force ends it, as in a wait for a disk, it is left behind.
    stage.stand_in("timeout", "echo $$ >\"$STAGE/stuck\"; exec sleep 60");
    wrong(&stage, "mount=1=/proc", "mount=1=/proc does not end");
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    let stuck = stage.read("stuck");
    assert!(Command::new("kill").arg(stuck.trim()).status().unwrap().success(), "it was not left behind");
}

#[test]
fn all_that_is_wrong_is_told_at_once_and_nothing_else() {
    if !here(&["curl"]) {
        return;
    }
    let (server, stage) = (server(), Stage::new());
    stage.stand_in("stat", "sleep 9");
    let start = Instant::now();
    let ran = stage.run(
        "smoke-test",
        &[
            "mount=2=/a",
            "mount=2=/b",
            &format!("site=={}/502 Immich", server.url()),
            &format!("site=={}/200 Kuma", server.url()),
            "disk=0=/",
            "what=1=/",
            "site=https://no.name/",
            "mount=2=/c",
        ],
    );
    assert!(start.elapsed() < Duration::from_secs(7), "one after the other: {:?}", start.elapsed());
    assert_eq!(ran.code, Some(1));
    assert_eq!(ran.out.lines().count(), 8, "{}", ran.out);
    let told = stage.told();
    assert_eq!(told.len(), 1);
    assert!(told[0][0].ends_with(": 6 of 8 checks fail"), "{told:?}");
    assert_eq!(
        told[0][1].lines().collect::<Vec<_>>(),
        [
            "mount /a does not answer within 2 seconds",
            "mount /b does not answer within 2 seconds",
            "Immich answers 502: look at its log",
            "this is no check: what=1=/",
            "this is no check: site=https://no.name/",
            "mount /c does not answer within 2 seconds",
        ]
    );
}

#[test]
fn a_unit_has_its_checks_a_line_each_in_the_environment() {
    let mut stage = Stage::new();
    stage.set("CHECKS", "disk=0=/\ndisk=0=/tmp\n");
    let ran = stage.run("smoke-test", &[]);
    assert_eq!((ran.code, ran.out.lines().count()), (Some(0), 2), "{ran:?}");
}

#[test]
fn nothing_to_look_at_is_not_well() {
    let stage = Stage::new();
    let ran: Ran = stage.run("smoke-test", &[]);
    assert_eq!(ran.code, Some(2));
}

#[test]
fn a_full_disk_is_told() {
    // Nothing may be written anywhere, not even for a moment.
    let mut stage = Stage::new();
    stage.set("TMPDIR", "/proc/nowhere");
    stage.stand_in("df", "echo x; echo '100% 1%'");
    wrong(&stage, "disk=5=/data", "has 0 % of its space left");
}
