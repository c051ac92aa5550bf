//! Random people and tenants, from few values each, so that equal and different ones are both frequent.

use jiff::civil::Date;
use proptest::prelude::*;

use crate::domain::employee::{Employee, EmploymentType, Field, Gender, Status};
use crate::domain::id::SourceId;
use crate::fingerprint::FingerprintKey;
use crate::source::Leaving;
use crate::tenant::TenantConfig;

pub(crate) fn key() -> FingerprintKey {
    FingerprintKey::from_bytes(&[7; 32])
}

pub(crate) fn config(more: &str) -> TenantConfig {
    let text = format!(
        "tenant_id = \"acme\"\ntime_zone = \"Europe/Berlin\"\n[personio]\nvia = \"direct\"\n{more}"
    );
    TenantConfig::parse(&text).unwrap()
}

fn field<T: std::fmt::Debug + Clone + 'static>(values: Vec<T>) -> impl Strategy<Value = Field<T>> {
    prop_oneof![
        1 => Just(Field::Absent),
        1 => Just(Field::Null),
        3 => prop::sample::select(values).prop_map(Field::Value),
    ]
}

fn text() -> impl Strategy<Value = Field<String>> {
    field(
        ["A", "a", "B", " A", "A ", "AB", "Ä"]
            .map(str::to_owned)
            .to_vec(),
    )
}

fn day() -> impl Strategy<Value = Field<Date>> {
    field(
        ["2026-05-09", "2026-05-10", "2026-05-11"]
            .map(|day| day.parse().unwrap())
            .to_vec(),
    )
}

/// A person with an id and no other value.
pub(crate) fn nobody(id: &str) -> Employee {
    Leaving::default().employee(SourceId::new(id))
}

/// A person with this id and any values.
pub(crate) fn employee(id: &'static str) -> impl Strategy<Value = Employee> {
    let texts = (text(), text(), text(), text(), text(), text(), text());
    let other = || "A".to_owned();
    let genders = field(vec![Gender::Male, Gender::Female, Gender::Diverse]);
    let kinds = field(vec![
        EmploymentType::Internal,
        EmploymentType::External,
        EmploymentType::Other(other()),
    ]);
    let states = field(vec![
        Status::Onboarding,
        Status::Active,
        Status::Leave,
        Status::Inactive,
        Status::Other(other()),
    ]);
    (texts, genders, kinds, day(), day(), states).prop_map(
        move |(texts, gender, employment_type, hire_date, end_date, status)| {
            let (first_name, last_name, email, position, company, department, location) = texts;
            Employee {
                source_id: SourceId::new(id),
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
            }
        },
    )
}

/// `one`, with a field of `other` for each bit that is set in two neighbouring places of `mix`.
pub(crate) fn mixed(one: &Employee, other: &Employee, mix: u16) -> Employee {
    let mut mixed = one.clone();
    let bits = mix & mix.rotate_left(1);
    let takes: [fn(&mut Employee, &Employee); 12] = [
        |it, other| it.first_name.clone_from(&other.first_name),
        |it, other| it.last_name.clone_from(&other.last_name),
        |it, other| it.email.clone_from(&other.email),
        |it, other| it.position.clone_from(&other.position),
        |it, other| it.company.clone_from(&other.company),
        |it, other| it.department.clone_from(&other.department),
        |it, other| it.location.clone_from(&other.location),
        |it, other| it.gender = other.gender,
        |it, other| it.employment_type.clone_from(&other.employment_type),
        |it, other| it.hire_date = other.hire_date,
        |it, other| it.end_date = other.end_date,
        |it, other| it.status.clone_from(&other.status),
    ];
    for (bit, take) in takes.iter().enumerate() {
        if bits & (1 << bit) != 0 {
            take(&mut mixed, other);
        }
    }
    mixed
}

/// A tenant with any combination of the options that the mapping reads.
pub(crate) fn tenant() -> impl Strategy<Value = TenantConfig> {
    let place = || prop::sample::select(vec!["field", "tag", "off"]);
    let scope = prop::sample::select(vec![
        "",
        "[scope]\ninclude_companies = [\"A\"]\n",
        "[scope]\nexclude_statuses = [\"inactive\"]\nout_of_scope = \"leave\"\n",
        "[scope]\ninclude_departments = [\"A\", \"B\"]\nexclude_employment_types = [\"external\"]\n",
    ]);
    (any::<bool>(), place(), place(), prop::sample::select(vec!["tag", "off"]), scope).prop_map(
        |(department, position, location, kind, scope)| {
            config(&format!(
                "[employees]\ndepartment = {department}\nposition = \"{position}\"\nlocation = \"{location}\"\n\
                 employment_type = \"{kind}\"\n{scope}"
            ))
        },
    )
}
