//! The SDK over reqwest, when the other side is not there.

use http::StatusCode;
use shared::aws::{Aws, http_client, sdk_config};
use shared::state::{StateError, Store};

use crate::proxy::{Fate, Proxy};
use crate::support::{acme, stack};

fn store_at(endpoint: &str) -> Store {
    let endpoint = endpoint.to_owned();
    let read = move |name: &str| match name {
        "AWS_ENDPOINT_URL" => Some(endpoint.clone()),
        "AWS_REGION" => Some("eu-central-1".to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("local".to_owned()),
        _ => None,
    };
    Store::new(
        &Aws::new(sdk_config(read, http_client().unwrap()).unwrap()),
        "table",
    )
}

#[tokio::test]
async fn a_refused_connection_is_unavailable_after_three_attempts() {
    // Bound but not listening: nobody else can have the port meanwhile.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let endpoint = format!("http://{}", socket.local_addr().unwrap());
    let error = store_at(&endpoint).tenant(&acme()).await.unwrap_err();
    assert_eq!(
        error,
        StateError::Unavailable {
            operation: "GetItem"
        }
    );
}

#[tokio::test]
async fn server_errors_are_tried_three_times() {
    let stack = stack().await;
    let proxy = Proxy::start(&stack, |call| match call.before {
        0 | 1 => Fate::Reply(StatusCode::SERVICE_UNAVAILABLE, "{}".to_owned()),
        _ => Fate::Pass,
    })
    .await;
    assert_eq!(proxy.store().tenant(&acme()).await, Ok(None));
    assert_eq!(proxy.calls("GetItem"), 3);
}

#[tokio::test]
async fn requests_are_not_redirected() {
    let stack = stack().await;
    let proxy = Proxy::start(&stack, |_| {
        Fate::Reply(StatusCode::TEMPORARY_REDIRECT, String::new())
    })
    .await;
    assert!(proxy.store().tenant(&acme()).await.is_err());
    assert_eq!(proxy.calls("GetItem"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_is_unavailable_after_three_attempts() {
    let stack = stack().await;
    let proxy = Proxy::start(&stack, |_| Fate::Hang).await;
    let error = proxy.store().tenant(&acme()).await.unwrap_err();
    assert_eq!(
        error,
        StateError::Unavailable {
            operation: "GetItem"
        }
    );
}

#[tokio::test]
async fn each_kind_of_refusal_has_its_own_error() {
    let operation = "GetItem";
    let expected = |code: &str| {
        let (table, code) = ("reteach-personio".to_owned(), code.to_owned());
        match &*code {
            "ProvisionedThroughputExceededException" | "ThrottlingException" => {
                StateError::Throttled { operation }
            }
            "AccessDeniedException" | "ExpiredTokenException" => {
                StateError::Denied { operation, code }
            }
            "ResourceNotFoundException" => StateError::NoTable { table },
            "ValidationException" => StateError::Refused { operation, code },
            _ => StateError::Unavailable { operation },
        }
    };
    let cases = [
        (400, "ProvisionedThroughputExceededException"),
        (400, "ThrottlingException"),
        (500, "InternalServerError"),
        (503, ""),
        (400, "AccessDeniedException"),
        (400, "ExpiredTokenException"),
        (400, "ResourceNotFoundException"),
        (400, "ValidationException"),
    ];
    let stack = stack().await;
    let checks = cases.map(async |(status, code)| {
        let text =
            format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"s3cret"}}"#);
        let status = StatusCode::from_u16(status).unwrap();
        let proxy = Proxy::start(&stack, move |_| Fate::Reply(status, text.clone())).await;
        let error = proxy.store().tenant(&acme()).await.unwrap_err();
        assert_eq!(error, expected(code), "{code}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
    });
    // Together, because the SDK pauses between its attempts.
    futures::future::join_all(checks).await;
}
