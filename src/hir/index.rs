//! The positions of the parts of a host, by ID.

use std::collections::HashMap;

use super::{Container, Host, Id, Network, Secret, Service};
use crate::form::SecretName;
use crate::value::Value;

/// The positions of services, containers and networks in a host. Of several containers with one name, which is an
/// error, the last one counts. A shared network takes precedence over a service's own.
#[derive(Debug)]
pub(crate) struct Index {
    services: HashMap<Id<Service>, usize>,
    /// The position of the service, and of the container in it.
    containers: HashMap<Id<Container>, (usize, usize)>,
    networks: HashMap<Id<Network>, NetworkPosition>,
}

/// The position of a network.
#[derive(Debug)]
enum NetworkPosition {
    /// Among the networks that services share.
    Shared(usize),
    /// In the service at this position.
    Service(usize),
}

impl Index {
    /// The index of a host with these services and shared networks.
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
            index.networks.extend(own.map(|network| (network.name.clone(), NetworkPosition::Service(s))));
        }
        let shared = shared.iter().enumerate();
        index.networks.extend(shared.map(|(n, network)| (network.name.clone(), NetworkPosition::Shared(n))));
        index
    }
}

impl Host {
    /// The service with this ID.
    pub(crate) fn service(&self, id: &Id<Service>) -> Option<&Service> {
        self.service_called(id.as_str())
    }

    /// The service with the name `name` in the file.
    pub(crate) fn service_called(&self, name: &str) -> Option<&Service> {
        self.services.get(*self.index.services.get(name)?)
    }

    /// The container with this ID.
    pub(crate) fn container(&self, id: &Id<Container>) -> Option<&Container> {
        let (service, position) = *self.index.containers.get(id)?;
        self.services.get(service)?.containers.get(position)
    }

    /// The network with this ID: a shared one, or a service's own.
    pub(crate) fn network(&self, id: &Id<Network>) -> Option<&Network> {
        match *self.index.networks.get(id)? {
            NetworkPosition::Shared(position) => self.networks.get(position),
            NetworkPosition::Service(service) => self.services.get(service)?.network.as_ref(),
        }
    }

    /// The secret with the name in a value. `None` if the value could not be read.
    pub(crate) fn secret(&self, name: &Value<SecretName>) -> Option<&Secret> {
        self.secrets.get(name.text.value().as_str())
    }
}
