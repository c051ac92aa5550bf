//! All companies: those that need somebody first.

use std::cmp::Reverse;

use axum::extract::Query;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use serde::Deserialize;
use shared::state::JobKind;

use super::{pager, query_value, to_look_at, trend};
use crate::commands::status::fleet::{self, FleetView, PendingFleet};
use crate::commands::status::health::{TenantHealth, TenantState};
use crate::commands::status::last_day::LastDays;
use crate::failure::{Failure, Result};
use crate::web::Shared;
use crate::web::layout::{self, Place, refreshed};
use crate::web::readings::Reading;
use crate::web::visit::Visit;

/// Rows on one page. The last day of each is a query, which reads dozens of reports.
const ROWS: usize = 50;

#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Search {
    #[serde(default)]
    q: String,
    #[serde(default)]
    page: usize,
    /// Until the reading is complete, however long that takes.
    #[serde(default)]
    wait: bool,
}

/// All companies: as they are, or the last reading if that took long.
pub(in crate::web) async fn read(shared: &Shared) -> Result<Reading> {
    shared.readings.at_hand(fresh(shared)).await
}

/// A reading that outlives its request.
fn fresh(shared: &Shared) -> impl Future<Output = Result<PendingFleet>> + Send + use<> {
    let shared = shared.clone();
    async move {
        // A newer release may take over the table while a console is open.
        shared.context.store.check_version().await?;
        Box::pin(fleet::begin(&shared.context)).await
    }
}

pub(in crate::web) async fn page(
    visit: Visit,
    headers: HeaderMap,
    Query(search): Query<Search>,
) -> Response {
    // A list that is there stays until it is read again, and if that fails.
    let has_list = headers.contains_key("hx-request");
    let reading = match search.wait || has_list {
        true => Some(read(visit.shared()).await),
        false => visit.shared().readings.soon(fresh(visit.shared())).await,
    };
    let reading = match reading {
        Some(Ok(reading)) => reading,
        Some(Err(failure)) if search.wait => return failed(&visit, &failure),
        Some(Err(failure)) => return visit.problem(StatusCode::BAD_GATEWAY, None, &failure),
        None => return loading(&visit, &search),
    };
    let view = &reading.view;
    let chosen = chosen(view, &search);
    let shown: Vec<&TenantHealth> = chosen
        .iter()
        .skip(search.page.saturating_mul(ROWS))
        .take(ROWS)
        .copied()
        .collect();
    let ids = shown.iter().map(|tenant| tenant.tenant_id.clone());
    let days = reading.last_days(visit.context(), ids.collect()).await;
    let more = chosen.len() > search.page.saturating_add(1).saturating_mul(ROWS);
    // Only now: this page does not wait for its share of the table.
    let again = visit.shared().readings.again(fresh(visit.shared()));
    let title = visit.pick("Alle Firmen", "All companies");
    let body = html! {
        h1 id="sentence" { (sentence(&visit, view)) }
        @if view.is_empty() {
            div id="fleet" {
                p.lead { (layout::code(visit.pick("`tenants add` legt die erste an.", "`tenants add` makes the first one."))) }
            }
        } @else {
            (search_form(&visit, &search))
            (listed(&visit, &reading, &search, &Rows { found: chosen.len() as u64, shown, days, more, again }))
        }
    };
    layout::page(&visit, Place::Fleet, title, &body).into_response()
}

/// What takes long to read is read by this page's own second request.
fn loading(visit: &Visit, search: &Search) -> Response {
    let query = query_value(&search.q);
    let path = format!("/?q={query}&page={}&wait=true", search.page);
    let title = visit.pick("Alle Firmen", "All companies");
    let body = html! {
        h1 { (title) }
        // All of it at once: an answer for the list alone would undo a search that was typed meanwhile.
        div hx-get=(path) hx-trigger="load" hx-select="#main" hx-target="#main" hx-swap="outerHTML" {
            p.loading role="status" {
                span.spinner aria-hidden="true" {}
                (visit.pick("Alle Firmen werden gelesen …", "All companies are being read …"))
            }
            noscript { a.button href=(path) { (visit.pick("Jetzt lesen", "Read now")) } }
        }
    };
    layout::page(visit, Place::Fleet, title, &body).into_response()
}

/// The answer to that request. htmx would not show one with the status of a failure.
fn failed(visit: &Visit, failure: &Failure) -> Response {
    let title = visit.pick("Das ging nicht", "That did not work");
    let body = html! {
        h1 { (title) }
        p.lead.bad lang="en" { (layout::code(&failure.text)) }
    };
    layout::page(visit, Place::Fleet, title, &body).into_response()
}

