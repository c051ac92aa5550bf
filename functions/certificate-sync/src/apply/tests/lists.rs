//! Lists of a person's documents before anything is filed.

use jiff::{SignedDuration, Timestamp};
use local::INTEGRATION;
use shared::runtime::Outcome;
use shared::state::ListAccess;
use shared::tenant::Via;
use simulators::personio::Quirk;
use simulators::{Behaviour, Body, Fault, Person};

use super::company::{Company, Given, results, stop, uploads};
use crate::outcome::CertificateResult;
use crate::plan::{Look, Upload};

const LOOK: Look = Look {
    by_title: false,
    lost_since: None,
};

fn looked_up(company: &Company, id: &str, employee: u64) -> Upload {
    Upload {
        look: Some(LOOK),
        ..company.certificate(id, employee)
    }
}

/// One certificate each of so many people.
fn certificates(company: &Company, people: u64) -> Vec<Upload> {
    let certificate = |number| looked_up(company, &format!("c-{number:02}"), number);
    (1..=people).map(certificate).collect()
}

fn refused(status: u16) -> Fault {
    Fault::new(Behaviour::Status(status, Body::Vendor)).always()
}

#[tokio::test]
async fn what_is_filed_already_is_not_filed_again() {
    let company = Company::new().await;
    company.file(company.certificate("c-1", 1)).await;
    let certificates = [("c-1", 1), ("c-2", 1), ("c-3", 2)];
    let certificates = certificates.map(|(id, who)| looked_up(&company, id, who));
    let applied = company.apply(uploads(certificates)).await;
    assert_eq!(results(&applied), ["Adopted", "Filed", "Filed"]);
    assert_eq!([company.lists(), company.uploads()], [2, 2]);
    assert_eq!((applied.people_looked_at, applied.people_left), (2, 0));
    assert_eq!(applied.lists, Some(ListAccess::after_read()));
}

#[tokio::test]
async fn what_may_be_filed_is_looked_for_in_two_lists() {
    let company = Company::new().await;
    company.file(company.certificate("c-1", 1)).await;
    company.refuse_lists(Fault::new(Behaviour::EmptyList));
    let lost_since = Some(company.now() - SignedDuration::from_hours(1));
    let certificates = [("c-1", 1), ("c-2", 2)].map(|(id, who)| Upload {
        look: Some(Look { lost_since, ..LOOK }),
        ..company.certificate(id, who)
    });
    let applied = company.apply(uploads(certificates)).await;
    assert_eq!(results(&applied), ["Adopted", "Filed"]);
    assert_eq!([company.lists(), company.uploads()], [4, 1]);
}

#[tokio::test]
async fn a_title_shows_nothing_where_the_ledger_has_its_document_for_another_certificate() {
    let company = Company::new().await;
    company.personio.set_quirks([Quirk::HidesComments]);
    company.file(company.certificate("c-1", 1)).await;
    let by_title = Look {
        by_title: true,
        ..LOOK
    };
    let upload = Upload {
        look: Some(by_title),
        ..company.certificate("c-2", 1)
    };
    let applied = company.apply(uploads([upload])).await;
    assert_eq!(results(&applied), ["Filed"]);
    assert_eq!(company.documents(), 2);
}

#[tokio::test]
async fn one_persons_list_that_fails_leaves_that_persons_certificates_alone() {
    for (status, is_first) in [(500, true), (500, false), (422, true), (403, true)] {
        let case = format!("{status} {is_first}");
        let company = Company::new().await;
        company.refuse_lists(refused(status).query("owner_id", "1"));
        let mut certificates = certificates(&company, 3);
        if !is_first {
            certificates.rotate_left(1);
        }
        let applied = company.apply(uploads(certificates)).await;
        let expected = ["unlisted", "Filed", "Filed"];
        assert_eq!(results(&applied), expected, "{case}");
        assert_eq!(stop(&applied), None, "{case}");
        let people = (applied.people_looked_at, applied.people_left);
        assert_eq!(people, (2, 1), "{case}");
    }
}

/// The first three people in the queue, and three others from elsewhere in it.
#[tokio::test]
async fn lists_that_all_fail_are_asked_for_six_times() {
    let all = |unlisted: &[usize]| -> Vec<&'static str> {
        let result = |number| match unlisted.contains(&number) {
            true => "unlisted",
            false => "NotReached",
        };
        (1..=20).map(result).collect()
    };
    for (status, calls, expected) in [
        // In an outage nothing is said of anybody. Each call is made four times.
        (500, 24, all(&[])),
        (422, 6, all(&[1, 2, 3, 6, 17, 20])),
    ] {
        let company = Company::new().await;
        let others = (11..=20).map(|id| Person::new(id, "Jörg", "Weiß"));
        company.personio.put_all(others);
        company.refuse_lists(refused(status));
        let applied = company.apply(uploads(certificates(&company, 20))).await;
        assert_eq!(results(&applied), expected, "{status}");
        let unavailable = Some(Outcome::SourceUnavailable);
        assert_eq!(stop(&applied), unavailable, "{status}");
        assert_eq!([company.lists(), company.uploads()], [calls, 0], "{status}");
        assert_eq!(applied.people_left, 20, "{status}");
        assert_eq!(applied.lists, None, "{status}");
    }
}

