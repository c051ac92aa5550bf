//! The order in which changes are written: access first. Pure.

use jiff::Timestamp;

use crate::plan::{Change, Kind};

/// Locks, unlocks, handovers, new accounts, updates; each by source id, from a place that moves with the clock: what stops
/// one run early does not keep the same people waiting in the next.
pub(super) fn ordered(changes: &[Change], now: Timestamp) -> Vec<&Change> {
    let mut by_rank: [Vec<&Change>; 5] = Default::default();
    for change in changes {
        let kind = match change.kind(now) {
            Kind::Lock => 0,
            Kind::Unlock => 1,
            Kind::Handover => 2,
            Kind::Create | Kind::Adopt => 3,
            Kind::Update => 4,
        };
        if let Some(kind) = by_rank.get_mut(kind) {
            kind.push(change);
        }
    }
    for kind in &mut by_rank {
        kind.sort_by(|a, b| a.source_id.cmp(&b.source_id));
        let start = start(kind.len(), now);
        kind.rotate_left(start);
    }
    by_rank.concat()
}

/// Neighbouring minutes begin far apart: a golden section of the list.
fn start(length: usize, now: Timestamp) -> usize {
    let minute = now.as_second().unsigned_abs() / 60;
    let place = minute.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    let length = u64::try_from(length).unwrap_or(u64::MAX).max(1);
    usize::try_from((place * length) >> 32).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::SignedDuration;
    use shared::access::AccessWindow;
    use shared::domain::id::CustomerId;

    use super::*;
    use crate::plan::builders::{candidate, config, employee, now, plan};
    use crate::plan::{Action, WindowCause, WindowChange};

    fn change(id: &str, action: Action, window: Option<[Option<Timestamp>; 2]>) -> Change {
        let config = config("");
        let candidates = [candidate(&employee(id), &config)];
        let [created] = plan(&candidates, &config).changes.try_into().unwrap();
        let until = |inactive_at| AccessWindow {
            active_at: None,
            inactive_at,
        };
        Change {
            action,
            window: window.map(|[before, after]| WindowChange {
                before: until(before),
                after: until(after),
                cause: WindowCause::Employed,
            }),
            ..created
        }
    }

    #[test]
    fn locks_go_first_and_updates_last() {
        let id = || CustomerId::new("c");
        let past = Some(now() - SignedDuration::from_hours(1));
        let handover = Action::Handover {
            account: id(),
            from: shared::domain::id::ExternalId::new("personio:9"),
            former: Some(shared::domain::id::SourceId::new("9")),
        };
        let changes = [
            change("1", Action::Update(id()), None),
            change("2", Action::Create, None),
            change("3", Action::Adopt(id()), None),
            change("4", handover, None),
            change("5", Action::Update(id()), Some([past, None])),
            change("6", Action::Update(id()), Some([None, past])),
        ];
        let kinds: Vec<_> = ordered(&changes, now())
            .iter()
            .map(|change| change.kind(now()).to_string())
            .collect();
        assert!(
            [
                ["lock", "unlock", "handover", "create", "adopt", "update"],
                ["lock", "unlock", "handover", "adopt", "create", "update"]
            ]
            .iter()
            .any(|expected| *expected == kinds.as_slice()),
            "{kinds:?}"
        );
    }

    #[test]
    fn each_run_begins_at_another_person_and_reaches_everybody() {
        let ids = (0..40).map(|id| change(&id.to_string(), Action::Create, None));
        let changes: Vec<_> = ids.collect();
        let mut first = BTreeSet::new();
        for tick in 0..12 {
            let ordered = ordered(&changes, now() + SignedDuration::from_mins(5 * tick));
            assert_eq!(ordered.len(), 40);
            first.insert(ordered[0].source_id.clone());
        }
        assert!(first.len() > 8, "{first:?}");
    }
}
