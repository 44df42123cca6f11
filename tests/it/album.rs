//! `clean-album`, against a stand-in for Immich that answers correctly, wrongly or not at all.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use crate::common::http::{Answer, Request, Server, unused_address};
use crate::common::scripts::{Ran, Stage, are_installed};
use serde_json::{Value, json};

/// A library: its albums by name, and the deleted assets.
#[derive(Default)]
struct Library {
    albums: Vec<(String, Vec<String>)>,
    deleted: Vec<(Vec<String>, bool)>,
}

/// Answers a request as Immich does.
fn immich(library: &mut Library, request: &Request) -> Answer {
    if request.header("x-api-key") != Some("the\"key\\1") {
        return Answer { status: 401, ..Answer::json(json!({ "message": "Invalid API key" })) };
    }
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/api/albums") => {
            let albums = library.albums.iter().enumerate();
            let album = |(i, (name, assets)): (usize, &(String, Vec<String>))| json!({ "id": format!("album-{i}"), "albumName": name, "assetCount": assets.len() });
            Answer::json(albums.map(album).collect())
        }
        ("POST", "/api/search/metadata") => {
            let question = request.json();
            assert_eq!(question["withDeleted"], false);
            let album = question["albumIds"][0].as_str().unwrap().strip_prefix("album-").unwrap();
            let assets = &library.albums[album.parse::<usize>().unwrap()].1;
            let (page, size) = (question["page"].as_u64().unwrap(), question["size"].as_u64().unwrap());
            let (from, to) = ((page - 1) * size, page * size);
            let items: Vec<Value> = assets
                .iter()
                .skip(from as usize)
                .take(size as usize)
                .map(|id| json!({ "id": id, "originalPath": format!("/data/{id} \"사진\"\n.jpg") }))
                .collect();
            let next = (to < assets.len() as u64).then(|| (page + 1).to_string());
            Answer::json(json!({ "albums": {}, "assets": { "items": items, "nextPage": next } }))
        }
        ("DELETE", "/api/assets") => {
            let question = request.json();
            let ids: Vec<String> = serde_json::from_value(question["ids"].clone()).unwrap();
            assert!((1..=1000).contains(&ids.len()), "{}", ids.len());
            library.deleted.push((ids, question["force"].as_bool().unwrap()));
            Answer::status(204)
        }
        _ => Answer::status(404),
    }
}

/// A test's own answer to a request. If it is `None`, the stand-in for Immich answers.
type Override = dyn Fn(&Request) -> Option<Answer> + Send + Sync;

struct Setup {
    stage: Stage,
    server: Server,
    library: Arc<Mutex<Library>>,
}

impl Setup {
    /// Returns `None` if curl or jq is not installed.
    fn new(albums: &[(&str, usize)], before: Box<Override>) -> Option<Setup> {
        if !are_installed(&["curl", "jq"]) {
            return None;
        }
        let albums = albums.iter().map(|(name, count)| {
            ((*name).to_owned(), (0..*count).map(|i| format!("0a1b-{i:05}")).collect::<Vec<_>>())
        });
        let library = Arc::new(Mutex::new(Library { albums: albums.collect(), deleted: Vec::new() }));
        let shared = library.clone();
        let server = Server::new(move |request| {
            before(request).unwrap_or_else(|| immich(&mut shared.lock().unwrap(), request))
        });
        let mut stage = Stage::new();
        stage.set("IMMICH_URL", format!("{}/", server.url()));
        stage.set("API_KEY_FILE", stage.file("key", "the\"key\\1\n"));
        stage.set("ALBUM", "Temp");
        stage.set("AT_MOST", "5000");
        stage.set("PERMANENTLY", "false");
        Some(Setup { stage, server, library })
    }

    fn with_albums(albums: &[(&str, usize)]) -> Option<Setup> {
        Setup::new(albums, Box::new(|_| None))
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let ran = self.stage.run("clean-album", arguments);
        assert!(!format!("{ran:?}").contains("the\\\"key"), "{ran:?}");
        ran
    }

    fn deleted(&self) -> Vec<(Vec<String>, bool)> {
        self.library.lock().unwrap().deleted.clone()
    }

    /// Asserts that nothing is deleted and that one line has the `expected` reason.
    fn refuses(&self, arguments: &[&str], expected: &str) {
        let ran = self.run(arguments);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(ran.err.contains(expected), "{expected}: {}", ran.err);
        assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
        assert_eq!(self.deleted(), []);
        assert!(!self.server.asked().iter().any(|asked| asked.starts_with("DELETE")));
    }
}

