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

/// What reteach is given, as far as it is said: `None` clears.
fn values(record: &DesiredAccount) -> Vec<(Attribute, Option<&str>)> {
    record
        .values
        .iter()
        .map(|(attribute, value)| (*attribute, value.as_ref().map(Text::reveal)))
        .collect()
}

#[test]
fn a_source_that_says_nothing_gives_reteach_nothing() {
    let record = mapped(|_| {}, "[employees]\ndepartment = true\n");
    assert_eq!(values(&record), []);
    assert_eq!(record.external_id, ExternalId::new("personio:42"));
    assert_eq!(
        record.employment,
        Employment {
            hire_date: Field::Absent,
            end_date: Field::Absent,
            standing: EmploymentStatus::Unknown,
            scope: Scoped::In
        }
    );
}

type Slot = fn(&mut Employee) -> &mut Field<String>;

/// The rows that carry text: the field of the source, where it goes, and under which option.
const TEXTS: [(Slot, Attribute, &str); 9] = [
    (|it| &mut it.first_name, FirstName, ""),
    (|it| &mut it.last_name, LastName, ""),
    (|it| &mut it.position, Attribute::Position, ""),
    (
        |it| &mut it.position,
        PositionTag,
        "[employees]\nposition = \"tag\"\n",
    ),
    (|it| &mut it.company, Company, ""),
    (
        |it| &mut it.department,
        Department,
        "[employees]\ndepartment = true\n",
    ),
    (|it| &mut it.location, Location, ""),
    (
        |it| &mut it.location,
        LocationTag,
        "[employees]\nlocation = \"tag\"\n",
    ),
    (|it| &mut it.email, Email, ""),
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
            let record = mapped(|it| *slot(it) = Field::Value(text.to_owned()), options);
            assert_eq!(
                values(&record),
                [(attribute, Some(format!("{prefix}{text}").as_str()))]
            );
        }
    }
}

#[test]
fn an_empty_text_is_cleared() {
    for (slot, attribute, options) in TEXTS {
        let record = mapped(|it| *slot(it) = Field::Null, options);
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
        (|it| &mut it.department, ""),
        (|it| &mut it.position, "[employees]\nposition = \"off\"\n"),
        (|it| &mut it.location, "[employees]\nlocation = \"off\"\n"),
    ];
    for (slot, options) in off {
        for value in [Field::Absent, Field::Null, Field::Value("x".to_owned())] {
            assert_eq!(
                values(&mapped(|it| *slot(it) = value, options)),
                [],
                "{options}"
            );
        }
    }
}

#[test]
fn gender_is_one_of_three_or_nothing() {
    let cases = [
        (Field::Absent, vec![]),
        (Field::Null, vec![(Attribute::Gender, None)]),
        (
            Field::Value(Gender::Male),
            vec![(Attribute::Gender, Some("MALE"))],
        ),
        (
            Field::Value(Gender::Female),
            vec![(Attribute::Gender, Some("FEMALE"))],
        ),
        (
            Field::Value(Gender::Diverse),
            vec![(Attribute::Gender, Some("DIVERSE"))],
        ),
    ];
    for (gender, expected) in cases {
        assert_eq!(values(&mapped(|it| it.gender = gender, "")), expected);
    }
}

#[test]
fn employment_type_is_a_tag_with_the_tenants_own_words() {
    use EmploymentType::{External, Internal, Other};
    let own = "[employees.employment_type_labels]\ninternal = \"Stammkraft\"\nexternal = \"Leih arbeit\"\n";
    let off = "[employees]\nemployment_type = \"off\"\n";
    let cases = [
        (Field::Absent, "", None),
        (Field::Null, "", Some(None)),
        (
            Field::Value(Internal),
            "",
            Some(Some("Anstellungsart: intern")),
        ),
        (
            Field::Value(External),
            "",
            Some(Some("Anstellungsart: extern")),
        ),
        (
            Field::Value(Other("Werk student".into())),
            "",
            Some(Some("Anstellungsart: Werk student")),
        ),
        (
            Field::Value(Internal),
            own,
            Some(Some("Anstellungsart: Stammkraft")),
        ),
        (
            Field::Value(External),
            own,
            Some(Some("Anstellungsart: Leih arbeit")),
        ),
        (
            Field::Value(Other("intern".into())),
            own,
            Some(Some("Anstellungsart: intern")),
        ),
        (Field::Value(Internal), off, None),
        (Field::Null, off, None),
    ];
    for (kind, options, expected) in cases {
        let record = mapped(|it| it.employment_type = kind.clone(), options);
        let expected: Vec<_> = expected
            .map(|value| (EmploymentTypeTag, value))
            .into_iter()
            .collect();
        assert_eq!(values(&record), expected, "{kind:?} {options}");
    }
}

