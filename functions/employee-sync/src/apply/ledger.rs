//! What applying writes into the ledger, and the pauses before another try.

use std::collections::{HashMap, HashSet};

use futures::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use shared::fingerprint::Fingerprint;
use shared::state::{EmployeeEntry, Failure, FailureKind, StateError, ValueDigest};

use crate::io::Writer;
use crate::plan::{
    Account, AccountView, Before, Candidate, Change, Holder, MatchedBy, Plan, SkipReason,
    SourceState, is_kept_trimmed, with_account,
};

/// Writes ledger entries, a few at a time.
///
/// # Errors
/// [`StateError`] at the first one that fails; the rest is found again by the next run.
pub(crate) async fn write_entries(
    writer: &impl Writer,
    entries: &[EmployeeEntry],
) -> Result<(), StateError> {
    let mut writes = Vec::with_capacity(entries.len());
    for entry in entries {
        writes.push(write_entry(writer, entry));
    }
    let results: Vec<_> = stream::iter(writes)
        .buffer_unordered(writer.concurrency())
        .collect()
        .await;
    results.into_iter().collect()
}

/// Writes notes while there is time for them, and returns those that were written.
pub(crate) async fn write_notes(
    writer: &impl Writer,
    notes: Vec<EmployeeEntry>,
) -> Result<Vec<EmployeeEntry>, StateError> {
    let mut written = Vec::with_capacity(notes.len());
    let mut notes = notes.into_iter().peekable();
    while notes.peek().is_some() && !writer.is_out_of_time() {
        let next: Vec<_> = notes.by_ref().take(writer.concurrency().max(1)).collect();
        write_entries(writer, &next).await?;
        written.extend(next);
    }
    Ok(written)
}

/// The ledger's entry of a person, with what this run saw of their account; `change` is what was planned for it. Later runs trust
/// the ledger: by the old entry they would find nothing to repair, and nothing for somebody to decide about.
pub(super) fn as_seen(candidate: &Candidate, change: Option<&Change>) -> Option<EmployeeEntry> {
    let entry = candidate.entry.as_ref()?;
    let seen = match &candidate.account {
        // What the ledger knows is about the other account.
        _ if candidate.is_second_account() => entry.clone(),
        Account::FromLedger(_) | Account::NotFetched => entry.clone(),
        Account::Fetched(account, MatchedBy::ExternalId | MatchedBy::Ledger) => {
            match entry.customer_id {
                Some(_) => with_account_seen(entry.clone(), account, &candidate.source, change),
                None => entry.clone(),
            }
        }
        // The account that the ledger knows is not the person's any more.
        Account::Missing | Account::Fetched(_, MatchedBy::Mail) | Account::Conflicting(..) => {
            EmployeeEntry {
                failure: entry.failure.clone(),
                handed_over_to: entry.handed_over_to.clone(),
                ..EmployeeEntry::new(entry.source_id.clone())
            }
        }
    };
    Some(EmployeeEntry {
        shares_its_id: candidate.shares_its_id(),
        ..seen
    })
}

fn with_account_seen(
    mut entry: EmployeeEntry,
    account: &AccountView,
    source: &SourceState,
    change: Option<&Change>,
) -> EmployeeEntry {
    entry.customer_id = Some(account.id.clone());
    entry.window = account.window;
    if entry.is_sealed {
        // What is written can be read again: it says of the lock what was planned.
        entry.locked = change.and_then(|change| change.locked);
    }
    let SourceState::Present { record, .. } = source else {
        return entry;
    };
    if let Some(change) = change {
        entry.digests.extend(change.baseline.digests.clone());
    }
    let is_written = |attribute| {
        let mut values = change.into_iter().flat_map(|change| &change.values);
        values.any(|value| value.attribute == attribute)
    };
    for value in with_account(&record.values, account) {
        let name = value.attribute.name();
        // It is what reteach was given, without the outer spaces.
        if is_kept_trimmed(account, &value) && !is_written(value.attribute) {
            continue;
        }
        // A value of somebody else gets no digest: the ledger has those that reteach was given.
        entry.digests.remove(name);
        if value.before == Before::Null {
            entry.digests.insert(name.to_owned(), ValueDigest::Null);
        }
    }
    entry
}

