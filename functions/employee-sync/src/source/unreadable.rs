//! Attributes that the credential may not read, as far as a reading shows it: absent from everybody.

use shared::domain::employee::Employee;
use shared::tenant::{EmploymentTypeAs, Placement, TenantConfig};

/// Whether an employee lacks something altogether.
type Lacks = fn(&Employee) -> bool;

/// What has been absent from everybody so far.
#[derive(Debug)]
pub(crate) struct UnreadableAttributes {
    /// By Personio's names.
    attributes: Vec<(&'static str, Lacks)>,
    anybody: bool,
}

impl UnreadableAttributes {
    /// All attributes that the tenant's configuration carries over: nobody has been seen.
    #[must_use]
    pub(crate) fn of(config: &TenantConfig) -> Self {
        let options = &config.employees;
        let attributes: [(&str, bool, Lacks); 12] = [
            ("first_name", true, |it| it.first_name.is_absent()),
            ("last_name", true, |it| it.last_name.is_absent()),
            ("email", true, |it| it.email.is_absent()),
            ("position", options.position != Placement::Off, |it| {
                it.position.is_absent()
            }),
            ("subcompany", true, |it| it.company.is_absent()),
            ("department", options.department, |it| {
                it.department.is_absent()
            }),
            ("office", options.location != Placement::Off, |it| {
                it.location.is_absent()
            }),
            ("gender", true, |it| it.gender.is_absent()),
            (
                "employment_type",
                options.employment_type == EmploymentTypeAs::Tag,
                |it| it.employment_type.is_absent(),
            ),
            ("hire_date", true, |it| it.hire_date.is_absent()),
            ("termination_date", true, |it| it.end_date.is_absent()),
            ("status", true, |it| it.status.is_absent()),
        ];
        let wanted = attributes.into_iter().filter(|(_, wanted, _)| *wanted);
        Self {
            attributes: wanted.map(|(name, _, lacks)| (name, lacks)).collect(),
            anybody: false,
        }
    }

    /// Strikes off what this person's record has.
    pub(crate) fn observe(&mut self, employee: &Employee) {
        self.anybody = true;
        self.attributes.retain(|(_, lacks)| lacks(employee));
    }

    /// What nobody's record has. Of nobody at all nothing can be said.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        let names = self.attributes.iter().map(|(name, _)| *name);
        if self.anybody {
            names.collect()
        } else {
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::domain::employee::Field;

    use super::*;
    use crate::plan::builders::{config, employee};

    #[test]
    fn names_what_nobody_has_and_the_tenant_wants() {
        let hidden = |id: &str| Employee {
            position: Field::Absent,
            department: Field::Absent,
            status: Field::Absent,
            ..employee(id)
        };
        let shown = |more: &str, employees: Vec<Employee>| {
            let mut unreadable = UnreadableAttributes::of(&config(more));
            employees
                .iter()
                .for_each(|employee| unreadable.observe(employee));
            unreadable.names()
        };
        let expected = ["position", "status"];
        assert_eq!(shown("", vec![hidden("1"), hidden("2")]), expected);
        assert_eq!(shown("", vec![hidden("1"), employee("2")]), [""; 0]);
        assert_eq!(
            shown(
                "[employees]\nposition = \"off\"\ndepartment = true",
                vec![hidden("1")]
            ),
            ["department", "status"]
        );
        assert_eq!(shown("", vec![]), [""; 0]);
    }
}
