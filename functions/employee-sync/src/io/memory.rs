//! The edges of a run in memory: an academy and the state of one tenant, without any I/O.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::future::ready;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use futures::FutureExt as _;
use jiff::Timestamp;
use shared::domain::employee::Field;
use shared::domain::id::{CustomerId, ExternalId, SourceId};
use shared::fingerprint::{Shard, ShardNumber, ShardRange};
use shared::http::Effect;
use shared::mapping::Attribute;
use shared::reteach::{self, CollectAccounts as _, Customer, CustomerInput, Tag, TagId};
use shared::state::{EmployeeEntry, HeldPlan, HeldSource, StateError, SyncState};
use shared::tenant::TenantConfig;

use super::{Problem, Reader, Refusal, WriteError, Writer};
use crate::accounts::{
    self, AccountFilter, AccountIndex, AccountQuery, Accounts, AccountsError, LookUps, LookedUp,
    MailHolders, ReadAccount,
};
use crate::apply::{ApplyOutcome, Learned, apply, conflict_entries, seen_entries, write_entries};
use crate::plan::builders::config;
use crate::plan::{Account, AccountView, Candidate, MatchedBy, Plan};
use crate::run::{candidates, queries, with_accounts};
use crate::source::People;

/// The HR system of all people in the model.
pub(crate) const TOOL: &str = "personio";

/// What a run asks reteach about accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asking {
    /// Only about people whom the ledger does not know.
    Unknown,
    Everybody,
}

/// What an academy does otherwise than the vendor's document lets us expect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) replaces: bool,
    /// An update takes the end away where it does not name it.
    pub(crate) clears_end: bool,
    pub(crate) keeps_nulls: bool,
    /// A position is kept with `&amp;` for `&`.
    pub(crate) escapes: bool,
    pub(crate) drops_tags: bool,
    /// Tags are not taken, although the call succeeds.
    pub(crate) ignores_tags: bool,
    /// Calls that add tags are answered 500.
    pub(crate) fails_at_tags: bool,
    pub(crate) forbids_tags: bool,
    /// An external id in an address is answered with this status.
    pub(crate) refuses_external_ids: Option<u16>,
    pub(crate) refuses: Option<&'static str>,
    /// Its refusals do not say which field it is.
    pub(crate) names_no_field: bool,
    /// These accounts, and new ones with these external ids, are answered 500.
    pub(crate) fails: BTreeSet<ExternalId>,
    /// Looking these up is answered 500. Its list shows them.
    pub(crate) fails_look_ups: BTreeSet<ExternalId>,
    /// A mail address is taken for no identifier: looking one up is answered 400.
    pub(crate) refuses_addresses: bool,
    /// Its list leaves these accounts out.
    pub(crate) leaves_out: BTreeSet<ExternalId>,
    /// This field is answered 500.
    pub(crate) fails_at: Option<&'static str>,
    /// Writes to these accounts are answered 403.
    pub(crate) forbids: BTreeSet<ExternalId>,
    /// A locked account is not shown by its id.
    pub(crate) hides_locked: bool,
    /// Accounts with these external ids are not found by any id in an address.
    pub(crate) denies: BTreeSet<ExternalId>,
    /// Accounts with these external ids are shown in a form that cannot be read. The replies to writes can.
    pub(crate) garbles: BTreeSet<ExternalId>,
    /// The replies to writes show what the vendor's document requires alone: no external id and no values.
    pub(crate) bare_replies: bool,
    /// Writes that got an error.
    pub(crate) refused: usize,
    /// Accounts that were read or looked up.
    pub(crate) read: usize,
}

impl Dialect {
    fn fails_for(&self, customer: &Customer) -> bool {
        let id = customer.external_id.as_ref();
        id.is_some_and(|id| self.fails.contains(id))
    }

    fn denies(&self, id: Option<&ExternalId>) -> bool {
        id.is_some_and(|id| self.denies.contains(id))
    }
}

