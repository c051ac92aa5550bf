//! Locks.

use crate::accounts::Accounts;
use crate::history::{Call, Event, Written};
use crate::source::Source;
use crate::{Terms, Violation};

/// No lock without a cause that the source showed before: the end or start date is written as it was read; without a
/// date the person was read as inactive or out of scope, or was missing from two complete readings in a row. Where the
/// source flags who is deleted, people who are missing without a flag are locked only after an approval.
pub(crate) fn have_a_cause(calls: &[Call], terms: &Terms) -> Vec<Violation> {
    let (mut source, mut accounts) = (Source::default(), Accounts::default());
    let mut violations = Vec::new();
    for call in calls {
        let (Event::Created(write, _) | Event::Updated(_, write, _)) = &call.event else {
            source.see(call);
            accounts.see(call);
            continue;
        };
        let known = accounts.written_by(&call.event);
        let owner = accounts.owner(&call.event);
        let ends = match write.inactive_at {
            Some(Written::Value(end)) => {
                // A record that is sent whole repeats the lock that is there.
                known.is_some_and(|known| known.account.inactive_at == Some(end))
                    || owner.is_some_and(|id| source.explains_end(id, end, call, terms))
            }
            Some(Written::Nothing) | None => true,
        };
        let starts = match write.active_at {
            Some(Written::Value(start)) if start > call.at => {
                owner.is_some_and(|id| source.explains_start(id, start, &terms.zone))
            }
            _ => true,
        };
        if !(ends && starts) {
            violations.push(accounts.violation("a lock without a cause", call));
        }
        accounts.see(call);
    }
    violations
}
