//! Every form a record has been seen in.

use jiff::civil::date;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::employee::EmploymentType;

fn parse(record: &Value) -> SourceRecord {
    read(&serde_json::value::to_raw_value(record).unwrap())
}

fn employee(attributes: Value) -> Employee {
    match parse(&json!({"type": "Employee", "attributes": attributes})) {
        SourceRecord::Employee(employee) => *employee,
        SourceRecord::Rejected { field, problem, .. } => panic!("{field} {problem}"),
    }
}

/// A person with `value` as the attribute `key`.
fn with(key: &str, value: Value) -> Employee {
    employee(json!({"id": {"label": "ID", "value": 1}, key: {"label": "x", "value": value}}))
}

fn rejection(attributes: Value) -> (Option<String>, String, String) {
    match parse(&json!({"type": "Employee", "attributes": attributes})) {
        SourceRecord::Employee(_) => panic!("taken: {attributes}"),
        SourceRecord::Rejected {
            source_id,
            field,
            problem,
            ..
        } => (source_id.map(|id| id.as_str().to_owned()), field, problem),
    }
}

fn text(text: &str) -> Field<String> {
    Field::Value(text.to_owned())
}

#[test]
fn reads_the_documented_example() {
    let person = employee(json!({
        "id": {"label": "ID", "value": 1, "type": "integer", "universal_id": "id"},
        "first_name": {"label": "First name", "value": "Alexander", "type": "standard", "universal_id": "first_name"},
        "last_name": {"label": "Last name", "value": "Bergmann", "type": "standard", "universal_id": "last_name"},
        "email": {"label": "Email", "value": "alexander.bergmann@demo.email", "type": "standard", "universal_id": "email"},
        "gender": {"label": "Gender", "value": "male", "type": "standard", "universal_id": "gender"},
        "status": {"label": "Status", "value": "active", "type": "standard", "universal_id": "status"},
        "position": {"label": "Position", "value": "Team Lead", "type": "standard", "universal_id": "position"},
        "supervisor": {"label": "Supervisor", "type": "standard", "universal_id": "supervisor",
            "value": {"type": "Employee", "attributes": {"id": {"label": "ID", "value": 2, "type": "integer", "universal_id": "id"}}}},
        "employment_type": {"label": "Employment type", "value": "internal", "type": "standard", "universal_id": "employment_type"},
        "hire_date": {"label": "Hire date", "value": "2014-11-09T00:00:00+01:00", "type": "date", "universal_id": "hire_date"},
        "termination_date": {"label": "Termination date", "value": null, "type": "date", "universal_id": "termination_date"},
        "subcompany": {"label": "Subcompany", "type": "standard", "universal_id": "subcompany",
            "value": {"type": "Subcompany", "attributes": {"id": 7, "name": "Demo GmbH"}}},
        "department": {"label": "Department", "type": "standard", "universal_id": "department",
            "value": {"type": "Department", "attributes": {"id": 281521, "name": "Customer Support"}}},
        "office": {"label": "Office", "type": "standard", "universal_id": "office",
            "value": {"type": "Office", "attributes": {"id": 162817, "name": "Madrid"}}},
        "cost_centers": {"label": "Cost center", "type": "standard", "universal_id": "cost_centers",
            "value": [{"type": "CostCenter", "attributes": {"id": 82957, "name": "Cost center 1", "percentage": 100}}]},
        "dynamic_24407": {"label": "Titel", "value": "Dr", "type": "standard", "universal_id": null}
    }));
    let expected = Employee {
        source_id: SourceId::new("1"),
        first_name: text("Alexander"),
        last_name: text("Bergmann"),
        email: text("alexander.bergmann@demo.email"),
        position: text("Team Lead"),
        company: text("Demo GmbH"),
        department: text("Customer Support"),
        location: text("Madrid"),
        gender: Field::Value(Gender::Male),
        employment_type: Field::Value(EmploymentType::Internal),
        hire_date: Field::Value(date(2014, 11, 9)),
        end_date: Field::Null,
        status: Field::Value(Status::Active),
    };
    assert!(person == expected);
}

#[test]
fn what_may_not_be_read_is_absent() {
    let person = employee(json!({"id": {"label": "ID", "value": 1}}));
    assert!(person == crate::mapping::arbitrary::nobody("1"));
    // A wrapper that lost its value says nothing.
    let person = employee(json!({"id": {"value": 1}, "email": {"label": "Email"}}));
    assert_eq!(person.email, Field::Absent);
}

