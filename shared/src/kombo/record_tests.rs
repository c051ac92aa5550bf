//! Every form a record may come in.

use jiff::civil::date;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn row(record: &Value, key: Option<&str>) -> Row {
    let rules = Rules {
        employment_type_field: key.map(str::to_owned),
        zone: TimeZone::get("Europe/Berlin").unwrap(),
        unsynced: Unsynced::default(),
    };
    read(&serde_json::value::to_raw_value(record).unwrap(), &rules)
}

fn parse_with(record: &Value, key: Option<&str>) -> Option<SourceRecord> {
    row(record, key).record()
}

fn employee_with(record: &Value, key: Option<&str>) -> Employee {
    match parse_with(record, key) {
        Some(SourceRecord::Employee(employee)) => *employee,
        other => panic!("{other:?}"),
    }
}

/// A person who has `value` as `key` besides a name.
fn with(key: &str, value: Value) -> Employee {
    employee_with(
        &json!({"remote_id": "32", "last_name": "Doe", key: value}),
        None,
    )
}

fn text(text: &str) -> Field<String> {
    Field::Value(text.to_owned())
}

fn documented() -> Value {
    json!({
        "id": "26vafvWSRmbhNcxJYqjCzuJg", "remote_id": "32", "employee_number": "3243422",
        "first_name": "John", "last_name": "Doe", "nationality": "French", "display_full_name": "John Doe",
        "job_title": "Integrations Team Lead", "work_email": "john.doe@acme.com", "personal_email": "john@doe.me",
        "ssn": "555-32-6395", "gender": "MALE", "ethnicity": "BLACK_AFRICAN_AMERICAN",
        "employment_status": "INACTIVE", "employment_type": "FULL_TIME", "weekly_hours": 40,
        "home_address": {"city": "Berlin", "country": "DE"}, "bank_accounts": [{"iban": "x"}],
        "start_date": "2020-04-07T00:00:00.000Z", "termination_date": "2022-05-20T00:00:00.000Z",
        "changed_at": "2022-08-07T14:01:29.196Z", "remote_deleted_at": null, "custom_fields": {},
        "integration_fields": [], "remote_data": null, "employments": [], "time_off_balances": [],
        "manager": {"first_name": "John", "last_name": "Doe"},
        "groups": [{"id": "a", "remote_id": "1", "name": "Customer Success", "type": "TEAM"},
                   {"id": "b", "remote_id": "2", "name": "Sales", "type": "DEPARTMENT"},
                   {"id": "c", "remote_id": "3", "name": "?", "type": null}],
        "legal_entity": {"id": "4B9b", "remote_id": "49", "name": "ACME Inc.", "address": {}}, "teams": [],
        "work_location": {"id": "22st", "remote_id": "1348", "name": "Kombo HQ", "address": {}, "type": "OFFICE"}
    })
}

#[test]
fn an_id_may_be_a_number() {
    let mut record = documented();
    record["remote_id"] = json!(32);
    assert_eq!(
        employee_with(&record, None),
        employee_with(&documented(), None)
    );
}

#[test]
fn reads_the_documented_example() {
    let expected = Employee {
        source_id: SourceId::new("32"),
        first_name: text("John"),
        last_name: text("Doe"),
        email: text("john.doe@acme.com"),
        position: text("Integrations Team Lead"),
        company: text("ACME Inc."),
        department: text("Sales"),
        location: text("Kombo HQ"),
        gender: Field::Value(Gender::Male),
        employment_type: Field::Value(EmploymentType::Internal),
        hire_date: Field::Value(date(2020, 4, 7)),
        end_date: Field::Value(date(2022, 5, 20)),
        status: Field::Value(Status::Inactive),
    };
    assert!(employee_with(&documented(), None) == expected);
}

#[test]
fn absent_null_and_empty_are_distinguished() {
    type Read = fn(Employee) -> Field<()>;
    let fields: [(&str, Read); 9] = [
        ("work_email", |person| person.email.map(drop)),
        ("gender", |person| person.gender.map(drop)),
        ("employment_status", |person| person.status.map(drop)),
        ("employment_type", |person| person.employment_type.map(drop)),
        ("job_title", |person| person.position.map(drop)),
        ("start_date", |person| person.hire_date.map(drop)),
        ("legal_entity", |person| person.company.map(drop)),
        ("work_location", |person| person.location.map(drop)),
        ("groups", |person| person.department.map(drop)),
    ];
    for (key, read) in fields {
        let mut record = documented();
        record.as_object_mut().unwrap().remove(key);
        assert_eq!(read(employee_with(&record, None)), Field::Absent, "{key}");
        record[key] = Value::Null;
        // An address that Kombo takes for invalid is null, too.
        let shown = if key == "work_email" {
            Field::Absent
        } else {
            Field::Null
        };
        assert_eq!(read(employee_with(&record, None)), shown, "{key}");
    }
    assert_eq!(with("work_email", json!("")).email, Field::Absent);
    let unnamed = json!({"id": "x", "name": null});
    assert_eq!(with("legal_entity", unnamed).company, Field::Null);
    for groups in [
        json!([]),
        json!([{"name": "Team", "type": "TEAM"}]),
        json!([{"name": null, "type": "DEPARTMENT"}]),
    ] {
        assert_eq!(with("groups", groups).department, Field::Null);
    }
}

