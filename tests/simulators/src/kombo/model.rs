//! Kombo's unified employee.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::integrations::KEPT_AFTER_DELETION;
use super::mirror::Mirrored;
use crate::engine::digest;
use crate::people::{EmploymentType, Gender, Status};

/// The employee as `GET /hris/employees` shows it.
///
/// Every key of the document is there; `work_email`, `gender`, `employment_status` and `employment_type` are missing instead of null
/// for every third person, as the document allows. `is_simulated` stands for fields that a client does not know yet.
pub(super) fn employee(
    integration: &str,
    kombo_id: &str,
    known: &Mirrored,
    employment_type_field: Option<&str>,
    now: Timestamp,
) -> Arc<str> {
    if known
        .deleted_at
        .is_some_and(|deleted| now.duration_since(deleted) >= KEPT_AFTER_DELETION)
    {
        return Value::Object(empty(kombo_id, known)).to_string().into();
    }
    let make = || {
        let mut employee = empty(kombo_id, known);
        employee.extend(data(integration, known, employment_type_field));
        if known.person.id.is_multiple_of(3) {
            let may_be_missing = [
                "work_email",
                "gender",
                "employment_status",
                "employment_type",
            ];
            employee
                .retain(|key, value| !(value.is_null() && may_be_missing.contains(&key.as_str())));
        }
        Value::Object(employee).to_string().into()
    };
    Arc::clone(known.shown.get_or_init(make))
}

/// What stays of a deleted employee after 14 days: ids, time stamps, empty lists and nulls.
fn empty(kombo_id: &str, known: &Mirrored) -> Map<String, Value> {
    const NULL: &str = "employee_number first_name last_name nationality display_full_name job_title work_email \
        personal_email mobile_phone_number ssn tax_id gender ethnicity marital_status employment_status \
        employment_type weekly_hours avatar work_location_id legal_entity_id manager_id home_address \
        bank_accounts date_of_birth start_date termination_date remote_created_at custom_fields remote_data \
        manager legal_entity work_location";
    const LISTS: &str = "employments time_off_balances groups teams integration_fields";
    let nulls = NULL.split(' ').map(|key| (key.to_owned(), Value::Null));
    let lists = LISTS.split(' ').map(|key| (key.to_owned(), json!([])));
    let own = [
        ("id", json!(kombo_id)),
        ("remote_id", json!(known.person.id.to_string())),
        ("changed_at", moment(known.changed_at)),
        (
            "remote_deleted_at",
            known.deleted_at.map_or(Value::Null, moment),
        ),
        ("is_simulated", json!(true)),
    ];
    nulls
        .chain(lists)
        .chain(own.map(|(key, value)| (key.to_owned(), value)))
        .collect()
}

fn data(
    integration: &str,
    known: &Mirrored,
    employment_type_field: Option<&str>,
) -> Vec<(String, Value)> {
    let (person, readable) = (&known.person, &known.readable);
    let shown = |attribute: &str, value: Value| {
        if readable.contains(attribute) {
            value
        } else {
            Value::Null
        }
    };
    let entity = Unit::readable(integration, known, "subcompany", &person.subcompany);
    let location = Unit::readable(integration, known, "office", &person.office);
    let department = Unit::readable(integration, known, "department", &person.department);
    let groups: Vec<Value> = department.iter().map(Unit::department).collect();
    let full_name = format!("{} {}", person.first_name, person.last_name);
    let own = shown("employment_type", own_type(person.employment_type));
    let custom_fields = match employment_type_field {
        Some(field) => json!({field: own}),
        None => json!({}),
    };
    [
        ("first_name", shown("first_name", json!(person.first_name))),
        ("last_name", shown("last_name", json!(person.last_name))),
        ("display_full_name", shown("last_name", json!(full_name))),
        ("job_title", shown("position", json!(person.position))),
        ("work_email", shown("email", json!(person.email))),
        ("gender", shown("gender", gender(person.gender))),
        ("employment_status", shown("status", status(person.status))),
        (
            "employment_type",
            shown("weekly_working_hours", inferred_type(person.weekly_hours)),
        ),
        (
            "weekly_hours",
            shown("weekly_working_hours", json!(person.weekly_hours)),
        ),
        ("start_date", shown("hire_date", date(person.hire_date))),
        (
            "termination_date",
            shown("termination_date", date(person.termination_date)),
        ),
        (
            "legal_entity_id",
            json!(entity.as_ref().map(|unit| &unit.id)),
        ),
        (
            "legal_entity",
            json!(entity.as_ref().map(Unit::legal_entity)),
        ),
        (
            "work_location_id",
            json!(location.as_ref().map(|unit| &unit.id)),
        ),
        (
            "work_location",
            json!(
                location
                    .as_ref()
                    .map(|unit| unit.location(known.changed_at))
            ),
        ),
        ("teams", json!(groups.clone())),
        ("groups", json!(groups)),
        ("custom_fields", custom_fields),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into()
}

/// A department, legal entity or location.
struct Unit<'n> {
    id: String,
    remote_id: String,
    name: &'n str,
}

impl<'n> Unit<'n> {
    /// The unit that a Personio attribute names, if the credential may read it.
    fn readable(
        integration: &str,
        known: &Mirrored,
        attribute: &str,
        name: &'n Option<String>,
    ) -> Option<Self> {
        let name = name
            .as_deref()
            .filter(|_| known.readable.contains(attribute))?;
        let remote_id = (digest::number(&[attribute, name]) % 1_000_000).to_string();
        Some(Self {
            id: digest::base58(&[integration, attribute, &remote_id]),
            remote_id,
            name,
        })
    }

    fn department(&self) -> Value {
        json!({"id": self.id, "remote_id": self.remote_id, "name": self.name, "type": "DEPARTMENT"})
    }

    /// Kombo has no addresses of Personio's companies.
    fn legal_entity(&self) -> Value {
        json!({"id": self.id, "remote_id": self.remote_id, "name": self.name, "address": null})
    }

    fn location(&self, changed_at: Timestamp) -> Value {
        json!({"id": self.id, "remote_id": self.remote_id, "name": self.name, "address": null, "type": "OFFICE",
            "changed_at": moment(changed_at), "remote_deleted_at": null, "remote_data": null})
    }
}

fn gender(gender: Option<Gender>) -> Value {
    match gender {
        Some(Gender::Male) => json!("MALE"),
        Some(Gender::Female) => json!("FEMALE"),
        Some(Gender::Diverse) => json!("NON_BINARY"),
        None => Value::Null,
    }
}

fn status(status: Status) -> Value {
    json!(match status {
        Status::Onboarding => "PENDING",
        Status::Active => "ACTIVE",
        Status::Leave => "LEAVE",
        Status::Inactive => "INACTIVE",
    })
}

/// From the working hours, as Kombo does it for Personio: nothing to do with Personio's own employment type.
fn inferred_type(weekly_hours: f64) -> Value {
    json!(if weekly_hours >= 35.0 {
        "FULL_TIME"
    } else {
        "PART_TIME"
    })
}

fn own_type(employment_type: Option<EmploymentType>) -> Value {
    match employment_type {
        Some(EmploymentType::Internal) => json!("Intern"),
        Some(EmploymentType::External) => json!("Extern"),
        None => Value::Null,
    }
}

fn date(date: Option<Date>) -> Value {
    date.map_or(Value::Null, |date| json!(format!("{date}T00:00:00.000Z")))
}

fn moment(moment: Timestamp) -> Value {
    json!(format!("{moment:.3}"))
}