/// The ledger entries of people for whom nothing is written, where the ledger says something else than what this run saw.
pub(crate) fn seen_entries(plan: &Plan, candidates: &[Candidate]) -> Vec<EmployeeEntry> {
    let by_id: HashMap<_, _> = candidates
        .iter()
        .map(|candidate| (&candidate.source_id, candidate))
        .collect();
    let changed: HashSet<_> = plan.changes.iter().map(|it| &it.source_id).collect();
    let held = plan
        .held
        .iter()
        .map(|change| (&change.source_id, Some(change), false));
    let skipped = plan.skipped.iter().filter(|(_, skip)| !skip.is_conflict());
    let skipped = skipped.map(|(id, skip)| (id, None, matches!(skip, SkipReason::HandedOver(_))));
    held.filter(|(id, ..)| !changed.contains(id))
        .chain(skipped)
        .filter_map(|(id, change, needs_none)| {
            let candidate = by_id.get(id)?;
            // Each comparison looks at the open accounts of people who are gone.
            if matches!(candidate.source, SourceState::Gone { .. }) {
                return None;
            }
            let entry = candidate.entry.as_ref()?;
            // An entry that cannot be read stays until a change says what it should.
            let is_kept = entry.is_sealed && change.is_none();
            let mut seen = as_seen(candidate, change)?;
            if needs_none {
                // Nothing is tried for such a person again: an earlier conflict is over.
                seen.failure = None;
            }
            (*entry != seen && !is_kept).then_some(seen)
        })
        .collect()
}

/// The ledger entries of people whose mail address belongs to another account, with the pause before the next look.
pub(crate) fn conflict_entries(
    plan: &Plan,
    candidates: &[Candidate],
    now: Timestamp,
) -> Vec<EmployeeEntry> {
    let by_id: HashMap<_, _> = candidates
        .iter()
        .map(|candidate| (&candidate.source_id, candidate))
        .collect();
    let conflicts = plan.skipped.iter().filter(|(_, skip)| skip.is_conflict());
    conflicts
        .filter_map(|(id, _)| {
            let candidate = by_id.get(id)?;
            let SourceState::Present { fingerprint, .. } = candidate.source else {
                return None;
            };
            let reason = "the mail address belongs to another account".to_owned();
            let entry = as_seen(candidate, None).unwrap_or_else(|| candidate.entry_or_new());
            let noted = with_failure(entry, FailureKind::Conflict, fingerprint, reason, now);
            Some(due_at_end_of_holder(noted, &candidate.account, now))
        })
        .collect()
}

/// The entry, due at the latest when the account is locked for the person who has it now: from then on it may be handed
/// over. The pauses begin again there.
fn due_at_end_of_holder(
    mut entry: EmployeeEntry,
    account: &Account,
    now: Timestamp,
) -> EmployeeEntry {
    let end = match account {
        Account::Conflicting(account, Holder::Other) => account.window.inactive_at,
        _ => None,
    };
    if let (Some(failure), Some(end)) = (entry.failure.as_mut(), end)
        && now < end
        && end < failure.retry_at
    {
        failure.retry_at = end;
        failure.attempts = 1;
    }
    entry
}

pub(super) async fn write_entry(
    writer: &impl Writer,
    entry: &EmployeeEntry,
) -> Result<(), StateError> {
    writer.check_lease().await?;
    writer.put_entry(entry).await
}

pub(crate) fn with_failure(
    entry: EmployeeEntry,
    kind: FailureKind,
    fingerprint: Fingerprint,
    reason: String,
    now: Timestamp,
) -> EmployeeEntry {
    let earlier = entry.failure.as_ref();
    EmployeeEntry {
        failure: Some(Failure {
            kind,
            ..failure(earlier, fingerprint, reason, now)
        }),
        ..entry
    }
}

