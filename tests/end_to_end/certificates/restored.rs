//! After a restore of the table, what was filed since the restored moment is looked for before anything is sent.

use harness::{Harness, ROUTES, completed, people, person};
use jiff::SignedDuration;
use shared::runtime::Outcome;
use shared::state::Restored;
use shared::tenant::Via;
use simulators::reteach::{Certificate, Participation, Publication};
use simulators::{Behaviour, Body, Fault, personio};

use super::fixture::{LISTS, certified, id};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The ledger as it was `before`, although more has been filed since: a table restored by the operator.
async fn restore(harness: &Harness, forgotten: &[String], assume_empty: bool) {
    for id in forgotten {
        harness.lose(&format!("CERTIFICATE#{id}")).await;
    }
    let restored = Restored {
        to: harness.moment() - DAY,
        at: harness.moment(),
        assume_empty,
    };
    let (store, tenant) = (harness.store(), &harness.company.tenant);
    store.mark_restored(tenant, restored).await.unwrap();
}

#[tokio::test]
async fn after_a_restore_what_the_ledger_lost_is_found_and_not_filed_again() {
    let no_comments = [None, Some(personio::Quirk::HidesComments)];
    for (via, quirk) in ROUTES
        .into_iter()
        .flat_map(|via| no_comments.map(|quirk| (via, quirk)))
    {
        let harness = certified(via, 12).await;
        harness.personio.set_quirks(quirk);
        assert_eq!(harness.certificates_now().await.counts.uploaded, 12);
        harness.advance(SignedDuration::from_mins(60));
        let lost: Vec<_> = (1..=10).map(id).collect();
        restore(&harness, &lost, false).await;
        let report = harness.certificates_tick().await;
        assert_run!("{via:?}", report, Outcome::Done, adopted = 10, uploaded = 0);
        assert_eq!(harness.personio.documents().len(), 12, "{via:?}");
        let quiet = harness.certificates_tick().await;
        assert_run!("{via:?}", quiet, Outcome::Unchanged);
    }
}

#[tokio::test]
async fn after_a_restore_a_late_pdf_of_an_old_course_is_found_and_not_filed_again() {
    let harness = Harness::with_folder(Via::Direct, "", people(1)).await;
    harness.certificates_now().await;
    harness.advance(DAY);
    let issued = completed("c-1", 1, "Kurs", &harness.moment().to_string());
    let certificate = Some(Certificate {
        publication: Publication::OnDemand,
        ..Certificate::new("c-1", 100)
    });
    harness.issue([Participation {
        certificate,
        ..issued
    }]);
    let early = harness.certificates_tick().await;
    assert_counts!(early, waiting_for_pdf = 1, uploaded = 0);
    let late = harness.certificates_after(DAY * 60).await;
    assert_counts!(late, waiting_for_pdf = 1, uploaded = 0);
    harness.reteach.publish_pdf("c-1");
    assert_counts!(harness.certificates_tick().await, uploaded = 1);
    harness.advance(SignedDuration::from_mins(60));
    restore(&harness, &["c-1".to_owned()], false).await;
    let report = harness.certificates_tick().await;
    assert_run!(report, Outcome::Done, adopted = 1, uploaded = 0);
    assert_eq!(harness.personio.documents().len(), 1);
}

/// An academy that writes its local time as UTC. The first run comes before that moment or after it.
#[tokio::test]
async fn after_a_restore_a_certificate_that_is_dated_ahead_is_found_and_not_filed_again() {
    for hours in [0, 3] {
        let harness = Harness::with_folder(Via::Direct, "", people(1)).await;
        harness.certificates_now().await;
        let ahead = harness.moment() + SignedDuration::from_hours(2);
        harness.issue([completed("c-1", 1, "Kurs", &ahead.to_string())]);
        assert_counts!(harness.certificates_tick().await, uploaded = 1);
        restore(&harness, &["c-1".to_owned()], false).await;
        harness.advance(SignedDuration::from_hours(hours));
        let report = harness.certificates_tick().await;
        assert_run!("{hours}", report, Outcome::Done, adopted = 1, uploaded = 0);
        assert_eq!(harness.personio.documents().len(), 1, "{hours}");
    }
}

#[tokio::test]
async fn a_restored_tenant_without_the_right_to_list_parks_unless_nothing_was_filed() {
    for (assume_empty, uploaded, parked) in [(false, 0, 3), (true, 3, 0)] {
        let harness = certified(Via::Direct, 3).await;
        harness.certificates_now().await;
        harness.advance(SignedDuration::from_mins(60));
        for document in harness.personio.documents() {
            assert!(harness.personio.remove_document(document.id));
        }
        harness.personio.allow_reading_documents(false);
        let lost: Vec<_> = (1..=3).map(id).collect();
        restore(&harness, &lost, assume_empty).await;
        // Its lists were read before: a day shows that the right is gone.
        let report = harness.certificates_tick().await;
        assert_run!(report, Outcome::AccessDenied, uploaded = 0, parked = 0);
        let report = harness.certificates_after(DAY).await;
        assert_counts!(report, uploaded = uploaded, parked = parked);
    }
}

/// A list of no documents says nothing about a person who cannot be seen, and one that fails for long says nothing at all.
#[tokio::test]
async fn after_a_restore_a_certificate_of_a_person_who_was_not_seen_for_a_while_is_not_filed_again()
{
    for (via, list, is_gone) in [
        (Via::Direct, Behaviour::EmptyList, true),
        (
            Via::KomboPassthrough,
            Behaviour::Status(422, Body::Vendor),
            false,
        ),
        (Via::Direct, Behaviour::Status(500, Body::Vendor), false),
    ] {
        let label = format!("{via:?} {list:?}");
        let harness = certified(via, 2).await;
        assert_eq!(harness.certificates_now().await.counts.uploaded, 2);
        harness.advance(SignedDuration::from_mins(60));
        restore(&harness, &[id(1)], false).await;
        let fault = Fault::new(list).path(LISTS).query("owner_id", "1");
        harness.personio.fail(fault.always());
        if is_gone {
            harness.personio.remove(1);
        }
        for pause in [SignedDuration::from_mins(30), DAY, DAY * 8] {
            let report = harness.certificates_after(pause).await;
            let counts = (report.counts.person_deleted, report.counts.unlisted);
            let expected = (u64::from(is_gone), u64::from(!is_gone));
            assert_eq!(counts, expected, "{label}: {report:#?}");
        }
        harness.personio.clear_faults();
        harness.personio.put(person(1));
        let report = harness.certificates_after(DAY).await;
        assert_counts!("{label}", report, adopted = 1, uploaded = 0, parked = 0);
        assert_eq!(harness.personio.documents().len(), 2, "{label}");
    }
}
