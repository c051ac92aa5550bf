use jiff::civil::date;
use local::vendors::{
    self, Action, Details, List, ListRequest, LocalTenant, Vendors, VendorsError,
};
use serde_json::Value;
use simulators::people::Status;

use crate::support::{Folder, refusal};

const TENANT: LocalTenant = LocalTenant::LocalDirect;

async fn running() -> (Folder, Vendors) {
    let folder = Folder::new();
    let vendors = folder.start().await.unwrap();
    (folder, vendors)
}

async fn rows(folder: &Folder, list: List) -> Vec<Value> {
    vendors::show(
        folder.path(),
        &ListRequest {
            tenant: TENANT,
            list,
        },
    )
    .await
    .unwrap()
}

fn hire(from: Option<jiff::civil::Date>) -> Action {
    let details = Details {
        email: Some("e@muster.example".to_owned()),
        ..Details::default()
    };
    Action::Hire {
        first_name: "Erika".to_owned(),
        last_name: "Muster".to_owned(),
        from,
        external: false,
        details,
    }
}

fn change(person: u64, position: &str) -> Action {
    let details = Details {
        position: Some(position.to_owned()),
        ..Details::default()
    };
    Action::Change {
        person,
        first_name: None,
        last_name: Some("Neumann".to_owned()),
        details,
    }
}

#[tokio::test]
async fn hr_hires_changes_and_lets_go() {
    let (folder, vendors) = running().await;
    let personio = vendors.companies().next().unwrap().personio.clone();
    let id = folder
        .act(TENANT, hire(None))
        .await
        .unwrap()
        .person
        .unwrap();
    let person = |id| personio.person(id).unwrap();
    assert_eq!(
        (person(id).status, person(id).email.as_deref()),
        (Status::Active, Some("e@muster.example"))
    );
    let later = folder
        .act(TENANT, hire(Some(date(9000, 1, 1))))
        .await
        .unwrap()
        .person
        .unwrap();
    assert_eq!((later, person(later).status), (id + 1, Status::Onboarding));

    folder.act(TENANT, change(id, "Leitung")).await.unwrap();
    let changed = person(id);
    assert_eq!(
        (changed.first_name.as_str(), changed.last_name.as_str()),
        ("Erika", "Neumann")
    );
    assert_eq!(
        (changed.position.as_deref(), changed.email.is_some()),
        (Some("Leitung"), true)
    );
    folder.act(TENANT, change(id, "")).await.unwrap();
    assert_eq!(person(id).position, None, "an empty text empties the field");

    folder
        .act(
            TENANT,
            Action::Leave {
                person: id,
                on: Some(date(2020, 2, 29)),
            },
        )
        .await
        .unwrap();
    assert_eq!(
        (person(id).status, person(id).termination_date),
        (Status::Inactive, Some(date(2020, 2, 29)))
    );
    folder
        .act(TENANT, Action::Stay { person: id })
        .await
        .unwrap();
    assert_eq!(
        (person(id).status, person(id).termination_date),
        (Status::Active, None)
    );
    assert_eq!(rows(&folder, List::People).await.len(), 14);
}

#[tokio::test]
async fn a_certificate_needs_an_account() {
    let (folder, _vendors) = running().await;
    let certificate = |person| Action::Certificate {
        person,
        course: "Erste Hilfe".to_owned(),
        on: Some(date(2026, 1, 31)),
    };
    let issued = folder.act(TENANT, certificate(1_001)).await.unwrap();
    let shown = rows(&folder, List::Participations).await;
    let row = shown.last().unwrap();
    assert_eq!(
        row["certificate"]["id"].as_str(),
        issued.certificate.as_deref()
    );
    assert_eq!(
        (&row["course_name"], &row["completed_at"]),
        (&"Erste Hilfe".into(), &"2026-01-31T11:00:00Z".into())
    );
    let new = folder
        .act(TENANT, hire(None))
        .await
        .unwrap()
        .person
        .unwrap();
    let error = folder.act(TENANT, certificate(new)).await.unwrap_err();
    assert!(
        refusal(&error).contains("no account in reteach yet"),
        "{error}"
    );
}

#[tokio::test]
async fn unknown_employees_are_named() {
    let (folder, _vendors) = running().await;
    for act in [
        change(77, "x"),
        Action::Leave {
            person: 77,
            on: None,
        },
        Action::Stay { person: 77 },
        Action::Certificate {
            person: 77,
            course: "x".to_owned(),
            on: None,
        },
    ] {
        let error = folder.act(TENANT, act).await.unwrap_err();
        assert!(
            matches!(&error, VendorsError::Refused(text) if text.contains("no employee 77")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn lists_show_what_the_vendors_hold() {
    let (folder, _vendors) = running().await;
    folder.act(TENANT, hire(None)).await.unwrap();
    let people = rows(&folder, List::People).await;
    let table = List::People.table(&people);
    assert!(
        table.contains("e@muster.example") && table.ends_with("13 rows"),
        "{table}"
    );
    let accounts = rows(&folder, List::Accounts).await;
    assert!(accounts.iter().all(|row| row["status"].is_string()));
    assert!(List::Accounts.table(&accounts).contains("sap:4711"));
    assert!(rows(&folder, List::Documents).await.is_empty());
    assert!(rows(&folder, List::Connections).await.is_empty());
}

#[tokio::test]
async fn commands_need_a_running_process() {
    let folder = Folder::new();
    let question = ListRequest {
        tenant: TENANT,
        list: List::People,
    };
    let never = vendors::show(folder.path(), &question).await.unwrap_err();
    assert!(matches!(never, VendorsError::NotRunning { .. }), "{never}");
}
