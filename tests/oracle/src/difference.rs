//! Expected and actual values compared.

use std::collections::HashMap;
use std::fmt;

use jiff::Timestamp;
use simulators::reteach::Customer;

const ACCOUNT: &str = "account ";

/// One way in which an academy or the personnel files are not as they should be.
/// Subjects are `account personio:7`, `certificate 3f…` and `document Vertrag.pdf`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    Missing(String),
    Unexpected(String),
    /// There are that many of it instead of one.
    Repeated(String, usize),
    Field {
        subject: String,
        field: &'static str,
        expected: String,
        actual: String,
    },
}

impl Difference {
    /// The external id of the account, or reteach's id if it has none. `None` for certificates and documents.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        let (Self::Missing(subject)
        | Self::Unexpected(subject)
        | Self::Repeated(subject, _)
        | Self::Field { subject, .. }) = self;
        subject.strip_prefix(ACCOUNT)
    }

    #[cfg(test)]
    #[track_caller]
    pub(crate) fn assert(found: &[Self], texts: &[&str]) {
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, texts);
    }

    /// The fields whose expected and actual values differ.
    pub(crate) fn of_fields(
        subject: &str,
        fields: impl IntoIterator<Item = (&'static str, String, String)>,
    ) -> Vec<Self> {
        let differing = fields
            .into_iter()
            .filter(|(_, expected, actual)| expected != actual);
        differing
            .map(|(field, expected, actual)| Self::Field {
                subject: subject.to_owned(),
                field,
                expected,
                actual,
            })
            .collect()
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(subject) => write!(f, "{subject} is missing"),
            Self::Unexpected(subject) => write!(f, "{subject} should not exist"),
            Self::Repeated(subject, times) => write!(f, "{subject} exists {times} times"),
            Self::Field {
                subject,
                field,
                expected,
                actual,
            } => write!(f, "{subject}: {field} should be {expected} and is {actual}"),
        }
    }
}

pub(crate) fn account_differences<'a>(
    expected: impl Iterator<Item = &'a Customer>,
    actual: &[Customer],
) -> Vec<Difference> {
    let mut by_name: HashMap<String, &Customer> = HashMap::new();
    let mut differences = Vec::new();
    for customer in actual {
        if by_name.insert(name(customer), customer).is_some() {
            differences.push(Difference::Unexpected(name(customer)));
        }
    }
    for expected in expected {
        match by_name.remove(&name(expected)) {
            Some(actual) => differences.extend(field_differences(expected, actual)),
            None => differences.push(Difference::Missing(name(expected))),
        }
    }
    let mut unexpected: Vec<String> = by_name.into_keys().collect();
    unexpected.sort_unstable();
    differences.extend(unexpected.into_iter().map(Difference::Unexpected));
    differences
}

/// By the external id, which is unique; else by reteach's own id.
fn name(customer: &Customer) -> String {
    let id = customer.external_id.as_deref().unwrap_or(&customer.id);
    format!("{ACCOUNT}{id}")
}

fn field_differences(expected: &Customer, actual: &Customer) -> Vec<Difference> {
    let subject = name(actual);
    let (expected, actual) = (comparable(expected, actual), comparable(actual, actual));
    if expected == actual {
        return Vec::new();
    }
    let pairs = fields(&expected).into_iter().zip(fields(&actual));
    Difference::of_fields(
        &subject,
        pairs.map(|((field, expected), (_, actual))| (field, expected, actual)),
    )
}

/// Tags have no order; the id and registration date of a new account are reteach's choice.
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
    // Destructured in full, so that a new field of an account is compared as well.
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
    let null = || "null".to_owned();
    let text =
        |value: &Option<String>| value.as_ref().map_or_else(null, |text| format!("{text:?}"));
    let moment = |value: &Option<Timestamp>| value.map_or_else(null, |at| at.to_string());
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
