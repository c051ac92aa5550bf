//! From Kombo's employee to ours.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::integration::Unsynced;
use super::wire::{self, Identity, Named};
use crate::domain::employee::{Employee, EmploymentType, Field, Gender, Status};
use crate::domain::id::{self, SourceId};
use crate::domain::{calendar_day, end_of_contract};
use crate::json;
use crate::source::{Leaving, SourceRecord, employment_type};

/// How the records of one integration are read.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    /// The custom field with the HR system's own employment type.
    pub(super) employment_type_field: Option<String>,
    pub(super) zone: TimeZone,
    pub(super) unsynced: Unsynced,
}

/// A field that does not fit, and why.
struct DecodeError(&'static str, &'static str);

/// What one row of a page stands for.
#[derive(Debug)]
pub(super) enum Row {
    There(SourceRecord),
    /// A person whom Kombo marks as deleted. `None` where the row does not say any more who that was: it explains nobody's
    /// absence.
    Deleted(Option<SourceId>),
    /// A row without data, and without a mark that would explain it.
    Emptied,
}

impl Row {
    /// The person, if there is one.
    pub(super) fn record(self) -> Option<SourceRecord> {
        match self {
            Self::There(record) => Some(record),
            Self::Deleted(_) | Self::Emptied => None,
        }
    }
}

fn rejected(source_id: Option<SourceId>, field: &str, problem: &str, leaving: Leaving) -> Row {
    Row::There(SourceRecord::Rejected {
        source_id,
        field: field.to_owned(),
        problem: problem.to_owned(),
        leaving,
    })
}

/// A date that does not fit is absent.
fn leaving(
    employment_status: Field<String>,
    start_date: Field<String>,
    termination_date: Field<String>,
    zone: &TimeZone,
) -> Leaving {
    let end_date = day("termination_date", termination_date, zone).unwrap_or_default();
    Leaving {
        status: filled(employment_status).map(status),
        hire_date: day("start_date", start_date, zone).unwrap_or_default(),
        end_date: end_of_contract(end_date),
    }
}

/// One row of a page, as text.
pub(super) fn read(raw: &RawValue, rules: &Rules) -> Row {
    let misfit = match parse(raw) {
        Ok(wire) => return of(wire, rules),
        Err(field) => field,
    };
    let problem = "has another type than documented";
    match parse::<Identity>(raw).map(|it| whose(it.remote_id, it.remote_deleted_at.as_deref())) {
        Ok(Ok(id)) => {
            let read = parse::<wire::Leaving>(raw);
            let leaving = read.map(|wire| {
                leaving(
                    wire.employment_status,
                    wire.start_date,
                    wire.termination_date,
                    &rules.zone,
                )
            });
            rejected(Some(id), &misfit, problem, leaving.unwrap_or_default())
        }
        Ok(Err(row)) => row,
        Err(field) => rejected(None, &field, problem, Leaving::default()),
    }
}

pub(super) fn of(mut wire: wire::Employee<'_>, rules: &Rules) -> Row {
    let id = match whose(wire.remote_id.take(), wire.remote_deleted_at.as_deref()) {
        Ok(id) => id,
        Err(row) => return row,
    };
    if is_emptied(&wire) {
        return Row::Emptied;
    }
    let leaving = leaving(
        wire.employment_status.clone(),
        wire.start_date.clone(),
        wire.termination_date.clone(),
        &rules.zone,
    );
    match employee(id.clone(), wire, rules) {
        Ok(employee) => Row::There(SourceRecord::Employee(Box::new(employee))),
        Err(DecodeError(field, problem)) => rejected(Some(id), field, problem, leaving),
    }
}

/// Whose row it is; or what it stands for without looking any further.
fn whose(remote_id: Option<String>, remote_deleted_at: Option<&str>) -> Result<SourceId, Row> {
    let id = remote_id.filter(|id| !id.is_empty());
    if wire::is_deleted(remote_deleted_at) {
        return Err(Row::Deleted(id.map(SourceId::new)));
    }
    match id {
        Some(id) if id::is_usable(&id) => Ok(SourceId::new(id)),
        Some(_) => Err(rejected(
            None,
            "remote_id",
            id::UNUSABLE,
            Leaving::default(),
        )),
        None => Err(rejected(
            None,
            "remote_id",
            "is missing",
            Leaving::default(),
        )),
    }
}

/// The record as `T`, or the path of what does not fit.
fn parse<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Result<T, String> {
    json::read(raw.get()).map_err(|misfit| misfit.path)
}

/// 14 days after a deletion all fields are null.
fn is_emptied(wire: &wire::Employee<'_>) -> bool {
    let texts = [
        &wire.first_name,
        &wire.last_name,
        &wire.work_email,
        &wire.job_title,
        &wire.gender,
        &wire.employment_status,
        &wire.employment_type,
        &wire.start_date,
        &wire.termination_date,
    ];
    texts.iter().all(|text| text.value().is_none())
        && wire.legal_entity.value().is_none()
        && wire.work_location.value().is_none()
        && wire.groups.value().is_none_or(Vec::is_empty)
}

