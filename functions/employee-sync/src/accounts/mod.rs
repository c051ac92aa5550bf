//! Finding people's accounts: by external id, else by mail address. For many people all customers are listed once and
//! indexed; nobody is looked up one by one.

use std::collections::{BTreeMap, HashMap};

use shared::access::AccessWindow;
use shared::domain::id::{CustomerId, ExternalId};
use shared::mapping::{Attribute, Text};
use shared::reteach::{self, Client, Completeness, Customer, Gender};

use crate::plan::{Account, AccountView, MatchedBy};

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

/// All accounts of an academy.
#[derive(Debug, Default)]
pub struct AccountIndex {
    accounts: Vec<AccountView>,
    by_external_id: HashMap<ExternalId, usize>,
    by_mail: HashMap<String, usize>,
    by_id: HashMap<CustomerId, usize>,
}

/// Accounts as far as reteach was asked.
#[derive(Debug)]
pub enum Accounts {
    /// All of them.
    Listed(AccountIndex),
    /// These people's, by external id.
    LookedUp(HashMap<ExternalId, Account>),
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

impl AccountIndex {
    /// Indexes `customers`.
    #[must_use]
    pub fn of(customers: Vec<Customer>) -> Self {
        let mut index = Self::default();
        for account in customers.into_iter().map(AccountView::from) {
            let at = index.accounts.len();
            index.by_id.insert(account.id.clone(), at);
            if let Some(id) = &account.external_id {
                index.by_external_id.insert(id.clone(), at);
            }
            if let Some(mail) = account.folded_mail() {
                index.by_mail.insert(mail, at);
            }
            index.accounts.push(account);
        }
        index
    }

    /// The number of accounts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.accounts.len()
    }

    /// Whether the academy has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty()
    }

    fn find(&self, question: AccountQuery<'_>) -> Account {
        let get = |at: &usize| self.accounts.get(*at);
        if let Some(account) = self.by_external_id.get(question.external_id).and_then(get) {
            return Account::Fetched(Box::new(account.clone()), MatchedBy::ExternalId);
        }
        let known = question
            .known
            .and_then(|id| self.by_id.get(id))
            .and_then(get);
        if let Some(account) = known.filter(|account| account.external_id.is_none()) {
            return Account::Fetched(Box::new(account.clone()), MatchedBy::Ledger);
        }
        let mail = question.mail.map(str::to_lowercase);
        mail.and_then(|mail| self.by_mail.get(&mail))
            .and_then(get)
            .map_or(Account::Missing, by_mail)
    }
}

/// An account found by mail address is adopted only if it has no external id.
fn by_mail(account: &AccountView) -> Account {
    if account.external_id.is_some() {
        Account::Conflicting(Box::new(account.clone()))
    } else {
        Account::Fetched(Box::new(account.clone()), MatchedBy::Mail)
    }
}

impl Accounts {
    /// What reteach says about the person of `question`.
    #[must_use]
    pub fn find(&self, question: AccountQuery<'_>) -> Account {
        match self {
            Self::Listed(index) => index.find(question),
            Self::LookedUp(accounts) => accounts
                .get(question.external_id)
                .cloned()
                .unwrap_or(Account::NotFetched),
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
         if the academy was emptied on purpose, `tenants remove` and `tenants add` begin anew"
    )]
    Emptied(usize),
}

/// Lists all customers and indexes them.
///
/// # Errors
/// [`AccountsError`] if a page fails or the list does not hold still: an account that is not in it might be made twice.
pub async fn list(client: &Client) -> Result<AccountIndex, AccountsError> {
    let listed = client.list_all().await?;
    match listed.completeness {
        Completeness::Complete => Ok(AccountIndex::of(listed.customers)),
        Completeness::Shifting => Err(AccountsError::Shifting),
    }
}

/// Looks up each of `questions`, one or two calls a person.
///
/// # Errors
/// [`AccountsError`] at the first call that fails.
pub async fn look_up(
    client: &Client,
    questions: &[AccountQuery<'_>],
) -> Result<Accounts, AccountsError> {
    let mut accounts = HashMap::new();
    for question in questions {
        let account = look_up_one(client, *question).await?;
        accounts.insert(question.external_id.clone(), account);
    }
    Ok(Accounts::LookedUp(accounts))
}

async fn look_up_one(
    client: &Client,
    question: AccountQuery<'_>,
) -> Result<Account, AccountsError> {
    if let Some(customer) = client.find_by_external_id(question.external_id).await? {
        return Ok(Account::Fetched(
            Box::new(customer.into()),
            MatchedBy::ExternalId,
        ));
    }
    let Some(mail) = question.mail else {
        return Ok(Account::Missing);
    };
    let found = client.find_by_email(mail).await?;
    Ok(found
        .map(AccountView::from)
        .map_or(Account::Missing, |account| by_mail(&account)))
}
