//! Who of a company is carried over.

use serde::Deserialize;

use crate::domain::employee::{Employee, EmploymentType, Field, Status};

/// `[scope]`: every given list must match; an exclusion wins over an inclusion.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scope {
    /// Only these companies, exactly as Personio writes them.
    pub include_companies: Option<Vec<String>>,
    pub exclude_companies: Option<Vec<String>>,
    pub include_departments: Option<Vec<String>>,
    pub exclude_departments: Option<Vec<String>>,
    pub include_locations: Option<Vec<String>>,
    pub exclude_locations: Option<Vec<String>>,
    /// Only these kinds of Anstellungsart: `internal`, `external`, or another value as written.
    pub include_employment_types: Option<Vec<String>>,
    pub exclude_employment_types: Option<Vec<String>>,
    /// Only these states: `onboarding`, `active`, `leave`, `inactive`.
    pub include_statuses: Option<Vec<String>>,
    pub exclude_statuses: Option<Vec<String>>,
    /// What becomes of somebody who leaves the scope.
    pub out_of_scope: OutOfScope,
}

/// What becomes of somebody who leaves the scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutOfScope {
    #[default]
    Lock,
    Leave,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeVerdict {
    In,
    Out,
    /// The credential may not read a field that the scope asks for (named here): nothing is concluded.
    Undecided(&'static str),
}

impl Scope {
    /// Whether a list of who is in is there and empty.
    pub(super) fn has_an_empty_inclusion(&self) -> bool {
        let lists = [
            &self.include_companies,
            &self.include_departments,
            &self.include_locations,
            &self.include_employment_types,
            &self.include_statuses,
        ];
        lists.into_iter().flatten().any(Vec::is_empty)
    }

    #[must_use]
    pub fn judge(&self, employee: &Employee) -> ScopeVerdict {
        let employment_type = employee.employment_type.as_ref().map(employment_type_name);
        let status = employee.status.as_ref().map(status_name);
        let questions = [
            (
                "company",
                as_str(&employee.company),
                &self.include_companies,
                &self.exclude_companies,
            ),
            (
                "department",
                as_str(&employee.department),
                &self.include_departments,
                &self.exclude_departments,
            ),
            (
                "location",
                as_str(&employee.location),
                &self.include_locations,
                &self.exclude_locations,
            ),
            (
                "employment_type",
                employment_type,
                &self.include_employment_types,
                &self.exclude_employment_types,
            ),
            (
                STATUS,
                status,
                &self.include_statuses,
                &self.exclude_statuses,
            ),
        ];
        // An empty status or an unknown word says nothing about anybody: no list of statuses can name it.
        let is_status_unknown = matches!(
            employee.status,
            Field::Null | Field::Value(Status::Other(_))
        );
        let verdicts = questions.map(|(name, value, include, exclude)| {
            let value = match value {
                Field::Null | Field::Value(_) if name == STATUS && is_status_unknown => {
                    Field::Absent
                }
                value => value,
            };
            judge_one(name, value, include.as_ref(), exclude.as_ref())
        });
        if verdicts.contains(&ScopeVerdict::Out) {
            return ScopeVerdict::Out;
        }
        verdicts
            .into_iter()
            .find(|verdict| *verdict != ScopeVerdict::In)
            .unwrap_or(ScopeVerdict::In)
    }
}

const STATUS: &str = "status";

fn judge_one(
    name: &'static str,
    value: Field<&str>,
    include: Option<&Vec<String>>,
    exclude: Option<&Vec<String>>,
) -> ScopeVerdict {
    if include.is_none() && exclude.is_none() {
        return ScopeVerdict::In;
    }
    let value = match value {
        Field::Absent => return ScopeVerdict::Undecided(name),
        Field::Null => None,
        Field::Value(value) => Some(value),
    };
    let listed =
        |list: &Vec<String>| value.is_some_and(|value| list.iter().any(|one| one == value));
    if include.is_none_or(listed) && !exclude.is_some_and(listed) {
        ScopeVerdict::In
    } else {
        ScopeVerdict::Out
    }
}

fn as_str(field: &Field<String>) -> Field<&str> {
    field.as_ref().map(String::as_str)
}

fn employment_type_name(kind: &EmploymentType) -> &str {
    match kind {
        EmploymentType::Internal => "internal",
        EmploymentType::External => "external",
        EmploymentType::Other(name) => name,
    }
}

fn status_name(status: &Status) -> &str {
    match status {
        Status::Onboarding => "onboarding",
        Status::Active => "active",
        Status::Leave => "leave",
        Status::Inactive => "inactive",
        Status::Other(name) => name,
    }
}

#[cfg(test)]
#[path = "scope_tests.rs"]
mod tests;
