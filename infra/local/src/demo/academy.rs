//! The academy before the first sync: in use for years, with accounts made by hand and certificates of their owners.

use jiff::{SignedDuration, Timestamp};
use simulators::Person;
use simulators::people::{Status, today};
use simulators::reteach::{Account, Customer};

use super::stage::Cast;

/// Of so many people with a mail address one has an account, made by hand.
const EVERY: usize = 4;
/// In a company of more people than this there is a certificate for every tenth; else for every second or so.
const MANY_PEOPLE: usize = 2_000;
/// Certificates whose PDF is made only in the course of the story, at most.
const LATE_PDFS: usize = 3;

/// Accounts made by hand, and the certificates of their owners.
pub(super) fn furnish(cast: &mut Cast, now: Timestamp) {
    let at_work = |it: &Person| it.status == Status::Active && it.termination_date.is_none();
    let people = cast.company.personio.people();
    let with_mail = people
        .iter()
        .filter(|it| at_work(it))
        .filter_map(|it| Some((it.id, it.email.clone()?)));
    let mut learners = Vec::new();
    for (index, (person, mail)) in with_mail.enumerate() {
        if index == 1 {
            let account = conflicting(cast, person, mail, now);
            issue_old(cast, (None, &account), now);
        } else if index.is_multiple_of(EVERY) {
            let noticeable = index == 0;
            learners.push((person, adoptable(cast, person, mail, noticeable, now)));
        }
    }
    let guest = stranger(cast, now);
    issue_old(cast, (None, &guest), now);
    certificates(cast, &learners, people.len(), now);
}

fn certificates(cast: &mut Cast, learners: &[(u64, String)], people: usize, now: Timestamp) {
    let is_large = people > MANY_PEOPLE;
    let some = if is_large {
        people / 10
    } else {
        learners.len()
    };
    for (index, (person, account)) in learners.iter().take(some).enumerate() {
        let each = if is_large { 1 } else { 1 + index % 3 };
        for _ in 0..each {
            issue_old(cast, (Some(*person), account), now);
        }
    }
    let late = LATE_PDFS.min(learners.len() / EVERY);
    for (person, account) in learners.iter().rev().take(late) {
        let mut issued = cast
            .registry
            .issue_old(Some(*person), account.clone(), today(now));
        issued.has_pdf = false;
        cast.issue(&issued);
        cast.taken.insert(*person);
    }
}

fn issue_old(cast: &mut Cast, (person, account): (Option<u64>, &str), now: Timestamp) {
    let issued = cast
        .registry
        .issue_old(person, account.to_owned(), today(now));
    cast.issue(&issued);
}

/// One for the sync to find by mail address; a noticeable one has a tag, and the address in another case.
fn adoptable(
    cast: &mut Cast,
    person: u64,
    mail: String,
    noticeable: bool,
    now: Timestamp,
) -> String {
    let tags = if noticeable {
        vec!["Brandschutzhelferin".to_owned()]
    } else {
        Vec::new()
    };
    let email = Some(if noticeable {
        mail.to_uppercase()
    } else {
        mail
    });
    let customer = insert(
        cast,
        Customer {
            email,
            tags,
            ..by_hand(now)
        },
    );
    let id = customer.id.clone();
    cast.expected.add_adoptable(person, customer);
    id
}

/// One whose mail address is in the way.
fn conflicting(cast: &mut Cast, person: u64, mail: String, now: Timestamp) -> String {
    let external_id = Some("sap:4711".to_owned());
    let customer = insert(
        cast,
        Customer {
            email: Some(mail),
            external_id,
            ..by_hand(now)
        },
    );
    let id = customer.id.clone();
    cast.expected.add_conflict(person, customer);
    cast.taken.insert(person);
    id
}

/// One of somebody who has nothing to do with Personio.
fn stranger(cast: &mut Cast, now: Timestamp) -> String {
    let tags = vec!["Anstellungsart: extern".to_owned(), "Kundin".to_owned()];
    let email = Some("gast@kunde.example".to_owned());
    let customer = insert(
        cast,
        Customer {
            email,
            tags,
            ..by_hand(now)
        },
    );
    let id = customer.id.clone();
    cast.expected.add_foreign(customer);
    id
}

fn by_hand(now: Timestamp) -> Customer {
    let earlier = Some(now - SignedDuration::from_hours(24 * 90));
    Customer {
        display_name: Some("Die Neue".to_owned()),
        language: Some("DE".to_owned()),
        note: Some("Jubiläum im Herbst".to_owned()),
        account: Account::Active,
        last_login_at: earlier,
        registered_at: earlier,
        ..Customer::default()
    }
}

fn insert(cast: &Cast, customer: Customer) -> Customer {
    let id = cast.company.reteach.insert(customer.clone());
    Customer { id, ..customer }
}
