//! What is filed, what is parked and why, and what is still to be filed.

use std::collections::BTreeMap;

use axum::response::{IntoResponse as _, Response};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use maud::{Markup, html};
use shared::domain::id::TenantId;
use shared::state::{CertificateEntry, CertificateState};

use super::{fact, left_out, person_path, waits};
use crate::args::CertificateFilter;
use crate::commands::certificates::list::{self, LedgerView};
use crate::commands::status::one::{self, StatusView};
use crate::web::layout::{self, Place, Tab, refreshed};
use crate::web::plots::{self, Bar};
use crate::web::visit::{Button, Company, Visit};

const DAYS: i32 = 30;

const ROWS: usize = 200;

pub(in crate::web) async fn page(visit: Visit, Company(tenant): Company) -> Response {
    let context = visit.context();
    let filter = CertificateFilter::default();
    let status = match Box::pin(one::read(context, &tenant)).await {
        Ok(status) => status,
        Err(failure) => return visit.unread(&tenant, &failure),
    };
    let ledger = match Box::pin(list::ledger(context, &tenant, &filter)).await {
        Ok(ledger) => ledger,
        Err(failure) => return visit.unread(&tenant, &failure),
    };
    let body = html! {
        // Each time the whole ledger is read.
        (refreshed("backlog", &format!("/tenants/{tenant}/certificates"), 30, &html! {
            h1 { (sentence(&visit, &ledger)) }
            (figures(&visit, &ledger, &status))
            (backlog(&visit, &tenant, &status))
        }))
        @for error in &ledger.damaged { p.note lang="en" { (error) } }
        (parked(&visit, &tenant, &ledger, &status.time_zone))
        (filed_by_day(&visit, &ledger, &status.time_zone))
        (lists(&visit, &tenant, &ledger, &status.time_zone))
    };
    let title = visit.pick("Zertifikate", "Certificates");
    let place = Place::Tenant(&tenant, Tab::Certificates);
    layout::page(&visit, place, title, &body).into_response()
}

fn count(ledger: &LedgerView<'_>, is_counted: impl Fn(&CertificateState) -> bool) -> u64 {
    let entries = ledger.entries.iter();
    entries.filter(|entry| is_counted(&entry.state)).count() as u64
}

/// Certificates that somebody has to decide about: parked ones, and filed ones that reteach issued again.
fn undecided(ledger: &LedgerView<'_>) -> u64 {
    let entries = ledger.entries.iter();
    let waits =
        |entry: &&CertificateEntry| is_parked(&entry.state) || list::reissued_at(entry).is_some();
    entries.filter(waits).count() as u64
}

fn is_filed(state: &CertificateState) -> bool {
    matches!(state, CertificateState::Uploaded { .. })
}

fn is_parked(state: &CertificateState) -> bool {
    matches!(state, CertificateState::Parked { .. })
}

fn sentence(visit: &Visit, ledger: &LedgerView<'_>) -> String {
    let filed = visit.language.counted(
        count(ledger, is_filed),
        ("Zertifikat abgelegt", "Zertifikate abgelegt"),
        ("certificate filed", "certificates filed"),
    );
    match undecided(ledger) {
        0 => filed,
        parked => format!("{filed}, {}", waits(visit, parked)),
    }
}

