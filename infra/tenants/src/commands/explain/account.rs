//! Finding somebody's account, in the order in which a run does.

use employee_sync::plan::{Account, AccountView, MatchedBy};
use shared::reteach::{Client, Customer, Error};
use shared::state::EmployeeEntry;

use crate::failure::Failure;

/// The account: by external id, else the one that the ledger knows if it has lost its external id, else by mail address.
pub(super) async fn find(
    client: &Client,
    by_external_id: Option<Customer>,
    entry: Option<&EmployeeEntry>,
    mail: Option<&str>,
) -> Result<Account, Failure> {
    if let Some(customer) = by_external_id {
        return Ok(Account::Fetched(
            Box::new(customer.into()),
            MatchedBy::ExternalId,
        ));
    }
    if let Some(known) = entry.and_then(|entry| entry.customer_id.as_ref()) {
        match client.get(known).await {
            Ok(customer) if customer.external_id.is_none() => {
                return Ok(Account::Fetched(
                    Box::new(customer.into()),
                    MatchedBy::Ledger,
                ));
            }
            Ok(_) | Err(Error::NotFound { .. }) => {}
            Err(error) => return Err(failure(&error)),
        }
    }
    let Some(mail) = mail else {
        return Ok(Account::Missing);
    };
    let found = client
        .find_by_email(mail)
        .await
        .map_err(|error| failure(&error))?;
    Ok(match found.map(AccountView::from) {
        None => Account::Missing,
        Some(account) if account.external_id.is_some() => Account::Conflicting(account.id),
        Some(account) => Account::Fetched(Box::new(account), MatchedBy::Mail),
    })
}

fn failure(error: &Error) -> Failure {
    Failure::look(format!("the account cannot be looked up: {error}"))
}
