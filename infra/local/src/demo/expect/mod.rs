//! What reteach should hold, worked out anew from Personio's people, and in [`filing`] what the personnel files should hold.
//! Shares no code with the mapping, the planners or the executors: it is the demo's second opinion on all of them.

mod account;
mod compare;
pub mod filing;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use simulators::Person;
use simulators::reteach::Customer;

pub use compare::Difference;

/// An academy as it should be, account by account.
#[derive(Clone, Debug)]
pub struct Expected {
    zone: TimeZone,
    /// Accounts of people from Personio, by their id there.
    ours: BTreeMap<u64, Customer>,
    /// Accounts that nobody may touch.
    apart: Vec<Customer>,
    /// Accounts made by hand, by the person whose first sync finds them.
    adoptable: BTreeMap<u64, Customer>,
    /// People whose mail address belongs to somebody else's account.
    conflicts: BTreeSet<u64>,
    memory: BTreeMap<u64, Memory>,
}

/// What only the past can tell.
#[derive(Clone, Copy, Debug, Default)]
struct Memory {
    /// Since when the person is seen inactive without an end date that has passed.
    inactive_since: Option<Timestamp>,
    /// Readings in a row without the person.
    missed: u32,
}

impl Expected {
    /// An empty academy of a company in `zone`.
    #[must_use]
    pub fn new(zone: TimeZone) -> Self {
        Self {
            zone,
            ours: BTreeMap::new(),
            apart: Vec::new(),
            adoptable: BTreeMap::new(),
            conflicts: BTreeSet::new(),
            memory: BTreeMap::new(),
        }
    }

    /// An account that has nothing to do with Personio.
    pub fn untouched(&mut self, customer: Customer) {
        self.apart.push(customer);
    }

    /// An account that the sync is to find by the mail address of `person`.
    pub fn adoptable(&mut self, person: u64, customer: Customer) {
        self.adoptable.insert(person, customer);
    }

    /// An account with another system's external id, and the mail address of `person`, who therefore gets none.
    pub fn conflict(&mut self, person: u64, customer: Customer) {
        self.conflicts.insert(person);
        self.apart.push(customer);
    }

    /// Takes over what an admin changed on the account that the sync has made or adopted for `person`, to be kept from
    /// then on.
    pub fn by_admin(&mut self, person: u64, change: impl FnOnce(&mut Customer)) {
        self.adopted(person);
        change(
            self.ours
                .entry(person)
                .or_insert_with(|| account::ours(person, account::made_by_api())),
        );
    }

    /// The sync has found the account that was made by hand for `person`, if there is one.
    pub fn adopted(&mut self, person: u64) {
        if let Some(found) = self.adoptable.remove(&person) {
            self.ours.insert(person, account::ours(person, found));
        }
    }

    /// An admin has deleted the account of `person`: whatever it held is lost.
    pub fn deleted(&mut self, person: u64) {
        self.ours.remove(&person);
        self.adoptable.remove(&person);
    }

    /// A company that has come to rest at `now`, after any number of runs, complete or not. `since` has the moments that only
    /// those runs know: when somebody without an end date that had passed was first seen to be inactive. Who is `apart` is
    /// left out: what their account holds depends on how far the runs came.
    pub fn rested(
        &mut self,
        people: &[Person],
        since: &BTreeMap<u64, Timestamp>,
        apart: &BTreeSet<u64>,
        now: Timestamp,
    ) {
        for person in people.iter().filter(|it| !apart.contains(&it.id)) {
            let mut inactive_since = since.get(&person.id).copied();
            let before = self
                .ours
                .remove(&person.id)
                .or_else(|| self.adoptable.remove(&person.id));
            let account = account::of(person, before, &mut inactive_since, now, &self.zone);
            self.ours.insert(person.id, account);
        }
    }

    /// How many people are without an account because of their mail address.
    #[must_use]
    pub fn conflicts(&self) -> usize {
        self.conflicts.len()
    }

    /// A complete run at `now` over `people`, which left alone whose changes are `held`.
    pub fn ran(&mut self, people: &[Person], held: &BTreeSet<u64>, now: Timestamp) {
        let free = |id: &u64| !held.contains(id);
        for person in people
            .iter()
            .filter(|it| free(&it.id) && !self.conflicts.contains(&it.id))
        {
            let memory = self.memory.entry(person.id).or_default();
            memory.missed = 0;
            let before = self
                .ours
                .remove(&person.id)
                .or_else(|| self.adoptable.remove(&person.id));
            let account = account::of(person, before, &mut memory.inactive_since, now, &self.zone);
            self.ours.insert(person.id, account);
        }
        let there: BTreeSet<u64> = people.iter().map(|person| person.id).collect();
        for (id, account) in self
            .ours
            .iter_mut()
            .filter(|(id, _)| !there.contains(id) && free(id))
        {
            let memory = self.memory.entry(*id).or_default();
            memory.missed += 1;
            let open = account.set_inactive_at.is_none_or(|shut| shut > now);
            if memory.missed >= 2 && open {
                account.set_inactive_at = Some(now);
            }
        }
    }

    /// Everything in which `actual` is not as it should be.
    #[must_use]
    pub fn differences(&self, actual: &[Customer]) -> Vec<Difference> {
        let untouched = self.apart.iter().chain(self.adoptable.values());
        compare::differences(self.ours.values().chain(untouched), actual)
    }
}