fn search_form(visit: &Visit, search: &Search) -> Markup {
    html! {
        form.search role="search" action="/" {
            label for="q" { (visit.pick("Firma suchen", "Find a company")) }
            input id="q" name="q" type="search" value=(search.q) autocomplete="off" spellcheck="false"
                hx-get="/" hx-trigger="input delay:200ms" hx-select="#fleet" hx-target="#fleet" hx-swap="outerMorph";
            button.quiet type="submit" { (visit.pick("Suchen", "Find")) }
        }
    }
}

fn sentence(visit: &Visit, view: &FleetView) -> String {
    if view.unfinished_restore.is_some() {
        let german = "Eine Wiederherstellung ist nicht zu Ende gekommen";
        return visit
            .pick(german, "A restore has not come to its end")
            .to_owned();
    }
    let all = view.tenants.len() as u64;
    let troubled = view
        .tenants
        .iter()
        .filter(|tenant| !tenant.problems.is_empty());
    let troubled = troubled.count() as u64;
    if !view.has_schedules() {
        return so_far(visit, troubled);
    }
    let count = |number| visit.language.number(number);
    match (troubled, all) {
        (_, 0) => visit
            .pick("Noch keine Firma", "No companies yet")
            .to_owned(),
        (0, 1) => visit
            .pick("Die eine Firma ist in Ordnung", "The one company is fine")
            .to_owned(),
        (0, _) => visit.pick(
            format!("Alle {} Firmen sind in Ordnung", count(all)),
            format!("All {} companies are fine", count(all)),
        ),
        (1, 1) => visit
            .pick("Die eine Firma braucht dich", "The one company needs you")
            .to_owned(),
        (1, _) => visit.pick(
            format!("1 von {} Firmen braucht dich", count(all)),
            format!("1 of {} companies needs you", count(all)),
        ),
        _ => visit.pick(
            format!(
                "{} von {} Firmen brauchen dich",
                count(troubled),
                count(all)
            ),
            format!("{} of {} companies need you", count(troubled), count(all)),
        ),
    }
}

/// The sentence while nobody knows whose schedules are not as they should be.
fn so_far(visit: &Visit, troubled: u64) -> String {
    if troubled == 0 {
        let none = visit.pick(
            "Bisher braucht dich keine Firma",
            "No company needs you so far",
        );
        return none.to_owned();
    }
    visit.language.counted(
        troubled,
        ("Firma braucht dich bisher", "Firmen brauchen dich bisher"),
        ("company needs you so far", "companies need you so far"),
    )
}

/// Trouble first, then by name.
fn chosen<'a>(view: &'a FleetView, search: &Search) -> Vec<&'a TenantHealth> {
    let wanted = search.q.trim().to_lowercase();
    let mut tenants: Vec<&TenantHealth> = view
        .tenants
        .iter()
        .filter(|tenant| {
            tenant.tenant_id.as_str().contains(&wanted) || tenant.state.as_str() == wanted
        })
        .collect();
    // They come by name, and those with as many problems stay so.
    tenants.sort_by_key(|tenant| Reverse(tenant.problems.len()));
    tenants
}

/// What one page lists.
struct Rows<'a> {
    /// On all pages.
    found: u64,
    shown: Vec<&'a TenantHealth>,
    days: LastDays,
    /// Another page follows.
    more: bool,
    /// A fresh reading is on its way.
    again: bool,
}

/// How old the rows are, where they were not read for this page.
fn age(visit: &Visit, reading: &Reading, again: bool) -> Markup {
    let ago = visit.language.ago(reading.view.now, visit.now());
    html! {
        @if reading.is_long() {
            p.small {
                (visit.pick(format!("Stand: {ago}."), format!("Read {ago}.")))
                @if reading.view.schedules_pending {
                    " " (visit.pick("Die Zeitpläne werden noch verglichen.", "The schedules are still being compared."))
                } @else if again {
                    " " (visit.pick("Es wird gerade neu gelesen.", "It is being read again."))
                }
                @if let Some(failed) = &reading.failed {
                    " " (visit.pick("Zuletzt misslang das: ", "The last attempt failed: ")) span lang="en" { (layout::code(failed)) }
                }
            }
        }
    }
}

