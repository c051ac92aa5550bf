use std::fs;
use std::net::{Ipv4Addr, TcpListener};

use jiff::SignedDuration;
use local::region::Options;
use serde_json::json;
use shared::domain::clock::Clock as _;
use shared::tenant::Via;

use crate::support::{Running, TestRegion};

fn remembered(region: &TestRegion) -> Options {
    Options {
        port: None,
        ..region.options()
    }
}

/// A region at a port that the system gives to nobody who asks for any: it is free again for the next start.
async fn region_at(region: &TestRegion, first: u16) -> Running {
    let mut ports = first..32_768;
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    let options = Options {
        port: Some(ports.find(is_free).unwrap()),
        ..region.options()
    };
    region.start(options).await.unwrap()
}

#[tokio::test]
async fn everything_survives_a_restart_and_missed_ticks_are_skipped() {
    let region = TestRegion::new().await;
    let running = region_at(&region, 30_000).await;
    let company = region.tenant(&running).await;
    let start = region.clock().now() + SignedDuration::from_secs(30);
    running.schedule("acme.employees", start, json!({})).await;
    running.pass(region.clock(), 30).await;
    running.invoke("employee-sync", "Event", &json!({})).await;
    while running.region.dead_letters().is_empty() {
        tokio::task::yield_now().await;
    }
    let kept = |running: &Running| {
        let region = &running.region;
        (region.url(), region.schedules(), region.dead_letters())
    };
    let before = kept(&running);
    running.region.stop().await;

    // 08:00:30, 08:05:30, ...: six of them are missed.
    region.clock().advance(SignedDuration::from_mins(30));
    let mut running = region.start(remembered(&region)).await.unwrap();
    assert_eq!(kept(&running), before);
    let stack = running.region.stack();
    let tenant = stack.store().tenant(&company.tenant).await.unwrap();
    assert!(tenant.is_some());
    assert!(stack.secrets().get(&company.tenant).await.is_ok());
    running.pass(region.clock(), 299).await;
    assert_eq!(running.invocations(), []);
    running.pass(region.clock(), 1).await;
    let fired = running.invocations();
    assert_eq!(fired.len(), 1);
    let text = fired[0].to_string();
    assert!(text.contains("unchanged: 3 people"), "{text}");
}

#[tokio::test]
async fn changes_that_cannot_be_written_are_refused() {
    let region = TestRegion::new().await;
    let running = region.region().await;
    // A folder in the way of the file that is written first.
    for name in ["schedules.json.new", "secrets.json.new"] {
        fs::create_dir(region.folder.join(name)).unwrap();
    }
    let now = region.clock().now();
    let refused = running.schedule("acme.employees", now, json!({})).await;
    assert_eq!(refused.status(), 500);
    assert!(running.region.schedules().is_empty());
    let company = region.vendors.company("acme", Via::Direct, "").await;
    let company = company.unwrap();
    let secrets = running.region.stack().secrets();
    let put = secrets.put(&company.tenant, &company.secret()).await;
    assert!(put.is_err());
}

#[tokio::test]
async fn an_unusable_file_is_named_with_a_remedy() {
    let region = TestRegion::new().await;
    region_at(&region, 31_000).await.region.stop().await;
    let newer = "{\"format\": 2, \"content\": {}}";
    let wrong = "{\"format\": 1, \"content\": 7}";
    let noise = "This is no database. This is no database.";
    let ledgers = ["tenants with their ledgers", "delete it"];
    for (name, text, hints) in [
        ("schedules.json", wrong, ["is damaged", "`tenants add`"]),
        ("secrets.json", "", ["is damaged", "`tenants add`"]),
        ("dead-letters.json", "[", ["is damaged", "delete it"]),
        ("endpoint.json", "{}", ["is damaged", "delete it"]),
        ("schedules.json", newer, ["format 2", "--state"]),
        ("secrets.json", newer, ["format 2", "--state"]),
        ("dynamodb.sqlite", noise, ledgers),
    ] {
        let path = region.folder.join(name);
        let before = fs::read(&path).ok();
        fs::write(&path, text).unwrap();
        let error = region.refusal(remembered(&region)).await;
        for hint in [name, hints[0], hints[1]] {
            assert!(error.contains(hint), "{name}: {error}");
        }
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
    let url = running.region.url();
    let port = url.rsplit(':').next().unwrap();

    let other = TestRegion::new().await;
    let taken = Options {
        port: port.parse().ok(),
        ..other.options()
    };
    let error = other.refusal(taken).await;
    for says in [port, "--port"] {
        assert!(error.contains(says), "{error}");
    }
    drop(running);
    // The failed start must not block the next one.
    drop(other.start(other.options()).await.unwrap());

    let folder = other.folder.join("file");
    fs::write(&folder, "").unwrap();
    let no_folder = Options {
        folder,
        ..other.options()
    };
    let error = other.refusal(no_folder).await;
    assert!(error.contains("file: "), "{error}");
}
