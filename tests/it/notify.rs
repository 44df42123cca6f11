//! The scripts that send notifications: `notify`, `notify-failure` and `ping`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use crate::common::http::{Answer, Server, unused_address};
use crate::common::scripts::{Ran, Stage, are_installed};

/// A stage with all three destinations, and the server behind them.
fn with_all_destinations(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> (Stage, Server) {
    let server = Server::new(move |request| answer(&request.path));
    let mut stage = Stage::new();
    let url = server.url();
    let pushover = "# Pushover\nPUSHOVER_TOKEN=\"secret-token\"\r\nexport PUSHOVER_USER='secret-user'\n\n";
    stage.set("PUSHOVER_FILE", stage.file("pushover", pushover));
    stage.set("PUSHOVER_URL", format!("{url}/pushover"));
    stage.set("NTFY_URL_FILE", stage.file("topic", format!("{url}/secret-topic\n")));
    stage.set("NTFY_TOKEN_FILE", stage.file("token", "secret-ntfy\n"));
    stage.set("WEBHOOK_FILE", stage.file("webhook", format!("{url}/secret-hook?a=[1]&b={{x,y}}\n")));
    (stage, server)
}

fn assert_silent(ran: &Ran) {
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(0), "", ""));
}

#[test]
fn every_configured_destination_is_notified() {
    if !are_installed(&["curl", "jq"]) {
        return;
    }
    let (stage, server) = with_all_destinations(|_| Answer::status(200));
    let (title, message) = ("A \"title\" \\n $(x)", "사진 백업 📷\n@file & \"quotes\" \\ 100%+1\ttab");
    assert_silent(&stage.run("notify", &[title, message, "1"]));
    let requests = server.requests();
    let by_path =
        |path: &str| requests.iter().find(|r| r.path == path).unwrap_or_else(|| panic!("{requests:?}"));
    assert_eq!(requests.len(), 3);
    assert!(requests.iter().all(|request| request.method == "POST"));

    let form: BTreeMap<_, _> = by_path("/pushover").form().into_iter().collect();
    let field = |name: &str| form[name].as_str();
    assert_eq!((field("token"), field("user"), field("priority")), ("secret-token", "secret-user", "1"));
    assert_eq!((field("title"), field("message")), (title, message));

    let ntfy = by_path("/secret-topic");
    assert_eq!(ntfy.header("title"), Some(title));
    assert_eq!(ntfy.header("priority"), Some("4"));
    assert_eq!(ntfy.header("authorization"), Some("Bearer secret-ntfy"));
    assert_eq!(ntfy.text(), message);

    let hook = by_path("/secret-hook?a=[1]&b={x,y}");
    assert_eq!(hook.json(), serde_json::json!({ "title": title, "message": message }));
    assert_eq!(hook.header("content-type"), Some("application/json"));
}

#[test]
fn strict_mode_fails_if_no_destination_was_reached() {
    if !are_installed(&["curl", "jq"]) {
        return;
    }
    let reached = |path: &'static str| {
        let (stage, _server) = with_all_destinations(move |asked| {
            Answer::status(if asked.starts_with(path) { 200 } else { 404 })
        });
        stage.run("notify", &["--strict", "t", "m"]).code
    };
    // One reached destination of three is enough.
    assert_eq!(
        (reached("/pushover"), reached("/secret-topic"), reached("/secret-hook")),
        (Some(0), Some(0), Some(0))
    );
    assert_eq!(reached("/no-destination"), Some(1));
    // Without a destination, the notification is written to the journal.
    assert_eq!(Stage::new().run("notify", &["--strict", "t", "m"]).code, Some(0));
    let mut broken = Stage::new();
    broken.set("WEBHOOK_FILE", "/no/such/secret");
    assert_eq!(broken.run("notify", &["--strict", "t", "m"]).code, Some(1));
    assert_eq!(broken.run("notify", &["t", "m"]).code, Some(0));
}

