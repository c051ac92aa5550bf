//! For each promise: histories that break it, and the ones next to them that keep it.

mod accounts;
mod documents;
mod hosts;
mod locks;

use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};

use crate::history::{
    Account, Address, Call, Document, Effect, Event, Page, Person, Write, Written,
};
use crate::{Rules, Terms, Violation};

const NOW: Timestamp = Timestamp::constant(1_778_486_400, 0);
const YESTERDAY: Date = date(2026, 5, 10);
const MIDNIGHT: &str = "2026-05-10T22:00:00Z";

/// Minutes since the beginning, and what happened.
type Step = (i64, Effect, Event);

fn history(steps: Vec<Step>) -> Vec<Call> {
    let numbered = steps.into_iter().enumerate();
    numbered
        .map(|(number, (minutes, effect, event))| Call {
            number,
            at: NOW + SignedDuration::from_mins(minutes),
            tenant: "acme".to_owned(),
            server: "Personio",
            method: "POST".to_owned(),
            template: "/v1/company/documents",
            effect,
            secrets: Vec::new(),
            event,
        })
        .collect()
}

fn ok(event: Event) -> Step {
    (0, Effect::Confirmed, event)
}

fn person(id: u64) -> Person {
    Person {
        id,
        mail: Some(format!("{id}@muster.example")),
        ..Person::default()
    }
}

fn inactive(id: u64) -> Person {
    Person {
        is_inactive: true,
        ..person(id)
    }
}

fn page<const N: usize>(people: [Person; N], total: usize) -> Step {
    ok(Event::Read(Page {
        people: people.into(),
        flagged: Vec::new(),
        place: "0".to_owned(),
        is_last: false,
        total: Some(total),
    }))
}

fn read<const N: usize>(people: [Person; N]) -> Step {
    page(people, N)
}

fn shown(external_id: Option<&str>, mail: u64) -> Step {
    ok(Event::Shown(vec![Account {
        id: "a".to_owned(),
        external_id: external_id.map(str::to_owned),
        mail: Some(format!("{mail}@muster.example")),
        inactive_at: None,
    }]))
}

fn lock(address: Address, end: &str) -> Step {
    let write = Write {
        inactive_at: Some(Written::Value(end.parse().unwrap())),
        ..Write::default()
    };
    ok(Event::Updated(address, write, None))
}

fn value() -> Write {
    Write {
        has_more: true,
        ..Write::default()
    }
}

fn by_id(write: Write) -> Step {
    ok(Event::Updated(
        Address::ReteachId("a".to_owned()),
        write,
        None,
    ))
}

fn for_owner(id: &str) -> Write {
    Write {
        external_id: Some(Written::Value(id.to_owned())),
        ..value()
    }
}

fn created(id: u64) -> Step {
    ok(Event::Created(for_owner(&format!("personio:{id}")), None))
}

fn file(id: &str) -> Document {
    Document {
        employee: 1,
        file: format!("Erste Hilfe 2026-05-10 {id}.pdf"),
    }
}

fn upload(minutes: i64, effect: Effect) -> Step {
    (minutes, effect, Event::Uploaded(file("c")))
}

fn list(minutes: i64) -> Step {
    (minutes, Effect::Confirmed, Event::Listed(1))
}

/// What a predicate says of each history: `""` where it keeps the promise.
fn check(rows: Vec<(&str, Vec<Step>)>, predicate: impl Fn(&[Call]) -> Vec<Violation>) {
    for (number, (says, steps)) in rows.into_iter().enumerate() {
        let found: Vec<_> = predicate(&history(steps))
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found.join("; "), says, "history {number}");
    }
}
