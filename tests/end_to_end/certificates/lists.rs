//! Lists of documents that cannot be read: whose trouble that is, and when certificates are filed without a look.

use harness::{Harness, completed, people, virtual_time};
use jiff::SignedDuration;
use shared::runtime::{FindingKind, Outcome};
use shared::tenant::Via;
use simulators::personio::Endpoint;
use simulators::{Behaviour, Body, Fault};

use super::fixture::{LISTS, PERSONIO, certified, file_for, finding, id, listed_everything};

#[tokio::test]
async fn a_first_filing_without_the_right_to_list_files_once_a_second_run_is_refused() {
    for via in PERSONIO {
        let harness = certified(via, 3).await;
        harness.personio.allow_reading_documents(false);
        let first = harness.certificates_now().await;
        assert_run!(
            "{via:?}",
            first,
            Outcome::Partly,
            uploaded = 0,
            remaining = 3
        );
        assert!(first.message.contains("Documents: read"), "{first:#?}");
        let second = harness.certificates_tick().await;
        assert_run!("{via:?}", second, Outcome::Done, uploaded = 3, parked = 0);
    }
}

#[tokio::test]
async fn a_right_to_list_that_is_lost_is_missing_after_a_day() {
    let harness = certified(Via::Direct, 1).await;
    harness.certificates_now().await;
    harness.issue([completed("c-old", 1, "Alt", "2025-02-10T09:30:00Z")]);
    harness.personio.allow_reading_documents(false);
    let hours = SignedDuration::from_hours;
    for pause in [hours(24), hours(1), hours(22)] {
        let report = harness.certificates_after(pause).await;
        assert_run!("{pause}", report, Outcome::AccessDenied, uploaded = 0);
    }
    // Another list that is read in between makes it a new loss.
    harness.personio.allow_reading_documents(true);
    file_for(&harness, 1, "Alt", "2025-02-10");
    let report = harness.certificates_after(hours(2)).await;
    assert_run!(report, Outcome::Done, adopted = 1, uploaded = 0);
    harness.issue([completed("c-older", 1, "Älter", "2025-01-10T09:30:00Z")]);
    harness.personio.allow_reading_documents(false);
    let report = harness.certificates_after(hours(24)).await;
    assert_run!(report, Outcome::AccessDenied, uploaded = 0);
    let report = harness.certificates_after(hours(24)).await;
    assert_run!(report, Outcome::Done, uploaded = 1);
}

/// Personio's gateway, or Personio itself, fails for some runs in the middle of a first filing.
#[tokio::test]
async fn nothing_is_filed_without_a_look_where_lists_were_read_before() {
    for (status, body, outcome) in [
        (403, Body::Vendor, Outcome::AccessDenied),
        (403, Body::Html, Outcome::SourceUnavailable),
    ] {
        let label = format!("{status} {body:?}");
        let harness = certified(Via::Direct, 12).await;
        for person in 1..=12 {
            file_for(&harness, person, &format!("Kurs {person}"), "2026-05-10");
        }
        let refused = Fault::new(Behaviour::Status(status, body)).path(LISTS);
        harness.personio.fail(refused.clone().nth(5).always());
        let first = harness.certificates_now().await;
        assert!(
            (1..12).contains(&first.counts.adopted),
            "{label}: {first:#?}"
        );
        harness.personio.clear_faults();
        harness.personio.fail(refused.always());
        for _ in 0..3 {
            let report = harness.certificates_tick().await;
            assert_run!("{label}", report, outcome, uploaded = 0, adopted = 0);
        }
        harness.personio.clear_faults();
        let last = harness
            .certificates_after(SignedDuration::from_hours(24))
            .await;
        let adopted = first.counts.adopted + last.counts.adopted;
        let documents = harness.personio.documents().len();
        assert_eq!((adopted, documents), (12, 12), "{label}");
    }
}

#[tokio::test]
async fn a_list_that_fails_for_a_while_delays_the_first_filing_and_nothing_is_filed_twice() {
    for behaviour in [
        Behaviour::Status(403, Body::Vendor),
        Behaviour::Status(503, Body::Html),
        Behaviour::Status(200, Body::Html),
    ] {
        let harness = certified(Via::Direct, 1).await;
        file_for(&harness, 1, "Kurs 1", "2026-05-10");
        let fault = Fault::new(behaviour.clone()).path(LISTS);
        harness.personio.fail(fault);
        let mut adopted = harness.certificates_now().await.counts.adopted;
        adopted += harness.certificates_tick().await.counts.adopted;
        assert_eq!(adopted, 1, "{behaviour:?}");
        assert_eq!(harness.personio.documents().len(), 1, "{behaviour:?}");
    }
}

