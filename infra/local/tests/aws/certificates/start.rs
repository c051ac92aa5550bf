//! What certificate runs begin with.

use shared::fingerprint::{FingerprintKey, Part};
use shared::state::{
    CertificateCheckpoint, DatesSeen, DayCheckpoint, EqualRefusals, ListAccess, RefusedHosts,
    Unsettled,
};

use super::*;
use crate::support::{put_employees, read_all, stack};

fn checkpoint(days: i8) -> CertificateCheckpoint {
    let key = FingerprintKey::from_bytes(&[7; 32]);
    let day = |number: i8| {
        let unsettled = Unsettled {
            due: (number % 3 == 0).then(|| at("09:00:00")),
            waiting_for_pdf: u32::from(number % 5 == 0),
            outcome_unknown: 0,
            held: 0,
        };
        let digest = key.fingerprint([Part::Value(&number.to_string())]);
        let day = jiff::civil::date(2026, 3, 1).saturating_add(jiff::Span::new().days(number));
        (day, DayCheckpoint { digest, unsettled })
    };
    CertificateCheckpoint {
        listed_all_at: Some(at("08:00:00.123456789")),
        first_listed_at: Some(at("07:00:00")),
        earlier_filed_at: Some(at("07:30:00")),
        parked: 3,
        reissued: 4,
        dates_move: true,
        dates_seen: Some(DatesSeen {
            since: at("07:45:00"),
            sample: vec![0, u64::MAX],
        }),
        has_external_ids: true,
        refused_hosts: Some(RefusedHosts {
            allowed: u64::MAX,
            hosts: [("files.example".to_owned(), 6)].into(),
        }),
        days: (0..days).map(day).collect(),
        earlier: Unsettled {
            due: Some(at("09:00:00")),
            waiting_for_pdf: 7,
            held: 5,
            outcome_unknown: 2,
        },
        waiting: vec![id(1), id(2)],
        lists: ListAccess::after_read(),
        refusals: Some(EqualRefusals {
            reason: "422".to_owned(),
            certificates: [id(1), id(2)].into(),
        }),
    }
}

/// Writes a checkpoint of so many days.
async fn put_days(store: &Store, token: u64, days: i8) -> Result<(), StateError> {
    let (token, checkpoint) = (FencingToken(token), checkpoint(days));
    store
        .put_certificate_checkpoint(&acme(), token, &checkpoint)
        .await
}

#[tokio::test]
async fn a_checkpoint_of_a_whole_window_costs_one_read_unit() {
    let stack = stack().await;
    for (token, days, max_write) in [(1, 0, 1.0), (2, 10, 2.0), (3, 31, 4.0)] {
        let store = stack.store().with_fresh_units();
        put_days(&store, token, days).await.unwrap();
        let start = store.certificate_start(&acme()).await.unwrap();
        assert_eq!(start.checkpoint, Some(checkpoint(days)));
        let units = store.units();
        assert_eq!((units.read, units.calls), (1.0, 2), "{days} days");
        assert!(units.write <= max_write, "{days} days: {units:?}");
    }
}

#[tokio::test]
async fn owners_are_read_page_by_page_at_half_the_price_and_without_the_rest() {
    let (stack, store) = state().await;
    put_employees(&store, 120).await;
    let proxy = Proxy::start(&stack, |call| {
        let mut query: serde_json::Value = serde_json::from_str(call.body).unwrap();
        assert_eq!(
            query["ProjectionExpression"],
            "#sk, #source_id, #customer_id"
        );
        query["Limit"] = 50.into();
        Fate::Instead(query.to_string())
    })
    .await;
    assert_eq!(proxy.store().owners(&acme()).await.unwrap().len(), 120);
    assert_eq!(proxy.calls("Query"), 3);

    let [owners, everybody] = [(); 2].map(|()| store.with_fresh_units());
    owners.owners(&acme()).await.unwrap();
    read_all(&everybody).await;
    assert_eq!(owners.units().read * 2.0, everybody.units().read);
}