#[test]
fn every_page_is_read_before_the_first_deletion() {
    let Some(setup) = Setup::with_albums(&[("Other", 3), ("Temp", 2345), ("temp", 1)]) else { return };
    let ran = setup.run(&[]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    assert_eq!(
        setup.server.asked(),
        [
            "GET /api/albums",
            "POST /api/search/metadata",
            "POST /api/search/metadata",
            "POST /api/search/metadata",
            "DELETE /api/assets",
            "DELETE /api/assets",
            "DELETE /api/assets"
        ]
    );
    let deleted = setup.deleted();
    assert!(deleted.iter().all(|(_, force)| !force));
    let ids: Vec<String> = deleted.into_iter().flat_map(|(ids, _)| ids).collect();
    assert_eq!(ids.len(), 2345);
    assert_eq!(
        ids.into_iter().collect::<BTreeSet<_>>(),
        setup.library.lock().unwrap().albums[1].1.iter().cloned().collect()
    );
    assert_eq!(
        setup.stage.notifications(),
        [["Album Temp was emptied", "2345 assets were moved to the trash."]]
    );
}

#[test]
fn assets_are_deleted_permanently_if_configured() {
    let Some(mut setup) = Setup::with_albums(&[("Temp", 2)]) else { return };
    setup.stage.set("PERMANENTLY", "true");
    assert_eq!(setup.run(&[]).code, Some(0));
    assert_eq!(setup.deleted(), [(vec!["0a1b-00000".to_owned(), "0a1b-00001".to_owned()], true)]);
    assert!(setup.stage.notifications()[0][1].contains("permanently"));
}

#[test]
fn an_empty_album_causes_no_output_and_no_notification() {
    let Some(setup) = Setup::with_albums(&[("Temp", 0)]) else { return };
    let ran = setup.run(&[]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(0), "", ""));
    assert_eq!(setup.stage.notifications().len(), 0);
    assert_eq!(setup.deleted(), []);
}

#[test]
fn album_names_with_special_characters_are_matched_literally() {
    for name in ["사진 \"📷\"", "it's $(touch x) `y` \\n", "-rf", "a\"] | .[] #"] {
        let Some(mut setup) = Setup::with_albums(&[("Temp", 3), (name, 1)]) else { return };
        setup.stage.set("ALBUM", name);
        assert_eq!(setup.run(&[]).code, Some(0));
        assert_eq!(setup.deleted().len(), 1);
        assert_eq!(setup.stage.notifications()[0][0], format!("Album {name} was emptied"));
    }
}

#[test]
fn a_missing_or_ambiguous_album_name_is_refused() {
    for (albums, expected) in [
        (&[("Temp", 1), ("Other", 1), ("Temp", 1)][..], "2 albums have the name Temp"),
        (&[("Other", 1)], "0 albums have the name Temp"),
        (&[], "0 albums have the name Temp"),
    ] {
        let Some(setup) = Setup::with_albums(albums) else { return };
        setup.refuses(&[], expected);
    }
}

#[test]
fn an_album_over_the_limit_is_kept_and_a_notification_is_sent() {
    let Some(mut setup) = Setup::with_albums(&[("Temp", 2345)]) else { return };
    setup.stage.set("AT_MOST", "2344");
    setup.refuses(&[], "more than 2344 assets");
    assert_eq!(setup.stage.notifications().len(), 1);
    assert_eq!(setup.stage.notifications()[0][0], "Album Temp was not emptied");
    setup.refuses(&["--dry-run"], "more than 2344 assets");
    assert_eq!(setup.stage.notifications().len(), 1);
    for nonsense in ["", "-1", "1e3", "99999999999999999999", "a[$(touch x)]"] {
        setup.stage.set("AT_MOST", nonsense);
        setup.refuses(&[], "AT_MOST is not a number");
    }
    setup.stage.set("AT_MOST", "2345");
    assert_eq!(setup.run(&[]).code, Some(0));
}

