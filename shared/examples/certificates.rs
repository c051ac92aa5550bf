//! The newest certificates of an academy, and whether their files can be had. Files nothing.
//!
//! `RETEACH_CLIENT_ID=… RETEACH_CLIENT_SECRET=… RETEACH_CLIENT_CODE=… cargo run --example certificates [base url]`

use std::env;
use std::sync::Arc;

use shared::domain::clock::SystemClock;
use shared::http::{Calls, Context, client};
use shared::reteach::{Client, Credentials, Downloads, Filter};

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
    let downloads = Downloads::new(reteach.clone(), client()?, &["*.reteach.io".to_owned()]);

    let page = reteach.participations(&Filter::default(), 1, 250).await?;
    eprintln!(
        "{} of {} announced, {} do not fit",
        page.participations.len(),
        page.total.unwrap_or_default(),
        page.rejected.len()
    );
    for certificate in page
        .participations
        .iter()
        .filter_map(|it| it.certificate.as_ref())
        .take(5)
    {
        match &certificate.url {
            None => eprintln!("{}: not made yet", certificate.id),
            Some(url) => match downloads.open(url).await {
                Ok(pdf) => eprintln!("{}: a PDF of {:?} bytes", certificate.id, pdf.length()),
                Err(error) => eprintln!("{}: {error}", certificate.id),
            },
        }
    }
    eprintln!("{:?}", calls.counts());
    Ok(())
}
