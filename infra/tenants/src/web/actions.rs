//! Every button is a command.

use axum::Extension;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::tz::TimeZone;
use maud::html;
use shared::domain::id::{CertificateId, SourceId, TenantId};
use shared::state::{Brake, JobKind};

use super::guard::Fields;
use super::layout::{self, Place};
use super::live::{begin, sync_button};
use super::pages::not_found;
use super::visit::{Company, Visit};
use crate::args::{
    CertificateChoice, CertificateFilter, Check, Decide, RetryPeople, StartCertificates, SyncJob,
};
use crate::commands::{self, Action};

/// Carries out the command of a button, and shows what it prints.
pub(super) async fn act(
    visit: Visit,
    Company(tenant): Company,
    Path((_, action)): Path<(String, String)>,
    Extension(fields): Extension<Fields>,
) -> Response {
    let has_function = |job| visit.context().deployment.functions.of(job).is_some();
    let here = !has_function(JobKind::Employees);
    let Some(command) = command(&tenant, &action, &fields, here) else {
        return not_found(visit).await;
    };
    let acted = Box::pin(commands::act(visit.context(), command)).await;
    visit.shared().readings.outdate();
    match acted {
        // Its first run is watched.
        Ok(_) if action == "start-certificates" => begin(&visit, &tenant, SyncJob::Certificates),
        Ok(output) => {
            let title = done(&visit, &action);
            let stored = visit.context().tenant(&tenant).await;
            let zone = stored.map_or(TimeZone::UTC, |stored| stored.config.time_zone);
            let body = html! {
                h1 { (title) }
                @if action == "check" {
                    pre.text lang="en" { (output.text()) }
                } @else {
                    @for line in output.text().split("\n\n") {
                        p.lead lang="en" { (layout::code_at(visit.language, line, &zone)) }
                    }
                }
                div.actions {
                    @if let Some(job) = follows(&action) {
                        (sync_button(&visit, &tenant, job, "primary"))
                    }
                    a.button href=(format!("/tenants/{tenant}")) { (visit.pick("Zurück zu ", "Back to ")) (tenant) }
                }
            };
            let status =
                if output.needs_attention() && action != "check" && action != "retry-people" {
                    StatusCode::CONFLICT
                } else {
                    StatusCode::OK
                };
            let page = layout::page(&visit, Place::Other(Some(&tenant)), title, &body);
            (status, page).into_response()
        }
        // Such as a plan that changed between look and click.
        Err(failure) if failure.text.starts_with("there is no tenant") => {
            visit.problem(StatusCode::NOT_FOUND, None, &failure)
        }
        Err(failure) => visit.problem(StatusCode::CONFLICT, Some(&tenant), &failure),
    }
}

/// The command of a form; `None` for one that no button sends.
pub(super) fn command(
    tenant: &TenantId,
    action: &str,
    fields: &Fields,
    here: bool,
) -> Option<Action> {
    let tenant = tenant.clone();
    Some(match action {
        "approve" => Action::Approve(decision(tenant, fields)?),
        "dismiss" => Action::Dismiss(decision(tenant, fields)?),
        "pause" => Action::Pause(tenant),
        "resume" => Action::Resume(tenant),
        "check" => Action::Check(Check {
            tenant: Some(tenant),
            file: None,
            credentials: None,
            write_probe: false,
            yes: false,
            allowed_hosts: Vec::new(),
            notice: false,
        }),
        "retry-people" => Action::RetryPeople(RetryPeople {
            tenant,
            only: fields.all("only").map(SourceId::new).collect(),
            here,
        }),
        "retry-certificates" => Action::RetryCertificates(certificates(tenant, fields)?),
        "refile-certificates" => Action::RefileCertificates(certificates(tenant, fields)?),
        "dismiss-certificates" => Action::DismissCertificates(certificates(tenant, fields)?),
        "start-certificates" => Action::StartCertificates(StartCertificates { tenant, yes: true }),
        _ => return None,
    })
}

/// A decision about the plan with the hash that the page showed.
fn decision(tenant: TenantId, fields: &Fields) -> Option<Decide> {
    let of_name = |name: &str| Brake::ALL.into_iter().find(|brake| brake.name() == name);
    let kinds = fields.all("kind").filter(|name| !name.is_empty());
    Some(Decide {
        tenant,
        hash: fields.text("hash")?.to_owned(),
        // A kind that nobody knows must not widen the decision to all kinds.
        kinds: kinds.map(of_name).collect::<Option<Vec<_>>>()?,
        people: Vec::new(),
        is_undecided_alone: true,
    })
}

/// A decision about certificates, by their ids or by their reason.
fn certificates(tenant: TenantId, fields: &Fields) -> Option<CertificateChoice> {
    let certificates: Vec<CertificateId> =
        fields.all("certificate").map(CertificateId::new).collect();
    let reason = fields.text("reason").map(str::to_owned);
    if certificates.is_empty() && reason.is_none() {
        return None;
    }
    Some(CertificateChoice {
        tenant,
        certificates,
        all: false,
        filter: CertificateFilter {
            reason,
            person: None,
            is_whole_reason: true,
        },
        yes: true,
    })
}

fn follows(action: &str) -> Option<JobKind> {
    match action {
        "approve" | "resume" => Some(JobKind::Employees),
        "retry-certificates" | "refile-certificates" => Some(JobKind::Certificates),
        _ => None,
    }
}

fn done(visit: &Visit, action: &str) -> &'static str {
    match action {
        "approve" => visit.pick("Freigegeben", "Approved"),
        "dismiss" => visit.pick("Verworfen", "Dismissed"),
        "pause" => visit.pick("Angehalten", "Paused"),
        "resume" => visit.pick("Läuft wieder", "Running again"),
        "check" => visit.pick("Verbindung und Rechte", "Connection and rights"),
        "retry-people" => visit.pick("Erneut versucht", "Tried again"),
        "retry-certificates" => visit.pick("Wird erneut versucht", "To be tried again"),
        "refile-certificates" => visit.pick("Wird neu abgelegt", "To be filed again"),
        _ => visit.pick("Wird nicht abgelegt", "Left unfiled"),
    }
}
