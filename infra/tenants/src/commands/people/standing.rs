//! What the state knows of each person. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use employee_sync::checkpoint::waits_until;
use jiff::Timestamp;
use serde::Serialize;
use shared::domain::id::{CustomerId, SourceId};
use shared::fingerprint::{EntryStatus, Shard};
use shared::state::{EmployeeEntry, FailureKind};

use crate::args::PersonState;

/// One person, with what stands in their way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Standing {
    pub(crate) person: SourceId,
    pub(crate) state: PersonState,
    pub(crate) reason: Option<String>,
    pub(crate) retry_at: Option<Timestamp>,
    pub(crate) account: Option<CustomerId>,
}

/// Everything that the state knows of a tenant's people.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    pub(super) ledger: HashMap<SourceId, EmployeeEntry>,
    pub(super) shards: BTreeMap<SourceId, EntryStatus>,
    /// Whether a run has compared everybody. Otherwise a person without a shard is not gone.
    pub(super) compared: bool,
    /// People a brake holds something for, with the plan's hash.
    pub(super) held: BTreeMap<SourceId, String>,
    /// Accounts that belong to nobody, with the finding's text.
    pub(super) orphans: BTreeMap<SourceId, String>,
    /// The latest finding about each person.
    pub(super) findings: BTreeMap<SourceId, String>,
}

pub(super) fn people_of(
    shards: impl IntoIterator<Item = Shard>,
) -> BTreeMap<SourceId, EntryStatus> {
    shards
        .into_iter()
        .flat_map(|shard| shard.0)
        .map(|(id, entry)| (id, entry.status))
        .collect()
}

impl Known {
    /// Everybody, in the order of their ids: shorter ones first, so that numbers are in their own order.
    pub(super) fn standings(&self) -> Vec<Standing> {
        let ids: BTreeSet<&SourceId> = self
            .ledger
            .keys()
            .chain(self.shards.keys())
            .chain(self.orphans.keys())
            .collect();
        let mut standings: Vec<_> = ids.into_iter().map(|id| self.standing(id)).collect();
        standings.sort_by(|one, other| in_order(&one.person).cmp(&in_order(&other.person)));
        standings
    }

    pub(super) fn standing(&self, id: &SourceId) -> Standing {
        let entry = self.ledger.get(id);
        let (state, reason, retry_at) = self.state(id, entry);
        Standing {
            person: id.clone(),
            state,
            reason,
            retry_at,
            account: entry.and_then(|entry| entry.customer_id.clone()),
        }
    }

    fn state(
        &self,
        id: &SourceId,
        entry: Option<&EmployeeEntry>,
    ) -> (PersonState, Option<String>, Option<Timestamp>) {
        // Once its lock was approved, the ledger knows the account.
        if let Some(text) = self.orphans.get(id).filter(|_| entry.is_none()) {
            return (PersonState::Orphaned, Some(text.clone()), None);
        }
        if let Some(to) = entry.and_then(|entry| entry.handed_over_to.as_ref()) {
            let reason = format!("{to} has the account");
            return (PersonState::HandedOver, Some(reason), None);
        }
        let status = self.shards.get(id);
        match status {
            None if self.compared => return (PersonState::Gone, None, None),
            Some(EntryStatus::MissingOnce) => return (PersonState::MissingOnce, None, None),
            _ => {}
        }
        if let Some(hash) = self.held.get(id) {
            return (PersonState::Held, Some(format!("plan {hash}")), None);
        }
        if let Some(failure) = entry.and_then(|entry| entry.failure.as_ref()) {
            let state = match failure.kind {
                FailureKind::Refused => PersonState::Refused,
                FailureKind::Conflict => PersonState::Conflict,
                FailureKind::NoAnswer => PersonState::Waiting,
            };
            return (state, Some(failure.reason.clone()), Some(failure.retry_at));
        }
        if let Some(at) = status.copied().and_then(waits_until) {
            let reason = self.findings.get(id).cloned();
            return (PersonState::Waiting, reason, Some(at));
        }
        match status {
            Some(EntryStatus::RetryAt(_) | EntryStatus::Dismissed(_)) | None => {
                (PersonState::Due, None, None)
            }
            Some(_) => (PersonState::InSync, None, None),
        }
    }
}

