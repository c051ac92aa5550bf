//! Expected and actual accounts, side by side.

use std::collections::HashMap;
use std::fmt;

use jiff::Timestamp;
use simulators::reteach::Customer;

/// One way in which the academy is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// There is no such account.
    Missing(String),
    /// There should be no such account.
    Unexpected(String),
    /// A field of an account holds something else.
    Field {
        /// Whose.
        account: String,
        /// Which, in reteach's words.
        field: &'static str,
        /// What it should hold.
        expected: String,
        /// What it holds.
        actual: String,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(account) => write!(f, "{account} has no account"),
            Self::Unexpected(account) => write!(f, "there is an account too many: {account}"),
            Self::Field {
                account,
                field,
                expected,
                actual,
            } => {
                write!(f, "{account}: {field} should be {expected} and is {actual}")
            }
        }
    }
}

pub(super) fn differences<'a>(
    expected: impl Iterator<Item = &'a Customer>,
    actual: &[Customer],
) -> Vec<Difference> {
    let mut rest: HashMap<&str, &Customer> = HashMap::new();
    let mut found = Vec::new();
    for customer in actual {
        if rest.insert(key(customer), customer).is_some() {
            found.push(Difference::Unexpected(key(customer).to_owned()));
        }
    }
    for expected in expected {
        match rest.remove(key(expected)) {
            Some(actual) => found.extend(of_account(expected, actual)),
            None => found.push(Difference::Missing(key(expected).to_owned())),
        }
    }
    let mut unexpected: Vec<&str> = rest.into_keys().collect();
    unexpected.sort_unstable();
    found.extend(
        unexpected
            .into_iter()
            .map(|account| Difference::Unexpected(account.to_owned())),
    );
    found
}

/// The external id, which nobody else has; else reteach's own.
fn key(customer: &Customer) -> &str {
    customer.external_id.as_deref().unwrap_or(&customer.id)
}

fn of_account(expected: &Customer, actual: &Customer) -> Vec<Difference> {
    let account = key(actual);
    let (expected, actual) = (comparable(expected, actual), comparable(actual, actual));
    if expected == actual {
        return Vec::new();
    }
    let pairs = fields(&expected).into_iter().zip(fields(&actual));
    pairs
        .filter(|((_, expected), (_, actual))| expected != actual)
        .map(|((field, expected), (_, actual))| Difference::Field {
            account: account.to_owned(),
            field,
            expected,
            actual,
        })
        .collect()
}

/// Tags have no order; what reteach makes up itself is as it is.
fn comparable(customer: &Customer, actual: &Customer) -> Customer {
    let mut customer = customer.clone();
    customer.tags.sort_unstable();
    if customer.id.is_empty() {
        customer.id.clone_from(&actual.id);
    }
    customer.registered_at = customer.registered_at.or(actual.registered_at);
    customer
}

fn fields(customer: &Customer) -> Vec<(&'static str, String)> {
    // Taken apart in full: a new field of an account is compared as well.
    let Customer {
        id,
        email,
        user_name,
        first_name,
        last_name,
        display_name,
        language,
        company,
        department,
        position,
        location,
        team,
        birth_date,
        gender,
        external_id,
        note,
        expired_notification_mail,
        authentication_method,
        set_active_at,
        set_inactive_at,
        source,
        account,
        last_login_at,
        registered_at,
        tags,
        invitations,
    } = customer;
    let text = |value: &Option<String>| {
        value
            .as_ref()
            .map_or_else(|| "null".to_owned(), |it| format!("{it:?}"))
    };
    let moment =
        |value: &Option<Timestamp>| value.map_or_else(|| "null".to_owned(), |at| at.to_string());
    vec![
        ("id", id.clone()),
        ("email", text(email)),
        ("userName", text(user_name)),
        ("firstName", text(first_name)),
        ("lastName", text(last_name)),
        ("displayName", text(display_name)),
        ("language", text(language)),
        ("company", text(company)),
        ("department", text(department)),
        ("position", text(position)),
        ("location", text(location)),
        ("team", text(team)),
        ("birthDate", text(birth_date)),
        ("gender", text(gender)),
        ("externalId", text(external_id)),
        ("note", text(note)),
        ("expiredNotificationMail", text(expired_notification_mail)),
        ("authenticationMethod", text(authentication_method)),
        ("setActiveAt", moment(set_active_at)),
        ("setInactiveAt", moment(set_inactive_at)),
        ("source", format!("{source:?}")),
        ("status", format!("{account:?}")),
        ("lastLoginAt", moment(last_login_at)),
        ("registeredAt", moment(registered_at)),
        ("tags", format!("{tags:?}")),
        ("invitations", invitations.to_string()),
    ]
}
