//! What is known of one person, step by step as a run takes them.

use employee_sync::plan::{
    Account, Action, Candidate, Details, MatchedBy, Plan, SkipReason, SourceState,
};
use jiff::Timestamp;
use shared::access::{AccessWindow, EmploymentStatus, Scoped};
use shared::domain::employee::{Employee, Field};
use shared::domain::id::{SourceId, TenantId};
use shared::mapping::DesiredAccount;
use shared::source::SourceRecord;
use shared::state::{Decision, EmployeeEntry, FailureKind, HeldPlan, ValueDigest};
use shared::tenant::Via;

use crate::format;

pub(super) struct Facts<'a> {
    pub(super) tenant: &'a TenantId,
    pub(super) via: Via,
    pub(super) person: &'a SourceId,
    pub(super) read: Option<&'a SourceRecord>,
    pub(super) candidate: &'a Candidate,
    pub(super) plan: &'a Plan,
    pub(super) held: Option<HeldPlan>,
    pub(super) now: Timestamp,
    /// Without values no day of a contract is shown either, and no access window that follows from one.
    pub(super) details: Details,
}

impl Facts<'_> {
    pub(super) fn is_known(&self) -> bool {
        self.read.is_some() || self.candidate.entry.is_some()
    }

    /// Whether the operator has to look at this person.
    pub(super) fn is_troubled(&self) -> bool {
        let failed = self
            .candidate
            .entry
            .as_ref()
            .is_some_and(|entry| entry.failure.is_some());
        let mut skipped = self.plan.skipped.iter();
        let refused = skipped.any(|(_, skip)| skip.is_of_a_conflict());
        let rejected = matches!(self.candidate.source, SourceState::Rejected { .. });
        failed || refused || rejected || self.waits_for_a_decision()
    }

    fn waits_for_a_decision(&self) -> bool {
        let held = self.held.as_ref();
        held.is_some_and(|held| held.decisions_about(self.person).contains(&None))
    }

    pub(super) fn read(&self) -> Vec<String> {
        match self.read {
            None => {
                vec![
                    "Personio shows no such person: deleted, or not visible to the credential"
                        .to_owned(),
                ]
            }
            Some(SourceRecord::Rejected { field, problem, .. }) => {
                vec![format!(
                    "the record does not fit: {field} {problem}; correct it in Personio"
                )]
            }
            Some(SourceRecord::Employee(employee)) => fields(employee, self.details),
        }
    }

    fn record(&self) -> Option<&DesiredAccount> {
        match &self.candidate.source {
            SourceState::Present { record, .. } => Some(record),
            SourceState::Rejected { .. } | SourceState::Gone { .. } => None,
        }
    }

    pub(super) fn scope(&self) -> String {
        match self.record().map(|record| record.employment.scope) {
            None => "not evaluated".to_owned(),
            Some(Scoped::In) => "in scope".to_owned(),
            Some(Scoped::OutLocked) => {
                "out of scope: an account of ours is locked, none is created".to_owned()
            }
            Some(Scoped::OutLeft) => {
                "out of scope: an account of ours is not touched, none is created".to_owned()
            }
            Some(Scoped::Undecided(field)) => {
                format!("undecided: the scope asks for {field}, which the credential may not read")
            }
        }
    }

    pub(super) fn matched(&self) -> String {
        match &self.candidate.account {
            Account::Fetched(account, link) => {
                let how = match link {
                    MatchedBy::ExternalId => "by external id",
                    MatchedBy::Mail => {
                        "by mail address; it has no external id yet, so it is adopted"
                    }
                    MatchedBy::Ledger => "by the ledger; it has lost its external id",
                };
                let open = if account.window.is_locked_at(self.now) {
                    "locked"
                } else {
                    "open"
                };
                format!(
                    "the account {} in reteach, {how}; {open}: {}",
                    account.id,
                    window(account.window, self.details)
                )
            }
            Account::Conflicting(account, _) => {
                format!(
                    "the mail address belongs to the account {} in reteach, which has another external id",
                    account.id
                )
            }
            Account::FromLedger(id) => format!("the account {id}"),
            Account::Missing | Account::NotFetched => "no account in reteach".to_owned(),
        }
    }

    pub(super) fn mapped(&self) -> Vec<String> {
        let Some(record) = self.record() else {
            return vec!["nothing to map".to_owned()];
        };
        let standing = match record.employment.standing {
            EmploymentStatus::Employed => "employed",
            EmploymentStatus::Inactive => "inactive",
            EmploymentStatus::Unknown => "status not known",
        };
        let employment = format!(
            "{standing}, begins {}, ends {}",
            day(&record.employment.hire_date, self.details),
            day(&record.employment.end_date, self.details)
        );
        let values = record
            .values
            .iter()
            .map(|(attribute, value)| match (self.details, value) {
                (Details::Values, Some(value)) => format!("{attribute}: {:?}", value.reveal()),
                (Details::Values, None) => format!("{attribute}: (empty)"),
                (Details::Names, Some(_)) => attribute.to_string(),
                (Details::Names, None) => format!("{attribute} (empty)"),
            });
        let values: Vec<String> = values.collect();
        match self.details {
            Details::Values => values.into_iter().chain([employment]).collect(),
            Details::Names => vec![values.join(", "), employment],
        }
    }

    pub(super) fn decided(&self) -> Vec<String> {
        if matches!(self.candidate.source, SourceState::Gone { .. })
            && self.candidate.entry.is_none()
        {
            return vec!["nothing: we never managed an account of this person".to_owned()];
        }
        let mut lines: Vec<String> = Vec::new();
        for change in &self.plan.changes {
            let names: Vec<String> = match self.details {
                Details::Values => change.values.iter().map(ToString::to_string).collect(),
                Details::Names => change
                    .values
                    .iter()
                    .map(|value| value.attribute.to_string())
                    .collect(),
            };
            lines.push(
                format!("{} {}", change.kind(self.now), names.join(", "))
                    .trim_end()
                    .to_owned(),
            );
            lines.extend(change.window.map(|change| {
                let before = window(change.before, self.details);
                let after = window(change.after, self.details);
                let cause = match self.details {
                    Details::Values => change.cause.to_string(),
                    Details::Names => change.cause.name().to_owned(),
                };
                format!("access: {before} → {after} ({cause})")
            }));
            if let Action::Handover {
                from, former: None, ..
            } = &change.action
            {
                lines.push(format!(
                    "but only after approval: the account has the external id {from} of another system"
                ));
            }
            if matches!(self.candidate.source, SourceState::Gone { .. }) {
                lines.push(
                    "but only after two complete readings of everybody without this person"
                        .to_owned(),
                );
                if self.via == Via::Kombo {
                    lines.push(
                        "and only with Kombo's deletion mark; without it the lock waits for an approval"
                            .to_owned(),
                    );
                }
            }
        }
        lines.extend(
            self.plan
                .skipped
                .iter()
                .chain(&self.plan.left_out)
                .map(|(_, skip)| self.skipped(skip)),
        );
        if lines.is_empty() {
            lines.push("nothing to do: reteach holds what it should".to_owned());
        }
        lines.extend(self.held());
        lines
    }

    /// Why nothing is done. A conflict that an earlier run noted is shown with the account that is in the way now.
    fn skipped(&self, skip: &SkipReason) -> String {
        match (skip, &self.candidate.account, self.record()) {
            (
                SkipReason::AwaitingRetry(FailureKind::Conflict, at),
                Account::Conflicting(account, _),
                Some(record),
            ) => {
                let conflict = account.conflict_with(&record.external_id);
                format!("{conflict}; looked at again from {at:.0} on")
            }
            _ => skip.to_string(),
        }
    }

    /// What a brake holds of this person, and what was decided about it.
    fn held(&self) -> Vec<String> {
        let Some(held) = &self.held else {
            return Vec::new();
        };
        let (tenant, hash, person) = (self.tenant, &held.hash, self.person);
        let approve = format!("`tenants approve {tenant} {hash} --only {person}`");
        let line = |decision: Option<Decision>| match decision {
            None => format!("held by a brake (plan {hash}): {approve}"),
            Some(Decision::Approved { at }) => {
                format!("approved {}: the next run applies it", format::moment(at))
            }
            Some(Decision::Dismissed { at }) => format!(
                "dismissed {}: it stays unapplied while it is planned; {approve} applies it after all",
                format::moment(at)
            ),
        };
        let mut lines: Vec<String> = held.decisions_about(person).into_iter().map(line).collect();
        lines.dedup();
        lines
    }

    pub(super) fn written(&self) -> Vec<String> {
        let Some(entry) = &self.candidate.entry else {
            return vec!["never: the ledger does not know this person".to_owned()];
        };
        written(entry, self.details)
    }
}

