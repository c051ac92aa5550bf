//! Changes in HR are synced, and nothing else is.

use employee_sync::report::Counts;
use harness::{Harness, ROUTES, date, people, person};
use serde_json::{Value, json};
use shared::runtime::{FindingKind, Outcome};
use shared::tenant::Via;
use simulators::Person;
use simulators::people::{EmploymentType, Gender};

use crate::assertions::assert_idle;

/// The bodies of the account writes since the log was emptied.
fn bodies(harness: &Harness) -> Vec<Value> {
    let writes = harness.writes().into_iter();
    writes
        .filter(|request| !request.path.contains("tags"))
        .map(|request| request.body.unwrap_or_default())
        .collect()
}

/// One change to person 2 and the body that reteach receives.
struct Case {
    name: &'static str,
    change: fn(&mut Person),
    sent: Value,
}

fn cases() -> Vec<Case> {
    let case = |name, change, sent| Case { name, change, sent };
    vec![
        case(
            "moves",
            |person| person.office = Some(" Köln".into()),
            json!({"location": " Köln"}),
        ),
        case(
            "is renamed",
            |person| person.last_name = "Groß von der Heide".into(),
            json!({"lastName": "Groß von der Heide"}),
        ),
        case(
            "first name in other letters",
            |person| person.first_name = "KÄTHE".into(),
            json!({"firstName": "KÄTHE"}),
        ),
        case(
            "another mail address",
            |person| person.email = Some("K.Groß@muster.example".into()),
            json!({"email": "K.Groß@muster.example"}),
        ),
        case(
            "position emptied",
            |person| person.position = None,
            json!({"position": null}),
        ),
        case(
            "another company",
            |person| person.subcompany = Some("Muster Suisse SA".into()),
            json!({"company": "Muster Suisse SA"}),
        ),
        case(
            "gender",
            |person| person.gender = Some(Gender::Diverse),
            json!({"gender": "DIVERSE"}),
        ),
        case(
            "gender emptied",
            |person| person.gender = None,
            json!({"gender": null}),
        ),
        case(
            "hired earlier",
            |person| person.hire_date = date("2019-07-01"),
            json!({"setActiveAt": "2019-06-30T22:00:00.000Z"}),
        ),
        case(
            "two at once",
            |person| {
                person.position = Some("Chefin".into());
                person.office = None;
            },
            json!({"position": "Chefin", "location": null}),
        ),
        case(
            "mail address emptied",
            |person| person.email = None,
            json!({"email": null, "userName": "personio-2"}),
        ),
        case(
            "mail address is back",
            |person| person.email = Some("kg@muster.example".into()),
            json!({"email": "kg@muster.example"}),
        ),
    ]
}

#[tokio::test]
async fn each_change_is_one_write_with_only_that_field() {
    for via in ROUTES {
        let harness = Harness::synced(via, "", people(8)).await;
        let mut others = harness.reteach.customers();
        others.retain(|account| account.external_id.as_deref() != Some("personio:2"));
        for Case { name, change, sent } in cases() {
            let label = format!("{via:?}: {name}");
            harness.change(2, change);
            // There an invalid address looks like an empty one.
            if via == Via::Kombo && name == "mail address emptied" {
                harness.tick().await;
                assert!(harness.writes().is_empty(), "{label}");
                continue;
            }
            let report = harness.tick().await;
            let mut body = bodies(&harness);
            for moment in ["setActiveAt", "setInactiveAt"] {
                if let Some(at) = body.iter_mut().find_map(|body| body.get_mut(moment)) {
                    let parsed: jiff::Timestamp = at.as_str().unwrap().parse().unwrap();
                    *at = format!("{parsed:.3}").into();
                }
            }
            // A new mail address may be another account's, who may have it in lower case.
            let mail = sent.get("email").and_then(Value::as_str);
            let looked_up = mail.map_or(0, |mail| 1 + usize::from(mail != mail.to_lowercase()));
            assert_eq!(body, [sent], "{label}");
            assert_eq!(harness.writes().len(), 1, "{label}");
            // The run looks whether its first update has left alone what it did not name.
            assert_eq!(harness.asked().len(), 2 + looked_up, "{label}");
            let counts = Counts {
                people: 8,
                readings: 1,
                updated: 1,
                unchanged: 7,
                ..Counts::default()
            };
            assert_run!("{label}", report, Outcome::Done);
            assert_eq!(report.counts, counts, "{label}");
            assert_idle(&harness).await;
        }
        let mut after = harness.reteach.customers();
        after.retain(|account| account.external_id.as_deref() != Some("personio:2"));
        assert_eq!(after, others, "{via:?}");
    }
}

#[tokio::test]
async fn a_department_is_synced_once_it_is_switched_on() {
    for via in ROUTES {
        let harness = Harness::synced(via, "", people(4)).await;
        assert_eq!(harness.account(3).department, None);
        harness.change(3, |person| person.department = Some("Vertrieb".into()));
        assert_eq!(harness.tick().await.outcome, Outcome::Unchanged, "{via:?}");
        harness.configure("[employees]\ndepartment = true\n").await;
        let report = harness.tick().await;
        assert_run!("{via:?}", report, Outcome::Done, updated = 4);
        assert_eq!(harness.account(3).department.as_deref(), Some("Vertrieb"));
        assert_eq!(
            harness.account(4).department.as_deref(),
            Some("Entwicklung")
        );
        assert_idle(&harness).await;
    }
}

