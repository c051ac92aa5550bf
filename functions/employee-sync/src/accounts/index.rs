//! The accounts of an academy that matter to a run. All others are only counted: an academy may have many times as many
//! accounts as the company has people.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::BuildHasher as _;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use shared::domain::id::{CustomerId, ExternalId};
use shared::fingerprint::ShardRange;
use shared::reteach::{CollectAccounts, Customer, Status, UnreadableAccount};

use super::{AccountQuery, LookedUp, ReadAccount, by_mail};
use crate::plan::{Account, AccountView, MatchedBy, folded};

/// Unreadable rows and open accounts that a report names.
const NAMED: usize = 10;
/// Accounts in use that a date should have locked, from which on single admins do not explain it.
const SEVERAL: u64 = 2;

/// An academy may need this long to lock an account whose end has passed, and may count its days in another offset.
const LOCKS_WITHIN: SignedDuration = SignedDuration::from_hours(24);

#[derive(Debug)]
pub struct AccountFilter {
    /// Hashes of the ids and mail addresses that are asked for; `None` keeps everything. A collision keeps an account
    /// too many.
    wanted: Option<HashSet<u64>>,
    /// The HR system, as external ids name it.
    tool: String,
    /// Whose accounts are kept even if nobody asks for them.
    also: Option<ShardRange>,
    /// Accounts that ended a day before are looked at: have they been locked?
    now: Option<Timestamp>,
    hasher: RandomState,
}

impl AccountFilter {
    /// Keeps what `queries` may find.
    #[must_use]
    pub fn of(queries: &[AccountQuery<'_>], tool: &str) -> Self {
        let hasher = RandomState::new();
        let mut wanted = HashSet::with_capacity(3 * queries.len());
        for query in queries {
            wanted.insert(hasher.hash_one(query.external_id.as_str()));
            wanted.extend(query.known.map(|id| hasher.hash_one(id.as_str())));
            wanted.extend(query.mail.map(|mail| hasher.hash_one(folded(mail))));
        }
        Self {
            wanted: Some(wanted),
            tool: tool.to_owned(),
            also: None,
            now: None,
            hasher,
        }
    }

    /// Looks whether accounts that ended a day before `now` are locked.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        self.now = Some(now);
        self
    }

    /// Keeps all accounts of people of the HR system in this portion too.
    #[must_use]
    pub fn and_of(mut self, portion: ShardRange) -> Self {
        self.also = Some(portion);
        self
    }

    fn everything() -> Self {
        Self {
            wanted: None,
            tool: String::new(),
            also: None,
            now: None,
            hasher: RandomState::new(),
        }
    }

    fn keeps(
        &self,
        id: Option<&CustomerId>,
        external_id: Option<&ExternalId>,
        mail: Option<&str>,
    ) -> bool {
        let Some(wanted) = &self.wanted else {
            return true;
        };
        let is_wanted = |key: &str| wanted.contains(&self.hasher.hash_one(key));
        let person = || external_id?.source_id(&self.tool);
        id.is_some_and(|id| is_wanted(id.as_str()))
            || external_id.is_some_and(|id| is_wanted(id.as_str()))
            || self
                .also
                .is_some_and(|portion| person().is_some_and(|id| portion.contains(&id)))
            || mail.is_some_and(|mail| is_wanted(&folded(mail)))
    }
}

/// Rows of the list that could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnreadableRows {
    pub count: u64,
    /// The first few: account and field.
    pub named: Vec<String>,
}

/// Accounts with our external ids whose `setInactiveAt` passed more than a day ago, by the status that reteach shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndedAccounts {
    /// `INACTIVE`, as they should be.
    pub inactive: u64,
    /// `ACTIVE`: these people can still log in.
    pub active: u64,
    /// `ADDED` or `INVITED`: these people have never logged in.
    pub unused: u64,
    /// The external ids of the first few that are not inactive.
    pub named: Vec<String>,
}

impl EndedAccounts {
    /// Whether several are in use and none is locked: one alone may have been opened by hand.
    #[must_use]
    pub fn none_is_locked(&self) -> bool {
        self.inactive == 0 && self.active >= SEVERAL
    }