/// Instead of the dates that only the key in the tenant's secret opens.
const SEALED: &str = "dates encrypted, and the key cannot be read or is another one";

pub(in crate::commands) fn written(entry: &EmployeeEntry, details: Details) -> Vec<String> {
    let EmployeeEntry {
        customer_id,
        digests,
        window: open,
        locked,
        is_sealed,
        failure,
        handed_over_to,
        ..
    } = entry;
    let fields = digests.iter().map(|(field, digest)| match digest {
        ValueDigest::Null => format!("{field} (empty)"),
        ValueDigest::Value(_) => field.clone(),
    });
    let fields: Vec<String> = fields.collect();
    let account = customer_id.as_ref().map(|id| {
        format!(
            "account {id}, {}; fields written: {}",
            match is_sealed {
                true => SEALED.to_owned(),
                false => window(*open, details),
            },
            fields.join(", ")
        )
    });
    let mut lines = vec![account.unwrap_or_else(|| "no account".to_owned())];
    lines.extend(
        handed_over_to
            .as_ref()
            .map(|id| format!("{id} has the account of this person now")),
    );
    lines.extend(locked.map(|lock| {
        format!(
            "locked since {} ({:?})",
            moment(lock.since, details),
            lock.reason
        )
    }));
    lines.extend(failure.as_ref().map(|failure| {
        format!(
            "refused {} in a row: {}; tried again after {}",
            format::number(u64::from(failure.attempts), "time", "times"),
            failure.reason,
            format::moment(failure.retry_at)
        )
    }));
    lines
}

