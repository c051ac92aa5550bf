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

/// A number with its word, leading to what it counts.
fn fact(number: &str, word: &str, link: Option<&str>, class: &str) -> Markup {
    let inner = html! { strong { (number) } span { (word) } };
    html! {
        li class=(class) {
            @if let Some(link) = link { a href=(link) { (inner) } } @else { (inner) }
        }
    }
}