#[test]
fn lists_that_nobody_can_read_are_one_outcome_and_nothing_is_filed() {
    virtual_time::without_pauses(async {
        for (people, status) in [(2, 400), (6, 400), (12, 503)] {
            let harness = certified(Via::Direct, people).await;
            let refused = Fault::new(Behaviour::Status(status, Body::Vendor)).path(LISTS);
            harness.personio.fail(refused.always());
            let report = harness.certificates_now().await;
            let label = format!("{people} {status}");
            assert_run!("{label}", report, Outcome::SourceUnavailable, uploaded = 0);
            harness.personio.clear_faults();
            let report = harness.certificates_tick().await;
            assert_run!("{label}", report, Outcome::Done, uploaded = people);
        }
    });
}

/// The lists of these people's documents fail like this from now on.
fn fail_lists_of(harness: &Harness, people: &[&'static str], status: u16) {
    for person in people {
        let refused = Fault::new(Behaviour::Status(status, Body::Vendor)).path(LISTS);
        harness
            .personio
            .fail(refused.query("owner_id", person).always());
    }
}

#[test]
fn people_whose_lists_cannot_be_read_are_named_and_stop_nobody_else() {
    virtual_time::without_pauses(async {
        let newest = ["5", "6", "7", "8", "9", "10", "11", "12"];
        let either_end = ["1", "2", "3", "8", "9", "10", "11", "12"];
        for (via, status, failing) in [
            (Via::KomboPassthrough, 400, newest),
            (Via::Direct, 503, either_end),
        ] {
            let label = format!("{via:?} {status} {failing:?}");
            let harness = certified(via, 12).await;
            fail_lists_of(&harness, &failing, status);
            let first = harness.certificates_now().await;
            assert_run!("{label}", first, Outcome::Done, unlisted = 8, failed = 0);
            for number in failing {
                let number = id(number.parse().unwrap());
                let text = &finding(&first, FindingKind::NotFiled, &number).text;
                assert!(text.contains("cannot be listed before filing"), "{text}");
            }
            harness.certificates_tick().await;
            assert_eq!(harness.personio.documents().len(), 4, "{label}");
            // Meanwhile another integration has filed one of them.
            file_for(&harness, 12, "Kurs 12", "2026-05-10");
            harness.personio.clear_faults();
            // The second pause is an hour.
            let last = harness
                .certificates_after(SignedDuration::from_hours(1))
                .await;
            assert_run!("{label}", last, Outcome::Done, adopted = 1, uploaded = 7);
            assert_eq!(harness.personio.documents().len(), 12, "{label}");
        }
    });
}

/// The oldest uploads of unknown outcome are of one person, whose documents cannot be listed now.
#[tokio::test]
async fn one_person_without_a_list_keeps_nobody_elses_certificates_waiting() {
    for via in PERSONIO {
        let harness = Harness::synced(via, "", people(3)).await;
        harness.certificates_now().await;
        let at = "2026-05-11T07:00:00Z";
        harness.issue((1..=4).map(|number| completed(&id(number), 1, "Kurs", at)));
        harness.fail_uploads(Fault::new(Behaviour::Close).always());
        let report = harness.certificates_now().await;
        assert_run!("{via:?}", report, Outcome::Done, outcome_unknown = 4);
        harness.clear_faults();
        fail_lists_of(&harness, &["1"], 500);
        // Completed before the first listing: they are filed only after a look.
        harness.issue([2, 3].map(|person| completed(&id(person + 3), person, "Kurs", at)));
        let report = harness.certificates_tick().await;
        assert_run!("{via:?}", report, Outcome::Done, uploaded = 2);
        assert_counts!("{via:?}", report, remaining = 0, outcome_unknown = 4);
        harness.clear_faults();
        harness.forget_requests();
        let report = harness.certificates_tick().await;
        assert_run!("{via:?}", report, Outcome::Done, uploaded = 4);
        assert_counts!("{via:?}", report, outcome_unknown = 0);
        let lists = harness.personio.calls(Endpoint::Documents);
        assert_eq!(lists, 2, "{via:?}: the four share both lists");
    }
}

/// Which ticks of the job listed everything, and which asked for documents, for a person whose list always fails.
#[tokio::test]
async fn a_person_whose_list_always_fails_is_asked_for_after_growing_pauses() {
    for completed_at in ["2025-02-10T09:30:00Z", "2026-05-10T12:00:00Z"] {
        let start = "2026-05-11T08:00:00Z";
        let harness = Harness::in_turn(1, start, Via::Direct, "", people(2)).await;
        harness.first_run().await;
        harness.personio.add_category("Bildungszertifikate");
        harness.issue([completed("c-1", 1, "Kurs", completed_at)]);
        harness.issue([completed("c-2", 2, "Kurs", completed_at)]);
        fail_lists_of(&harness, &["1"], 400);
        assert_counts!(harness.certificates_now().await, unlisted = 1, uploaded = 1);
        let (mut asked, mut listed) = (Vec::new(), Vec::new());
        for tick in 1..=16 {
            harness.forget_requests();
            harness.certificates_tick().await;
            if harness.personio.calls(Endpoint::Documents) > 0 {
                asked.push(tick);
            }
            if listed_everything(&harness) {
                listed.push(tick);
            }
        }
        assert_eq!(asked, [1, 3, 7, 15], "{completed_at}");
        match completed_at < "2026" {
            true => assert_eq!(
                listed, asked,
                "everything is listed for a certificate that old"
            ),
            false => assert!(listed.is_empty(), "{listed:?}"),
        }
        // Nothing is filed without a look, however it is asked for.
        file_for(&harness, 1, "Kurs", completed_at.split('T').next().unwrap());
        harness.personio.clear_faults();
        harness.retry("c-1").await.unwrap();
        let report = harness.certificates_tick().await;
        assert_counts!(report, adopted = 1, uploaded = 0, unlisted = 0);
    }
}

#[tokio::test]
async fn a_list_that_is_refused_for_one_person_alone_is_a_finding_of_that_person() {
    // The one in the middle, and the first one to be looked up.
    for refused in ["3", "12"] {
        let start = "2026-05-11T08:00:00Z";
        let harness = Harness::in_turn(1, start, Via::Direct, "", people(12)).await;
        harness.first_run().await;
        harness.issue((1..=12).map(|number| {
            let at = format!("2026-04-{:02}T05:00:00Z", number + 10);
            completed(&id(number), number, "Kurs", &at)
        }));
        file_for(&harness, 5, "Kurs", "2026-04-15");
        fail_lists_of(&harness, &[refused], 403);
        let report = harness.certificates_now().await;
        assert_run!(
            "{refused}",
            report,
            Outcome::Done,
            adopted = 1,
            unlisted = 1
        );
        assert_counts!("{refused}", report, uploaded = 10);
        finding(
            &report,
            FindingKind::NotFiled,
            &id(refused.parse().unwrap()),
        );
    }
}

#[tokio::test]
async fn one_person_without_a_list_raises_no_alarm_however_many_certificates_wait() {
    let harness = certified(Via::Direct, 1).await;
    for number in 2..=6 {
        harness.issue([completed(&id(number), 1, "Kurs", "2026-05-10T12:00:00Z")]);
    }
    fail_lists_of(&harness, &["1"], 400);
    for _ in 0..2 {
        let report = harness.certificates_tick().await;
        assert_counts!(report, unlisted = 6, people_left = 1, failed = 0);
        assert_eq!(report.counts.failed_percent(), 0);
    }
}

/// Kombo refuses a list with an error that says nothing about a right.
#[tokio::test]
async fn lists_that_kombo_refuses_are_asked_for_again_before_anything_is_filed_without_a_look() {
    let refused = || {
        let passthrough = "/v1/passthrough/personio/personnelv2";
        Fault::new(Behaviour::Status(404, Body::Vendor)).path(passthrough)
    };
    // All attempts at one person's list: at the first one's, and at one's in the middle.
    for nth in [1, 5] {
        let harness = certified(Via::Kombo, 12).await;
        for person in 1..=12 {
            file_for(&harness, person, &format!("Kurs {person}"), "2026-05-10");
        }
        harness.kombo().fail(refused().nth(nth).times(3));
        let first = harness.certificates_now().await;
        assert_run!("{nth}", first, Outcome::Done, adopted = 11, uploaded = 0);
        assert_counts!("{nth}", first, unlisted = 1);
        let second = harness.certificates_tick().await;
        assert_run!("{nth}", second, Outcome::Done, adopted = 1, uploaded = 0);
        assert_eq!(harness.personio.documents().len(), 12, "{nth}");
    }
    let harness = certified(Via::Kombo, 3).await;
    harness.kombo().fail(refused().always());
    let first = harness.certificates_now().await;
    assert_run!(first, Outcome::Partly, uploaded = 0, remaining = 3);
    let second = harness.certificates_tick().await;
    assert_run!(second, Outcome::Done, uploaded = 3, parked = 0);
}

#[tokio::test]
async fn an_upload_in_doubt_is_not_parked_for_one_list_that_kombo_refuses() {
    let harness = certified(Via::Kombo, 1).await;
    harness.fail_uploads(Fault::new(Behaviour::LoseReply));
    let report = harness.certificates_now().await;
    assert_counts!(report, outcome_unknown = 1);
    let refused = Fault::new(Behaviour::Status(404, Body::Vendor));
    let refused = refused.path("/v1/passthrough/personio/personnelv2");
    harness.kombo().fail(refused);
    let report = harness.certificates_tick().await;
    assert_counts!(report, outcome_unknown = 1, parked = 0);
    let report = harness.certificates_tick().await;
    assert_counts!(report, verified = 1, parked = 0);
    assert_eq!(harness.uploads(), 1);
}