/// An academy's accounts, and the state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Academy {
    pub(crate) customers: BTreeMap<CustomerId, Customer>,
    pub(crate) ledger: BTreeMap<SourceId, EmployeeEntry>,
    pub(crate) state: Option<SyncState>,
    pub(crate) shards: BTreeMap<ShardNumber, Shard>,
    pub(crate) held: Option<HeldPlan>,
    pub(crate) held_source: Option<HeldSource>,
    /// Whether it keeps mail addresses in lower case.
    pub(crate) folds_mail: bool,
    /// Whether its list changes while it is read, each time.
    pub(crate) cannot_list: bool,
    /// How often it was asked for its list.
    pub(crate) lists: usize,
    /// Whether its list shows no account that is locked now.
    pub(crate) hides_locked: bool,
    /// Accounts that were read by their id.
    pub(crate) read: usize,
    /// What it answers to every question about accounts.
    pub(crate) tells_nothing: Option<reteach::Error>,
    /// How often its list came, or an address was looked up.
    pub(crate) asked: usize,
    /// People who can be looked up in one run; 0: everybody.
    pub(crate) looks_up: usize,
    pub(crate) dialect: Dialect,
    /// Whether it is another one than the tenant was added with.
    pub(crate) is_another: bool,
    /// How often it was asked which one it is.
    pub(crate) named: usize,
    /// Another system gives this account its id once the list has come.
    pub(crate) numbers: Option<(CustomerId, ExternalId)>,
    /// When certificates could begin to follow.
    pub(crate) gate: Option<Timestamp>,
    made: u32,
}

/// An academy for the length of one run.
pub(crate) struct InMemory {
    academy: Mutex<Academy>,
    now: Timestamp,
    /// Changes that may still be begun; then the time is over.
    changes: AtomicUsize,
    /// Everything as it was at the end of the last change that was begun.
    after_changes: Mutex<Academy>,
}

impl InMemory {
    pub(crate) fn new(academy: Academy, changes: usize, now: Timestamp) -> Self {
        Self {
            after_changes: Mutex::new(academy.clone()),
            academy: Mutex::new(academy),
            now,
            changes: AtomicUsize::new(changes),
        }
    }

    pub(crate) fn into_academy(self) -> Academy {
        self.academy.into_inner().unwrap()
    }

    /// The academy as a run leaves it that dies after its changes: it does not draw its conclusions.
    pub(crate) fn into_academy_after_changes(self) -> Academy {
        self.after_changes.into_inner().unwrap()
    }

    /// Keeps the present contents, for a run that dies here.
    pub(crate) fn remember(&self) {
        *self.after_changes.lock().unwrap() = self.academy().clone();
    }

    fn academy(&self) -> MutexGuard<'_, Academy> {
        self.academy.lock().unwrap()
    }

    fn write(
        &self,
        id: &CustomerId,
        change: impl FnOnce(&mut Customer),
    ) -> Result<Customer, WriteError> {
        let mut academy = self.academy();
        let customer = academy.customers.get_mut(id).ok_or(WriteError::NotFound)?;
        change(customer);
        Ok(customer.clone())
    }

    /// `customer` as the reply to a write shows it.
    fn reply(&self, customer: Customer) -> Customer {
        if !self.academy().dialect.bare_replies {
            return customer;
        }
        Customer {
            status: customer.status,
            tags: customer.tags,
            ..empty(customer.id)
        }
    }

    /// What the dialect refuses of `input` for the account with this external id.
    fn admit(&self, id: Option<&ExternalId>, input: &CustomerInput) -> Result<(), WriteError> {
        let dialect = &mut self.academy().dialect;
        let is_sent = |field: &&str| serde_json::to_value(input).unwrap().get(field).is_some();
        let fails_at_field = dialect.fails_at.filter(is_sent).is_some();
        let error = if fails_at_field || id.is_some_and(|id| dialect.fails.contains(id)) {
            WriteError::NoAnswer(reteach::Error::Unavailable {
                problem: "reteach PUT /customer/{id} answered 500".to_owned(),
                effect: Effect::None,
            })
        } else if id.is_some_and(|id| dialect.forbids.contains(id)) {
            let problem = "reteach PUT /customer/{id} answered 403";
            WriteError::NoAnswer(reteach::Error::Forbidden(problem.to_owned()))
        } else if let Some(field) = dialect.refuses.filter(is_sent) {
            WriteError::Refused(Refusal {
                fields: Vec::from_iter((!dialect.names_no_field).then(|| field.to_owned())),
                problem: Problem::Status(422),
            })
        } else {
            return Ok(());
        };
        dialect.refused += 1;
        Err(error)
    }
}

