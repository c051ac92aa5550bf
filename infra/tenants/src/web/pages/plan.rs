//! What the next run would do, as a difference.

use std::collections::BTreeMap;

use axum::extract::Query;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use serde::Deserialize;
use shared::domain::id::TenantId;

use super::tenant::held_card;
use super::{left_out, person_path};
use crate::commands::plan::{self, ChangeView, PlanView};
use crate::commands::status::one;
use crate::web::layout::{self, Place, Tab, late, later};
use crate::web::visit::{Company, Visit};

/// People that are named for one pattern.
const MAX_NAMED: usize = 200;

#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(in crate::web) struct Details {
    #[serde(default)]
    details: u8,
}

pub(in crate::web) async fn page(
    visit: Visit,
    Company(tenant): Company,
    Query(Details { details }): Query<Details>,
) -> Response {
    let view = match Box::pin(one::read(visit.context(), &tenant)).await {
        Ok(view) => view,
        Err(failure) => return visit.unread(&tenant, &failure),
    };
    let held = view.held.as_ref().filter(|held| !held.undecided.is_empty());
    let body = html! {
        h1 { (visit.pick("Was der nächste Lauf tun würde", "What the next run would do")) }
        @if let Some(held) = held {
            h2 { (visit.pick("Wartet auf dich", "Waits for you")) }
            (held_card(&visit, &tenant, &view, held, Tab::Plan))
        }
        (later(
            &visit,
            &format!("/tenants/{tenant}/plan/live?details={details}"),
            visit.pick("Alle Personen werden gelesen und verglichen …", "Everybody is being read and compared …"),
        ))
    };
    let title = visit.pick("Plan", "Plan");
    layout::page(&visit, Place::Tenant(&tenant, Tab::Plan), title, &body).into_response()
}

/// The plan itself: read live, which takes as long as a run without its writes.
pub(in crate::web) async fn live(
    visit: Visit,
    Company(tenant): Company,
    Query(Details { details }): Query<Details>,
) -> Response {
    let details = details == 1;
    let body = match Box::pin(plan::read(visit.context(), &tenant, details)).await {
        Ok(view) => shown(&visit, &tenant, &view, details),
        Err(failure) => html! { p.lead.bad lang="en" { (layout::code(&failure.text)) } },
    };
    late(&visit, &body).into_response()
}

fn shown(visit: &Visit, tenant: &TenantId, view: &PlanView, details: bool) -> Markup {
    let changes = view.changes.as_deref().unwrap_or_default();
    let held = view.held.as_deref().unwrap_or_default();
    let skipped = view.skipped.as_deref().unwrap_or_default();
    let number = |number: usize| visit.language.number(number as u64);
    html! {
        p.lead { (sentence(visit, tenant, view)) }
        @if !view.report.message.is_empty() { p lang="en" { (layout::code_at(visit.language, &view.report.message, &view.time_zone)) } }
        @if let Some(unread) = &view.unread { p.note lang="en" { (unread) } }
        @if !changes.is_empty() || !held.is_empty() {
            p.small {
                a href=(format!("/tenants/{tenant}/plan?details={}", u8::from(!details))) {
                    @if details { (visit.pick("Werte verbergen", "Hide values")) } @else { (visit.pick("Werte zeigen (personenbezogene Daten)", "Show values (personal data)")) }
                }
            }
        }
        @if !held.is_empty() {
            h2 id="held" { (visit.pick("Gehalten", "Held")) " " span.count { (number(held.len())) } }
            p.small { (visit.pick("Wird erst nach einer Freigabe ausgeführt.", "Happens only after an approval.")) }
            (patterns(visit, tenant, held, details))
        }
        @if !changes.is_empty() {
            h2 id="next" { (visit.pick("Im nächsten Lauf", "In the next run")) " " span.count { (number(changes.len())) } }
            (patterns(visit, tenant, changes, details))
        }
        @if !skipped.is_empty() {
            h2 id="left" { (visit.pick("Ausgelassen", "Left alone")) " " span.count { (number(skipped.len())) } }
            ul.diff {
                @for skip in skipped.iter().take(MAX_NAMED) {
                    li { a href=(person_path(tenant, skip.person.as_str())) { (skip.person) } " " span lang="en" { (layout::code_at(visit.language, &skip.why, &view.time_zone)) } }
                }
                (left_out(visit, skipped.len(), MAX_NAMED))
            }
        }
        @if let Some(certificates) = &view.certificates {
            h2 { (visit.pick("Zertifikate danach", "Certificates afterwards")) }
            p {
                (visit.language.counted(certificates.to_file.len() as u64, ("Zertifikat wird abgelegt", "Zertifikate werden abgelegt"), ("certificate to file", "certificates to file")))
                @if let Some(folder) = &certificates.folder { (visit.pick(" in „", " in “")) (folder) (visit.pick("“", "”")) }
                "."
            }
            @if certificates.held > 0 {
                p { (visit.language.counted(certificates.held as u64, ("wird gehalten", "werden gehalten"), ("is held", "are held"))) (visit.pick(", bis du das ", " until you ")) a href=(format!("/tenants/{tenant}/certificates")) { (visit.pick("Nachtragen beginnst", "start the backfill")) } "." }
            }
            @if let Some(problem) = &certificates.problem { p.note lang="en" { (problem) } }
            @if !certificates.to_file.is_empty() {
                details {
                    summary { (visit.pick("Welche", "Which")) }
                    ul.diff {
                        @for filing in certificates.to_file.iter().take(MAX_NAMED) {
                            li.create {
                                a href=(person_path(tenant, filing.person.as_str())) { (filing.person) } " "
                                code { (filing.certificate) }
                                @if details { " " (filing.day.as_deref().unwrap_or("–")) }
                                @if let Some(course) = &filing.course { " " (course) }
                            }
                        }
                        (left_out(visit, certificates.to_file.len(), MAX_NAMED))
                    }
                }
            }
        }
        @if let Some(step) = view.next_step() { p.small lang="en" { (layout::code(&step)) } }
    }
}

