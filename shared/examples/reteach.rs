//! Whose academy the credentials belong to, and how many accounts it has.
//!
//! `RETEACH_CLIENT_ID=… RETEACH_CLIENT_SECRET=… RETEACH_CLIENT_CODE=… cargo run --example reteach [base url]`

use std::env;
use std::sync::Arc;

use shared::domain::clock::SystemClock;
use shared::http::{Calls, Context, client};
use shared::reteach::{Client, Credentials};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let base = env::args()
        .nth(1)
        .unwrap_or_else(|| "https://api.reteach.io".to_owned())
        .parse()?;
    let read = |name| env::var(name);
    let credentials = Credentials::new(
        read("RETEACH_CLIENT_ID")?,
        read("RETEACH_CLIENT_SECRET")?,
        read("RETEACH_CLIENT_CODE")?,
    );
    let calls = Calls::default();
    let context = Context::new(client()?, Arc::new(SystemClock), calls.clone());
    let reteach = Client::new(base, credentials, context, 50.0);

    eprintln!("academy {}", reteach.me().await?.base_url);
    let all = reteach.list_all(Vec::new).await?;
    let managed = all
        .accounts
        .iter()
        .filter(|customer| customer.external_id.is_some())
        .count();
    eprintln!(
        "{} accounts, {managed} with an external id, {:?}",
        all.accounts.len(),
        all.completeness
    );
    eprintln!("{:?}", calls.counts());
    Ok(())
}
