use jiff::SignedDuration;
use serde_json::json;
use serde_json::value::to_raw_value;

use super::documents::{company, upload};
use super::{Personio, account, employees, get, token};
use crate::people::Person;

/// Another account with everything of `personio`.
async fn copy(personio: &Personio, clock: &crate::testing::ManualClock) -> Personio {
    let copy = Personio::start(clock.clock()).await.unwrap();
    copy.restore(&personio.snapshot().unwrap()).unwrap();
    let number = copy.snapshot().unwrap().get().len();
    assert_eq!(number, personio.snapshot().unwrap().get().len());
    copy
}

#[tokio::test]
async fn a_snapshot_brings_back_people_rights_and_tokens() {
    let (personio, clock) = account((1..=30).map(|id| Person::new(id, "Ada", "A")).collect()).await;
    personio.set_raw(7, "position", json!(42));
    personio.revoke(&["gender"]);
    personio.remove(8);
    let (before, token) = (employees(&personio, "").await, token(&personio).await);
    let copy = copy(&personio, &clock).await;
    let after = get(&copy, &token, "employees?").await;
    assert_eq!((after.status, after.at("/data")), (200, before.at("/data")));
    assert_eq!(copy.people(), personio.people());
}

#[tokio::test]
async fn a_snapshot_brings_back_documents_and_goes_on_with_their_ids() {
    let (personio, clock) = company().await;
    personio.add_category("Bildungszertifikate");
    personio.set_document_lag(SignedDuration::from_secs(60));
    upload(&personio, &[]).await;
    let copy = copy(&personio, &clock).await;
    assert_eq!(copy.documents(), personio.documents());
    assert_eq!(copy.documents().len(), 1);
    assert_eq!(copy.categories(), personio.categories());
    for account in [&personio, &copy] {
        upload(account, &[]).await;
        account.add_category("Neu");
    }
    assert_eq!(
        copy.documents(),
        personio.documents(),
        "the same ids from here on"
    );
    assert_eq!(copy.categories(), personio.categories());
}

#[tokio::test]
async fn what_is_no_snapshot_changes_nothing() {
    let (personio, _) = account(vec![Person::new(1, "Ada", "A")]).await;
    assert!(
        personio
            .restore(&to_raw_value(&json!({"records": {}})).unwrap())
            .is_err()
    );
    assert_eq!(personio.people().len(), 1);
}

#[tokio::test]
async fn says_when_something_may_have_changed() {
    let (personio, _) = account(vec![Person::new(1, "Ada", "A")]).await;
    let mut activity = personio.activity();
    activity.mark_unchanged();
    personio.snapshot().unwrap();
    assert!(
        !activity.has_changed().unwrap(),
        "a snapshot changes nothing"
    );
    personio.change(1, |person| person.position = None);
    assert!(activity.has_changed().unwrap(), "HR");
    activity.mark_unchanged();
    token(&personio).await;
    assert!(activity.has_changed().unwrap(), "a call");
}
