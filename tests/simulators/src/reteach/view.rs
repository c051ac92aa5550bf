//! Accounts as the API shows them.

use jiff::Timestamp;
use serde::Serialize;

use super::customer::{Customer, Source};
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
        authentication_method: customer.authentication_method.as_deref().unwrap_or("DEFAULT"),
        set_active_at: customer.set_active_at.map(moment),
        set_inactive_at: customer.set_inactive_at.map(moment),
        source: customer.source,
        status: customer.status(now),
        last_login_at: customer.last_login_at.map(moment),
        registered_at: moment(customer.registered_at.unwrap_or(now)),
        tags: customer.tags.iter().filter_map(tag).collect(),
        manager_id: None,
        user_type: "LEARNER",
    }
}

/// `2026-03-31T22:00:00.000Z`
fn moment(moment: Timestamp) -> String {
    format!("{moment:.3}")
}
