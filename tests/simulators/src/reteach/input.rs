//! Checks what is written to an account, and writes it.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::customer::Customer;

/// The longest text a field takes.
const LONGEST: usize = 255;
const GENDERS: &[&str] = &["MALE", "FEMALE", "DIVERSE"];
const LANGUAGES: &[&str] = &[
    "EN", "DE", "FR", "ES", "IT", "UK", "RU", "PL", "SL", "CS", "ZH",
];
const AUTHENTICATION: &[&str] = &["DEFAULT", "SSO"];

/// Whether the input is one of `POST /customer` or one of an update: a password can only be given at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Input {
    Create,
    Update,
}

/// The account as it would be after `body`, or everything wrong with it.
pub(super) fn applied(
    customer: &Customer,
    body: &Map<String, Value>,
    input: Input,
) -> Result<Customer, Vec<String>> {
    let mut after = customer.clone();
    let mut wrong: Vec<String> = body
        .iter()
        .filter_map(|(key, value)| set(&mut after, key, value, input).err())
        .collect();
    if wrong.is_empty() && after.email.is_none() && after.user_name.is_none() {
        wrong.push("MISSING_EMAIL_OR_USERNAME".to_owned());
    }
    if wrong.is_empty() {
        Ok(after)
    } else {
        Err(wrong)
    }
}

fn set(customer: &mut Customer, key: &str, value: &Value, input: Input) -> Result<(), String> {
    let parsed = match key {
        "setActiveAt" => return date(key, value).map(|moment| customer.set_active_at = moment),
        "setInactiveAt" => return date(key, value).map(|moment| customer.set_inactive_at = moment),
        "birthDate" => date(key, value).and_then(|_| text(key, value)),
        "enforcedPasswordResetAt" if input == Input::Create => return date(key, value).map(drop),
        "password" if input == Input::Create => return text(key, value).map(drop),
        "email" | "expiredNotificationMail" => address(key, value),
        "userName" | "externalId" => not_blank(key, value),
        "gender" => one_of(key, value, GENDERS),
        "language" => one_of(key, value, LANGUAGES),
        "authenticationMethod" => one_of(key, value, AUTHENTICATION),
        _ => text(key, value),
    };
    let place = place(customer, key).ok_or_else(|| format!("property {key} should not exist"))?;
    *place = parsed?;
    Ok(())
}

/// The field that a text property goes to.
fn place<'c>(customer: &'c mut Customer, key: &str) -> Option<&'c mut Option<String>> {
    Some(match key {
        "email" => &mut customer.email,
        "userName" => &mut customer.user_name,
        "firstName" => &mut customer.first_name,
        "lastName" => &mut customer.last_name,
        "displayName" => &mut customer.display_name,
        "language" => &mut customer.language,
        "company" => &mut customer.company,
        "department" => &mut customer.department,
        "position" => &mut customer.position,
        "location" => &mut customer.location,
        "team" => &mut customer.team,
        "birthDate" => &mut customer.birth_date,
        "gender" => &mut customer.gender,
        "externalId" => &mut customer.external_id,
        "note" => &mut customer.note,
        "expiredNotificationMail" => &mut customer.expired_notification_mail,
        "authenticationMethod" => &mut customer.authentication_method,
        _ => return None,
    })
}

fn text(key: &str, value: &Value) -> Result<Option<String>, String> {
    match value {
        Value::Null => Ok(None),
        // As class-validator does it, the message repeats what it was given: nobody should log it.
        Value::String(text) if text.chars().count() > LONGEST && key != "note" => Err(format!(
            "{key} must be shorter than or equal to {LONGEST} characters: \"{text}\""
        )),
        Value::String(text) => Ok(Some(text.clone())),
        _ => Err(format!("{key} must be a string")),
    }
}

fn not_blank(key: &str, value: &Value) -> Result<Option<String>, String> {
    let text = text(key, value)?;
    if text.as_deref() == Some("") {
        Err(format!("{key} should not be empty"))
    } else {
        Ok(text)
    }
}

fn address(key: &str, value: &Value) -> Result<Option<String>, String> {
    let text = text(key, value)?;
    let is_address = |text: &str| {
        let parts = text.split_once('@');
        parts.is_some_and(|(local, domain)| {
            !local.is_empty()
                && domain.contains('.')
                && !domain.contains('@')
                && !text.contains(' ')
        })
    };
    if text.as_deref().is_none_or(is_address) {
        Ok(text)
    } else {
        Err(format!("{key} must be an email"))
    }
}

fn one_of(key: &str, value: &Value, allowed: &[&str]) -> Result<Option<String>, String> {
    let text = text(key, value)?;
    if text.as_deref().is_none_or(|text| allowed.contains(&text)) {
        Ok(text)
    } else {
        Err(format!(
            "{key} must be one of the following values: {}",
            allowed.join(", ")
        ))
    }
}

fn date(key: &str, value: &Value) -> Result<Option<Timestamp>, String> {
    let refusal = || format!("{key} must be a valid ISO 8601 date string");
    match value {
        Value::Null => Ok(None),
        Value::String(text) => text.parse().map(Some).map_err(|_| refusal()),
        _ => Err(refusal()),
    }
}