#[test]
fn every_kind_of_nothing_is_null() {
    for nothing in [json!(null), json!(""), json!([]), json!({})] {
        let office = json!({"type": "Office", "attributes": nothing});
        let unnamed = json!({"type": "Office", "attributes": {"id": 1, "name": nothing}});
        let person = employee(
            json!({"id": 1, "email": {"value": nothing}, "department": {"value": nothing},
            "hire_date": {"value": nothing}, "gender": {"value": nothing}, "status": {"value": nothing},
            "office": {"value": office}, "subcompany": {"value": unnamed}}),
        );
        for field in [
            person.email,
            person.department,
            person.location,
            person.company,
        ] {
            assert_eq!(field, Field::Null, "{nothing}");
        }
        assert_eq!(person.hire_date, Field::Null, "{nothing}");
        assert_eq!(person.gender, Field::Null, "{nothing}");
        assert_eq!(person.status, Field::Null, "{nothing}");
    }
}

#[test]
fn values_are_carried_unchanged() {
    for value in [
        " Müller ",
        "O'Brien-\u{1F600}",
        "a\tb",
        "weird \" quote",
        "NULL",
    ] {
        assert_eq!(with("last_name", json!(value)).last_name, text(value));
        let office = json!({"type": "Office", "attributes": {"id": 1, "name": value}});
        assert_eq!(with("office", office).location, text(value));
    }
}

#[test]
fn an_attribute_of_the_newer_name_is_read_where_the_older_one_is_not_shown_or_empty() {
    let unit = |name: &str| json!({"value": {"attributes": {"name": name}}});
    for (old, newer, read) in [
        (
            "office",
            "workplace",
            (|it| it.location) as fn(Employee) -> _,
        ),
        ("subcompany", "legal_entity", |it| it.company),
    ] {
        assert_eq!(read(with(newer, unit("Berlin"))), text("Berlin"), "{newer}");
        let both = |old_one: Value, newer_one: Value| {
            read(employee(json!({"id": 1, old: old_one, newer: newer_one})))
        };
        assert_eq!(both(unit("Ulm"), unit("Berlin")), text("Ulm"), "{old}");
        for empty in [json!({"value": null}), json!(""), unit("")] {
            let shown = both(empty.clone(), unit("Berlin"));
            assert_eq!(shown, text("Berlin"), "{old} {empty}");
            assert_eq!(both(empty, json!({"value": null})), Field::Null, "{old}");
        }
    }
}

#[test]
fn takes_wrapped_flat_and_numeric_values() {
    for id in [json!(4711), json!("4711"), json!(4711.0)] {
        for id in [id.clone(), json!({"label": "ID", "value": id})] {
            let person = employee(json!({"id": id, "first_name": "Eva"}));
            assert_eq!(person.source_id.as_str(), "4711");
            assert_eq!(person.first_name, text("Eva"));
        }
    }
    for (value, read) in [(json!(7), "7"), (json!(-7), "-7"), (json!(0.5), "0.5")] {
        assert_eq!(with("position", value).position, text(read));
    }
    assert_eq!(with("department", json!("Sales")).department, text("Sales"));
    for (name, read) in [
        (json!({"label": "Name", "value": "Berlin"}), "Berlin"),
        (json!(12), "12"),
    ] {
        let office = json!({"attributes": {"name": name}});
        assert_eq!(with("office", office).location, text(read));
    }
}

#[test]
fn takes_the_day_as_written_in_every_form() {
    for (value, day) in [
        ("2014-11-09T00:00:00+01:00", date(2014, 11, 9)),
        ("2012-02-01T00:00:00+0100", date(2012, 2, 1)),
        ("2021-01-01", date(2021, 1, 1)),
        ("1835-02-01T00:00:00+00:53", date(1835, 2, 1)),
    ] {
        let day = Field::Value(day);
        assert_eq!(with("hire_date", json!(value)).hire_date, day);
        assert_eq!(with("termination_date", json!(value)).end_date, day);
    }
}

#[test]
fn knows_the_words_and_keeps_the_others() {
    for (value, gender) in [
        ("male", Field::Value(Gender::Male)),
        ("female", Field::Value(Gender::Female)),
        ("diverse", Field::Value(Gender::Diverse)),
        ("Female", Field::Value(Gender::Female)),
        ("undefined", Field::Null),
    ] {
        assert_eq!(with("gender", json!(value)).gender, gender, "{value}");
    }
    for (value, status) in [
        ("onboarding", Status::Onboarding),
        ("active", Status::Active),
        ("leave", Status::Leave),
        ("inactive", Status::Inactive),
        ("Inactive", Status::Inactive),
        ("Paused", Status::Other("Paused".to_owned())),
    ] {
        let read = with("status", json!(value)).status;
        assert_eq!(read, Field::Value(status), "{value}");
    }
    let other = EmploymentType::Other("Werkstudent".to_owned());
    for (value, kind) in [
        ("internal", EmploymentType::Internal),
        ("external", EmploymentType::External),
        ("Werkstudent", other),
    ] {
        let read = with("employment_type", json!(value)).employment_type;
        assert_eq!(read, Field::Value(kind), "{value}");
    }
}

