//! From Kombo's employee to ours.

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::wire::{self, Identity, Named};
use crate::domain::employee::{Employee, EmploymentType, Field, Gender, Status};
use crate::domain::id::{self, SourceId};
use crate::domain::{calendar_day, end_of_contract};
use crate::json;
use crate::source::{Leaving, SourceRecord, employment_type};

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
fn leaving(employment_status: Field<String>, termination_date: Field<String>) -> Leaving {
    let end_date = day("termination_date", termination_date).unwrap_or_default();
    Leaving {
        status: filled(employment_status).map(status),
        end_date: end_of_contract(end_date),
    }
}

/// One row of a page, as text.
pub(super) fn read(raw: &RawValue, employment_type_field: Option<&str>) -> Row {
    let misfit = match parse(raw) {
        Ok(wire) => return of(wire, employment_type_field),
        Err(field) => field,
    };
    let problem = "has another type than documented";
    match parse::<Identity>(raw).map(|it| whose(it.remote_id, it.remote_deleted_at.as_deref())) {
        Ok(Ok(id)) => {
            let read = parse::<wire::Leaving>(raw);
            let leaving = read.map(|it| leaving(it.employment_status, it.termination_date));
            rejected(Some(id), &misfit, problem, leaving.unwrap_or_default())
        }
        Ok(Err(row)) => row,
        Err(field) => rejected(None, &field, problem, Leaving::default()),
    }
}

/// One row of a page.
pub(super) fn of(mut wire: wire::Employee<'_>, employment_type_field: Option<&str>) -> Row {
    let id = match whose(wire.remote_id.take(), wire.remote_deleted_at.as_deref()) {
        Ok(id) => id,
        Err(row) => return row,
    };
    if is_emptied(&wire) {
        return Row::Emptied;
    }
    let leaving = leaving(
        wire.employment_status.clone(),
        wire.termination_date.clone(),
    );
    match employee(id.clone(), wire, employment_type_field) {
        Ok(employee) => Row::There(SourceRecord::Employee(Box::new(employee))),
        Err(DecodeError(field, problem)) => rejected(Some(id), field, problem, leaving),
    }
}

/// Whose row it is; or what it stands for without looking any further.
fn whose(remote_id: Option<String>, remote_deleted_at: Option<&str>) -> Result<SourceId, Row> {
    let id = remote_id.filter(|id| !id.is_empty());
    if remote_deleted_at.is_some() {
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
    employment_type_field: Option<&str>,
) -> Result<Employee, DecodeError> {
    let kind = match employment_type_field {
        Some(key) => own_employment_type(&wire, key)?,
        None => filled(wire.employment_type).map(inferred_employment_type),
    };
    Ok(Employee {
        source_id,
        first_name: filled(wire.first_name),
        last_name: filled(wire.last_name),
        email: filled(wire.work_email),
        position: filled(wire.job_title),
        company: name(wire.legal_entity),
        department: department(wire.groups),
        location: name(wire.work_location),
        gender: gender(wire.gender),
        employment_type: kind,
        hire_date: day("start_date", wire.start_date)?,
        end_date: end_of_contract(day("termination_date", wire.termination_date)?),
        status: filled(wire.employment_status).map(status),
    })
}

/// An empty text is empty.
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

/// The first department, in Kombo's order; Personio has one for each person.
fn department(groups: Field<Vec<wire::Group>>) -> Field<String> {
    match groups {
        Field::Absent => Field::Absent,
        Field::Null => Field::Null,
        Field::Value(groups) => {
            let department = groups
                .into_iter()
                .find(|group| group.r#type.as_deref() == Some("DEPARTMENT"));
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
    match text.to_ascii_uppercase().as_str() {
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
/// not mapped for this integration.
fn own_employment_type(
    wire: &wire::Employee<'_>,
    key: &str,
) -> Result<Field<EmploymentType>, DecodeError> {
    let Some(raw) = wire
        .custom_fields
        .as_ref()
        .and_then(|fields| fields.get(key))
    else {
        return Ok(Field::Absent);
    };
    let text = serde_json::from_str::<Option<String>>(raw.get())
        .map_err(|_| DecodeError("custom_fields", "the employment type in it is not text"))?;
    Ok(filled(text.into()).map(employment_type))
}

fn day(field: &'static str, text: Field<String>) -> Result<Field<Date>, DecodeError> {
    match filled(text) {
        Field::Absent => Ok(Field::Absent),
        Field::Null => Ok(Field::Null),
        Field::Value(text) => calendar_day(&text)
            .map(Field::Value)
            .ok_or(DecodeError(field, "is not a date")),
    }
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
