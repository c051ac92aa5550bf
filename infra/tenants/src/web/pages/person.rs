//! One person: the steps of a run, read now. Values only on demand, and never kept.

use std::collections::HashMap;

use axum::extract::{Path, Query};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use serde::Deserialize;
use shared::domain::id::TenantId;

use super::person_address;
use crate::args::Explain;
use crate::commands::explain::{self, ExplainView, Steps};
use crate::web::layout::{self, Place, Tab, late, later};
use crate::web::visit::{Button, Company, Visit};

#[derive(Debug, Deserialize)]
pub(in crate::web) struct Asked {
    #[serde(default)]
    details: u8,
    /// Who, if no path can name them.
    #[serde(default)]
    id: String,
}

impl Asked {
    fn person(&self, mut path: HashMap<String, String>) -> String {
        path.remove("person").unwrap_or_else(|| self.id.clone())
    }
}

fn address(tenant: &TenantId, person: &str, part: &str, details: u8) -> String {
    person_address(tenant, person, part, &[("details", details.to_string())])
}

pub(in crate::web) async fn page(
    visit: Visit,
    Company(tenant): Company,
    Path(path): Path<HashMap<String, String>>,
    Query(asked): Query<Asked>,
) -> Response {
    let person = asked.person(path);
    let body = html! {
        h1 { "Person " (person) }
        (later(
            &visit,
            &address(&tenant, &person, "/live", asked.details),
            visit.pick("Personio und reteach werden gelesen …", "Personio and reteach are being read …"),
        ))
        (super::people::search(&visit, &tenant))
    };
    let title = format!("Person {person}");
    layout::page(&visit, Place::Tenant(&tenant, Tab::People), &title, &body).into_response()
}

pub(in crate::web) async fn live(
    visit: Visit,
    Company(tenant): Company,
    Path(path): Path<HashMap<String, String>>,
    Query(asked): Query<Asked>,
) -> Response {
    let args = Explain {
        tenant: tenant.clone(),
        person: asked.person(path),
        details: asked.details == 1,
    };
    let body = match Box::pin(explain::read(visit.context(), &args)).await {
        Ok(view) => shown(&visit, &tenant, &view, args.details),
        Err(failure) => html! { p.lead.bad lang="en" { (layout::code(&failure.text)) } },
    };
    late(&visit, &body).into_response()
}

fn shown(visit: &Visit, tenant: &TenantId, view: &ExplainView, details: bool) -> Markup {
    let Steps {
        read,
        scope,
        r#match,
        map,
        decide,
        last_write,
    } = &view.steps;
    let steps = [
        (visit.pick("In Personio", "In Personio"), read),
        (visit.pick("Gehört dazu?", "In scope?"), scope),
        (
            visit.pick("Konto in reteach", "Account in reteach"),
            r#match,
        ),
        (visit.pick("Soll", "Should be"), map),
        (visit.pick("Nächster Lauf", "Next run"), decide),
        (visit.pick("Zuletzt geschrieben", "Last write"), last_write),
    ];
    let other = address(tenant, view.person.as_str(), "", u8::from(!details));
    let (class, lead) = match (view.is_known, view.troubled) {
        (false, _) => (
            "bad",
            visit.pick("Niemand kennt diese Person.", "Nobody knows this person."),
        ),
        (true, true) => (
            "warn",
            visit.pick(
                "Hier ist etwas zu klären.",
                "There is something to look at.",
            ),
        ),
        (true, false) => ("good", visit.pick("Alles in Ordnung.", "All is fine.")),
    };
    html! {
        p.lead { span class=(format!("dot {class}")) aria-hidden="true" {} (lead) }
        p.small {
            a href=(other) {
                @if details { (visit.pick("Angaben verbergen", "Hide details")) } @else { (visit.pick("Angaben zeigen (personenbezogene Daten)", "Show details (personal data)")) }
            }
        }
        ol.steps {
            @for (step, lines) in steps {
                li { h2 { (step) } @for line in lines { p lang="en" { (layout::code_at(visit.language, line, &view.time_zone)) } } }
            }
        }
        @if view.entry.as_ref().is_some_and(|entry| entry.failure.is_some()) {
            (visit.form(tenant, Button { action: "retry-people", label: visit.pick("Jetzt erneut versuchen", "Try again now"), class: "primary" },
                &html! { input type="hidden" name="only" value=(view.person); }))
        }
        p.small { (visit.pick("Gelesen in ", "Read in ")) (visit.language.seconds(i64::try_from(view.took_ms).unwrap_or(i64::MAX))) "." }
    }
}
