//! Finding people's accounts: by external id, else by mail address. For many people all customers are listed once and
//! indexed; nobody is looked up one by one.

mod index;

pub use index::{AccountFilter, AccountIndex, EndedAccounts, SharedIds, UnreadableRows};

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use shared::access::AccessWindow;
use shared::domain::id::{CustomerId, ExternalId};
use shared::mapping::{Attribute, Text};
use shared::reteach::{self, Client, Completeness, Customer, Gender};

use crate::plan::{Account, AccountView, Change, Holder, MatchedBy, Plan};

/// What is asked about one person.
#[derive(Clone, Copy, Debug)]
pub struct AccountQuery<'a> {
    /// Our external id.
    pub external_id: &'a ExternalId,
    /// The account that the ledger knows.
    pub known: Option<&'a CustomerId>,
    /// Their mail address, if they have one and may be adopted by it.
    pub mail: Option<&'a str>,
}

/// Accounts as far as reteach was asked.
#[derive(Debug)]
pub enum Accounts {
    /// All of them.
    Listed(Box<AccountIndex>),
    /// These people's, by external id. Of others the run had no time to ask.
    LookedUp(HashMap<ExternalId, LookedUp>),
}

/// What came of looking somebody up.
#[derive(Debug)]
pub enum LookedUp {
    Found(Account),
    /// reteach does not answer for this account, while it answers for others.
    NoAnswer(reteach::Error),
}

impl From<Customer> for AccountView {
    fn from(customer: Customer) -> Self {
        let Customer {
            id,
            external_id,
            email,
            user_name,
            first_name,
            last_name,
            position,
            company,
            department,
            location,
            gender,
            set_active_at,
            set_inactive_at,
            status: _,
            tags,
            others: _,
        } = customer;
        let values = [
            (Attribute::Email, email),
            (Attribute::UserName, user_name),
            (Attribute::FirstName, first_name),
            (Attribute::LastName, last_name),
            (Attribute::Position, position),
            (Attribute::Company, company),
            (Attribute::Department, department),
            (Attribute::Location, location),
            (Attribute::Gender, gender.map(gender_name)),
        ];
        let filled = values
            .into_iter()
            .filter_map(|(attribute, value)| Some((attribute, value?)));
        let values: BTreeMap<_, _> = filled
            .filter(|(_, value)| !value.is_empty())
            .map(|(it, value)| (it, Text::new(value)))
            .collect();
        Self {
            id,
            external_id: external_id.filter(|id| !id.as_str().is_empty()),
            values,
            tags: tags.into_iter().map(|tag| Text::new(tag.name)).collect(),
            window: AccessWindow {
                active_at: set_active_at,
                inactive_at: set_inactive_at,
            },
        }
    }
}

fn gender_name(gender: Gender) -> String {
    match gender {
        Gender::Male => "MALE".to_owned(),
        Gender::Female => "FEMALE".to_owned(),
        Gender::Diverse => "DIVERSE".to_owned(),
        Gender::Other(name) => name,
    }
}

/// An account found by mail address is adopted only if it has no external id.
fn by_mail(account: &AccountView) -> Account {
    if account.external_id.is_some() {
        Account::Conflicting(Box::new(account.clone()), Holder::Other)
    } else {
        Account::Fetched(Box::new(account.clone()), MatchedBy::Mail)
    }
}

impl Accounts {
    /// What reteach says about the person of `query`.
    #[must_use]
    pub fn find(&self, query: AccountQuery<'_>) -> Account {
        match self {
            Self::Listed(index) => index.find(query),
            Self::LookedUp(accounts) => match accounts.get(query.external_id) {
                Some(LookedUp::Found(account)) => account.clone(),
                Some(LookedUp::NoAnswer(_)) | None => Account::NotFetched,
            },
        }
    }

    /// Whether reteach was asked about this person.
    #[must_use]
    pub fn were_asked(&self, external_id: &ExternalId) -> bool {
        match self {
            Self::Listed(_) => true,
            Self::LookedUp(accounts) => accounts.contains_key(external_id),
        }
    }