#[test]
fn a_title_outside_of_ascii_is_encoded_in_the_header() {
    if !are_installed(&["curl", "jq"]) {
        return;
    }
    let server = Server::new(|_| Answer::status(200));
    let mut stage = Stage::new();
    stage.set("NTFY_URL", format!("{}/topic", server.url()));
    assert_silent(&stage.run("notify", &["백업\r\nX-Injected: 1", "m"]));
    let request = &server.requests()[0];
    // The title, encoded by RFC 2047.
    assert_eq!(request.header("title"), Some("=?UTF-8?B?67Cx7JeFDQpYLUluamVjdGVkOiAx?="));
    assert_eq!(request.header("x-injected"), None);
    assert_eq!(request.header("authorization"), None);
}

#[test]
fn long_titles_and_messages_are_cut_at_a_character() {
    if !are_installed(&["curl", "jq"]) {
        return;
    }
    let (stage, server) = with_all_destinations(|_| Answer::status(200));
    assert_silent(&stage.run("notify", &[&"가".repeat(251), &"📷".repeat(1025)]));
    assert_silent(&stage.run("notify", &[&"가".repeat(250), &"📷".repeat(1024)]));
    let requests = server.requests();
    let forms: Vec<BTreeMap<_, _>> = requests
        .iter()
        .filter(|request| request.path == "/pushover")
        .map(|request| request.form().into_iter().collect())
        .collect();
    assert_eq!(forms[0]["title"], "가".repeat(249) + "…");
    assert_eq!(forms[0]["message"], "📷".repeat(1023) + "…");
    assert_eq!(forms[1]["title"], "가".repeat(250));
    assert_eq!(forms[1]["message"], "📷".repeat(1024));
    let ntfy: Vec<_> = requests.iter().filter(|request| request.path == "/secret-topic").collect();
    assert_eq!(ntfy[1].text(), "📷".repeat(1024));
}

#[test]
fn the_highest_priority_repeats_and_an_invalid_priority_is_0() {
    if !are_installed(&["curl", "jq"]) {
        return;
    }
    let (stage, server) = with_all_destinations(|_| Answer::status(200));
    for priority in ["2", "-2", "3", "x; rm"] {
        assert_silent(&stage.run("notify", &["t", "m", priority]));
    }
    assert_silent(&stage.run("notify", &["only a title"]));
    assert_silent(&stage.run("notify", &[]));
    let forms: Vec<BTreeMap<_, _>> = server
        .requests()
        .iter()
        .filter(|request| request.path == "/pushover")
        .map(|request| request.form().into_iter().collect())
        .collect();
    let priorities: Vec<_> = forms.iter().map(|form| form["priority"].as_str()).collect();
    assert_eq!(priorities, ["2", "-2", "0", "0", "0", "0"]);
    let repeated: Vec<_> = forms.iter().map(|form| form.contains_key("retry")).collect();
    assert_eq!(repeated, [true, false, false, false, false, false]);
    // Pushover refuses an empty message.
    assert_eq!(forms[4]["message"], "only a title");
    assert_eq!(forms[5]["message"], "homegen");
}

#[test]
fn a_notification_without_a_destination_goes_to_the_journal() {
    if !are_installed(&["jq"]) {
        return;
    }
    let mut stage = Stage::new();
    for name in ["PUSHOVER_FILE", "NTFY_URL", "NTFY_URL_FILE", "WEBHOOK_FILE"] {
        stage.set(name, "");
    }
    stage.stand_in("curl", "touch \"$STAGE/asked\"");
    let ran = stage.run("notify", &["-n title", "a\\tmessage"]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(0), "", "-n title\na\\tmessage\n"));
    assert!(!stage.at("asked").exists());
}

/// Asserts that a script succeeds, prints this number of lines to standard error, and prints no secret.
fn assert_reports(ran: &Ran, lines: usize) {
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.out, "");
    assert_eq!(ran.err.lines().count(), lines, "{}", ran.err);
    for secret in ["secret-", "127.0.0.1"] {
        assert!(!ran.err.contains(secret), "{}", ran.err);
    }
}

