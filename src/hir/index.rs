//! Where the parts of a host are that others refer to.

use std::collections::HashMap;

use super::{Container, Host, Id, Network, Secret, Service};
use crate::form::SecretName;
use crate::value::Value;

/// The places of services, containers and networks in a host. Of several containers with one name, which are reported, the
/// last one counts; a shared network counts before a service's own.
#[derive(Debug)]
pub(crate) struct Index {
    services: HashMap<Id<Service>, usize>,
    /// Each with the place of its service, and its own place there.
    containers: HashMap<Id<Container>, (usize, usize)>,
    networks: HashMap<Id<Network>, NetworkPlace>,
}

/// The place of a network.
#[derive(Debug)]
enum NetworkPlace {
    /// Among the networks that services share.
    Shared(usize),
    /// In the service at this place.
    Service(usize),
}

impl Index {
    /// Those of a host with these services and shared networks.
    pub(crate) fn of(services: &[Service], shared: &[Network]) -> Index {
        let mut index = Index {
            services: HashMap::with_capacity(services.len()),
            containers: HashMap::new(),
            networks: HashMap::new(),
        };
        for (s, service) in services.iter().enumerate() {
            index.services.insert(service.name.clone(), s);
            let containers = service.containers.iter().enumerate();
            index.containers.extend(containers.map(|(c, container)| (container.name.clone(), (s, c))));
            let own = service.network.iter();
            index.networks.extend(own.map(|network| (network.name.clone(), NetworkPlace::Service(s))));
        }
        let shared = shared.iter().enumerate();
        index.networks.extend(shared.map(|(n, network)| (network.name.clone(), NetworkPlace::Shared(n))));
        index
    }
}

impl Host {
    /// The service with this ID.
    pub(crate) fn service(&self, id: &Id<Service>) -> Option<&Service> {
        self.service_called(id.as_str())
    }

    /// The service that the file calls `name`.
    pub(crate) fn service_called(&self, name: &str) -> Option<&Service> {
        self.services.get(*self.index.services.get(name)?)
    }

    /// The container with this ID.
    pub(crate) fn container(&self, id: &Id<Container>) -> Option<&Container> {
        let (service, place) = *self.index.containers.get(id)?;
        self.services.get(service)?.containers.get(place)
    }

    /// The network with this ID: a shared one, or a service's own.
    pub(crate) fn network(&self, id: &Id<Network>) -> Option<&Network> {
        match *self.index.networks.get(id)? {
            NetworkPlace::Shared(place) => self.networks.get(place),
            NetworkPlace::Service(service) => self.services.get(service)?.network.as_ref(),
        }
    }

    /// The secret that a value names. A value that could not be read names none.
    pub(crate) fn secret(&self, name: &Value<SecretName>) -> Option<&Secret> {
        self.secrets.get(name.text.value().as_str())
    }
}
