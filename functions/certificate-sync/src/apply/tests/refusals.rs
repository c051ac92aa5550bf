//! Equal refusals: whether they are the certificates' or the tenant's.

use shared::http::SignedUrl;
use shared::runtime::Outcome;
use simulators::Fault;
use simulators::reteach::Delivery;

use super::company::{Company, Given, TITLE, results, stop, uploads};
use crate::plan::{Look, Upload};

const ALIKE: &str = "refused alike";
const HOST: &str = r#"HostNotAllowed("cdn.example.com")"#;

const LOOK: Look = Look {
    by_title: false,
    lost_since: None,
};

/// One certificate each of so many people.
fn certificates(company: &Company, people: u64) -> Vec<Upload> {
    let certificate = |number| company.certificate(&format!("c-{number:02}"), number);
    (1..=people).map(certificate).collect()
}

#[tokio::test]
async fn refusals_are_the_tenants_from_the_fifth_on_and_three_more_are_tried() {
    let refuses = Some(Outcome::AcademyRefuses);
    for (people, outcome, calls) in [(4, None, 4), (5, refuses, 5), (10, refuses, 8)] {
        let company = Company::new().await;
        company.refuse_uploads(Fault::new(TITLE).always());
        let plan = uploads(certificates(&company, people));
        let applied = company.apply(plan).await;
        assert_eq!(stop(&applied), outcome, "{people}");
        assert_eq!(company.uploads(), calls, "{people}");
        let results = results(&applied);
        let count = |result: &str| results.iter().filter(|it| *it == result).count();
        let expected = match outcome {
            None => [0, 4, 0],
            Some(_) => [calls, 0, results.len() - calls],
        };
        let found = [ALIKE, "failed 1", "NotReached"].map(count);
        assert_eq!(found, expected, "{people}");
        let counted = applied.refusals.map(|counted| counted.certificates.len());
        assert_eq!(counted, Some(calls.min(5)), "{people}");
    }
}

#[tokio::test]
async fn a_certificate_of_another_course_is_tried_first_and_shows_whose_refusals_they_are() {
    let company = Company::new().await;
    let refused = Fault::new(TITLE).body(&["Kurs A"]);
    company.refuse_uploads(refused.always());
    let certificate = |number: u64| {
        let course = if number == 7 { "Kurs B" } else { "Kurs A" };
        company.certificate_of(course, &format!("c-{number:02}"), number)
    };
    let plan = uploads((1..=10).map(certificate));
    let applied = company.apply(plan).await;
    let mut expected = ["failed 1"; 10];
    expected[6] = "Filed";
    assert_eq!(results(&applied), expected);
    assert_eq!(stop(&applied), None);
    assert_eq!(company.uploads(), 10);
}

#[tokio::test]
async fn where_others_were_filed_equal_refusals_count_against_their_certificates() {
    let company = Company::new().await;
    let refused = Fault::new(TITLE).nth(2).times(5);
    company.refuse_uploads(refused);
    let plan = uploads(certificates(&company, 6));
    let applied = company.apply(plan).await;
    let mut expected = ["failed 1"; 6];
    expected[0] = "Filed";
    assert_eq!(results(&applied), expected);
    assert_eq!(stop(&applied), Some(Outcome::AcademyRefuses));
    assert_eq!(applied.refusals, None);
}

#[tokio::test]
async fn refusals_are_counted_from_run_to_run() {
    let company = Company::new().await;
    company.refuse_uploads(Fault::new(TITLE).always());
    let mut given = Given::default();
    for (number, upload) in certificates(&company, 5).into_iter().enumerate() {
        let applied = company.apply_given(given, uploads([upload])).await;
        let (result, outcome) = match number {
            4 => (ALIKE, Some(Outcome::AcademyRefuses)),
            _ => ("failed 1", None),
        };
        assert_eq!(results(&applied), [result], "{number}");
        assert_eq!(stop(&applied), outcome, "{number}");
        given = Given {
            refusals: applied.refusals,
            ..Given::default()
        };
    }
    let counted = given.refusals.map(|counted| counted.certificates.len());
    assert_eq!(counted, Some(5));
}

