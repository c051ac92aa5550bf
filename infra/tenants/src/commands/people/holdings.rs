//! Everything that the state holds of one person.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use shared::access::{AccessWindow, Locked};
use shared::domain::id::{CertificateId, SourceId, TenantId};
use shared::fingerprint::{FingerprintKey, ShardEntry, ShardNumber};
use shared::state::{Brake, CertificateEntry, Decision, EmployeeEntry, HeldPlan, Store};

use super::standing::in_order;
use crate::failure::Result;

/// More than a tenant has in the 30 days for which reports are kept.
const ALL_REPORTS: usize = 1_000_000;

/// Everything that the state holds of one person.
#[derive(Debug, Serialize)]
pub(super) struct Holdings {
    /// The person, and earlier profiles of the same person whose account went to this one.
    pub(super) profiles: Vec<Profile>,
    pub(super) held: Vec<HeldChange>,
    pub(super) certificates: Vec<CertificateEntry>,
    pub(super) reports: Vec<ReportPart>,
    #[serde(skip)]
    pub(super) plan: Option<HeldPlan>,
}

/// One profile of the person in the HR system.
#[derive(Debug, Serialize)]
pub(super) struct Profile {
    pub(super) person: SourceId,
    pub(super) entry: Option<EmployeeEntry>,
    /// When the account is open, as last written, and since when it is locked. Stored encrypted; `None` without the key.
    pub(super) access: Option<Access>,
    /// Whether the entry's dates are encrypted and cannot be decrypted with the key at hand.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) dates_are_sealed: bool,
    /// What the last reading left: a keyed hash of the record, and whether it is in step.
    pub(super) snapshot: Option<ShardEntry>,
}

#[derive(Debug, Serialize)]
pub(super) struct Access {
    window: AccessWindow,
    locked: Option<Locked>,
}

impl Access {
    fn of(entry: &EmployeeEntry) -> Option<Self> {
        let EmployeeEntry { window, locked, .. } = *entry;
        (!entry.is_sealed).then_some(Self { window, locked })
    }
}

#[derive(Debug, Serialize)]
pub(super) struct HeldChange {
    pub(super) person: SourceId,
    pub(super) kind: Brake,
    pub(super) decision: Option<Decision>,
}

#[derive(Debug, Serialize)]
pub(super) struct ReportPart {
    pub(super) job: String,
    pub(super) started_at: Option<Timestamp>,
    pub(super) findings: Vec<Value>,
}

