//! Images of containers.

use std::collections::HashMap;

use super::{containers, jobs};
use crate::hir;
use crate::hir::job::Work;
use crate::image::Follows;
use crate::inventory::Image;
use crate::setting::PullPolicy;

pub(super) fn survey(host: &hir::Host) -> Vec<Image> {
    let mut updated: HashMap<&hir::Id<hir::Container>, String> = HashMap::new();
    for (_, job) in jobs(host) {
        if let Work::Update(update) = &job.work {
            updated.extend(update.containers.iter().map(|container| (container, job.name.to_string())));
        }
    }
    let row = |(service, container): (&hir::Service, &hir::Container)| {
        let image = &container.settings.image.value;
        let written = container.settings.image.text.value();
        let own = image.digest.as_ref().map(|digest| format!("sha256:{digest}"));
        let locked = own.is_none() && container.digest.is_some();
        let digest = own.or_else(|| container.digest.clone());
        let moves_within = match image.follows() {
            _ if digest.is_some() => None,
            _ if image.is_moving() => Some("any".to_owned()),
            Some(Follows::Version(version)) => Some(version),
            Some(Follows::Any) | None => None,
        };
        Image {
            container: container.name.to_string(),
            service: service.name.to_string(),
            image: written.split('@').next().unwrap_or_default().to_owned(),
            digest,
            locked,
            moves_within,
            pull: match container.settings.pull_policy {
                PullPolicy::Always => "at each start",
                PullPolicy::Missing | PullPolicy::IfNotPresent => "if missing",
                PullPolicy::Never => "never",
                PullPolicy::Newer => "if newer",
            },
            updated_by: updated.get(&container.name).cloned(),
        }
    };
    containers(host).map(row).collect()
}