impl Reader for InMemory {
    async fn is_our_academy(&self) -> Result<bool, reteach::Error> {
        let mut academy = self.academy();
        academy.named += 1;
        Ok(!academy.is_another)
    }

    async fn shards(
        &self,
        numbers: &[ShardNumber],
    ) -> Result<BTreeMap<ShardNumber, Shard>, StateError> {
        let academy = self.academy();
        let stored = |number| academy.shards.get(number).cloned().unwrap_or_default();
        Ok(numbers
            .iter()
            .map(|number| (*number, stored(number)))
            .collect())
    }

    async fn entries_of(
        &self,
        portion: ShardRange,
    ) -> Result<HashMap<SourceId, EmployeeEntry>, StateError> {
        let mut entries: HashMap<_, _> = self.academy().ledger.clone().into_iter().collect();
        entries.retain(|id, _| portion.contains(id));
        Ok(entries)
    }

    async fn entries(
        &self,
        ids: &BTreeSet<&SourceId>,
    ) -> Result<HashMap<SourceId, EmployeeEntry>, StateError> {
        let mut entries = self.entries_of(ShardRange::WHOLE).await?;
        entries.retain(|id, _| ids.contains(id));
        Ok(entries)
    }

    async fn held(&self) -> Result<Option<HeldPlan>, StateError> {
        Ok(self.academy().held.clone())
    }

    async fn held_source(&self) -> Result<Option<HeldSource>, StateError> {
        Ok(self.academy().held_source.clone())
    }

    async fn list_accounts(&self, filter: AccountFilter) -> Result<AccountIndex, AccountsError> {
        self.academy().lists += 1;
        if let Some(error) = self.academy().tells_nothing.clone() {
            return Err(error.into());
        }
        if self.academy().cannot_list {
            return Err(AccountsError::Shifting);
        }
        self.academy().asked += 1;
        let mut index = AccountIndex::new(Arc::new(filter));
        let customers = self.academy().shown(self.now);
        customers.for_each(|customer| index.account(customer));
        let numbers = self.academy().numbers.take();
        if let Some((id, external_id)) = numbers {
            let number = |customer: &mut Customer| customer.external_id = Some(external_id);
            self.write(&id, number).unwrap();
        }
        Ok(index)
    }

    async fn look_up_accounts(
        &self,
        queries: &[AccountQuery<'_>],
    ) -> Result<LookUps, AccountsError> {
        self.academy().dialect.read += queries.len();
        let academy = self.academy().clone();
        let most = if academy.looks_up == 0 {
            queries.len()
        } else {
            academy.looks_up.min(queries.len())
        };
        let listed = Accounts::Listed(Box::new(academy.index()));
        let (fails, silent) = (academy.tells_nothing, academy.dialect.fails_look_ups);
        let refuses_addresses = academy.dialect.refuses_addresses;
        let answer = |query: AccountQuery<'_>| match &fails {
            Some(error) => Err(error.clone()),
            None if silent.contains(query.external_id) => Err(reteach::Error::Unavailable {
                problem: "reteach GET /customer answered 500".to_owned(),
                effect: Effect::None,
            }),
            None => {
                let found = listed.find(query);
                let is_by_id = matches!(found, Account::Fetched(_, MatchedBy::ExternalId));
                if !refuses_addresses || is_by_id || query.mail.is_none() {
                    return Ok(LookedUp::Found(found));
                }
                let problem = "reteach GET /customer/{id} was rejected (400)".to_owned();
                Ok(LookedUp::AddressRefused(reteach::Error::Unavailable {
                    problem,
                    effect: Effect::None,
                }))
            }
        };
        let asked = accounts::ask_each(&queries[..most], |query| ready(answer(*query)));
        Ok(asked.await?.into())
    }

