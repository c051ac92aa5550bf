//! Everybody by state, and the search for one person.

use axum::Extension;
use axum::extract::RawQuery;
use axum::response::{IntoResponse as _, Redirect, Response};
use clap::ValueEnum as _;
use maud::{Markup, html};
use shared::domain::id::{SourceId, TenantId};

use super::{person_path, query_value};
use crate::args::{ListPeople, PersonState};
use crate::commands::people::find::{self, Found};
use crate::commands::people::list::{self, PeopleView};
use crate::web::guard::{Fields, pairs};
use crate::web::layout::{self, Place, Tab};
use crate::web::visit::{Button, Company, Visit};

const ROWS: u32 = 100;

pub(in crate::web) async fn page(
    visit: Visit,
    Company(tenant): Company,
    RawQuery(query): RawQuery,
) -> Response {
    let asked = pairs(&query.unwrap_or_default());
    let values = |name: &'static str| {
        let found = asked.iter().filter(move |(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    };
    let args = ListPeople {
        tenant: tenant.clone(),
        state: values("state")
            .filter_map(|name| PersonState::from_str(name, true).ok())
            .collect(),
        limit: ROWS,
        after: values("after").next().map(SourceId::new),
    };
    let view = match Box::pin(list::page(visit.context(), &args)).await {
        Ok(view) => view,
        Err(failure) => return visit.unread(&tenant, &failure),
    };
    let body = html! {
        h1 { (sentence(&visit, &view)) }
        @for text in &view.unreadable { p.note lang="en" { (text) } }
        (search(&visit, &tenant))
        (states(&visit, &tenant, &view, &args.state))
        (rows(&visit, &tenant, &view, &args))
    };
    let title = visit.pick("Personen", "People");
    layout::page(&visit, Place::Tenant(&tenant, Tab::People), title, &body).into_response()
}

fn sentence(visit: &Visit, view: &PeopleView<'_>) -> String {
    let all: u64 = view.counts.values().sum();
    let troubled = view
        .counts
        .iter()
        .filter(|(state, _)| state.needs_attention());
    let troubled: u64 = troubled.map(|(_, number)| number).sum();
    let people = visit
        .language
        .counted(all, ("Person", "Personen"), ("person", "people"));
    match (all, troubled) {
        (0, _) => visit
            .pick("Noch niemand bekannt", "Nobody known yet")
            .to_owned(),
        (_, 0) => visit.pick(
            format!("{people}, alle in Ordnung"),
            format!("{people}, all fine"),
        ),
        _ => {
            let troubled = visit.language.number(troubled);
            visit.pick(
                format!("{people}, {troubled} zu klären"),
                format!("{people}, {troubled} to look at"),
            )
        }
    }
}

/// By id, mail address or name. Sent in the body: an address with a name would stay in the browser's history.
pub(super) fn search(visit: &Visit, tenant: &TenantId) -> Markup {
    let path = format!("/tenants/{tenant}/people/find");
    html! {
        form.search role="search" method="post" action=(path) {
            (visit.csrf(&path))
            label for="who" { (visit.pick("Person suchen", "Find a person")) }
            input id="who" name="who" required autocomplete="off" spellcheck="false"
                placeholder=(visit.pick("Personio-ID, E-Mail-Adresse oder Name", "Personio id, mail address or name"));
            button.quiet type="submit" { (visit.pick("Suchen", "Find")) }
        }
    }
}

/// Looks somebody up in Personio now. Nothing of it is kept.
pub(in crate::web) async fn find(
    visit: Visit,
    Company(tenant): Company,
    Extension(fields): Extension<Fields>,
) -> Response {
    let who = fields.text("who").unwrap_or_default();
    let view = match Box::pin(find::read(visit.context(), &tenant, who)).await {
        Ok(view) => view,
        Err(failure) => return visit.unread(&tenant, &failure),
    };
    if let [Found { person, .. }] = view.people.as_slice() {
        return Redirect::to(&person_path(&tenant, person.as_str())).into_response();
    }
    let title = if view.people.is_empty() {
        visit.pick("Niemand passt dazu", "Nobody matches")
    } else {
        visit.pick("Mehrere passen dazu", "Several people match")
    };
    let body = html! {
        h1 { (title) }
        @if view.people.is_empty() {
            p.lead { (visit.pick(
                "Personio zeigt dem Zugang niemanden mit dieser ID, E-Mail-Adresse oder diesem Namen.",
                "Personio shows the credential nobody with this id, mail address or name."
            )) }
        } @else {
            ul.diff {
                @for one in &view.people {
                    li {
                        a href=(person_path(&tenant, one.person.as_str())) { (one.person) }
                        @if let Some(details) = &one.details {
                            details.inline { summary { (visit.pick("Angaben zeigen (personenbezogene Daten)", "Show details (personal data)")) } (details) }
                        }
                    }
                }
            }
            @if view.more {
                p.small { (visit.pick("Mehr werden nicht gezeigt.", "No more are shown.")) }
            }
        }
        (search(&visit, &tenant))
    };
    layout::page(&visit, Place::Tenant(&tenant, Tab::People), title, &body).into_response()
}

fn states(
    visit: &Visit,
    tenant: &TenantId,
    view: &PeopleView<'_>,
    chosen: &[PersonState],
) -> Markup {
    html! {
        nav aria-label=(visit.pick("Nach Zustand", "By state")) {
            ul.chips {
                li { a href=(format!("/tenants/{tenant}/people")) aria-current=[chosen.is_empty().then_some("true")] { (visit.pick("alle", "all")) } }
                @for (state, number) in &view.counts {
                    li {
                        a href=(format!("/tenants/{tenant}/people?state={}", list::name(*state)))
                          aria-current=[chosen.contains(state).then_some("true")]
                          class=(if state.needs_attention() { "warn" } else { "" }) {
                            strong { (visit.language.number(*number)) } " " (word(visit, *state))
                        }
                    }
                }
            }
        }
    }
}

fn rows(visit: &Visit, tenant: &TenantId, view: &PeopleView<'_>, args: &ListPeople) -> Markup {
    let can_retry = |state| {
        matches!(
            state,
            PersonState::Refused | PersonState::Conflict | PersonState::Waiting
        )
    };
    html! {
        @if view.people.is_empty() {
            p { (visit.pick("In diesem Teil der Liste ist niemand.", "Nobody is in this part of the list.")) }
        } @else {
            table.rows {
                thead { tr {
                    th scope="col" { (visit.pick("Person", "Person")) }
                    th scope="col" { (visit.pick("Zustand", "State")) }
                    th scope="col" { (visit.pick("Grund", "Reason")) }
                    th scope="col" { (visit.pick("Nächster Versuch", "Tried again")) }
                    th scope="col" { span.hidden { (visit.pick("Aktion", "Action")) } }
                } }
                tbody {
                    @for standing in &view.people {
                        tr {
                            th scope="row" { a.name href=(person_path(tenant, standing.person.as_str())) { (standing.person) } }
                            td data-label=(visit.pick("Zustand", "State")) { (word(visit, standing.state)) }
                            td data-label=(visit.pick("Grund", "Reason")) lang="en" { (standing.reason.as_deref().unwrap_or("–")) }
                            td data-label=(visit.pick("Nächster Versuch", "Tried again")) {
                                @if let Some(at) = standing.retry_at { (visit.language.moment(at, &view.time_zone)) } @else { "–" }
                            }
                            td {
                                @if can_retry(standing.state) {
                                    (visit.form(tenant, Button { action: "retry-people", label: visit.pick("Erneut versuchen", "Try again"), class: "quiet" },
                                        &html! { input type="hidden" name="only" value=(standing.person); }))
                                }
                            }
                        }
                    }
                }
            }
            @if let (1.., Some(last)) = (view.more, view.people.last()) {
                nav.pager aria-label=(visit.pick("Seiten", "Pages")) {
                    a href=(next(tenant, args, &last.person)) { (visit.language.number(view.more)) (visit.pick(" weitere →", " more →")) }
                }
            }
        }
    }
}

fn next(tenant: &TenantId, args: &ListPeople, last: &SourceId) -> String {
    let states: String = args
        .state
        .iter()
        .map(|state| format!("&state={}", list::name(*state)))
        .collect();
    let last = query_value(last.as_str());
    format!("/tenants/{tenant}/people?after={last}{states}")
}

fn word(visit: &Visit, state: PersonState) -> &'static str {
    match state {
        PersonState::InSync => visit.pick("in Ordnung", "in sync"),
        PersonState::Due => visit.pick("kommt als Nächstes", "due"),
        PersonState::Refused => visit.pick("abgelehnt", "refused"),
        PersonState::Conflict => visit.pick("im Konflikt", "in conflict"),
        PersonState::Waiting => visit.pick("wartet", "waiting"),
        PersonState::Held => visit.pick("gehalten", "held"),
        PersonState::MissingOnce => visit.pick("fehlt erstmals", "missing once"),
        PersonState::Gone => visit.pick("nicht mehr in Personio", "gone from Personio"),
        PersonState::HandedOver => visit.pick("übergeben", "handed over"),
        PersonState::Orphaned => visit.pick("gehört niemandem", "orphaned"),
    }
}
