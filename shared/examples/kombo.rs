//! How a Kombo connection is doing, and how many people it shows.
//!
//! `KOMBO_API_KEY=… cargo run --example kombo -- personio:<id> [base url]`

use std::env;
use std::sync::Arc;

use jiff::tz::TimeZone;
use shared::domain::clock::SystemClock;
use shared::http::{Calls, Context, client};
use shared::kombo::{ApiKey, Client, Employees, IntegrationId};
use shared::source::read_all;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let id: IntegrationId = env::args()
        .nth(1)
        .ok_or("name the integration: personio:<id>")?
        .parse()?;
    let base = env::args()
        .nth(2)
        .unwrap_or_else(|| "https://api.kombo.dev/v1".to_owned())
        .parse()?;
    let calls = Calls::default();
    let context = Context::new(client()?, Arc::new(SystemClock), calls.clone());
    let kombo = Client::new(base, ApiKey::new(env::var("KOMBO_API_KEY")?), context);

    eprintln!(
        "environment {}",
        kombo.check_api_key().await?.environment_id
    );
    let integration = kombo.integration(&id).await?;
    eprintln!(
        "{:?}, setup {:?}",
        integration.status, integration.setup_status
    );
    let (records, _) = read_all(&Employees::new(kombo, id, TimeZone::UTC), 0).await?;
    eprintln!("{} records, {:?}", records.len(), calls.counts());
    Ok(())
}