    fn add(&mut self, id: &ExternalId, status: Option<&Status>) {
        let counter = match status {
            Some(Status::Inactive) => {
                self.inactive += 1;
                return;
            }
            Some(Status::Active) => &mut self.active,
            Some(Status::Added | Status::Invited) => &mut self.unused,
            Some(Status::Other(_)) | None => return,
        };
        *counter += 1;
        if self.named.len() < NAMED {
            self.named.push(id.as_str().to_owned());
        }
    }
}

/// External ids that more than one account carries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SharedIds {
    /// The accounts that carry an id that another account of the list carries too.
    pub count: u64,
    /// The first few: external id and the ids of two accounts.
    pub named: Vec<String>,
}

impl SharedIds {
    fn add(&mut self, id: &ExternalId, accounts: [&CustomerId; 2]) {
        self.count += 1;
        if self.named.len() < NAMED {
            let [first, other] = accounts.map(CustomerId::as_str);
            self.named
                .push(format!("{}: {first} and {other}", id.as_str()));
        }
    }
}

/// Accounts that the ledger knows and the list lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Those that were read by their id and are there: the list does not show all accounts.
    pub found: u64,
    /// The external ids or ids of the first few.
    pub named: Vec<String>,
    /// Those that nobody has read, or that reteach does not answer for. They may be there.
    unread: HashSet<CustomerId>,
}

/// The accounts of an academy, as far as they were kept.
#[derive(Debug)]
pub struct AccountIndex {
    filter: Arc<AccountFilter>,
    accounts: Vec<AccountView>,
    by_external_id: HashMap<ExternalId, usize>,
    /// All accounts with an external id that several carry.
    sharing: HashMap<ExternalId, Vec<usize>>,
    by_mail: HashMap<String, usize>,
    by_id: HashMap<CustomerId, usize>,
    /// All accounts, those that were not kept too.
    total: usize,
    /// Those of them that carry an external id of the HR system.
    numbered: usize,
    /// The field that does not fit, by each id and mail address that an unreadable row names.
    unreadable: BTreeMap<String, String>,
    rows: UnreadableRows,
    ended: EndedAccounts,
    shared: SharedIds,
    left_out: LeftOut,
}

/// Two readings brought the same if they brought the same of what was kept.
impl PartialEq for AccountIndex {
    fn eq(&self, other: &Self) -> bool {
        self.accounts == other.accounts && self.unreadable == other.unreadable
    }
}

impl CollectAccounts for AccountIndex {
    fn account(&mut self, customer: Customer) {
        self.total += 1;
        let (id, external_id) = (&customer.id, customer.external_id.as_ref());
        let is_numbered = external_id.is_some_and(|id| id.source_id(&self.filter.tool).is_some());
        self.numbered += usize::from(is_numbered);
        let end = customer.set_inactive_at;
        if let Some((now, end)) = self.filter.now.zip(end)
            && let Some(id) = external_id.filter(|_| is_numbered)
            && end
                .saturating_add(LOCKS_WITHIN)
                .is_ok_and(|locked| locked <= now)
        {
            self.ended.add(id, customer.status.as_ref());
        }
        if self
            .filter
            .keeps(Some(id), external_id, customer.email.as_deref())
        {
            self.insert(customer.into());
        }
    }

    fn unreadable(&mut self, row: UnreadableAccount) {
        self.total += 1;
        self.rows.count += 1;
        let (id, external_id) = (row.id.as_ref(), row.external_id.as_ref());
        if self.rows.named.len() < NAMED {
            let id = id.map_or("without an id", CustomerId::as_str);
            self.rows.named.push(format!("{id} ({})", row.field));
        }
        if self.filter.keeps(id, external_id, row.email.as_deref()) {
            let id = row.id.map(|id| id.as_str().to_owned());
            let external_id = row.external_id.map(|id| id.as_str().to_owned());
            let mail = row.email.map(|mail| folded(&mail));
            let keys = [id, external_id, mail].into_iter().flatten();
            self.unreadable
                .extend(keys.map(|key| (key, row.field.clone())));
        }
    }
}