#[tokio::test]
async fn two_people_without_a_list_and_nobody_with_one_are_an_outage() {
    for (people, outcome) in [(1, None), (2, Some(Outcome::SourceUnavailable))] {
        let company = Company::new().await;
        company.refuse_lists(refused(422));
        let applied = company.apply(uploads(certificates(&company, people))).await;
        assert_eq!(stop(&applied), outcome, "{people}");
        let are_unlisted = results(&applied).iter().all(|result| result == "unlisted");
        assert!(are_unlisted, "{applied:?}");
    }
}

/// Nobody can list the documents of a person who is gone.
#[tokio::test]
async fn refused_lists_of_deleted_people_are_no_outage() {
    let company = Company::new().await;
    company.refuse_lists(refused(404));
    let certificates = [("c-1", 11), ("c-2", 12), ("c-3", 12)];
    let certificates = certificates.map(|(id, who)| looked_up(&company, id, who));
    let applied = company.apply(uploads(certificates)).await;
    assert_eq!(results(&applied), ["person deleted"; 3]);
    assert_eq!(stop(&applied), None);
    assert_eq!([company.lists(), company.uploads()], [2, 0]);
    assert_eq!(applied.people_left, 0);
}

#[tokio::test]
async fn refused_lists_are_their_peoples_own_once_somebody_elses_was_read() {
    let company = Company::new().await;
    company.refuse_lists(refused(422).nth(2).times(9));
    let applied = company.apply(uploads(certificates(&company, 10))).await;
    let mut expected = ["unlisted"; 10];
    expected[0] = "Filed";
    assert_eq!(results(&applied), expected);
    assert_eq!(stop(&applied), None);
    assert_eq!(company.lists(), 10);
}

/// A right that is missing is asked for thrice, after half a second and a whole one, and again in the next run.
#[tokio::test]
async fn without_the_right_to_list_nothing_is_filed_until_another_run_is_refused_as_well() {
    let start: Timestamp = "2026-05-11T08:00:00Z".parse().unwrap();
    let before = |minutes| Some(start - SignedDuration::from_mins(minutes));
    let access = |were_read, refused_since| ListAccess {
        were_read,
        refused_since,
    };
    let (partly, denied) = (Some(Outcome::Partly), Some(Outcome::AccessDenied));
    for (lists, expected, outcome) in [
        (access(false, None), "NotReached", partly),
        (access(false, before(10)), "NotReached", partly),
        (access(false, before(20)), "Filed", None),
        (access(true, before(20)), "NotReached", denied),
    ] {
        let company = Company::new().await;
        company.personio.allow_reading_documents(false);
        let given = Given {
            lists,
            ..Given::default()
        };
        let plan = uploads(certificates(&company, 2));
        let applied = company.apply_given(given, plan).await;
        assert_eq!(results(&applied), [expected; 2], "{lists:?}");
        assert_eq!(stop(&applied), outcome, "{lists:?}");
        let waited = company.now().duration_since(start);
        assert_eq!(waited, SignedDuration::from_millis(1_500), "{lists:?}");
        let known = applied.lists.unwrap();
        assert_eq!(known.were_read, lists.were_read, "{lists:?}");
        let since = lists.refused_since.or(Some(company.now()));
        assert_eq!(known.refused_since, since, "{lists:?}");
    }
}

#[tokio::test]
async fn where_kombo_passes_no_lists_through_the_next_run_asks_again() {
    let company = Company::via(Via::Kombo).await;
    let kombo = company.local.kombo.as_ref().unwrap();
    kombo.allow_passthrough(INTEGRATION, false);
    let upload = looked_up(&company, "c-1", 1);
    let applied = company.apply(uploads([upload])).await;
    assert_eq!(results(&applied), ["NotReached"]);
    let stop = applied.stop.unwrap();
    assert_eq!(stop.outcome, Outcome::Partly);
    assert!(stop.message.contains("passthrough"), "{stop:?}");
}

#[tokio::test]
async fn a_persons_certificates_that_cannot_be_looked_up_say_why() {
    let company = Company::new().await;
    company.refuse_lists(refused(422).query("owner_id", "1"));
    let applied = company.apply(uploads(certificates(&company, 1))).await;
    let Some((_, CertificateResult::Unlisted(retry))) = applied.results().next() else {
        panic!("{applied:?}");
    };
    let why = "the employee's documents cannot be listed before filing";
    assert!(retry.reason.starts_with(why), "{}", retry.reason);
    assert!(retry.unlisted);
}
