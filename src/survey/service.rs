//! Services.

use std::collections::HashMap;

use super::container;
use crate::hir;
use crate::inventory::{Service, Site};

pub(super) fn survey(host: &hir::Host, sites: &[Site]) -> Vec<Service> {
    let mut urls: HashMap<&str, Vec<&str>> = HashMap::new();
    for site in sites {
        if let (Some(service), Some(url)) = (&site.service, site.urls.first()) {
            urls.entry(service).or_default().push(url);
        }
    }
    let row = |service: &hir::Service| Service {
        name: service.name.to_string(),
        description: service.description.as_ref().map(|description| description.value()),
        enabled: service.enable,
        option: format!("homeserver.{}.enable", service.option),
        target: (!service.is_idle()).then(|| service.target()),
        units: service.units().map(|unit| format!("{unit}.service")).collect(),
        urls: urls.get(service.name()).into_iter().flatten().map(ToString::to_string).collect(),
        limits: container::limits(&service.limits),
    };
    host.services.iter().map(row).collect()
}