/// The key of the order of people.
pub(super) fn in_order(id: &SourceId) -> (usize, &str) {
    (id.as_str().len(), id.as_str())
}

impl PersonState {
    /// Whether somebody should look at a person in this state.
    pub(crate) fn needs_attention(self) -> bool {
        match self {
            Self::Refused | Self::Conflict | Self::Waiting | Self::Held | Self::Orphaned => true,
            Self::InSync | Self::Due | Self::MissingOnce | Self::Gone | Self::HandedOver => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use employee_sync::checkpoint::DUE_NOW;
    use shared::fingerprint::{FingerprintKey, ShardEntry};
    use shared::state::Failure;

    use super::*;

    fn id(text: &str) -> SourceId {
        SourceId::new(text)
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn failed(person: &str, kind: FailureKind) -> EmployeeEntry {
        EmployeeEntry {
            failure: Some(Failure {
                kind,
                reason: format!("{kind:?}"),
                fingerprint: FingerprintKey::from_bytes(&[1; 32]).fingerprint([]),
                attempts: 1,
                retry_at: at("2026-05-11T09:00:00Z"),
                is_personal: false,
                is_of_look_up: false,
            }),
            ..EmployeeEntry::new(id(person))
        }
    }

    #[test]
    fn each_state_is_distinguished_and_ids_are_in_the_order_of_numbers() {
        use PersonState::{
            Conflict, Due, Gone, HandedOver, Held, InSync, MissingOnce, Orphaned, Refused, Waiting,
        };
        let later = EntryStatus::RetryAt(at("2026-05-12T08:00:00Z"));
        let due = DUE_NOW;
        let handed_over = EmployeeEntry {
            handed_over_to: Some(id("1")),
            ..EmployeeEntry::new(id("8"))
        };
        let cases = [
            ("1", None, Some(EntryStatus::Synced), InSync),
            ("2", None, Some(due), Due),
            (
                "3",
                Some(failed("3", FailureKind::Refused)),
                Some(later),
                Refused,
            ),
            (
                "4",
                Some(failed("4", FailureKind::Conflict)),
                Some(later),
                Conflict,
            ),
            (
                "5",
                Some(failed("5", FailureKind::NoAnswer)),
                Some(later),
                Waiting,
            ),
            ("6", None, Some(later), Waiting),
            ("7", None, Some(EntryStatus::MissingOnce), MissingOnce),
            ("8", Some(handed_over), None, HandedOver),
            ("9", Some(failed("9", FailureKind::Refused)), None, Gone),
            ("10", None, Some(due), Held),
            ("11", None, None, Orphaned),
        ];
        let print = FingerprintKey::from_bytes(&[1; 32]).fingerprint([]);
        let shard = Shard(
            cases
                .iter()
                .filter_map(|(person, _, status, _)| {
                    let entry = ShardEntry {
                        fingerprint: print,
                        status: (*status)?,
                    };
                    Some((id(person), entry))
                })
                .collect(),
        );
        let known = Known {
            ledger: cases
                .iter()
                .filter_map(|(person, entry, ..)| Some((id(person), entry.clone()?)))
                .collect(),
            shards: people_of([shard]),
            compared: true,
            held: [(id("10"), "abc".to_owned())].into(),
            orphans: [(id("11"), "nobody".to_owned())].into(),
            findings: [(id("6"), "hire_date is not a date".to_owned())].into(),
        };
        let found = known.standings();
        let states: Vec<_> = found
            .iter()
            .map(|standing| (standing.person.as_str(), standing.state))
            .collect();
        let expected: Vec<_> = cases
            .iter()
            .map(|(person, .., state)| (*person, *state))
            .collect();
        assert_eq!(states, expected);
        let reason = |person: &str| known.standing(&id(person)).reason;
        assert_eq!(reason("6").as_deref(), Some("hire_date is not a date"));
        assert_eq!(reason("8").as_deref(), Some("1 has the account"));

        // Before a run has compared everybody, nobody is gone.
        let known = Known {
            compared: false,
            ..known
        };
        assert_eq!(known.standing(&id("9")).state, Refused);
    }
}