    /// Why reteach gave no answer about this person.
    #[must_use]
    pub fn unanswered(&self, external_id: &ExternalId) -> Option<&reteach::Error> {
        match self {
            Self::LookedUp(accounts) => match accounts.get(external_id)? {
                LookedUp::NoAnswer(error) => Some(error),
                LookedUp::Found(_) => None,
            },
            Self::Listed(_) => None,
        }
    }

    /// The field that does not fit, if this person's account is listed and cannot be read.
    #[must_use]
    pub fn unreadable_field(&self, query: AccountQuery<'_>) -> Option<&str> {
        match self {
            Self::Listed(index) => index.unreadable_field(query),
            Self::LookedUp(_) => None,
        }
    }
}

/// Why accounts could not be found out.
#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    /// reteach did not answer.
    #[error(transparent)]
    Reteach(#[from] reteach::Error),
    /// The list of customers changed while it was read, each time.
    #[error(
        "reteach's list of customers kept changing while it was read; the next run tries again"
    )]
    Shifting,
    /// The list is empty, and the ledger knows this many accounts.
    #[error(
        "reteach lists no account at all, and {0} are known: nothing was written, the next run asks again; \
         if the academy was emptied on purpose, `tenants remove` and `tenants add` start again"
    )]
    Emptied(usize),
}

impl AccountsError {
    /// Whether only the list is at fault: people can still be looked up one by one, or follow from the ledger.
    #[must_use]
    pub fn is_of_the_list(&self) -> bool {
        use reteach::Error;
        match self {
            Self::Shifting => true,
            Self::Emptied(_) => false,
            Self::Reteach(error) => !matches!(error, Error::Credential(_) | Error::Forbidden(_)),
        }
    }
}

/// Lists all accounts, page by page, and keeps those that `filter` lets through.
///
/// # Errors
/// [`AccountsError`] if a page fails or the list does not hold still: an account that is not in it might be made twice.
pub async fn list(client: &Client, filter: AccountFilter) -> Result<AccountIndex, AccountsError> {
    let filter = Arc::new(filter);
    let listing = client
        .list_all(|| AccountIndex::new(Arc::clone(&filter)))
        .await?;
    match listing.completeness {
        Completeness::Complete => Ok(listing.accounts),
        Completeness::Shifting => Err(AccountsError::Shifting),
    }
}

