//! The positions of the parts of a host, by ID.

use std::collections::HashMap;

use super::{Container, Host, Id, Network, Secret, Service};
use crate::form::SecretName;
use crate::setting::{Database, Map, Postgres, Valkey, ValkeyUser};
use crate::tree::Text;
use crate::value::Value;

/// The positions of the parts of a host that others refer to. Of several containers with one name, which is an
/// error, the last one counts. A shared network takes precedence over a service's own.
#[derive(Debug)]
pub(crate) struct Index {
    services: HashMap<Id<Service>, usize>,
    /// The position of the service, and of the container in it.
    containers: HashMap<Id<Container>, (usize, usize)>,
    networks: HashMap<Id<Network>, NetworkPosition>,
    /// The databases of the host's Postgres.
    databases: HashMap<String, usize>,
    /// The users of the host's Valkey.
    valkey_users: HashMap<String, usize>,
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
    /// The index of a host with these services, shared networks and servers.
    pub(crate) fn of(
        services: &[Service],
        shared: &[Network],
        postgres: Option<&Postgres>,
        valkey: Option<&Valkey>,
    ) -> Index {
        let mut index = Index {
            services: HashMap::with_capacity(services.len()),
            containers: HashMap::new(),
            networks: HashMap::new(),
            databases: postgres.map(|postgres| positions(&postgres.databases)).unwrap_or_default(),
            valkey_users: valkey.map(|valkey| positions(&valkey.users)).unwrap_or_default(),
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

/// The positions of the entries of a mapping, by name.
fn positions<T>(map: &Map<T>) -> HashMap<String, usize> {
    map.entries.iter().enumerate().map(|(position, (name, _))| (name.value(), position)).collect()
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

    /// The service of this container.
    pub(crate) fn service_of(&self, id: &Id<Container>) -> Option<&Service> {
        let (service, _) = *self.index.containers.get(id)?;
        self.services.get(service)
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

    /// The database of the host's Postgres that a container uses, with its name. `None` if it is not declared, too.
    pub(crate) fn database(&self, container: &Container) -> Option<(&Text, &Database)> {
        let position = *self.index.databases.get(&container.used_database()?.value())?;
        self.postgres.as_ref()?.databases.entries.get(position).map(|(name, database)| (name, database))
    }

    /// The user of the host's Valkey that a container uses, with its name. `None` if it is not declared, too.
    pub(crate) fn valkey_user(&self, container: &Container) -> Option<(&Text, &ValkeyUser)> {
        let position = *self.index.valkey_users.get(&container.uses.valkey.as_ref()?.value())?;
        self.valkey.as_ref()?.users.entries.get(position).map(|(name, user)| (name, user))
    }
}
