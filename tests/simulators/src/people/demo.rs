//! A made-up company.

use fastrand::Rng;
use jiff::ToSpan as _;
use jiff::civil::Date;

use super::names::{COMPANIES, FIRST, LAST, WORK};
use super::{EmploymentType, Gender, Person, Status};

/// Ids of a made-up company begin after this one.
const FIRST_ID: u64 = 1_000;

/// `n` people of a made-up German company; the same arguments give the same people.
///
/// About 8 % have left, 3 % have not started, 2 % have no mail address. From 40 people on there is at least one of every kind that
/// matters: left long ago, leaving within the month, inactive without an end date, on leave, external, part-time, diverse, without a
/// mail address, and two who share a name. The first twelve are those kinds.
#[must_use]
pub fn demo(n: usize, seed: u64, today: Date) -> Vec<Person> {
    let mut random = Rng::with_seed(seed);
    let mut people: Vec<Person> = (FIRST_ID + 1..)
        .take(n)
        .map(|id| person(id, &mut random, today))
        .collect();
    if n >= 40 {
        for (index, person) in people.iter_mut().take(12).enumerate() {
            cast(index, person, today);
        }
        namesakes(&mut people);
    }
    people
}

fn person(id: u64, random: &mut Rng, today: Date) -> Person {
    let (first_name, gender) = pick(random, FIRST, ("Kim", Gender::Diverse));
    let last_name = pick(random, LAST, "Muster");
    let (department, positions) = pick(random, WORK, ("Vertrieb", &["Berater"]));
    let (company, offices) = pick(random, COMPANIES, ("Muster GmbH", &["Berlin"]));
    let mut person = Person {
        email: Some(address(first_name, last_name, id)),
        gender: gender_entered(random, gender),
        position: Some(pick(random, positions, "Berater").to_owned()),
        subcompany: Some(company.to_owned()),
        department: Some(department.to_owned()),
        office: Some(pick(random, offices, "Berlin").to_owned()),
        employment_type: Some(if random.u8(..100) < 7 {
            EmploymentType::External
        } else {
            EmploymentType::Internal
        }),
        hire_date: Some(days(today, -random.i32(30..9_000))),
        weekly_hours: if random.u8(..100) < 18 {
            pick(random, &[10.0, 19.5, 20.0, 30.0], 20.0)
        } else {
            40.0
        },
        ..Person::new(id, first_name, last_name)
    };
    contract(&mut person, random, today);
    if random.u8(..100) < 2 {
        person.email = None;
    }
    if random.u8(..100) < 4 {
        person.office = None;
    }
    person
}

/// Where the person stands in working life.
fn contract(person: &mut Person, random: &mut Rng, today: Date) {
    match random.u8(..100) {
        0..3 => not_started(person, days(today, random.i32(1..120))),
        3..11 => left(person, days(today, -random.i32(1..2_000))),
        11..13 => person.termination_date = Some(days(today, random.i32(0..90))),
        13..16 => person.status = Status::Leave,
        _ => {}
    }
}

/// The first twelve: one of each kind.
fn cast(index: usize, person: &mut Person, today: Date) {
    person.status = Status::Active;
    person.termination_date = None;
    person.hire_date = Some(days(today, -1_500));
    match index {
        0 => left(person, days(today, -1_100)),
        1 => left(person, days(today, -1)),
        2 => person.termination_date = Some(today),
        3 => person.termination_date = Some(days(today, 14)),
        4 => person.status = Status::Inactive,
        5 => person.status = Status::Leave,
        6 => not_started(person, days(today, 1)),
        7 => not_started(person, days(today, 45)),
        8 => person.email = None,
        9 => person.gender = Some(Gender::Diverse),
        10 => person.employment_type = Some(EmploymentType::External),
        _ => person.weekly_hours = 19.5,
    }
}

/// Two people with the same name, with different ids and mail addresses.
fn namesakes(people: &mut [Person]) {
    if let Some([first, second]) = people.get_mut(20..22) {
        second.first_name = first.first_name.clone();
        second.last_name = first.last_name.clone();
    }
}

fn left(person: &mut Person, end: Date) {
    person.status = Status::Inactive;
    person.termination_date = Some(end);
    if person.hire_date.is_none_or(|hired| hired >= end) {
        person.hire_date = Some(days(end, -400));
    }
}

fn not_started(person: &mut Person, start: Date) {
    person.status = Status::Onboarding;
    person.hire_date = Some(start);
}

fn gender_entered(random: &mut Rng, usual: Gender) -> Option<Gender> {
    match random.u8(..100) {
        0..2 => Some(Gender::Diverse),
        2..6 => None,
        _ => Some(usual),
    }
}

/// `juergen.meyer-luedenscheidt.1042@muster.example`: ASCII as German companies spell it, and unique by id.
fn address(first: &str, last: &str, id: u64) -> String {
    let spelled: String = format!("{first}.{last}")
        .to_lowercase()
        .chars()
        .flat_map(|letter| spelling(letter).chars().chain(plain(letter)))
        .collect();
    format!("{spelled}.{id}@muster.example")
}

fn spelling(letter: char) -> &'static str {
    match letter {
        'ä' => "ae",
        'ö' | 'ø' => "oe",
        'ü' => "ue",
        'ß' => "ss",
        'é' | 'ë' | 'ễ' => "e",
        'á' | 'ầ' => "a",
        'í' | 'ı' => "i",
        'ş' => "s",
        'ł' => "l",
        'ć' => "c",
        'ř' => "r",
        _ => "",
    }
}

fn plain(letter: char) -> Option<char> {
    (letter.is_ascii_alphanumeric() || letter == '-' || letter == '.').then_some(letter)
}

fn days(from: Date, days: i32) -> Date {
    from.saturating_add(days.days())
}

fn pick<T: Copy>(random: &mut Rng, choices: &[T], otherwise: T) -> T {
    random.choice(choices).copied().unwrap_or(otherwise)
}
