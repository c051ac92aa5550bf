//! The pages. Each shows the view of a command.

pub(super) mod audit;
pub(super) mod certificates;
pub(super) mod fleet;
pub(super) mod people;
pub(super) mod person;
pub(super) mod plan;
pub(super) mod runs;
pub(super) mod tenant;
mod trend;

use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use reqwest::Url;
use shared::domain::id::TenantId;

use super::visit::Visit;
use crate::failure::Failure;

pub(super) async fn not_found(visit: Visit) -> Response {
    let failure = Failure::attention("there is no such page");
    visit.problem(StatusCode::NOT_FOUND, None, &failure)
}

/// `3 wait for you`
fn waits(visit: &Visit, number: u64) -> String {
    visit.language.counted(
        number,
        ("wartet auf dich", "warten auf dich"),
        ("waits for you", "wait for you"),
    )
}

/// `3 things to look at`
fn to_look_at(visit: &Visit, number: u64) -> String {
    visit.language.counted(
        number,
        ("Punkt zu klären", "Punkte zu klären"),
        ("thing to look at", "things to look at"),
    )
}

fn person_path(tenant: &TenantId, person: &str) -> String {
    person_address(tenant, person, "", &[])
}

/// The address of a person's page, or of its `part`. An id may have any characters. Browsers take `.` and `..` out of a path,
/// however they are written there, so these ids are in the query.
fn person_address(tenant: &TenantId, person: &str, part: &str, query: &[(&str, String)]) -> String {
    let id = matches!(person, "." | "..").then(|| ("id", person.to_owned()));
    let path = match id {
        Some(_) => "/person".to_owned(),
        None => format!("/people{}", segment(person)),
    };
    let pairs = id.into_iter().chain(query.iter().cloned());
    let pairs = pairs.map(|(name, value)| format!("{name}={value}"));
    let pairs: Vec<String> = pairs.collect();
    let sign = if pairs.is_empty() { "" } else { "?" };
    format!("/tenants/{tenant}{path}{part}{sign}{}", pairs.join("&"))
}

/// `/a%2Fb`
fn segment(text: &str) -> String {
    let mut url = Url::parse("http://x/").ok();
    if let Some(url) = &mut url
        && let Ok(mut segments) = url.path_segments_mut()
    {
        segments.clear().push(text);
    }
    url.map(|url| url.path().to_owned()).unwrap_or_default()
}

/// A text as the value of a part of an address.
fn query_value(text: &str) -> String {
    let url = Url::parse_with_params("http://x/", [("q", text)]);
    let query = url.ok().and_then(|url| url.query().map(str::to_owned));
    query
        .and_then(|query| query.strip_prefix("q=").map(str::to_owned))
        .unwrap_or_default()
}

/// The last line of a list that shows the first `shown` of `all`.
fn left_out(visit: &Visit, all: usize, shown: usize) -> Markup {
    let left = all.saturating_sub(shown) as u64;
    html! {
        @if left > 0 { li { "… " (visit.language.number(left)) (visit.pick(" weitere", " more")) } }
    }
}

/// Links to the pages of a list before and after `page`.
fn pager(visit: &Visit, page: usize, has_more: bool, path: impl Fn(usize) -> String) -> Markup {
    html! {
        @if has_more || page > 0 {
            nav.pager aria-label=(visit.pick("Seiten", "Pages")) {
                @if page > 0 { a href=(path(page - 1)) { "← " (visit.pick("zurück", "back")) } }
                @if has_more { a href=(path(page + 1)) { (visit.pick("weiter", "next")) " →" } }
            }
        }
    }
}

/// A number with its word, leading to what it counts.
fn fact(number: &str, word: &str, link: Option<&str>, class: &str) -> Markup {
    let inner = html! { strong { (number) } span { (word) } };
    html! {
        li class=(class) {
            @if let Some(link) = link { a href=(link) { (inner) } } @else { (inner) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_one_part_of_an_address() {
        let tenant = TenantId::parse("acme").unwrap();
        for (id, path) in [
            ("1042", "/tenants/acme/people/1042"),
            ("a/b#c?d e", "/tenants/acme/people/a%2Fb%23c%3Fd%20e"),
            ("%2E", "/tenants/acme/people/%252E"),
            ("...", "/tenants/acme/people/..."),
            (".", "/tenants/acme/person?id=."),
            ("..", "/tenants/acme/person?id=.."),
        ] {
            assert_eq!(person_path(&tenant, id), path);
            let base = Url::parse("http://127.0.0.1/").unwrap();
            let url = base.join(path).unwrap();
            assert_eq!(url.as_str(), format!("http://127.0.0.1{path}"));
        }
        let live = |id: &str| person_address(&tenant, id, "/live", &[("details", "1".to_owned())]);
        assert_eq!(live("7"), "/tenants/acme/people/7/live?details=1");
        assert_eq!(live(".."), "/tenants/acme/person/live?id=..&details=1");
        assert_eq!(query_value("a&b=c+d #e"), "a%26b%3Dc%2Bd+%23e");
    }
}
