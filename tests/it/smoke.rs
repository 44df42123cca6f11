//! `smoke-test`: one notification lists the failed checks when they change, and a hanging check does not block the
//! others.

use std::process::Command;

use crate::common::http::{Answer, Server, unused_address};
use crate::common::scripts::{Ran, Stage, are_installed, scripts};

fn server() -> Server {
    Server::new(|request| match request.path.split('/').nth(1).unwrap().parse() {
        Ok(status) => Answer::status(status),
        Err(_) => Answer::raw("nonsense"),
    })
}

/// The state file of the unit.
const STATE: &str = "state/failing";

/// Deletes the state, as before the first run on a host.
fn clear_state(stage: &Stage) {
    let _ = std::fs::remove_file(stage.at(STATE));
}

/// Asserts that a check passes, with `expected` on one line, and that no notification is sent.
fn passes(stage: &Stage, check: &str, expected: &str) {
    clear_state(stage);
    let before = stage.notifications();
    let ran = stage.run("smoke-test", &[check]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{check}: {ran:?}");
    assert_eq!(ran.out, format!("ok      {expected}\n"));
    assert_eq!(stage.notifications(), before, "{check}");
}

/// Asserts that a check fails and that a notification with `expected` is sent.
fn fails(stage: &Stage, check: &str, expected: &str) {
    clear_state(stage);
    let count = stage.notifications().len();
    let ran = stage.run("smoke-test", &[check]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(3), ""), "{check}: {ran:?}");
    assert!(ran.out.starts_with("FAILED  ") && ran.out.contains(expected), "{expected}: {ran:?}");
    let sent = stage.notifications().split_off(count);
    assert_eq!(sent.len(), 1, "notifications: {sent:?}");
    assert!(sent[0][0].ends_with(": 1 of 1 checks fail"), "{sent:?}");
    assert_eq!(format!("FAILED  {}\n", sent[0][1]), ran.out);
}

#[test]
fn a_site_passes_unless_it_answers_with_a_server_error() {
    if !are_installed(&["curl"]) {
        return;
    }
    let (server, stage) = (server(), Stage::new());
    for status in [200, 204, 302, 401, 404, 499] {
        passes(
            &stage,
            &format!("site=={}/{status}/?a=b&c=[d] Immich", server.url()),
            &format!("Immich answers {status}"),
        );
    }
    assert_eq!(server.asked()[0], "GET /200/?a=b&c=[d]");
    for status in [500, 502, 503] {
        let check = format!("site=={}/{status} a=b c", server.url());
        fails(&stage, &check, &format!("a=b c answers {status}: check its log"));
    }
    fails(&stage, &format!("site=={} dead", unused_address()), "dead: nothing listens at http://127.0.0.1:");
    fails(&stage, "site==http://no-such-host.invalid/ gone", "gone: the host name of");
    fails(&stage, &format!("site=={}/x broken", server.url()), "broken: the request to");
    fails(&stage, "site==file:///etc/passwd file", "file: the request to");
    fails(&stage, "site==--help option", "option: ");
}

