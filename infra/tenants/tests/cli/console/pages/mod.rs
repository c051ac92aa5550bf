//! What the pages show, and what their buttons do.

mod audit;
mod certificates;
mod fleet;
mod people;
mod plan;
mod runs;
mod tenant;

use shared::tenant::Via;

use crate::support::{Desk, deactivate, person};

/// A company of which a brake holds the locks.
async fn held(desk: &Desk) -> local::Company {
    let company = desk.company(Via::Direct).await;
    company.personio.put_all((1..=20).map(person));
    desk.done(&desk.add(&company, "")).await;
    desk.done("sync acme --here").await;
    for id in 1..=8 {
        deactivate(&company, id);
    }
    desk.pass_minutes(5);
    desk.attention("sync acme --here").await;
    company
}

fn assert_has(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{part} is not in {page}");
    }
}
