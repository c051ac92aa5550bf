//! An academy that goes back to a backup of its accounts.

use std::collections::{BTreeMap, BTreeSet};

use oracle::ExpectedAccounts;
use simulators::reteach::Customer;

use crate::life::Life;

/// The accounts at one moment.
#[derive(Debug)]
pub(crate) struct Backup {
    customers: Vec<Customer>,
    expected: ExpectedAccounts,
}

impl Life {
    pub(crate) fn back_up(&mut self) {
        self.backup = Some(Backup {
            customers: self.harness.company.reteach.customers(),
            expected: self.model.expected.clone(),
        });
    }

    /// Accounts come and go, and have the values they had. Courses and certificates stay.
    pub(crate) fn restore_backup(&mut self) {
        let Some(backup) = self.backup.take() else {
            return;
        };
        let reteach = self.harness.company.reteach.clone();
        let now: BTreeMap<String, Customer> = reteach
            .customers()
            .into_iter()
            .map(|it| (it.id.clone(), it))
            .collect();
        // An account that was adopted or handed over since would have two owners.
        let same_owner = |old: &Customer| {
            let new = now.get(&old.id);
            new.is_none_or(|new| new.external_id == old.external_id)
        };
        if !backup.customers.iter().all(same_owner) {
            return;
        }
        let kept: BTreeSet<&String> = backup.customers.iter().map(|it| &it.id).collect();
        for id in now.keys().filter(|id| !kept.contains(id)) {
            reteach.remove(id);
            self.model.excuse(|paper| paper.issued.account == *id);
        }
        self.model.expected = backup.expected;
        for old in backup.customers {
            let person = old.external_id.as_deref().and_then(person);
            if let Some(person) = person {
                let user_name = old.user_name.clone();
                self.model
                    .expected
                    .edit(person, |it| it.user_name = user_name);
            }
            if now.contains_key(&old.id) {
                reteach.edit(&old.id.clone(), |it| *it = old);
            } else {
                reteach.insert(old);
            }
        }
    }
}

pub(crate) fn person(external_id: &str) -> Option<u64> {
    external_id.strip_prefix("personio:")?.parse().ok()
}
