//! Scalars with a grammar, such as durations, sizes and paths.
//!
//! Each form is one file: its type, its pattern, its parser, the advice for near misses, and its tests. Decoding parses a
//! scalar once, and later passes compare the parsed values.

mod absolute_path;
mod acl_pattern;
mod acl_word;
mod address;
mod advice;
mod alphabet;
mod calendar;
mod capability;
mod client_range;
mod count;
mod cpu_set;
mod cpu_shares;
mod database_name;
mod dataset;
mod days;
mod decimal;
mod device;
mod device_cgroup_rule;
mod domain;
mod duration;
mod email;
mod environment_name;
mod exclude_pattern;
mod header_name;
mod home_path;
mod http_path;
mod image;
mod interface;
mod ipc;
mod keep_rule;
mod listen_address;
mod mac;
mod mode;
mod mount_option;
mod name;
mod namespace;
mod nfs_export;
mod oom_score_adj;
mod owner;
mod package;
mod percent;
mod period;
mod pid;
mod port_range;
mod postgres_extension;
mod postgres_major;
mod protocol;
mod reason;
mod recipient;
mod registry;
mod repository;
mod restic_repository;
mod secret_name;
mod service_unit;
mod signal;
mod site_address;
mod size;
mod subnet;
mod swap_size;
mod tmpfs_mount;
mod tunnel_id;
mod unit;
mod url_paths;
mod userns;
mod valkey_user;
mod variable;
mod volume_name;
mod web_address;
mod zfs_pool;

pub(crate) use absolute_path::AbsolutePath;
pub(crate) use acl_pattern::AclPattern;
pub(crate) use acl_word::AclWord;
pub(crate) use address::Address;
pub(crate) use advice::Advice;
pub(crate) use alphabet::Alphabet;
pub(crate) use calendar::Calendar;
pub(crate) use capability::Capability;
pub(crate) use client_range::ClientRange;
pub(crate) use count::Count;
pub(crate) use cpu_set::CpuSet;
pub(crate) use cpu_shares::CpuShares;
pub(crate) use database_name::DatabaseName;
pub(crate) use dataset::Dataset;
pub(crate) use days::Days;
pub(crate) use decimal::Decimal;
pub(crate) use device::Device;
pub(crate) use device_cgroup_rule::DeviceCgroupRule;
pub(crate) use domain::Domain;
pub(crate) use duration::Duration;
pub(crate) use email::Email;
pub(crate) use environment_name::EnvironmentName;
pub(crate) use exclude_pattern::ExcludePattern;
pub(crate) use header_name::HeaderName;
pub(crate) use home_path::HomePath;
pub(crate) use http_path::HttpPath;
pub(crate) use image::Image;
pub(crate) use interface::Interface;
pub(crate) use ipc::Ipc;
pub(crate) use keep_rule::KeepRule;
pub(crate) use listen_address::ListenAddress;
pub(crate) use mac::Mac;
pub(crate) use mode::Mode;
pub(crate) use mount_option::MountOption;
pub(crate) use name::Name;
pub(crate) use namespace::NamespaceOf;
pub(crate) use nfs_export::NfsExport;
pub(crate) use oom_score_adj::OomScoreAdj;
pub(crate) use owner::{Account, Owner};
pub(crate) use package::Package;
pub(crate) use percent::Percent;
pub(crate) use period::Period;
pub(crate) use pid::Pid;
pub(crate) use port_range::PortRange;
pub(crate) use postgres_extension::PostgresExtension;
pub(crate) use postgres_major::PostgresMajor;
pub(crate) use protocol::Protocol;
pub(crate) use reason::Reason;
pub(crate) use recipient::Recipient;
pub(crate) use registry::Registry;
pub(crate) use repository::Repository;
pub(crate) use restic_repository::ResticRepository;
pub(crate) use secret_name::SecretName;
pub(crate) use service_unit::ServiceUnit;
pub(crate) use signal::Signal;
pub(crate) use site_address::SiteAddress;
pub(crate) use size::{Size, bytes_in_words, size_bytes};
pub(crate) use subnet::Subnet;
pub(crate) use swap_size::SwapSize;
pub(crate) use tmpfs_mount::TmpfsMount;
pub(crate) use tunnel_id::TunnelId;
pub(crate) use url_paths::UrlPaths;
pub(crate) use userns::Userns;
pub(crate) use valkey_user::ValkeyUserName;
pub(crate) use variable::Variable;
pub(crate) use volume_name::VolumeName;
pub(crate) use web_address::{WebAddress, web_parts};
pub(crate) use zfs_pool::ZfsPool;

/// A scalar with a grammar, parsed.
pub trait Form: Sized {
    /// The noun with its article, for a message: `a size`.
    const NOUN: &'static str;
    /// Examples that follow the noun: ` such as 512m or 2g`.
    const LOOKS: &'static str;
    /// The grammar, for the label of a value that does not have the form: `a number and a unit: b, k, m, g or t`.
    const EXPECTED: &'static str;
    /// A value that has the form.
    const EXAMPLE: &'static str;
    /// A regular expression for the JSON Schema. It may match more than the parser accepts.
    const PATTERN: &'static str;
    /// Accepts YAML's numbers as well as its strings.
    const NUMBERS: bool = false;

    /// Parses `text`. Returns `None` if it does not have the form.
    fn parse(text: &str) -> Option<Self>;

    /// Explains why `text` does not have the form, and suggests a value.
    fn advice(_text: &str) -> Option<Advice> {
        None
    }

    /// The name in the tables of keys in `docs/language.md`.
    fn title() -> &'static str {
        Self::NOUN.split_once(' ').map_or(Self::NOUN, |(_, noun)| noun)
    }

    /// The noun with its examples, for a message: `a size such as 512m or 2g`.
    fn description() -> String {
        format!("{}{}", Self::NOUN, Self::LOOKS)
    }
}

/// Declares forms whose parsed value is the text itself.
macro_rules! text_form {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(crate) struct $name(String);

        impl $name {
            /// The text.
            #[allow(dead_code, reason = "some are only compared, or emitted as they are written")]
            pub(crate) fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}
use text_form;

#[cfg(test)]
mod tests {
    use super::Form;

    /// Asserts that `F` is parsed from each of `right` and from none of `wrong`.
    pub(super) fn parses<F: Form>(right: &[&str], wrong: &[&str]) {
        right.iter().for_each(|text| assert!(F::parse(text).is_some(), "{text}"));
        wrong.iter().for_each(|text| assert!(F::parse(text).is_none(), "{text}"));
    }

    /// Asserts the help of `F`'s advice for each text. It is empty where there is none.
    pub(super) fn advises<F: Form>(helps: &[(&str, &str)]) {
        for (text, help) in helps {
            assert!(F::parse(text).is_none(), "{text}");
            assert_eq!(F::advice(text).map(|advice| advice.help.text).unwrap_or_default(), *help, "{text}");
        }
    }

    /// Asserts why `F` cannot be parsed from each text.
    pub(super) fn explains<F: Form>(reasons: &[(&str, &str)]) {
        for (text, why) in reasons {
            assert!(F::parse(text).is_none(), "{text}");
            assert_eq!(F::advice(text).map(|advice| advice.why).unwrap_or_default(), *why, "{text}");
        }
    }
}