/// Looks up each of `queries`, one or two calls a person, until the time is over or the academy takes no more calls.
///
/// # Errors
/// [`AccountsError`] if reteach refuses the credentials, does not answer for six people in a row, or for nobody in time.
pub async fn look_up(
    client: &Client,
    queries: &[AccountQuery<'_>],
) -> Result<Accounts, AccountsError> {
    let mut accounts = HashMap::new();
    let mut turns = Turns::new(queries.len());
    while let Some(query) = turns.next().and_then(|index| queries.get(index)) {
        let looked_up = match look_up_one(client, *query).await {
            Ok(account) => {
                turns.answered();
                LookedUp::Found(account)
            }
            Err(error) if is_personal(&error) && turns.may_be_personal() => {
                LookedUp::NoAnswer(error)
            }
            Err(error) if is_over(&error) && !accounts.is_empty() => break,
            Err(error) => return Err(error.into()),
        };
        accounts.insert(query.external_id.clone(), looked_up);
    }
    Ok(Accounts::LookedUp(accounts))
}

/// The accounts that have mail addresses, as far as reteach was asked.
#[derive(Debug, Default)]
pub struct MailHolders {
    /// By address in lower case.
    pub holders: HashMap<String, CustomerId>,
    /// Why the rest was not found out.
    pub failure: Option<reteach::Error>,
}

/// The accounts that have these mail addresses, up to the first one that reteach does not answer for.
pub async fn holders_of(client: &Client, mails: &[&str]) -> MailHolders {
    let mut found = MailHolders::default();
    for mail in mails {
        match client.find_by_email(mail).await {
            Ok(Some(customer)) => {
                found.holders.insert(mail.to_lowercase(), customer.id);
            }
            Ok(None) => {}
            Err(error) => {
                found.failure = Some(error);
                break;
            }
        }
    }
    found
}

/// Puts the values that the accounts hold now into `plan`, where it knows only digests of them. Accounts that carry
/// another external id are left out. For people to look at: nothing may be decided by it.
///
/// # Errors
/// [`AccountsError`] if reteach does not answer; `plan` is as it was, or in part.
pub async fn read_old_values(
    client: &Client,
    tool: &str,
    plan: &mut Plan,
) -> Result<(), AccountsError> {
    let mut changes: Vec<&mut Change> = plan.changes.iter_mut().chain(&mut plan.held).collect();
    changes.retain(|change| change.hides_old_values());
    let queries: Vec<_> = changes
        .iter()
        .map(|change| AccountQuery {
            external_id: &change.external_id,
            known: None,
            mail: None,
        })
        .collect();
    let index = if queries.len() > FEW {
        list(client, AccountFilter::of(&queries, tool)).await?
    } else {
        let mut found = Vec::new();
        for query in &queries {
            found.extend(client.find_by_external_id(query.external_id).await?);
        }
        AccountIndex::of(found)
    };
    for change in changes {
        let query = AccountQuery {
            external_id: &change.external_id,
            known: None,
            mail: None,
        };
        if let Account::Fetched(account, MatchedBy::ExternalId) = index.find(query) {
            change.show_old_values(&account);
        }
    }
    Ok(())
}

/// So many accounts are read one by one.
const FEW: usize = 50;

/// After so many people in a row without an answer others are tried.
const SILENT_IN_A_ROW: usize = 3;
/// So many of them.
const PROBES: usize = 3;

/// Who is looked up next, by position: after three people in a row without an answer somebody from the end, so that people whose
/// accounts always fail stop nobody else.
#[derive(Debug)]
struct Turns {
    remaining: Range<usize>,
    silent: usize,
}

impl Turns {
    fn new(people: usize) -> Self {
        Self {
            remaining: 0..people,
            silent: 0,
        }
    }

    fn next(&mut self) -> Option<usize> {
        if self.silent < SILENT_IN_A_ROW {
            self.remaining.next()
        } else {
            self.remaining.next_back()
        }
    }

    fn answered(&mut self) {
        self.silent = 0;
    }

    /// Counts a missing answer. Whether it may be about one account alone.
    fn may_be_personal(&mut self) -> bool {
        self.silent += 1;
        self.silent < SILENT_IN_A_ROW + PROBES
    }
}

/// Whether the failure may be about one account alone.
fn is_personal(error: &reteach::Error) -> bool {
    use reteach::Error;
    match error {
        Error::NotFound { .. }
        | Error::Rejected { .. }
        | Error::Conflict { .. }
        | Error::Forbidden(_)
        | Error::Unavailable { .. }
        | Error::TooLarge { .. }
        | Error::Unreadable { .. } => true,
        Error::Credential(_) | Error::Limited(_) | Error::OutOfTime { .. } => false,
    }
}

/// Whether nobody else can be looked up in this run.
fn is_over(error: &reteach::Error) -> bool {
    matches!(
        error,
        reteach::Error::Limited(_) | reteach::Error::OutOfTime { .. }
    )
}

async fn look_up_one(client: &Client, query: AccountQuery<'_>) -> Result<Account, reteach::Error> {
    if let Some(customer) = client.find_by_external_id(query.external_id).await? {
        return Ok(Account::Fetched(
            Box::new(customer.into()),
            MatchedBy::ExternalId,
        ));
    }
    let Some(mail) = query.mail else {
        return Ok(Account::Missing);
    };
    let found = client.find_by_email(mail).await?;
    Ok(found
        .map(AccountView::from)
        .map_or(Account::Missing, |account| by_mail(&account)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_whose_accounts_give_no_answer_stop_nobody_unless_nobody_gets_one() {
        // So many give none at the beginning of the list, so many get one after them, and so many are asked about.
        for (silent, others, asked) in [
            (2, 0, 2),
            (5, 0, 5),
            (6, 0, 6),
            (9, 0, 6),
            (12, 3, 15),
            (40, 20, 60),
        ] {
            let mut turns = Turns::new(silent + others);
            let mut calls = 0;
            while let Some(index) = turns.next() {
                calls += 1;
                if index >= silent {
                    turns.answered();
                } else if !turns.may_be_personal() {
                    assert!(others == 0 && silent >= 6, "{silent}, {others}");
                    break;
                }
            }
            assert_eq!(calls, asked, "{silent}, {others}");
        }
    }
}
