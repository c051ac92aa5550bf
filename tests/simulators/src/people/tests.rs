use std::collections::HashSet;

use jiff::civil::{Date, date};

use super::{EmploymentType, Gender, Person, Status, demo};

const TODAY: Date = date(2026, 3, 16);

#[test]
fn makes_the_same_people_from_the_same_seed() {
    assert_eq!(demo(200, 7, TODAY), demo(200, 7, TODAY));
    assert_ne!(demo(200, 7, TODAY), demo(200, 8, TODAY));
}

#[test]
fn has_about_the_share_of_each_kind_it_promises() {
    let people = demo(10_000, 1, TODAY);
    let share = |is: fn(&Person) -> bool| people.iter().filter(|person| is(person)).count();
    let cases: [(&str, usize, std::ops::RangeInclusive<usize>); 4] = [
        (
            "left",
            share(|p| p.termination_date.is_some_and(|end| end < TODAY)),
            700..=900,
        ),
        (
            "not started",
            share(|p| p.status == Status::Onboarding),
            240..=360,
        ),
        ("no mail", share(|p| p.email.is_none()), 150..=250),
        ("part-time", share(|p| p.weekly_hours < 35.0), 1_600..=2_000),
    ];
    for (name, count, range) in cases {
        assert!(range.contains(&count), "{name}: {count}");
    }
}

#[test]
fn has_one_of_every_kind_from_40_people_on() {
    for seed in 0..20 {
        let people = demo(40, seed, TODAY);
        let any = |is: fn(&Person) -> bool| people.iter().any(is);
        let names: HashSet<_> = people
            .iter()
            .map(|p| (&p.first_name, &p.last_name))
            .collect();
        assert!(any(|p| p.termination_date == Some(TODAY)), "last day today");
        assert!(
            any(|p| p.termination_date.is_some_and(|end| end > TODAY)),
            "leaving soon"
        );
        assert!(
            any(|p| p.status == Status::Inactive && p.termination_date.is_none()),
            "no end date"
        );
        assert!(any(|p| p.status == Status::Leave) && any(|p| p.email.is_none()));
        assert!(any(|p| p.gender == Some(Gender::Diverse)));
        assert!(any(|p| p.employment_type == Some(EmploymentType::External)));
        assert!(names.len() < people.len(), "namesakes");
    }
}

#[test]
fn gives_everybody_an_id_and_an_address_of_their_own() {
    let people = demo(5_000, 3, TODAY);
    let ids: HashSet<_> = people.iter().map(|person| person.id).collect();
    let emails: Vec<_> = people
        .iter()
        .filter_map(|person| person.email.as_deref())
        .collect();
    assert_eq!(ids.len(), people.len());
    assert_eq!(emails.iter().collect::<HashSet<_>>().len(), emails.len());
    assert!(
        emails
            .iter()
            .all(|email| email.is_ascii() && email.contains('@'))
    );
    assert!(people.iter().any(|person| !person.last_name.is_ascii()));
}

#[test]
fn leaves_after_having_come() {
    for person in demo(5_000, 4, TODAY) {
        assert!(
            person
                .termination_date
                .is_none_or(|end| person.hire_date.unwrap() <= end),
            "{}",
            person.id
        );
        assert_eq!(
            person.status == Status::Onboarding,
            person.hire_date.unwrap() > TODAY
        );
    }
}
