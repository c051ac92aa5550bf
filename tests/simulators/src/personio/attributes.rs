//! The attributes of an employee: labels in German, types, and how v1 shows their values, quirks included.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::state::Record;
use crate::engine::digest;
use crate::people;

/// What an integration of ours asks the HR admin to make readable.
pub const DEFAULT_GRANTS: &[&str] = &[
    "first_name",
    "last_name",
    "email",
    "gender",
    "status",
    "position",
    "employment_type",
    "weekly_working_hours",
    "hire_date",
    "termination_date",
    "department",
    "office",
    "subcompany",
];

/// One attribute of the account.
pub(super) struct Definition {
    pub(super) key: &'static str,
    label: &'static str,
    kind: &'static str,
    /// Attributes that a company made itself have no universal id.
    universal: bool,
    value: fn(&Record) -> Value,
}

impl Definition {
    const fn new(
        key: &'static str,
        label: &'static str,
        kind: &'static str,
        value: fn(&Record) -> Value,
    ) -> Self {
        Self {
            key,
            label,
            kind,
            universal: true,
            value,
        }
    }

    const fn own(mut self) -> Self {
        self.universal = false;
        self
    }

    fn universal_id(&self) -> Option<&'static str> {
        self.universal.then_some(self.key)
    }

    /// The entry of `GET /v1/company/employees/attributes`.
    pub(super) fn description(&self) -> Value {
        json!({"key": self.key, "label": self.label, "type": self.kind, "universal_id": self.universal_id(), "options": []})
    }
}

/// Every attribute of the account, in the order v1 shows them.
pub(super) static DEFINITIONS: &[Definition] = &[
    Definition::new("id", "ID", "integer", |record| json!(record.person.id)),
    Definition::new("first_name", "Vorname", "standard", |record| {
        json!(record.person.first_name)
    }),
    Definition::new("last_name", "Nachname", "standard", |record| {
        json!(record.person.last_name)
    }),
    Definition::new("email", "E-Mail", "standard", |record| {
        text(record, &record.person.email)
    }),
    Definition::new("gender", "Geschlecht", "standard", |record| {
        json!(record.person.gender)
    }),
    Definition::new("status", "Status", "standard", |record| {
        json!(record.person.status)
    }),
    Definition::new("position", "Position", "standard", |record| {
        text(record, &record.person.position)
    }),
    Definition::new("employment_type", "Anstellungsart", "standard", |record| {
        json!(record.person.employment_type)
    }),
    Definition::new(
        "weekly_working_hours",
        "Wochenstunden",
        "standard",
        |record| json!(record.person.weekly_hours.to_string()),
    ),
    Definition::new("hire_date", "Anstelldatum", "date", |record| {
        date(record.person.hire_date)
    }),
    Definition::new("contract_end_date", "Vertragsende", "date", |_| Value::Null),
    Definition::new(
        "termination_date",
        "Arbeitsverhältnis endet zum",
        "date",
        |record| date(record.person.termination_date),
    ),
    Definition::new("termination_type", "Art der Kündigung", "standard", |_| {
        json!("")
    }),
    Definition::new("last_working_day", "Letzter Arbeitstag", "date", |record| {
        date(record.person.termination_date)
    }),
    Definition::new("last_modified_at", "Zuletzt geändert", "date", |record| {
        moment(record.modified)
    }),
    Definition::new("supervisor", "Vorgesetzte*r", "standard", |_| Value::Null),
    Definition::new("department", "Abteilung", "standard", |record| {
        unit(record, "Department", &record.person.department)
    }),
    Definition::new("team", "Team", "standard", |_| Value::Null),
    Definition::new("office", "Standort", "standard", |record| {
        unit(record, "Office", &record.person.office)
    }),
    Definition::new("subcompany", "Gesellschaft", "standard", |record| {
        unit(record, "Subcompany", &record.person.subcompany)
    }),
    Definition::new("cost_centers", "Kostenstelle", "standard", |_| json!([])),
    Definition::new(
        "work_schedule",
        "Arbeitszeitmodell",
        "standard",
        work_schedule,
    ),
    Definition::new("dynamic_24407", "Titel", "standard", |record| {
        if record.person.id % 9 == 0 {
            json!("Dr.")
        } else {
            Value::Null
        }
    })
    .own(),
];

