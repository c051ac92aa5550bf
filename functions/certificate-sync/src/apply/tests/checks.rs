//! The check of an upload of unknown outcome, before its document is sent again.

use std::time::Duration;

use jiff::SignedDuration;
use shared::domain::id::{CertificateId, SourceId};
use shared::runtime::Outcome;
use shared::state::{CertificateEntry, CertificateState, Intent, Issue};
use simulators::personio::Quirk;
use simulators::{Behaviour, Body, Fault};

use super::company::{Company, Given, results, stop, uploads};
use crate::plan::{Check, Listed, Owner, Plan, Upload};

/// An upload that began 20 minutes ago and got no answer.
fn check(company: &Company, id: &str, employee: u64) -> Check {
    let Upload {
        url,
        course,
        completed_at,
        employee,
        ..
    } = company.certificate(id, employee);
    Check {
        id: CertificateId::new(id),
        intent: Intent {
            size: Some(2_000),
            ..Intent::unverified(company.now() - SignedDuration::from_mins(20))
        },
        listed: Some(Listed {
            owner: Owner::Employee(employee.clone()),
            url: Some(url),
            course,
            completed_at,
            issue: Issue::default(),
        }),
        employee,
        issue: Issue::default(),
        refiled: None,
    }
}

fn checks(checks: impl IntoIterator<Item = Check>) -> Plan {
    Plan {
        checks: checks.into_iter().collect(),
        ..Plan::default()
    }
}

/// The ledger has the upload as begun.
async fn begin(company: &Company, check: &Check) {
    let Check {
        id,
        employee,
        intent,
        ..
    } = check.clone();
    let state = CertificateState::Intended(intent);
    let entry = CertificateEntry::new(id, employee, state);
    let (store, tenant) = (&company.store, &company.local.tenant);
    let token = company.lease().await.token;
    let written = store.put_certificate(tenant, token, &entry, None);
    written.await.unwrap();
}

#[tokio::test]
async fn an_upload_whose_document_is_there_is_verified_and_sent_no_second_time() {
    let company = Company::new().await;
    company.refuse_uploads(Fault::new(Behaviour::LoseReply));
    let plan = uploads([company.certificate("c-1", 1)]);
    let applied = company.apply(plan).await;
    assert_eq!(results(&applied), ["unknown"]);
    let Some(CertificateState::Intended(intent)) = company.state("c-1").await else {
        panic!("the ledger has no intent");
    };
    company.personio.reset_log();
    let check = Check {
        intent,
        ..check(&company, "c-1", 1)
    };
    let applied = company.apply(checks([check])).await;
    assert_eq!(results(&applied), ["Verified"]);
    assert_eq!([company.lists(), company.uploads()], [1, 0]);
    let state = company.state("c-1").await;
    let is_filed = matches!(state, Some(CertificateState::Uploaded { .. }));
    assert!(is_filed, "{state:?}");
}

#[tokio::test]
async fn an_upload_that_two_lists_do_not_show_is_sent_again_if_reteach_has_it() {
    for (is_listed, result, calls) in [
        (true, "Filed", [2, 1, 1]),
        (false, "Skipped(Gone)", [2, 0, 0]),
    ] {
        let company = Company::new().await;
        let check = check(&company, "c-1", 1);
        begin(&company, &check).await;
        let check = Check {
            listed: check.listed.clone().filter(|_| is_listed),
            ..check
        };
        let applied = company.apply(checks([check])).await;
        assert_eq!(results(&applied), [result]);
        let found = [company.lists(), company.uploads(), company.documents()];
        assert_eq!(found, calls, "{result}");
    }
}

#[tokio::test]
async fn a_document_that_does_not_say_whose_it_is_parks_the_certificate() {
    let company = Company::new().await;
    company.personio.set_quirks([Quirk::HidesComments]);
    company.file(company.certificate("c-1", 1)).await;
    let check = check(&company, "c-2", 1);
    begin(&company, &check).await;
    let applied = company.apply(checks([check])).await;
    assert_eq!(results(&applied), ["parked"]);
    assert_eq!(company.uploads(), 0);
}

#[tokio::test]
async fn a_document_is_found_under_the_id_that_its_person_has_by_now() {
    let company = Company::new().await;
    company.file(company.certificate("c-1", 3)).await;
    // One list without it is no proof here either.
    let list = Fault::new(Behaviour::EmptyList).query("owner_id", "3");
    company.refuse_lists(list);
    let check = Check {
        employee: SourceId::new("1"),
        ..check(&company, "c-1", 3)
    };
    let applied = company.apply(checks([check])).await;
    assert_eq!(results(&applied), ["Verified"]);
    assert_eq!([company.lists(), company.uploads()], [2, 0]);
}

#[tokio::test]
async fn lists_that_fail_for_three_people_are_asked_for_no_further() {
    let unavailable = Some(Outcome::SourceUnavailable);
    // How many people, and of how many certificates each; the calls, of which each list is four.
    for (people, each, outcome, calls) in [
        (1, 10, None, 4),
        (2, 1, unavailable, 8),
        (4, 2, unavailable, 12),
    ] {
        let company = Company::new().await;
        let failure = Fault::new(Behaviour::Status(500, Body::Vendor));
        company.refuse_lists(failure.always());
        let all = (1..=people).flat_map(|who| (1..=each).map(move |number| (who, number)));
        let plan = all.map(|(who, number)| check(&company, &format!("c-{who}-{number}"), who));
        let plan = checks(plan);
        let certificates = plan.checks.len();
        let applied = company.apply(plan).await;
        assert_eq!(results(&applied), vec!["unknown"; certificates], "{people}");
        assert_eq!(stop(&applied), outcome, "{people}");
        assert_eq!([company.lists(), company.uploads()], [calls, 0], "{people}");
    }
}

/// Nobody can list the documents of a person who is gone.
#[tokio::test]
async fn an_upload_for_a_person_who_is_gone_waits_for_the_person() {
    let company = Company::new().await;
    let refused = Fault::new(Behaviour::Status(404, Body::Vendor));
    company.refuse_lists(refused.always());
    let check = check(&company, "c-1", 11);
    begin(&company, &check).await;
    let applied = company.apply(checks([check])).await;
    assert_eq!(results(&applied), ["person deleted"]);
    let state = company.state("c-1").await;
    let Some(CertificateState::Failed(retry)) = &state else {
        panic!("{state:?}");
    };
    let is_looked_for = retry.unlisted && retry.unverified_at.is_some();
    assert!(is_looked_for, "{retry:?}");
}

#[tokio::test]
async fn lists_that_fail_keep_no_other_certificate_from_being_filed() {
    let company = Company::new().await;
    company.personio.allow_reading_documents(false);
    let plan = Plan {
        checks: (1..=3)
            .map(|who| check(&company, &format!("c-{who}"), who))
            .collect(),
        uploads: vec![company.certificate("c-4", 4)],
        ..Plan::default()
    };
    let applied = company.apply(plan).await;
    let expected = ["unknown", "unknown", "unknown", "Filed"];
    assert_eq!(results(&applied), expected);
    assert_eq!(stop(&applied), Some(Outcome::AccessDenied));
}

#[tokio::test]
async fn without_time_nothing_is_looked_for() {
    let company = Company::new().await;
    let given = Given {
        time: Some(Duration::from_secs(20)),
        ..Given::default()
    };
    let plan = checks([check(&company, "c-1", 1)]);
    let applied = company.apply_given(given, plan).await;
    assert_eq!(results(&applied), ["NotReached"]);
    assert_eq!(stop(&applied), Some(Outcome::Partly));
    assert!(company.personio.requests().is_empty());
}
