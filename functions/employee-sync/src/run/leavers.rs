//! Locks that are due although the reading is rejected, or no record of it can be used: of people whom it shows as the ledger
//! knows them, and whose contract is over. Nothing else of such a reading counts.

use std::collections::{BTreeMap, BTreeSet};

use shared::domain::id::SourceId;
use shared::fingerprint::{FingerprintKey, ShardRange};
use shared::mapping::{Attribute, DesiredAccount};
use shared::runtime::{JobResult, RunError};
use shared::source::SourceError;
use shared::state::{EmployeeEntry, SyncState};

use super::Rules;
use super::commit::{commit, register};
use super::conclude::{Conclusion, held_write, in_doubt, open_accounts_after, with_applied};
use super::identity::check_academy;
use super::load::{Coverage, Known, ListingNote, Loaded, candidates, is_of_use};
use super::stages::{Prepared, Registration, prepare, preregister};
use super::summary::Summary;
use super::turns::{person_has_left, turns};
use crate::EmployeeSync;
use crate::apply::{ApplyOutcome, Learned, apply};
use crate::brake::hold::BrakedPlan;
use crate::checkpoint::{Selection, Sharding, classify, in_turn};
use crate::io::{Reader, Writer};
use crate::plan::{Account, Candidate, SourceState, digest_of};
use crate::source::{People, Person};

/// Locks the leavers of a reading of which no record can be used, for this `reason`. It has no names: that most of the known ids
/// are there shows that it is the company's.
pub(super) async fn lock_unusable(
    rules: Rules<'_>,
    people: &People,
    state: Option<SyncState>,
    reader: &impl Reader,
    writer: Option<&impl Writer>,
    reason: &str,
) -> Result<JobResult<EmployeeSync>, RunError> {
    let error = RunError::from(SourceError::Unreadable(reason.to_owned()));
    let (Some(writer), Some(before)) = (writer, &state) else {
        return Err(error);
    };
    // With another key the ledger does not say who is locked.
    if !is_of_use(before, rules.key) {
        return Err(error);
    }
    let sharding = Sharding::new(&people.snapshot);
    let selection = Selection::Shards(sharding.unsettled(before, rules.now));
    let known = Known::load(reader, Some(before), &selection, ShardRange::WHOLE).await?;
    let identity = known.compare(people, &sharding, &selection, rules.now);
    if identity.is_foreign() {
        return Err(error);
    }
    lock_leavers(rules, people, (state, known), reader, writer, error.into()).await
}

/// Locks the leavers of a reading that was `rejected`. Nothing is noted in shards: once a reading is accepted, all that has
/// changed is found.
pub(super) async fn lock_leavers(
    rules: Rules<'_>,
    people: &People,
    (state, known): (Option<SyncState>, Known),
    reader: &impl Reader,
    writer: &impl Writer,
    rejected: JobResult<EmployeeSync>,
) -> Result<JobResult<EmployeeSync>, RunError> {
    let rules = Rules {
        locks_alone: true,
        ..rules
    };
    let sharding = Sharding::new(&people.snapshot);
    let loaded = load(rules, people, &sharding, state.as_ref(), known, reader).await?;
    if loaded.candidates.is_empty() {
        return Ok(rejected);
    }
    let prepared = match prepare(rules, people, state, loaded) {
        Ok(prepared) => prepared,
        Err(violations) => return Ok(Summary::of(people, rules).plan_refused(&violations)),
    };
    if prepared.relies_on_academy() {
        check_academy(reader).await?;
    }
    let registration = preregister(rules, &prepared, &sharding);
    register(writer, &registration).await?;
    let learned = Learned {
        by_reteach_id: prepared.state.by_reteach_id,
        tells_nothing: false,
    };
    let outcome = apply(
        writer,
        &prepared.braked.plan,
        &prepared.candidates,
        (rules.config, rules.now),
        learned,
        &|| {},
    )
    .await;
    let conclusion = conclude(rules, prepared, registration, &outcome, rejected);
    commit(writer, &conclusion).await?;
    Ok(conclusion.result)
}

