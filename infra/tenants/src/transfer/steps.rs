//! The steps of a transfer that are left. Pure.

use std::collections::BTreeMap;

use shared::access::AccessWindow;
use shared::domain::id::{CustomerId, ExternalId, SourceId};
use shared::state::{EmployeeEntry, ValueDigest};

/// An account that goes from one person to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Transfer {
    pub(crate) from: SourceId,
    pub(crate) to: SourceId,
    pub(crate) account: CustomerId,
}

/// What the academy and the ledger say before a step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) external_id: Option<&'a ExternalId>,
    pub(crate) window: AccessWindow,
    /// What the account holds, as the new owner's entry keeps it.
    pub(crate) digests: &'a BTreeMap<String, ValueDigest>,
    pub(crate) from: Option<&'a EmployeeEntry>,
    pub(crate) to: Option<&'a EmployeeEntry>,
}

/// One write. After an interruption at any of them, [`steps`] gives the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The old owner's entry says whose account it is. Without it nothing would show that the account was moved.
    Claim(EmployeeEntry),
    /// The account gets the external id of its new owner.
    Rekey,
    /// The new owner's entry gets the account and what the ledger knows of it.
    Give(EmployeeEntry),
    /// The old owner's entry says who has the account now.
    Close(EmployeeEntry),
}

/// The steps that are left, in their order: the academy before the ledger, since a ledger claim is void once the account
/// carries another id; then the new owner, from what the old owner's entry still says.
pub(crate) fn steps(transfer: &Transfer, seen: Seen<'_>, tool: &str) -> Vec<Step> {
    let Transfer { from, to, account } = transfer;
    let is_rekeyed = seen.external_id == Some(&ExternalId::of(tool, to));
    let is_given = seen.to.is_some_and(|entry| {
        entry.customer_id.as_ref() == Some(account) && entry.handed_over_to.is_none()
    });
    let is_closed = seen.from.is_some_and(|entry| {
        entry.customer_id.is_none() && entry.handed_over_to.as_ref() == Some(to)
    });
    let is_claimed = seen
        .from
        .is_some_and(|entry| entry.customer_id.as_ref() == Some(account));
    let claim = (!is_rekeyed && !is_claimed).then(|| claimed(transfer, seen));
    let rekey = (!is_rekeyed).then_some(Step::Rekey);
    let known = claim.as_ref().or(seen.from);
    let give = (!is_given).then(|| Step::Give(given(transfer, known, seen)));
    let close = (claim.is_some() || !is_closed).then(|| {
        Step::Close(EmployeeEntry {
            handed_over_to: Some(to.clone()),
            ..EmployeeEntry::new(from.clone())
        })
    });
    let claim = claim.map(Step::Claim);
    [claim, rekey, give, close].into_iter().flatten().collect()
}

fn claimed(transfer: &Transfer, seen: Seen<'_>) -> EmployeeEntry {
    let old = seen.from.cloned();
    EmployeeEntry {
        customer_id: Some(transfer.account.clone()),
        window: seen.window,
        handed_over_to: None,
        ..old.unwrap_or_else(|| EmployeeEntry::new(transfer.from.clone()))
    }
}

/// The new owner's entry. Without a fingerprint, so that the next run compares the whole record with what the account holds.
fn given(transfer: &Transfer, from: Option<&EmployeeEntry>, seen: Seen<'_>) -> EmployeeEntry {
    let old = from.filter(|entry| entry.customer_id.as_ref() == Some(&transfer.account));
    EmployeeEntry {
        customer_id: Some(transfer.account.clone()),
        window: seen.window,
        digests: seen.digests.clone(),
        locked: old.and_then(|entry| entry.locked),
        ..EmployeeEntry::new(transfer.to.clone())
    }
}

#[cfg(test)]
mod tests {
    use proptest::option;
    use proptest::prelude::*;
    use shared::access::{LockReason, Locked};

    use super::*;

    const TOOL: &str = "personio";

    #[derive(Clone, Debug)]
    struct World {
        external_id: Option<ExternalId>,
        from: Option<EmployeeEntry>,
        to: Option<EmployeeEntry>,
    }

    impl World {
        fn left(&self) -> Vec<Step> {
            let seen = Seen {
                external_id: self.external_id.as_ref(),
                window: AccessWindow::default(),
                digests: &BTreeMap::new(),
                from: self.from.as_ref(),
                to: self.to.as_ref(),
            };
            steps(&transfer(), seen, TOOL)
        }

        fn after(mut self, step: Step) -> Self {
            match step {
                Step::Rekey => self.external_id = Some(ExternalId::of(TOOL, &SourceId::new("2"))),
                Step::Give(entry) => self.to = Some(entry),
                Step::Claim(entry) | Step::Close(entry) => self.from = Some(entry),
            }
            self
        }
    }

    fn transfer() -> Transfer {
        Transfer {
            from: SourceId::new("1"),
            to: SourceId::new("2"),
            account: CustomerId::new("c1"),
        }
    }

    fn entry(id: &'static str) -> impl Strategy<Value = EmployeeEntry> {
        let account = option::of(prop_oneof![Just("c1"), Just("c9")]);
        let other = option::of(prop_oneof![Just("1"), Just("2"), Just("3")]);
        (account, other, any::<bool>()).prop_map(move |(account, other, locked)| EmployeeEntry {
            customer_id: account.map(CustomerId::new),
            handed_over_to: other.map(SourceId::new),
            locked: locked.then_some(Locked {
                since: jiff::Timestamp::UNIX_EPOCH,
                reason: LockReason::Vanished,
            }),
            ..EmployeeEntry::new(SourceId::new(id))
        })
    }

    fn worlds() -> impl Strategy<Value = World> {
        let external_id = option::of(prop_oneof![Just("personio:1"), Just("personio:2")]);
        (external_id, option::of(entry("1")), option::of(entry("2"))).prop_map(
            |(external_id, from, to)| World {
                external_id: external_id.map(ExternalId::new),
                from,
                to,
            },
        )
    }

    proptest! {
        #[test]
        fn a_transfer_interrupted_after_any_step_goes_on_with_the_rest(world in worlds()) {
            let mut world = world;
            let mut left = world.left();
            while let Some(step) = left.first().cloned() {
                world = world.after(step);
                prop_assert_eq!(&world.left(), &left[1..]);
                left.remove(0);
            }
            prop_assert_eq!(world.external_id, Some(ExternalId::new("personio:2")));
            let (from, to) = (world.from.unwrap(), world.to.unwrap());
            prop_assert_eq!(from.customer_id, None);
            prop_assert_eq!(from.handed_over_to, Some(SourceId::new("2")));
            prop_assert_eq!(to.customer_id, Some(CustomerId::new("c1")));
            prop_assert_eq!(to.handed_over_to, None);
        }
    }

    #[test]
    fn the_new_owner_inherits_what_the_ledger_knows_of_the_account() {
        let lock = Locked {
            since: jiff::Timestamp::UNIX_EPOCH,
            reason: LockReason::Inactive,
        };
        let old = EmployeeEntry {
            customer_id: Some(CustomerId::new("c1")),
            locked: Some(lock),
            ..EmployeeEntry::new(SourceId::new("1"))
        };
        let world = World {
            external_id: Some(ExternalId::new("personio:1")),
            from: Some(old),
            to: None,
        };
        let [Step::Rekey, Step::Give(given), Step::Close(_)] = &world.left()[..] else {
            panic!("{:?}", world.left())
        };
        assert_eq!((given.locked, given.fingerprint), (Some(lock), None));
    }
}
