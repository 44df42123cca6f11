//! The backups of the paths of a host.

use crate::common::fixtures;
use crate::plan::pinned;
use homegen::coverage::coverage;
use homegen::file_context::FileContext;

#[test]
fn every_writable_path_has_its_backups_or_the_reason_for_none() {
    let bytes = std::fs::read(fixtures().join("not-backed-up/homeserver.yaml")).expect("a fixture");
    let linked = homegen::link("homeserver.yaml", &bytes, &FileContext::default());
    let host = linked.host.expect("a host");
    let rows = coverage(&host).into_iter().map(|path| {
        let coverage = path.coverage.summary();
        format!("{} {}:{} {coverage}\n", path.container, path.source, path.target)
    });
    pinned("coverage", &rows.collect::<String>());
}
