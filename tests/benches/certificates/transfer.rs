//! The baseline: a process that fetches the same files and sends them on, and knows nothing of ledgers, owners or lists.

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use certificate_sync::apply::CONCURRENCY;
use futures::{StreamExt as _, stream};
use harness::Harness;
use harness::process::Usage;
use reqwest::multipart::{Form, Part};
use reqwest::{Body, Client};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::process::Cost;

use super::cases::Case;
use super::filing::{PEOPLE, id};

#[derive(Serialize, Deserialize)]
struct List {
    personio: String,
    client_id: String,
    client_secret: String,
    category: u64,
    size: u64,
    /// Of each PDF, in turn.
    urls: Vec<String>,
}

/// Starts a process that moves all files of `case` once more.
pub(super) async fn measure(harness: &Harness, case: Case) -> Cost {
    let company = &harness.company;
    let secret = company.secret().personio.unwrap();
    let url = |number| company.reteach.certificate_url(&id(number)).unwrap();
    let list = List {
        personio: company.personio.base_url(),
        client_id: secret.client_id.expose_secret().to_owned(),
        client_secret: secret.client_secret.expose_secret().to_owned(),
        category: company.personio.categories()[0].id,
        size: case.size,
        urls: (0..case.certificates).map(url).collect(),
    };
    let file = std::env::temp_dir().join(format!(
        "reteach-personio-bench-{}-list.json",
        std::process::id()
    ));
    std::fs::write(&file, json!(list).to_string()).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("transfer").arg(&file).stdout(Stdio::piped());
    let output = tokio::task::spawn_blocking(move || command.output())
        .await
        .unwrap()
        .unwrap();
    std::fs::remove_file(file).unwrap();
    assert!(output.status.success(), "the transfer: {}", output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}

pub(crate) fn run(list: &Path) -> ExitCode {
    let list = serde_json::from_slice(&std::fs::read(list).unwrap()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    serde_json::to_writer(std::io::stdout(), &runtime.block_on(move_all(&list))).unwrap();
    ExitCode::SUCCESS
}

async fn move_all(list: &List) -> Cost {
    let client = Client::builder().no_proxy().build().unwrap();
    let login = json!({"client_id": list.client_id, "client_secret": list.client_secret});
    let login = client
        .post(format!("{}/v1/auth", list.personio))
        .json(&login)
        .send()
        .await
        .unwrap();
    let login: Value = login.json().await.unwrap();
    let token = login["data"]["token"].as_str().unwrap();
    let (before, began) = (Usage::now(), Instant::now());
    let each = list
        .urls
        .iter()
        .zip(1..)
        .map(|(url, number)| one(&client, list, token, url, number));
    stream::iter(each)
        .buffer_unordered(CONCURRENCY)
        .collect::<()>()
        .await;
    Cost::between(&before, &Usage::now(), began.elapsed())
}

async fn one(client: &Client, list: &List, token: &str, url: &str, number: u64) {
    let pdf = client
        .get(url)
        .send()
        .await
        .unwrap()
        .error_for_status()
        .unwrap();
    let file = Part::stream_with_length(Body::wrap_stream(pdf.bytes_stream()), list.size);
    let form = Form::new()
        .text("title", "Datenschutz")
        .text("employee_id", (1 + number % PEOPLE).to_string())
        .text("category_id", list.category.to_string())
        .part(
            "file",
            file.file_name(format!("{number}.pdf"))
                .mime_str("application/pdf")
                .unwrap(),
        );
    let call = client
        .post(format!("{}/v1/company/documents", list.personio))
        .bearer_auth(token);
    call.multipart(form)
        .send()
        .await
        .unwrap()
        .error_for_status()
        .unwrap();
}
