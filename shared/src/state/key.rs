//! Where things lie in the table: partition and sort keys.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::id::{CertificateId, SourceId, TenantId};
use crate::fingerprint::ShardNumber;

/// The attribute that is the partition key, a string.
pub const PARTITION_KEY: &str = "pk";
/// The attribute that is the sort key, a string.
pub const SORT_KEY: &str = "sk";
/// The attribute that DynamoDB's time to live watches: Unix seconds. Reports have it, and certificates
/// of people who were forgotten.
pub const TIME_TO_LIVE: &str = "expires_at";

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// People, from the HR system to reteach.
    Employees,
    /// Certificates, from reteach to the HR system.
    Certificates,
}

impl JobKind {
    /// The job as keys and reports name it: `employees`, `certificates`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Employees => "employees",
            Self::Certificates => "certificates",
        }
    }

    /// The function that does it: `employee-sync`, `certificate-sync`.
    pub fn function(self) -> &'static str {
        match self {
            Self::Employees => "employee-sync",
            Self::Certificates => "certificate-sync",
        }
    }
}

impl fmt::Display for JobKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) pk: String,
    pub(super) sk: String,
}

pub(super) const REGISTRY: &str = "TENANTS";
const RESTORE: &str = "RESTORE";
pub(super) const EMPLOYEES: &str = "EMPLOYEE#";
pub(super) const CERTIFICATES: &str = "CERTIFICATE#";
pub(super) const LEASES: &str = "LEASE#";
pub(super) const LOGINS: &str = "LOGIN#";
pub(super) const REPORTS: &str = "RUN#";

/// What an item with this sort key holds, in words: ids are left out.
pub(super) fn kind(sk: &str) -> &'static str {
    const KINDS: [(&str, &str); 9] = [
        ("CONFIG", "the configuration"),
        (LEASES, "a lease"),
        (EMPLOYEES, "the entry of a person"),
        ("FINGERPRINTS", "fingerprints of people"),
        ("HELD#", "a held plan"),
        (LOGINS, "a kept login"),
        (CERTIFICATES, "the entry of a certificate"),
        ("CERTIFICATES", "the checkpoint of certificates"),
        (REPORTS, "a report"),
    ];
    let found = KINDS.iter().find(|(begin, _)| sk.starts_with(begin));
    found.map_or("an item", |(_, kind)| *kind)
}

/// The partition that holds everything of a tenant.
pub(super) fn partition(tenant: &TenantId) -> String {
    format!("TENANT#{tenant}")
}

impl Key {
    pub(super) fn of(tenant: &TenantId, sk: impl Into<String>) -> Self {
        Self {
            pk: partition(tenant),
            sk: sk.into(),
        }
    }

    pub(super) fn registry(tenant: &TenantId) -> Self {
        Self {
            pk: REGISTRY.to_owned(),
            sk: tenant.to_string(),
        }
    }

    pub(super) fn version() -> Self {
        Self {
            pk: "SCHEMA".to_owned(),
            sk: "VERSION".to_owned(),
        }
    }

    pub(super) fn restore() -> Self {
        Self {
            pk: RESTORE.to_owned(),
            sk: RESTORE.to_owned(),
        }
    }

    pub(super) fn config(tenant: &TenantId) -> Self {
        Self::of(tenant, "CONFIG")
    }

    pub(super) fn lease(tenant: &TenantId, job: JobKind) -> Self {
        Self::of(tenant, format!("{LEASES}{job}"))
    }

    pub(super) fn employee(tenant: &TenantId, id: &SourceId) -> Self {
        Self::of(tenant, format!("{EMPLOYEES}{id}"))
    }

    pub(super) fn root(tenant: &TenantId) -> Self {
        Self::of(tenant, "FINGERPRINTS")
    }

    pub(super) fn shard(tenant: &TenantId, number: ShardNumber) -> Self {
        Self::of(tenant, format!("FINGERPRINTS#{}", number.0))
    }

    pub(super) fn held(tenant: &TenantId) -> Self {
        Self::of(tenant, "HELD#employees")
    }

    pub(super) fn held_source(tenant: &TenantId) -> Self {
        Self::of(tenant, "HELD#source")
    }

    pub(super) fn probe(tenant: &TenantId) -> Self {
        Self::of(tenant, "PROBE")
    }

    /// `credentials` tells those of one secret from those of another.
    pub(super) fn login(tenant: &TenantId, credentials: &str) -> Self {
        Self::of(tenant, format!("{LOGINS}{credentials}"))
    }

    pub(super) fn certificate(tenant: &TenantId, id: &CertificateId) -> Self {
        Self::of(tenant, format!("{CERTIFICATES}{id}"))
    }

