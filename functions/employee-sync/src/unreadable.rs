//! Attributes that the credential may not read, as far as a reading shows it: absent from everybody.

use shared::employee::Employee;
use shared::tenant::{EmploymentTypeAs, Placement, TenantConfig};

use crate::read::{People, Person};

/// Whether an employee lacks something altogether.
type Lacks = fn(&Employee) -> bool;

/// The attributes that the tenant's configuration carries over and nobody's record has, by Personio's names.
#[must_use]
pub fn unreadable(people: &People, config: &TenantConfig) -> Vec<&'static str> {
    let options = &config.employees;
    let attributes: [(&str, bool, Lacks); 12] = [
        ("first_name", true, |it| it.first_name.is_absent()),
        ("last_name", true, |it| it.last_name.is_absent()),
        ("email", true, |it| it.email.is_absent()),
        ("position", options.position != Placement::Off, |it| it.position.is_absent()),
        ("subcompany", true, |it| it.company.is_absent()),
        ("department", options.department, |it| it.department.is_absent()),
        ("office", options.location != Placement::Off, |it| it.location.is_absent()),
        ("gender", true, |it| it.gender.is_absent()),
        ("employment_type", options.employment_type == EmploymentTypeAs::Tag, |it| {
            it.employment_type.is_absent()
        }),
        ("hire_date", true, |it| it.hire_date.is_absent()),
        ("termination_date", true, |it| it.end_date.is_absent()),
        ("status", true, |it| it.status.is_absent()),
    ];
    let mut lacking: Vec<_> = attributes.into_iter().filter(|(_, wanted, _)| *wanted).collect();
    let mut anybody = false;
    for person in people.by_id.values() {
        let Person::Employee(employee, _) = person else { continue };
        anybody = true;
        lacking.retain(|(_, _, lacks)| lacks(employee));
        if lacking.is_empty() {
            break;
        }
    }
    if anybody { lacking.into_iter().map(|(name, ..)| name).collect() } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use shared::employee::Field;

    use super::*;
    use crate::plan::builders::{config, employee, key};
    use crate::read::Completeness;

    fn people(employees: Vec<Employee>) -> People {
        let person = |it: Employee| {
            let fingerprint = key().fingerprint([]);
            (it.source_id.clone(), Person::Employee(Box::new(it), fingerprint))
        };
        let by_id: BTreeMap<_, _> = employees.into_iter().map(person).collect();
        People { by_id, completeness: Completeness::Complete, readings: 1, marked: None }
    }

    #[test]
    fn names_what_nobody_has_and_the_tenant_wants() {
        let hidden = |id: &str| Employee {
            position: Field::Absent,
            department: Field::Absent,
            status: Field::Absent,
            ..employee(id)
        };
        let shown = |more: &str, employees| unreadable(&people(employees), &config(more));
        assert_eq!(shown("", vec![hidden("1"), hidden("2")]), ["position", "status"]);
        assert_eq!(shown("", vec![hidden("1"), employee("2")]), [""; 0]);
        assert_eq!(
            shown("[employees]\nposition = \"off\"\ndepartment = true", vec![hidden("1")]),
            ["department", "status"]
        );
        assert_eq!(shown("", vec![]), [""; 0]);
    }
}
