use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use http::{HeaderMap, StatusCode};

use super::*;

const COMPLETE: [(&str, &str); 4] = [
    ("AWS_REGION", "eu-central-1"),
    ("AWS_ACCESS_KEY_ID", "AKID"),
    ("AWS_SECRET_ACCESS_KEY", "secret"),
    ("AWS_SESSION_TOKEN", "token"),
];

fn config(variables: &HashMap<&str, String>) -> Result<SdkConfig, ConfigError> {
    sdk_config(|name| variables.get(name).cloned(), http_client()?)
}

fn complete() -> HashMap<&'static str, String> {
    COMPLETE
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect()
}

#[test]
fn names_the_variable_that_is_missing_or_empty() {
    assert!(config(&complete()).is_ok());
    for name in ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        for value in [None, Some(""), Some(" ")] {
            let mut variables = complete();
            variables.remove(name);
            variables.extend(value.map(|value| (name, value.to_owned())));
            let expected = ConfigError::Missing(name);
            assert_eq!(config(&variables).unwrap_err(), expected, "{value:?}");
        }
    }
    let mut variables = complete();
    variables.remove("AWS_SESSION_TOKEN");
    assert!(
        config(&variables).is_ok(),
        "only temporary credentials have a token"
    );
}

/// A server that refuses everything, and the headers of what it was sent.
async fn server() -> (String, Arc<Mutex<Vec<HeaderMap>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&seen);
    let handle = move |headers: HeaderMap| {
        record.lock().unwrap().push(headers);
        std::future::ready(StatusCode::BAD_REQUEST)
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(handle)).await });
    (url, seen)
}

async fn call_both(variables: &HashMap<&str, String>) {
    let aws = Aws::new(config(variables).unwrap());
    aws.dynamodb().list_tables().send().await.unwrap_err();
    aws.secrets_manager()
        .list_secrets()
        .send()
        .await
        .unwrap_err();
}

#[tokio::test]
async fn signs_with_the_environment_s_credentials_for_the_region() {
    let (url, seen) = server().await;
    call_both(
        &complete()
            .into_iter()
            .chain([("AWS_ENDPOINT_URL", url)])
            .collect(),
    )
    .await;
    let seen = seen.lock().unwrap();
    let signed_for: Vec<(bool, bool, &str)> = seen
        .iter()
        .map(|headers| {
            let authorization = headers["authorization"].to_str().unwrap();
            let is = |text: &str| authorization.contains(text);
            let token = headers["x-amz-security-token"].to_str().unwrap();
            (is("Credential=AKID/"), is("/eu-central-1/"), token)
        })
        .collect();
    assert_eq!(signed_for, [(true, true, "token"), (true, true, "token")]);
}

#[tokio::test]
async fn a_service_s_own_endpoint_goes_before_the_common_one() {
    for (name, expected) in [
        ("AWS_ENDPOINT_URL_DYNAMODB", "DynamoDB"),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "secretsmanager"),
    ] {
        let ((common, at_common), (own, at_own)) = (server().await, server().await);
        let variables = complete()
            .into_iter()
            .chain([("AWS_ENDPOINT_URL", common), (name, own)]);
        call_both(&variables.collect()).await;
        let own = at_own.lock().unwrap();
        assert_eq!((at_common.lock().unwrap().len(), own.len()), (1, 1));
        assert!(
            own[0]["x-amz-target"]
                .to_str()
                .unwrap()
                .starts_with(expected)
        );
    }
}

#[test]
fn aws_is_on_this_machine_where_the_table_is() {
    let (common, own, secrets) = (
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_DYNAMODB",
        "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    );
    let here = "http://127.0.0.1:4566";
    for (variables, expected) in [
        (vec![], false),
        (vec![(common, here)], true),
        (vec![(common, "http://localhost:4566")], true),
        (vec![(own, "http://[::1]:8000")], true),
        (vec![(own, ""), (common, here)], true),
        // The table is elsewhere: on AWS, through a private network or an emulator on another machine.
        (
            vec![
                (
                    own,
                    "https://vpce-1.dynamodb.eu-central-1.vpce.amazonaws.com",
                ),
                (common, here),
            ],
            false,
        ),
        (vec![(own, "http://10.0.0.7:8000")], false),
        (vec![(secrets, here)], false),
        (vec![(common, "127.0.0.1:4566")], false),
        (vec![(common, "http://127.0.0.1.example.com")], false),
    ] {
        let read = |name: &str| {
            variables
                .iter()
                .find(|(it, _)| *it == name)
                .map(|(_, url)| (*url).to_owned())
        };
        assert_eq!(is_on_this_machine(read), expected, "{variables:?}");
    }
}
