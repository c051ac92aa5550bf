//! Test accounts: made by `tenants check --write-probe`, and the only ones that this product ever deletes.

use reqwest::Method;

use super::limits::TIMEOUT;
use super::{Client, CollectAccounts, Customer, Error, UnreadableAccount};
use crate::domain::id::ExternalId;
use crate::http::{self, Idempotency, Request};

/// How external ids of test accounts begin. No HR system has this prefix, so runs leave them alone.
const PREFIX: &str = "reteach-personio-probe:";
/// How user names and mail addresses of test accounts begin, in lower case.
const NAME: &str = "reteach-personio-probe-";
/// Reserved by RFC 2606: nobody receives this mail.
const DOMAIN: &str = "@example.com";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestAccount {
    pub external_id: ExternalId,
    /// With capitals, to see whether the academy keeps them.
    pub email: String,
    pub user_name: String,
}

impl TestAccount {
    /// The identifiers that end in `tag`.
    #[must_use]
    pub fn new(tag: &str) -> Self {
        Self {
            external_id: ExternalId::new(format!("{PREFIX}{tag}")),
            email: format!("Reteach-Personio-Probe-{tag}{DOMAIN}"),
            user_name: format!("{NAME}{tag}"),
        }
    }

    /// Whether `customer` is a test account, by any identifier that an academy may have left on it.
    #[must_use]
    pub fn is_one(customer: &Customer) -> bool {
        let has_id = |id: &ExternalId| id.as_str().starts_with(PREFIX);
        let has_name = |name: &String| name.to_lowercase().starts_with(NAME);
        let has_email = |email: &String| has_name(email) && email.to_lowercase().ends_with(DOMAIN);
        match &customer.external_id {
            // An account that another system has taken over is theirs.
            Some(id) => has_id(id),
            None => {
                customer.email.as_ref().is_some_and(has_email)
                    || (customer.email.is_none()
                        && customer.user_name.as_ref().is_some_and(has_name))
            }
        }
    }
}

/// Keeps the test accounts of a listing.
#[derive(Debug, Default, PartialEq)]
pub struct TestAccounts(pub Vec<Customer>);

impl CollectAccounts for TestAccounts {
    fn account(&mut self, customer: Customer) {
        if TestAccount::is_one(&customer) {
            self.0.push(customer);
        }
    }

    fn unreadable(&mut self, _: UnreadableAccount) {}
}

impl Client {
    /// Deletes a test account: `DELETE /customer/{id}`.
    ///
    /// # Errors
    /// [`Error::Rejected`] with status 0 for any account that is no test account: nothing is sent. Else see [`Error`].
    pub async fn delete_test_account(&self, account: &Customer) -> Result<(), Error> {
        let target = self.target(Method::DELETE, "/customer/{id}", &[account.id.as_str()])?;
        if !TestAccount::is_one(account) {
            let problem = "only test accounts are deleted";
            let call = target.call().clone();
            return Err(http::Error::Invalid { call, problem }.into());
        }
        self.call(Request::new(target, Idempotency::Idempotent, TIMEOUT))
            .await
            .map(drop)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_accounts_that_carry_our_mark_and_no_other_systems_id_are_test_accounts() {
        let ours = TestAccount::new("1f");
        let customer = |external_id, email: Option<&str>, user_name: Option<&str>| {
            let row = json!({"id": "c1", "externalId": external_id, "email": email, "userName": user_name});
            serde_json::from_value::<Customer>(row).unwrap()
        };
        let (mail, name) = (ours.email.to_lowercase(), ours.user_name.as_str());
        for (external_id, email, user_name, is_one) in [
            (
                Some(ours.external_id.as_str()),
                Some(mail.as_str()),
                None,
                true,
            ),
            (
                Some(ours.external_id.as_str()),
                Some("x@muster.example"),
                None,
                true,
            ),
            (None, Some(mail.as_str()), None, true),
            (None, Some(ours.email.as_str()), Some("erika"), true),
            (None, None, Some(name), true),
            (Some("personio:1"), Some(mail.as_str()), Some(name), false),
            (
                None,
                Some("reteach-personio-probe-1f@muster.example"),
                None,
                false,
            ),
            (None, Some("erika@muster.example"), Some(name), false),
            (None, Some("erika@example.com"), None, false),
            (None, None, None, false),
        ] {
            let found = TestAccount::is_one(&customer(external_id, email, user_name));
            assert_eq!(found, is_one, "{external_id:?} {email:?} {user_name:?}");
        }
    }
}
