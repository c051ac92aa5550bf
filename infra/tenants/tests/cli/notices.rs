//! `tenants check --notice`, and what `add` and `check` say of `[notices]`.

use std::sync::Arc;

use serde_json::Value;
use shared::domain::clock::Clock as _;
use shared::secrets::{NoticesSecret, TenantSecret};
use simulators::Webhook;
use tenants::Exit;

use crate::support::Desk;

const HR: &str =
    "[notices]\nmail = [\"hr@acme.example\", \"personal@acme.example\"]\nwebhook = \"slack\"\n";

/// The levels and texts of a check, without what it is about.
fn items(check: &Value) -> Vec<(&str, &str)> {
    let items = check["items"].as_array().unwrap().iter();
    let items = items.filter(|item| item["about"].as_str().unwrap().starts_with("notices"));
    items
        .map(|item| {
            (
                item["level"].as_str().unwrap(),
                item["text"].as_str().unwrap(),
            )
        })
        .collect()
}

/// A desk with a topic and a sender, and a tenant whose file names recipients.
async fn desk(url: Option<String>) -> Desk {
    let (desk, company) = Desk::new_company().await;
    // The recipients that are missing are to be looked at; the tenant is stored.
    desk.json(&desk.add(&company, HR)).await;
    if let Some(url) = url {
        let notices = NoticesSecret {
            webhook_url: url.into(),
        };
        let secret = TenantSecret {
            notices: Some(notices),
            ..company.secret()
        };
        desk.stack
            .secrets()
            .put(&company.tenant, &secret)
            .await
            .unwrap();
    }
    desk
}

#[tokio::test]
async fn one_test_message_goes_to_each_recipient() {
    let webhook = Webhook::start(Arc::new(|| shared::domain::clock::SystemClock.now()))
        .await
        .unwrap();
    let desk = desk(Some(webhook.url("acme"))).await;
    let mut variables = desk.variables();
    let url = desk.aws.base_url();
    let more = [
        (
            "NOTICE_TOPIC_ARN",
            "arn:aws:sns:eu-central-1:123456789012:notices",
        ),
        ("NOTICE_SENDER", "notices@reteach.example"),
        ("AWS_ENDPOINT_URL_SNS", &url),
        ("AWS_ENDPOINT_URL_SESV2", &url),
    ];
    variables.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let done = desk.run_in(variables, "check acme --notice --json").await;
    assert_eq!(done.exit, Exit::Done, "{}", done.out);
    let sent = [
        ("good", "sent"),
        ("good", "sent to 2 addresses"),
        ("good", "sent"),
    ];
    assert_eq!(items(&done.json()), sent);
    let subjects: Vec<String> = desk
        .aws
        .messages()
        .into_iter()
        .map(|message| message.subject)
        .collect();
    let expected = ["reteach: test message", "reteach: Testnachricht"];
    assert_eq!(subjects, expected, "the operator reads English");
    let hook = webhook.taken()[0]["text"].as_str().unwrap().to_owned();
    assert!(hook.starts_with("*reteach: Testnachricht*"), "{hook}");
}

#[tokio::test]
async fn recipients_that_cannot_be_reached_are_misses() {
    let desk = desk(None).await;
    let done = desk.json("check acme --notice").await;
    assert_eq!(done.exit, Exit::Attention, "{}", done.out);
    let expected = [
        ("note", "off: the stack's parameter NoticeTopicArn is empty"),
        ("miss", "the stack sends no mail"),
        ("miss", "the credentials have no notices.webhook_url"),
    ];
    assert_eq!(items(&done.json()), expected);
    let check = desk.json("check acme").await.json();
    assert_eq!(items(&check), expected[1..]);
}
