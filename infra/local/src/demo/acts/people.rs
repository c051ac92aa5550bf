//! What HR does to people.

use std::collections::BTreeSet;

use jiff::ToSpan as _;
use jiff::civil::Date;
use simulators::Person;
use simulators::people::{EmploymentType, Gender, Status};

use super::{Act, Deed};

type Edit = fn(&mut Person, Date);

/// What may happen to somebody at work, the weightiest first: a small company has fewer people than acts.
const DAY: &[(&str, Option<Edit>)] = &[
    ("moves to Wien and leads a team there", Some(moves)),
    (
        "leaves: today is the last day",
        Some(|person, today| person.termination_date = Some(today)),
    ),
    ("is deleted in Personio", None),
    (
        "is set inactive without an end date",
        Some(|person, _| person.status = Status::Inactive),
    ),
    (
        "marries and takes a new last name",
        Some(|person, _| person.last_name = "Müller-Özdemir".to_owned()),
    ),
    (
        "gets another mail address",
        Some(|person, _| person.email = Some(format!("neu.{}@muster.example", person.id))),
    ),
    (
        "has no office any more",
        Some(|person, _| person.office = None),
    ),
    (
        "goes on parental leave, which locks nobody",
        Some(|person, _| person.status = Status::Leave),
    ),
    (
        "will leave in two weeks",
        Some(|person, today| person.termination_date = Some(in_days(today, 14))),
    ),
];

fn moves(person: &mut Person, _: Date) {
    person.position = Some("Teamleitung".to_owned());
    person.subcompany = Some("Muster Österreich GmbH".to_owned());
    person.office = Some("Wien".to_owned());
}

/// A day's changes among `people`; those in `taken` are left alone.
#[must_use]
pub fn day(people: &[Person], taken: &BTreeSet<u64>, today: Date) -> Vec<Act> {
    let at_work = people
        .iter()
        .filter(|it| is_at_work(it, today) && !taken.contains(&it.id));
    let mut acts: Vec<Act> = DAY
        .iter()
        .zip(at_work)
        .map(|((story, edit), person)| {
            let put = |edit: &Edit| {
                let mut person = person.clone();
                edit(&mut person, today);
                Deed::Put(Box::new(person))
            };
            Act::of(person.id, story, edit.as_ref().map_or(Deed::Delete, put))
        })
        .collect();
    acts.extend(returns(people, taken, today));
    acts.push(hire(people, today));
    acts
}

/// Somebody whom all acts can happen to.
pub(in crate::demo) fn is_at_work(person: &Person, today: Date) -> bool {
    person.status == Status::Active
        && person.email.is_some()
        && person
            .office
            .as_deref()
            .is_some_and(|office| office != "Wien")
        && person.termination_date.is_none()
        && person.hire_date.is_some_and(|day| day < today)
}

fn returns(people: &[Person], taken: &BTreeSet<u64>, today: Date) -> Option<Act> {
    let left = |it: &&Person| {
        it.status == Status::Inactive && it.termination_date.is_some_and(|end| end < today)
    };
    let person = people
        .iter()
        .filter(left)
        .find(|it| !taken.contains(&it.id))?;
    let back = Person {
        status: Status::Active,
        hire_date: Some(today),
        termination_date: None,
        ..person.clone()
    };
    Some(Act::of(
        back.id,
        "had left and is back",
        Deed::Put(Box::new(back)),
    ))
}

fn hire(people: &[Person], today: Date) -> Act {
    let id = people.iter().map(|person| person.id).max().unwrap_or(1_000) + 1;
    let person = Person {
        gender: Some(Gender::Female),
        position: Some("Werkstudentin".to_owned()),
        subcompany: Some("Muster GmbH".to_owned()),
        office: Some("Berlin".to_owned()),
        employment_type: Some(EmploymentType::External),
        status: Status::Onboarding,
        hire_date: Some(in_days(today, 7)),
        ..Person::new(id, "Ayşe", "Yılmaz")
    };
    Act::of(
        id,
        "is hired and starts next week",
        Deed::Put(Box::new(person)),
    )
}

/// A mistake: many people set inactive at once. Empty in a company too small for a brake, which lets 5 through.
#[must_use]
pub fn mistake(people: &[Person], taken: &BTreeSet<u64>, today: Date) -> Vec<Act> {
    let many = (people.len() * 3).div_ceil(10).max(6);
    let at_work = people
        .iter()
        .filter(|it| is_at_work(it, today) && !taken.contains(&it.id));
    let chosen: Vec<&Person> = at_work.take(many).collect();
    if chosen.len() < many.min(6) {
        return Vec::new();
    }
    let inactive = |person: &Person| Person {
        status: Status::Inactive,
        ..person.clone()
    };
    let act = |person: &Person| {
        Act::of(
            person.id,
            "is set inactive by mistake",
            Deed::Put(Box::new(inactive(person))),
        )
    };
    chosen.into_iter().map(act).collect()
}

/// A harmless change beside a mistake: somebody else is promoted.
#[must_use]
pub fn promotion(people: &[Person], taken: &BTreeSet<u64>, today: Date) -> Option<Act> {
    let person = people
        .iter()
        .find(|it| is_at_work(it, today) && !taken.contains(&it.id))?;
    let promoted = Person {
        position: Some("Bereichsleitung".to_owned()),
        ..person.clone()
    };
    Some(Act::of(
        person.id,
        "is promoted",
        Deed::Put(Box::new(promoted)),
    ))
}

fn in_days(today: Date, days: i32) -> Date {
    today.saturating_add(days.days())
}