    pub(super) fn certificate_checkpoint(tenant: &TenantId) -> Self {
        Self::of(tenant, "CERTIFICATES")
    }

    /// The time has a fixed width, so that the order of the keys is the order of the runs.
    pub(super) fn report(tenant: &TenantId, job: JobKind, at: Timestamp) -> Self {
        Self::of(tenant, format!("{REPORTS}{at:.3}#{job}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lays_items_out_as_the_design_says() {
        let tenant = TenantId::parse("acme").unwrap();
        let at: Timestamp = "2026-03-31T08:05:00Z".parse().unwrap();
        let keys = [
            Key::registry(&tenant),
            Key::version(),
            Key::restore(),
            Key::config(&tenant),
            Key::lease(&tenant, JobKind::Employees),
            Key::lease(&tenant, JobKind::Certificates),
            Key::employee(&tenant, &SourceId::new("4711")),
            Key::root(&tenant),
            Key::shard(&tenant, ShardNumber(17)),
            Key::held(&tenant),
            Key::held_source(&tenant),
            Key::probe(&tenant),
            Key::login(&tenant, "0123456789abcdef"),
            Key::certificate(&tenant, &CertificateId::new("cert-1")),
            Key::certificate_checkpoint(&tenant),
            Key::report(&tenant, JobKind::Employees, at),
        ];
        let lines: Vec<String> = keys
            .iter()
            .map(|key| format!("{} {}", key.pk, key.sk))
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        TENANTS acme
        SCHEMA VERSION
        RESTORE RESTORE
        TENANT#acme CONFIG
        TENANT#acme LEASE#employees
        TENANT#acme LEASE#certificates
        TENANT#acme EMPLOYEE#4711
        TENANT#acme FINGERPRINTS
        TENANT#acme FINGERPRINTS#17
        TENANT#acme HELD#employees
        TENANT#acme HELD#source
        TENANT#acme PROBE
        TENANT#acme LOGIN#0123456789abcdef
        TENANT#acme CERTIFICATE#cert-1
        TENANT#acme CERTIFICATES
        TENANT#acme RUN#2026-03-31T08:05:00.000Z#employees
        "#);
    }

    #[test]
    fn the_kind_of_an_item_leaves_its_id_out() {
        let tenant = TenantId::parse("acme").unwrap();
        let at: Timestamp = "2026-03-31T08:05:00Z".parse().unwrap();
        for (key, expected) in [
            (Key::config(&tenant), "the configuration"),
            (Key::lease(&tenant, JobKind::Certificates), "a lease"),
            (
                Key::employee(&tenant, &SourceId::new("4711")),
                "the entry of a person",
            ),
            (Key::root(&tenant), "fingerprints of people"),
            (
                Key::shard(&tenant, ShardNumber(17)),
                "fingerprints of people",
            ),
            (Key::held(&tenant), "a held plan"),
            (Key::held_source(&tenant), "a held plan"),
            (Key::login(&tenant, "0123456789abcdef"), "a kept login"),
            (
                Key::certificate(&tenant, &CertificateId::new("cert-1")),
                "the entry of a certificate",
            ),
            (
                Key::certificate_checkpoint(&tenant),
                "the checkpoint of certificates",
            ),
            (Key::report(&tenant, JobKind::Employees, at), "a report"),
            (Key::version(), "an item"),
        ] {
            assert_eq!(kind(&key.sk), expected, "{}", key.sk);
        }
    }

    proptest! {
        #[test]
        fn every_key_lies_in_its_tenant_s_partition(tenant in "[a-z0-9][a-z0-9-]{0,38}[a-z0-9]", id in any::<String>()) {
            let tenant = TenantId::parse(&tenant).unwrap();
            let keys = [
                (Key::employee(&tenant, &SourceId::new(&*id)), EMPLOYEES),
                (Key::certificate(&tenant, &CertificateId::new(&*id)), CERTIFICATES),
            ];
            for (key, family) in keys {
                prop_assert_eq!(key.pk, format!("TENANT#{tenant}"));
                prop_assert!(key.sk.starts_with(family));
            }
        }
    }

    #[test]
    fn reports_sort_by_time_whatever_their_fractions() {
        let tenant = TenantId::parse("acme").unwrap();
        let times = [
            "2026-03-31T08:05:00Z",
            "2026-03-31T08:05:00.0009Z",
            "2026-03-31T08:05:00.02Z",
        ];
        let keys: Vec<String> = times
            .iter()
            .map(|time| Key::report(&tenant, JobKind::Employees, time.parse().unwrap()).sk)
            .collect();
        assert!(keys.is_sorted(), "{keys:?}");
        assert!(
            keys.iter().all(|key| key.len() == keys[0].len()),
            "{keys:?}"
        );
    }
}