#[test]
fn what_does_not_fit_is_rejected_by_field_and_without_its_value() {
    // The fields besides the id 7, the rejected field, and the problem.
    let of_person_7 = json!([
        [{"hire_date": {"value": "Erika"}}, "hire_date", "is not a date"],
        [{"hire_date": {"value": "0000-00-00"}}, "hire_date", "is not a date"],
        [{"hire_date": {"value": 20210101}}, "hire_date", "is not a date"],
        [{"email": {"value": ["Erika"]}}, "email", "is not text"],
        [{"email": {"value": false}}, "email", "is not text"],
        [{"office": {"value": {"attributes": {"id": 1}}}}, "office", "has no name that is text"],
        [{"office": {"value": {"attributes": {"name": [1]}}}}, "office", "has no name that is text"],
    ]);
    let of_nobody = json!([
        [{}, "id", "is missing"],
        [[], "id", "is missing"],
        [null, "attributes", "has another type than documented"],
        [{"id": null}, "id", "is missing"],
        [{"id": {"value": ""}}, "id", "is missing"],
        [{"id": {"value": true}}, "id", "is not a number"],
        [{"id": {"value": "1".repeat(257)}}, "id", crate::domain::id::UNUSABLE],
    ]);
    for (id, cases) in [(Some("7"), of_person_7), (None, of_nobody)] {
        let cases: Vec<(Value, String, String)> = serde_json::from_value(cases).unwrap();
        for (mut attributes, field, problem) in cases {
            if id.is_some() {
                attributes["id"] = json!({"label": "ID", "value": 7});
            }
            let expected = (id.map(str::to_owned), field, problem);
            assert_eq!(rejection(attributes.clone()), expected, "{attributes}");
        }
    }
    // An object that is no date has no value: nothing is said about the date.
    assert!(
        with("termination_date", json!({"a": 1}))
            .end_date
            .is_absent()
    );
    for record in [
        json!(null),
        json!([]),
        json!("Erika"),
        json!(1),
        json!({"type": "Employee"}),
    ] {
        let parsed = parse(&record);
        assert!(
            matches!(
                parsed,
                SourceRecord::Rejected {
                    source_id: None,
                    ..
                }
            ),
            "{record}"
        );
    }
}

/// Any JSON, a few levels deep, out of the words that matter here.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        Just(json!("2021-02-03T00:00:00+01:00")),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::hash_map(
                "value|attributes|name|id|label|type|\\PC{0,4}",
                inner,
                0..4
            )
            .prop_map(|members| members.into_iter().collect::<Value>()),
        ]
    })
}

proptest! {
    #[test]
    fn never_panics_and_never_loses_a_readable_id(
        values in prop::collection::vec(any_json(), 12),
        id in 1_u32..,
    ) {
        let keys = ["first_name", "last_name", "email", "gender", "status", "position", "subcompany",
                    "department", "office", "hire_date", "termination_date", "employment_type"];
        let mut attributes: serde_json::Map<_, _> =
            keys.into_iter().map(str::to_owned).zip(values).collect();
        attributes.insert("id".to_owned(), json!({"label": "ID", "value": id}));
        let record = parse(&json!({"type": "Employee", "attributes": attributes}));
        prop_assert_eq!(record.source_id().map(|id| id.as_str().to_owned()), Some(id.to_string()));
    }
}

#[test]
fn a_record_that_does_not_fit_still_says_whether_the_person_leaves() {
    let attribute = |value: Value| json!({"label": "x", "value": value});
    let record = |status: Value, end: Value| {
        let attributes = json!({
            "id": attribute(json!(1)),
            "last_name": attribute(json!(["Groß"])),
            "status": attribute(status),
            "termination_date": attribute(end),
        });
        parse(&json!({"type": "Employee", "attributes": attributes}))
    };
    let day = "2026-06-30".parse().unwrap();
    let cases = [
        (
            json!("inactive"),
            json!("2026-06-30T00:00:00+02:00"),
            Field::Value(Status::Inactive),
            Field::Value(day),
        ),
        (json!([7]), json!("soon"), Field::Absent, Field::Absent),
        (
            json!("active"),
            Value::Null,
            Field::Value(Status::Active),
            Field::Null,
        ),
    ];
    for (status, end, is_status, is_end) in cases {
        let SourceRecord::Rejected { field, leaving, .. } = record(status, end) else {
            panic!("taken")
        };
        assert_eq!(field, "last_name");
        assert_eq!((leaving.status, leaving.end_date), (is_status, is_end));
    }
}

#[test]
fn blanks_around_a_status_do_not_hide_a_leaver() {
    let status = super::status_of(" Inactive\u{a0}".to_owned());
    assert!(matches!(status, crate::domain::employee::Status::Inactive));
}