#[tokio::test]
async fn the_tag_of_the_employment_type_is_replaced_and_other_tags_stay() {
    for via in ROUTES {
        let harness = Harness::synced(via, "", people(3)).await;
        harness.reteach.edit("personio:2", |account| {
            account.tags.insert(0, "Führungskraft".into());
            account.tags.push("Anstellungsart intern".into());
        });
        harness.change(2, |person| {
            person.employment_type = Some(EmploymentType::External)
        });
        harness.tick().await;
        let tags = harness.account(2).tags;
        assert_eq!(
            tags,
            [
                "Führungskraft",
                "Anstellungsart intern",
                "Anstellungsart: extern"
            ],
            "{via:?}"
        );
        harness.change(2, |person| person.employment_type = None);
        harness.tick().await;
        assert_eq!(
            harness.account(2).tags,
            ["Führungskraft", "Anstellungsart intern"],
            "{via:?}"
        );
        assert_idle(&harness).await;
    }
}

#[tokio::test]
async fn position_and_location_go_where_configured() {
    // As field, as tag, not at all: what the account of a new person then holds.
    let cases = [
        ("field", Some("Ingenieurin"), Some("München"), vec![]),
        (
            "tag",
            None,
            None,
            vec!["Position: Ingenieurin", "Standort: München"],
        ),
        ("off", None, None, vec![]),
    ];
    for ((placement, position, location, tags), via) in cases.into_iter().zip(ROUTES) {
        let more = format!(
            "[employees]\nemployment_type = \"off\"\nposition = \"{placement}\"\nlocation = \"{placement}\"\n"
        );
        let harness = Harness::synced(via, &more, people(2)).await;
        let account = harness.account(1);
        let held = (account.position.as_deref(), account.location.as_deref());
        assert_eq!(
            (held, account.tags),
            (
                (position, location),
                tags.iter().map(|tag| (*tag).to_owned()).collect()
            )
        );

        harness.change(1, |person| {
            (person.position, person.office) = (Some("Chefin".into()), None)
        });
        let report = harness.tick().await;
        let account = harness.account(1);
        let expected: (_, &[&str], _) = match placement {
            "field" => (Some("Chefin"), &[], Outcome::Done),
            "tag" => (None, &["Position: Chefin"], Outcome::Done),
            _ => (None, &[], Outcome::Unchanged),
        };
        assert_eq!(
            account.position.as_deref(),
            expected.0,
            "{via:?} {placement}"
        );
        assert_eq!(
            (account.location, account.tags),
            (
                None,
                expected.1.iter().map(|tag| (*tag).to_owned()).collect()
            )
        );
        assert_eq!(report.outcome, expected.2, "{via:?} {placement}");
    }
}

#[tokio::test]
async fn an_unreadable_attribute_clears_nothing_and_catches_up_later() {
    let personal = [
        "first_name",
        "last_name",
        "email",
        "gender",
        "position",
        "subcompany",
        "office",
        "employment_type",
        "hire_date",
        "termination_date",
        "status",
    ];
    let mut everybody = people(12);
    everybody[0].termination_date = date("2026-12-31");
    let harness = Harness::synced(Via::Direct, "", everybody).await;
    let before = harness.reteach.customers();
    for attribute in personal {
        harness.personio.revoke(&[attribute]);
        let report = harness.tick().await;
        let named = report
            .findings
            .iter()
            .find(|finding| finding.kind == FindingKind::Unreadable);
        assert_eq!(
            named.is_some_and(|finding| finding.text.contains(attribute)),
            attribute != "department",
            "{attribute}"
        );
        assert_eq!(harness.reteach.customers(), before, "without {attribute}");
        assert_eq!(harness.writes().len(), 0, "without {attribute}");
        harness.personio.grant(&[attribute]);
    }
    harness.personio.revoke(&personal);
    harness.change(2, |person| {
        (person.office, person.position) = (Some("Wien".into()), None)
    });
    // Also not where everybody is compared.
    harness.after(jiff::SignedDuration::from_hours(25)).await;
    assert_eq!(harness.reteach.customers(), before);
    harness.personio.grant(&personal);
    harness.forget_requests();
    let report = harness.tick().await;
    assert_eq!(
        bodies(&harness),
        [json!({"location": "Wien", "position": null})]
    );
    assert_run!(report, Outcome::Done, updated = 1);
}

#[tokio::test]
async fn a_new_person_is_searched_by_list_or_lookup_whichever_takes_fewer_calls() {
    let list = ["1 GET /customer"];
    let look_up = ["1 GET /customer", "1 GET /customer/{customerIdentifier}"];
    let create = [
        "1 POST /customer",
        "1 PUT /customer/{customerIdentifier}/multiple-tags",
    ];
    for (via, company, looking) in
        ROUTES
            .map(|via| (via, 5, &list[..]))
            .into_iter()
            .chain([(Via::Direct, 260, &look_up[..])])
    {
        let harness = Harness::synced(via, "", people(company)).await;
        harness.personio.put(person(company + 1));
        let report = harness.tick().await;
        let account = harness.account(company + 1);
        assert_counts!(report, created = 1);
        assert_eq!(account.position.as_deref(), Some("Ingenieurin"));
        let names: Vec<_> = harness
            .summary()
            .into_iter()
            .map(|(name, calls)| format!("{calls} {name}"))
            .collect();
        assert_eq!(
            names,
            [looking, &create].concat(),
            "{via:?}, {company} people"
        );
    }
}

#[tokio::test]
async fn a_new_person_with_the_address_of_a_manual_account_is_adopted() {
    let harness = Harness::synced(Via::Direct, "", people(5)).await;
    let id = harness
        .reteach
        .insert(harness::by_hand("Person-6@muster.example"));
    harness.personio.put(person(6));
    let report = harness.tick().await;
    assert_counts!(report, created = 0, adopted = 1);
    let account = harness.account(6);
    let both = (account.id, account.note.as_deref());
    assert_eq!(both, (id, Some("hat Prokura")));
    assert_eq!(account.tags, ["Führungskraft", "Anstellungsart: intern"]);
}
