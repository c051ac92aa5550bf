//! What is read and what is sent.

use serde_json::json;

use super::*;
use crate::access::FARTHEST;
use crate::domain::employee;

#[tokio::test(start_paused = true)]
async fn reads_a_customer_with_whatever_is_missing() {
    let full = json!({
        "id": "2bf64377", "externalId": "personio:1042", "email": "erika.muster@example.com", "userName": null,
        "firstName": "Erika", "lastName": "Muster", "displayName": "Erika Muster", "language": "XX",
        "company": "Muster GmbH", "department": "Vertrieb", "position": "Account Managerin", "location": "Berlin",
        "gender": "FEMALE", "setActiveAt": "2026-04-01T00:00:00+02:00", "setInactiveAt": "",
        "source": "NEW_SOURCE", "authenticationMethod": "SSO", "status": "SLEEPING", "lastLoginAt": null,
        "registeredAt": "2026-01-02T08:00:00.000Z", "managerId": "m", "manager": {"id": "m"},
        "tags": [{"id": "t", "name": "Anstellungsart: intern"}]
    });
    let erika: Customer = serde_json::from_value(full).unwrap();
    let start = "2026-03-31T22:00:00Z".parse().unwrap();
    assert_eq!(erika.set_active_at, Some(start));
    let both = (erika.set_inactive_at, erika.gender.clone());
    assert_eq!(both, (None, Some(Gender::Female)));
    assert_eq!(erika.status, Some(Status::Other("SLEEPING".to_owned())));
    assert_eq!(
        erika.tags,
        [Tag {
            id: TagId::new("t"),
            name: "Anstellungsart: intern".to_owned()
        }]
    );
    let shown = format!("{erika:?}");
    for hidden in ["Erika", "Muster", "erika", "Vertrieb", "FEMALE", "Female"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
    let bare: Customer = serde_json::from_value(
        json!({"id": "x", "externalId": "", "tags": null, "gender": "X", "setInactiveAt": "2026-04-01"}),
    )
    .unwrap();
    assert_eq!((bare.email, bare.external_id), (None, None));
    assert_eq!(bare.gender, Some(Gender::Other("X".to_owned())));
    assert_eq!((bare.status, bare.tags), (None, Vec::new()));
    let end = "2026-04-01T00:00:00Z".parse().unwrap();
    assert_eq!(bare.set_inactive_at, Some(end));
    let soon = json!({"id": "x", "status": "ADDED", "setActiveAt": "soon"});
    assert!(serde_json::from_value::<Customer>(soon).is_err());
}

#[test]
fn a_date_that_no_moment_can_be_is_read_as_the_furthest_moment_and_sent_as_that() {
    let read = |text: &str| {
        let account = json!({"id": "x", "setActiveAt": text, "setInactiveAt": text});
        serde_json::from_value::<Customer>(account)
            .map(|account| (account.set_active_at, account.set_inactive_at))
    };
    for text in [
        "9999-12-31T00:00:00.000Z",
        "9999-12-31T23:59:59.999Z",
        "9999-12-31T00:00:00+01:00",
        "9999-12-31T00:00:00",
        "9999-12-31",
        "9999-12-30T22:00:00Z",
        "9999-12-30T22:00:00.999Z",
        "9999-12-31T03:00:00+05:00",
        "+010000-01-01T04:59:59.000Z",
    ] {
        let far = Some(FARTHEST);
        assert_eq!(read(text).unwrap(), (far, far), "{text}");
    }
    let near = "9999-12-30T21:59:59Z";
    let moment = Some(near.parse().unwrap());
    assert_eq!(read(near).unwrap(), (moment, moment));
    for text in ["9999-12-32T00:00:00Z", "+9999", "+soon"] {
        assert!(read(text).is_err(), "{text}");
    }
    let input = CustomerInput {
        set_inactive_at: Field::Value(FARTHEST),
        ..CustomerInput::default()
    };
    let sent = json!({"setInactiveAt": "9999-12-30T22:00:00Z"});
    assert_eq!(serde_json::to_value(&input).unwrap(), sent);
}

#[test]
fn absent_fields_are_not_sent_and_null_ones_are() {
    let input = CustomerInput {
        email: Field::Value("erika@example.com".to_owned()),
        position: Field::Null,
        gender: Field::Value(employee::Gender::Diverse.into()),
        external_id: Field::Value(ExternalId::new("personio:1042")),
        set_active_at: Field::Value("2026-04-01T00:00:00+02:00".parse().unwrap()),
        set_inactive_at: Field::Null,
        ..CustomerInput::default()
    };
    let sent = json!({"email": "erika@example.com", "position": null, "gender": "DIVERSE", "externalId": "personio:1042",
                      "setActiveAt": "2026-03-31T22:00:00Z", "setInactiveAt": null});
    assert_eq!(serde_json::to_value(&input).unwrap(), sent);
    let nothing = serde_json::to_value(CustomerInput::default()).unwrap();
    assert_eq!(nothing, json!({}));
    assert!(!format!("{input:?}").contains("erika"));
}
