use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};
use shared::state::{JobKind, StateError, Store};

use crate::support::{acme, at, damaged, run, stack, state};

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

type Put = Result<(), StateError>;

async fn put(store: &Store, time: &str, created: u32) {
    let (job, run) = (JobKind::Employees, format!("run-{created}"));
    put_as(store, job, time, &run, &report(created))
        .await
        .unwrap();
}

async fn put_as(
    store: &Store,
    job: JobKind,
    time: &str,
    name: &str,
    report: &impl Serialize,
) -> Put {
    let (run, until) = (run(name), at("23:00:00"));
    store
        .put_report(&acme(), job, at(time), &run, until, report)
        .await
}

async fn newest(store: &Store, most: usize) -> Vec<Report> {
    store.reports(&acme(), most).await.unwrap()
}

#[tokio::test]
async fn gives_the_newest_reports_first() {
    let (_stack, store) = state().await;
    let times = ["08:05:00", "08:00:00", "08:05:00.5", "23:00:00"];
    for (time, number) in times.into_iter().zip([2, 1, 3, 4]) {
        put(&store, time, number).await;
    }
    assert_eq!(newest(&store, 3).await, [4, 3, 2].map(report));
    assert_eq!(newest(&store, 10).await.len(), 4);
    assert_eq!(newest(&store, 0).await, []);
}

#[tokio::test]
async fn both_jobs_may_report_at_the_same_moment() {
    let (_stack, store) = state().await;
    for job in [JobKind::Employees, JobKind::Certificates] {
        let one = Report { job, ..report(1) };
        put_as(&store, job, "08:00:00", "one", &one).await.unwrap();
    }
    assert_eq!(newest(&store, 10).await.len(), 2);
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
    let (_stack, store) = state().await;
    let item = "RUN#2026-03-31T08:00:00.000Z#employees".to_owned();
    let put = async |text: &str| {
        let job = JobKind::Employees;
        put_as(&store, job, "08:00:00", "one", &text).await
    };
    let large = put(&"x".repeat(410_000)).await;
    let named = item.clone();
    assert_eq!(large, Err(StateError::TooLarge { item: named }));
    put("not a report").await.unwrap();
    let read = store.reports::<Report>(&acme(), 1).await;
    assert_eq!(read, damaged(&item));
}

#[tokio::test]
async fn a_damaged_report_hides_no_other() {
    let (_stack, store) = state().await;
    put(&store, "08:00:00", 1).await;
    let damaged = put_as(&store, JobKind::Employees, "08:05:00", "two", &"no report");
    damaged.await.unwrap();
    put(&store, "08:10:00", 3).await;
    let read = store.readable_reports::<Report>(&acme(), 10).await;
    let item = "RUN#2026-03-31T08:05:00.000Z#employees".to_owned();
    let damaged = vec![StateError::Damaged { item }];
    assert_eq!(read, Ok((Vec::from([3, 1].map(report)), damaged)));
}

#[tokio::test]
async fn edits_only_the_reports_that_change_and_keeps_when_they_expire() {
    let (stack, store) = state().await;
    for number in 1..=3 {
        put(&store, &format!("08:0{number}:00"), number).await;
    }
    let edit = |report: &mut Report| {
        let names_somebody = report.created == 2;
        report.failures.retain(|_| !names_somebody);
        names_somebody
    };
    let edited = store.edit_reports(&acme(), &edit).await.unwrap();
    assert_eq!(edited, 1);
    let failures: Vec<usize> = newest(&store, 3)
        .await
        .iter()
        .map(|report| report.failures.len())
        .collect();
    assert_eq!(failures, [1, 0, 1]);
    let table = stack.aws().dynamodb().scan().table_name("reteach-personio");
    let items = table.send().await.unwrap().items.unwrap();
    assert!(items.iter().all(|item| item.contains_key("expires_at")));
}