impl AccountIndex {
    pub(crate) fn new(filter: Arc<AccountFilter>) -> Self {
        Self {
            filter,
            accounts: Vec::new(),
            by_external_id: HashMap::new(),
            sharing: HashMap::new(),
            by_mail: HashMap::new(),
            by_id: HashMap::new(),
            total: 0,
            numbered: 0,
            unreadable: BTreeMap::new(),
            rows: UnreadableRows::default(),
            ended: EndedAccounts::default(),
            shared: SharedIds::default(),
            left_out: LeftOut::default(),
        }
    }

    #[must_use]
    pub fn of(customers: Vec<Customer>) -> Self {
        let mut index = Self::new(Arc::new(AccountFilter::everything()));
        for customer in customers {
            index.account(customer);
        }
        index
    }

    fn insert(&mut self, account: AccountView) {
        let at = self.accounts.len();
        self.by_id.insert(account.id.clone(), at);
        if let Some(id) = &account.external_id {
            // The first account of the list keeps the id, however often it is read.
            let first = *self.by_external_id.entry(id.clone()).or_insert(at);
            let known = self.accounts.get(first).map(|account| &account.id);
            if let Some(known) = known.filter(|known| **known != account.id) {
                self.shared.add(id, [known, &account.id]);
                let sharing = self.sharing.entry(id.clone());
                sharing.or_insert_with(|| vec![first]).push(at);
            }
        }
        if let Some(mail) = account.folded_mail() {
            self.by_mail.insert(mail, at);
        }
        self.accounts.push(account);
    }