fn figures(visit: &Visit, ledger: &LedgerView<'_>, status: &StatusView) -> Markup {
    let number = |number: u64| visit.language.number(number);
    let plan = format!("/tenants/{}/plan", status.health.tenant_id);
    let failed = count(ledger, |state| matches!(state, CertificateState::Failed(_)));
    let open = count(ledger, |state| {
        matches!(state, CertificateState::Intended(_))
    });
    let dismissed = count(ledger, |state| {
        matches!(state, CertificateState::Dismissed { .. })
    });
    html! {
        ul.facts {
            (fact(&number(count(ledger, is_filed)), visit.pick("abgelegt", "filed"), Some("#filed"), ""))
            (fact(&number(undecided(ledger)), visit.pick("liegen geblieben", "parked"), Some("#parked"), if undecided(ledger) > 0 { "warn" } else { "" }))
            @if failed > 0 { (fact(&number(failed), visit.pick("fehlgeschlagen", "failed"), Some("#parked"), "warn")) }
            @if open > 0 { (fact(&number(open), visit.pick("unterwegs", "under way"), Some("#open"), "")) }
            @if dismissed > 0 { (fact(&number(dismissed), visit.pick("verworfen", "dismissed"), Some("#dismissed"), "")) }
            @if let Some(left) = &status.certificates_left { (fact(&number(left.to_file), visit.pick("abzulegen", "to file"), Some(&plan), "")) }
        }
    }
}

fn backlog(visit: &Visit, tenant: &TenantId, status: &StatusView) -> Markup {
    let Some(left) = &status.certificates_left else {
        return Markup::default();
    };
    html! {
        article.card {
            h2 { (visit.pick("Noch abzulegen", "Backlog")) }
            p {
                (visit.language.counted(left.to_file, ("Zertifikat ist noch abzulegen", "Zertifikate sind noch abzulegen"), ("certificate to file", "certificates to file")))
                @if let Some(minutes) = left.minutes_left {
                    @let time = visit.language.minutes(minutes);
                    (visit.pick(format!(", fertig in ungefähr {time}"), format!(", about {time} left")))
                }
                "."
            }
            @if left.held > 0 {
                p { (visit.language.counted(left.held, ("wartet", "warten"), ("waits", "wait"))) (visit.pick(", bis du das Nachtragen beginnst.", " until you start the backfill.")) }
                (visit.form(tenant, Button { action: "start-certificates", label: visit.pick("Nachtragen beginnen", "Start the backfill"), class: "primary" }, &Markup::default()))
            }
        }
    }
}

fn parked(visit: &Visit, tenant: &TenantId, ledger: &LedgerView<'_>, zone: &TimeZone) -> Markup {
    let mut reasons: BTreeMap<&str, Vec<&CertificateEntry>> = BTreeMap::new();
    for entry in &ledger.entries {
        if let Some(reason) = list::reason_of(entry) {
            reasons.entry(reason).or_default().push(entry);
        }
    }
    let certificate = |id: &str| html! { input type="hidden" name="certificate" value=(id); };
    html! {
        section aria-labelledby="parked" {
            h2 id="parked" { (visit.pick("Wartet auf dich", "Waits for you")) }
            @if reasons.is_empty() { p.fine { (visit.pick("Kein Zertifikat ist liegen geblieben.", "No certificate is parked.")) } }
            @for (reason, entries) in &reasons {
                // What was issued again is filed already: another document is filed next to it.
                @let is_reissued = entries.iter().any(|entry| list::reissued_at(entry).is_some());
                @let action = if is_reissued { "refile-certificates" } else { "retry-certificates" };
                @let (one, all) = match is_reissued {
                    true => (visit.pick("Neu ablegen", "File again"), visit.pick("Alle neu ablegen", "File all again")),
                    false => (visit.pick("Erneut versuchen", "Try again"), visit.pick("Alle erneut versuchen", "Try all again")),
                };
                article.card.waits {
                    h3 lang="en" { (layout::code(reason)) }
                    ul.diff {
                        @for entry in entries.iter().take(ROWS) {
                            li {
                                code { (entry.certificate_id) } " "
                                a href=(person_path(tenant, entry.employee.as_str())) { (entry.employee) } " "
                                (state(visit, entry, zone))
                                span.inline-actions {
                                    (visit.form(tenant, Button { action, label: one, class: "quiet" }, &certificate(entry.certificate_id.as_str())))
                                    (visit.form(tenant, Button { action: "dismiss-certificates", label: visit.pick("Nicht ablegen", "Leave unfiled"), class: "danger" }, &certificate(entry.certificate_id.as_str())))
                                }
                            }
                        }
                        (left_out(visit, entries.len(), ROWS))
                    }
                    @if entries.len() > 1 {
                        (visit.form(tenant, Button { action, label: all, class: "primary" },
                            &html! { input type="hidden" name="reason" value=(reason); }))
                    }
                }
            }
        }
    }
}

