//! The conditions of `table` and the store agree: both are asked to write over the same states.

use jiff::SignedDuration;
use local::{Options, Stack};
use shared::domain::id::{DocumentId, RunId, TenantId};
use shared::state::{
    Acquisition, CertificateCheckpoint, CertificateStart, CertificateState, FencingToken, Intent,
    JobKind, LastRun, RetryState, StateError,
};

use crate::run::entry;
use crate::table::{Fenced, Table};
use crate::world::at;

const LASTS: SignedDuration = SignedDuration::from_mins(5);

/// An entry in each state, at one of two moments.
fn states() -> Vec<Option<CertificateState>> {
    let moments = [at(0), at(1)].into_iter();
    let states = moments.flat_map(|at| {
        let intent = Intent::unverified(at);
        let retry = RetryState::asked_for("why".to_owned(), at);
        let reason = "why".to_owned();
        [
            CertificateState::Intended(intent),
            CertificateState::Failed(retry),
            CertificateState::Held { at },
            CertificateState::Uploaded {
                at,
                document: Some(DocumentId::new("7")),
            },
            CertificateState::Parked {
                at,
                reason,
                unverified: None,
            },
            CertificateState::Dismissed { at },
        ]
    });
    [None].into_iter().chain(states.map(Some)).collect()
}

fn acme() -> TenantId {
    TenantId::parse("acme").unwrap()
}

#[tokio::test]
async fn on_entries() {
    let stack = Stack::start(Options::default()).await.unwrap();
    let written = CertificateState::Dismissed { at: at(9) };
    let mut place = 0;
    for stored in states() {
        for read in states() {
            for (before, token) in [(1, 1), (1, 2), (2, 1)] {
                let (store, tenant) = (stack.store(), acme());
                let mut table = Table::new(place + 1);
                if let Some(stored) = &stored {
                    let token = FencingToken(before);
                    let stored = entry(place, stored.clone());
                    store
                        .put_certificate(&tenant, token, &stored, None)
                        .await
                        .unwrap();
                    table
                        .put_entry((place, before, true), stored, None)
                        .unwrap();
                }
                let wanted = entry(place, written.clone());
                let put = store
                    .put_certificate(&tenant, FencingToken(token), &wanted, read.as_ref())
                    .await;
                let put = match put {
                    Err(StateError::Fenced { .. }) => Err(Fenced),
                    put => Ok(put.unwrap()),
                };
                let expected = table.put_entry((place, token, true), wanted, read.as_ref());
                assert_eq!(put, expected, "{stored:?} {before}, {read:?} {token}");
                place += 1;
            }
        }
    }
    assert!(place > 500);
}

#[tokio::test]
async fn on_leases_and_checkpoints() {
    let stack = Stack::start(Options::default()).await.unwrap();
    let (store, tenant, job) = (stack.store(), acme(), JobKind::Certificates);
    let run = |number: u64| RunId::new(format!("run-{number}"));
    let mut table = Table::new(0);
    let Acquisition::Acquired(mut first) = store
        .acquire(&tenant, job, &run(0), at(0), LASTS)
        .await
        .unwrap()
    else {
        panic!("it is free");
    };
    assert_eq!(table.take_lease(at(0), LASTS), first.token.0);
    store.renew(&mut first, at(2), LASTS).await.unwrap();
    assert!(table.renew(1, at(2) + LASTS));
    for (seconds, owner) in [
        (0, 1),
        (5 * 60, 2),
        (7 * 60, 3),
        (7 * 60 + 5, 4),
        (7 * 60 + 6, 5),
    ] {
        let now = at(0) + SignedDuration::from_secs(seconds);
        let asked = store
            .acquire(&tenant, job, &run(owner), now, LASTS)
            .await
            .unwrap();
        let is_free = matches!(asked, Acquisition::Acquired(_));
        assert_eq!(is_free, table.is_free(now), "{seconds}");
        if let Acquisition::Acquired(lease) = asked {
            assert_eq!(table.take_lease(now, LASTS), lease.token.0);
            // The first run has lost it.
            assert!(store.renew(&mut first, now, LASTS).await.is_err());
            assert!(!table.renew(1, now));
            store.release(&lease, LastRun::default()).await.unwrap();
            assert!(table.renew(2, jiff::Timestamp::UNIX_EPOCH));
        }
    }
    assert_eq!(table.token, 2);
    for token in [2, 1, 2, 3] {
        let checkpoint = CertificateCheckpoint {
            parked: u32::try_from(token).unwrap(),
            ..Default::default()
        };
        let put = store
            .put_certificate_checkpoint(&tenant, FencingToken(token), &checkpoint)
            .await;
        let start = CertificateStart {
            checkpoint: Some(checkpoint),
            ..Default::default()
        };
        assert_eq!(
            put.is_ok(),
            table.put_start(token, true, start).is_ok(),
            "{token}"
        );
        assert_eq!(
            store.certificate_start(&tenant).await.unwrap(),
            table.start.start
        );
    }
}
