//! What a Personio credential may read, and how many people there are.
//!
//! `PERSONIO_CLIENT_ID=… PERSONIO_CLIENT_SECRET=… cargo run --example personio [base url]`

use std::env;
use std::sync::Arc;

use shared::domain::clock::SystemClock;
use shared::http::{Calls, Context, client};
use shared::personio::{ATTRIBUTES, Client, Credentials, Direct};
use shared::source::{SourceRecord, read_all};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let base = env::args()
        .nth(1)
        .unwrap_or_else(|| "https://api.personio.de".to_owned())
        .parse()?;
    let credentials = Credentials::new(
        env::var("PERSONIO_CLIENT_ID")?,
        env::var("PERSONIO_CLIENT_SECRET")?,
    );
    let calls = Calls::default();
    let context = Context::new(client()?, Arc::new(SystemClock), calls.clone());
    let personio = Client::new(Direct::new(base, credentials, context));

    let readable = personio.attributes().await?;
    let missing: Vec<_> = ATTRIBUTES
        .iter()
        .filter(|key| !readable.contains(**key))
        .collect();
    eprintln!("attributes not readable: {missing:?}");

    let (records, reading) = read_all(&personio, 0).await?;
    eprintln!(
        "{} records, {:?} announced",
        records.len(),
        reading.last_total
    );
    for record in &records {
        if let SourceRecord::Rejected {
            source_id,
            field,
            problem,
            ..
        } = record
        {
            eprintln!("{source_id:?}: {field} {problem}");
        }
    }
    eprintln!("{:?}", calls.counts());
    Ok(())
}