    pub fn len(&self) -> usize {
        self.total
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// The number of accounts that do not carry an external id of the HR system.
    pub fn foreign(&self) -> usize {
        self.total - self.numbered
    }

    /// The account that has this mail address, of those that were kept.
    #[must_use]
    pub fn holder_of(&self, mail: &str) -> Option<&AccountView> {
        self.accounts.get(*self.by_mail.get(&folded(mail))?)
    }

    pub fn kept(&self) -> impl Iterator<Item = &AccountView> {
        self.accounts.iter()
    }

    pub fn unreadable_rows(&self) -> &UnreadableRows {
        &self.rows
    }

    /// The accounts that ended a day before, if the filter asks for them.
    pub fn ended(&self) -> &EndedAccounts {
        &self.ended
    }

    /// The external ids that more than one of the kept accounts carries.
    pub fn shared_ids(&self) -> &SharedIds {
        &self.shared
    }

    /// The account that the ledger knows, if the list has neither it nor another one with the person's external id.
    pub(crate) fn lacks<'q>(&self, query: AccountQuery<'q>) -> Option<&'q CustomerId> {
        let is_listed = |known: &CustomerId| {
            self.by_id.contains_key(known) || self.by_external_id.contains_key(query.external_id)
        };
        let is_unreadable = self.unreadable_field(query).is_some();
        query
            .known
            .filter(|known| !is_unreadable && !is_listed(known))
    }

    /// Takes what came of reading accounts that the list lacks. `others` were not read: they are believed to be deleted
    /// where all that were read are.
    #[must_use]
    pub(crate) fn with_read(
        mut self,
        read: HashMap<CustomerId, ReadAccount>,
        others: &[&CustomerId],
    ) -> Self {
        let mut are_deleted = false;
        // Each run names the same ones.
        let read: BTreeMap<_, _> = read.into_iter().collect();
        for (id, account) in read {
            match account {
                ReadAccount::Found(customer) => {
                    self.left_out.found += 1;
                    if self.left_out.named.len() < NAMED {
                        let external_id = customer.external_id.as_ref().map(ExternalId::as_str);
                        let name = external_id.unwrap_or(id.as_str()).to_owned();
                        self.left_out.named.push(name);
                    }
                    self.account(*customer);
                }
                ReadAccount::Deleted => are_deleted = true,
                ReadAccount::NoAnswer | ReadAccount::NotAsked => {
                    self.left_out.unread.insert(id);
                }
            }
        }
        if self.left_out.found > 0 || !are_deleted {
            let others = others.iter().map(|id| (*id).clone());
            self.left_out.unread.extend(others);
        }
        self.left_out.named.sort();
        self
    }

    /// Takes accounts that were looked up where the list lacks them, or shows them without an external id.
    #[must_use]
    pub(crate) fn with_looked_up(mut self, found: HashMap<ExternalId, LookedUp>) -> Self {
        // Each run finds the same of several accounts with one external id.
        let found: BTreeMap<_, _> = found.into_iter().collect();
        for answer in found.into_values() {
            let LookedUp::Found(Account::Fetched(account, _) | Account::Conflicting(account, _)) =
                answer
            else {
                continue;
            };
            let listed = self
                .by_id
                .get(&account.id)
                .and_then(|at| self.accounts.get(*at));
            let has_id = account.external_id.is_some();
            if listed.is_none_or(|listed| listed.external_id.is_none() && has_id) {
                self.insert(*account);
            }
        }
        self
    }

    /// The accounts that the list lacks and that are there.
    pub fn left_out(&self) -> &LeftOut {
        &self.left_out
    }

    pub(super) fn may_leave_out(&self, known: &CustomerId) -> bool {
        self.left_out.unread.contains(known)
    }

    /// Of two accounts with one external id, the one that the ledger knows.
    pub(super) fn find(&self, query: AccountQuery<'_>) -> Account {
        let get = |at: &usize| self.accounts.get(*at);
        let known = query.known.and_then(|id| self.by_id.get(id)).and_then(get);
        let ours = known.filter(|account| account.external_id.as_ref() == Some(query.external_id));
        let first = || self.by_external_id.get(query.external_id).and_then(get);
        if let Some(account) = ours.or_else(first) {
            return Account::Fetched(Box::new(account.clone()), MatchedBy::ExternalId);
        }
        if let Some(account) = known.filter(|account| account.external_id.is_none()) {
            return Account::Fetched(Box::new(account.clone()), MatchedBy::Ledger);
        }
        let mail = query.mail.map(folded);
        mail.and_then(|mail| self.by_mail.get(&mail))
            .and_then(get)
            .map_or(Account::Missing, |account| by_mail(account, query))
    }

    /// Other accounts that carry the external id of `account`.
    pub(crate) fn twins<'a>(
        &'a self,
        account: &'a AccountView,
    ) -> impl Iterator<Item = &'a AccountView> {
        let external_id = account.external_id.as_ref();
        let sharing = external_id.and_then(|id| self.sharing.get(id));
        let sharing = sharing.into_iter().flatten();
        sharing
            .filter_map(|at| self.accounts.get(*at))
            .filter(|twin| twin.id != account.id)
    }

    /// The field that does not fit, if the row of this person's account cannot be read.
    pub(super) fn unreadable_field(&self, query: AccountQuery<'_>) -> Option<&str> {
        let get = |key: &str| self.unreadable.get(key).map(String::as_str);
        get(query.external_id.as_str())
            .or_else(|| get(query.known?.as_str()))
            .or_else(|| get(&folded(query.mail?)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn customer(number: usize, external_id: Option<String>) -> Customer {
        let customer = json!({"id": format!("c{number}"), "externalId": external_id,
            "email": format!("somebody-{number}@example.com"), "firstName": "Erika"});
        serde_json::from_value(customer).unwrap()
    }

    #[test]
    fn of_300_000_foreign_accounts_only_those_of_our_people_are_kept() {
        let ours = ExternalId::new("personio:1");
        let known = CustomerId::new("c2");
        let queries = [
            (&ours, None, None),
            (&ours, Some(&known), None),
            (&ours, None, Some("SOMEBODY-3@example.com")),
        ];
        let queries = queries.map(|(external_id, known, mail)| AccountQuery {
            external_id,
            known,
            mail,
        });
        let filter = AccountFilter::of(&queries, "personio").and_of(ShardRange::WHOLE);
        let mut index = AccountIndex::new(Arc::new(filter));
        index.account(customer(1, Some("personio:1".to_owned())));
        index.account(customer(2, None));
        index.account(customer(3, Some("sap:3".to_owned())));
        index.account(customer(4, Some("personio:99".to_owned())));
        for number in 5..300_000 {
            index.account(customer(number, None));
        }
        assert_eq!((index.len(), index.kept().count()), (299_999, 4));
        let found = queries.map(|query| match index.find(query) {
            Account::Fetched(account, how) => (account.id.as_str().to_owned(), how),
            other => panic!("{other:?}"),
        });
        assert_eq!(found[0], ("c1".to_owned(), MatchedBy::ExternalId));
    }

    /// An account with an id, external id and mail address of a few.
    fn arbitrary_customer() -> impl Strategy<Value = Customer> {
        let external_id = prop::option::of(prop::sample::select(vec![
            "personio:1",
            "personio:2",
            "personio:9",
            "sap:1",
        ]));
        let mail = prop::option::of(prop::sample::select(vec!["a@x.de", "A@X.de", "b@x.de"]));
        (0..6_u8, external_id, mail).prop_map(|(id, external_id, mail)| {
            let row = json!({"id": format!("c{id}"), "externalId": external_id, "email": mail});
            serde_json::from_value(row).unwrap()
        })
    }

    proptest! {
        #[test]
        fn an_index_of_what_is_asked_for_finds_what_an_index_of_all_finds(
            customers in prop::collection::vec(arbitrary_customer(), 0..6),
            external_id in prop::sample::select(vec!["personio:1", "personio:2", "personio:3"]),
            known in prop::option::of(0..6_u8),
            mail in prop::option::of(prop::sample::select(vec!["a@x.de", "B@x.de", "c@x.de"])),
        ) {
            let external_id = ExternalId::new(external_id);
            let known = known.map(|id| CustomerId::new(format!("c{id}")));
            let query = AccountQuery {
                external_id: &external_id,
                known: known.as_ref(),
                mail,
            };
            let mut some = AccountIndex::new(Arc::new(AccountFilter::of(&[query], "personio")));
            for customer in customers.clone() {
                some.account(customer);
            }
            let all = AccountIndex::of(customers);
            prop_assert_eq!(format!("{:?}", some.find(query)), format!("{:?}", all.find(query)));
            prop_assert_eq!(some.len(), all.len());
        }
    }

    #[test]
    fn of_two_accounts_with_one_external_id_the_known_one_is_kept_and_both_are_named() {
        let ours = ExternalId::new("personio:1");
        let carry = |number| customer(number, Some("personio:1".to_owned()));
        // The last row is the first account again, as a page that shifts repeats it.
        let index = AccountIndex::of(vec![carry(1), carry(2), customer(3, None), carry(1)]);
        for (known, expected) in [
            (None, "c1"),
            (Some("c1"), "c1"),
            (Some("c2"), "c2"),
            (Some("c3"), "c1"),
        ] {
            let known = known.map(CustomerId::new);
            let found = index.find(AccountQuery {
                external_id: &ours,
                known: known.as_ref(),
                mail: None,
            });
            match found {
                Account::Fetched(account, MatchedBy::ExternalId) => {
                    assert_eq!(account.id.as_str(), expected);
                }
                other => panic!("{other:?}"),
            }
        }
        let expected = SharedIds {
            count: 1,
            named: vec!["personio:1: c1 and c2".to_owned()],
        };
        assert_eq!(index.shared_ids(), &expected);
    }

    #[test]
    fn an_unreadable_row_is_found_by_everything_that_names_it() {
        let (ours, id) = (ExternalId::new("personio:1"), CustomerId::new("c1"));
        let query = AccountQuery {
            external_id: &ours,
            known: Some(&id),
            mail: Some("Erika@example.com"),
        };
        type Edit = fn(&mut UnreadableAccount);
        let cases: [(Edit, bool); 4] = [
            (|row| row.id = Some(CustomerId::new("c1")), true),
            (
                |row| row.external_id = Some(ExternalId::new("personio:1")),
                true,
            ),
            (|row| row.email = Some("erika@EXAMPLE.com".to_owned()), true),
            (|row| row.id = Some(CustomerId::new("c2")), false),
        ];
        for (edit, is_found) in cases {
            let filter = AccountFilter::of(&[query], "personio");
            let mut index = AccountIndex::new(Arc::new(filter));
            let mut row = UnreadableAccount {
                id: None,
                external_id: None,
                email: None,
                field: "setActiveAt".to_owned(),
            };
            edit(&mut row);
            index.unreadable(row.clone());
            let expected = is_found.then_some("setActiveAt");
            assert_eq!(index.unreadable_field(query), expected, "{row:?}");
            assert_eq!(index.unreadable_rows().count, 1);
        }
    }
}
