//! Finding people's accounts: by external id, else by mail address. For many people all customers are listed once and
//! indexed; nobody is looked up one by one.

mod index;
mod look_up;

pub use index::{AccountFilter, AccountIndex, EndedAccounts, LeftOut, SharedIds, UnreadableRows};
#[cfg(test)]
pub(crate) use look_up::ask_each;
pub use look_up::{LookUps, LookedUp, ReadAccount, look_up, read};

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use shared::access::AccessWindow;
use shared::domain::id::{CustomerId, ExternalId};
use shared::mapping::{Attribute, Text};
use shared::reteach::{self, Client, Completeness, Customer, Gender};

use crate::plan::{Account, AccountView, Change, Holder, MatchedBy, Plan};

#[derive(Clone, Copy, Debug)]
pub struct AccountQuery<'a> {
    pub external_id: &'a ExternalId,
    pub known: Option<&'a CustomerId>,
    /// Their mail address, if they have one and may be adopted by it.
    pub mail: Option<&'a str>,
}

#[derive(Debug)]
pub enum Accounts {
    Listed(Box<AccountIndex>),
    /// These people's, by external id. Of others the run had no time to ask.
    LookedUp(HashMap<ExternalId, LookedUp>),
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
            (Attribute::Gender, gender.and_then(gender_name)),
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

/// The word in our letters. `None` for one that we do not write: an academy may show it where there is no gender.
fn gender_name(gender: Gender) -> Option<String> {
    let name = match gender {
        Gender::Male => "MALE".to_owned(),
        Gender::Female => "FEMALE".to_owned(),
        Gender::Diverse => "DIVERSE".to_owned(),
        Gender::Other(name) => name.to_ascii_uppercase(),
    };
    Some(name).filter(|name| ["MALE", "FEMALE", "DIVERSE"].contains(&name.as_str()))
}

/// An account found by mail address is adopted only if it has no external id. It may carry the person's own where the
/// academy does not list or filter all of its accounts.
fn by_mail(account: &AccountView, query: AccountQuery<'_>) -> Account {
    let account = Box::new(account.clone());
    match &account.external_id {
        None => Account::Fetched(account, MatchedBy::Mail),
        Some(id) if id == query.external_id => Account::Fetched(account, MatchedBy::ExternalId),
        Some(id) if id.is_of_the_tool_of(query.external_id) => {
            Account::Conflicting(account, Holder::Other)
        }
        Some(_) => Account::Conflicting(account, Holder::Foreign),
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
                Some(LookedUp::AddressRefused(_) | LookedUp::NoAnswer(_)) | None => {
                    Account::NotFetched
                }
            },
        }
    }

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
                LookedUp::AddressRefused(error) | LookedUp::NoAnswer(error) => Some(error),
                LookedUp::Found(_) => None,
            },
            Self::Listed(_) => None,
        }
    }

    /// Whether reteach answers about anybody.
    #[must_use]
    pub fn answers_for_some(&self) -> bool {
        match self {
            Self::Listed(_) => true,
            Self::LookedUp(accounts) => accounts
                .values()
                .any(|answer| !matches!(answer, LookedUp::NoAnswer(_))),
        }
    }

    /// Whether the list may have left out the account that the ledger knows.
    #[must_use]
    pub fn may_leave_out(&self, known: &CustomerId) -> bool {
        match self {
            Self::Listed(index) => index.may_leave_out(known),
            Self::LookedUp(_) => false,
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

#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    #[error(transparent)]
    Reteach(#[from] reteach::Error),
    /// The list of customers changed while it was read, each time.
    #[error(
        "reteach's list of customers kept changing while it was read; the next run tries again"
    )]
    Shifting,
    /// The list is empty, and the ledger knows this many accounts.
    #[error(
        "reteach lists no account at all, and {0} are known: the next run asks again; \
         if the academy was emptied on purpose, `tenants remove` and `tenants add` start again"
    )]
    Emptied(usize),
}

impl AccountsError {
    /// Whether only the list is at fault: people can still be looked up one by one.
    #[must_use]
    pub fn is_of_the_list(&self) -> bool {
        use reteach::Error;
        match self {
            Self::Shifting => true,
            Self::Emptied(_) => false,
            Self::Reteach(error) => !matches!(error, Error::Credential(_) | Error::Forbidden(_)),
        }
    }

    /// Whether nothing can be written either.
    #[must_use]
    pub fn ends_run(&self) -> bool {
        matches!(self, Self::Reteach(reteach::Error::Credential(_)))
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

/// Accounts that are read one by one at most.
const FEW: usize = 50;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_gender_in_other_letters_is_the_same_and_an_unknown_word_is_none() {
        for (shown, held) in [
            (json!("FEMALE"), Some("FEMALE")),
            (json!("female"), Some("FEMALE")),
            (json!("NOT_SPECIFIED"), None),
            (json!(""), None),
            (json!(null), None),
        ] {
            let row = json!({"id": "c1", "gender": shown});
            let customer: Customer = serde_json::from_value(row).unwrap();
            let account = AccountView::from(customer);
            let gender = account.values.get(&Attribute::Gender);
            assert_eq!(gender.map(Text::reveal), held, "{shown}");
        }
    }

    #[test]
    fn an_account_found_by_mail_is_the_persons_own_or_free_or_somebody_elses() {
        let ours = ExternalId::new("personio:1");
        let query = AccountQuery {
            external_id: &ours,
            known: None,
            mail: Some("erika@example.com"),
        };
        let found = |external_id: Option<&str>| {
            let row = json!({"id": "c1", "externalId": external_id, "email": "erika@example.com"});
            let customer: Customer = serde_json::from_value(row).unwrap();
            match by_mail(&customer.into(), query) {
                Account::Fetched(_, matched_by) => Some(matched_by),
                Account::Conflicting(_, Holder::Other) => None,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(found(None), Some(MatchedBy::Mail));
        assert_eq!(found(Some("personio:1")), Some(MatchedBy::ExternalId));
        assert_eq!(found(Some("personio:2")), None);
        let account = |external_id: &str| {
            let row = json!({"id": "c1", "externalId": external_id, "email": "erika@example.com"});
            let customer: Customer = serde_json::from_value(row).unwrap();
            by_mail(&customer.into(), query)
        };
        for foreign in ["sap:77", "hibob:1", "4711"] {
            let found = account(foreign);
            let is_foreign = matches!(found, Account::Conflicting(_, Holder::Foreign));
            assert!(is_foreign, "{foreign}: {found:?}");
        }
    }
}