#[test]
fn a_server_error_is_retried_once_and_blocks_no_other_destination() {
    if !are_installed(&["curl", "jq"]) {
        return;
    }
    let (stage, server) = with_all_destinations(|path| match path {
        "/pushover" => Answer::status(500),
        "/secret-topic" => Answer::status(200),
        _ => Answer::status(404),
    });
    stage.stand_in("sleep", "exit 0");
    let ran = stage.run("notify", &["t", "m"]);
    assert_reports(&ran, 2);
    assert!(ran.err.contains("no notification sent to Pushover: it answered 500"), "{}", ran.err);
    assert!(ran.err.contains("no notification sent to the webhook: it answered 404"), "{}", ran.err);
    let asked = server.asked();
    let times = |path: &str| asked.iter().filter(|asked| asked.starts_with(&format!("POST {path}"))).count();
    // A client error is not retried: the answer would be the same.
    assert_eq!((times("/pushover"), times("/secret-topic"), times("/secret-hook")), (2, 1, 1));
}

#[test]
fn a_successful_retry_is_not_reported() {
    if !are_installed(&["curl", "jq"]) {
        return;
    }
    let tries = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::new(move |_| match tries.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
        0 => Answer::raw(""),
        _ => Answer::status(200),
    });
    let mut stage = Stage::new();
    stage.set("NTFY_URL", format!("{}/topic", server.url()));
    assert_silent(&stage.run("notify", &["t", "m"]));
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn unreachable_and_invalid_destinations_do_not_fail_notify() {
    if !are_installed(&["curl", "jq"]) {
        return;
    }
    let mut stage = Stage::new();
    stage.stand_in("sleep", "exit 0");
    stage.set("NTFY_URL", unused_address());
    stage.set("WEBHOOK_FILE", stage.file("webhook", format!("file://{}\n", stage.file("secret-file", "x"))));
    stage.set("PUSHOVER_FILE", stage.file("pushover", "PUSHOVER_TOKEN=secret-token\nPUSHOVER_USER=\n"));
    let ran = stage.run("notify", &["t", "m"]);
    assert_reports(&ran, 3);
    assert!(ran.err.contains("no notification sent to ntfy: it could not be reached"), "{}", ran.err);
    assert!(ran.err.contains("no notification sent to Pushover"), "{}", ran.err);
    assert!(ran.err.contains("no notification sent to the webhook: its address is not valid"), "{}", ran.err);
    // Missing and invalid secrets.
    for webhook in ["", "https://secret-one\nhttps://secret-two\n", "\0secret-\\\"\u{1}x y"] {
        stage.set("WEBHOOK_FILE", stage.file("webhook", webhook));
        assert_reports(&stage.run("notify", &["t", "m"]), 3);
    }
    stage.set("PUSHOVER_FILE", stage.path("missing"));
    stage.set("NTFY_URL_FILE", stage.path("missing"));
    stage.set("WEBHOOK_FILE", stage.path("missing"));
    assert_reports(&stage.run("notify", &["t", "m"]), 3);
    // A failing jq.
    stage.stand_in("jq", "exit 5");
    assert_reports(&stage.run("notify", &["t", "m"]), 3);
}

#[test]
fn a_server_that_does_not_answer_is_reported_after_the_timeout() {
    if !are_installed(&["curl", "jq"]) {
        return;
    }
    let server = Server::new(|_| Answer::never());
    let mut stage = Stage::new();
    stage.set("WEBHOOK_FILE", stage.file("webhook", format!("{}/secret-hook", server.url())));
    stage.set("TIMEOUT", "1");
    let ran = stage.run("notify", &["t", "m"]);
    assert_reports(&ran, 1);
    assert!(ran.err.contains("did not answer within 1 seconds"), "{}", ran.err);
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn notify_and_ping_succeed_if_standard_error_cannot_be_written() {
    let mut stage = Stage::new();
    stage.set("PING_FILE", stage.path("missing"));
    for script in ["notify", "ping"] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let ended = stage.command(script, &["start"]).stderr(full).status().unwrap();
        assert_eq!(ended.code(), Some(0), "{script}");
    }
}

