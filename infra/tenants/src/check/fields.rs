//! The attributes that a credential has to be able to read, as Personio's German pages name them.

use std::collections::BTreeSet;

use shared::personio::NEWER_NAMES;
use shared::tenant::{EmploymentTypeAs, Placement, TenantConfig};

/// An attribute: Personio's key, and what the HR admin reads.
pub(super) type Field = (&'static str, &'static str);

pub(super) fn needed(config: &TenantConfig) -> Vec<Field> {
    let options = &config.employees;
    let scope = &config.scope;
    let asks =
        |one: &Option<Vec<String>>, other: &Option<Vec<String>>| one.is_some() || other.is_some();
    let all = [
        ("first_name", "Vorname", true),
        ("last_name", "Nachname", true),
        ("email", "E-Mail", true),
        ("position", "Position", options.position != Placement::Off),
        ("subcompany", "Gesellschaft", true),
        (
            "department",
            "Abteilung",
            options.department || asks(&scope.include_departments, &scope.exclude_departments),
        ),
        (
            "office",
            "Standort",
            options.location != Placement::Off
                || asks(&scope.include_locations, &scope.exclude_locations),
        ),
        ("gender", "Geschlecht", true),
        (
            "employment_type",
            "Anstellungsart",
            options.employment_type == EmploymentTypeAs::Tag
                || asks(
                    &scope.include_employment_types,
                    &scope.exclude_employment_types,
                ),
        ),
        ("hire_date", "Anstelldatum", true),
        ("termination_date", "Arbeitsverhältnis endet zum", true),
        ("status", "Status", true),
    ];
    all.into_iter()
        .filter(|(_, _, needed)| *needed)
        .map(|(key, name, _)| (key, name))
        .collect()
}

/// Whether the attribute can be read, by its own name or by its newer one.
pub(super) fn is_readable(key: &str, readable: &BTreeSet<String>) -> bool {
    let newer = NEWER_NAMES.iter().filter(|(old, _)| *old == key);
    readable.contains(key)
        || newer
            .into_iter()
            .any(|(_, newer)| readable.contains(*newer))
}

/// What goes wrong without the attribute.
pub(super) fn without(key: &str) -> &'static str {
    match key {
        "email" => {
            "existing accounts cannot be found by mail address, and new ones get a user name only"
        }
        "hire_date" => "nobody is locked before their first day",
        "termination_date" => "nobody is locked at the end of their contract",
        "status" => "nobody who is set inactive by hand is locked",
        _ => "it keeps its value in reteach",
    }
}