#[test]
fn a_site_is_requested_at_its_address_with_its_host_name() {
    if !are_installed(&["curl"]) {
        return;
    }
    let (server, mut stage) = (server(), Stage::new());
    // The proxy of the user's environment is not used.
    stage.set("http_proxy", unused_address());
    let url = format!("http://immich.example:{}/200", server.port());
    passes(&stage, &format!("site=127.0.0.1={url} Immich"), "Immich answers 200");
    assert_eq!(
        server.requests()[0].header("host"),
        Some(format!("immich.example:{}", server.port()).as_str())
    );
    for address in ["::1", "[::1]"] {
        // The port is closed, and the address is parsed correctly.
        fails(&stage, &format!("site={address}={url} Immich"), "Immich: nothing listens");
    }
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_site_that_does_not_answer_is_reported_after_the_timeout() {
    let stage = Stage::new();
    // The output and the exit code of curl after a timeout.
    stage.stand_in("curl", "printf '%s ' \"$@\" >\"$STAGE/given\"; printf 000; exit 28");
    fails(&stage, "site==https://immich.example/ Immich", "Immich does not answer within 20 seconds");
    assert!(stage.read("given").contains("--connect-timeout 10 --max-time 20"));
    stage.stand_in("curl", "printf 000; exit 60");
    fails(&stage, "site=127.0.0.1=https://immich.example/ Immich", "Immich: its certificate is not valid");
}

/// Creates a backup whose name has a time `hours` hours ago. The file itself is new, like a copied backup.
fn aged(stage: &Stage, stem: &str, hours: u64, suffix: &str) {
    let stamp = std::process::Command::new("date")
        .arg(format!("--date={hours} hours ago 1 minute ago"))
        .arg("+%Y-%m-%dT%H%M%S")
        .output()
        .expect("a date");
    let stamp = String::from_utf8(stamp.stdout).unwrap();
    stage.file(&format!("{stem}-{}{suffix}", stamp.trim()), "x");
}

#[test]
fn the_age_of_the_newest_backup_is_checked() {
    let stage = Stage::new();
    let folder = "back ups=[1]";
    std::fs::create_dir(stage.at(folder)).unwrap();
    let check = |hours| format!("backup={hours}={}/immich", stage.path(folder));
    fails(&stage, &check("26"), "backup immich: not found in");
    // Unfinished backups, backups of other services and other files do not count.
    for other in [".immich", "immich-ml", "immich-2024", "x-immich"] {
        aged(&stage, &format!("{folder}/{other}"), 0, ".dump");
    }
    aged(&stage, &format!("{folder}/immich"), 0, "-work");
    stage.file(&format!("{folder}/immich-2026-01-01.dump"), "x");
    fails(&stage, &check("26"), "backup immich: not found in");
    for hours in [50, 25, 900] {
        aged(&stage, &format!("{folder}/immich"), hours, ".dump");
    }
    passes(&stage, &check("26"), "backup immich is 25 hours old");
    passes(&stage, &check("026"), "backup immich is 25 hours old");
    fails(&stage, &check("25"), "backup immich is 25 hours old, more than 25: ");
    passes(
        &stage,
        &format!("backup=26={}/immich-2024", stage.path(folder)),
        "backup immich-2024 is 0 hours old",
    );
    fails(&stage, &check("x"), "not a number of hours");
    fails(&stage, &check("a[$(touch x)]"), "not a number of hours");
    fails(&stage, &format!("backup=26={}/immich", stage.path("missing")), "cannot read its folder");
    assert!(!stage.at("x").exists());
}

#[test]
fn the_free_space_and_inodes_of_a_disk_are_checked() {
    let stage = Stage::new();
    let folder = stage.path("a=b c");
    std::fs::create_dir(&folder).unwrap();
    assert_eq!(stage.run("smoke-test", &[&format!("disk=0={folder}")]).code, Some(0));
    fails(&stage, &format!("disk=101={folder}"), "of its space left, less than 101 %");
    fails(&stage, &format!("disk=10={}", stage.path("missing")), "cannot read its free space");
    fails(&stage, &format!("disk=ten={folder}"), "not a percentage");
    let df = |line: &str| stage.stand_in("df", &format!("echo Use% IUse%; echo '{line}'"));
    let check = "disk=10=/data";
    df(" 90%   90%");
    passes(&stage, check, "disk /data has 10 % of its space left");
    df("   -     -");
    passes(&stage, check, "disk /data has 100 % of its space left");
    df(" 91%   90%");
    fails(&stage, check, "disk /data has 9 % of its space left, less than 10 %");
    df(" 90%   91%");
    fails(&stage, check, "disk /data has 9 % of its inodes left, less than 10 %");
}

#[test]
fn a_mount_passes_if_it_is_mounted_and_answers() {
    let stage = Stage::new();
    passes(&stage, "mount=5=/proc", "mount /proc answers");
    passes(&stage, "mount==/proc", "mount /proc answers");
    fails(&stage, &format!("mount=5={}", stage.path("state")), "nothing is mounted there");
    fails(&stage, "mount=5=/no/such=place", "mount /no/such=place cannot be read");
    fails(&stage, "mount=x=/proc", "not a number of seconds");
    // An automount whose server is not reachable.
    stage.stand_in("stat", "echo autofs");
    fails(&stage, "mount=5=/proc", "nothing is mounted there");
}

#[test]
fn a_hanging_mount_is_reported_after_the_timeout() {
    let stage = Stage::new();
    stage.stand_in("stat", "trap '' TERM; while :; do sleep 1; done");
    fails(&stage, "mount=1=/proc", "mount /proc does not answer within 1 seconds");
    // A process that SIGKILL does not end, such as one that waits for a disk, is left running.
    stage.stand_in("timeout", "echo $$ >\"$STAGE/stuck\"; exec sleep 3600");
    fails(&stage, "mount=1=/proc", "the check mount=1=/proc did not finish in time");
    let stuck = stage.read("stuck");
    assert!(Command::new("kill").arg(stuck.trim()).status().unwrap().success(), "it was not left behind");
}

#[test]
fn all_failed_checks_are_sent_in_one_notification() {
    if !are_installed(&["curl"]) {
        return;
    }
    let (server, stage) = (server(), Stage::new());
    // Each mount check waits until all three have started, which never happens if they run one after the other.
    stage.stand_in(
        "timeout",
        r#"
        case "$*" in
            *" stat "*)
                echo >>"$STAGE/asked"
                until [ "$(wc -l <"$STAGE/asked")" = 3 ]; do sleep 0.02; done
                exit 137 ;;
        esac
        PATH=${PATH#*:} exec timeout "$@""#,
    );
    let ran = stage.run(
        "smoke-test",
        &[
            "mount=600=/a",
            "mount=600=/b",
            &format!("site=={}/502 Immich", server.url()),
            &format!("site=={}/200 Kuma", server.url()),
            "disk=0=/",
            "what=1=/",
            "site=https://no.name/",
            "mount=600=/c",
        ],
    );
    assert_eq!(ran.code, Some(3));
    assert_eq!(ran.out.lines().count(), 8, "{}", ran.out);
    let sent = stage.notifications();
    assert_eq!(sent.len(), 1);
    assert!(sent[0][0].ends_with(": 6 of 8 checks fail"), "{sent:?}");
    assert_eq!(
        sent[0][1].lines().collect::<Vec<_>>(),
        [
            "mount /a does not answer within 600 seconds",
            "mount /b does not answer within 600 seconds",
            "Immich answers 502: check its log",
            "not a valid check: what=1=/",
            "not a valid check: site=https://no.name/",
            "mount /c does not answer within 600 seconds",
        ]
    );
}

#[test]
fn checks_are_read_from_the_environment_one_per_line() {
    let mut stage = Stage::new();
    stage.set("CHECKS", "disk=0=/\ndisk=0=/tmp\n");
    let ran = stage.run("smoke-test", &[]);
    assert_eq!((ran.code, ran.out.lines().count()), (Some(0), 2), "{ran:?}");
}

#[test]
fn more_checks_than_the_default_limit_of_open_files_are_run() {
    let stage = Stage::new();
    stage.stand_in("df", "echo x; echo '1% 1%'");
    let checks = vec!["disk=5=/data"; 400];
    let limited =
        format!("ulimit -S -n 256; exec bash '{}' \"$@\"", scripts().join("smoke-test.sh").display());
    stage.stand_in("limited", &limited);
    let ran = Ran::from(stage.program("limited", &checks).output().unwrap());
    assert_eq!((ran.code, ran.out.lines().count(), ran.err.as_str()), (Some(0), 400, ""), "{}", ran.err);
}

#[test]
fn a_failed_notification_is_sent_again() {
    let disks = Disks::new();
    let notify_fails = disks.0.at("notify-fails");
    std::fs::write(&notify_fails, "").unwrap();
    disks.prepare([95, 1, 1]);
    for _ in 0..2 {
        let ran = disks.0.run("smoke-test", &Disks::CHECKS);
        assert_eq!(ran.code, Some(3));
        assert!(ran.err.contains("the notification could not be sent"), "{ran:?}");
    }
    assert_eq!(disks.0.notifications().len(), 0);
    std::fs::remove_file(&notify_fails).unwrap();
    assert_eq!(disks.run([95, 1, 1]).len(), 1);
    assert_eq!(disks.run([95, 1, 1]).len(), 0);
    // A failed notification about the recovery is sent again, too.
    std::fs::write(&notify_fails, "").unwrap();
    disks.prepare([1, 1, 1]);
    assert_eq!(disks.0.run("smoke-test", &Disks::CHECKS).code, Some(0));
    std::fs::remove_file(&notify_fails).unwrap();
    assert_eq!(disks.run([1, 1, 1]).len(), 1);
}

#[test]
fn a_smoke_test_without_checks_fails() {
    let stage = Stage::new();
    let ran: Ran = stage.run("smoke-test", &[]);
    assert_eq!(ran.code, Some(2));
}

#[test]
fn a_failure_is_sent_at_each_run_if_the_state_cannot_be_written() {
    // No file can be written, neither a temporary file nor the state.
    let mut stage = Stage::new();
    stage.set("TMPDIR", "/proc/nowhere");
    stage.set("STATE_DIRECTORY", "/proc/nowhere");
    stage.stand_in("df", "echo x; echo '100% 1%'");
    for count in 1..3 {
        let ran = stage.run("smoke-test", &["disk=5=/data"]);
        assert_eq!(ran.code, Some(1));
        assert!(ran.err.contains("cannot write /proc/nowhere/failing"), "{ran:?}");
        assert_eq!(stage.notifications().len(), count);
        assert_eq!(stage.notifications()[0][1], "disk /data has 0 % of its space left, less than 5 %");
    }
    // The earlier state is not lost, and changes are still sent.
    stage.set("STATE_DIRECTORY", stage.path("state"));
    stage.run("smoke-test", &["disk=5=/data"]);
    let known = stage.read(STATE);
    std::fs::create_dir(stage.at("state/failing.new")).unwrap();
    stage.stand_in("df", "echo x; echo '1% 1%'");
    assert_eq!(stage.run("smoke-test", &["disk=5=/data"]).code, Some(1));
    assert!(stage.notifications()[3][0].ends_with(": all checks pass again"), "{:?}", stage.notifications());
    assert_eq!(stage.read(STATE), known);
}

#[test]
fn a_manual_run_prints_the_results_and_sends_no_notification() {
    let mut stage = Stage::new();
    for unset in [true, false] {
        stage.set("STATE_DIRECTORY", "");
        let mut command = stage.command("smoke-test", &["mount==/proc", "mount==/no/such"]);
        if unset {
            command.env_remove("STATE_DIRECTORY");
        }
        let ran = Ran::from(command.output().unwrap());
        assert_eq!((ran.code, ran.err.as_str()), (Some(3), ""));
        let expected = "ok      mount /proc answers\nFAILED  mount /no/such cannot be read: check that its disk or server is available\n";
        assert_eq!(ran.out, expected);
        assert_eq!(stage.notifications().len(), 0);
        assert_eq!(std::fs::read_dir(stage.at("state")).unwrap().count(), 0);
    }
}

/// A host with three disks, whose usage each test sets, and a smoke test that a unit runs.
struct Disks(Stage);

impl Disks {
    fn new() -> Disks {
        let stage = Stage::new();
        stage.stand_in("df", "echo x; echo \"$(cat \"$STAGE/disks/${!#}\")% 1%\"");
        std::fs::create_dir(stage.at("disks")).unwrap();
        Disks(stage)
    }

    /// One run with the given disk usage. Returns the sent notifications.
    fn run(&self, used: [u32; 3]) -> Vec<[String; 2]> {
        self.prepare(used);
        let count = self.0.notifications().len();
        let ran = self.0.run("smoke-test", &Disks::CHECKS);
        assert_eq!(
            (ran.code, ran.err.as_str()),
            (Some(3 * i32::from(used.iter().any(|u| *u > 90))), ""),
            "{ran:?}"
        );
        let sent = self.0.notifications().split_off(count);
        sent.into_iter().map(|words| [words[0].clone(), words[1].clone()]).collect()
    }

    const CHECKS: [&str; 3] = ["disk=10=a", "disk=10=b", "disk=10=c"];

    fn prepare(&self, used: [u32; 3]) {
        for (disk, used) in ["a", "b", "c"].into_iter().zip(used) {
            self.0.file(&format!("disks/{disk}"), used.to_string());
        }
    }

    /// Moves the last notification back by this time.
    fn wait(&self, seconds: i64) {
        let state = self.0.read(STATE);
        let (time, rest) = state.split_once('\0').expect("a time");
        let time = time.parse::<i64>().unwrap() - seconds;
        self.0.file(STATE, format!("{time}\0{rest}"));
    }
}

/// The title without the host's name, and the message.
fn title_and_message(sent: &[[String; 2]]) -> (&str, &str) {
    assert_eq!(sent.len(), 1, "{sent:?}");
    (sent[0][0].split_once(": ").unwrap().1, &sent[0][1])
}

#[test]
fn only_changes_are_sent() {
    let disks = Disks::new();
    assert_eq!(disks.run([1, 1, 1]).len(), 0);
    let full = |disk: &str, left: u32| format!("disk {disk} has {left} % of its space left, less than 10 %");
    assert_eq!(title_and_message(&disks.run([95, 1, 1])), ("1 of 3 checks fail", full("a", 5).as_str()));
    // A check that still fails with another number is not a change.
    assert_eq!(disks.run([95, 1, 1]).len(), 0);
    assert_eq!(disks.run([97, 5, 1]).len(), 0);
    assert_eq!(
        title_and_message(&disks.run([97, 98, 1])),
        ("2 of 3 checks fail", format!("{}\nStill failing: {}", full("b", 2), full("a", 3)).as_str())
    );
    assert_eq!(
        title_and_message(&disks.run([20, 98, 99])),
        (
            "2 of 3 checks fail",
            format!(
                "{}\nRecovered: disk a has 80 % of its space left\nStill failing: {}",
                full("c", 1),
                full("b", 2)
            )
            .as_str()
        )
    );
    assert_eq!(
        title_and_message(&disks.run([20, 1, 99])),
        (
            "1 of 3 checks fail",
            format!("Recovered: disk b has 99 % of its space left\nStill failing: {}", full("c", 1)).as_str()
        )
    );
    assert_eq!(
        title_and_message(&disks.run([20, 1, 30])),
        ("all checks pass again", "Recovered: disk c has 70 % of its space left")
    );
    assert_eq!(disks.run([20, 1, 30]).len(), 0);
    // A failure that returns is new.
    assert_eq!(title_and_message(&disks.run([20, 1, 95])).0, "1 of 3 checks fail");
    // A check that was not run is neither passed nor failed, and new the next time.
    assert_eq!(disks.0.run("smoke-test", &["disk=10=a"]).code, Some(0));
    assert_eq!(disks.0.notifications().len(), 6);
    assert_eq!(title_and_message(&disks.run([20, 1, 95])).1, full("c", 5));
}

#[test]
fn a_continuing_failure_is_sent_once_a_day() {
    let disks = Disks::new();
    disks.run([95, 1, 1]);
    disks.wait(22 * 3600);
    assert_eq!(disks.run([95, 1, 1]).len(), 0);
    // A daily run may start some minutes early.
    disks.wait(3600 + 1800);
    let still = "Still failing: disk a has 5 % of its space left, less than 10 %";
    assert_eq!(title_and_message(&disks.run([95, 1, 1])), ("1 of 3 checks fail", still));
    assert_eq!(disks.run([95, 1, 1]).len(), 0);
    // The notification of a change also counts for the continuing failures, which it lists.
    disks.wait(20 * 3600);
    assert_eq!(disks.run([95, 95, 1]).len(), 1);
    disks.wait(20 * 3600);
    assert_eq!(disks.run([95, 95, 1]).len(), 0);
    // After the clock is set back, failures are still sent.
    disks.wait(-1_000_000);
    assert_eq!(disks.run([95, 95, 1]).len(), 1);
    assert_eq!(disks.run([95, 95, 1]).len(), 0);
    // Passing checks are not sent, even after a long time.
    disks.run([1, 1, 1]);
    disks.wait(30 * 24 * 3600);
    assert_eq!(disks.run([1, 1, 1]).len(), 0);
    // With an invalid state, all failures are sent again.
    for state in ["", "x\0y\0", "\0\0\0", "999999999999999\0disk=10=a\0", "\n"] {
        disks.0.file(STATE, state);
        assert_eq!(disks.run([95, 1, 1]).len(), 1, "{state:?}");
        assert_eq!(disks.run([95, 1, 1]).len(), 0, "{state:?}");
    }
}

#[test]
fn checks_with_special_characters_are_recognized_at_the_next_run() {
    let disks = Disks::new();
    let checks =
        ["", "a]=$(touch x)", "two\nlines", "*", "-n", "[a-z]*", "mount==/no/such", "mount==/no/such"];
    for count in [1, 1, 1] {
        assert_eq!(disks.0.run("smoke-test", &checks).code, Some(3));
        assert_eq!(disks.0.notifications().len(), count);
        assert!(disks.0.notifications()[0][0].ends_with("8 of 8 checks fail"));
    }
    assert!(!disks.0.at("x").exists());
    assert_eq!(disks.0.run("smoke-test", &["mount==/no/such/2", "mount==/no"]).code, Some(3));
    assert_eq!(disks.0.notifications()[1][1].lines().count(), 2);
    disks.0.run("smoke-test", &["*"]);
    assert_eq!(disks.0.notifications()[2][1], "not a valid check: *");
}

#[test]
fn a_change_is_sent_after_a_killed_run() {
    for change in [[95, 1, 1], [95, 95, 1], [1, 1, 1]] {
        for (program, when) in [
            ("df", "before"),
            ("uname", "before"),
            ("notify", "before"),
            ("notify", "after"),
            ("sync", "before"),
            ("sync", "after"),
            ("mv", "before"),
            ("mv", "after"),
        ] {
            let disks = Disks::new();
            disks.run([1, 95, 1]);
            let before = disks.0.read(STATE);
            // The stand-in runs the program, and kills the script before or after it. SIGKILL takes effect before
            // the script can see that the stand-in ended.
            let own = disks.0.read(&format!("bin/{program}"));
            let real = match own.as_str() {
                "" => format!("PATH=${{PATH#*:}} {program} \"$@\""),
                _ => own.clone(),
            };
            let kill = "kill -KILL \"$(cat \"$STAGE/pid\")\"; exit 1";
            let killed = if when == "before" { kill.to_owned() } else { format!("{real}\n{kill}") };
            let begin = "until [ -s \"$STAGE/pid\" ]; do sleep 0.01; done";
            disks.0.stand_in(program, &format!("{begin}\n{killed}"));
            disks.prepare(change);
            let mut child = disks.0.start("smoke-test", &Disks::CHECKS);
            disks.0.file("pid.new", child.id().to_string());
            std::fs::rename(disks.0.at("pid.new"), disks.0.at("pid")).unwrap();
            assert_eq!(child.wait().unwrap().code(), None, "{program} {when}: it was not killed");
            let done = (program, when) == ("mv", "after");
            assert_eq!(disks.0.read(STATE) == before, !done, "{program} {when}");
            match own.as_str() {
                "" => std::fs::remove_file(disks.0.at("bin").join(program)).unwrap(),
                _ => disks.0.stand_in(program, &own),
            }
            disks.run(change);
            let sent = disks.0.notifications();
            let count = |expected: &str| {
                sent.iter().filter(|words| words[1].lines().any(|l| l.starts_with(expected))).count()
            };
            assert!(sent.len() >= 2 && sent.len() <= 3, "{program} {when}: {sent:?}");
            let (new, again) = (count("disk a has"), count("Recovered: disk b"));
            assert!((new > 0) == (change[0] > 90), "{program} {when} {change:?}: {sent:?}");
            assert!((again > 0) == (change[1] < 90), "{program} {when} {change:?}: {sent:?}");
            assert_eq!(disks.run(change).len(), 0, "{program} {when}");
        }
    }
}

#[test]
fn a_pool_passes_only_if_it_is_online_without_errors_and_has_space() {
    let stage = Stage::new();
    // Output of zpool-list(8) and zpool-status(8).
    stage.stand_in(
        "zpool",
        r#"#!/usr/bin/env bash
case $* in
  "list -H -p -o health,capacity full") printf 'ONLINE\t91\n' ;;
  "list -H -p -o health,capacity degraded") printf 'DEGRADED\t10\n' ;;
  "list -H -p -o health,capacity suspended") printf 'SUSPENDED\t-\n' ;;
  "list -H -p -o health,capacity "[a-z]*) printf 'ONLINE\t9\n' ;;
  "status -x damaged") printf '  pool: damaged\n state: ONLINE\nerrors: 2 data errors\n' ;;
  "status -x "*) printf "pool '%s' is healthy\n" "${*: -1}" ;;
  *) echo "cannot open '${*: -1}': no such pool" >&2; exit 1 ;;
esac
[[ $* != *absent ]]
"#,
    );
    passes(&stage, "pool=10=tank", "pool tank is healthy, and has 91 % of its space left");
    passes(&stage, "pool=9=full", "pool full is healthy, and has 9 % of its space left");
    fails(&stage, "pool=10=full", "pool full has 9 % of its space left, less than 10 %");
    fails(&stage, "pool=10=degraded", "pool degraded is DEGRADED: see `zpool status degraded`");
    fails(&stage, "pool=10=suspended", "pool suspended is SUSPENDED: see");
    fails(&stage, "pool=10=damaged", "pool damaged has errors: see `zpool status damaged`");
    fails(&stage, "pool=10=absent", "pool absent: cannot read its state");
    fails(&stage, "pool=many=tank", "not a percentage: many=tank");
}
