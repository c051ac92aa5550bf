//! A model of an academy and its ledger: what the executor does to both, without any I/O.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use shared::domain::employee::Field;
use shared::domain::id::{CustomerId, ExternalId, SourceId};
use shared::mapping::{Attribute, Text};
use shared::reteach::{Customer, CustomerInput, Status, Tag, TagId};
use shared::state::EmployeeEntry;
use shared::tenant::TenantConfig;

use super::load::{attach, candidates, is_looked_for, question};
use crate::accounts::{AccountIndex, Accounts};
use crate::apply::{Applied, ApplyAbort, Outcome, after, failure, input};
use crate::plan::{Account, Action, Candidate, Change, Plan, SourceState};
use crate::source::People;

/// The HR system of all people in the model.
pub(crate) const TOOL: &str = "personio";

/// What a run asks reteach about accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asking {
    /// Only about people whom the ledger does not know.
    Unknown,
    /// For the list of all.
    Everybody,
}

/// Accounts, and the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Academy {
    pub(crate) customers: BTreeMap<CustomerId, Customer>,
    pub(crate) ledger: BTreeMap<SourceId, EmployeeEntry>,
    /// Whether it keeps mail addresses in lower case.
    pub(crate) folds_mail: bool,
    made: u32,
}

enum WriteError {
    Refused,
    AccountGone,
}

impl Academy {
    /// Everything that a plan for these people is made from, as `gather` puts it together.
    pub(crate) fn candidates(
        &self,
        people: &People,
        (look, gone): (&BTreeSet<SourceId>, &BTreeSet<SourceId>),
        asking: Asking,
        config: &TenantConfig,
    ) -> Vec<Candidate> {
        let entries: HashMap<_, _> = self.ledger.clone().into_iter().collect();
        let mut candidates = candidates(TOOL, config, people, (look, gone), entries);
        let listed = Accounts::Listed(AccountIndex::of(self.customers.values().cloned().collect()));
        let accounts = match asking {
            Asking::Everybody => listed,
            Asking::Unknown => {
                let unknown = candidates
                    .iter()
                    .filter(|it| matches!(it.account, Account::NotFetched));
                let questions = unknown.filter(|it| is_looked_for(it)).filter_map(question);
                let found =
                    questions.map(|question| (question.external_id.clone(), listed.find(question)));
                Accounts::LookedUp(found.collect())
            }
        };
        for candidate in &mut candidates {
            attach(candidate, Some(&accounts));
        }
        candidates
    }

    /// Carries out the first `most` changes of `plan`, and writes down what the run writes down.
    pub(crate) fn apply(
        &mut self,
        plan: &Plan,
        candidates: &[Candidate],
        most: usize,
        now: Timestamp,
    ) -> Outcome {
        let entries: HashMap<_, _> = candidates.iter().map(|it| (&it.source_id, it)).collect();
        let entry = |id: &SourceId| {
            let known = entries
                .get(id)
                .and_then(|candidate| candidate.entry.clone());
            known.unwrap_or_else(|| EmployeeEntry::new(id.clone()))
        };
        for kept in &plan.bookkeeping {
            self.ledger.insert(kept.source_id.clone(), kept.clone());
        }
        let mut outcome = Outcome::default();
        for (number, change) in plan.changes.iter().enumerate() {
            let id = &change.source_id;
            let applied = if number < most {
                self.one(change, entry(id), now)
            } else {
                Applied::Open
            };
            outcome.applied.insert(id.clone(), applied);
        }
        if most < plan.changes.len() {
            outcome.stop = Some(ApplyAbort::OutOfTime);
        }
        for (id, _) in plan.skipped.iter().filter(|(_, skip)| skip.is_conflict()) {
            let Some(SourceState::Present { fingerprint, .. }) =
                entries.get(id).map(|it| &it.source)
            else {
                continue;
            };
            let entry = entry(id);
            let failure = failure(entry.failure.as_ref(), *fingerprint, "conflict".into(), now);
            self.ledger.insert(
                id.clone(),
                EmployeeEntry {
                    failure: Some(failure),
                    ..entry
                },
            );
        }
        outcome
    }

    fn one(&mut self, change: &Change, entry: EmployeeEntry, now: Timestamp) -> Applied {
        let id = change.source_id.clone();
        match self.write(change) {
            Ok(customer) => {
                self.ledger.insert(id, after(change, customer, entry));
                Applied::Done
            }
            Err(WriteError::AccountGone) => {
                let fresh = EmployeeEntry {
                    locked: entry.locked,
                    ..EmployeeEntry::new(id.clone())
                };
                self.ledger.insert(id, fresh);
                Applied::Open
            }
            Err(WriteError::Refused) => {
                let Some(fingerprint) = change.fingerprint else {
                    return Applied::Open;
                };
                let failure = failure(entry.failure.as_ref(), fingerprint, "refused".into(), now);
                self.ledger.insert(
                    id,
                    EmployeeEntry {
                        failure: Some(failure.clone()),
                        ..entry
                    },
                );
                Applied::Refused(failure)
            }
        }
    }