/// The refusal of a record, after `earlier` ones: 15 minutes until the next try, then twice as long each time, at most
/// a day.
fn failure(
    earlier: Option<&Failure>,
    fingerprint: Fingerprint,
    reason: String,
    now: Timestamp,
) -> Failure {
    let earlier = earlier.filter(|failure| failure.fingerprint == fingerprint);
    let attempts = earlier.map_or(0, |failure| failure.attempts);
    let attempts = attempts.saturating_add(1);
    let minutes = 15_i64.saturating_mul(1 << attempts.saturating_sub(1).min(10));
    let pause = SignedDuration::from_mins(minutes.min(24 * 60));
    let is_personal =
        earlier.is_some_and(|failure| failure.is_personal && failure.reason == reason);
    Failure {
        kind: FailureKind::default(),
        reason,
        fingerprint,
        attempts,
        retry_at: now + pause,
        is_personal,
        is_of_look_up: false,
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;
    use shared::access::AccessWindow;
    use shared::domain::employee::{Field, Status};
    use shared::domain::id::{CustomerId, ExternalId};
    use shared::source::Absence;

    use super::*;
    use crate::io::memory::{Academy, InMemory};
    use crate::plan::Numbering;
    use crate::plan::builders::{
        account_of, candidate, compared, config, edited, employee, key, now, of_status, plan, seen,
        synced, text,
    };

    /// Person 1, for the ninth time in conflict with the account of `holder`, which ends at `end`.
    fn in_conflict(status: Status, holder: Holder, end: Option<Timestamp>) -> Candidate {
        let config = config("");
        let person = of_status("1", status);
        let number = match holder {
            Holder::Foreign => "sap:9",
            Holder::Former(_) | Holder::Other => "personio:9",
        };
        let account = AccountView {
            external_id: Some(ExternalId::new(number)),
            window: AccessWindow {
                active_at: None,
                inactive_at: end,
            },
            ..account_of(&employee("9"), &config)
        };
        let new = candidate(&person, &config);
        let SourceState::Present { fingerprint, .. } = new.source else {
            unreachable!()
        };
        let failure = Failure {
            kind: FailureKind::Conflict,
            fingerprint,
            attempts: 8,
            retry_at: now(),
            ..Failure::default()
        };
        Candidate {
            entry: Some(EmployeeEntry {
                failure: Some(failure),
                ..new.entry_or_new()
            }),
            account: Account::Conflicting(Box::new(account), holder),
            ..new
        }
    }

    #[test]
    fn a_conflict_is_due_when_the_account_ends_for_its_holder_and_no_other_pause_is_cut_short() {
        let day = 24;
        let cases = [
            (Status::Active, Holder::Other, Some(3), (3, 1)),
            (Status::Active, Holder::Other, Some(day), (day, 9)),
            (Status::Active, Holder::Other, Some(2 * day), (day, 9)),
            (Status::Active, Holder::Other, Some(0), (day, 9)),
            (Status::Active, Holder::Other, Some(-3), (day, 9)),
            (Status::Active, Holder::Other, None, (day, 9)),
            // Who has left takes over nothing.
            (Status::Inactive, Holder::Foreign, Some(3), (day, 9)),
        ];
        for (status, holder, end, expected) in cases {
            let case = format!("{status:?} {holder:?} {end:?}");
            let end = end.map(|hours| now() + SignedDuration::from_hours(hours));
            let candidates = [in_conflict(status, holder, end)];
            let plan = plan(&candidates, &config(""));
            let entries = conflict_entries(&plan, &candidates, now());
            let failure = entries[0].failure.as_ref().unwrap();
            assert_eq!(failure.kind, FailureKind::Conflict, "{case}");
            let pause = failure.retry_at.duration_since(now()).as_hours();
            assert_eq!((pause, failure.attempts), expected, "{case}");
        }
    }

    #[test]
    fn a_value_that_the_academy_keeps_without_its_outer_spaces_stays_given() {
        let config = config("");
        let spaced = edited("1", |person| person.company = text("Muster GmbH "));
        let other = edited("1", |person| person.company = text("Andere GmbH"));
        for (holds, stays) in [(employee("1"), true), (other, false)] {
            let account = account_of(&holds, &config);
            let candidate = compared(&spaced, &spaced, account);
            let noted = as_seen(&candidate, None);
            assert_eq!(noted == candidate.entry, stays);
        }
    }

    #[test]
    fn an_account_that_is_gone_is_forgotten_and_a_failure_or_a_handover_is_not() {
        let config = config("");
        let failed = failure(None, key().fingerprint([]), String::new(), now());
        let kept = EmployeeEntry {
            failure: Some(failed),
            handed_over_to: Some(employee("2").source_id),
            ..EmployeeEntry::new(employee("1").source_id)
        };
        let known = synced(&employee("1"), &config);
        let candidate = Candidate {
            entry: Some(EmployeeEntry {
                customer_id: known.customer_id,
                digests: known.digests,
                ..kept.clone()
            }),
            ..candidate(&employee("1"), &config)
        };
        assert_eq!(as_seen(&candidate, None), Some(kept));
    }

    #[test]
    fn a_value_of_somebody_else_is_noted_as_none_that_we_gave_and_an_empty_one_as_empty() {
        let config = config("");
        let empty = edited("1", |person| person.company = Field::Null);
        let other = edited("1", |person| person.company = text("Andere GmbH"));
        for (holds, expected) in [(empty, Some(ValueDigest::Null)), (other, None)] {
            let account = account_of(&holds, &config);
            let candidate = compared(&employee("1"), &employee("1"), account);
            let noted = as_seen(&candidate, None).unwrap();
            assert_eq!(noted.digests.get("company").copied(), expected);
            assert!(noted.digests.contains_key("position"));
        }
    }

    #[test]
    fn the_pause_before_the_same_record_is_tried_again_grows_to_a_day() {
        let fingerprint = key().fingerprint([]);
        let mut earlier = None;
        let mut pauses = Vec::new();
        for _ in 0..9 {
            let next = failure(earlier.as_ref(), fingerprint, String::new(), now());
            pauses.push(next.retry_at.duration_since(now()).as_mins());
            earlier = Some(next);
        }
        assert_eq!(pauses, [15, 30, 60, 120, 240, 480, 960, 1440, 1440]);
        let other = key().fingerprint([shared::fingerprint::Part::Null]);
        assert_eq!(
            failure(earlier.as_ref(), other, String::new(), now()).attempts,
            1
        );
        // What others were accepted with is noted of the same refusal alone.
        let alone = earlier.map(|earlier| Failure {
            is_personal: true,
            ..earlier
        });
        for (record, reason, stays) in [
            (fingerprint, "", true),
            (fingerprint, "422: setInactiveAt", false),
            (other, "", false),
        ] {
            let next = failure(alone.as_ref(), record, reason.to_owned(), now());
            assert_eq!(next.is_personal, stays, "{reason}");
        }
    }

    /// A person whose account has another company than the one that we gave it.
    fn drifted(id: &str) -> Candidate {
        let (config, person) = (config(""), employee(id));
        let other = edited(id, |person| person.company = text("Andere GmbH"));
        compared(&person, &person, account_of(&other, &config))
    }

    /// A person whose account is as the ledger says.
    fn in_step(id: &str) -> Candidate {
        let (config, person) = (config(""), employee(id));
        compared(&person, &person, account_of(&person, &config))
    }

    fn change_of(candidate: &Candidate) -> Change {
        let plan = plan(std::slice::from_ref(candidate), &config(""));
        plan.changes[0].clone()
    }

    #[test]
    fn of_a_second_account_with_the_same_id_only_that_there_is_one_is_noted() {
        let person = drifted("1");
        let entry = person.entry.clone().unwrap();
        let mut digests = entry.digests.clone();
        digests.remove("company");
        let first = EmployeeEntry {
            digests,
            ..entry.clone()
        };
        for (twin, seen, shares_its_id) in [
            (Some("c1"), &entry, true),
            (Some("c9"), &first, true),
            (None, &first, false),
        ] {
            let candidate = Candidate {
                twin: twin.map(CustomerId::new),
                ..person.clone()
            };
            let expected = EmployeeEntry {
                shares_its_id,
                ..seen.clone()
            };
            assert_eq!(as_seen(&candidate, None), Some(expected), "{twin:?}");
        }
    }

    #[test]
    fn a_value_that_is_written_is_not_noted_as_given_before_it_is() {
        let config = config("");
        let spaced = edited("1", |person| person.company = text("Muster GmbH "));
        let account = account_of(&employee("1"), &config);
        let new = seen(&spaced, account, MatchedBy::ExternalId, &config);
        let change = change_of(&new);
        let written: Vec<_> = change
            .values
            .iter()
            .map(|value| value.attribute.name())
            .collect();
        assert_eq!(written, ["company"]);
        let candidate = new.with_entry(synced(&spaced, &config));
        for (change, stays) in [(None, true), (Some(&change), false)] {
            let noted = as_seen(&candidate, change).unwrap();
            assert_eq!(noted.digests.contains_key("company"), stays);
            assert!(noted.digests.contains_key("position"));
        }
    }

    #[test]
    fn what_was_seen_is_noted_of_people_for_whom_nothing_is_written() {
        let failing = |id: &str| {
            let mut person = drifted(id);
            let failed = failure(None, key().fingerprint([]), String::new(), now());
            person.entry.as_mut().unwrap().failure = Some(failed);
            person
        };
        let sealed = |id: &str| Candidate {
            entry: Some(EmployeeEntry {
                customer_id: Some(CustomerId::new(format!("c{id}"))),
                is_sealed: true,
                ..EmployeeEntry::new(employee(id).source_id)
            }),
            ..drifted(id)
        };
        let gone = drifted("10").gone(Absence::Explained);
        let unknown = Candidate {
            entry: None,
            ..drifted("11")
        };
        let candidates = [
            drifted("1"),
            drifted("2"),
            drifted("3"),
            drifted("4"),
            failing("5"),
            failing("6"),
            in_step("7"),
            sealed("8"),
            sealed("9"),
            gone,
            unknown,
        ];
        let id = |id: &str| employee(id).source_id;
        let waits = SkipReason::AwaitingRetry(FailureKind::Refused, now());
        let account = CustomerId::new("c77");
        let conflict = SkipReason::Conflict(account, Numbering::Foreign);
        let handed_over = SkipReason::HandedOver(id("77"));
        let plan = Plan {
            changes: vec![change_of(&drifted("2"))],
            held: ["1", "2", "9", "10"]
                .map(|id| change_of(&drifted(id)))
                .into(),
            skipped: vec![
                (id("3"), waits.clone()),
                (id("4"), conflict),
                (id("5"), handed_over),
                (id("6"), waits.clone()),
                (id("7"), waits.clone()),
                (id("8"), waits.clone()),
                (id("11"), waits),
            ],
            ..Plan::default()
        };
        let noted = seen_entries(&plan, &candidates);
        let seen: Vec<_> = noted
            .iter()
            .map(|note| (note.source_id.as_str(), note.failure.is_some()))
            .collect();
        let expected = ["1", "9", "3", "5", "6"].map(|id| (id, id == "6"));
        assert_eq!(seen, expected);
        assert!(noted[1].digests.contains_key("position"));
    }

    #[test]
    fn notes_are_written_while_there_is_time() {
        let notes = ["1", "2", "3"].map(|id| EmployeeEntry::new(employee(id).source_id));
        for (time, written) in [(0, 0), (2, 2), (3, 3), (usize::MAX, 3)] {
            let memory = InMemory::new(Academy::default(), time, now());
            let noted = write_notes(&memory, notes.to_vec()).now_or_never();
            assert_eq!(noted.unwrap().unwrap(), notes[..written], "{time}");
            let ledger = memory.into_academy().ledger;
            assert_eq!(ledger.len(), written, "{time}");
        }
    }
}
