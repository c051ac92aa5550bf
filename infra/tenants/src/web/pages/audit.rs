//! Who decided what and when, as far as the state keeps it.

use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use maud::html;
use shared::domain::id::{OperatorId, SourceId, TenantId};

use super::person_path;
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
            "Was die Tabelle noch weiß: Entscheidungen über gehaltene Pläne, solange sie gelten, und über Zertifikate. Wer entschieden hat, steht dort als Rolle mit einem Kürzel aus der ARN.",
            "What the table still knows: decisions about held plans while they count, and about certificates. Who decided is a role with a digest of the ARN."
        )) }
        @for text in &view.unreadable { p.note lang="en" { (text) } }
        @if view.decisions.is_empty() {
            p.fine { (visit.pick("Noch keine.", "None yet.")) }
        } @else {
            table.rows {
                thead { tr {
                    th scope="col" { (visit.pick("Wann", "When")) }
                    th scope="col" { (visit.pick("Was", "What")) }
                    th scope="col" { (visit.pick("Worüber", "About")) }
                    th scope="col" { (visit.pick("Person", "Person")) }
                    th scope="col" { (visit.pick("Wer", "Who")) }
                } }
                tbody {
                    @for decision in &view.decisions {
                        tr {
                            th scope="row" { (visit.language.moment(decision.at, &zone)) }
                            td data-label=(visit.pick("Was", "What")) { (word(&visit, decision.decision)) }
                            td data-label=(visit.pick("Worüber", "About")) lang="en" { (decision.about) }
                            td data-label=(visit.pick("Person", "Person")) {
                                @if let Some(person) = &decision.person { a href=(person_path(&tenant, person.as_str())) { (person) } } @else { "–" }
                            }
                            td data-label=(visit.pick("Wer", "Who")) {
                                @if let Some(by) = &decision.by { (by) } @else { (visit.pick("unbekannt", "unknown")) }
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
    let text = lines(&view);
    ([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], text).into_response()
}

fn lines(view: &DecisionsView) -> String {
    let mut text = "at,tenant,decision,about,person,by\r\n".to_owned();
    for decision in &view.decisions {
        let person = decision.person.as_ref().map_or("", SourceId::as_str);
        let by = decision.by.as_ref().map_or("", OperatorId::as_str);
        text.push_str(&format!(
            "{},{},{},{},{},{}\r\n",
            moment(decision.at),
            view.tenant_id,
            decision.decision,
            cell(&decision.about),
            cell(person),
            cell(by)
        ));
    }
    text
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
    use super::*;
    use crate::commands::decisions::Decided;

    #[test]
    fn a_cell_is_quoted_and_no_formula() {
        assert_eq!(cell("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(cell("=1+1"), "\"'=1+1\"");
    }

    #[test]
    fn who_decided_is_in_both_files_and_empty_where_it_is_unknown() {
        let decided = |by: Option<&str>| Decided {
            at: Timestamp::UNIX_EPOCH,
            decision: "approved",
            about: "locks (plan 3f)".to_owned(),
            person: Some(SourceId::new("4711")),
            by: by.map(OperatorId::new),
        };
        let by = ["Operators/3f9a1c02", "=HR,Mail/3f9a1c02"];
        let view = DecisionsView {
            tenant_id: TenantId::parse("acme").unwrap(),
            decisions: vec![decided(Some(by[0])), decided(Some(by[1])), decided(None)],
            unreadable: Vec::new(),
        };
        let line = "1970-01-01T00:00:00Z,acme,approved,\"locks (plan 3f)\",\"4711\"";
        let expected = [
            "at,tenant,decision,about,person,by".to_owned(),
            format!("{line},\"Operators/3f9a1c02\""),
            format!("{line},\"'=HR,Mail/3f9a1c02\""),
            format!("{line},\"\""),
        ];
        assert_eq!(lines(&view).lines().collect::<Vec<_>>(), expected);
        let json = serde_json::to_value(&view).unwrap();
        let operators = [0, 1, 2].map(|place: usize| json["decisions"][place]["by"].as_str());
        assert_eq!(operators, [Some(by[0]), Some(by[1]), None]);
    }
}