/// The command lines and environments of all processes that contain this text.
fn processes_that_show(text: &str) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok());
    entries
        .filter(|entry| entry.file_name().to_string_lossy().bytes().all(|byte| byte.is_ascii_digit()))
        .flat_map(|entry| ["cmdline", "environ"].map(|file| entry.path().join(file)))
        .filter_map(|path| std::fs::read(path).ok())
        .map(|bytes| String::from_utf8_lossy(&bytes).replace('\0', " "))
        .filter(|shown| shown.contains(text))
        .collect()
}

#[test]
fn no_secret_is_on_a_command_line_or_in_an_environment() {
    if !are_installed(&["curl", "jq"]) {
        return;
    }
    // Each request waits for its answer until all processes have been searched once.
    let (waiting, looked_at) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let released = looked_at.clone();
    let (mut stage, server) = with_all_destinations(move |_| {
        let number = waiting.fetch_add(1, SeqCst);
        while released.load(SeqCst) <= number {
            std::thread::yield_now();
        }
        Answer::status(200)
    });
    stage.set("TIMEOUT", "600");
    // A text that no other test has, and a text that the search has to find.
    stage.set("PUSHOVER_FILE", stage.file("pushover", "PUSHOVER_TOKEN=unshown-a\nPUSHOVER_USER=unshown-b\n"));
    stage.set("NTFY_TOKEN_FILE", stage.file("token", "unshown-c"));
    stage.set("WEBHOOK_FILE", stage.file("webhook", format!("{}/unshown-d", server.url())));
    stage.set("PING_FILE", stage.file("ping", format!("{}/unshown-e", server.url())));
    stage.set("EXIT_STATUS", "shown-to-all");
    for (script, arguments) in [("notify", ["t", "shown-to-all"]), ("ping", ["end", ""])] {
        let mut child = stage.start(script, &arguments);
        let mut seen = 0;
        while child.try_wait().unwrap().is_none() {
            let requests = server.requests().len();
            assert_eq!(processes_that_show("unshown-"), [""; 0]);
            seen += processes_that_show("shown-to-all").len();
            looked_at.store(requests, SeqCst);
        }
        assert!(seen > 0, "nothing was seen of {script}");
        assert_silent(&child.wait_with_output().unwrap().into());
    }
    assert_eq!(server.requests().len(), 4);
    looked_at.store(usize::MAX, SeqCst);
    stage.set("TIMEOUT", "10");

    // The arguments of programs that are too fast for the search.
    for program in ["curl", "jq", "sleep"] {
        let real = std::env::split_paths(&std::env::var_os("PATH").unwrap())
            .map(|folder| folder.join(program))
            .find(|path| path.is_file())
            .unwrap();
        let script = format!(
            "{{ printf '%s\\n' {program} \"$@\"; env; }} >\"$STAGE/given-$$\"; exec {} \"$@\"",
            real.display()
        );
        stage.stand_in(program, &script);
    }
    assert_silent(&stage.run("notify", &["t", "m"]));
    assert_silent(&stage.run("ping", &["end"]));
    assert_eq!(server.requests().len(), 8);
    // Each program writes its own file, because they run at the same time.
    let given: String = crate::common::folder::names(&stage.at(""))
        .iter()
        .filter(|name| name.starts_with("given-"))
        .map(|name| stage.read(name))
        .collect();
    assert!(given.contains("--config") && given.contains("--rawfile"), "{given}");
    assert!(!given.contains("unshown-"), "{given}");
    // Both `notify` and `ping` set the timeouts of curl.
    assert_eq!(given.matches("--connect-timeout\n10\n--max-time\n10\n").count(), 4, "{given}");
}

/// A stand-in for systemctl that knows the `Result` and the `ExecMainStatus` of a unit.
const SYSTEMCTL: &str = r#"
case "$*" in
  "show --property=Result --value -- $UNIT") echo oom-kill ;;
  "show --property=ExecMainStatus --value -- $UNIT") echo 137 ;;
  *) exit 1 ;;
esac"#;

