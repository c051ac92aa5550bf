//! A participation: somebody on a course, and the certificate that came of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::customer::read_moment;
use crate::domain::id::{self, CertificateId, CustomerId, ExternalId};
use crate::http::SignedUrl;

/// Somebody on a course, as far as certificates need it.
#[derive(Clone)]
pub struct Participation {
    /// Its id; a repeated course is another participation.
    pub id: ParticipationId,
    pub customer: Option<Owner>,
    pub course_name: Option<String>,
    pub completed_at: Option<Timestamp>,
    pub certificate: Option<Certificate>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Owner {
    pub id: CustomerId,
    /// Whose account it is, in the words of the system that made it.
    pub external_id: Option<ExternalId>,
}

#[derive(Clone, Debug)]
pub struct Certificate {
    pub id: CertificateId,
    /// Where its PDF is; `None`: not made yet. It may be signed and expire: ask for a fresh one then
    /// ([`Client::participation_by_certificate`](super::Client::participation_by_certificate)).
    pub url: Option<SignedUrl>,
    /// When it was changed or issued last. No document of reteach has it: taken where an academy says it.
    pub dated: Option<Timestamp>,
    /// The PDF's size in bytes. No document of reteach has it: taken where an academy says it.
    pub size: Option<u64>,
}

/// A participation with a certificate that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Which certificate, where that much could be read.
    pub certificate_id: Option<CertificateId>,
    /// The field that does not fit, in reteach's own words (`completedAt`).
    pub field: &'static str,
    /// What is wrong with it, without the value: "is not a moment".
    pub problem: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ParticipationId(String);

impl ParticipationId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

// Names it by its ids only: which course somebody took is personal.
crate::debug_only!(Participation, id, customer, certificate);

/// What may say when a certificate was issued last; the first of them counts.
const DATES: [&str; 2] = ["issuedAt", "updatedAt"];

/// One record of a page. A record that does not fit is identified by its certificate.
pub(super) fn read(raw: &RawValue) -> Result<Participation, Rejected> {
    let record: Value = serde_json::from_str(raw.get()).unwrap_or_default();
    let certificate_id = record
        .get("certificate")
        .and_then(|it| id_of(it, "certificate.id").ok())
        .map(CertificateId::new);
    participation(&record).map_err(|DecodeError(field, problem)| Rejected {
        certificate_id,
        field,
        problem,
    })
}

/// A field that does not fit, and why.
struct DecodeError(&'static str, &'static str);

fn participation(record: &Value) -> Result<Participation, DecodeError> {
    let id = id_of(record, "id")?;
    let course = object(record, "course");
    Ok(Participation {
        id: ParticipationId(id),
        customer: object(record, "customer").map(owner).transpose()?,
        course_name: course.map_or(Ok(None), |course| text(course, "name", "course.name"))?,
        completed_at: moment(record)?,
        certificate: object(record, "certificate").map(certificate).transpose()?,
    })
}

fn owner(customer: &Value) -> Result<Owner, DecodeError> {
    Ok(Owner {
        id: CustomerId::new(id_of(customer, "customer.id")?),
        external_id: text(customer, "externalId", "customer.externalId")?.map(ExternalId::new),
    })
}

fn certificate(certificate: &Value) -> Result<Certificate, DecodeError> {
    Ok(Certificate {
        id: CertificateId::new(id_of(certificate, "certificate.id")?),
        url: text(certificate, "url", "certificate.url")?.map(SignedUrl::new),
        dated: DATES
            .iter()
            .find_map(|name| read_moment(certificate.get(name)?.as_str()?)),
        size: certificate.get("size").and_then(Value::as_u64),
    })
}

/// The member `key`, unless it is missing or null.
fn object<'a>(record: &'a Value, key: &str) -> Option<&'a Value> {
    record.get(key).filter(|value| !value.is_null())
}

fn id_of(record: &Value, field: &'static str) -> Result<String, DecodeError> {
    let id = match record.get("id") {
        Some(Value::String(id)) if !id.is_empty() => id.clone(),
        Some(Value::Number(id)) => id.to_string(),
        _ => return Err(DecodeError(field, "is missing")),
    };
    if id::is_usable(&id) {
        Ok(id)
    } else {
        Err(DecodeError(field, id::UNUSABLE))
    }
}

/// Text; missing, null and `""` are nothing.
fn text(record: &Value, key: &str, field: &'static str) -> Result<Option<String>, DecodeError> {
    match record.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Some(_) => Err(DecodeError(field, "is not text")),
    }
}

fn moment(record: &Value) -> Result<Option<Timestamp>, DecodeError> {
    let field = "completedAt";
    let Some(text) = text(record, field, field)? else {
        return Ok(None);
    };
    read_moment(&text)
        .map(Some)
        .ok_or(DecodeError(field, "is not a moment"))
}
