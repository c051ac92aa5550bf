//! Who decided what and when, as far as the state keeps it.

use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use maud::html;
use shared::domain::id::TenantId;

use crate::commands::decisions::{self, DecisionsView};
use crate::web::layout::{self, Place, Tab};
use crate::web::visit::{Company, Visit};

async fn read(visit: &Visit, tenant: &TenantId) -> Result<DecisionsView, Response> {
    Box::pin(decisions::read(visit.context(), tenant))
        .await
        .map_err(|failure| visit.unread(tenant, &failure))
}

pub(in crate::web) async fn page(visit: Visit, Company(tenant): Company) -> Response {
    let view = match read(&visit, &tenant).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let stored = visit.context().tenant(&tenant).await;
    let zone = stored.map_or(jiff::tz::TimeZone::UTC, |stored| stored.config.time_zone);
    let body = html! {
        h1 { (visit.language.counted(view.decisions.len() as u64, ("Entscheidung", "Entscheidungen"), ("decision", "decisions"))) }
        p.lead { (visit.pick(
            "Was die Tabelle noch weiß: Entscheidungen über gehaltene Pläne, solange sie gelten, und über Zertifikate. Wer entschieden hat, steht in CloudTrail unter der Rolle des Betreibers.",
            "What the table still knows: decisions about held plans while they count, and about certificates. CloudTrail has who decided, under the operator's role."
        )) }
        @if view.decisions.is_empty() {
            p.fine { (visit.pick("Noch keine.", "None yet.")) }
        } @else {
            table.rows {
                thead { tr {
                    th scope="col" { (visit.pick("Wann", "When")) }
                    th scope="col" { (visit.pick("Was", "What")) }
                    th scope="col" { (visit.pick("Worüber", "About")) }
                    th scope="col" { (visit.pick("Person", "Person")) }
                } }
                tbody {
                    @for decision in &view.decisions {
                        tr {
                            th scope="row" { (visit.language.moment(decision.at, &zone)) }
                            td data-label=(visit.pick("Was", "What")) { (word(&visit, decision.decision)) }
                            td data-label=(visit.pick("Worüber", "About")) lang="en" { (decision.about) }
                            td data-label=(visit.pick("Person", "Person")) {
                                @if let Some(person) = &decision.person { a href=(format!("/tenants/{tenant}/people/{person}")) { (person) } } @else { "–" }
                            }
                        }
                    }
                }
            }
            div.actions {
                a.button href=(format!("/tenants/{tenant}/audit.csv")) download=(format!("{tenant}-decisions.csv")) { "CSV" }
                a.button href=(format!("/tenants/{tenant}/audit.json")) download=(format!("{tenant}-decisions.json")) { "JSON" }
            }
        }
    };
    let title = visit.pick("Entscheidungen", "Decisions");
    layout::page(&visit, Place::Tenant(&tenant, Tab::Audit), title, &body).into_response()
}

fn word<'a>(visit: &Visit, decision: &'a str) -> &'a str {
    let german = match decision {
        "approved" => "freigegeben",
        "dismissed" => "verworfen",
        "paused" => "angehalten",
        other => other,
    };
    visit.pick(german, decision)
}

pub(in crate::web) async fn json(visit: Visit, Company(tenant): Company) -> Response {
    match read(&visit, &tenant).await {
        Ok(view) => axum::Json(view).into_response(),
        Err(response) => response,
    }
}

pub(in crate::web) async fn csv(visit: Visit, Company(tenant): Company) -> Response {
    let view = match read(&visit, &tenant).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let mut text = "at,tenant,decision,about,person\r\n".to_owned();
    for decision in &view.decisions {
        let person = decision.person.as_ref().map(ToString::to_string);
        text.push_str(&format!(
            "{},{tenant},{},{},{}\r\n",
            moment(decision.at),
            decision.decision,
            cell(&decision.about),
            cell(&person.unwrap_or_default())
        ));
    }
    ([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], text).into_response()
}

fn moment(at: Timestamp) -> String {
    format!("{at:.0}")
}

/// Quoted, and never a formula of a spreadsheet.
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guard = if is_formula { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_cell_is_quoted_and_no_formula() {
        assert_eq!(super::cell("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(super::cell("=1+1"), "\"'=1+1\"");
    }
}
