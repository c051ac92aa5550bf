use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;

use super::*;
use crate::aws::{Retries, http_client};
use crate::domain::clock::ManualClock;

const GRANTED: &str = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA1</AccessKeyId>\
    <SecretAccessKey>se/cr+et=</SecretAccessKey><SessionToken>to/k+en==</SessionToken>\
    <Expiration>2026-05-11T09:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";

type Seen = Arc<Mutex<Vec<(HeaderMap, HashMap<String, String>)>>>;

/// Answers the calls in turn, the last answer to all that follow.
async fn sts(answers: Vec<(u16, &'static str)>) -> (String, Seen) {
    let seen = Seen::default();
    let record = Arc::clone(&seen);
    let handle = move |headers: HeaderMap, body: String| {
        let form = url::form_urlencoded::parse(body.as_bytes())
            .into_owned()
            .collect();
        let mut seen = record.lock().unwrap();
        let (status, body) = answers[seen.len().min(answers.len() - 1)];
        seen.push((headers, form));
        std::future::ready((StatusCode::from_u16(status).unwrap(), body))
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(handle)).await });
    (url, seen)
}

fn environment(sts: &str) -> HashMap<&'static str, String> {
    HashMap::from([
        ("AWS_REGION", "eu-central-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "AKID".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "own-secret".to_owned()),
        ("AWS_SESSION_TOKEN", "own-token".to_owned()),
        ("AWS_ENDPOINT_URL_STS", sts.to_owned()),
        ("TABLE_NAME", "table".to_owned()),
        ("SECRET_PREFIX", "stack".to_owned()),
        (
            "TENANT_ROLE_ARN",
            "arn:aws:iam::123456789012:role/tenants".to_owned(),
        ),
    ])
}

fn clock() -> ManualClock {
    ManualClock::new("2026-05-11T08:00:00Z".parse::<Timestamp>().unwrap())
}

fn sessions(
    variables: &HashMap<&str, String>,
    clock: &ManualClock,
) -> Result<Option<Sessions>, ConfigError> {
    Sessions::from_environment(
        |name| variables.get(name).cloned(),
        http_client()?,
        Arc::new(clock.clone()),
    )
}

fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

#[tokio::test]
async fn asks_for_one_tenant_s_partition_and_secret() {
    let (url, seen) = sts(vec![(200, GRANTED)]).await;
    let sessions = sessions(&environment(&url), &clock()).unwrap().unwrap();
    sessions.of(&tenant("acme")).await.unwrap();
    let (headers, form) = seen.lock().unwrap()[0].clone();
    let authorization = headers["authorization"].to_str().unwrap();
    let says = "Credential=AKID/20260511/eu-central-1/sts/aws4_request";
    assert!(authorization.contains(says), "{authorization}");
    assert_eq!(headers["x-amz-security-token"], "own-token");
    assert_eq!(headers["content-type"], "application/x-www-form-urlencoded");
    let mut form: Vec<_> = form.into_iter().collect();
    form.sort();
    insta::assert_debug_snapshot!(form);
}

#[tokio::test]
async fn a_session_is_kept_for_its_tenant_until_it_nears_its_end() {
    let (url, seen) = sts(vec![(200, GRANTED)]).await;
    let clock = clock();
    let sessions = sessions(&environment(&url), &clock).unwrap().unwrap();
    let calls = || seen.lock().unwrap().len();
    for (name, minutes, expected) in [
        ("acme", 0, 1),
        ("acme", 39, 1),
        ("globex", 0, 2),
        ("acme", 2, 3),
    ] {
        clock.advance(SignedDuration::from_mins(minutes));
        sessions.of(&tenant(name)).await.unwrap();
        assert_eq!(calls(), expected, "{name} after {minutes}");
    }
    let seen = seen.lock().unwrap();
    let asked = seen.iter().map(|(_, form)| &form["RoleSessionName"]);
    let asked: Vec<_> = asked.collect();
    assert_eq!(asked, ["acme", "globex", "acme"]);
}

