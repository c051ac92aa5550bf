//! Who is in scope: each field, each kind of list, and lists together.

use proptest::prelude::*;

use super::ScopeVerdict::{In, Out, Undecided};
use super::*;
use crate::mapping::arbitrary;

type Slot = fn(&mut Employee, Field<String>);

/// Each field a scope can ask for, with the list's name and how a value comes into the employee.
const FIELDS: [(&str, &str, Slot); 5] = [
    ("company", "companies", |it, value| it.company = value),
    ("department", "departments", |it, value| {
        it.department = value
    }),
    ("location", "locations", |it, value| it.location = value),
    ("employment_type", "employment_types", |it, value| {
        it.employment_type = value.map(EmploymentType::Other);
    }),
    ("status", "statuses", |it, value| {
        it.status = value.map(status)
    }),
];

fn status(name: String) -> Status {
    match name.as_str() {
        "onboarding" => Status::Onboarding,
        "active" => Status::Active,
        "leave" => Status::Leave,
        "inactive" => Status::Inactive,
        _ => Status::Other(name),
    }
}

fn scope(lists: &str) -> Scope {
    toml::from_str(lists).unwrap()
}

/// Somebody in company `active`, department `active` and so on: one value does for all fields.
fn somebody() -> Employee {
    let mut employee = arbitrary::nobody("1");
    for (_, _, set) in FIELDS {
        set(&mut employee, value("active"));
    }
    employee
}

fn value(text: &str) -> Field<String> {
    Field::Value(text.to_owned())
}

#[test]
fn each_field_is_included_and_excluded_by_its_exact_value() {
    let absent = Field::Absent;
    for (name, list, set) in FIELDS {
        let include = format!("include_{list} = [\"active\", \"leave\"]");
        let exclude = format!("exclude_{list} = [\"leave\", \"inactive\"]");
        let both = format!("{include}\n{exclude}");
        let cases = [
            (&include, value("active"), In),
            (&include, value("leave"), In),
            (&include, value("inactive"), Out),
            (&include, value("Active"), Out),
            (&include, value("active "), Out),
            (&include, Field::Null, Out),
            (&include, absent.clone(), Undecided(name)),
            (&exclude, value("active"), In),
            (&exclude, value("leave"), Out),
            (&exclude, value("Leave"), In),
            (&exclude, Field::Null, In),
            (&exclude, absent.clone(), Undecided(name)),
            // An exclusion wins.
            (&both, value("active"), In),
            (&both, value("leave"), Out),
            (&both, value("inactive"), Out),
            (&both, value("onboarding"), Out),
            (&both, Field::Null, Out),
            (&both, absent.clone(), Undecided(name)),
        ];
        for (lists, given, verdict) in cases {
            let mut employee = somebody();
            set(&mut employee, given.clone());
            // No file can list an empty status or a word that Personio's document lacks.
            let is_unknown = matches!(
                employee.status,
                Field::Null | Field::Value(Status::Other(_))
            );
            let verdict = if is_unknown { Undecided(name) } else { verdict };
            assert_eq!(scope(lists).judge(&employee), verdict, "{lists} {given:?}");
        }
    }
}

#[test]
fn the_kinds_of_employment_go_by_personios_names() {
    use EmploymentType::{External, Internal, Other};
    let cases = [
        ("include_employment_types = [\"internal\"]", Internal, In),
        ("include_employment_types = [\"internal\"]", External, Out),
        ("exclude_employment_types = [\"external\"]", Internal, In),
        ("exclude_employment_types = [\"external\"]", External, Out),
        (
            "exclude_employment_types = [\"external\"]",
            Other("extern".into()),
            In,
        ),
        (
            "include_employment_types = [\"FULL_TIME\"]",
            Other("FULL_TIME".into()),
            In,
        ),
    ];
    for (lists, kind, verdict) in cases {
        let employee = Employee {
            employment_type: Field::Value(kind.clone()),
            ..somebody()
        };
        assert_eq!(scope(lists).judge(&employee), verdict, "{lists} {kind:?}");
    }
}

#[test]
fn every_given_list_must_match_and_out_wins_over_undecided() {
    let lists = "include_companies = [\"A\"]\nexclude_locations = [\"B\"]\ninclude_statuses = [\"active\"]\n";
    let cases = [
        (value("A"), value("C"), value("active"), In),
        (value("A"), Field::Null, value("active"), In),
        (value("B"), value("C"), value("active"), Out),
        (value("A"), value("B"), value("active"), Out),
        (value("A"), value("C"), value("leave"), Out),
        (
            Field::Absent,
            value("C"),
            value("active"),
            Undecided("company"),
        ),
        (
            value("A"),
            Field::Absent,
            value("active"),
            Undecided("location"),
        ),
        (value("A"), value("C"), Field::Absent, Undecided("status")),
        (
            Field::Absent,
            Field::Absent,
            Field::Absent,
            Undecided("company"),
        ),
        (Field::Absent, value("B"), value("active"), Out),
        (Field::Absent, value("C"), value("leave"), Out),
        (value("A"), Field::Absent, value("leave"), Out),
        (Field::Null, Field::Absent, value("active"), Out),
    ];
    for (company, location, status_name, verdict) in cases {
        let employee = Employee {
            company: company.clone(),
            location: location.clone(),
            status: status_name.clone().map(status),
            ..somebody()
        };
        assert_eq!(
            scope(lists).judge(&employee),
            verdict,
            "{company:?} {location:?} {status_name:?}"
        );
    }
}

#[test]
fn without_lists_everybody_is_in() {
    assert_eq!(Scope::default().judge(&arbitrary::nobody("1")), In);
    assert_eq!(Scope::default().judge(&somebody()), In);
}

proptest! {
    #[test]
    fn nobody_is_out_because_of_what_may_not_be_read(
        employee in arbitrary::employee("1"), hidden in 0..FIELDS.len(), config in arbitrary::tenant(),
    ) {
        // Hiding a field can only make a verdict less certain, never turn it into out.
        let before = config.scope.judge(&employee);
        let mut less = employee;
        (FIELDS[hidden].2)(&mut less, Field::Absent);
        match (before, config.scope.judge(&less)) {
            (In, Out) | (Undecided(_), In | Out) | (Out, In) => prop_assert!(false),
            _ => {}
        }
    }
}
