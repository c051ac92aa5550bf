//! Removes test accounts: deleted, or locked where the academy deletes nothing.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use shared::domain::employee::Field as Value;
use shared::domain::id::CustomerId;
use shared::reteach::{Client, Customer, CustomerInput, Error, TestAccount, TestAccounts};

use super::record::is_locked;
use super::steps::Names;

#[derive(Debug, Default, Serialize)]
pub(crate) struct Cleanup {
    pub(crate) deleted: u64,
    pub(crate) left: Vec<Left>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Left {
    pub(crate) id: CustomerId,
    pub(crate) locked: bool,
    pub(crate) problem: String,
}

/// The accounts that carry an identifier of `names`, and all test accounts of the list: an academy may have made several with one
/// identifier.
pub(super) async fn find(client: &Client, names: &Names) -> Result<Vec<Customer>, Error> {
    let Names {
        main,
        second,
        without_mail,
        other,
    } = names;
    let mut found = BTreeMap::new();
    let mut take = |customer: Option<Customer>| {
        let ours = customer.filter(TestAccount::is_one);
        found.extend(ours.map(|customer| (customer.id.as_str().to_owned(), customer)));
    };
    for account in [main, second, without_mail, other] {
        take(client.find_by_external_id(&account.external_id).await?);
        take(client.find_by_email(&account.email).await?);
    }
    take(client.find(&without_mail.user_name).await?);
    match client.list_all(TestAccounts::default).await {
        Ok(listed) => {
            for account in listed.accounts.0 {
                take(Some(account));
            }
        }
        Err(error) if found.is_empty() => return Err(error),
        // Those that were found are removed; the next probe begins with the list.
        Err(_) => {}
    }
    Ok(found.into_values().collect())
}

/// Deletes `accounts`; locks those that the academy does not delete.
pub(super) async fn remove(client: &Client, accounts: Vec<Customer>, now: Timestamp) -> Cleanup {
    let mut cleanup = Cleanup::default();
    for account in accounts {
        match delete(client, &account).await {
            Ok(()) => cleanup.deleted += 1,
            Err(problem) => cleanup.left.push(Left {
                locked: lock(client, &account, now).await,
                id: account.id,
                problem,
            }),
        }
    }
    cleanup
}

/// Deletes, and believes it once the account is not found any more.
async fn delete(client: &Client, account: &Customer) -> Result<(), String> {
    let deleted = client.delete_test_account(account).await;
    match read(client, account).await {
        Ok(None) => Ok(()),
        Err(error) => Err(deleted.err().unwrap_or(error).to_string()),
        Ok(Some(_)) => Err(deleted.err().map_or_else(
            || {
                "the academy answered the deletion with a success, and the account is still there"
                    .to_owned()
            },
            |error| error.to_string(),
        )),
    }
}

/// The account by its id, else in the list: an academy may show locked accounts there alone.
async fn read(client: &Client, account: &Customer) -> Result<Option<Customer>, Error> {
    match client.get(&account.id).await {
        Ok(account) => return Ok(Some(account)),
        Err(Error::NotFound { .. }) => {}
        Err(error) => return Err(error),
    }
    let Some(id) = &account.external_id else {
        return Ok(None);
    };
    let listed = client.find_by_external_id(id).await?;
    Ok(listed.filter(|listed| listed.id == account.id))
}

/// Whether the account is locked now: the academy may take the date and not lock by it.
async fn lock(client: &Client, account: &Customer, now: Timestamp) -> bool {
    let input = CustomerInput {
        set_inactive_at: Value::Value(now - SignedDuration::from_hours(24)),
        ..CustomerInput::default()
    };
    if client.update(&account.id, &input).await.is_err() {
        return false;
    }
    let after = read(client, account).await;
    after.is_ok_and(|after| after.as_ref().is_some_and(is_locked))
}
