//! Makes every call of our clients, and meets every refusal that they distinguish, on each route.

mod certificates;
mod employees;
mod fixture;
mod kombo;
mod refusals;

use std::sync::Arc;

use shared::tenant::Via;

use crate::proxy::PrismProxy;
pub(crate) use fixture::Fixture;

pub(crate) async fn run(proxy: &Arc<PrismProxy>, via: Via) -> Fixture {
    let fixture = Fixture::new(proxy, via).await;
    kombo::connect(&fixture).await;
    employees::run_employees(&fixture).await;
    certificates::run_certificates(&fixture).await;
    refusals::run_refusals(&fixture).await;
    kombo::run_refusals(&fixture).await;
    fixture
}