async fn load(
    rules: Rules<'_>,
    people: &People,
    sharding: &Sharding<'_>,
    state: Option<&SyncState>,
    known: Known,
    reader: &impl Reader,
) -> Result<Loaded, RunError> {
    let completeness = people.completeness;
    let mut leavers = classify(sharding, &known.shards, completeness, false, rules.now).due;
    leavers.retain(|id| {
        let is_known = known.entries.contains_key(id)
            || known.shards.values().any(|shard| shard.0.contains_key(id));
        is_known && has_left(people, id, rules)
    });
    let held = match leavers.is_empty() {
        true => None,
        false => reader.held().await?,
    };
    let turn = turns(people, &known.shards, held.as_ref(), rules);
    let leavers = in_turn(leavers, rules.now, turn);
    // Nothing is noted of those who are locked already: they must not take the place of others, and are not left for later.
    let (mut found, mut put_off): (Vec<Candidate>, usize) = (Vec::new(), 0);
    for batch in leavers.chunks(rules.portion.max(1)) {
        let batch: BTreeSet<_> = batch.iter().map(|(_, id)| id.clone()).collect();
        let entries = reader.entries(&batch.iter().collect()).await?;
        let none = BTreeSet::new();
        let next = candidates(rules.tool, rules.config, people, (&batch, &none), entries);
        for candidate in next.into_iter().filter(|it| is_to_be_locked(it, rules)) {
            if found.len() < rules.portion {
                found.push(candidate);
            } else {
                put_off += 1;
            }
        }
    }
    Ok(Loaded {
        coverage: Coverage {
            selection: Selection::Shards(BTreeSet::new()),
            portion: ShardRange::WHOLE,
            shards: BTreeMap::new(),
            expired: Vec::new(),
            open_accounts: state.map_or(0, |state| state.open_accounts),
            compared_open: 0,
            accounts: None,
        },
        put_off,
        held_over: 0,
        candidates: found,
        foreign_accounts: 0,
        held,
        listing: ListingNote::default(),
    })
}

fn has_left(people: &People, id: &SourceId, rules: Rules<'_>) -> bool {
    people.snapshot.get(id).is_some_and(|person| {
        // In a reading that may be another company's, nothing shows whose a rejected record is.
        let is_theirs = people.unusable.is_some() || matches!(person, Person::Employee(..));
        is_theirs && person_has_left(id, person, rules)
    })
}

/// Whether the account is open by the ledger, and the record is that of the person who got it: another company may have
/// equal ids. A rejected record comes this far only from a reading whose ids are the company's.
fn is_to_be_locked(candidate: &Candidate, rules: Rules<'_>) -> bool {
    let (Account::FromLedger(_), Some(entry)) = (&candidate.account, &candidate.entry) else {
        return false;
    };
    let (fingerprint, is_theirs) = match &candidate.source {
        SourceState::Present {
            record,
            fingerprint,
        } => (fingerprint, is_same_person(record, entry, rules.key)),
        SourceState::Rejected { fingerprint, .. } => (fingerprint, true),
        SourceState::Gone { .. } => return false,
    };
    let failure = entry.failure.as_ref();
    let waits = failure.is_some_and(|it| it.fingerprint == *fingerprint && it.retry_at > rules.now);
    is_theirs && !waits && !entry.window.is_locked_at(rules.now)
}

fn is_same_person(record: &DesiredAccount, entry: &EmployeeEntry, key: &FingerprintKey) -> bool {
    let is_same = |attribute: Attribute| {
        let value = record.values.get(&attribute).and_then(Option::as_ref);
        let given = entry.digests.get(attribute.name());
        value.is_some() && given == Some(&digest_of(&entry.source_id, attribute, value, key))
    };
    is_same(Attribute::Email) || (is_same(Attribute::FirstName) && is_same(Attribute::LastName))
}

fn conclude(
    rules: Rules<'_>,
    prepared: Prepared,
    registration: Registration,
    outcome: &ApplyOutcome,
    rejected: JobResult<EmployeeSync>,
) -> Conclusion {
    let Prepared {
        braked,
        coverage,
        held_before,
        state,
        summary,
        ..
    } = prepared;
    let BrakedPlan {
        plan,
        passed,
        approved,
        hold,
        dismissed: _,
    } = braked;
    let now = rules.now;
    let note = hold
        .as_ref()
        .and_then(|hold| hold.note(rules.config, rules.mode));
    let state = SyncState {
        brakes: with_applied(&state.brakes, &passed, outcome, now),
        pending: plan.digests(&in_doubt(&passed, outcome), rules.key),
        open_accounts: open_accounts_after(coverage.open_accounts, &plan, outcome, now),
        ..registration.state.unwrap_or(state)
    };
    let summary = summary.with_outcome(&plan, outcome, now);
    let mut applied = summary.applied(&rules.config.tenant_id, outcome, note);
    applied.counts.unchanged = 0;
    Conclusion {
        shards: BTreeMap::new(),
        state,
        expired: Vec::new(),
        held: held_write(hold, held_before.as_ref(), &approved, outcome),
        opens_gate: None,
        result: JobResult {
            outcome: rejected.outcome,
            message: rejected.message,
            is_of_academy: false,
            reached: rejected.reached,
            ..applied
        },
    }
}