#[test]
fn knows_kombos_words_and_keeps_the_others() {
    for (value, gender) in [
        ("MALE", Field::Value(Gender::Male)),
        ("FEMALE", Field::Value(Gender::Female)),
        ("NON_BINARY", Field::Value(Gender::Diverse)),
        ("NOT_SPECIFIED", Field::Null),
        ("keine Angabe", Field::Null),
    ] {
        assert_eq!(with("gender", json!(value)).gender, gender, "{value}");
    }
    for (value, status) in [
        ("ACTIVE", Status::Active),
        ("PENDING", Status::Onboarding),
        ("LEAVE", Status::Leave),
        ("INACTIVE", Status::Inactive),
        ("inactive", Status::Inactive),
        ("ruhend", Status::Other("ruhend".to_owned())),
    ] {
        let read = with("employment_status", json!(value)).status;
        assert_eq!(read, Field::Value(status), "{value}");
    }
    for (value, kind) in [
        ("FULL_TIME", EmploymentType::Internal),
        ("PART_TIME", EmploymentType::Internal),
        ("INTERNSHIP", EmploymentType::Internal),
        ("WORKING_STUDENT", EmploymentType::Internal),
        ("APPRENTICESHIP", EmploymentType::Internal),
        ("TRAINING", EmploymentType::Internal),
        ("FREELANCE", EmploymentType::External),
        ("CONTRACT", EmploymentType::External),
        ("Minijob", EmploymentType::Other("Minijob".to_owned())),
    ] {
        let read = with("employment_type", json!(value)).employment_type;
        assert_eq!(read, Field::Value(kind), "{value}");
    }
}

#[test]
fn a_named_custom_field_outweighs_the_inferred_employment_type() {
    use EmploymentType::{External, Internal};
    let other = EmploymentType::Other("Werkstudent".to_owned());
    let nested = json!({"art": "internal", "other": {"deep": [1]}});
    for (custom_fields, kind) in [
        (json!({"art": "Extern"}), Field::Value(External)),
        (nested, Field::Value(Internal)),
        (json!({"art": "Werkstudent"}), Field::Value(other)),
        (json!({"art": null}), Field::Null),
        (json!({"art": ""}), Field::Null),
        (json!({"art": ["Extern"]}), Field::Value(External)),
        (json!({"art": []}), Field::Null),
        (json!({"art": ["Extern", "Intern"]}), Field::Absent),
        (json!({"art": 7}), Field::Absent),
        (json!({"other": "Extern"}), Field::Absent),
        (json!(null), Field::Absent),
    ] {
        let mut record = documented();
        record["custom_fields"] = custom_fields.clone();
        let read = employee_with(&record, Some("art")).employment_type;
        assert_eq!(read, kind, "{custom_fields}");
    }
}

#[test]
fn who_is_deleted_or_emptied_is_left_out() {
    let mut deleted = documented();
    deleted["remote_deleted_at"] = json!("2026-03-01T00:00:00.000Z");
    assert!(matches!(row(&deleted, None), Row::Deleted(Some(id)) if id.as_str() == "32"));
    let mut emptied = json!({"id": "x", "remote_id": "32", "first_name": null, "last_name": null, "work_email": null,
                         "job_title": null, "start_date": null, "legal_entity": null, "work_location": null,
                         "groups": [], "remote_deleted_at": null});
    assert!(matches!(row(&emptied, None), Row::Emptied));
    emptied["remote_deleted_at"] = json!("2026-03-01T00:00:00.000Z");
    assert!(matches!(row(&emptied, None), Row::Deleted(Some(_))));
    // Once the row does not say any more who it was, it explains nobody's absence.
    emptied["remote_id"] = json!(null);
    assert!(matches!(row(&emptied, None), Row::Deleted(None)));
}

#[test]
fn who_has_a_blank_time_of_deletion_is_not_deleted() {
    for blank in ["", " "] {
        let mut record = documented();
        record["remote_deleted_at"] = json!(blank);
        assert_eq!(
            employee_with(&record, None),
            employee_with(&documented(), None)
        );
        record["last_name"] = json!(7);
        let rejected = row(&record, None);
        let is_rejected = matches!(
            &rejected,
            Row::There(SourceRecord::Rejected { source_id: Some(id), .. }) if id.as_str() == "32"
        );
        assert!(is_rejected, "{rejected:?}");
        let emptied = json!({"id": "x", "remote_id": "32", "remote_deleted_at": blank});
        assert!(matches!(row(&emptied, None), Row::Emptied));
    }
}

