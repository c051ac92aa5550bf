//! The mapped record: the desired account, as far as it does not depend on the time of day.

use std::collections::BTreeMap;

use super::{Attribute, Text};
use crate::access::{Employment, EmploymentStatus, Scoped};
use crate::domain::employee::{Employee, EmploymentType, Field, Gender, Status};
use crate::domain::id::{ExternalId, SourceId};
use crate::fingerprint::{Fingerprint, FingerprintKey, Part};
use crate::tenant::{
    EmployeesConfig, EmploymentTypeAs, OutOfScope, Placement, ScopeVerdict, TenantConfig,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredAccount {
    pub source_id: SourceId,
    pub external_id: ExternalId,
    /// The value of each attribute the source spoke about: `None` clears it. An absent one is not in here and keeps
    /// its value in reteach.
    pub values: BTreeMap<Attribute, Option<Text>>,
    /// What decides the window in which the account is open.
    pub employment: Employment,
}

impl DesiredAccount {
    /// Maps one employee of the HR system `tool`.
    #[must_use]
    pub fn of(employee: &Employee, tool: &str, config: &TenantConfig) -> Self {
        // Taken apart in full: a new field stops the build here until somebody decides what becomes of it.
        let Employee {
            source_id,
            first_name,
            last_name,
            email,
            position,
            company,
            department,
            location,
            gender,
            employment_type,
            hire_date,
            end_date,
            status,
        } = employee;
        let options = &config.employees;
        let mut values = Values(BTreeMap::new());
        values.text(Attribute::Email, email);
        if *email == Field::Null {
            values.text(Attribute::UserName, &Field::Value(user_name(source_id)));
        }
        values.text(Attribute::FirstName, first_name);
        values.text(Attribute::LastName, last_name);
        values.placed(
            options.position,
            (Attribute::Position, Attribute::PositionTag),
            position,
        );
        values.text(Attribute::Company, company);
        if options.department {
            values.text(Attribute::Department, department);
        }
        values.placed(
            options.location,
            (Attribute::Location, Attribute::LocationTag),
            location,
        );
        values.text(
            Attribute::Gender,
            &gender.map(|gender| gender_name(gender).to_owned()),
        );
        if options.employment_type == EmploymentTypeAs::Tag {
            let label = employment_type
                .as_ref()
                .map(|kind| label(kind, options).to_owned());
            values.text(Attribute::EmploymentTypeTag, &label);
        }
        Self {
            source_id: source_id.clone(),
            external_id: ExternalId::of(tool, source_id),
            values: values.0,
            employment: Employment {
                hire_date: *hire_date,
                end_date: *end_date,
                standing: standing(status),
                scope: scoped(config.scope.judge(employee), config.scope.out_of_scope),
            },
        }
    }

    #[must_use]
    pub fn fingerprint(&self, key: &FingerprintKey) -> Fingerprint {
        let dates = [self.employment.hire_date, self.employment.end_date]
            .map(|date| date.map(|day| day.to_string()));
        let head = [
            Part::Value(self.external_id.as_str()),
            Part::Value(standing_name(self.employment.standing)),
            Part::Value(scope_name(self.employment.scope)),
        ];
        let values = Attribute::ALL
            .iter()
            .map(|attribute| match self.values.get(attribute) {
                None => Part::Absent,
                Some(None) => Part::Null,
                Some(Some(text)) => Part::Value(text.reveal()),
            });
        let dates = dates.iter().map(|date| match date {
            Field::Absent => Part::Absent,
            Field::Null => Part::Null,
            Field::Value(day) => Part::Value(day),
        });
        key.fingerprint(head.into_iter().chain(dates).chain(values))
    }
}

impl EmployeesConfig {
    /// Whether the tenant has us write nothing to `attribute`.
    #[must_use]
    pub fn is_switched_off(&self, attribute: Attribute) -> bool {
        match attribute {
            Attribute::Department => !self.department,
            Attribute::Position => self.position != Placement::Field,
            Attribute::PositionTag => self.position != Placement::Tag,
            Attribute::Location => self.location != Placement::Field,
            Attribute::LocationTag => self.location != Placement::Tag,
            Attribute::EmploymentTypeTag => self.employment_type != EmploymentTypeAs::Tag,
            Attribute::Email
            | Attribute::UserName
            | Attribute::FirstName
            | Attribute::LastName
            | Attribute::Company
            | Attribute::Gender => false,
        }
    }
}

/// The user name of an account without a mail address: reteach needs one of the two.
#[must_use]
pub fn user_name(id: &SourceId) -> String {
    format!("personio-{id}")
}

struct Values(BTreeMap<Attribute, Option<Text>>);

impl Values {
    /// Tags carry their prefix in the value.
    fn text(&mut self, attribute: Attribute, value: &Field<String>) {
        let prefix = attribute.tag_prefix().unwrap_or_default();
        match value {
            Field::Absent => {}
            Field::Null => drop(self.0.insert(attribute, None)),
            Field::Value(text) => drop(
                self.0
                    .insert(attribute, Some(Text::new([prefix, text].concat()))),
            ),
        }
    }

    fn placed(
        &mut self,
        placement: Placement,
        (field, tag): (Attribute, Attribute),
        value: &Field<String>,
    ) {
        match placement {
            Placement::Field => self.text(field, value),
            Placement::Tag => self.text(tag, value),
            Placement::Off => {}
        }
    }
}

fn label<'a>(kind: &'a EmploymentType, options: &'a EmployeesConfig) -> &'a str {
    match kind {
        EmploymentType::Internal => &options.employment_type_labels.internal,
        EmploymentType::External => &options.employment_type_labels.external,
        EmploymentType::Other(name) => name,
    }
}

fn gender_name(gender: Gender) -> &'static str {
    match gender {
        Gender::Male => "MALE",
        Gender::Female => "FEMALE",
        Gender::Diverse => "DIVERSE",
    }
}

fn standing(status: &Field<Status>) -> EmploymentStatus {
    match status {
        Field::Value(Status::Inactive) => EmploymentStatus::Inactive,
        Field::Value(Status::Onboarding | Status::Active | Status::Leave) => {
            EmploymentStatus::Employed
        }
        Field::Value(Status::Other(_)) | Field::Absent | Field::Null => EmploymentStatus::Unknown,
    }
}

fn scoped(verdict: ScopeVerdict, policy: OutOfScope) -> Scoped {
    match (verdict, policy) {
        (ScopeVerdict::In, _) => Scoped::In,
        (ScopeVerdict::Out, OutOfScope::Lock) => Scoped::OutLocked,
        (ScopeVerdict::Out, OutOfScope::Leave) => Scoped::OutLeft,
        (ScopeVerdict::Undecided(field), _) => Scoped::Undecided(field),
    }
}

fn standing_name(standing: EmploymentStatus) -> &'static str {
    match standing {
        EmploymentStatus::Employed => "employed",
        EmploymentStatus::Inactive => "inactive",
        EmploymentStatus::Unknown => "unknown",
    }
}

fn scope_name(scope: Scoped) -> &'static str {
    match scope {
        Scoped::In => "in",
        Scoped::OutLocked => "out-locked",
        Scoped::OutLeft => "out-left",
        Scoped::Undecided(field) => field,
    }
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