    async fn read_accounts(
        &self,
        ids: &[&CustomerId],
    ) -> Result<HashMap<CustomerId, ReadAccount>, AccountsError> {
        let mut academy = self.academy();
        academy.read += ids.len();
        let read = |id: &CustomerId| match academy.customers.get(id) {
            _ if academy.tells_nothing.is_some() => ReadAccount::NotAsked,
            Some(customer) if academy.dialect.fails_for(customer) => ReadAccount::NoAnswer,
            Some(customer) => ReadAccount::Found(Box::new(customer.clone())),
            None => ReadAccount::Deleted,
        };
        Ok(ids.iter().map(|id| ((*id).clone(), read(id))).collect())
    }

    async fn holders_of(&self, mails: &[&str]) -> MailHolders {
        self.academy().asked += mails.len();
        let index = self.academy().index();
        let holder = |mail: &&str| Some((mail.to_lowercase(), index.holder_of(mail)?.id.clone()));
        MailHolders {
            holders: mails.iter().filter_map(holder).collect(),
            failure: None,
        }
    }
}

impl Writer for InMemory {
    async fn create(&self, input: &CustomerInput) -> Result<Customer, WriteError> {
        self.admit(input.external_id.value(), input)?;
        let found = self.academy().find(input);
        let id = match found {
            Some(found) => return Ok(self.reply(found)),
            None => self.academy().make(None),
        };
        self.update(&id, input).await
    }

    async fn update(&self, id: &CustomerId, input: &CustomerInput) -> Result<Customer, WriteError> {
        let mut others = self.academy().customers.clone();
        others.remove(id);
        if others.values().any(|other| clashes(other, input)) {
            return Err(WriteError::Refused(Refusal {
                fields: Vec::new(),
                problem: Problem::Conflict,
            }));
        }
        let external_id = self.write(id, |_| {})?.external_id;
        if self.academy().dialect.denies(external_id.as_ref()) {
            return Err(WriteError::NotFound);
        }
        self.admit(external_id.as_ref(), input)?;
        let (folds_mail, dialect) = {
            let academy = self.academy();
            (academy.folds_mail, academy.dialect.clone())
        };
        let written = self.write(id, |customer| {
            let before = customer.clone();
            if dialect.replaces {
                *customer = empty(before.id.clone());
                customer.tags.clone_from(&before.tags);
            }
            if dialect.drops_tags {
                customer.tags.clear();
            }
            fill(customer, input.clone());
            if dialect.clears_end && input.set_inactive_at.is_absent() {
                customer.set_inactive_at = None;
            }
            if dialect.escapes {
                let position = customer.position.take();
                customer.position = position.map(|text| text.replace('&', "&amp;"));
            }
            if dialect.keeps_nulls {
                let (position, until) = (before.position, before.set_inactive_at);
                customer.position = customer.position.take().or(position);
                customer.set_inactive_at = customer.set_inactive_at.or(until);
            }
            if folds_mail {
                customer.email = customer.email.take().map(|mail| mail.to_lowercase());
            }
        })?;
        Ok(self.reply(written))
    }

    async fn update_by_external_id(
        &self,
        id: &ExternalId,
        input: &CustomerInput,
    ) -> Result<Customer, WriteError> {
        let academy = self.academy().clone();
        let found = academy
            .customers
            .values()
            .find(|customer| customer.external_id.as_ref() == Some(id));
        let found = found.filter(|_| !academy.dialect.denies(Some(id)));
        match (found, academy.dialect.refuses_external_ids) {
            (Some(found), None) => self.update(&found.id, input).await,
            (_, None | Some(404)) => Err(WriteError::NotFound),
            (_, Some(status)) => Err(WriteError::Refused(Refusal {
                fields: Vec::new(),
                problem: Problem::Status(status),
            })),
        }
    }