#[test]
fn a_dry_run_lists_the_assets_and_deletes_nothing() {
    let Some(setup) = Setup::with_albums(&[("Temp", 1001)]) else { return };
    let ran = setup.run(&["--dry-run"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    assert_eq!(ran.out.lines().count(), 1002, "{}", ran.out);
    // A path is printed on one line, even if it contains a line break.
    assert!(ran.out.starts_with("\"/data/0a1b-00000 \\\"사진\\\"\\n.jpg\"\n"), "{}", &ran.out[..200]);
    assert!(ran.out.ends_with("1001 assets would be deleted from the album Temp\n"));
    assert_eq!(setup.deleted(), []);
    assert_eq!(setup.stage.notifications().len(), 0);
    setup.refuses(&["--dryrun"], "the only option is --dry-run");
    setup.refuses(&["--dry-run", "x"], "the only option is --dry-run");
}

/// The answer to a search for assets.
fn page(ids: &[&str], next: Value) -> Answer {
    let items: Vec<Value> = ids.iter().map(|id| json!({ "id": id })).collect();
    Answer::json(json!({ "assets": { "items": items, "nextPage": next } }))
}

/// A server that answers the search for assets with `answer`, and all other requests as Immich does.
fn with_search_answers(answer: impl Fn(u64) -> Answer + Send + Sync + 'static) -> Option<Setup> {
    Setup::new(
        &[("Temp", 4)],
        Box::new(move |request| {
            (request.path == "/api/search/metadata").then(|| answer(request.json()["page"].as_u64().unwrap()))
        }),
    )
}

#[test]
fn endless_result_pages_are_refused() {
    for next in [json!("1"), json!("2"), json!(2)] {
        let Some(setup) = with_search_answers(move |_| page(&["0a", "0b"], next.clone())) else { return };
        setup.refuses(&[], "again and again");
    }
    let Some(setup) = with_search_answers(|n| page(&["0a"], json!((n + 1).to_string()))) else { return };
    setup.refuses(&[], "again and again");
    let Some(setup) = with_search_answers(|n| page(&[], json!((n + 1).to_string()))) else { return };
    setup.refuses(&[], "again and again");
    // Endless pages with new assets exceed the limit.
    let Some(mut setup) = with_search_answers(|n| page(&[&format!("{n}")], json!((n + 1).to_string())))
    else {
        return;
    };
    setup.stage.set("AT_MOST", "3");
    setup.refuses(&[], "more than 3 assets");
}

#[test]
fn an_asset_on_two_pages_is_deleted_once() {
    let Some(setup) = with_search_answers(|n| match n {
        1 => page(&["0a", "0b"], json!("2")),
        _ => page(&["0b", "0c"], Value::Null),
    }) else {
        return;
    };
    assert_eq!(setup.run(&[]).code, Some(0));
    assert_eq!(setup.deleted(), [(["0a", "0b", "0c"].map(str::to_owned).to_vec(), false)]);
}

#[test]
fn a_search_with_more_assets_than_the_album_deletes_nothing() {
    // An Immich that does not know `albumIds` would answer with the whole library.
    let Some(setup) = with_search_answers(|_| page(&["0a", "0b", "0c", "0d", "0e"], Value::Null)) else {
        return;
    };
    setup.refuses(&[], "more assets than the 4 in");
}

#[test]
fn a_failure_on_a_later_page_deletes_nothing() {
    for broken in [
        Answer::status(500),
        Answer::text("<html>"),
        Answer::text(""),
        Answer::raw(""),
        Answer::raw(
            "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"assets\":{\"items\":[],\"nextPage\":null}}",
        ),
        Answer::json(json!({})),
        Answer::json(json!({ "assets": { "items": [{ "id": 1 }], "nextPage": null } })),
        Answer::json(json!({ "assets": { "items": [{ "id": "x\ny" }], "nextPage": null } })),
        Answer::json(json!({ "assets": { "items": [{ "id": "x\n" }], "nextPage": null } })),
        Answer::json(json!({ "assets": { "items": [{}], "nextPage": null } })),
        page(&["0c"], json!("next")),
        page(&["0c"], json!({ "page": 3 })),
    ] {
        let Some(setup) = with_search_answers(move |n| match n {
            1 => page(&["0a", "0b"], json!("2")),
            _ => broken.clone(),
        }) else {
            return;
        };
        setup.refuses(&[], "POST /search/metadata");
    }
}

#[test]
fn each_failure_is_reported_in_one_line_and_deletes_nothing() {
    let lacks = "the API key lacks album.read, asset.read or asset.delete";
    for (answer, expected) in [
        (Answer::status(401), lacks),
        (Answer::status(403), lacks),
        (Answer::status(500), "Immich answered 500 to GET /albums: check the log of its server"),
        (Answer::status(503), "Immich answered 503"),
        (Answer::status(404), "Immich answered 404 to GET /albums: check that http"),
        (Answer::status(302), "Immich answered 302"),
        (Answer::text("<!doctype html><title>Immich</title>"), "possibly from a newer Immich"),
        (Answer::text("[{"), "possibly from a newer Immich"),
        (Answer::text(""), "possibly from a newer Immich"),
        (Answer::status(204), "possibly from a newer Immich"),
        (Answer::json(json!({ "albums": [] })), "possibly from a newer Immich"),
        (Answer::json(json!([{ "albumName": "Temp" }])), "possibly from a newer Immich"),
        (Answer::raw("nonsense"), "GET /albums failed with curl's exit code"),
        (Answer::raw(""), "GET /albums failed with curl's exit code"),
        (Answer::never(), "did not answer GET /albums within 1 seconds"),
    ] {
        let answer = answer.clone();
        let Some(mut setup) = Setup::new(&[("Temp", 1)], Box::new(move |_| Some(answer.clone()))) else {
            return;
        };
        setup.stage.set("TIMEOUT", if expected.contains("within 1") { "1" } else { "600" });
        setup.refuses(&[], expected);
        assert_eq!(setup.stage.notifications().len(), 0);
    }
    let Some(mut setup) = Setup::with_albums(&[("Temp", 1)]) else { return };
    setup.stage.set("IMMICH_URL", unused_address());
    setup.refuses(&[], "check that Immich is running");
    setup.stage.set("IMMICH_URL", "file:///etc/passwd?");
    setup.refuses(&[], "check that file:");
    setup.stage.set("IMMICH_URL", setup.server.url());
    setup.stage.file("key", "wrong");
    setup.refuses(&[], lacks);
    for key in ["", "\n", "two words", "two\nlines"] {
        setup.stage.file("key", key);
        setup.refuses(&[], "the API key is not a single word");
    }
    setup.stage.set("API_KEY_FILE", setup.stage.path("missing"));
    setup.refuses(&[], "the API key does not exist");
    setup.stage.set("PERMANENTLY", "yes");
    setup.refuses(&[], "not true or false");
}

#[test]
fn a_key_without_permission_to_delete_is_reported() {
    let Some(setup) = Setup::new(
        &[("Temp", 1)],
        Box::new(|request| (request.method == "DELETE").then(|| Answer::status(403))),
    ) else {
        return;
    };
    let ran = setup.run(&[]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("asset.delete") && ran.err.lines().count() == 1, "{}", ran.err);
    assert_eq!(setup.stage.notifications().len(), 0);
}

#[test]
fn a_failed_deletion_reports_the_number_of_deleted_assets() {
    let times = std::sync::atomic::AtomicUsize::new(0);
    let Some(setup) = Setup::new(
        &[("Temp", 2001)],
        Box::new(move |request| {
            let deletes = request.method == "DELETE";
            let second = deletes && times.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 1;
            second.then(|| Answer::status(500))
        }),
    ) else {
        return;
    };
    let ran = setup.run(&[]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("1000 assets were deleted before that"), "{}", ran.err);
    assert_eq!(setup.deleted().len(), 1);
    assert_eq!(setup.stage.notifications().len(), 0);
}

#[test]
fn the_api_key_is_not_on_any_command_line_or_in_any_environment() {
    let Some(setup) = Setup::with_albums(&[("Temp", 1)]) else { return };
    for program in ["curl", "jq"] {
        let path = std::env::var("PATH").unwrap();
        let script = format!(
            "printf '%s\\n' \"$0\" \"$@\" >>\"$STAGE/given\"; env >>\"$STAGE/given\"; PATH='{path}' exec {program} \"$@\""
        );
        setup.stage.stand_in(program, &script);
    }
    assert_eq!(setup.run(&[]).code, Some(0));
    let given = setup.stage.read("given");
    assert!(given.contains("--config") && !given.contains("the\"key") && !given.contains("the\\"), "{given}");
}

#[test]
fn a_failing_program_deletes_nothing() {
    let Some(setup) = Setup::with_albums(&[("Temp", 1)]) else { return };
    for program in ["curl", "jq", "mktemp", "sort", "wc", "cut", "split"] {
        setup.stage.stand_in(program, "exit 3");
        let ran = setup.run(&[]);
        assert!(ran.code != Some(0), "{program}: {ran:?}");
        assert_eq!(setup.deleted(), [], "{program}");
        assert_eq!(setup.stage.notifications().len(), 0, "{program}");
        std::fs::remove_file(setup.stage.at("bin").join(program)).unwrap();
    }
}
