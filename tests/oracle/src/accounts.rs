//! The accounts of one academy.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use simulators::Person;
use simulators::reteach::Customer;

use crate::access::minute_of;
use crate::difference::account_differences;
use crate::{AccessRules, Difference, account, external_id};

/// An academy as it should be, account by account.
#[derive(Clone, Debug, Default)]
pub struct ExpectedAccounts {
    rules: AccessRules,
    /// Whether the tenant's file has `department = true`.
    has_departments: bool,
    /// Accounts of people in the HR system, by their id there.
    synced: BTreeMap<u64, Customer>,
    /// Accounts that the sync must not touch.
    foreign: Vec<Customer>,
    /// Accounts made by hand, by the person whose first sync adopts them.
    adoptable: BTreeMap<u64, Customer>,
    /// People whose mail address belongs to an account of another system.
    conflicts: BTreeSet<u64>,
    /// People whose account went to somebody else. They get no other one.
    handed_over: BTreeSet<u64>,
    history: BTreeMap<u64, History>,
}

/// What the current readings do not tell about a person.
#[derive(Clone, Copy, Debug, Default)]
struct History {
    /// Since when the person is inactive without an end date that has passed.
    first_inactive: Option<Timestamp>,
    /// Consecutive readings without the person.
    missed_readings: u32,
}

impl ExpectedAccounts {
    #[must_use]
    pub fn new(rules: AccessRules) -> Self {
        Self {
            rules,
            ..Self::default()
        }
    }

    /// The same where the tenant's file has `department = true`.
    #[must_use]
    pub fn with_departments(self) -> Self {
        Self {
            has_departments: true,
            ..self
        }
    }

    /// Adds an account that has nothing to do with the HR system.
    pub fn add_foreign(&mut self, customer: Customer) {
        self.foreign.push(customer);
    }

    /// Adds an account that the sync must find by the mail address of `person`.
    pub fn add_adoptable(&mut self, person: u64, customer: Customer) {
        self.adoptable.insert(person, customer);
    }

    /// Adds an account of another system with the mail address of `person`, who therefore gets no account.
    pub fn add_conflict(&mut self, person: u64, customer: Customer) {
        self.conflicts.insert(person);
        self.foreign.push(customer);
    }

    /// How many people have no account because of a conflict.
    #[must_use]
    pub fn conflicts(&self) -> usize {
        self.conflicts.len()
    }

    /// An admin changes the synced account of `person`; runs must keep the change.
    pub fn edit(&mut self, person: u64, change: impl FnOnce(&mut Customer)) {
        self.adopt(person);
        change(
            self.synced
                .entry(person)
                .or_insert_with(|| owned_by(person, account::created_by_api())),
        );
    }

    /// A run has adopted the account made by hand for `person`, if there is one.
    pub fn adopt(&mut self, person: u64) {
        if let Some(found) = self.adoptable.remove(&person) {
            self.synced.insert(person, owned_by(person, found));
        }
    }

    /// An admin deletes the account of `person` with all that it held.
    pub fn delete(&mut self, person: u64) {
        self.synced.remove(&person);
        self.adoptable.remove(&person);
    }

    /// An admin takes the external id off the account of `person`. `account` is what remains; the sync must find it again.
    pub fn release(&mut self, person: u64, account: Customer) {
        self.synced.remove(&person);
        self.adoptable.insert(person, account);
    }

    /// Whose released account this is.
    #[must_use]
    pub fn released(&self, account: &str) -> Option<u64> {
        let mut released = self.adoptable.iter();
        released.find_map(|(person, it)| (it.id == account).then_some(*person))
    }

    /// A run has locked the released account of `person`, who is gone.
    pub fn lock_released(&mut self, person: u64, since: Option<Timestamp>) {
        if let Some(account) = self.adoptable.get_mut(&person) {
            account.set_inactive_at = since;
        }
    }

    /// An admin gives the external id of `person` to `account`.
    pub fn replace(&mut self, person: u64, account: Customer) {
        self.delete(person);
        self.synced.insert(person, owned_by(person, account));
    }

    /// The account of `from`, with all that it holds, becomes that of `to`.
    pub fn hand_over(&mut self, from: u64, to: u64) {
        self.adopt(from);
        if let Some(account) = self.synced.remove(&from) {
            self.synced.insert(to, owned_by(to, account));
        }
        self.conflicts.remove(&to);
        self.history.remove(&from);
        self.handed_over.remove(&to);
        self.handed_over.insert(from);
    }

    /// Whether the account of `person` went to somebody else.
    #[must_use]
    pub fn is_handed_over(&self, person: u64) -> bool {
        self.handed_over.contains(&person)
    }

    /// A complete run at `now` over `people` that holds the changes of `held`.
    pub fn complete_run(&mut self, people: &[Person], held: &BTreeSet<u64>, now: Timestamp) {
        for person in people {
            let has_none = self.conflicts.contains(&person.id) || self.is_handed_over(person.id);
            if held.contains(&person.id) || has_none {
                continue;
            }
            let mut history = self.history.get(&person.id).copied().unwrap_or_default();
            history.missed_readings = 0;
            self.update(person, &mut history.first_inactive, now);
            self.history.insert(person.id, history);
        }
        let present: BTreeSet<u64> = people.iter().map(|person| person.id).collect();
        for (id, account) in &mut self.synced {
            if present.contains(id) || held.contains(id) {
                continue;
            }
            let history = self.history.entry(*id).or_default();
            history.missed_readings += 1;
            let is_open = account.set_inactive_at.is_none_or(|end| end > now);
            if history.missed_readings >= 2 && is_open {
                account.set_inactive_at = Some(minute_of(now));
            }
        }
    }

    /// The state at `now` after any number of runs, complete or not, the last of them successful.
    /// `first_inactive` has the moments that only those runs know. The accounts of people in `skipped` depend on how far
    /// the runs came; they are left as they are.
    pub fn settle(
        &mut self,
        people: &[Person],
        first_inactive: &BTreeMap<u64, Timestamp>,
        skipped: &BTreeSet<u64>,
        now: Timestamp,
    ) {
        let is_settled = |id: u64| !skipped.contains(&id) && !self.handed_over.contains(&id);
        let settled: Vec<&Person> = people.iter().filter(|it| is_settled(it.id)).collect();
        for person in settled {
            self.update(person, &mut first_inactive.get(&person.id).copied(), now);
        }
    }

    fn update(&mut self, person: &Person, first_inactive: &mut Option<Timestamp>, now: Timestamp) {
        let current = self
            .synced
            .remove(&person.id)
            .or_else(|| self.adoptable.remove(&person.id));
        let account = account::expected(
            person,
            current,
            first_inactive,
            now,
            &self.rules,
            self.has_departments,
        );
        self.synced.insert(person.id, account);
    }

    /// Every way in which `actual` is not as it should be.
    #[must_use]
    pub fn differences(&self, actual: &[Customer]) -> Vec<Difference> {
        let untouched = self.foreign.iter().chain(self.adoptable.values());
        account_differences(self.synced.values().chain(untouched), actual)
    }
}

fn owned_by(person: u64, account: Customer) -> Customer {
    Customer {
        external_id: Some(external_id(person)),
        ..account
    }
}

#[cfg(test)]
mod tests;