    async fn get(&self, id: &CustomerId) -> Result<Customer, WriteError> {
        let customer = self.write(id, |_| {})?;
        let dialect = &mut self.academy().dialect;
        dialect.read += 1;
        let until = customer.set_inactive_at;
        let is_hidden = dialect.hides_locked && until.is_some_and(|until| until <= self.now);
        if is_hidden || dialect.denies(customer.external_id.as_ref()) {
            return Err(WriteError::NotFound);
        }
        let external_id = customer.external_id.as_ref();
        if external_id.is_some_and(|id| dialect.garbles.contains(id)) {
            return Err(WriteError::NoAnswer(reteach::Error::Unreadable {
                problem: "reteach GET /customer/{id}: id is missing".to_owned(),
                effect: Effect::None,
            }));
        }
        Ok(customer)
    }

    async fn add_tags(&self, id: &CustomerId, names: &[String]) -> Result<Vec<Tag>, WriteError> {
        let dialect = self.academy().dialect.clone();
        if dialect.fails_at_tags {
            return Err(WriteError::NoAnswer(reteach::Error::Unavailable {
                problem: "reteach PUT /customer/{id}/multiple-tags answered 500".to_owned(),
                effect: Effect::None,
            }));
        }
        if dialect.forbids_tags {
            let problem = "reteach PUT /customer/{id}/multiple-tags answered 403";
            return Err(WriteError::NoAnswer(reteach::Error::Forbidden(
                problem.to_owned(),
            )));
        }
        let names = if dialect.ignores_tags { &[] } else { names };
        let written = self.write(id, |customer| {
            customer.tags.extend(names.iter().map(|name| tag(name)))
        })?;
        Ok(written.tags)
    }

    async fn remove_tag(&self, id: &CustomerId, tag: &TagId) -> Result<(), WriteError> {
        self.write(id, |customer| customer.tags.retain(|held| held.id != *tag))
            .map(drop)
    }

    async fn check_lease(&self) -> Result<(), StateError> {
        Ok(())
    }

    async fn put_entry(&self, entry: &EmployeeEntry) -> Result<(), StateError> {
        let id = entry.source_id.clone();
        // Written with the key that it is read with.
        let entry = EmployeeEntry {
            is_sealed: false,
            ..entry.clone()
        };
        self.academy().ledger.insert(id, entry);
        Ok(())
    }

    async fn forget_entry(&self, id: &SourceId) -> Result<(), StateError> {
        self.academy().ledger.remove(id);
        Ok(())
    }

    async fn put_shard(&self, number: ShardNumber, shard: &Shard) -> Result<(), StateError> {
        self.academy().shards.insert(number, shard.clone());
        Ok(())
    }

    async fn put_state(&self, state: &SyncState) -> Result<(), StateError> {
        self.academy().state = Some(state.clone());
        Ok(())
    }

    async fn put_held(&self, held: &HeldPlan) -> Result<(), StateError> {
        self.academy().held = Some(held.clone());
        Ok(())
    }

    async fn clear_held(&self) -> Result<(), StateError> {
        self.academy().held = None;
        Ok(())
    }

    async fn put_held_source(&self, source: &HeldSource) -> Result<(), StateError> {
        self.academy().held_source = Some(source.clone());
        Ok(())
    }

    async fn clear_held_source(&self) -> Result<(), StateError> {
        self.academy().held_source = None;
        Ok(())
    }

