//! The paths of the host that the file creates by options of NixOS. Several rules use them.

use std::collections::HashSet;

use crate::hir::Host;
use crate::path::ancestors;
use crate::tree::{Kind, Node, etc_files, options};

/// Paths that `environment.etc`, `systemd.tmpfiles` or a mount creates.
pub(super) struct CreatedPaths {
    /// The paths, without a slash at their ends.
    paths: HashSet<String>,
    /// The paths, and the folders that they lie in.
    within: HashSet<String>,
}

impl CreatedPaths {
    pub(super) fn of(host: &Host) -> CreatedPaths {
        let mut paths = HashSet::new();
        for tree in host.raw_options() {
            let options = options(tree);
            paths.extend(etc_files(&options).into_iter().map(|(path, _)| path));
            let rules = options.iter().filter(|o| o.path.starts_with(&["systemd".into(), "tmpfiles".into()]));
            for option in rules {
                paths.extend(option.path.iter().filter(|step| step.starts_with('/')).cloned());
                scalars(option.node, &mut |text| paths.extend(words_with_a_slash(text)));
            }
        }
        paths.extend(host.machine.mounts.entries.iter().map(|(at, _)| at.value()));
        let trimmed = |path: String| path.trim_end_matches('/').to_owned();
        let paths: HashSet<String> = paths.into_iter().map(trimmed).filter(|path| !path.is_empty()).collect();
        let within = paths.iter().flat_map(|path| ancestors(path)).map(str::to_owned).collect();
        CreatedPaths { paths, within }
    }

    /// True if `path` is created, lies in a created path, or contains one.
    pub(super) fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        self.within.contains(path) || ancestors(path).any(|folder| self.paths.contains(folder))
    }
}

/// The paths in a rule of tmpfiles, such as `d "/etc/app" 0755 root root -`.
fn words_with_a_slash(rule: &str) -> impl Iterator<Item = String> {
    rule.split_whitespace().map(|word| word.trim_matches('"').to_owned()).filter(|word| word.starts_with('/'))
}

fn scalars(node: &Node, found: &mut impl FnMut(&str)) {
    match &node.kind {
        Kind::Scalar(text) => found(&text.value()),
        Kind::List(items) => items.iter().for_each(|item| scalars(item, found)),
        _ => {}
    }
}
