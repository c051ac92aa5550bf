//! The companies of the scenes, just before the run.

use harness::{Harness, by_hand, completed, date, numbered, people, person};
use jiff::SignedDuration;
use shared::domain::clock::ManualClock;
use shared::tenant::Via;
use simulators::people::{EmploymentType, Status};
use simulators::personio::Document;
use simulators::reteach::{Certificate, Participation, Publication};
use simulators::{Behaviour, Fault, Person};

use crate::scene::FOLDER;

/// Somebody with another person's mail address.
fn with_mail_of(id: u64, other: u64) -> Person {
    Person {
        email: person(other).email,
        ..person(id)
    }
}

/// One to be created, one without a mail address, one who has not begun, one whom an admin has added by hand, one whose
/// address is another's.
pub(crate) async fn first(clock: ManualClock, via: Via) -> Harness {
    let without_mail = Person {
        email: None,
        ..person(2)
    };
    let not_begun = Person {
        hire_date: date("2026-06-01"),
        ..person(3)
    };
    let all = [person(1), without_mail, not_begun, person(4), person(5)];
    let harness = Harness::in_order(clock, via, "", all).await;
    harness
        .reteach
        .insert(by_hand(&person(4).email.unwrap_or_default()));
    let mail = person(5).email.unwrap_or_default();
    harness.reteach.insert(numbered("personio:99", &mail));
    harness
}

/// One is as before; one has another position and contract, one has left, one is inactive without a date, one is back, one has
/// another address, one is gone for the second time, one has no position any more; one is new, one is new and there by
/// hand, one is new with another's address.
pub(crate) async fn morning(clock: ManualClock, via: Via) -> Harness {
    let harness = Harness::in_order(clock, via, "", people(8)).await;
    harness.change(5, |person| person.status = Status::Inactive);
    harness.first_run().await;
    harness.personio.remove(7);
    harness.tick().await;
    harness.change(2, |person| {
        person.position = Some("Leiterin".to_owned());
        person.employment_type = Some(EmploymentType::External);
    });
    harness.change(3, |person| person.termination_date = date("2026-05-10"));
    harness.change(4, |person| person.status = Status::Inactive);
    harness.change(5, |person| person.status = Status::Active);
    harness.change(6, |person| {
        person.email = Some("neu.6@muster.example".to_owned())
    });
    harness.change(8, |person| person.position = None);
    harness
        .personio
        .put_all([person(9), person(10), with_mail_of(11, 1)]);
    harness
        .reteach
        .insert(by_hand(&person(10).email.unwrap_or_default()));
    harness.advance(harness::TICK);
    harness.forget_requests();
    harness
}

/// Seven of ten are inactive without a date; one has another position, and one is new.
pub(crate) async fn held(clock: ManualClock, via: Via) -> Harness {
    let harness = Harness::in_order(clock, via, "", people(10)).await;
    harness.first_run().await;
    for id in 1..=7 {
        harness.change(id, |person| person.status = Status::Inactive);
    }
    harness.change(2, |person| person.position = Some("Leiterin".to_owned()));
    harness.personio.put(person(11));
    harness.advance(harness::TICK);
    harness.forget_requests();
    harness
}

/// The same a tick later, and somebody has said that it is meant.
pub(crate) async fn approved(clock: ManualClock, via: Via) -> Harness {
    let harness = held(clock, via).await;
    harness.now().await;
    let held = harness.held().await.unwrap();
    harness.approve(&held.hash).await;
    harness.advance(harness::TICK);
    harness.forget_requests();
    harness
}

pub(crate) async fn certificates(clock: ManualClock, via: Via) -> Harness {
    let harness = Harness::in_order(clock, via, "", people(3)).await;
    harness.first_run().await;
    harness.personio.add_category("Bildungszertifikate");
    harness.issue([completed("c-1", 1, "Brandschutz", "2026-05-01T09:30:00Z")]);
    let lost = Fault::new(Behaviour::LoseReply).path("/v1/company/documents");
    harness.personio.fail(lost);
    assert_eq!(harness.certificates_now().await.counts.outcome_unknown, 1);
    let by_hand = harness.reteach.insert(by_hand("chefin@muster.example"));
    let at = "2026-05-11T08:10:00Z";
    let late = Certificate {
        publication: Publication::OnDemand,
        ..Certificate::new("c-4", 9_000)
    };
    harness.issue([
        completed("c-2", 2, "Erste Hilfe", at),
        completed("c-3", 3, "Datenschutz", "2024-02-29T23:30:00Z"),
        Participation {
            certificate: Some(late),
            ..completed("c-4", 1, "Ladungssicherung", at)
        },
        Participation {
            customer: Some(by_hand),
            ..completed("c-5", 1, "Brandschutz", at)
        },
    ]);
    harness.advance(SignedDuration::from_mins(30));
    // What was completed long ago is seen by a scan of all.
    let store = harness.store();
    store
        .ask_full_scan(&harness.company.tenant, harness.moment())
        .await
        .unwrap();
    harness.forget_traffic();
    harness
}

/// The same without the right to list documents.
pub(crate) async fn unlisted(clock: ManualClock, via: Via) -> Harness {
    let harness = certificates(clock, via).await;
    harness.personio.allow_reading_documents(false);
    harness
}

