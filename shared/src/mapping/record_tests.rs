//! Every row of the field table, and what changes the fingerprint.

use proptest::prelude::*;

use super::*;
use crate::mapping::arbitrary::{self, config, key};
use Attribute::{
    Company, Department, Email, EmploymentTypeTag, FirstName, LastName, Location, LocationTag,
    PositionTag, UserName,
};

const ID: &str = "42";

fn mapped(edit: impl FnOnce(&mut Employee), options: &str) -> DesiredAccount {
    let mut employee = arbitrary::nobody(ID);
    edit(&mut employee);
    DesiredAccount::of(&employee, "personio", &config(options))
}

/// The values for reteach: `None` clears.
fn values(record: &DesiredAccount) -> Vec<(Attribute, Option<&str>)> {
    let values = record.values.iter();
    values
        .map(|(attribute, value)| (*attribute, value.as_ref().map(Text::reveal)))
        .collect()
}

#[test]
fn a_source_that_says_nothing_gives_reteach_nothing() {
    let record = mapped(|_| {}, "[employees]\ndepartment = true\n");
    assert_eq!(values(&record), []);
    assert_eq!(record.external_id, ExternalId::new("personio:42"));
    let unknown = Employment {
        hire_date: Field::Absent,
        end_date: Field::Absent,
        standing: EmploymentStatus::Unknown,
        scope: Scoped::In,
    };
    assert_eq!(record.employment, unknown);
}

type Slot = fn(&mut Employee) -> &mut Field<String>;

const TAG: &str = "[employees]\nposition = \"tag\"\nlocation = \"tag\"\n";
const DEPARTMENT: &str = "[employees]\ndepartment = true\n";

/// The rows that carry text: the field of the source, where it goes, and under which option.
const TEXTS: [(Slot, Attribute, &str); 9] = [
    (|person| &mut person.first_name, FirstName, ""),
    (|person| &mut person.last_name, LastName, ""),
    (|person| &mut person.position, Attribute::Position, ""),
    (|person| &mut person.position, PositionTag, TAG),
    (|person| &mut person.company, Company, ""),
    (|person| &mut person.department, Department, DEPARTMENT),
    (|person| &mut person.location, Location, ""),
    (|person| &mut person.location, LocationTag, TAG),
    (|person| &mut person.email, Email, ""),
];

#[test]
fn text_is_carried_unchanged_to_its_one_place() {
    let texts = [
        "Köln",
        " Bonn ",
        "\tx\n",
        "VERTRIEB & Einkauf",
        "Ö",
        "O\u{308}",
        "a\u{a0}b",
        "null",
        "東京",
    ];
    for (slot, attribute, options) in TEXTS {
        let prefix = attribute.tag_prefix().unwrap_or_default();
        for text in texts {
            let record = mapped(
                |person| *slot(person) = Field::Value(text.to_owned()),
                options,
            );
            let expected = format!("{prefix}{text}");
            assert_eq!(values(&record), [(attribute, Some(expected.as_str()))]);
        }
    }
}

#[test]
fn an_empty_text_is_cleared() {
    for (slot, attribute, options) in TEXTS {
        let record = mapped(|person| *slot(person) = Field::Null, options);
        let mut expected = vec![(attribute, None)];
        if attribute == Email {
            // Without a mail address reteach needs a user name.
            expected.push((UserName, Some("personio-42")));
        }
        assert_eq!(values(&record), expected);
    }
}

#[test]
fn what_is_switched_off_is_neither_set_nor_cleared() {
    let off: [(Slot, &str); 3] = [
        (|person| &mut person.department, ""),
        (
            |person| &mut person.position,
            "[employees]\nposition = \"off\"\n",
        ),
        (
            |person| &mut person.location,
            "[employees]\nlocation = \"off\"\n",
        ),
    ];
    for (slot, options) in off {
        for value in [Field::Absent, Field::Null, Field::Value("x".to_owned())] {
            let record = mapped(|person| *slot(person) = value, options);
            assert_eq!(values(&record), [], "{options}");
        }
    }
}