#[test]
fn days_are_kept_as_days() {
    let day = "2026-03-31".parse().unwrap();
    for field in [Field::Absent, Field::Null, Field::Value(day)] {
        assert_eq!(
            mapped(|it| it.hire_date = field, "").employment.hire_date,
            field
        );
        assert_eq!(
            mapped(|it| it.end_date = field, "").employment.end_date,
            field
        );
    }
}

#[test]
fn only_inactive_is_not_employed() {
    let cases = [
        (Field::Absent, EmploymentStatus::Unknown),
        (Field::Null, EmploymentStatus::Unknown),
        (Field::Value(Status::Onboarding), EmploymentStatus::Employed),
        (Field::Value(Status::Active), EmploymentStatus::Employed),
        (Field::Value(Status::Leave), EmploymentStatus::Employed),
        (
            Field::Value(Status::Other("sabbatical".into())),
            EmploymentStatus::Employed,
        ),
        (Field::Value(Status::Inactive), EmploymentStatus::Inactive),
    ];
    for (status, standing) in cases {
        assert_eq!(
            mapped(|it| it.status = status.clone(), "")
                .employment
                .standing,
            standing,
            "{status:?}"
        );
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
fn a_user_name_stands_in_only_for_a_mail_address_that_is_empty() {
    let cases = [
        (Field::Absent, None),
        (Field::Null, Some("personio-42")),
        (Field::Value("a@b".into()), None),
    ];
    for (email, expected) in cases {
        let record = mapped(|it| it.email = email, "");
        let user_name = record
            .values
            .get(&UserName)
            .and_then(Option::as_ref)
            .map(Text::reveal);
        assert_eq!(user_name, expected);
    }
}

#[test]
fn who_is_out_of_scope_is_locked_or_left_as_the_tenant_chose() {
    let scope =
        |policy| format!("[scope]\ninclude_companies = [\"A\"]\nout_of_scope = \"{policy}\"\n");
    let cases = [
        ("lock", Field::Value("A".to_owned()), Scoped::In),
        ("lock", Field::Value("B".to_owned()), Scoped::OutLocked),
        ("lock", Field::Null, Scoped::OutLocked),
        ("lock", Field::Absent, Scoped::Undecided("company")),
        ("leave", Field::Value("A".to_owned()), Scoped::In),
        ("leave", Field::Value("B".to_owned()), Scoped::OutLeft),
        ("leave", Field::Absent, Scoped::Undecided("company")),
    ];
    for (policy, company, scoped) in cases {
        assert_eq!(
            mapped(|it| it.company = company, &scope(policy))
                .employment
                .scope,
            scoped,
            "{policy}"
        );
    }
}

#[test]
fn no_value_is_ever_shown_by_debug() {
    let record = mapped(|it| it.last_name = Field::Value("Geheim".into()), "");
    assert!(!format!("{record:?}").contains("Geheim"));
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
        let prints = [&one, &other].map(|it| DesiredAccount::of(it, "personio", &config).fingerprint(&key()));
        prop_assert_eq!(prints[0] == prints[1], one.source_id == other.source_id);
        let elsewhere = DesiredAccount::of(&one, "hibob", &config).fingerprint(&key());
        prop_assert_ne!(elsewhere, prints[0]);
    }

    #[test]
    fn every_value_is_the_sources_own_text(one in arbitrary::employee("1"), config in arbitrary::tenant()) {
        let record = DesiredAccount::of(&one, "personio", &config);
        for (slot, attribute, _) in TEXTS {
            let mut source = one.clone();
            let source = slot(&mut source).clone();
            let prefix = attribute.tag_prefix().unwrap_or_default();
            if let Some(given) = record.values.get(&attribute) {
                let given = given.as_ref().and_then(|text| text.reveal().strip_prefix(prefix));
                prop_assert_eq!(given, source.value().map(String::as_str));
                prop_assert!(!source.is_absent());
            }
        }
    }
}