#[tokio::test]
async fn a_certificate_that_was_refused_alike_before_is_to_blame_unless_runs_still_count() {
    let company = Company::new().await;
    company.refuse_uploads(Fault::new(TITLE).always());
    let mut certificates = certificates(&company, 8);
    let mut counted = None;
    for some in certificates.chunks(4) {
        let applied = company.apply(uploads(some.to_vec())).await;
        assert_eq!(results(&applied), ["failed 1"; 4]);
        counted = applied.refusals;
    }
    for upload in &mut certificates {
        *upload = company.failed(upload).await;
    }
    assert!(counted.is_some());
    let given = Given {
        refusals: counted,
        ..Given::default()
    };
    let plan = || uploads(certificates.clone());
    let applied = company.apply_given(given, plan()).await;
    assert_eq!(stop(&applied), Some(Outcome::AcademyRefuses));
    assert_eq!(results(&applied), [ALIKE; 8]);
    for upload in &mut certificates {
        *upload = company.failed(upload).await;
    }
    let applied = company.apply(uploads(certificates)).await;
    assert_eq!(results(&applied), ["failed 2"; 8]);
    assert_eq!(stop(&applied), None);
}

#[tokio::test]
async fn what_says_nothing_of_others_does_not_come_between_equal_refusals() {
    let company = Company::new().await;
    company.refuse_uploads(Fault::new(TITLE).always());
    let mut certificates = certificates(&company, 6);
    certificates[2].url = SignedUrl::new("https://cdn.example.com/c.pdf");
    let applied = company.apply(uploads(certificates)).await;
    let mut expected = [ALIKE; 6];
    expected[2] = HOST;
    assert_eq!(results(&applied), expected);
    assert_eq!(stop(&applied), Some(Outcome::AcademyRefuses));
}

/// After five of them a run asks where a file leads before it opens it or lists any documents.
#[tokio::test]
async fn files_that_lead_to_a_refused_host_are_asked_for_ahead() {
    let leads = || Delivery::RedirectTo("https://cdn.example.com/c.pdf".to_owned());
    let company = Company::new().await;
    let of = |number: u64, delivery| {
        let look = (number > 5).then_some(LOOK);
        let upload = company.delivered(&format!("c-{number}"), number, delivery);
        Upload { look, ..upload }
    };
    let lead = (1..=6).map(|number| of(number, leads()));
    let good = (7..=8).map(|number| of(number, Delivery::default()));
    let last = company.certificate("c-9", 9);
    let certificates: Vec<_> = lead.chain(good).chain([last]).collect();
    let applied = company.apply(uploads(certificates)).await;
    let mut expected = [HOST; 9];
    expected[6..].fill("Filed");
    assert_eq!(results(&applied), expected);
    assert_eq!(stop(&applied), None);
    // Six times one call, three times two.
    assert_eq!(company.files(), 12);
    assert_eq!(company.lists(), 2);
    assert_eq!((applied.people_looked_at, applied.people_left), (2, 0));
}

#[tokio::test]
async fn files_that_all_lead_to_a_refused_host_end_the_run_with_its_name() {
    let company = Company::new().await;
    let leads = || Delivery::RedirectTo("https://cdn.example.com/c.pdf".to_owned());
    let certificates = (1..=5).map(|who| company.delivered(&format!("c-{who}"), who, leads()));
    let certificates: Vec<_> = certificates.collect();
    let applied = company.apply(uploads(certificates)).await;
    assert_eq!(results(&applied), [HOST; 5]);
    let stop = applied.stop.unwrap();
    assert_eq!(stop.outcome, Outcome::HostNotAllowed);
    assert!(stop.message.contains("cdn.example.com"), "{stop:?}");
    assert_eq!(company.uploads(), 0);
}
