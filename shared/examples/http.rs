//! How the HTTP core treats a call: what it sends, when it tries again, what it says if it fails.
//!
//! `cargo run --example http -- http://127.0.0.1:8080`

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use shared::domain::clock::SystemClock;
use shared::http::{
    BaseUrl, Calls, Context, Deadline, Idempotency, Rate, RateLimiter, Request, Target, Vendor,
    client,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let base: BaseUrl = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "https://api.reteach.io".to_owned())
        .parse()?;
    let calls = Calls::default();
    let context = Context::new(client()?, Arc::new(SystemClock), calls.clone())
        .until(Deadline::after(Duration::from_secs(20)));
    let pace = RateLimiter::new(&[Rate {
        calls: 1,
        within: Duration::from_secs(1),
    }]);
    let target = Target::new(Vendor::Reteach, &base, Method::GET, "/me", &[])?;
    let request = Request::new(target, Idempotency::Read, Duration::from_secs(5));
    match context.send(&request, &pace).await {
        Ok(reply) => eprintln!("{reply:?}"),
        Err(error) => eprintln!("{error}; effect: {:?}", error.effect()),
    }
    eprintln!("{:?}", calls.counts());
    Ok(())
}