    fn write(&mut self, change: &Change) -> Result<CustomerId, WriteError> {
        let input = input(change);
        let id = match &change.action {
            Action::Create => self.find_or_create(&input, &change.external_id)?,
            Action::Adopt(id) | Action::Update(id) => id.clone(),
        };
        let is_taken = self
            .customers
            .values()
            .any(|other| other.id != id && clashes(other, &input));
        let Some(customer) = self.customers.get_mut(&id) else {
            return Err(WriteError::AccountGone);
        };
        if is_taken {
            return Err(WriteError::Refused);
        }
        fill(customer, input);
        if self.folds_mail {
            customer.email = customer.email.take().map(|mail| mail.to_lowercase());
        }
        for value in &change.values {
            let Some(prefix) = value.attribute.tag_prefix() else {
                continue;
            };
            let wanted = value.after.as_ref().map(Text::reveal);
            customer
                .tags
                .retain(|tag| !tag.name.starts_with(prefix) || Some(tag.name.as_str()) == wanted);
            let missing = wanted.filter(|name| customer.tags.iter().all(|tag| tag.name != *name));
            customer.tags.extend(missing.map(tag));
        }
        Ok(id)
    }

    fn find_or_create(
        &mut self,
        input: &CustomerInput,
        external_id: &ExternalId,
    ) -> Result<CustomerId, WriteError> {
        let found = self
            .customers
            .values()
            .find(|it| it.external_id.as_ref() == Some(external_id) || clashes(it, input));
        match found {
            Some(found) if found.external_id.as_ref() == Some(external_id) => Ok(found.id.clone()),
            Some(_) => Err(WriteError::Refused),
            None => Ok(self.make(None)),
        }
    }

    /// Makes an empty account with this mail address.
    pub(crate) fn make(&mut self, email: Option<String>) -> CustomerId {
        self.made += 1;
        let id = CustomerId::new(format!("c{}", self.made));
        self.customers
            .insert(id.clone(), customer(id.clone(), email));
        id
    }

    /// The account of somebody, by our external id.
    pub(crate) fn account_of(&self, id: &SourceId) -> Option<&Customer> {
        let external_id = ExternalId::of(TOOL, id);
        self.customers
            .values()
            .find(|it| it.external_id.as_ref() == Some(&external_id))
    }
}

/// A tag by its name.
pub(crate) fn tag(name: &str) -> Tag {
    Tag {
        id: TagId::new(format!("t {name}")),
        name: name.to_owned(),
    }
}

/// An account without values.
fn customer(id: CustomerId, email: Option<String>) -> Customer {
    Customer {
        id,
        external_id: None,
        email,
        user_name: None,
        first_name: None,
        last_name: None,
        position: None,
        company: None,
        department: None,
        location: None,
        gender: None,
        set_active_at: None,
        set_inactive_at: None,
        status: Status::Added,
        tags: Vec::new(),
    }
}

/// Mail addresses and user names are unique in an academy.
fn clashes(customer: &Customer, input: &CustomerInput) -> bool {
    let folded = |text: &String| text.to_lowercase();
    let same = |held: &Option<String>, given: &Field<String>| {
        held.is_some() && held.as_ref().map(folded) == given.value().map(folded)
    };
    same(&customer.email, &input.email) || same(&customer.user_name, &input.user_name)
}

/// Absent fields stay, null clears.
fn fill(customer: &mut Customer, input: CustomerInput) {
    fn put<T>(slot: &mut Option<T>, field: Field<T>) {
        match field {
            Field::Absent => {}
            Field::Null => *slot = None,
            Field::Value(value) => *slot = Some(value),
        }
    }
    let CustomerInput {
        email,
        user_name,
        first_name,
        last_name,
        position,
        company,
        department,
        location,
        gender,
        external_id,
        set_active_at,
        set_inactive_at,
        language: _,
    } = input;
    put(&mut customer.email, email);
    put(&mut customer.user_name, user_name);
    put(&mut customer.first_name, first_name);
    put(&mut customer.last_name, last_name);
    put(&mut customer.position, position);
    put(&mut customer.company, company);
    put(&mut customer.department, department);
    put(&mut customer.location, location);
    put(&mut customer.gender, gender);
    put(&mut customer.external_id, external_id);
    put(&mut customer.set_active_at, set_active_at);
    put(&mut customer.set_inactive_at, set_inactive_at);
}

/// What an account holds of an attribute.
pub(crate) fn held(customer: &Customer, attribute: Attribute) -> Vec<String> {
    let view = crate::plan::AccountView::from(customer.clone());
    view.values_of(attribute)
        .into_iter()
        .map(|text| text.reveal().to_owned())
        .collect()
}
