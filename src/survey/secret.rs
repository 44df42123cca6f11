//! Secrets, and their readers.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{container, containers, jobs, services};
use crate::form::Account;
use crate::hir;
use crate::hir::job::Work;
use crate::inventory::{Reader, Secret};
use crate::setting::{self, SecretStore, Tls, UsedSecret};
use crate::word::shell_word;

pub(super) fn survey(host: &hir::Host) -> Vec<Secret> {
    let mut readers = Readers::default();
    for (_, container) in containers(host) {
        let unit = Some(format!("{}.service", container.unit()));
        readers.add(container::needed(container, host), container.name.as_str(), unit);
    }
    for service in services(host) {
        for unit in service.native.names() {
            let used = service.native.secrets.iter().map(|secret| UsedSecret::of(secret, None));
            readers.add(used.collect(), &unit, Some(format!("{unit}.service")));
        }
    }
    let backups: HashMap<&hir::Id<hir::Job>, &hir::Backup> =
        host.backups().map(|(job, backup)| (&job.name, backup)).collect();
    for (_, job) in jobs(host) {
        let mut used = job.secrets();
        if let Work::RepositoryCheck(check) = &job.work {
            let offsite = backups.get(&check.backup).and_then(|backup| backup.offsite.as_ref());
            let names = offsite.iter().flat_map(|offsite| offsite.secret_names());
            used.extend(names.map(|secret| UsedSecret::of(secret, None)));
        }
        readers.add(used, job.name.as_str(), None);
    }
    if let Some(front) = &host.front {
        // `security.acme` reads its secrets at each renewal.
        let unit = matches!(front.tls(), Some(Tls::Plugin(_))).then(|| front.unit().to_owned());
        let name = if unit.is_some() { front.key() } else { "security.acme" };
        readers.add(front.secrets(), name, unit);
    }
    if let Some(cloudflared) = &host.cloudflared {
        let unit = Some(format!("{}.service", cloudflared.unit()));
        readers.add(cloudflared.secrets(), "cloudflared", unit);
    }
    if let Some(notify) = &host.notify {
        readers.add(notify.secrets(), "notify", None);
    }
    if let Some(postgres) = &host.postgres {
        let unit = Some(format!("{}.service", setting::Postgres::SET_UP));
        readers.add(postgres.secrets().collect(), "postgres", unit);
    }
    if let Some(valkey) = &host.valkey {
        let unit = Some(format!("{}.service", setting::Valkey::ACL));
        readers.add(valkey.secrets().collect(), "valkey", unit);
    }
    for client in &host.clients {
        readers.add(client.upload.secrets(), &format!("clients.{}", client.name), None);
    }
    host.secrets.iter().map(|(name, secret)| row(name.as_str(), secret, host, &mut readers)).collect()
}

/// The readers of each secret.
#[derive(Default)]
struct Readers(BTreeMap<String, BTreeSet<Reader>>);

impl Readers {
    fn add(&mut self, used: Vec<UsedSecret>, name: &str, unit: Option<String>) {
        for secret in used {
            let reader = Reader { name: name.to_owned(), unit: unit.clone() };
            self.0.entry(secret.name.into_owned()).or_default().insert(reader);
        }
    }
}

fn row(name: &str, secret: &hir::Secret, host: &hir::Host, readers: &mut Readers) -> Secret {
    let settings = &secret.settings;
    let user = &settings.owner.value.user;
    let own_group = || settings.owner.value.group.clone();
    let by_number = || matches!(user, Account::Id(_)).then(|| user.clone());
    let group = settings.group.as_ref().map(|group| group.value.user.clone());
    let group =
        group.or_else(own_group).or_else(by_number).unwrap_or_else(|| Account::Name("root".to_owned()));
    let mut read_by: Vec<Reader> = readers.0.remove(name).into_iter().flatten().collect();
    if secret.store.is_none() {
        // Nothing shows a switch that the file changed.
        read_by.iter_mut().for_each(|reader| reader.unit = None);
    }
    Secret {
        name: name.to_owned(),
        store: secret.store.map(|store| match store {
            SecretStore::Agenix => "agenix",
            SecretStore::Sops => "sops-nix",
        }),
        file: secret.encrypted(&host.secret_stores),
        key: (secret.store == Some(SecretStore::Sops))
            .then(|| settings.key.as_ref().map_or_else(|| name.to_owned(), |key| key.value())),
        path: secret.decrypted(name),
        owner: format!("{user}:{group}"),
        mode: settings.mode.text.value(),
        format: settings.format.word(),
        edit: secret.store.and_then(|store| edit(store, secret, host)),
        min_length: settings.min_length.as_ref().map(|length| length.value.0),
        read_by,
    }
}

/// The command that changes a secret. agenix finds its rules in the working directory (`agenix --help`, RULES).
fn edit(store: SecretStore, secret: &hir::Secret, host: &hir::Host) -> Option<String> {
    match store {
        SecretStore::Agenix => {
            let folder = host.secret_stores.location(store)?.value();
            Some(format!(
                "cd {} && agenix -e {}",
                shell_word(&folder),
                shell_word(&secret.file.as_ref()?.value())
            ))
        }
        SecretStore::Sops => Some(format!("sops {}", shell_word(&secret.encrypted(&host.secret_stores)?))),
    }
}
