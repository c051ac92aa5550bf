use jiff::SignedDuration;
use local::region::{InvocationResult, Queue, Trigger};
use serde_json::json;
use shared::domain::clock::Clock as _;

use crate::support::TestRegion;

#[tokio::test]
async fn a_schedule_fires_its_function_from_its_start_on() {
    let region = TestRegion::new().await;
    let mut running = region.region().await;
    let company = region.tenant(&running).await;
    let start = region.clock().now() + SignedDuration::from_secs(30);
    assert_eq!(
        running
            .schedule("acme.employees", start, json!({}))
            .await
            .status(),
        200
    );

    running.pass(region.clock(), 29).await;
    assert_eq!(running.invocations(), []);
    running.pass(region.clock(), 1).await;
    let fired = running.invocations();
    let [first] = fired.as_slice() else {
        panic!("{fired:?}")
    };
    assert_eq!((first.trigger, first.at), (Trigger::Schedule, start));
    assert_eq!(first.tenant, Some(company.tenant.clone()));
    let InvocationResult::Reported {
        outcome, counted, ..
    } = &first.result
    else {
        panic!("{first:?}")
    };
    let ended = (outcome.as_str(), counted.as_str());
    assert_eq!(ended, ("done", "3 people; 3 created"));
    assert_eq!(company.reteach.customers().len(), 3);

    running.pass(region.clock(), 600).await;
    let fired = running.invocations();
    assert_eq!(
        fired
            .iter()
            .map(|invocation| (invocation.at - start).as_secs())
            .collect::<Vec<_>>(),
        [300, 600]
    );
}

#[tokio::test]
async fn unsupported_schedules_are_refused() {
    let region = TestRegion::new().await;
    let running = region.region().await;
    let start = region.clock().now();
    for changes in [
        json!({"ScheduleExpression": "cron(0 * * * ? *)"}),
        json!({"ScheduleExpression": "rate(0 minutes)"}),
        json!({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}),
        json!({"EndDate": 2_000_000_000}),
        json!({"State": "ON"}),
    ] {
        assert_eq!(
            running
                .schedule("acme.employees", start, changes.clone())
                .await
                .status(),
            400,
            "{changes}"
        );
    }
    assert!(running.region.schedules().is_empty());
}

#[tokio::test]
async fn a_tick_without_a_function_is_a_dead_letter_of_delivery() {
    let region = TestRegion::new().await;
    let mut running = region.region().await;
    let start = region.clock().now() + SignedDuration::from_secs(1);
    let target =
        json!({"Target": {"Arn": "arn:aws:lambda:eu-central-1:1:function:old", "Input": "{}"}});
    running.schedule("old", start, target).await;
    running.pass(region.clock(), 1).await;
    assert!(
        matches!(running.invocations().as_slice(), [invocation] if matches!(invocation.result, InvocationResult::Failed { .. }))
    );
    let letters = running.region.dead_letters();
    assert!(
        matches!(letters.as_slice(), [letter] if letter.queue == Queue::Delivery),
        "{letters:?}"
    );
}
