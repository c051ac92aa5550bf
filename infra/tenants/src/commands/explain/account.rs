//! The account of one person, matched as in a run.

use employee_sync::accounts::{AccountIndex, AccountQuery, Accounts};
use employee_sync::plan::Account;
use shared::reteach::{Client, Customer, Error};

/// Reads only the accounts that may be the person's; [`Accounts::find`] decides which one is.
pub(super) async fn find(
    client: &Client,
    by_external_id: Option<Customer>,
    query: AccountQuery<'_>,
) -> Result<Account, Error> {
    let mut customers: Vec<Customer> = by_external_id.into_iter().collect();
    // Several accounts may carry the external id.
    if let Some(id) = query.known
        && customers.iter().all(|customer| customer.id != *id)
    {
        match client.get(id).await {
            Ok(customer) => customers.push(customer),
            Err(Error::NotFound { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    let is_ours = customers
        .iter()
        .any(|customer: &Customer| customer.external_id.as_ref() == Some(query.external_id));
    if let (false, Some(mail)) = (is_ours, query.mail) {
        customers.extend(client.find_by_email(mail).await?);
    }
    Ok(Accounts::Listed(Box::new(AccountIndex::of(customers))).find(query))
}
