//! NixOS creates a file of `environment.etc` as a symlink into /etc/static, and from there into the store. Podman
//! follows a symlink that is bound itself. In a folder that is bound it stays a symlink, and a container has neither
//! /etc/static nor the store.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host};
use crate::path::{Folders, is_below, is_inside_etc};
use crate::setting::VolumeSource;
use crate::source::Span;
use crate::tree::{Node, SetOption, options};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let links = links(host);
    for container in host.containers().filter(|container| !has_store(container)) {
        for volume in &container.volumes {
            let VolumeSource::Bind(path) = &volume.source else { continue };
            let folder = path.value();
            let folder = folder.trim_end_matches('/');
            let Some((file, span)) = links.below(folder).next().filter(|_| is_inside_etc(folder)) else {
                continue;
            };
            let target = volume.target.value();
            let inside = format!("{}{}", target.trim_end_matches('/'), &file[folder.len()..]);
            diagnostics.push(
                Diagnostic::new(
                    Code::LinkedFile,
                    format!("`{}` cannot read {inside}", container.name),
                    volume.span,
                    "this folder has a symlink to a path outside the container",
                )
                .and(*span, "NixOS creates a symlink for this file")
                .help(format!("bind the file itself: write `{file}:{inside}:ro` under `volumes`")),
            );
        }
    }
}

/// True if a container has the store, which the symlinks lead to.
fn has_store(container: &Container) -> bool {
    container.volumes.iter().any(|volume| is_below("/nix/store", &volume.target.value()))
}

/// The files of `environment.etc` that are symlinks, by their paths: with a `mode` NixOS makes a copy.
fn links(host: &Host) -> Folders<(String, Span)> {
    let mut files: HashMap<String, (Span, bool)> = HashMap::new();
    for SetOption { path, span, .. } in host.raw_options().flat_map(options) {
        let [environment, etc, name, rest @ ..] = path.as_slice() else { continue };
        if environment == "environment" && etc == "etc" {
            // The whole value in one expression may have a mode.
            let is_copied = rest.is_empty() || rest[0] == "mode";
            files.entry(format!("/etc/{}", name.trim_matches('/'))).or_insert((span, false)).1 |= is_copied;
        }
    }
    let links = files.into_iter().filter(|(_, (_, is_copied))| !is_copied);
    Folders::of(links.map(|(path, (span, _))| (path.clone(), (path, span))))
}
