//! Accounts as the API shows them.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use super::customer::{Customer, Source};
use super::participation::{Participation, ParticipationStatus};
use super::state::{State, Tag};

/// A page of a list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List<T> {
    pub(super) results: Vec<T>,
    pub(super) result_count: usize,
}

/// A customer: `team` is missing where it is empty, everything else is null.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct View<'s> {
    id: &'s str,
    email: Option<&'s str>,
    user_name: Option<&'s str>,
    first_name: Option<&'s str>,
    last_name: Option<&'s str>,
    display_name: Option<&'s str>,
    language: Option<&'s str>,
    company: Option<&'s str>,
    department: Option<&'s str>,
    position: Option<&'s str>,
    location: Option<&'s str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    team: Option<&'s str>,
    birth_date: Option<&'s str>,
    gender: Option<&'s str>,
    external_id: Option<&'s str>,
    note: Option<&'s str>,
    expired_notification_mail: Option<&'s str>,
    authentication_method: &'s str,
    set_active_at: Option<String>,
    set_inactive_at: Option<String>,
    source: Source,
    status: &'static str,
    last_login_at: Option<String>,
    registered_at: String,
    tags: Vec<&'s Tag>,
    manager_id: Option<&'s str>,
    /// Stands for fields that a client does not know.
    user_type: &'static str,
}

/// A row of the list of customers.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Row<'s> {
    Plain(Box<View<'s>>),
    Odd(Value),
}

/// The customer as of `now`.
pub(super) fn view<'s>(state: &'s State, customer: &'s Customer, now: Timestamp) -> View<'s> {
    let tag = |name: &String| state.tags.iter().find(|tag| tag.name == *name);
    View {
        id: &customer.id,
        email: customer.email.as_deref(),
        user_name: customer.user_name.as_deref(),
        first_name: customer.first_name.as_deref(),
        last_name: customer.last_name.as_deref(),
        display_name: customer.display_name.as_deref(),
        language: customer.language.as_deref(),
        company: customer.company.as_deref(),
        department: customer.department.as_deref(),
        position: customer.position.as_deref(),
        location: customer.location.as_deref(),
        team: customer.team.as_deref(),
        birth_date: customer.birth_date.as_deref(),
        gender: customer.gender.as_deref(),
        external_id: customer.external_id.as_deref(),
        note: customer.note.as_deref(),
        expired_notification_mail: customer.expired_notification_mail.as_deref(),
        authentication_method: customer
            .authentication_method
            .as_deref()
            .unwrap_or("DEFAULT"),
        set_active_at: customer.set_active_at.map(moment),
        set_inactive_at: customer.set_inactive_at.map(moment),
        source: customer.source,
        status: state.shown_status(customer, now),
        last_login_at: customer.last_login_at.map(moment),
        registered_at: moment(customer.registered_at.unwrap_or(now)),
        tags: customer.tags.iter().filter_map(tag).collect(),
        manager_id: None,
        user_type: "LEARNER",
    }
}

/// A participation with its whole account and course.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ParticipationView<'s> {
    id: &'s str,
    started_at: Option<String>,
    completed_at: Option<String>,
    invited_at: Option<String>,
    joined_at: Option<String>,
    invitation_accepted_at: Option<String>,
    updated_at: Option<String>,
    time_spent_to_complete: Option<f64>,
    accepted_complete_confirmation_text: Option<&'s str>,
    progress: f64,
    status: ParticipationStatus,
    #[serde(skip_serializing_if = "Part::is_absent")]
    customer: Part<Arc<RawValue>>,
    #[serde(skip_serializing_if = "Part::is_absent")]
    course: Part<CourseView<'s>>,
    #[serde(skip_serializing_if = "Part::is_absent")]
    certificate: Part<CertificateView<'s>>,
    is_required: bool,
    deadline: Option<String>,
}

/// What a record may lack in two ways.
#[derive(Serialize)]
#[serde(untagged)]
enum Part<T> {
    There(T),
    Null,
    Absent,
}

impl<T> Part<T> {
    /// Missing parts are null in every second record and absent in the others.
    fn of(part: Option<T>, record: &str) -> Self {
        match part {
            Some(part) => Self::There(part),
            None if record.bytes().last().is_some_and(|byte| byte % 2 == 0) => Self::Null,
            None => Self::Absent,
        }
    }

    fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CourseView<'s> {
    id: String,
    name: &'s str,
    description: Option<&'s str>,
    status: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    starts_at: Option<&'s str>,
    ends_at: Option<&'s str>,
    image: Option<&'s str>,
    url: &'static str,
    edit_url: &'static str,
    is_archived: bool,
}

#[derive(Serialize)]
struct CertificateView<'s> {
    id: &'s str,
    url: Option<String>,
    #[serde(rename = "issuedAt", skip_serializing_if = "Option::is_none")]
    issued_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
}

/// The participation as of `now`; the certificate's URL is signed each time.
pub(super) fn participation<'s>(
    state: &'s State,
    row: &'s Participation,
    now: Timestamp,
) -> ParticipationView<'s> {
    let customer = row
        .customer
        .as_deref()
        .and_then(|id| state.customers.find(id));
    let customer = customer.and_then(|customer| {
        state.customers.shown(customer, now, || {
            to_raw_value(&view(state, customer, now)).ok()
        })
    });
    let course = row
        .course_name
        .as_deref()
        .zip(row.course_id())
        .map(|(name, id)| CourseView {
            id,
            name,
            description: None,
            status: "PRIVATE",
            kind: "ONLINE_COURSE",
            starts_at: None,
            ends_at: None,
            image: None,
            url: "https://academy.reteach.io/course",
            edit_url: "https://academy.reteach.io/admin/course",
            is_archived: false,
        });
    let certificate = row.certificate.as_ref().map(|certificate| CertificateView {
        id: &certificate.id,
        url: state.certificate_url(&certificate.id, now),
        issued_at: certificate
            .issued_again_at
            .or(row.completed_at)
            .filter(|_| certificate.has_details)
            .map(moment),
        size: certificate
            .delivery
            .size()
            .filter(|_| certificate.has_details),
    });
    ParticipationView {
        id: &row.id,
        started_at: None,
        completed_at: row.completed_at.map(moment),
        invited_at: None,
        joined_at: None,
        invitation_accepted_at: None,
        updated_at: row.completed_at.map(moment),
        time_spent_to_complete: None,
        accepted_complete_confirmation_text: None,
        progress: if row.status == ParticipationStatus::Completed {
            1.0
        } else {
            0.5
        },
        status: row.status,
        customer: Part::of(customer, &row.id),
        course: Part::of(course, &row.id),
        certificate: Part::of(certificate, &row.id),
        is_required: false,
        deadline: None,
    }
}

/// `2026-03-31T22:00:00.000Z`
fn moment(moment: Timestamp) -> String {
    format!("{moment:.3}")
}