    async fn open_gate(&self, now: Timestamp) -> Result<(), StateError> {
        self.academy().gate.get_or_insert(now);
        Ok(())
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    /// Asked once before each change, and not again when the time is over.
    fn is_out_of_time(&self) -> bool {
        self.remember();
        let less = |left: usize| left.checked_sub(1);
        self.changes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
            .is_err()
    }

    fn concurrency(&self) -> usize {
        1
    }
}

impl Academy {
    /// The account that reteach finds in place of creating another one.
    fn find(&self, input: &CustomerInput) -> Option<Customer> {
        let external_id = input.external_id.value();
        let mut customers = self.customers.values();
        let found = customers.find(|customer| {
            customer.external_id.as_ref() == external_id || clashes(customer, input)
        });
        found.cloned()
    }

    fn shown(&self, now: Timestamp) -> impl Iterator<Item = Customer> + use<> {
        let hides_locked = self.hides_locked;
        let left_out = self.dialect.leaves_out.clone();
        let customers = self.customers.clone().into_values();
        customers.filter(move |customer| {
            let external_id = customer.external_id.as_ref();
            !external_id.is_some_and(|id| left_out.contains(id))
                && (!hides_locked || AccountView::from(customer.clone()).is_open_at(now))
        })
    }

    fn index(&self) -> AccountIndex {
        AccountIndex::of(self.customers.values().cloned().collect())
    }

    fn look_up(&self, queries: &[AccountQuery<'_>]) -> Accounts {
        let listed = Accounts::Listed(Box::new(self.index()));
        let found = queries.iter().map(|query| {
            let found = LookedUp::Found(listed.find(*query));
            (query.external_id.clone(), found)
        });
        Accounts::LookedUp(found.collect())
    }

    /// Everything that a plan for these people is made from.
    pub(crate) fn candidates(
        &self,
        people: &People,
        ids: (&BTreeSet<SourceId>, &BTreeSet<SourceId>),
        asking: Asking,
        config: &TenantConfig,
    ) -> Vec<Candidate> {
        let entries = self.ledger.clone().into_iter().collect();
        let unmatched = candidates(TOOL, config, people, ids, entries);
        let accounts = match asking {
            Asking::Everybody => Accounts::Listed(Box::new(self.index())),
            Asking::Unknown => self.look_up(&queries(&unmatched)),
        };
        with_accounts(unmatched, Some(&accounts), &crate::plan::builders::key())
    }

    /// Applies the whole plan, and notes conflicts and what was seen of other accounts.
    pub(crate) fn apply(
        &mut self,
        plan: &Plan,
        candidates: &[Candidate],
        now: Timestamp,
    ) -> ApplyOutcome {
        let memory = InMemory::new(std::mem::take(self), usize::MAX, now);
        let outcome = apply(
            &memory,
            plan,
            candidates,
            (&config(""), now),
            Learned::default(),
            &|| {},
        )
        .now_or_never();
        let mut notes = conflict_entries(plan, candidates, now);
        notes.extend(seen_entries(plan, candidates));
        let noted = write_entries(&memory, &notes).now_or_never();
        noted.unwrap().unwrap();
        *self = memory.into_academy();
        outcome.unwrap()
    }

    /// Makes an empty account with this mail address.
    pub(crate) fn make(&mut self, email: Option<String>) -> CustomerId {
        self.made += 1;
        let id = CustomerId::new(format!("c{}", self.made));
        let mut customer = empty(id.clone());
        customer.email = email;
        self.customers.insert(id.clone(), customer);
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

pub(crate) fn tag(name: &str) -> Tag {
    Tag {
        id: TagId::new(format!("t {name}")),
        name: name.to_owned(),
    }
}

fn empty(id: CustomerId) -> Customer {
    let row = serde_json::json!({"id": id.as_str(), "status": "ADDED"});
    serde_json::from_value(row).unwrap()
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
        others,
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
    customer.others.extend(others);
}

/// What an account holds of an attribute.
pub(crate) fn held(customer: &Customer, attribute: Attribute) -> Vec<String> {
    let view = crate::plan::AccountView::from(customer.clone());
    view.values_of(attribute)
        .into_iter()
        .map(|text| text.reveal().to_owned())
        .collect()
}
