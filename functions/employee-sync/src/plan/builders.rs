//! Somebody, what is known of them, and a tenant: the parts of the small worlds that tests are made of.

use jiff::Timestamp;
use jiff::civil::Date;
use shared::domain::employee::{Employee, EmploymentType, Field, Gender, Status};
use shared::domain::id::{CustomerId, ExternalId, SourceId};
use shared::fingerprint::FingerprintKey;
use shared::mapping::DesiredAccount;
use shared::source::Absence;
use shared::state::EmployeeEntry;
use shared::tenant::TenantConfig;

use super::compare::digest_of;
use super::{Account, AccountView, Candidate, Context, MatchedBy, Plan, SourceState};

pub(crate) fn now() -> Timestamp {
    "2026-05-10T12:00:00Z".parse().unwrap()
}

pub(crate) fn key() -> FingerprintKey {
    FingerprintKey::from_bytes(&[7; 32])
}

pub(crate) fn config(more: &str) -> TenantConfig {
    let text = format!(
        "tenant_id = \"acme\"\ntime_zone = \"Europe/Berlin\"\n[personio]\nvia = \"direct\"\n{more}"
    );
    TenantConfig::parse(&text).unwrap()
}

pub(crate) fn employee(id: &str) -> Employee {
    Employee {
        source_id: SourceId::new(id),
        first_name: Field::Value("Jörg".into()),
        last_name: Field::Value("Weiß".into()),
        email: Field::Value(format!("p{id}@muster.example")),
        position: Field::Value("Schlosser".into()),
        company: Field::Value("Muster GmbH".into()),
        department: Field::Value("Werk".into()),
        location: Field::Value("Köln".into()),
        gender: Field::Value(Gender::Male),
        employment_type: Field::Value(EmploymentType::Internal),
        hire_date: Field::Value("2020-04-01".parse().unwrap()),
        end_date: Field::Null,
        status: Field::Value(Status::Active),
    }
}

/// [`employee`] after a change.
pub(crate) fn edited(id: &str, edit: impl FnOnce(&mut Employee)) -> Employee {
    let mut person = employee(id);
    edit(&mut person);
    person
}

pub(crate) fn of_status(id: &str, status: Status) -> Employee {
    edited(id, |person| person.status = Field::Value(status))
}

pub(crate) fn text(value: &str) -> Field<String> {
    Field::Value(value.to_owned())
}

pub(crate) fn day(date: &str) -> Field<Date> {
    Field::Value(date.parse().unwrap())
}

impl Candidate {
    pub(crate) fn with_entry(mut self, entry: EmployeeEntry) -> Self {
        self.entry = Some(entry);
        self
    }

    /// The same person, missing from the HR system.
    pub(crate) fn gone(mut self, absence: Absence) -> Self {
        self.source = SourceState::Gone {
            external_id: ExternalId::of("personio", &self.source_id),
            absence,
        };
        self
    }
}

pub(crate) fn candidate(employee: &Employee, config: &TenantConfig) -> Candidate {
    let record = DesiredAccount::of(employee, "personio", config);
    let fingerprint = record.fingerprint(&key());
    Candidate {
        source_id: employee.source_id.clone(),
        source: SourceState::Present {
            record: Box::new(record),
            fingerprint,
        },
        entry: None,
        account: Account::Missing,
        mail_holder: None,
        twin: None,
    }
}

/// What a run at [`now`] plans for these people.
pub(crate) fn plan(candidates: &[Candidate], config: &TenantConfig) -> Plan {
    Plan::build(
        candidates,
        Context {
            now: now(),
            config,
            key: &key(),
            locks_alone: false,
        },
    )
}

/// The ledger's entry after `employee` was synced with `config`.
pub(crate) fn synced(employee: &Employee, config: &TenantConfig) -> EmployeeEntry {
    let candidate = candidate(employee, config);
    let SourceState::Present {
        record,
        fingerprint,
    } = &candidate.source
    else {
        unreachable!()
    };
    let plan = plan(std::slice::from_ref(&candidate), config);
    let mut entry = EmployeeEntry::new(employee.source_id.clone());
    entry.customer_id = Some(CustomerId::new(format!("c{}", employee.source_id)));
    entry.fingerprint = Some(*fingerprint);
    entry.digests = record
        .values
        .iter()
        .map(|(attribute, value)| {
            (
                attribute.name().to_owned(),
                digest_of(&record.source_id, *attribute, value.as_ref(), &key()),
            )
        })
        .collect();
    entry.window = plan.changes[0]
        .window
        .map(|window| window.after)
        .unwrap_or_default();
    entry.locked = plan.changes[0].locked;
    entry
}

/// `employee` as now read, whose account was last given `before`.
pub(crate) fn trusted(employee: &Employee, before: &Employee, config: &TenantConfig) -> Candidate {
    let entry = synced(before, config);
    let account = Account::FromLedger(entry.customer_id.clone().unwrap());
    Candidate {
        entry: Some(entry),
        account,
        ..candidate(employee, config)
    }
}

/// The account that holds exactly what `employee` maps to.
pub(crate) fn account_of(employee: &Employee, config: &TenantConfig) -> AccountView {
    let record = DesiredAccount::of(employee, "personio", config);
    let (tags, values) = record
        .values
        .into_iter()
        .partition::<Vec<_>, _>(|(it, _)| it.tag_prefix().is_some());
    AccountView {
        id: CustomerId::new(format!("c{}", employee.source_id)),
        external_id: Some(record.external_id),
        values: values
            .into_iter()
            .filter_map(|(attribute, value)| Some((attribute, value?)))
            .collect(),
        tags: tags.into_iter().filter_map(|(_, value)| value).collect(),
        window: synced(employee, config).window,
    }
}

/// [`account_of`], which has lost its external id.
pub(crate) fn unnumbered(employee: &Employee, config: &TenantConfig) -> AccountView {
    AccountView {
        external_id: None,
        ..account_of(employee, config)
    }
}

/// `employee` as now read, whose account was last given `before` and holds this by now.
pub(crate) fn compared(employee: &Employee, before: &Employee, account: AccountView) -> Candidate {
    let config = config("");
    seen(employee, account, MatchedBy::ExternalId, &config).with_entry(synced(before, &config))
}

pub(crate) fn seen(
    employee: &Employee,
    account: AccountView,
    link: MatchedBy,
    config: &TenantConfig,
) -> Candidate {
    Candidate {
        account: Account::Fetched(Box::new(account), link),
        ..candidate(employee, config)
    }
}