fn listed(visit: &Visit, reading: &Reading, search: &Search, rows: &Rows<'_>) -> Markup {
    let view = &reading.view;
    let path = |page: usize| {
        let query = query_value(&search.q);
        format!("/?q={query}&page={page}")
    };
    refreshed(
        "fleet",
        &path(search.page),
        if rows.again { 5 } else { 30 },
        &html! {
            @if let Some(restore) = &view.unfinished_restore {
                p.note lang="en" { (layout::code(restore)) }
            }
            (age(visit, reading, rows.again))
            // Read aloud while somebody types.
            p.small role="status" {
                @if rows.shown.is_empty() {
                    (visit.pick("Keine Firma passt dazu.", "No company matches."))
                } @else if !search.q.trim().is_empty() {
                    (visit.language.counted(rows.found, ("Firma passt dazu", "Firmen passen dazu"), ("company matches", "companies match"))) "."
                }
            }
            @if !rows.shown.is_empty() {
                table.rows {
                    thead { tr {
                        th scope="col" { (visit.pick("Firma", "Company")) }
                        @for (place, (german, english)) in COLUMNS.iter().enumerate() {
                            th.number[matches!(place, 1..=3 | 5)] scope="col" { (visit.pick(german, english)) }
                        }
                    } }
                    tbody { @for tenant in &rows.shown { (row(visit, tenant, &rows.days, !view.has_schedules())) } }
                }
                (pager(visit, search.page, rows.more, path))
            }
            @if let Some(reason) = &view.schedules_unread {
                p.note { (visit.pick("Die Zeitpläne wurden nicht verglichen: ", "The schedules were not compared: ")) span lang="en" { (layout::code(reason)) } }
            }
            @for schedule in &view.orphaned_schedules {
                p.note lang="en" { (layout::code(schedule)) }
            }
        },
    )
}

/// What a row says after the name: when the last good run of a job was, numbers, and the last day.
const COLUMNS: [(&str, &str); 7] = [
    ("Personen abgeglichen", "People synced"),
    ("Personen", "People"),
    ("Warten", "Waiting"),
    ("Gehalten", "Held"),
    ("Zertifikate abgeglichen", "Certificates synced"),
    ("Liegen geblieben", "Parked"),
    ("Letzte 24 Stunden", "Last 24 hours"),
];

fn row(visit: &Visit, tenant: &TenantHealth, days: &LastDays, is_pending: bool) -> Markup {
    let [synced, people, waiting, held, filed, parked, day] =
        COLUMNS.map(|(german, english)| visit.pick(german, english));
    let last_day = days.get(&tenant.tenant_id);
    let id = &tenant.tenant_id;
    let link = format!("/tenants/{id}");
    let (class, state) = match state(visit, tenant) {
        ("good", _) if is_pending => {
            let so_far = visit.pick("bisher in Ordnung", "fine so far");
            ("off", so_far.to_owned())
        }
        known => known,
    };
    html! {
        tr {
            th scope="row" {
                a.name href=(link) { (id) }
                span.state { span class=(format!("dot {class}")) aria-hidden="true" {} (state) }
            }
            td data-label=(synced) { (last_run(visit, tenant, JobKind::Employees)) }
            td.number data-label=(people) {
                a href=(format!("{link}/people")) { (visit.language.number(tenant.people.into())) }
            }
            (count(visit, waiting, tenant.waiting, &format!("{link}/people?state=refused&state=conflict&state=waiting")))
            (count(visit, held, tenant.held_changes, &format!("{link}/plan")))
            td data-label=(filed) { (last_run(visit, tenant, JobKind::Certificates)) }
            (count(visit, parked, tenant.parked_certificates, &format!("{link}/certificates")))
            td data-label=(day) {
                a href=(format!("{link}/runs")) {
                    @if let Some(last_day) = last_day { (trend::plot(visit, last_day)) } @else { (visit.pick("nicht lesbar", "cannot be read")) }
                }
            }
        }
    }
}

/// A number that leads to what it counts. Zeros are quiet.
fn count(visit: &Visit, label: &str, number: u32, link: &str) -> Markup {
    html! {
        td.number data-label=(label) {
            @if number == 0 { span.zero { "0" } } @else { a.warn href=(link) { (visit.language.number(number.into())) } }
        }
    }
}

fn last_run(visit: &Visit, tenant: &TenantHealth, job: JobKind) -> String {
    if tenant.running.contains(&job) {
        return visit.pick("läuft gerade", "running now").to_owned();
    }
    match tenant.last_good_runs.get(&job) {
        None => "–".to_owned(),
        Some(at) => visit.language.ago(*at, visit.now()),
    }
}

/// The class of the dot, and the state in words: colour alone says nothing.
pub(in crate::web) fn state(visit: &Visit, tenant: &TenantHealth) -> (&'static str, String) {
    let problems = tenant.problems.len() as u64;
    match (tenant.state, problems) {
        (TenantState::HalfRemoved, _) => (
            "bad",
            visit.pick("halb entfernt", "half removed").to_owned(),
        ),
        (TenantState::BadConfiguration, _) => {
            let text = visit.pick("Einstellungen unbrauchbar", "configuration unusable");
            ("bad", text.to_owned())
        }
        (TenantState::Unreadable, _) => {
            let text = visit.pick("nicht lesbar", "cannot be read");
            ("bad", text.to_owned())
        }
        (TenantState::Paused, 0) => ("off", visit.pick("angehalten", "paused").to_owned()),
        (TenantState::Active, 0) => ("good", visit.pick("in Ordnung", "fine").to_owned()),
        (TenantState::Active | TenantState::Paused, problems) => {
            ("warn", to_look_at(visit, problems))
        }
    }
}