/// `{"type":"Employee","attributes":{…}}`, written straight to text: a large company has many of them.
#[derive(Serialize)]
struct Row<'r> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(serialize_with = "as_map")]
    attributes: Vec<(&'static str, Wrapper<'r>)>,
}

#[derive(Serialize)]
struct Wrapper<'r> {
    label: &'static str,
    value: Cow<'r, Value>,
    #[serde(flatten)]
    rest: Option<Rest>,
}

/// What the oldest wrappers do not have.
#[derive(Serialize)]
struct Rest {
    #[serde(rename = "type")]
    kind: &'static str,
    universal_id: Option<&'static str>,
}

fn as_map<S: Serializer>(attributes: &[(&str, Wrapper<'_>)], to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(attributes.iter().map(|(key, wrapper)| (key, wrapper)))
}

/// The JSON of one employee. A credential that may read nothing gets the id alone, in the old two-member wrapper.
pub(super) fn render(record: &Record, shown: &[&'static Definition]) -> String {
    let only_id = shown.len() == 1;
    let wrapper = |definition: &&'static Definition| {
        let raw = record.raw.get(definition.key).map(Cow::Borrowed);
        let value = raw.unwrap_or_else(|| Cow::Owned((definition.value)(record)));
        let rest = Rest {
            kind: definition.kind,
            universal_id: definition.universal_id(),
        };
        let rest = (!only_id).then_some(rest);
        (
            definition.key,
            Wrapper {
                label: definition.label,
                value,
                rest,
            },
        )
    };
    let row = Row {
        kind: "Employee",
        attributes: shown.iter().map(wrapper).collect(),
    };
    // Text keys and finite numbers cannot fail.
    serde_json::to_string(&row).unwrap_or_default()
}

/// An empty text is null in some profiles and "" in others.
fn text(record: &Record, value: &Option<String>) -> Value {
    match value {
        Some(value) => json!(value),
        None if record.person.id.is_multiple_of(2) => json!(""),
        None => Value::Null,
    }
}

/// `{type, attributes: {id, name}}` without wrappers; an empty one is null, or [] in some profiles.
fn unit(record: &Record, kind: &str, name: &Option<String>) -> Value {
    match name {
        Some(name) => {
            let id = digest::number(&[kind, name]) % 1_000_000;
            json!({"type": kind, "attributes": {"id": id, "name": name}})
        }
        None if record.person.id.is_multiple_of(5) => json!([]),
        None => Value::Null,
    }
}

/// "Variable data type", as a user of the API called it.
fn work_schedule(record: &Record) -> Value {
    match record.person.id % 4 {
        0 => json!(""),
        1 => json!([]),
        2 => Value::Null,
        _ => {
            let schedule = json!({"id": 232, "name": "Vollzeit, 40 Stunden", "valid_from": null, "monday": "08:00"});
            json!({"type": "WorkSchedule", "attributes": schedule})
        }
    }
}

/// Midnight in Berlin with that day's offset: `2014-11-09T00:00:00+01:00`.
fn date(date: Option<Date>) -> Value {
    let midnight = date.and_then(|date| date.to_zoned_datetime(people::zone()).ok());
    midnight.map_or(Value::Null, |midnight| {
        json!(midnight.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
    })
}

fn moment(moment: Timestamp) -> Value {
    json!(
        moment
            .to_zoned_datetime(people::zone())
            .strftime("%Y-%m-%dT%H:%M:%S%:z")
            .to_string()
    )
}