#[test]
fn gender_is_one_of_three_or_nothing() {
    let cases = [
        (Field::Absent, None),
        (Field::Null, Some(None)),
        (Field::Value(Gender::Male), Some(Some("MALE"))),
        (Field::Value(Gender::Female), Some(Some("FEMALE"))),
        (Field::Value(Gender::Diverse), Some(Some("DIVERSE"))),
    ];
    for (gender, expected) in cases {
        let record = mapped(|person| person.gender = gender, "");
        let expected: Vec<_> = expected
            .into_iter()
            .map(|value| (Attribute::Gender, value))
            .collect();
        assert_eq!(values(&record), expected);
    }
}

#[test]
fn employment_type_is_a_tag_with_the_tenants_own_words() {
    use EmploymentType::{External, Internal, Other};
    let own = "[employees.employment_type_labels]\ninternal = \"Stammkraft\"\nexternal = \"Leih arbeit\"\n";
    let off = "[employees]\nemployment_type = \"off\"\n";
    let student = Other("Werk student".into());
    let kinds = [
        (Internal, "", Some("intern")),
        (External, "", Some("extern")),
        (student, "", Some("Werk student")),
        (Internal, own, Some("Stammkraft")),
        (External, own, Some("Leih arbeit")),
        (Other("intern".into()), own, Some("intern")),
        (Internal, off, None),
    ];
    let kinds = kinds.map(|(kind, options, word)| {
        let tag = word.map(|word| Some(format!("Anstellungsart: {word}")));
        (Field::Value(kind), options, tag)
    });
    let cases = [
        (Field::Absent, "", None),
        (Field::Null, "", Some(None)),
        (Field::Null, off, None),
    ];
    let cases = cases.into_iter().chain(kinds);
    for (kind, options, expected) in cases {
        let record = mapped(|person| person.employment_type = kind.clone(), options);
        let expected = expected
            .as_ref()
            .map(|tag| (EmploymentTypeTag, tag.as_deref()));
        let expected: Vec<_> = expected.into_iter().collect();
        assert_eq!(values(&record), expected, "{kind:?} {options}");
    }
}

#[test]
fn days_are_kept_as_days() {
    let day = "2026-03-31".parse().unwrap();
    for field in [Field::Absent, Field::Null, Field::Value(day)] {
        let record = mapped(|person| person.hire_date = field, "");
        assert_eq!(record.employment.hire_date, field);
        let record = mapped(|person| person.end_date = field, "");
        assert_eq!(record.employment.end_date, field);
    }
}

#[test]
fn an_unknown_word_is_no_employment_and_only_inactive_ends_one() {
    use EmploymentStatus::{Employed, Unknown};
    let other = Status::Other("sabbatical".into());
    let cases = [
        (Field::Absent, Unknown),
        (Field::Null, Unknown),
        (Field::Value(Status::Onboarding), Employed),
        (Field::Value(Status::Active), Employed),
        (Field::Value(Status::Leave), Employed),
        (Field::Value(other), Unknown),
        (Field::Value(Status::Inactive), EmploymentStatus::Inactive),
    ];
    for (status, standing) in cases {
        let record = mapped(|person| person.status = status.clone(), "");
        assert_eq!(record.employment.standing, standing, "{status:?}");
    }
}

#[test]
fn the_external_id_names_the_hr_system() {
    for (tool, external_id) in [
        ("personio", "personio:42"),
        ("hibob", "hibob:42"),
        ("bamboohr", "bamboohr:42"),
    ] {
        let record = DesiredAccount::of(&arbitrary::nobody(ID), tool, &config(""));
        assert_eq!(record.external_id.as_str(), external_id);
        assert_eq!(record.external_id.source_id(tool), Some(SourceId::new(ID)));
    }
}

#[test]
fn people_out_of_scope_are_locked_or_left_as_the_tenant_chose() {
    let scope =
        |policy| format!("[scope]\ninclude_companies = [\"A\"]\nout_of_scope = \"{policy}\"\n");
    let company = |name: &str| Field::Value(name.to_owned());
    let cases = [
        ("lock", company("A"), Scoped::In),
        ("lock", company("B"), Scoped::OutLocked),
        ("lock", Field::Null, Scoped::OutLocked),
        ("lock", Field::Absent, Scoped::Undecided("company")),
        ("leave", company("A"), Scoped::In),
        ("leave", company("B"), Scoped::OutLeft),
        ("leave", Field::Absent, Scoped::Undecided("company")),
    ];
    for (policy, company, scoped) in cases {
        let record = mapped(|person| person.company = company, &scope(policy));
        assert_eq!(record.employment.scope, scoped, "{policy}");
    }
}

