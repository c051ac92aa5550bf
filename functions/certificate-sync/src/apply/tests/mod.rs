//! The executor with simulated vendors and a ledger in memory, on plans made by hand.

mod checks;
mod company;
mod lists;
mod people;
mod refusals;
mod uploads;

use self::company::{Company, results};
use super::*;

#[test]
fn a_tick_is_half_an_hour() {
    for (second, tick) in [(0, 0), (1_799, 0), (1_800, 1), (12_600, 7)] {
        let at = Timestamp::from_second(second).unwrap();
        assert_eq!(tick_of(at), tick, "{second}");
    }
}

#[test]
fn it_counts_what_the_operator_has_to_decide_about() {
    let left = |id: &str, result| Left {
        id: CertificateId::new(id),
        employee: SourceId::new("1"),
        result,
    };
    let mut applied = Applied::default();
    applied.take([
        left("c-1", CertificateResult::Parked("why".to_owned())),
        left("c-2", CertificateResult::Reissued),
        left("c-3", CertificateResult::Reissued),
        left("c-4", CertificateResult::Verified),
    ]);
    let counted = (applied.newly_parked(), applied.newly_reissued());
    assert_eq!(counted, (1, 2));
    let verified = (CertificateId::new("c-4"), CertificateResult::Verified);
    assert_eq!(applied.results().last(), Some(verified));
    assert_eq!(applied.results().count(), 4);
}

#[tokio::test(start_paused = true)]
async fn no_upload_is_begun_with_less_than_half_a_minute_left() {
    for (left, expected) in [(29, true), (30, false), (31, false)] {
        let stop_at = Deadline::after(Duration::from_secs(left));
        assert_eq!(is_short(stop_at), expected, "{left}");
    }
    assert!(!is_short(Deadline::never()));
}

#[tokio::test]
async fn certificates_on_hold_are_noted_without_a_call_to_the_hr_system() {
    let company = Company::new().await;
    let of = |id: &str, employee: &str| (CertificateId::new(id), SourceId::new(employee));
    let plan = Plan {
        holds: vec![of("c-1", "1"), of("c-2", "")],
        ..Plan::default()
    };
    let applied = company.apply(plan).await;
    assert_eq!(results(&applied), ["Skipped(Held)", "Skipped(NotFromHr)"]);
    assert!(!applied.holds_left && applied.stop.is_none(), "{applied:?}");
    for id in ["c-1", "c-2"] {
        let held = Some(CertificateState::Held { at: company.now() });
        assert_eq!(company.state(id).await, held);
    }
    assert!(company.personio.requests().is_empty());
}

#[tokio::test]
async fn what_was_issued_again_is_noted_unless_its_document_is_another_one_by_now() {
    let company = Company::new().await;
    let filed_at = company.now();
    company.file(company.certificate("c-1", 1)).await;
    company.file(company.certificate("c-2", 2)).await;
    let reissue = |id: &str, filed_at| Reissue {
        id: CertificateId::new(id),
        employee: SourceId::new("1"),
        filed_at,
        issue: Issue::default(),
    };
    let plan = Plan {
        reissues: vec![
            reissue("c-1", filed_at),
            reissue("c-2", Timestamp::UNIX_EPOCH),
        ],
        ..Plan::default()
    };
    let applied = company.apply(plan).await;
    assert_eq!(results(&applied), ["Reissued", "Skipped(AlreadyFinal)"]);
}
