use jiff::civil::{Date, date};
use local::vendors::{
    self, Action, ActionResult, Details, List, ListRequest, LocalTenant, Vendors, VendorsError,
};
use serde_json::{Value, json};
use simulators::people::Status;

use crate::support::{Folder, refusal};

const TENANT: LocalTenant = LocalTenant::LocalDirect;

async fn running() -> (Folder, Vendors) {
    let folder = Folder::new();
    let vendors = folder.start().await.unwrap();
    (folder, vendors)
}

async fn rows(folder: &Folder, list: List) -> Vec<Value> {
    let tenant = TENANT;
    let request = ListRequest { tenant, list };
    vendors::show(folder.path(), &request).await.unwrap()
}

/// HR or an admin does something.
async fn act(folder: &Folder, action: Action) -> ActionResult {
    folder.act(TENANT, action).await.unwrap()
}

async fn refused(folder: &Folder, action: Action) -> VendorsError {
    folder.act(TENANT, action).await.unwrap_err()
}

fn certificate(person: u64, on: Option<Date>) -> Action {
    let course = "Erste Hilfe".to_owned();
    Action::Certificate { person, course, on }
}

fn hire(from: Option<Date>) -> Action {
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
    let id = act(&folder, hire(None)).await.person.unwrap();
    let person = |id| personio.person(id).unwrap();
    assert_eq!(person(id).status, Status::Active);
    assert_eq!(person(id).email.as_deref(), Some("e@muster.example"));
    let later = act(&folder, hire(Some(date(9000, 1, 1)))).await;
    let later = later.person.unwrap();
    assert_eq!((later, person(later).status), (id + 1, Status::Onboarding));

    act(&folder, change(id, "Leitung")).await;
    let changed = person(id);
    let name = (changed.first_name.as_str(), changed.last_name.as_str());
    assert_eq!(name, ("Erika", "Neumann"));
    assert_eq!(changed.position.as_deref(), Some("Leitung"));
    assert!(changed.email.is_some());
    act(&folder, change(id, "")).await;
    assert_eq!(person(id).position, None, "an empty text empties the field");

    let last_day = Some(date(2020, 2, 29));
    let leave = Action::Leave {
        person: id,
        on: last_day,
    };
    for (action, status, end) in [
        (leave, Status::Inactive, last_day),
        (Action::Stay { person: id }, Status::Active, None),
    ] {
        act(&folder, action).await;
        let person = person(id);
        assert_eq!((person.status, person.termination_date), (status, end));
    }
    assert_eq!(rows(&folder, List::People).await.len(), 14);
}

#[tokio::test]
async fn a_certificate_needs_an_account() {
    let (folder, _vendors) = running().await;
    let day = Some(date(2026, 1, 31));
    let issued = act(&folder, certificate(1_001, day)).await;
    let shown = rows(&folder, List::Participations).await;
    let row = shown.last().unwrap();
    let id = row["certificate"]["id"].as_str();
    assert_eq!(id, issued.certificate.as_deref());
    assert_eq!(row["course_name"], "Erste Hilfe");
    assert_eq!(row["completed_at"], "2026-01-31T11:00:00Z");
    let new = act(&folder, hire(None)).await.person.unwrap();
    let error = refused(&folder, certificate(new, day)).await;
    let says = "no account in reteach yet";
    assert!(refusal(&error).contains(says), "{error}");
}

#[tokio::test]
async fn what_changes_nothing_is_refused() {
    let (folder, _vendors) = running().await;
    let nothing = Action::Change {
        person: 1_001,
        first_name: None,
        last_name: None,
        details: Details::default(),
    };
    let error = refused(&folder, nothing).await;
    assert!(refusal(&error).contains("give a field"), "{error}");
    let folder_named = || Action::Folder {
        name: "Schulungen".to_owned(),
    };
    act(&folder, folder_named()).await;
    let error = refused(&folder, folder_named()).await;
    let says = "there is a category Schulungen already";
    assert!(refusal(&error).contains(says), "{error}");
}

#[tokio::test]
async fn unknown_employees_are_named() {
    let (folder, _vendors) = running().await;
    let (person, on) = (77, None);
    for action in [
        change(person, "x"),
        Action::Leave { person, on },
        Action::Stay { person },
        certificate(person, on),
    ] {
        let error = refused(&folder, action).await;
        assert!(refusal(&error).contains("no employee 77"), "{error}");
    }
}

#[tokio::test]
async fn lists_show_what_the_vendors_hold() {
    let (folder, _vendors) = running().await;
    act(&folder, hire(None)).await;
    let people = rows(&folder, List::People).await;
    let table = List::People.table(&people);
    assert!(table.contains("e@muster.example"), "{table}");
    assert!(table.ends_with("13 rows"), "{table}");
    let accounts = rows(&folder, List::Accounts).await;
    assert!(accounts.iter().all(|row| row["status"].is_string()));
    let table = List::Accounts.table(&accounts);
    assert!(table.contains("sap:4711"), "{table}");
    let widest = table.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(120), "{table}");
    assert!(rows(&folder, List::Documents).await.is_empty());
    assert!(rows(&folder, List::Connections).await.is_empty());
}

#[tokio::test]
async fn a_call_that_breaks_a_promise_is_shown() {
    let (folder, _vendors) = running().await;
    assert!(rows(&folder, List::BrokenPromises).await.is_empty());
    let file = folder.text(&format!("{TENANT}.toml"));
    let (_, reteach) = file.split_once("[reteach]").unwrap();
    let url = reteach.split('"').nth(1).unwrap();
    let account = json!({"externalId": "personio:77"});
    let call = reqwest::Client::new().post(format!("{url}/customer"));
    call.json(&account).send().await.unwrap();
    let shown = rows(&folder, List::BrokenPromises).await;
    let table = List::BrokenPromises.table(&shown);
    assert!(table.contains("an account of nobody"), "{table}");
    assert!(table.contains("personio:77"), "{table}");
}
