//! From Personio's employee to ours.

use jiff::civil::Date;
use serde_json::value::RawValue;

use super::attribute::Attribute;
use super::wire;
use crate::domain::employee::{Employee, Field, Gender, Status};
use crate::domain::id::{self, SourceId};
use crate::domain::{calendar_day, end_of_contract};
use crate::json;
use crate::source::{Leaving, SourceRecord, employment_type};

/// An attribute that does not fit, and why.
struct DecodeError(&'static str, &'static str);

fn rejected(source_id: Option<SourceId>, field: impl Into<String>, problem: &str) -> SourceRecord {
    SourceRecord::Rejected {
        source_id,
        field: field.into(),
        problem: problem.to_owned(),
        leaving: Leaving::default(),
    }
}

/// What does not fit is absent.
fn leaving(attributes: &wire::Attributes) -> Leaving {
    let end_date = day("termination_date", attributes.termination_date.clone());
    let hire_date = day("hire_date", attributes.hire_date.clone());
    let status = text("status", attributes.status.clone());
    Leaving {
        hire_date: hire_date.unwrap_or_default(),
        status: status.unwrap_or_default().map(status_of),
        end_date: end_of_contract(end_date.unwrap_or_default()),
    }
}

/// One record of a page, as text.
pub(super) fn read(raw: &RawValue) -> SourceRecord {
    match json::read(raw.get()) {
        Ok(employee) => of(employee),
        Err(misfit) => rejected(None, misfit.path, "has another type than documented"),
    }
}

pub(super) fn of(wire::Employee { attributes }: wire::Employee) -> SourceRecord {
    let id = match &attributes.id {
        Attribute::Number(id) | Attribute::Text(id) if id::is_usable(id.as_str()) => {
            SourceId::new(id.as_str())
        }
        Attribute::Number(_) | Attribute::Text(_) => return rejected(None, "id", id::UNUSABLE),
        Attribute::Absent | Attribute::Empty => return rejected(None, "id", "is missing"),
        Attribute::Named(_) | Attribute::DecodeError => {
            return rejected(None, "id", "is not a number");
        }
    };
    let leaving = leaving(&attributes);
    match employee(id.clone(), attributes) {
        Ok(employee) => SourceRecord::Employee(Box::new(employee)),
        Err(DecodeError(field, problem)) => SourceRecord::Rejected {
            source_id: Some(id),
            field: field.to_owned(),
            problem: problem.to_owned(),
            leaving,
        },
    }
}

fn employee(source_id: SourceId, attributes: wire::Attributes) -> Result<Employee, DecodeError> {
    let wire::Attributes {
        id: _,
        first_name,
        last_name,
        email,
        gender,
        status,
        position,
        subcompany,
        legal_entity,
        department,
        office,
        workplace,
        hire_date,
        termination_date,
        employment_type: kind,
    } = attributes;
    Ok(Employee {
        source_id,
        first_name: text("first_name", first_name)?,
        last_name: text("last_name", last_name)?,
        email: text("email", email)?,
        position: text("position", position)?,
        company: text("subcompany", subcompany.or(legal_entity))?,
        department: text("department", department)?,
        location: text("office", office.or(workplace))?,
        gender: gender_of(text("gender", gender)?),
        employment_type: text("employment_type", kind)?.map(employment_type),
        hire_date: day("hire_date", hire_date)?,
        end_date: end_of_contract(day("termination_date", termination_date)?),
        status: text("status", status)?.map(status_of),
    })
}

/// Text, a number, or the name of an object: unchanged.
fn text(field: &'static str, attribute: Attribute) -> Result<Field<String>, DecodeError> {
    match attribute {
        Attribute::Absent => Ok(Field::Absent),
        Attribute::Empty => Ok(Field::Null),
        Attribute::Text(text) | Attribute::Number(text) => Ok(Field::Value(text)),
        Attribute::Named(name) => match *name {
            Attribute::Empty => Ok(Field::Null),
            Attribute::Text(text) | Attribute::Number(text) => Ok(Field::Value(text)),
            Attribute::Absent | Attribute::Named(_) | Attribute::DecodeError => {
                Err(DecodeError(field, "has no name that is text"))
            }
        },
        Attribute::DecodeError => Err(DecodeError(field, "is not text")),
    }
}

fn day(field: &'static str, attribute: Attribute) -> Result<Field<Date>, DecodeError> {
    match attribute {
        Attribute::Absent => Ok(Field::Absent),
        Attribute::Empty => Ok(Field::Null),
        Attribute::Text(text) => calendar_day(&text)
            .map(Field::Value)
            .ok_or(DecodeError(field, "is not a date")),
        Attribute::Number(_) | Attribute::Named(_) | Attribute::DecodeError => {
            Err(DecodeError(field, "is not a date"))
        }
    }
}

/// Null where reteach has no counterpart.
fn gender_of(text: Field<String>) -> Field<Gender> {
    match text
        .map(|text| text.to_ascii_lowercase())
        .as_ref()
        .map(String::as_str)
    {
        Field::Absent => Field::Absent,
        Field::Value("male") => Field::Value(Gender::Male),
        Field::Value("female") => Field::Value(Gender::Female),
        Field::Value("diverse") => Field::Value(Gender::Diverse),
        Field::Value(_) | Field::Null => Field::Null,
    }
}

fn status_of(text: String) -> Status {
    match text.trim().to_ascii_lowercase().as_str() {
        "onboarding" => Status::Onboarding,
        "active" => Status::Active,
        "leave" => Status::Leave,
        "inactive" => Status::Inactive,
        _ => Status::Other(text),
    }
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
