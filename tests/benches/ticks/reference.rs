//! The baseline of an unchanged tick's processor time: the same pages, parsed and hashed by a program of its own
//! (`baseline-serde`), which is built as the functions are.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use harness::Harness;
use local::INTEGRATION;
use reqwest::{Client, RequestBuilder};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::tenant::Via;

use crate::bootstraps::bootstrap;

/// What the program prints.
#[derive(Deserialize)]
struct Parsed {
    people: u64,
    nanoseconds: u64,
}

/// Reads everybody page by page, as the company's route shows them. Only parsing and hashing count.
pub(super) async fn measure(harness: &Harness, people: u64, bootstraps: &Path) -> Duration {
    let (kind, pages) = match (&harness.company.kombo, harness.company.via) {
        (Some(kombo), Via::Kombo) => ("kombo", of_kombo(harness, &kombo.base_url()).await),
        _ => ("personio", of_personio(harness, people).await),
    };
    let folder = std::env::temp_dir().join(format!(
        "reteach-personio-bench-{}-pages",
        std::process::id()
    ));
    std::fs::create_dir_all(&folder).unwrap();
    let write = |(number, page): (usize, &Vec<u8>)| -> PathBuf {
        let file = folder.join(number.to_string());
        std::fs::write(&file, page).unwrap();
        file
    };
    let files: Vec<_> = pages.iter().enumerate().map(write).collect();
    let mut command = Command::new(bootstrap(bootstraps, "baseline-serde"));
    let output = command
        .arg(kind)
        .args(files)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let parsed: Parsed = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(parsed.people, people);
    Duration::from_nanos(parsed.nanoseconds)
}

async fn of_personio(harness: &Harness, people: u64) -> Vec<Vec<u8>> {
    let (client, base) = (client(), harness.company.personio.base_url());
    let secret = harness.company.secret().personio.unwrap();
    let [id, secret] = [&secret.client_id, &secret.client_secret].map(|text| text.expose_secret());
    let login = client
        .post(format!("{base}/v1/auth"))
        .json(&json!({"client_id": id, "client_secret": secret}));
    let login: Value = login.send().await.unwrap().json().await.unwrap();
    let token = login["data"]["token"].as_str().unwrap();
    let call = client
        .get(format!("{base}/v1/company/employees"))
        .bearer_auth(token);
    let mut pages = Vec::new();
    for offset in (0..people).step_by(100) {
        pages.push(page(&call, &[("limit", "100"), ("offset", &offset.to_string())]).await);
    }
    pages
}

async fn of_kombo(harness: &Harness, base: &str) -> Vec<Vec<u8>> {
    #[derive(Deserialize)]
    struct Reply {
        data: Next,
    }
    #[derive(Deserialize)]
    struct Next {
        next: Option<String>,
    }
    let secret = harness.company.secret().kombo.unwrap();
    let call = client()
        .get(format!("{base}/hris/employees"))
        .bearer_auth(secret.api_key.expose_secret())
        .header("X-Integration-Id", INTEGRATION);
    let (mut pages, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let mut query = vec![("page_size", "250")];
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let page = page(&call, &query).await;
        cursor = serde_json::from_slice::<Reply>(&page).unwrap().data.next;
        pages.push(page);
        if cursor.is_none() {
            return pages;
        }
    }
}

fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

async fn page(call: &RequestBuilder, query: &[(&str, &str)]) -> Vec<u8> {
    let call = call.try_clone().unwrap().query(query);
    let reply = call.send().await.unwrap().error_for_status().unwrap();
    reply.bytes().await.unwrap().to_vec()
}