fn employee(
    source_id: SourceId,
    wire: wire::Employee<'_>,
    rules: &Rules,
) -> Result<Employee, DecodeError> {
    let unsynced = &rules.unsynced;
    let (kind, origin) = match &rules.employment_type_field {
        Some(key) => (own_employment_type(&wire, key), "custom_fields"),
        None => (
            filled(wire.employment_type).map(inferred_employment_type),
            "employment_type",
        ),
    };
    let starts = day("start_date", wire.start_date, &rules.zone)?;
    let ends = day("termination_date", wire.termination_date, &rules.zone)?;
    Ok(Employee {
        source_id,
        first_name: unsynced.unless_known(&["first_name"], filled(wire.first_name)),
        last_name: unsynced.unless_known(&["last_name"], filled(wire.last_name)),
        // Kombo empties an address that it takes for invalid: nobody loses a login by that.
        email: match filled(wire.work_email) {
            Field::Null => Field::Absent,
            email => email,
        },
        position: unsynced.unless_known(&["job_title"], filled(wire.job_title)),
        company: unsynced.unless_known(&COMPANY, name(wire.legal_entity)),
        department: unsynced.unless_known(&DEPARTMENT, department(wire.groups)),
        location: unsynced.unless_known(&LOCATION, name(wire.work_location)),
        gender: unsynced.unless_known(&["gender"], gender(wire.gender)),
        employment_type: unsynced.unless_known(&[origin], kind),
        hire_date: unsynced.unless_known(&["start_date"], starts),
        end_date: end_of_contract(unsynced.unless_known(&["termination_date"], ends)),
        status: unsynced.unless_known(
            &["employment_status"],
            filled(wire.employment_status).map(status),
        ),
    })
}

// Which of a model's names Kombo lists is in no document.
const COMPANY: [&str; 3] = ["legal_entity", "legal_entity_id", "hris_legal_entities"];
const DEPARTMENT: [&str; 3] = ["groups", "teams", "hris_teams"];
const LOCATION: [&str; 3] = ["work_location", "work_location_id", "hris_locations"];

fn filled(text: Field<String>) -> Field<String> {
    match text {
        Field::Value(text) if text.is_empty() => Field::Null,
        other => other,
    }
}

fn name(named: Field<Named>) -> Field<String> {
    match named {
        Field::Value(Named { name }) => filled(name.into()),
        Field::Null => Field::Null,
        Field::Absent => Field::Absent,
    }
}

/// The department with the lowest id of its own. Personio has one for each person; Kombo's order of several is in no document.
fn department(groups: Field<Vec<wire::Group>>) -> Field<String> {
    match groups {
        Field::Absent => Field::Absent,
        Field::Null => Field::Null,
        Field::Value(groups) => {
            let department = groups
                .into_iter()
                .filter(|group| group.r#type.as_deref() == Some("DEPARTMENT"))
                .min_by_key(|group| group.remote_id.clone().map(|id| (id.len(), id)));
            filled(department.and_then(|group| group.name).into())
        }
    }
}

fn gender(text: Field<String>) -> Field<Gender> {
    match text.as_ref().map(String::as_str) {
        Field::Absent => Field::Absent,
        Field::Value("MALE") => Field::Value(Gender::Male),
        Field::Value("FEMALE") => Field::Value(Gender::Female),
        Field::Value("NON_BINARY") => Field::Value(Gender::Diverse),
        Field::Value(_) | Field::Null => Field::Null,
    }
}

fn status(text: String) -> Status {
    match text.trim().to_ascii_uppercase().as_str() {
        "ACTIVE" => Status::Active,
        "PENDING" => Status::Onboarding,
        "LEAVE" => Status::Leave,
        "INACTIVE" => Status::Inactive,
        _ => Status::Other(text),
    }
}

/// Kombo's guess from the work schedule.
fn inferred_employment_type(text: String) -> EmploymentType {
    match text.as_str() {
        "FREELANCE" | "CONTRACT" => EmploymentType::External,
        "FULL_TIME" | "PART_TIME" | "INTERNSHIP" | "WORKING_STUDENT" | "APPRENTICESHIP"
        | "TRAINING" => EmploymentType::Internal,
        _ => EmploymentType::Other(text),
    }
}

/// Personio's own value, from the custom field that the tenant named. A field that is not there is absent: it is
/// not mapped for this integration, or is neither a text nor a list of one text.
fn own_employment_type(wire: &wire::Employee<'_>, key: &str) -> Field<EmploymentType> {
    let fields = wire.custom_fields.as_ref();
    let raw = fields.and_then(|fields| fields.get(key));
    let text = match raw.and_then(|raw| serde_json::from_str(raw.get()).ok()) {
        Some(Value::String(text)) => Field::Value(text),
        Some(Value::Null) => Field::Null,
        Some(Value::Array(items)) => match items.as_slice() {
            [] => Field::Null,
            [Value::String(text)] => Field::Value(text.clone()),
            _ => Field::Absent,
        },
        _ => Field::Absent,
    };
    filled(text).map(employment_type)
}

fn day(
    field: &'static str,
    text: Field<String>,
    zone: &TimeZone,
) -> Result<Field<Date>, DecodeError> {
    match filled(text) {
        Field::Absent => Ok(Field::Absent),
        Field::Null => Ok(Field::Null),
        Field::Value(text) => calendar_day(&text)
            .map(|day| Field::Value(local_day(&text, zone).unwrap_or(day)))
            .ok_or(DecodeError(field, "is not a date")),
    }
}

/// Kombo writes a day as its midnight in UTC. Another time of day is a midnight elsewhere, converted: the day is the one that
/// it is in the tenant's zone.
fn local_day(text: &str, zone: &TimeZone) -> Option<Date> {
    const A_DAY: i64 = 24 * 60 * 60;
    let moment: Timestamp = text.parse().ok()?;
    let is_converted = text.ends_with(['Z', 'z']) && moment.as_second().rem_euclid(A_DAY) != 0;
    is_converted.then(|| zone.to_datetime(moment).date())
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