#[test]
fn no_value_is_ever_shown_by_debug() {
    let record = mapped(
        |person| person.last_name = Field::Value("Geheim".into()),
        "",
    );
    let shown = format!("{record:?}");
    assert!(shown.contains("Text(…)"), "{shown}");
    assert!(!shown.contains("Geheim"), "{shown}");
}

#[test]
fn each_attribute_has_a_name_of_its_own_and_a_tag_is_named_by_its_prefix() {
    let names = Attribute::ALL.map(Attribute::name);
    let distinct: std::collections::BTreeSet<_> = names.into_iter().collect();
    assert_eq!(distinct.len(), names.len());
    for (attribute, name) in Attribute::ALL.into_iter().zip(names) {
        let prefix = attribute
            .tag_prefix()
            .map(|prefix| prefix.trim_end_matches(": "));
        assert_eq!(name.strip_prefix("tag:"), prefix);
        assert_eq!(attribute.to_string(), name);
    }
}

#[test]
fn a_status_or_scope_alone_makes_another_fingerprint() {
    let record = mapped(|_| {}, "");
    let mut prints = Vec::new();
    for standing in [
        EmploymentStatus::Employed,
        EmploymentStatus::Inactive,
        EmploymentStatus::Unknown,
    ] {
        for scope in [
            Scoped::In,
            Scoped::OutLocked,
            Scoped::OutLeft,
            Scoped::Undecided("company"),
        ] {
            let employment = Employment {
                standing,
                scope,
                ..record.employment
            };
            let record = DesiredAccount {
                employment,
                ..record.clone()
            };
            prints.push(record.fingerprint(&key()).to_string());
        }
    }
    let distinct: std::collections::BTreeSet<_> = prints.iter().collect();
    assert_eq!(distinct.len(), prints.len());
}

#[test]
fn an_attribute_is_switched_off_exactly_where_the_mapping_gives_it_no_value() {
    let everything = |person: &mut Employee| {
        for (slot, ..) in TEXTS {
            *slot(person) = Field::Value("A".to_owned());
        }
        person.gender = Field::Value(Gender::Female);
        person.employment_type = Field::Value(EmploymentType::Internal);
    };
    let off = "[employees]\nposition = \"off\"\nlocation = \"off\"\nemployment_type = \"off\"\n";
    for options in ["", DEPARTMENT, TAG, off] {
        let record = mapped(everything, options);
        for attribute in Attribute::ALL {
            // It stands in for a mail address.
            let is_given = attribute == UserName || record.values.contains_key(&attribute);
            let is_off = config(options).employees.is_switched_off(attribute);
            assert_eq!(is_off, !is_given, "{attribute} {options}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_fingerprint_changes_exactly_when_the_record_does(
        one in arbitrary::employee("1"), other in arbitrary::employee("1"), mix in any::<u16>(),
        config in arbitrary::tenant(),
    ) {
        // Two people drawn at random differ in nearly everything: take most of the one and little of the other.
        let other = arbitrary::mixed(&one, &other, mix);
        let (one, other) = (DesiredAccount::of(&one, "personio", &config), DesiredAccount::of(&other, "personio", &config));
        prop_assert_eq!(one == other, one.fingerprint(&key()) == other.fingerprint(&key()));
    }

    #[test]
    fn equal_values_of_two_people_have_two_fingerprints(
        one in arbitrary::employee("1"), id in "[0-9a-z:]{1,5}", config in arbitrary::tenant(),
    ) {
        let other = Employee { source_id: SourceId::new(id), ..one.clone() };
        let prints = [&one, &other].map(|person| DesiredAccount::of(person, "personio", &config).fingerprint(&key()));
        prop_assert_eq!(prints[0] == prints[1], one.source_id == other.source_id);
        let elsewhere = DesiredAccount::of(&one, "hibob", &config).fingerprint(&key());
        prop_assert_ne!(elsewhere, prints[0]);
    }
}