/// What becomes of how many people, each number with what it counts.
fn sentence(visit: &Visit, tenant: &TenantId, view: &PlanView) -> Markup {
    let Some(totals) = view.totals else {
        return html! { (visit.pick("Es gibt keinen Plan.", "There is no plan.")) };
    };
    let in_sync = format!("/tenants/{tenant}/people?state=in-sync");
    let parts = [
        (totals.create, "#next", "anzulegen", "to create"),
        (totals.adopt, "#next", "zu übernehmen", "to adopt"),
        (totals.handover, "#next", "zu übergeben", "to hand over"),
        (totals.update, "#next", "zu ändern", "to update"),
        (totals.lock, "#next", "zu sperren", "to lock"),
        (totals.unlock, "#next", "zu entsperren", "to unlock"),
        (totals.held, "#held", "gehalten", "held"),
        (totals.conflict, "#left", "im Konflikt", "in conflict"),
        (totals.skipped, "#left", "ausgelassen", "left alone"),
        (
            totals.unchanged,
            in_sync.as_str(),
            "schon richtig",
            "as they should be",
        ),
    ];
    let parts: Vec<_> = parts
        .into_iter()
        .filter(|(number, ..)| *number > 0)
        .collect();
    html! {
        @if parts.is_empty() { (visit.pick("Nichts zu tun.", "Nothing to do.")) }
        @for (place, (number, link, german, english)) in parts.iter().enumerate() {
            @if place > 0 { ", " }
            a href=(link) { (visit.language.number(*number)) " " (visit.pick(german, english)) }
            @if place + 1 == parts.len() { "." }
        }
    }
}

/// Changes of the same kind to the same fields for the same cause.
fn patterns(visit: &Visit, tenant: &TenantId, changes: &[ChangeView], details: bool) -> Markup {
    let mut patterns: BTreeMap<(&str, String, &str), Vec<&ChangeView>> = BTreeMap::new();
    for change in changes {
        // An account that is created or adopted gets every field.
        let fields = match change.kind.as_str() {
            "create" | "adopt" => String::new(),
            _ => change.fields.join(", "),
        };
        let cause = change.dayless_cause.as_deref().unwrap_or_default();
        let key = (change.kind.as_str(), fields, cause);
        patterns.entry(key).or_default().push(change);
    }
    let mut patterns: Vec<_> = patterns.into_iter().collect();
    patterns.sort_by_key(|(_, changes)| std::cmp::Reverse(changes.len()));
    html! {
        @for ((kind, fields, cause), changes) in &patterns {
            details.pattern open[changes.len() <= 5] {
                summary {
                    span class=(format!("kind {kind}")) { (word(visit, kind)) } " "
                    strong { (visit.language.counted(changes.len() as u64, ("Person", "Personen"), ("person", "people"))) }
                    @if !fields.is_empty() { span.fields { " " (fields) } }
                    @if !cause.is_empty() { span.small lang="en" { " " (cause) } }
                }
                ul.diff {
                    @for change in changes.iter().take(MAX_NAMED) {
                        li class=(kind) {
                            a href=(person_path(tenant, change.person.as_str())) { (change.person) }
                            @if details {
                                @for value in change.values.iter().flatten() { " " span.value { (value) } }
                                @if let Some(cause) = &change.cause { " " span.small lang="en" { (cause) } }
                            }
                        }
                    }
                    (left_out(visit, changes.len(), MAX_NAMED))
                }
            }
        }
    }
}

fn word(visit: &Visit, kind: &str) -> &'static str {
    match kind {
        "create" => visit.pick("anlegen", "create"),
        "adopt" => visit.pick("übernehmen", "adopt"),
        "handover" => visit.pick("übergeben", "hand over"),
        "lock" => visit.pick("sperren", "lock"),
        "unlock" => visit.pick("entsperren", "unlock"),
        _ => visit.pick("ändern", "update"),
    }
}