impl Holdings {
    /// `key` is the tenant's, where it can be read.
    pub(super) async fn read(
        store: &Store,
        tenant: &TenantId,
        key: Option<&FingerprintKey>,
        person: &SourceId,
    ) -> Result<Self> {
        let mut ledger = store.all_employees(tenant, key).await?;
        let ids = profiles(&ledger, person);
        let numbers: BTreeSet<u16> = ids.iter().map(|id| ShardNumber::of(id).0).collect();
        let numbers: Vec<_> = numbers.into_iter().map(ShardNumber).collect();
        let shards = store.shards(tenant, &numbers).await?;
        let snapshot = |id| shards.get(&ShardNumber::of(id))?.0.get(id).copied();
        let profiles: Vec<Profile> = ids
            .iter()
            .map(|id| Profile {
                person: id.clone(),
                access: ledger.get(id).and_then(Access::of),
                dates_are_sealed: ledger.get(id).is_some_and(|entry| entry.is_sealed),
                entry: ledger.remove(id),
                snapshot: snapshot(id),
            })
            .collect();
        let ids: BTreeSet<SourceId> = ids.into_iter().collect();
        let mut certificates: Vec<_> = store
            .all_certificates(tenant)
            .await?
            .into_values()
            .filter(|entry| ids.contains(&entry.employee))
            .collect();
        certificates.sort_by(|one, other| one.certificate_id.cmp(&other.certificate_id));
        let plan = store.held(tenant).await?;
        let traces = Traces::of(&profiles, &certificates);
        let reports = store.reports::<Value>(tenant, ALL_REPORTS).await?;
        Ok(Self {
            held: held(plan.as_ref(), &ids),
            reports: reports.iter().filter_map(|it| traces.part(it)).collect(),
            plan,
            certificates,
            profiles,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        let nothing_of = |it: &Profile| it.entry.is_none() && it.snapshot.is_none();
        self.profiles.iter().all(nothing_of)
            && self.certificates.is_empty()
            && self.reports.is_empty()
            && self.plan_without().is_none()
    }

    /// The held plan without the person; `None` if it does not name them.
    pub(super) fn plan_without(&self) -> Option<HeldPlan> {
        self.plan.as_ref()?.without(&self.people())
    }

    pub(super) fn people(&self) -> BTreeSet<SourceId> {
        let people = self.profiles.iter().map(|profile| profile.person.clone());
        people.collect()
    }

    pub(super) fn traces(&self) -> Traces {
        Traces::of(&self.profiles, &self.certificates)
    }

    /// Whose the account is now, if the person has another profile.
    pub(super) fn successor(&self) -> Option<&SourceId> {
        let entry = self.profiles.first()?.entry.as_ref()?;
        entry.handed_over_to.as_ref()
    }
}

/// The person, then everybody whose account went to one of these.
pub(in crate::commands) fn profiles(
    ledger: &HashMap<SourceId, EmployeeEntry>,
    person: &SourceId,
) -> Vec<SourceId> {
    let mut earlier: BTreeMap<&SourceId, Vec<&SourceId>> = BTreeMap::new();
    for entry in ledger.values() {
        if let Some(to) = &entry.handed_over_to {
            earlier.entry(to).or_default().push(&entry.source_id);
        }
    }
    let mut found = vec![person.clone()];
    let mut next = 0;
    while let Some(id) = found.get(next) {
        let mut more = earlier.get(id).cloned().unwrap_or_default();
        more.retain(|id| !found.contains(id));
        more.sort_by_key(|id| in_order(id));
        found.extend(more.into_iter().cloned());
        next += 1;
    }
    found
}

fn held(plan: Option<&HeldPlan>, people: &BTreeSet<SourceId>) -> Vec<HeldChange> {
    let parts = plan.into_iter().flat_map(|plan| plan.parts.iter());
    let theirs = parts.filter_map(|(key, part)| {
        Some(HeldChange {
            person: part.person.clone().filter(|id| people.contains(id))?,
            kind: key.brake,
            decision: part.decision,
        })
    });
    theirs.collect()
}

/// What betrays the person in a report: ids of theirs.
pub(super) struct Traces {
    people: BTreeSet<String>,
    others: BTreeSet<String>,
}

impl Traces {
    fn of(profiles: &[Profile], certificates: &[CertificateEntry]) -> Self {
        let people = profiles.iter().map(|it| it.person.to_string());
        let accounts = profiles.iter().filter_map(|profile| {
            let entry = profile.entry.as_ref()?;
            Some(entry.customer_id.as_ref()?.to_string())
        });
        let certificate = |id: &CertificateId| id.to_string();
        let certificates = certificates
            .iter()
            .map(|it| certificate(&it.certificate_id));
        Self {
            people: people.collect(),
            others: accounts.chain(certificates).collect(),
        }
    }

    /// Removes the findings that name the person from a report. Returns whether there were any.
    pub(super) fn remove(&self, report: &mut Value) -> bool {
        let Some(findings) = report.get_mut("findings").and_then(Value::as_array_mut) else {
            return false;
        };
        let before = findings.len();
        findings.retain(|finding| !self.is_theirs(finding));
        findings.len() < before
    }

    fn part(&self, report: &Value) -> Option<ReportPart> {
        let findings = report.get("findings")?.as_array()?.iter();
        let findings: Vec<Value> = findings
            .filter(|finding| self.is_theirs(finding))
            .cloned()
            .collect();
        let text = |field: &str| report.get(field).and_then(Value::as_str);
        (!findings.is_empty()).then(|| ReportPart {
            job: text("job").unwrap_or_default().to_owned(),
            started_at: text("started_at").and_then(|at| at.parse().ok()),
            findings,
        })
    }

    /// Whether a finding is about the person, or its text names them.
    fn is_theirs(&self, finding: &Value) -> bool {
        let text = |field: &str| finding.get(field).and_then(Value::as_str);
        let is_about = text("person").is_some_and(|id| self.people.contains(id))
            || text("certificate").is_some_and(|id| self.others.contains(id));
        let is_end = |char: char| !(char.is_alphanumeric() || "-_".contains(char));
        let mut words = text("text").unwrap_or_default().split(is_end);
        is_about || words.any(|word| self.people.contains(word) || self.others.contains(word))
    }
}
