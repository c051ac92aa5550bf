use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};
use shared::state::{JobKind, StateError, Store};

use crate::support::{acme, at, run, stack};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Report {
    job: JobKind,
    created: u32,
    failures: Vec<(String, String)>,
    took: f64,
}

fn report(created: u32) -> Report {
    let failures = vec![("personio:1".to_owned(), "422".to_owned())];
    Report {
        job: JobKind::Employees,
        created,
        failures,
        took: 0.25,
    }
}

async fn put(store: &Store, time: &str, created: u32) {
    let run = run(&format!("run-{created}"));
    store
        .put_report(
            &acme(),
            JobKind::Employees,
            at(time),
            &run,
            at("23:00:00"),
            &report(created),
        )
        .await
        .unwrap();
}

#[tokio::test]
async fn gives_the_newest_reports_first() {
    let stack = stack().await;
    let store = stack.store();
    for (time, number) in [
        ("08:05:00", 2),
        ("08:00:00", 1),
        ("08:05:00.5", 3),
        ("23:00:00", 4),
    ] {
        put(&store, time, number).await;
    }
    assert_eq!(
        store.reports::<Report>(&acme(), 3).await.unwrap(),
        [report(4), report(3), report(2)]
    );
    assert_eq!(store.reports::<Report>(&acme(), 10).await.unwrap().len(), 4);
    assert_eq!(store.reports::<Report>(&acme(), 0).await.unwrap(), []);
}

#[tokio::test]
async fn both_jobs_may_report_at_the_same_moment() {
    let stack = stack().await;
    let store = stack.store();
    for job in [JobKind::Employees, JobKind::Certificates] {
        let one = Report { job, ..report(1) };
        store
            .put_report(
                &acme(),
                job,
                at("08:00:00"),
                &run("one"),
                at("23:00:00"),
                &one,
            )
            .await
            .unwrap();
    }
    assert_eq!(store.reports::<Report>(&acme(), 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_report_ends_with_its_time_to_live() {
    let stack = stack().await;
    put(&stack.store(), "08:00:00", 1).await;
    let scan = stack
        .aws()
        .dynamodb()
        .scan()
        .table_name("reteach-personio")
        .send()
        .await
        .unwrap();
    let item = &scan.items()[0];
    assert_eq!(
        item["expires_at"],
        AttributeValue::N(at("23:00:00").as_second().to_string())
    );
    let ttl = stack
        .aws()
        .dynamodb()
        .describe_time_to_live()
        .table_name("reteach-personio");
    let ttl = ttl.send().await.unwrap().time_to_live_description.unwrap();
    assert_eq!(ttl.attribute_name(), Some("expires_at"));
}

#[tokio::test]
async fn a_report_that_is_too_large_or_of_another_kind_is_named() {
    let stack = stack().await;
    let store = stack.store();
    let item = "RUN#2026-03-31T08:00:00.000Z#employees".to_owned();
    let put = async |text: &str| {
        store
            .put_report(
                &acme(),
                JobKind::Employees,
                at("08:00:00"),
                &run("one"),
                at("23:00:00"),
                &text,
            )
            .await
    };
    assert_eq!(
        put(&"x".repeat(410_000)).await,
        Err(StateError::TooLarge { item: item.clone() })
    );
    put("not a report").await.unwrap();
    assert_eq!(
        store.reports::<Report>(&acme(), 1).await,
        Err(StateError::Damaged { item })
    );
}