/// Four are filed, and there is a folder for them since.
pub(crate) async fn with_new_folder(clock: ManualClock, via: Via) -> Harness {
    let harness = Harness::in_order(clock, via, "", people(3)).await;
    harness.first_run().await;
    harness.issue([
        completed("c-1", 1, "Brandschutz", "2026-05-11T07:30:00Z"),
        completed("c-2", 2, "Erste Hilfe", "2026-05-11T07:40:00Z"),
        completed("c-3", 1, "Datenschutz", "2026-05-10T23:30:00Z"),
        completed("c-4", 3, "Brandschutz", "2026-05-11T07:50:00Z"),
    ]);
    assert_eq!(harness.certificates_now().await.counts.uploaded, 4);
    harness.personio.add_category(FOLDER);
    harness.forget_traffic();
    harness
}

/// Three were filed after the restored moment, one has been completed since.
pub(crate) async fn restored(clock: ManualClock, via: Via) -> Harness {
    let harness = Harness::in_order(clock, via, "", people(3)).await;
    harness.first_run().await;
    harness.personio.add_category("Bildungszertifikate");
    let (before, items) = (harness.moment(), harness.ledger_items().await);
    harness.issue([
        completed("c-1", 1, "Brandschutz", "2026-05-11T07:30:00Z"),
        completed("c-2", 2, "Erste Hilfe", "2026-05-11T07:40:00Z"),
        completed("c-3", 1, "Datenschutz", "2026-05-10T23:30:00Z"),
    ]);
    assert_eq!(harness.certificates_now().await.counts.uploaded, 3);
    harness.advance(SignedDuration::from_mins(30));
    harness.restore_ledger(before, items).await;
    // Lists show the last uploads by then.
    harness.advance(SignedDuration::from_mins(15));
    harness.issue([completed("c-4", 3, "Brandschutz", "2026-05-11T08:10:00Z")]);
    harness.forget_traffic();
    harness
}

/// One is filed by us and lost to the ledger, two are filed by someone else under title and day, one is new.
pub(crate) async fn verify(clock: ManualClock, via: Via) -> Harness {
    let harness = Harness::in_order(clock, via, "", people(3)).await;
    harness.first_run().await;
    harness.personio.add_category("Bildungszertifikate");
    harness.issue([completed("c-1", 1, "Brandschutz", "2026-05-11T07:30:00Z")]);
    assert_eq!(harness.certificates_now().await.counts.uploaded, 1);
    harness.advance(SignedDuration::from_mins(30));
    harness.lose("CERTIFICATE#c-1").await;
    let ours = harness.personio.documents()[0].clone();
    for (person, course) in [(1, "Datenschutz"), (2, "Erste Hilfe")] {
        harness.personio.add_document(Document {
            employee_id: person,
            title: course.to_owned(),
            date: date("2026-05-11"),
            comment: None,
            file_name: format!("{course}.pdf"),
            sha256: course.to_owned(),
            ..ours.clone()
        });
    }
    harness.issue([
        completed("c-2", 2, "Erste Hilfe", "2026-05-11T08:05:00Z"),
        completed("c-3", 1, "Datenschutz", "2026-05-11T08:10:00Z"),
        completed("c-4", 3, "Ladung", "2026-05-11T08:15:00Z"),
    ]);
    harness.forget_traffic();
    harness
}

/// One has another position, one has left, one is gone for the second time, one is new.
pub(crate) async fn pages(clock: ManualClock, via: Via) -> Harness {
    // A page has 100 people of Personio, 250 of Kombo, and 250 accounts.
    let (people_there, strangers) = if via == Via::Kombo {
        (252, 0)
    } else {
        (102, 160)
    };
    let harness = Harness::in_order(clock, via, "", people(people_there)).await;
    for number in 0..strangers {
        harness
            .reteach
            .insert(by_hand(&format!("fremd-{number}@muster.example")));
    }
    harness.first_run().await;
    harness.advance(SignedDuration::from_hours(24));
    harness.personio.remove(7);
    harness.tick().await;
    harness.change(2, |person| person.position = Some("Leiterin".to_owned()));
    harness.change(3, |person| person.termination_date = date("2026-05-10"));
    harness.personio.put(person(people_there + 1));
    harness.advance(SignedDuration::from_hours(25));
    harness.forget_requests();
    harness
}

/// Three of employees, and those of people whom Personio does not have.
pub(crate) async fn archive(clock: ManualClock, via: Via) -> Harness {
    let harness = Harness::in_order(clock, via, "", people(3)).await;
    harness.first_run().await;
    harness.personio.add_category("Bildungszertifikate");
    let at = "2026-05-04T08:00:00Z";
    let stranger = harness.reteach.insert(by_hand("chefin@muster.example"));
    let strange = (0..260).map(|number| Participation {
        customer: Some(stranger.clone()),
        ..completed(&format!("s-{number}"), 1, "Brandschutz", at)
    });
    harness.issue(strange);
    harness.issue([
        completed("c-1", 1, "Brandschutz", "2026-05-01T09:30:00Z"),
        completed("c-2", 2, "Erste Hilfe", "2026-05-11T07:10:00Z"),
        completed("c-3", 3, "Datenschutz", "2024-02-29T23:30:00Z"),
    ]);
    harness.forget_traffic();
    harness
}
