use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use jiff::SignedDuration;
use local::region::Options;
use serde_json::json;
use shared::domain::clock::Clock as _;

use crate::support::TestRegion;

fn remembered(region: &TestRegion) -> Options {
    Options {
        port: None,
        ..region.options()
    }
}

#[tokio::test]
async fn everything_survives_a_restart_and_missed_ticks_are_skipped() {
    let region = TestRegion::new().await;
    let running = region.region().await;
    let company = region.tenant(&running).await;
    let start = region.clock().now() + SignedDuration::from_secs(30);
    running.schedule("acme.employees", start, json!({})).await;
    running.pass(region.clock(), 30).await;
    running.invoke("employee-sync", "Event", &json!({})).await;
    while running.region.dead_letters().is_empty() {
        tokio::task::yield_now().await;
    }
    let before = (
        running.region.url(),
        running.region.schedules(),
        running.region.dead_letters(),
    );
    running.region.stop().await;

    // 08:00:30, 08:05:30, ...: six of them are missed.
    region.clock().advance(SignedDuration::from_mins(30));
    let mut running = region.start(remembered(&region)).await.unwrap();
    assert_eq!(
        (
            running.region.url(),
            running.region.schedules(),
            running.region.dead_letters()
        ),
        before
    );
    let stack = running.region.stack();
    assert!(
        stack
            .store()
            .tenant(&company.tenant)
            .await
            .unwrap()
            .is_some()
    );
    assert!(stack.secrets().get(&company.tenant).await.is_ok());
    running.pass(region.clock(), 299).await;
    assert_eq!(running.invocations(), []);
    running.pass(region.clock(), 1).await;
    let fired = running.invocations();
    assert!(
        matches!(fired.as_slice(), [invocation] if invocation.to_string().contains("unchanged: 3 people")),
        "{fired:?}"
    );
}

#[tokio::test]
async fn only_the_owner_can_read_credentials() {
    let region = TestRegion::new().await;
    let running = region.region().await;
    region.tenant(&running).await;
    let mode = |name: &str| {
        fs::metadata(region.folder.join(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode("secrets.json"), 0o600);
    assert!(
        fs::read_to_string(region.folder.join("secrets.json"))
            .unwrap()
            .contains("papi-client")
    );
}

#[tokio::test]
async fn changes_that_cannot_be_written_are_refused() {
    let region = TestRegion::new().await;
    let running = region.region().await;
    // A folder in the way of the file that is written first.
    for name in ["schedules.json.new", "secrets.json.new"] {
        fs::create_dir(region.folder.join(name)).unwrap();
    }
    assert_eq!(
        running
            .schedule("acme.employees", region.clock().now(), json!({}))
            .await
            .status(),
        500
    );
    assert!(running.region.schedules().is_empty());
    let company = region
        .vendors
        .company("acme", shared::tenant::Via::Direct, "")
        .await
        .unwrap();
    assert!(
        running
            .region
            .stack()
            .secrets()
            .put(&company.tenant, &company.secret())
            .await
            .is_err()
    );
}

#[tokio::test]
async fn an_unusable_file_is_named_with_a_remedy() {
    let region = TestRegion::new().await;
    region.region().await.region.stop().await;
    let newer = "{\"format\": 2, \"content\": {}}";
    for (name, text, hints) in [
        (
            "schedules.json",
            "{\"format\": 1, \"content\": 7}",
            ["is damaged", "`tenants add`"],
        ),
        ("secrets.json", "", ["is damaged", "`tenants add`"]),
        ("dead-letters.json", "[", ["is damaged", "delete it"]),
        ("endpoint.json", "{}", ["is damaged", "delete it"]),
        ("schedules.json", newer, ["format 2", "--state"]),
        ("secrets.json", newer, ["format 2", "--state"]),
        (
            "dynamodb.sqlite",
            "This is no database. This is no database.",
            ["tenants with their ledgers", "delete it"],
        ),
    ] {
        let path = region.folder.join(name);
        let before = fs::read(&path).ok();
        fs::write(&path, text).unwrap();
        let error = region.refusal(remembered(&region)).await;
        assert!(
            error.contains(name) && hints.iter().all(|hint| error.contains(hint)),
            "{name}: {error}"
        );
        match before {
            Some(before) => fs::write(&path, before).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
    }
    drop(region.start(remembered(&region)).await.unwrap());
}

#[tokio::test]
async fn a_taken_port_and_a_used_folder_are_errors() {
    let region = TestRegion::new().await;
    let running = region.region().await;
    let error = region.refusal(region.options()).await;
    assert!(error.contains("another `cargo local`"), "{error}");
    let port: u16 = running
        .region
        .url()
        .rsplit(':')
        .next()
        .unwrap()
        .parse()
        .unwrap();

    let other = TestRegion::new().await;
    let error = other
        .refusal(Options {
            port: Some(port),
            ..other.options()
        })
        .await;
    assert!(
        error.contains(&port.to_string()) && error.contains("--port"),
        "{error}"
    );
    drop(running);
    // The failed start must not block the next one.
    drop(other.start(other.options()).await.unwrap());

    fs::write(other.folder.join("file"), "").unwrap();
    let error = other
        .refusal(Options {
            folder: other.folder.join("file"),
            ..other.options()
        })
        .await;
    assert!(error.contains("file: "), "{error}");
}