/// What a row says besides its reason.
fn state(visit: &Visit, entry: &CertificateEntry, zone: &TimeZone) -> Markup {
    html! {
        @match &entry.state {
            CertificateState::Parked { at, unverified, .. } => {
                (visit.language.moment(*at, zone))
                @if unverified.is_some() { " " span.badge { (visit.pick("vielleicht schon abgelegt", "may be filed")) } }
            }
            CertificateState::Failed(retry) => {
                (visit.pick("wird wieder versucht nach ", "tried again after ")) (visit.language.moment(retry.retry_at, zone))
            }
            _ => {}
        }
    }
}

fn filed_by_day(visit: &Visit, ledger: &LedgerView<'_>, zone: &TimeZone) -> Markup {
    let today = zone.to_datetime(visit.now()).date();
    let mut days: BTreeMap<Date, u64> = (0..DAYS)
        .filter_map(|back| Some((today.checked_sub(back.days()).ok()?, 0)))
        .collect();
    for entry in &ledger.entries {
        if let CertificateState::Uploaded { at, .. } = &entry.state
            && let Some(number) = days.get_mut(&zone.to_datetime(*at).date())
        {
            *number += 1;
        }
    }
    let bars: Vec<Bar> = days
        .into_iter()
        .map(|(day, number)| Bar {
            label: day.strftime(visit.pick("%d.%m.", "%-d %b")).to_string(),
            value: number as f64,
            shown: visit.language.number(number),
            class: "good",
            outcome: String::new(),
        })
        .collect();
    html! {
        section {
            h2 id="filed" { (visit.pick("Abgelegt je Tag", "Filed per day")) }
            (plots::bars(visit.pick("Zertifikate je Tag, 30 Tage", "Certificates per day, 30 days"), &bars))
        }
    }
}

/// What was filed last, what is under way and what was dismissed.
fn lists(visit: &Visit, tenant: &TenantId, ledger: &LedgerView<'_>, zone: &TimeZone) -> Markup {
    let mut lists: BTreeMap<&str, Vec<(Timestamp, &CertificateEntry)>> = BTreeMap::new();
    for entry in &ledger.entries {
        let (list, at) = match &entry.state {
            CertificateState::Uploaded { at, .. } => ("newest", *at),
            CertificateState::Intended(intent) => ("open", intent.at),
            CertificateState::Dismissed { at } => ("dismissed", *at),
            _ => continue,
        };
        lists.entry(list).or_default().push((at, entry));
    }
    for list in lists.values_mut() {
        list.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    }
    html! {
        @for (id, title) in [
            ("newest", visit.pick("Zuletzt abgelegt", "Filed last")),
            ("open", visit.pick("Unterwegs", "Under way")),
            ("dismissed", visit.pick("Verworfen", "Dismissed")),
        ] {
            @if let Some(entries) = lists.get(id) {
                details {
                    summary { (title) }
                    // A link to something inside opens the list.
                    ul.diff id=(id) {
                        @for (at, entry) in entries.iter().take(ROWS) {
                            li class=[(id == "newest").then_some("create")] {
                                (visit.language.moment(*at, zone)) " " code { (entry.certificate_id) } " "
                                // Of a forgotten person, and of nobody from the HR system, the id alone is kept.
                                @if !entry.employee.as_str().is_empty() {
                                    a href=(person_path(tenant, entry.employee.as_str())) { (entry.employee) }
                                }
                            }
                        }
                        (left_out(visit, entries.len(), ROWS))
                    }
                }
            }
        }
    }
}