#[tokio::test]
async fn the_session_used_longest_ago_makes_room_for_another() {
    let (url, seen) = sts(vec![(200, GRANTED)]).await;
    let sessions = sessions(&environment(&url), &clock()).unwrap().unwrap();
    for number in 0..MOST_KEPT {
        let tenant = tenant(&format!("tenant-{number}"));
        sessions.of(&tenant).await.unwrap();
    }
    // The first one is used again, so that the second one goes.
    for (name, calls) in [
        ("tenant-0", MOST_KEPT),
        ("another", MOST_KEPT + 1),
        ("tenant-0", MOST_KEPT + 1),
        ("tenant-2", MOST_KEPT + 1),
        ("tenant-1", MOST_KEPT + 2),
    ] {
        sessions.of(&tenant(name)).await.unwrap();
        assert_eq!(seen.lock().unwrap().len(), calls, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn says_what_a_refusal_means_and_not_what_sts_wrote() {
    let denied = SessionError::Denied {
        code: "AccessDenied".to_owned(),
    };
    let refused = |code: &str| SessionError::Refused {
        code: code.to_owned(),
    };
    let error = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>zwetschge</Message></Error></ErrorResponse>";
    let odd = "<ErrorResponse><Error><Code>\"zwe tschge\"&lt;</Code></Error></ErrorResponse>";
    let huge = "<Expiration>not a moment</Expiration>";
    for (status, body, expected, calls) in [
        (403, error, denied, 1),
        (400, odd, refused("zwetschgelt"), 1),
        (404, "", refused("noerrorcode"), 1),
        (500, error, SessionError::Unavailable, 3),
        (200, huge, SessionError::Unavailable, 3),
        (200, "", SessionError::Unavailable, 3),
        (302, "", refused("noerrorcode"), 1),
    ] {
        let (url, seen) = sts(vec![(status, body)]).await;
        let sessions = sessions(&environment(&url), &clock()).unwrap().unwrap();
        let error = sessions.of(&tenant("acme")).await.unwrap_err();
        let found = (error, seen.lock().unwrap().len());
        assert_eq!(found, (expected, calls), "{status} {body}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_moment_of_bad_weather_is_waited_out_and_counted() {
    let (url, seen) = sts(vec![(503, ""), (200, GRANTED)]).await;
    let sessions = sessions(&environment(&url), &clock()).unwrap().unwrap();
    let retries = Retries::default();
    retries
        .counting(sessions.of(&tenant("acme")))
        .await
        .unwrap();
    assert_eq!((seen.lock().unwrap().len(), retries.count()), (2, 1));
}

#[test]
fn there_are_none_unless_the_deployment_asks_for_them() {
    const ROLE: &str = "TENANT_ROLE_ARN";
    let mut variables = environment("http://127.0.0.1:9/");
    assert!(sessions(&variables, &clock()).unwrap().is_some());
    for (name, value, expected) in [
        ("TABLE_NAME", "", ConfigError::Missing("TABLE_NAME")),
        ("SECRET_PREFIX", "", ConfigError::Missing("SECRET_PREFIX")),
        (ROLE, "tenants", ConfigError::Malformed(ROLE)),
        (ROLE, "arn:aws:sts::1:role/x", ConfigError::Malformed(ROLE)),
    ] {
        let mut variables = variables.clone();
        variables.insert(name, value.to_owned());
        assert_eq!(sessions(&variables, &clock()).unwrap_err(), expected);
    }
    variables.insert(ROLE, String::new());
    assert!(sessions(&variables, &clock()).unwrap().is_none());
}

#[test]
fn a_policy_fits_into_a_request_and_names_no_other_tenant() {
    let role = "arn:aws-us-gov:iam::123456789012:role/tenants";
    let scope = Scope::new(role, "us-gov-west-1", &"t".repeat(255), &"p".repeat(128)).unwrap();
    let longest = "a".repeat(40);
    let policy = scope.policy(&tenant(&longest));
    assert!(
        serde_json::from_str::<serde_json::Value>(&policy).is_ok(),
        "{policy}"
    );
    assert!(
        policy.len() <= 2048,
        "STS takes 2,048 characters: {}",
        policy.len()
    );
    assert!(
        !policy.contains('*') || policy.matches('*').count() == 1,
        "only KMS's resource: {policy}"
    );
    // Secrets Manager adds a hyphen and six characters to a name.
    let policy = scope.policy(&tenant("acme"));
    let resource = |name: &str| format!(":secret:{}/{name}-??????", "p".repeat(128));
    assert!(policy.contains(&resource("acme")), "{policy}");
}