#[test]
fn what_does_not_fit_is_rejected_by_field() {
    let cases = json!([
        [{"remote_id": null, "last_name": "Doe"}, null, "remote_id"],
        [{"last_name": "Doe"}, null, "remote_id"],
        [{"remote_id": "", "last_name": "Doe"}, null, "remote_id"],
        [{"remote_id": 3.5, "last_name": "Doe"}, null, "remote_id"],
        [{"remote_id": "3".repeat(257), "last_name": "Doe"}, null, "remote_id"],
        [{"remote_id": "3\n2", "last_name": "Doe"}, null, "remote_id"],
        [{"remote_id": "32", "last_name": 7}, "32", "last_name"],
        [{"remote_id": "32", "last_name": "Doe", "termination_date": "soon"}, "32", "termination_date"],
        [{"remote_id": "32", "legal_entity": {"name": 1}}, "32", "legal_entity.name"],
        ["Doe", null, "."],
    ]);
    let cases: Vec<(Value, Option<String>, String)> = serde_json::from_value(cases).unwrap();
    for (record, id, field) in cases {
        let Some(SourceRecord::Rejected {
            source_id,
            field: rejected,
            ..
        }) = parse_with(&record, None)
        else {
            panic!("{record}")
        };
        let expected = (id.map(SourceId::new), field);
        assert_eq!((source_id, rejected), expected, "{record}");
    }
}

#[test]
fn a_midnight_that_kombo_has_converted_is_the_tenants_day() {
    for (written, day) in [
        ("2014-11-09T00:00:00.000Z", date(2014, 11, 9)),
        ("2014-11-08T23:00:00.000Z", date(2014, 11, 9)),
        ("2014-07-08T22:00:00Z", date(2014, 7, 9)),
        ("2014-11-09T00:00:00+01:00", date(2014, 11, 9)),
        ("9999-12-31T22:59:59.000Z", date(9999, 12, 31)),
    ] {
        let read = with("start_date", json!(written)).hire_date;
        assert_eq!(read, Field::Value(day), "{written}");
    }
}

#[test]
fn of_several_departments_it_is_always_the_same() {
    let group = |id: &str| json!({"remote_id": id, "name": id, "type": "DEPARTMENT"});
    for groups in [[group("9"), group("10")], [group("10"), group("9")]] {
        assert_eq!(with("groups", json!(groups)).department, text("9"));
    }
}

proptest! {
    #[test]
    fn a_day_is_taken_as_written(year in 1950_i16..2100, month in 1_i8..=12, day in 1_i8..=28) {
        let person = with("start_date", json!(format!("{year}-{month:02}-{day:02}T00:00:00.000Z")));
        prop_assert_eq!(person.hire_date, Field::Value(date(year, month, day)));
    }
}

#[test]
fn a_record_that_does_not_fit_still_says_whether_the_person_leaves() {
    let day = Field::Value("2026-06-30".parse().unwrap());
    let cases = [
        (
            json!({"last_name": 7, "employment_status": "INACTIVE", "termination_date": "2026-06-30"}),
            Field::Value(Status::Inactive),
            day,
        ),
        (
            json!({"start_date": "soon", "employment_status": "INACTIVE", "termination_date": null}),
            Field::Value(Status::Inactive),
            Field::Null,
        ),
        (
            json!({"termination_date": "soon", "employment_status": "ACTIVE"}),
            Field::Value(Status::Active),
            Field::Absent,
        ),
        (
            json!({"last_name": 7, "employment_status": 7}),
            Field::Absent,
            Field::Absent,
        ),
        (
            json!({"employment_status": 7, "termination_date": "2026-06-30"}),
            Field::Absent,
            day,
        ),
        (
            json!({"employment_status": "INACTIVE", "termination_date": 7}),
            Field::Value(Status::Inactive),
            Field::Absent,
        ),
    ];
    for (mut record, status, end_date) in cases {
        record["remote_id"] = json!("32");
        let Some(SourceRecord::Rejected { leaving, .. }) = parse_with(&record, None) else {
            panic!("{record}")
        };
        let both = (leaving.status, leaving.end_date);
        assert_eq!(both, (status, end_date), "{record}");
    }
}

#[test]
fn blanks_around_a_status_do_not_hide_a_leaver() {
    let status = super::status(" INACTIVE\u{a0}".to_owned());
    assert!(matches!(status, crate::domain::employee::Status::Inactive));
}