#[test]
fn a_failure_is_sent_with_its_result_and_a_journalctl_command() {
    let mut stage = Stage::new();
    stage.stand_in("systemctl", SYSTEMCTL);
    let unit = "podman-immich-server.service";
    stage.set("UNIT", unit);
    assert_silent(&stage.run("notify-failure", &[unit]));
    let sent = stage.notifications();
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    assert_eq!(sent[0][0], format!("{unit} failed on {}", host.trim()));
    assert_eq!(sent[0][1], "Result: oom-kill, exit status: 137.\njournalctl -u podman-immich-server.service");
    // The variables of the trigger take precedence over the state of a restarted unit.
    stage.set("MONITOR_SERVICE_RESULT", "exit-code");
    stage.set("MONITOR_EXIT_STATUS", "9");
    assert_silent(&stage.run("notify-failure", &["other.service"]));
    assert!(
        stage.notifications()[1][1].starts_with("Result: exit-code, exit status: 9.\n"),
        "{:?}",
        stage.notifications()
    );
}

#[test]
fn a_failure_is_sent_with_an_unknown_result_if_systemctl_fails() {
    let stage = Stage::new();
    stage.stand_in("systemctl", "exit 1");
    assert_eq!(stage.run("notify-failure", &["a.service"]).code, Some(0));
    assert!(
        stage.notifications()[0][1].contains("Result: unknown, exit status: unknown."),
        "{:?}",
        stage.notifications()
    );
}

#[test]
fn a_failed_notification_is_sent_again() {
    let stage = Stage::new();
    stage.stand_in("systemctl", "echo x");
    stage.file("notify-fails", "");
    // systemd restarts a failed run.
    assert_eq!(stage.run("notify-failure", &["a.service"]).code, Some(1));
    std::fs::remove_file(stage.at("notify-fails")).unwrap();
    for _ in 0..2 {
        assert_eq!(stage.run("notify-failure", &["a.service"]).code, Some(0));
    }
    assert_eq!(stage.notifications().len(), 1);
}

#[test]
fn failures_of_one_unit_are_sent_once_an_hour() {
    let stage = Stage::new();
    stage.stand_in("systemctl", "echo x");
    let long = "a".repeat(240) + "\\x2d.service";
    let units = ["a.service", "b.service", "../../a.service", ".", long.as_str()];
    for unit in units {
        for _ in 0..3 {
            assert_eq!(stage.run("notify-failure", &[unit]).code, Some(0));
        }
    }
    assert_eq!(stage.notifications().len(), units.len(), "{:?}", stage.notifications());
    let stamps = || std::fs::read_dir(stage.at("state")).unwrap().map(|entry| entry.unwrap().path());
    assert_eq!(stamps().count(), units.len());
    // An hour later, the suppressed failures are counted. A clock that was set back and an invalid stamp suppress
    // nothing.
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    for (stamp, expected) in [
        (format!("{} 2\n", now - 3601), " It failed 2 more times"),
        (format!("{} 08\n", now + 7200), " It failed 8 more times"),
        (format!("{} 0\n", now - 3601), "x.\n"),
        (String::new(), "x.\n"),
        ("x y\n".to_owned(), "x.\n"),
        ("999999999999999999999 1\n".to_owned(), "x.\n"),
    ] {
        stamps().for_each(|path| std::fs::write(path, &stamp).unwrap());
        let before = stage.notifications().len();
        assert_eq!(stage.run("notify-failure", &["a.service"]).code, Some(0));
        assert_eq!(stage.notifications().len(), before + 1, "{stamp}");
        assert!(
            stage.notifications()[before][1].contains(expected),
            "{stamp}: {:?}",
            stage.notifications()[before]
        );
    }
}

#[test]
fn a_failure_is_sent_even_if_the_state_cannot_be_written() {
    let mut stage = Stage::new();
    stage.stand_in("systemctl", "echo x");
    stage.set("STATE_DIRECTORY", stage.path("missing"));
    assert_eq!(stage.run("notify-failure", &["a.service"]).code, Some(1));
    assert_eq!(stage.notifications().len(), 1);
}