/// Instead of a day that is hidden.
const NOT_SHOWN: &str = "(not shown)";

fn window(window: AccessWindow, details: Details) -> String {
    let shown = |at: Timestamp| moment(at, details);
    match (window.active_at.map(shown), window.inactive_at.map(shown)) {
        (None, None) => "always open".to_owned(),
        (Some(from), None) => format!("open from {from}"),
        (None, Some(until)) => format!("open until {until}"),
        (Some(from), Some(until)) => format!("open from {from} until {until}"),
    }
}

/// A moment of an access window.
fn moment(at: Timestamp, details: Details) -> String {
    match details {
        Details::Values => format::moment(at),
        Details::Names => NOT_SHOWN.to_owned(),
    }
}

fn day<T: ToString>(value: &Field<T>, details: Details) -> String {
    match (value, details) {
        (Field::Value(_), Details::Names) => NOT_SHOWN.to_owned(),
        _ => field(value),
    }
}

fn field<T: ToString>(field: &Field<T>) -> String {
    match field {
        Field::Absent => "(not readable)".to_owned(),
        Field::Null => "(empty)".to_owned(),
        Field::Value(value) => value.to_string(),
    }
}

fn fields(employee: &Employee, details: Details) -> Vec<String> {
    // Taken apart in full: a new field is shown as well.
    let Employee {
        source_id: _,
        first_name,
        last_name,
        email,
        position,
        company,
        department,
        location,
        gender,
        employment_type,
        hire_date,
        end_date,
        status,
    } = employee;
    let debug = |value: Field<String>| field(&value);
    let named = [
        ("first_name", field(first_name)),
        ("last_name", field(last_name)),
        ("email", field(email)),
        ("position", field(position)),
        ("subcompany", field(company)),
        ("department", field(department)),
        ("office", field(location)),
        (
            "gender",
            debug(gender.as_ref().map(|gender| format!("{gender:?}"))),
        ),
        (
            "employment_type",
            debug(employment_type.as_ref().map(|kind| format!("{kind:?}"))),
        ),
        ("hire_date", field(hire_date)),
        ("termination_date", field(end_date)),
        (
            "status",
            debug(status.as_ref().map(|status| format!("{status:?}"))),
        ),
    ];
    if details == Details::Values {
        return named
            .into_iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
    }
    let with = |text: &str| -> Vec<&str> {
        named
            .iter()
            .filter(|(_, value)| value == text)
            .map(|(name, _)| *name)
            .collect()
    };
    let (absent, empty) = (with("(not readable)"), with("(empty)"));
    let mut lines = vec![format!(
        "there, {} fields",
        named.len() - absent.len() - empty.len()
    )];
    if !empty.is_empty() {
        lines.push(format!("empty: {}", empty.join(", ")));
    }
    if !absent.is_empty() {
        lines.push(format!("not readable: {}", absent.join(", ")));
    }
    lines
}
