//! Values that somebody else writes too: on how many days a comparison has found them changed. Pure.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use shared::fingerprint::{Fingerprint, FingerprintKey};
use shared::mapping::DesiredAccount;
use shared::state::{Drift, EmployeeEntry};

use crate::plan::{
    Account, AccountView, Candidate, MatchedBy, SourceState, digest_of, with_account_given,
};

/// A second comparison on one day does not count.
const ONE_DAY: SignedDuration = SignedDuration::from_hours(12);
/// What was found last so long ago is over.
const OVER: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The candidates, with values counted that the academy does not hold any more although the HR system says the same as when
/// they were written. The count is stored with the repair.
pub(super) fn with_drift(
    mut candidates: Vec<Candidate>,
    key: &FingerprintKey,
    now: Timestamp,
) -> Vec<Candidate> {
    for candidate in &mut candidates {
        let (
            SourceState::Present {
                record,
                fingerprint,
            },
            Account::Fetched(account, MatchedBy::ExternalId),
            Some(entry),
        ) = (&candidate.source, &candidate.account, &mut candidate.entry)
        else {
            continue;
        };
        let changes = with_account_given(&record.values, account, Some(&*entry), key);
        let drifted: BTreeSet<&'static str> = changes
            .iter()
            .filter(|value| {
                let wanted = digest_of(
                    &record.source_id,
                    value.attribute,
                    value.after.as_ref(),
                    key,
                );
                entry.digests.get(value.attribute.name()) == Some(&wanted)
            })
            .map(|value| value.attribute.name())
            .chain(drifted_dates(record, *fingerprint, entry, account))
            .collect();
        entry
            .drift
            .retain(|_, drift| now.duration_since(drift.last) < OVER);
        for name in drifted {
            let drift = entry.drift.entry(name.to_owned()).or_insert(Drift {
                days: 0,
                last: Timestamp::UNIX_EPOCH,
            });
            if now.duration_since(drift.last) >= ONE_DAY {
                *drift = Drift {
                    days: drift.days.saturating_add(1),
                    last: now,
                };
            }
        }
    }
    candidates
}

/// The dates that the account has otherwise than it was given, as far as the HR system shows them: somebody locks or opens it.
/// None where the HR system says something else by now: a run may have written it, and not its note.
fn drifted_dates(
    record: &DesiredAccount,
    fingerprint: Fingerprint,
    entry: &EmployeeEntry,
    account: &AccountView,
) -> Vec<&'static str> {
    let is_as_written = entry.fingerprint == Some(fingerprint);
    if entry.is_sealed || !is_as_written || entry.customer_id.as_ref() != Some(&account.id) {
        return Vec::new();
    }
    let (given, held, employment) = (entry.window, account.window, &record.employment);
    let mut drifted = Vec::new();
    if given.active_at != held.active_at && !employment.hire_date.is_absent() {
        drifted.push("setActiveAt");
    }
    if given.inactive_at != held.inactive_at && !employment.end_date.is_absent() {
        drifted.push("setInactiveAt");
    }
    drifted
}