#[test]
fn a_failed_container_is_reported_and_a_stopped_one_is_not() {
    for (result, jobs, sent) in [
        ("success", "", false),
        ("exit-code", "", true),
        ("signal", "", true),
        // systemd's own restart is not queued yet when the last command of the unit runs.
        ("exit-code", "12 podman-app.service start waiting", true),
        ("exit-code", "12 podman-app.service stop running", false),
        ("exit-code", "12 podman-app.service restart running", false),
    ] {
        let mut stage = Stage::new();
        stage.stand_in(
            "systemctl",
            &format!("case $1 in list-jobs) echo '{jobs}' ;; *) echo \"$@\" >>\"$STAGE/did\" ;; esac"),
        );
        stage.set("SERVICE_RESULT", result);
        let ran = stage.run("report-failure", &["podman-app.service"]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let did = stage.read("did");
        assert_eq!(
            did.trim(),
            if sent { "--no-block start notify-failure@podman-app.service.service" } else { "" },
            "{result} {jobs}"
        );
    }
}

#[test]
fn a_ping_reports_the_start_success_or_failure_of_a_job() {
    if !are_installed(&["curl"]) {
        return;
    }
    let server = Server::new(|_| Answer::status(200));
    let ping = |secret: &str, result: Option<&str>, status: Option<&str>, event: &str| {
        let mut stage = Stage::new();
        stage.set("PING_FILE", stage.file("ping", secret));
        for (name, value) in [("SERVICE_RESULT", result), ("EXIT_STATUS", status)] {
            if let Some(value) = value {
                stage.set(name, value);
            }
        }
        assert_silent(&stage.run("ping", &[event]));
    };
    let url = server.url();
    ping(&format!("{url}/a\n"), None, None, "start");
    ping(&format!(" {url}/a/ \r\n"), Some("exit-code"), Some("3"), "start");
    ping(&format!("{url}/a"), None, None, "end");
    ping(&format!("{url}/a"), Some("success"), Some("0"), "end");
    ping(&format!("{url}/a?create=1&x=\"\\"), Some("exit-code"), Some("@9"), "end");
    // A smoke test with failed checks succeeds as a unit, and its ping reports a failure.
    ping(&format!("{url}/a"), Some("success"), Some("3"), "end");
    assert_eq!(
        server.asked(),
        [
            "POST /a/start",
            "POST /a/start",
            "POST /a",
            "POST /a",
            "POST /a/fail?create=1&x=\"\\",
            "POST /a/fail"
        ]
    );
    let bodies: Vec<String> = server.requests().iter().map(|request| request.text().to_owned()).collect();
    assert_eq!(bodies, ["", "", "", "exit status 0", "exit status @9", "exit status 3"]);
}

#[test]
fn a_failed_ping_does_not_fail_the_job_and_shows_no_address() {
    if !are_installed(&["curl"]) {
        return;
    }
    let server = Server::new(|request| match request.path.as_str() {
        "/secret-slow" => Answer::never(),
        "/secret-broken" => Answer::raw("secret-nonsense"),
        _ => Answer::status(404),
    });
    let mut stage = Stage::new();
    for (url, expected) in [
        (format!("{}/secret-unknown", server.url()), "answered 404"),
        (format!("{}/secret-broken", server.url()), "curl failed"),
        (format!("{}/secret-slow", server.url()), "within 1 seconds"),
        (format!("{}/secret-dead", unused_address()), "curl failed"),
        (format!("file://{}", stage.file("secret-file", "x")), "curl failed"),
        ("https://secret-one\nhttps://secret-two".to_owned(), "not a single address"),
        (String::new(), "not a single address"),
    ] {
        stage.set("PING_FILE", stage.file("ping", &url));
        stage.set("TIMEOUT", if url.ends_with("slow") { "1" } else { "600" });
        let ran = stage.run("ping", &["end"]);
        assert_reports(&ran, 1);
        assert!(ran.err.contains(expected), "{expected}: {}", ran.err);
    }
    assert_reports(&stage.run("ping", &["stop"]), 1);
    stage.set("PING_FILE", stage.path("missing"));
    assert_reports(&stage.run("ping", &["start"]), 1);
}
