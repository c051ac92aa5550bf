//! Accounts.

use super::*;
use crate::accounts;

#[test]
fn an_account_is_made_for_somebody_who_was_read() {
    let of = |company: &str| Person {
        company: Some(company.to_owned()),
        ..person(1)
    };
    let rules = Rules {
        excluded_company: Some("Muster Österreich GmbH"),
        ..Rules::default()
    };
    let terms = Terms {
        rules: vec![(0, rules)],
        ..Terms::default()
    };
    let rows = vec![
        ("", vec![read([person(1)]), created(1)]),
        ("", vec![page([of("Muster GmbH")], 3), created(1)]),
        (
            "an account of nobody: personio:2, call 1",
            vec![read([person(1)]), created(2)],
        ),
        (
            "an account of nobody: personio:1, call 0",
            vec![created(1), read([person(1)])],
        ),
        (
            "an account of nobody: personio:1, call 2",
            vec![read([person(1)]), read([]), created(1)],
        ),
        (
            "an account of nobody: personio:1, call 1",
            vec![read([of("Muster Österreich GmbH")]), created(1)],
        ),
    ];
    check(rows, |calls| accounts::are_of_known_people(calls, &terms));
}

#[test]
fn a_write_follows_a_look_at_its_owner() {
    let known = || read([person(1)]);
    let both = || read([person(1), person(2)]);
    let one_left = || read([person(1), inactive(2)]);
    let (ours, of_two) = (shown(Some("personio:1"), 1), shown(Some("personio:2"), 1));
    let (of_sap, of_nobody) = (shown(Some("sap:77"), 1), shown(None, 1));
    let (ours, of_two) = (|| ours.clone(), || of_two.clone());
    let (of_sap, of_nobody) = (|| of_sap.clone(), || of_nobody.clone());
    let (update, takes) = (|| by_id(value()), || by_id(for_owner("personio:1")));
    let by_owner = ok(Event::Updated(Address::Owner(1), value(), None));
    let refused = (0, Effect::Refused, update().2);
    let clears = by_id(Write {
        external_id: Some(Written::Nothing),
        ..value()
    });
    let locks = lock(Address::ReteachId("a".to_owned()), MIDNIGHT);
    let says =
        |account: &str, call: usize| format!("a write without its owner: {account}, call {call}");
    let unknown = [1, 2].map(|call| says("a", call));
    let [second, third] = [2, 3].map(|call| says("personio:1", call));
    let (second, third) = (second.as_str(), third.as_str());
    let unread = says("personio:1", 1);
    let rows = vec![
        // The academy itself looks.
        ("", vec![by_owner]),
        ("", vec![refused]),
        // By reteach's own id: shown since the last reading began.
        ("", vec![known(), ours(), update()]),
        (&unknown[0], vec![known(), update()]),
        (second, vec![ours(), known(), update()]),
        (&unknown[1], vec![known(), of_sap(), update()]),
        (second, vec![known(), ours(), clears]),
        // An admin has taken the external id: nothing but a lock.
        ("", vec![ours(), read([]), of_nobody(), locks]),
        (third, vec![ours(), read([]), of_nobody(), update()]),
        // Adopted by the mail address.
        ("", vec![known(), of_nobody(), takes()]),
        (second, vec![known(), shown(None, 2), takes()]),
        (&unread, vec![known(), takes()]),
        // Handed over by somebody who has left.
        ("", vec![known(), of_two(), takes()]),
        ("", vec![one_left(), of_two(), takes()]),
        (second, vec![both(), of_two(), takes()]),
        (second, vec![known(), of_sap(), takes()]),
    ];
    check(rows, |calls| {
        accounts::are_written_for_their_owner(calls, &Terms::default())
    });
}
