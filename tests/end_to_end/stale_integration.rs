//! Kombo goes on serving people although nothing new comes through the connection: a named outcome, not `unchanged`.

use harness::{Harness, people};
use jiff::SignedDuration;
use local::INTEGRATION;
use shared::runtime::Outcome;
use shared::tenant::Via;
use simulators::kombo::{Condition, Endpoint};

use crate::broken_connections::put_into;

const AN_HOUR: SignedDuration = SignedDuration::from_hours(1);

#[tokio::test]
async fn a_lapsed_integration_that_still_serves_people_is_not_connected() {
    for via in [Via::Kombo, Via::KomboPassthrough] {
        for (condition, says) in [
            (Condition::Invalid, "reconnect from Kombo's dashboard"),
            (Condition::Inactive, "enable it in Kombo's dashboard"),
        ] {
            let harness = Harness::synced(via, "", people(3)).await;
            harness.kombo().serve_lapsed(INTEGRATION, true);
            put_into(&harness, condition);
            let hour = harness.after(AN_HOUR).await;
            // Until it is mended, each run says so.
            for report in [hour, harness.tick().await] {
                assert_run!("{via:?}", report, Outcome::NotConnected, people = 0);
                assert!(report.message.contains(says), "{report:#?}");
            }
            assert_eq!(harness.writes().len(), 0, "{via:?}");
            put_into(&harness, Condition::Active);
            assert!(harness.tick().await.outcome.is_good(), "{via:?}");
        }
    }
}

#[tokio::test]
async fn data_that_kombo_no_longer_updates_is_not_connected() {
    let harness = Harness::synced(Via::Kombo, "", people(3)).await;
    harness
        .kombo()
        .expire_data(INTEGRATION, Some(harness.moment()));
    let report = harness.after(AN_HOUR).await;
    assert_run!(report, Outcome::NotConnected);
    assert_says!(report.message, "is out of date since");
    // The passthrough reads Personio itself.
    let harness = Harness::synced(Via::KomboPassthrough, "", people(3)).await;
    harness
        .kombo()
        .expire_data(INTEGRATION, Some(harness.moment()));
    assert!(harness.after(AN_HOUR).await.outcome.is_good());
}

#[tokio::test]
async fn an_integration_is_looked_at_once_an_hour_or_with_each_reading_of_the_mirror() {
    for (via, in_an_hour) in [(Via::KomboPassthrough, 1), (Via::Kombo, 12)] {
        let harness = Harness::synced(via, "", people(3)).await;
        for hour in 1..=2 {
            for _ in 0..12 {
                assert!(harness.tick().await.outcome.is_good(), "{via:?}");
            }
            let looks = harness.kombo().calls(Endpoint::Integration);
            assert_eq!(looks, hour * in_an_hour, "{via:?}");
        }
    }
}
