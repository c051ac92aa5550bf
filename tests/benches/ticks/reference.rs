//! The baseline of an unchanged tick's processor time: the same pages, parsed with serde for the attributes that are needed
//! and no others, and a fingerprint of each person. Nothing of it is the product's but the hash.

use std::time::Duration;

use harness::Harness;
use harness::process::Usage;
use local::INTEGRATION;
use reqwest::{Client, RequestBuilder};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::fingerprint::{Fingerprint, FingerprintKey};
use shared::tenant::Via;

use super::pages::{kombo, personio};

/// Reads everybody page by page, as the company's route shows them. Only parsing and hashing count.
pub(super) async fn measure(harness: &Harness, people: u64) -> Duration {
    match (&harness.company.kombo, harness.company.via) {
        (Some(kombo), Via::Kombo) => of_kombo(harness, &kombo.base_url(), people).await,
        _ => of_personio(harness, people).await,
    }
}

async fn of_personio(harness: &Harness, people: u64) -> Duration {
    let (client, base) = (client(), harness.personio.base_url());
    let secret = harness.company.secret().personio.unwrap();
    let [id, secret] = [
        secret.client_id.expose_secret(),
        secret.client_secret.expose_secret(),
    ];
    let login = client
        .post(format!("{base}/v1/auth"))
        .json(&json!({"client_id": id, "client_secret": secret}));
    let login: Value = login.send().await.unwrap().json().await.unwrap();
    let token = login["data"]["token"].as_str().unwrap();
    let call = client
        .get(format!("{base}/v1/company/employees"))
        .bearer_auth(token);
    let (key, mut sum) = (key(), Sum::default());
    while sum.people < people {
        let page = page(
            &call,
            &[("limit", "100"), ("offset", &sum.people.to_string())],
        )
        .await;
        sum.take(&page, |page| personio::fingerprints(page, &key));
    }
    sum.processor(people)
}

async fn of_kombo(harness: &Harness, base: &str, people: u64) -> Duration {
    let secret = harness.company.secret().kombo.unwrap();
    let call = client()
        .get(format!("{base}/hris/employees"))
        .bearer_auth(secret.api_key.expose_secret());
    let call = call.header("X-Integration-Id", INTEGRATION);
    let (key, mut sum, mut cursor) = (key(), Sum::default(), None::<String>);
    while sum.people < people {
        let mut query = vec![("page_size", "250")];
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let page = page(&call, &query).await;
        sum.take(&page, |page| kombo::fingerprints(page, &key));
        cursor = next(&page);
    }
    sum.processor(people)
}

fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

fn key() -> FingerprintKey {
    FingerprintKey::from_bytes(&[7; 32])
}

async fn page(call: &RequestBuilder, query: &[(&str, &str)]) -> Vec<u8> {
    let reply = call
        .try_clone()
        .unwrap()
        .query(query)
        .send()
        .await
        .unwrap()
        .error_for_status()
        .unwrap();
    reply.bytes().await.unwrap().to_vec()
}

/// Looked for apart, so that it is not counted.
fn next(page: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Reply {
        data: Next,
    }
    #[derive(Deserialize)]
    struct Next {
        next: Option<String>,
    }
    serde_json::from_slice::<Reply>(page).unwrap().data.next
}

#[derive(Default)]
struct Sum {
    people: u64,
    processor: Duration,
    digest: u128,
}

impl Sum {
    fn take(&mut self, page: &[u8], of: impl FnOnce(&[u8]) -> Vec<Fingerprint>) {
        let before = Usage::of_this_thread();
        let fingerprints = of(page);
        self.processor += Usage::of_this_thread().saturating_sub(before);
        assert!(
            !fingerprints.is_empty(),
            "there are fewer people than there should be"
        );
        self.people += fingerprints.len() as u64;
        self.digest = fingerprints.iter().fold(self.digest, |sum, fingerprint| {
            sum.wrapping_add(fingerprint.as_u128())
        });
    }

    fn processor(self, people: u64) -> Duration {
        assert_eq!(self.people, people);
        // So that the compiler leaves nothing out.
        std::hint::black_box(self.digest);
        self.processor
    }
}
